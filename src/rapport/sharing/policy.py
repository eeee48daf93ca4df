"""Who may see what of one Item: the protocol's rules as a pure function. `queries.py` holds them as a query.

How it is decided:
  1 the reader's first matching audience selects the grants; purpose and time select among grants and limits;
  2 the protocol's entries give the level of sensitivity: the highest that matches, severe where none does;
  3 no matching grant means no; a matching limit with `nothing` means no;
  4 of all matching grants and limits each dimension takes its strictest.
What is not known counts against release (model.UNKNOWABLE).

How it is fast: a condition is a bit in a mask. For every dimension a table says which bits a value leaves standing, so
a ruling is one look-up a dimension; rulings are made once for each outcome and then found again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, attrgetter, or_
from typing import Any

from rapport.sharing.items import AlertItem, Facts, Item, RowItem, Ruling
from rapport.sharing.protocol.model import (
    DIMENSIONS,
    MANY,
    UNKNOWABLE,
    Area,
    Audience,
    Condition,
    Entry,
    Left,
    Protocol,
    Rounding,
    Rule,
)
from rapport.values import Publication, Purpose, Reader, Sensitivity

LEVELS = tuple(Sensitivity)
_UNKNOWN = "unknown"
#: The text of an enumeration's member: its hash is ready, while that of the member is worked out in Python each time.
_ATTRIBUTE = {"publication": "publication._value_", "status": "status._value_"}


def _(text: str) -> str:
    """Marks a text that the pages translate: web/messages.py collects it."""
    return text


NOT_GRANTED = _("No rule of the protocol grants it.")
NOT_YET = _("It is given after a delay that has not passed yet.")
#: The house's rule for the desk itself: whoever works in an operation reads what it works on.
WORK = Ruling(True, Left(), Sensitivity.LOW, ("work",), (_("You work in this operation."),))
NOT_WORK = Ruling(False, Left(), Sensitivity.LOW, ("work",), (_("Only who works in this operation reads its desk."),))


@dataclass(slots=True)
class Policy:
    """A protocol made ready to rule. Safe to share between threads: what it remembers is only ever added to."""

    protocol: Protocol
    _made: dict[tuple[str, str, int], _Rules] = field(default_factory=dict)
    _edges: tuple[datetime, ...] = field(init=False)

    def __post_init__(self) -> None:
        moments = {moment for rule in self.protocol.rules for moment in (rule.starts, rule.ends) if moment}
        self._edges = tuple(sorted(moments))

    @property
    def tag(self) -> str:
        """Name and version: part of every ETag."""
        return f"{self.protocol.name}/{self.protocol.version}"

    def epoch(self, now: datetime) -> int:
        """Changes whenever a rule comes into force or ends."""
        return bisect_right(self._edges, now) if self._edges else 0

    def asks_for(self, area: Area) -> bool:
        """Whether any rule leaves this area of a place."""
        return any(rule.left.area is area for rule in self.protocol.rules)

    @property
    def asks_for_areas(self) -> bool:
        """Whether any rule leaves an administrative area of a place."""
        return any(rule.left.area for rule in self.protocol.rules)

    def rounding(self, audience: str, purpose: Purpose, now: datetime) -> Rounding:
        """The coarsest to which any time may be rounded for an audience: what is said of all together must not be
        finer."""
        rules = self.rules(audience, purpose, now)
        return max((rule.left.rounding for rule in rules), default=Rounding.NONE)

    def rules(self, audience: str, purpose: Purpose, now: datetime) -> Sequence[Rule]:
        """The grants and limits that speak to an audience for a purpose now. Beyond the team a grant that does not say
        `publication` gives what is published: nobody forgets a draft into the open."""
        # Logs ask for audiences that only an earlier protocol knew, too: nothing speaks to them.
        team = any(one.team for one in self.protocol.audiences if one.name == audience)
        return [
            rule if team or not rule.grant or "publication" in rule.condition.when else _of_published(rule)
            for rule in self.protocol.rules
            if audience in rule.audiences and purpose in rule.purposes and rule.in_force(now)
        ]

    def ruling(self, audience: str, facts: Facts, purpose: Purpose, now: datetime) -> Ruling:
        """The ruling on these facts for whoever belongs to that audience."""
        at = (audience, purpose._value_, self.epoch(now))
        rules = self._made.get(at)
        if rules is None:
            rules = self._made[at] = _Rules(
                self.tag, audience, self.protocol.entries, self.rules(audience, purpose, now)
            )
        ruling = rules.ruling(facts)
        return ruling if not ruling.left.delay_s or not ruling.allow else _after_delay(ruling, facts, now)


def _of_published(rule: Rule) -> Rule:
    condition = rule.condition
    when = {**condition.when, "publication": frozenset({Publication.PUBLISHED.value})}
    return replace(rule, condition=replace(condition, when=when))


def decide(
    policy: Policy, reader: Reader, item: Item | AlertItem | RowItem[Any], purpose: Purpose, now: datetime
) -> Ruling:
    """The ruling on one item for one reader and purpose. Never raises: what no rule allows is not allowed."""
    if purpose is Purpose.WORK:
        return WORK if reader.team else NOT_WORK
    return policy.ruling(policy.protocol.audience_of(reader, purpose).name, item.facts, purpose, now)


def sees_extra(audience: Audience, public: bool) -> bool:
    """Whether an audience gets an extra field's value, where such fields are kept; `public` is what the operation's
    file says."""
    return public or audience.team


def level_of(protocol: Protocol, facts: Facts) -> Sensitivity:
    """The level of sensitivity by the protocol's lists and by what a person said of it."""
    return _Rules("", "", protocol.entries, ()).ruling(facts).level


def _after_delay(ruling: Ruling, facts: Facts, now: datetime) -> Ruling:
    if facts.published_at is not None and facts.published_at <= now - timedelta(seconds=ruling.left.delay_s):
        return ruling
    return replace(ruling, allow=False, reasons=(*ruling.reasons, NOT_YET))


# --- one audience, one purpose, one set of rules -------------------------------------------------------------------


class _Rules:
    """The entries and the rules that speak, as bits: the entries' come first, in order."""

    def __init__(self, tag: str, audience: str, entries: Sequence[Entry], rules: Sequence[Rule]) -> None:
        self.tag, self.audience, self.entries, self.rules = tag, audience, entries, rules
        conditions = [entry.condition for entry in entries] + [rule.condition for rule in rules]
        strict = [entry.level in LEVELS[2:] for entry in entries] + [not rule.grant for rule in rules]
        self.entry_bits = (1 << len(entries)) - 1
        self.all = (1 << len(conditions)) - 1
        used = [name for name in DIMENSIONS if any(name in {*one.when, *one.unless} for one in conditions)]
        single = [name for name in used if name not in MANY | {"level"}]
        self.tables = [_table(name, conditions, strict) for name in single]
        # One call in C reads them all. The last two are read beyond need: attrgetter gives a tuple from two on.
        self.values_of = attrgetter(*(_ATTRIBUTE.get(name, name) for name in (*single, "kind", "domain")))
        self.many = [(attrgetter(name), *_bits(name, conditions)) for name in used if name in MANY]
        self.by_level = [_table("level", conditions, strict)[0].get(level, 0) for level in LEVELS]
        self.cells = [(1 << n, one.cells_under, strict[n]) for n, one in enumerate(conditions) if one.cells_under]
        self.levels: dict[int, int] = {}
        self.made: dict[tuple[int, int], Ruling] = {}

    def ruling(self, facts: Facts) -> Ruling:
        mask = self.all
        for (table, other), value in zip(self.tables, self.values_of(facts), strict=False):
            mask &= table.get(value, other)
        for values_of, free, asked, barred in self.many:
            some, none = free, 0
            for value in values_of(facts):
                some |= asked.get(value, 0)
                none |= barred.get(value, 0)
            mask &= some & ~none
        if self.cells:
            mask &= ~self._large_cells(facts)
        level = self._level(mask & self.entry_bits)
        if facts.sensitivity is not None:
            level = max(level, LEVELS.index(facts.sensitivity))
        mask &= self.by_level[level]
        made = self.made.get((mask, level))
        if made is None:
            made = self.made[mask, level] = self._make(mask, LEVELS[level])
        return made

    def _level(self, mask: int) -> int:
        level = self.levels.get(mask)
        if level is None:
            matched = [LEVELS.index(entry.level) for n, entry in enumerate(self.entries) if mask >> n & 1]
            level = self.levels[mask] = max(matched, default=LEVELS.index(Sensitivity.SEVERE))
        return level

    def _large_cells(self, facts: Facts) -> int:
        """The bits of those conditions on small counts that do not hold."""
        if facts.aggregation not in {"aggregated", _UNKNOWN}:
            return reduce(or_, (bit for bit, _, _ in self.cells))
        cell = facts.smallest_cell
        return reduce(
            or_, (bit for bit, under, strict in self.cells if (not strict if cell is None else cell >= under)), 0
        )

    def _make(self, mask: int, level: Sensitivity) -> Ruling:
        first = len(self.entries)
        entries = [entry for n, entry in enumerate(self.entries) if mask >> n & 1 and entry.level is level]
        matched: list[Rule] = [rule for n, rule in enumerate(self.rules, first) if mask >> n & 1]
        grants = [rule for rule in matched if rule.grant]
        barred = [rule for rule in matched if rule.nothing]
        names = (*(rule.name for rule in matched), *(entry.name for entry in entries))
        said = barred or [rule for rule in matched if rule.grant or rule.left != Left()]
        why = tuple(dict.fromkeys(one.why for one in said)) if grants or barred else (NOT_GRANTED,)
        left = reduce(and_, (rule.left for rule in matched), Left())
        return Ruling(bool(grants) and not barred, left, level, names, why, self.tag, self.audience)


def _table(name: str, conditions: Sequence[Condition], strict: Sequence[bool]) -> tuple[Mapping[Any, int], int]:
    """For a dimension of one value: value → the bits it leaves standing, and the bits that any other value leaves."""
    values = {value for one in conditions for part in (one.when, one.unless) for value in part.get(name, ())}
    table = {value: _standing(name, conditions, value) for value in {*values, *DIMENSIONS[name]}}
    if name in UNKNOWABLE:
        table[_UNKNOWN] = _standing_unknown(name, conditions, strict)
    return table, _standing(name, conditions, None)


def _standing(name: str, conditions: Sequence[Condition], value: str | None) -> int:
    return _mask(
        (name not in one.when or value in one.when[name]) and value not in one.unless.get(name, ())
        for one in conditions
    )


def _standing_unknown(name: str, conditions: Sequence[Condition], strict: Sequence[bool]) -> int:
    """What is not known meets the conditions of what is strict, and not of what is lenient, unless they say so."""
    return _mask(
        (name not in one.when or stern or _UNKNOWN in one.when[name])
        and (name not in one.unless or (stern and _UNKNOWN not in one.unless[name]))
        for one, stern in zip(conditions, strict, strict=True)
    )


def _bits(name: str, conditions: Sequence[Condition]) -> tuple[int, Mapping[str, int], Mapping[str, int]]:
    """For a dimension of many values: the bits that ask for none of them, and value → bits that ask for it, that it
    bars."""
    free = _mask(name not in one.when for one in conditions)
    values = {value for one in conditions for part in (one.when, one.unless) for value in part.get(name, ())}
    asked = {value: _mask(value in one.when.get(name, ()) for one in conditions) for value in values}
    barred = {value: _mask(value in one.unless.get(name, ()) for one in conditions) for value in values}
    return free, asked, barred


def _mask(bits: Iterable[bool]) -> int:
    return sum(1 << n for n, bit in enumerate(bits) if bit)
