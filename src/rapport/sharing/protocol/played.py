"""Pure: a protocol played against a crowd of events: what each audience gets of which, in words that can be compared.

The rulings are those of `policy.py`, what they leave of a place is worked out by `coarser.py`; here it is only told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from functools import cached_property

import numpy as np

from rapport.sharing.coarser import in_area, is_moved
from rapport.sharing.items import Facts, Ruling
from rapport.sharing.policy import NOT_YET, Policy, sees_extra
from rapport.sharing.protocol.kinds import Crowd, Ints, Kind
from rapport.sharing.protocol.model import Audience, Entry, Protocol, Rounding, Rule, Words
from rapport.values import Marking, Precision, Purpose, Spot

_NO_FACTS = Facts()
_COMMUNE = Spot(0, 0, Precision.ADM2, 0)
_REGION = Spot(0, 0, Precision.ADM1, 0)
_TEXTS = frozenset({"title", "summary"})
#: Fields that are said as what becomes of the place and of the words.
_SAID_ELSEWHERE = _TEXTS | {"place"}
_AREAS = {
    Precision.EXACT: "exact place", Precision.STREET: "place by street", Precision.LOCALITY: "place by town",
    Precision.ADM3: "place by adm3", Precision.ADM2: "place by adm2", Precision.ADM1: "place by adm1",
    Precision.COUNTRY: "place by country",
}  # fmt: skip
_FIELDS = {
    "occurred_at": "time of the event", "affected": "people affected", "sources": "sources",
    "reports": "number of reports", "response": "response", "extra": "extra fields", "files": "files", "title": "title",
    "summary": "summary",
}  # fmt: skip


class Given(IntEnum):
    """Whether an audience gets an event; larger is more."""

    NOT = 0
    LATER = 1  # when a delay is over
    COUNTED = 2  # in totals only
    SHOWN = 3


@dataclass(frozen=True, slots=True)
class Got:
    """What an audience gets of an event of some kind. Two are equal where it gets the same."""

    given: Given
    ruling: Ruling = field(compare=False)
    precision: int = 0  # of the place that is left, 0 for none
    moved_m: int = 0  # within which it was displaced
    rounding: Rounding = Rounding.NONE
    masked: bool = False
    instead: bool = False  # of words, those that a person wrote to be shared
    fields: frozenset[str] = frozenset()
    marking: Marking | None = None

    @property
    def delay_s(self) -> int:
        return self.ruling.left.delay_s


@dataclass(frozen=True)
class Answers:
    """What an audience gets of each event of a crowd: `of` is one position in `gots` and `kinds` for each event."""

    of: Ints
    gots: Sequence[Got]
    kinds: Sequence[int]  # position of the kind in the crowd's

    @cached_property
    def counts(self) -> list[int]:
        """How many events each answer stands for."""
        return [int(n) for n in np.bincount(self.of, minlength=len(self.gots))]


def answers(crowd: Crowd, policy: Policy, audience: Audience, purpose: Purpose, now: datetime) -> Answers:
    """What an audience gets of the crowd for a purpose: one ruling for each kind and each number of delays passed."""
    rules = policy.rules(audience.name, purpose, now)
    delays = sorted({rule.left.delay_s for rule in rules} - {0})
    passed = np.zeros(len(crowd), dtype=np.int64)
    for delay in delays:
        passed += crowd.published <= now.timestamp() - delay
    codes, of = np.unique(crowd.kind * (len(delays) + 1) + passed, return_inverse=True)
    gots, kinds = [], []
    made: dict[tuple[object, ...], Got] = {}
    for number, over in (divmod(int(code), len(delays) + 1) for code in codes):
        kind = crowd.kinds[number]
        facts = replace(kind.facts, published_at=now - timedelta(seconds=delays[over - 1])) if over else kind.facts
        ruling = policy.ruling(audience.name, facts, purpose, now)
        # Many kinds are ruled alike, and then differ only in what they have.
        key = (id(ruling), replace(kind, facts=_NO_FACTS))
        if key not in made:
            made[key] = got(ruling, kind, audience)  # holds the ruling, so that no other gets its id
        gots.append(made[key])
        kinds.append(number)
    return Answers(np.asarray(of, dtype=np.int64).reshape(-1), gots, kinds)


def got(ruling: Ruling, kind: Kind, audience: Audience) -> Got:
    """What a ruling gives of an event of this kind."""
    left, given = ruling.left, _given(ruling)
    if given is not Given.SHOWN:
        return Got(given, ruling)
    fields = kind.has & left.fields
    if not sees_extra(audience, kind.extra_public):
        fields -= {"extra"}
    instead = left.words is Words.SUMMARY and kind.shared and "summary" in left.fields
    if left.words >= Words.SUMMARY:
        fields = fields - _TEXTS | ({"summary"} if instead else set())
    region = _REGION if kind.region else None
    place = in_area(kind.spot, _COMMUNE if kind.commune else None, region, left.area) if "place" in fields else None
    return Got(
        given,
        ruling,
        precision=int(place.precision) if place else 0,
        moved_m=left.radius_m if place and is_moved(place, left) else 0,
        rounding=left.rounding,
        masked=left.words is Words.MASKED and bool(fields & _TEXTS),
        instead=instead,
        fields=fields if place else fields - {"place"},
        marking=left.marking,
    )


def _given(ruling: Ruling) -> Given:
    if not ruling.allow:
        return Given.LATER if NOT_YET in ruling.reasons else Given.NOT
    return Given.COUNTED if ruling.left.counted_only else Given.SHOWN


# --- in words ------------------------------------------------------------------------------------------------------


def lessened(one: Got, precision: int, has: frozenset[str]) -> Iterator[str]:
    """What an audience that is shown an event of this precision, with these fields, gets less of than the desk has,
    each in some words."""
    if precision and (one.precision, one.moved_m) != (precision, 0):
        yield place_words(one)
    if one.rounding:
        yield f"times by the {one.rounding.name.lower()}"
    missing = has - one.fields - {"place"}
    if one.instead:
        yield "only words written to be shared"
        missing -= _TEXTS
    if missing >= has & _TEXTS and has & _TEXTS:
        yield "no words of the desk"
        missing -= _TEXTS
    if one.masked:
        yield "personal data masked"
    if missing:
        yield f"without {', '.join(sorted(_FIELDS[name] for name in missing))}"
    if one.delay_s:
        yield f"{hours(one.delay_s)} later"


def place_words(one: Got) -> str:
    if not one.precision:
        return "no place"
    area = _AREAS[Precision(one.precision)]
    if not one.moved_m:
        return area
    moved = f"moved by up to {one.moved_m / 1000:g} km"
    return f"{area}, {moved}" if one.precision >= Precision.ADM3 else f"place {moved}"


def hours(seconds: int) -> str:
    return f"{seconds / 3600:g} h"


def given_words(one: Got) -> str:
    if one.given is Given.LATER:
        return f"not yet: {hours(one.delay_s)} after publication"
    return {Given.NOT: "not shown", Given.COUNTED: "only counted", Given.SHOWN: "shown"}[one.given]


# --- two of them compared ------------------------------------------------------------------------------------------


class Change(StrEnum):
    """How what an audience gets of an event becomes another."""

    SHOWN = "shown"  # it was not shown before
    HIDDEN = "hidden"
    MORE = "more"
    LESS = "less"
    OTHER = "otherwise"  # more in one way and less in another, or only marked otherwise
    HELD = "held"  # shown neither before nor after, but counted, or due later, in one of them only


def change(was: Got, becomes: Got) -> Change | None:
    """None where it gets the same."""
    if was == becomes:
        return None
    if Given.SHOWN in {was.given, becomes.given}:
        if becomes.given is not Given.SHOWN:
            return Change.HIDDEN
        if was.given is not Given.SHOWN:
            return Change.SHOWN
    else:
        return Change.HELD
    more, less = _exceeds(becomes, was), _exceeds(was, becomes)
    return Change.OTHER if more == less else Change.MORE if more else Change.LESS


def _exceeds(one: Got, other: Got) -> bool:
    """Whether one gives in any way more than the other."""
    place, other_place = (one.precision or 99, one.moved_m), (other.precision or 99, other.moved_m)
    return (
        place < other_place
        or one.rounding < other.rounding
        or (bool(one.fields & other.fields & _TEXTS) and (one.masked, one.instead) < (other.masked, other.instead))
        or bool(one.fields - other.fields)
    )


def differences(was: Got, becomes: Got) -> Iterator[tuple[str, str, str]]:
    """In which ways they differ: what it is about, what was, what becomes."""
    if was.given is not becomes.given:
        yield "whether", given_words(was), given_words(becomes)
    if Given.SHOWN not in {was.given, becomes.given}:
        return
    pairs = [
        ("place", *(_place(one, was, becomes) for one in (was, becomes))),
        ("time", *(f"by the {one.rounding.name.lower()}" if one.rounding else "as it was" for one in (was, becomes))),
        ("words", *(_words(one, was, becomes) for one in (was, becomes))),
        ("also", *(_others(one, was, becomes) for one in (was, becomes))),
        ("marking", *(one.marking.value if one.marking else "none" for one in (was, becomes))),
    ]
    shown = [one.given is Given.SHOWN for one in (was, becomes)]
    for name, before, after in pairs:
        if before != after:
            yield name, before if shown[0] else "nothing", after if shown[1] else "nothing"


def _place(one: Got, was: Got, becomes: Got) -> str:
    return place_words(one).removeprefix("place ") if "place" in was.fields | becomes.fields else ""


def _words(one: Got, was: Got, becomes: Got) -> str:
    if not (was.fields | becomes.fields) & _TEXTS:
        return ""
    if one.instead:
        return "words written to be shared"
    kept = sorted(one.fields & _TEXTS, reverse=True)
    return (" and ".join(kept) + (", personal data masked" if one.masked else "")) if kept else "none of the desk's"


def _others(one: Got, was: Got, becomes: Got) -> str:
    differing = (was.fields ^ becomes.fields) - _SAID_ELSEWHERE
    return ", ".join(sorted(_FIELDS[name] for name in one.fields & differing)) or ("nothing of it" if differing else "")


def because(was: Got, becomes: Got, before: Protocol, after: Protocol) -> list[tuple[str, str]]:
    """The rules and entries that make it so, each with its reason: those that speak under one protocol only, or that
    are written otherwise there."""
    old, new = _named(before), _named(after)
    comes = [new[name] for name in becomes.ruling.rules if name not in was.ruling.rules]
    goes = [old[name] for name in was.ruling.rules if name not in becomes.ruling.rules]
    stays = [new[name] for name in becomes.ruling.rules if name in was.ruling.rules and old[name] != new[name]]
    return [
        *((_called(one), one.why) for one in comes),
        *((f"{_called(one)}, written otherwise", one.why) for one in stays),
        *((f"no longer {_called(one)}", one.why) for one in goes),
    ]


def _called(one: Entry | Rule) -> str:
    kind = "entry" if isinstance(one, Entry) else "grant" if one.grant else "limit"
    return f"{kind} {one.name}"


def _named(protocol: Protocol) -> Mapping[str, Entry | Rule]:
    return {**{one.name: one for one in protocol.entries}, **{one.name: one for one in protocol.rules}}
