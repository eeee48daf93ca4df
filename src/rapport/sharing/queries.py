"""The protocol as a query: the same rules as policy.py, for lists, counts and clusters.

Each rule becomes a condition on columns, and each dimension of what is left a CASE from its strictest value down. The
columns say what is ruled; what that leaves of a place or a text is worked out by coarser.py, as for one Release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, TypeVar, cast

from django.db.models import BooleanField, Case, IntegerField, Q, QuerySet, Value, When

from rapport.operations.categories import lines
from rapport.operations.models import Category
from rapport.sharing.items import FINEST
from rapport.sharing.models import Shareable
from rapport.sharing.policy import LEVELS, Policy
from rapport.sharing.protocol.model import FIELDS, MANY, UNKNOWABLE, Condition, Left, Rule
from rapport.values import Purpose, Reader, Sensitivity

S = TypeVar("S", bound=Shareable)
NOTHING, EVERYTHING = Q(pk__in=[]), ~Q(pk__in=[])
_NOT_GIVEN, _COUNTED, _SHOWN = range(3)
_LENIENT = (Sensitivity.LOW, Sensitivity.MODERATE)


def released(queryset: QuerySet[S], policy: Policy, reader: Reader, purpose: Purpose, now: datetime) -> QuerySet[S]:
    """The rows, of one operation, that this reader gets for this purpose."""
    if purpose is Purpose.WORK:
        return _whole(queryset) if reader.team else _whole(queryset.none())
    return released_to(queryset, policy, policy.protocol.audience_of(reader, purpose).name, purpose, now)


def released_to(queryset: QuerySet[S], policy: Policy, audience: str, purpose: Purpose, now: datetime) -> QuerySet[S]:
    """The rows, of one operation, that an audience gets for a purpose, with what the protocol leaves of each:
    `left_area`, `left_radius_m`, `left_words`, `left_rounding` (numbers as in protocol/model.py), and `left_<field>`
    (whether it is kept) for every field. Rows that are only counted are not among them."""
    rules, asking = _asked(queryset, policy, audience, purpose, now)
    matches = {rule.name: asking.rule(rule) for rule in rules}
    shown = _ruled(queryset, asking, rules, matches, now).filter(ruled=_SHOWN)
    return cast("QuerySet[S]", shown.annotate(**_left(rules, matches)))


def counted_to(queryset: QuerySet[S], policy: Policy, audience: str, purpose: Purpose, now: datetime) -> QuerySet[S]:
    """The rows that add to an audience's totals and are not shown to it by themselves; for counting alone."""
    rules, asking = _asked(queryset, policy, audience, purpose, now)
    matches = {rule.name: asking.rule(rule) for rule in rules}
    return _ruled(queryset, asking, rules, matches, now).filter(ruled=_COUNTED)


def _asked(
    queryset: QuerySet[S], policy: Policy, audience: str, purpose: Purpose, now: datetime
) -> tuple[Sequence[Rule], _Asking]:
    rules = policy.rules(audience, purpose, now)
    return rules, _Asking(queryset.model, policy, rules)


def _ruled(
    queryset: QuerySet[S], asking: _Asking, rules: Sequence[Rule], matches: Mapping[str, Q], now: datetime
) -> QuerySet[S]:
    """The rows with what is ruled of each: not given, only counted, or shown."""
    allowed = _any(matches[rule.name] for rule in rules if rule.grant)
    barred = _any(matches[rule.name] for rule in rules if rule.nothing)
    counted = _any(matches[rule.name] for rule in rules if rule.left.counted_only)
    early = _any(
        matches[rule.name] & ~_published_before(now - timedelta(seconds=rule.left.delay_s))
        for rule in rules
        if rule.left.delay_s
    )
    # A CASE and no exclude(): where a column is NULL, a condition does not hold, and neither does its opposite.
    given = Case(
        When(barred | early, then=Value(_NOT_GIVEN)),
        When(allowed & counted, then=Value(_COUNTED)),
        When(allowed, then=Value(_SHOWN)),
        default=Value(_NOT_GIVEN),
    )
    return cast("QuerySet[S]", queryset.annotate(ruled_level=asking.level).annotate(ruled=given))


def _whole(queryset: QuerySet[S]) -> QuerySet[S]:
    return cast("QuerySet[S]", queryset.annotate(**_left((), {})))


def _published_before(moment: datetime) -> Q:
    return Q(published_at__isnull=False, published_at__lte=moment)


def _left(rules: Sequence[Rule], matches: Mapping[str, Q]) -> dict[str, Any]:
    """The columns that say what is left, each the strictest of all rules that match."""

    def strictest(value_of: Callable[[Left], int]) -> Case | Value:
        values = sorted({value_of(rule.left) for rule in rules} - {0}, reverse=True)
        cases = [
            When(_any(matches[rule.name] for rule in rules if value_of(rule.left) == value), then=Value(value))
            for value in values
        ]
        return Case(*cases, default=Value(0), output_field=IntegerField()) if cases else Value(0)

    def kept(field: str) -> Case | Value:
        without = [matches[rule.name] for rule in rules if field not in rule.left.fields]
        if not without:
            return Value(True)
        return Case(When(_any(without), then=Value(False)), default=Value(True), output_field=BooleanField())

    return {
        "left_area": strictest(lambda left: left.area),
        "left_radius_m": strictest(lambda left: left.radius_m),
        "left_words": strictest(lambda left: left.words),
        "left_rounding": strictest(lambda left: left.rounding),
        **{f"left_{field}": kept(field) for field in sorted(FIELDS)},
    }


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, NOTHING)


class _Asking:
    """Conditions as Q objects on one model, for one operation."""

    def __init__(self, model: type[Shareable], policy: Policy, rules: Sequence[Rule]) -> None:
        self.model, self.columns = model, model.POLICY_COLUMNS
        self.entries = policy.protocol.entries
        named = [*(entry.condition for entry in self.entries), *(rule.condition for rule in rules)]
        codes = {code for one in named for part in (one.when, one.unless) for code in part.get("category", ())}
        self.below = _below(codes) if codes else {}

    @property
    def level(self) -> Case:
        """The number of the level: by the entries, severe where none matches, and by what a person said."""
        matches = [
            (entry.level, self.condition(entry.condition, strict=entry.level not in _LENIENT)) for entry in self.entries
        ]
        listed = _any(match for _, match in matches)
        cases = []
        for number in range(len(LEVELS) - 1, 0, -1):
            level = LEVELS[number]
            at = _any(match for one, match in matches if one is level) | Q(sensitivity=level.value)
            cases.append(When(at | ~listed if level is Sensitivity.SEVERE else at, then=Value(number)))
        return Case(*cases, default=Value(0), output_field=IntegerField())

    def rule(self, rule: Rule) -> Q:
        return self.condition(rule.condition, strict=not rule.grant)

    def condition(self, condition: Condition, *, strict: bool) -> Q:
        if condition.cells_under is not None and self.columns.same.get("aggregation") == "record":
            return NOTHING  # a record has no cells
        found = EVERYTHING
        for name, values in condition.when.items():
            found &= self.among(name, values, unknown_too=strict)
        for name, values in condition.unless.items():
            found &= ~self.among(name, values, unknown_too=not strict)
        return found

    def among(self, name: str, values: frozenset[str], *, unknown_too: bool) -> Q:
        """Whether the dimension has one of the values; `unknown_too` counts what is not known as if it had."""
        wanted = set(values) | ({"unknown"} if unknown_too and name in UNKNOWABLE else set())
        if name in self.columns.same:
            return EVERYTHING if self.columns.same[name] in wanted else NOTHING
        if name == "level":
            return Q(ruled_level__in=[LEVELS.index(Sensitivity(value)) for value in wanted])
        if name == "finest":
            return _finest(wanted)
        if name == "persons_at_risk":
            return Q(persons_at_risk__in=[value == "yes" for value in wanted])
        if name in self.columns.through:
            codes = set().union(*(self.below[value] for value in wanted)) if name == "category" else wanted
            rows = self.model._default_manager.filter(**{f"{self.columns.through[name]}__in": sorted(codes)})
            return Q(pk__in=rows.order_by().values("pk"))
        if name in MANY:
            return NOTHING  # none of the rows has any
        return Q(**{f"{self.columns.columns[name]}__in": sorted(wanted)})


def _finest(wanted: set[str]) -> Q:
    precisions = [int(precision) for precision, finest in FINEST.items() if finest in wanted]
    known = Q(lon__isnull=False, precision__in=precisions)
    return known | Q(lon__isnull=True) if "none" in wanted else known


def _below(codes: set[str]) -> dict[str, set[int]]:
    """Each of these codes of categories → the ids of the categories of it, in any operation, and of all below."""
    below: dict[str, set[int]] = {code: set() for code in codes}
    for line in lines(Category.objects.all()).values():
        for above in line:
            if above.code in below:
                below[above.code].add(line[0].pk)
    return below
