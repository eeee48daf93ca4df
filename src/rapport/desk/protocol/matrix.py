"""Kinds of things people talk about by audiences: how many of each an audience gets, and how much is left of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.utils.translation import get_language

from rapport.operations.models import Category, Operation
from rapport.sharing.handling import UNKNOWN
from rapport.sharing.policy import LEVELS, Policy
from rapport.sharing.protocol.kinds import Crowd, Ints, Kind
from rapport.sharing.protocol.model import Audience, named_values
from rapport.sharing.protocol.played import Answers, Given, Got, answers, given_words, lessened
from rapport.values import EARLIEST, Precision, Publication, Purpose, Status, named

#: By what the rows are told apart: what stands in the address → what people read.
BY: Mapping[str, str] = {
    "category": "category",
    "status": "status",
    "level": "level of sensitivity",
    "precision": "precision of the place",
    "risk": "persons at risk",
    "consent": "whether those concerned agreed",
    "control": "who holds the area",
    "publication": "publication",
}
NONE = "none"
ALL = "all"
_OTHER = "*"  # a word for who holds the area that the protocol does not have
_WORDS = {"none": "no place", "exact": "exact place", "street": "street", "locality": "town", "country": "country"}


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of things, and which of a crowd's kinds belong to it."""

    code: str
    name: str
    kinds: frozenset[int]
    count: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What an audience gets of a row."""

    audience: Audience
    row: Row
    shown: int
    notes: Sequence[str]  # what is left of those shown, and what becomes of the others


@dataclass(frozen=True, slots=True)
class Line:
    row: Row
    cells: Sequence[Cell]


def lines_of(
    operation: Operation, crowd: Crowd, policy: Policy, purpose: Purpose, by: str, now: datetime
) -> list[Line]:
    """The matrix: a line for each kind of things that there is, and one for all."""
    rows = rows_of(operation, crowd, policy, by)
    got = [(one, answers(crowd, policy, one, purpose, now)) for one in policy.protocol.audiences]
    return [Line(row, [_cell(crowd, row, audience, some) for audience, some in got]) for row in rows]


def rows_of(operation: Operation, crowd: Crowd, policy: Policy, by: str) -> list[Row]:
    """The rows in their natural order; those of which there is nothing are left out. An event of two top categories is
    counted in both."""
    codes_of, names = _TELL[by](operation, policy)
    belong: dict[str, set[int]] = {code: set() for code in names}
    for number, kind in enumerate(crowd.kinds):
        for code in codes_of(kind):
            belong[code].add(number)
    counts = np.bincount(crowd.kind, minlength=len(crowd.kinds))
    rows = [
        Row(code, names[code], frozenset(some), int(counts[sorted(some)].sum()))
        for code, some in belong.items()
        if some
    ]
    return [*(row for row in rows if row.count), Row(ALL, "All", frozenset(range(len(crowd.kinds))), len(crowd))]


def _cell(crowd: Crowd, row: Row, audience: Audience, some: Answers) -> Cell:
    notes: Counter[str] = Counter()
    alike: Counter[tuple[Got, int, frozenset[str]]] = Counter()
    for one, kind, count in zip(some.gots, some.kinds, some.counts, strict=True):
        if kind in row.kinds and one.given is not Given.NOT:
            alike[one, crowd.kinds[kind].precision, crowd.kinds[kind].has] += count
    for (one, precision, has), count in alike.items():
        words = lessened(one, precision, has) if one.given is Given.SHOWN else [given_words(one)]
        notes.update(dict.fromkeys(words, count))
    shown = sum(count for (one, _, _), count in alike.items() if one.given is Given.SHOWN)
    return Cell(audience, row, shown, [_note(text, count, shown) for text, count in notes.most_common() if count])


def _note(text: str, count: int, shown: int) -> str:
    return text if count == shown else f"{text} ({count:,})"


# --- rows ----------------------------------------------------------------------------------------------------------

_Tell = Callable[[Operation, Policy], tuple[Callable[[Kind], Collection[str]], Mapping[str, str]]]


def _by_category(operation: Operation, policy: Policy) -> tuple[Callable[[Kind], Collection[str]], Mapping[str, str]]:
    top = Category.objects.filter(operation=operation, parent=None)
    names = {one.code: named(one.names, get_language() or "en") or one.code for one in top}
    return lambda kind: kind.facts.category & names.keys() or (NONE,), {**names, NONE: "no category"}


def _by_level(operation: Operation, policy: Policy) -> tuple[Callable[[Kind], Collection[str]], Mapping[str, str]]:
    anybody = policy.protocol.audiences[-1].name  # the level depends neither on who asks nor on when

    def level(kind: Kind) -> tuple[str]:
        return (policy.ruling(anybody, kind.facts, Purpose.VIEW, EARLIEST).level.value,)

    return level, {one.value: one.value for one in LEVELS}


def _by_control(operation: Operation, policy: Policy) -> tuple[Callable[[Kind], Collection[str]], Mapping[str, str]]:
    words = {word: word for word in named_values(policy.protocol, "control")}
    names = {**words, UNKNOWN: "nobody has said", _OTHER: "held by others than the protocol names"}
    return lambda kind: (kind.facts.control if kind.facts.control in names else _OTHER,), names


def _precision(kind: Kind) -> str:
    return Precision(kind.precision).word if kind.precision else NONE


_PRECISIONS = {word: _WORDS.get(word, word) for word in (*(one.word for one in Precision), NONE)}
_TELL: Mapping[str, _Tell] = {
    "category": _by_category,
    "status": lambda *_: (lambda kind: (kind.facts.status.value,), {one.value: one.value for one in Status}),
    "level": _by_level,
    "precision": lambda *_: (lambda kind: (_precision(kind),), _PRECISIONS),
    "risk": lambda *_: (
        lambda kind: (kind.facts.persons_at_risk,),
        {"yes": "concerns persons at risk", "no": "does not concern persons at risk"},
    ),
    "consent": lambda *_: (
        lambda kind: (kind.facts.consent,),
        {"yes": "those concerned agreed", "no": "those concerned refused", UNKNOWN: "nobody has said"},
    ),
    "control": _by_control,
    "publication": lambda *_: (
        lambda kind: (kind.facts.publication.value,),
        {one.value: one.value for one in Publication},
    ),
}


# --- what stands behind a cell -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Behind:
    """One event of a cell, by its id, with what the audience gets of it."""

    id: int
    got: Got
    kind: Kind

    @property
    def words(self) -> str:
        less = lessened(self.got, self.kind.precision, self.kind.has) if self.got.given is Given.SHOWN else ()
        return "; ".join([given_words(self.got), *less])


def behind(some: Answers, row: Row, *, shown: bool | None) -> Ints:
    """The positions in the crowd of the events of a row, the newest first: all, those shown, or those not shown."""
    wanted = np.array(
        [
            kind in row.kinds and (shown is None or (one.given is Given.SHOWN) is shown)
            for one, kind in zip(some.gots, some.kinds, strict=True)
        ],
        dtype=np.bool_,
    )
    return np.flatnonzero(wanted[some.of]) if len(some.of) else some.of


def told(crowd: Crowd, some: Answers, positions: Sequence[int]) -> list[Behind]:
    """Those events with what is given of them."""
    return [
        Behind(int(crowd.ids[at]), some.gots[some.of[at]], crowd.kinds[some.kinds[some.of[at]]]) for at in positions
    ]
