"""How often people agree with the categories that a model suggests: of those they decided about, how many they kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from rapport.desk.books import parts
from rapport.desk.learning.readings import by_hand, codes_above
from rapport.operations.models import Operation
from rapport.reports.models import Suggestion, SuggestionKind

#: Suggestions below which a share says nothing [ours]: with 20, a true half comes out between 30 % and 70 %.
ENOUGH = 20


@dataclass(slots=True)
class Agreement:
    """Of one language, "" where it is unsure. `kept` and `left_out` count suggested categories, `added` chosen ones
    that were not suggested, `reports` those that people read."""

    language: str
    reports: int = 0
    kept: int = 0
    left_out: int = 0
    added: int = 0

    @property
    def suggested(self) -> int:
        return self.kept + self.left_out

    @property
    def percent_kept(self) -> int | None:
        """Of the suggested categories; None where there are too few to say."""
        return round(100 * self.kept / self.suggested) if self.suggested >= ENOUGH else None


def agreement(operation: Operation) -> dict[str, list[Agreement]]:
    """Of each model, by its id: the reports that people read and it had suggested categories for, the language with the
    most reports first. A category below a suggested one counts as that one."""
    said, above = by_hand(operation), codes_above(operation)
    language: dict[int, str] = {}
    suggested: dict[tuple[str, int], set[str]] = defaultdict(set)
    for some in parts(sorted(said)):
        rows = Suggestion.objects.filter(
            report_id__in=some, kind__in=(SuggestionKind.CATEGORY, SuggestionKind.LANGUAGE)
        )
        for report, kind, value, function in rows.values_list("report_id", "kind", "value", "function"):
            if kind == SuggestionKind.LANGUAGE:
                language[report] = value["code"]
            else:
                suggested[function, report].add(value["code"])
    found: dict[str, dict[str, Agreement]] = defaultdict(dict)
    for (function, report), codes in suggested.items():
        own = language.get(report, "")
        _count(found[function].setdefault(own, Agreement(own)), codes, said[report], above)
    return {
        function: sorted(by_language.values(), key=lambda one: (-one.reports, one.language))
        for function, by_language in found.items()
    }


def _count(into: Agreement, suggested: Set[str], chosen: Set[str], above: Mapping[str, Sequence[str]]) -> None:
    meant = {code for own in chosen for code in above.get(own, (own,))}
    into.reports += 1
    into.kept += len(suggested & meant)
    into.left_out += len(suggested - meant)
    into.added += sum(suggested.isdisjoint(above.get(own, (own,))) for own in chosen)
