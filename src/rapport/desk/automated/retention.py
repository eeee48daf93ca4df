"""What contests hold of what people sent: words about a report, and what a suggestion said of it."""

from __future__ import annotations

from collections.abc import Mapping

from rapport.oversight.models import Contest
from rapport.plugins import Doomed, Holder
from rapport.reports.models import Report, Suggestion

_PART = 500
_SHORTEST = 6  # letters with which a reference is named, as in desk/retention/asking.py


def destroy(doomed: Doomed) -> Mapping[str, int]:
    """The words go; that somebody contested, which function, and that it was answered stay."""
    about = Contest.objects.filter(operation_id=doomed.operation_id).exclude(text="", said="", answer="")
    done = 0
    for start in range(0, len(doomed.reports), _PART):
        ids = doomed.reports[start : start + _PART]
        suggested = Suggestion.objects.filter(report_id__in=ids).values_list("pk", flat=True)
        refs = list(Report.objects.filter(pk__in=ids).values_list("ref", flat=True))
        named = [pk for pk, typed in about.exclude(about="").values_list("pk", "about") if _names(typed, refs)]
        for rows in (about.filter(suggestion_id__in=list(suggested)), about.filter(pk__in=named)):
            done += rows.update(text="", said="", answer="", about="")
    return {"contests": done} if done else {}


def _names(typed: str, refs: list[str]) -> bool:
    """Whether what somebody typed is one of these references, or how one begins."""
    word = typed.strip().lower()
    return len(word) >= _SHORTEST and any(ref.startswith(word) for ref in refs)


HOLDER = Holder(
    holds=("In contests of automated functions: what was written about a report, and what was suggested of it",),
    destroy=destroy,
    tables=("oversight.Contest",),
)
