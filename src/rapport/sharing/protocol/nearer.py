"""Pure: audiences that get less than the public for something, found by ruling on things made for it.

For each entry, each grant to the public and each limit a thing is made that meets all of them. What is found is
therefore true of a thing that can be; that nothing is found proves nothing. Of a long protocol some are made and ruled
on, and a fault says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import product

from rapport.sharing.items import Facts, Ruling
from rapport.sharing.policy import Policy
from rapport.sharing.protocol import reach
from rapport.sharing.protocol.fault import Fault
from rapport.sharing.protocol.model import PURPOSES, Area, Audience, Left, Protocol
from rapport.values import DEFAULT_RADIUS_M, EARLIEST, Precision, Purpose

#: When every delay of what was published at EARLIEST is over.
_LONG_AFTER = EARLIEST + timedelta(days=2 * 366)
#: What people write for a dimension where our own name is another.
_KEYS = {"area": "place", "delay_s": "delay_hours", "rounding": "time", "counted_only": "count_only"}
#: The least radius of what is given as an area: a place moved by no more is no coarser. Level 2 stands in for 3.
_AREA_RADIUS_M = {
    Area.ADM3: DEFAULT_RADIUS_M[Precision.ADM2],
    Area.ADM2: DEFAULT_RADIUS_M[Precision.ADM2],
    Area.ADM1: DEFAULT_RADIUS_M[Precision.ADM1],
}

#: Things that are tried at most, and steps of ruling [ours: four times what the longest of our own protocols needs, and
#: about a second]. A step is a thing ruled on twice, or a rule made ready for an audience, a purpose and a moment.
MOST_MADE = 2_000
MOST_STEPS = 8_000


def gets_less(protocol: Protocol, now: datetime | None) -> Iterator[Fault]:
    """One fault an audience and a way in which it gets less, with the first thing for which it does."""
    policy, (things, whole) = Policy(protocol), _things(protocol)
    edges = {moment for rule in protocol.rules for moment in (rule.starts, rule.ends) if moment}
    moments = sorted({now or _LONG_AFTER, *(edge for edge in edges if now is None or edge > now)})
    said: set[tuple[str, str]] = set()
    steps = 0
    for audience, at, purpose in product(protocol.audiences[:-1], moments, PURPOSES):
        if steps > MOST_STEPS:
            whole = False
            break
        steps += len(things) + len(protocol.entries) + len(protocol.rules)
        for name, facts in things:
            less = _less(policy, audience, facts, purpose, at)
            if less and (audience.name, less) not in said:
                said.add((audience.name, less))
                yield _fault(audience, protocol.audiences[-1], name, purpose, less)
    if not whole:
        text = (
            "Whether an audience gets less than the public was asked of a part only: the protocol has too many entries,"
            " grants, limits or dates to try all of them together. Join what says the same, and look again."
        )
        yield Fault("undefined", "warning", (), text)


def _fault(audience: Audience, public: Audience, entry: str, purpose: Purpose, less: str) -> Fault:
    text = (
        f"Audience {audience.name} gets less than {public.name} for {purpose}: {less}, as for things of entry {entry}."
        f" Only the grants of a reader's first audience count. Add {audience.name} to the to of the grant that"
        f" {public.name} has, or bind {public.name} by the same limit."
    )
    return Fault("undefined", "warning", (audience.name, entry), text)


def _things(protocol: Protocol) -> tuple[list[tuple[str, Facts]], bool]:
    """Things that may reach the public, each with the name of the entry it was made for; and whether all were made."""
    public = protocol.audiences[-1].name
    grants = [reach.of(rule) for rule in protocol.rules if rule.grant and public in rule.audiences]
    others = [reach.of(rule) for rule in protocol.rules if not rule.grant or public not in rule.audiences]
    pairs = [(entry, grant) for entry in protocol.entries for grant in grants]
    met = [(*pair, facts) for pair in pairs[:MOST_MADE] if (facts := reach.witness([reach.of(pair[0]), pair[1]]))]
    tried = others[: MOST_MADE // max(len(met), 1)]  # where two meet in nothing, three do not either
    made: dict[Facts, str] = {}
    for entry, grant, facts in met:
        made.setdefault(facts, entry.name)
        for other in tried:
            three = reach.witness([reach.of(entry), grant, other])
            if three is not None:
                made.setdefault(three, entry.name)
    return [(name, facts) for facts, name in made.items()], len(pairs) <= MOST_MADE and (
        not met or len(tried) == len(others)
    )


def _less(policy: Policy, audience: Audience, facts: Facts, purpose: Purpose, at: datetime) -> str:
    public = policy.protocol.audiences[-1].name
    theirs = policy.ruling(public, facts, purpose, at)
    if not theirs.allow:
        return ""
    ours = policy.ruling(audience.name, facts, purpose, at)
    return _difference(ours, theirs) if ours.allow else "nothing at all"


def _difference(ours: Ruling, theirs: Ruling) -> str:
    """The dimensions in which ours is the stricter. A stricter marking is no less: it goes with getting more. Of what
    they only count there is nothing to be stricter in."""
    if theirs.left.counted_only:
        return ""
    both = replace(ours.left & theirs.left, marking=theirs.left.marking)
    stricter = [one.name for one in fields(both) if getattr(both, one.name) != getattr(theirs.left, one.name)]
    if "radius_m" in stricter and _finer_all_the_same(ours.left, theirs.left):
        stricter.remove("radius_m")
    return f"stricter in {', '.join(_KEYS.get(name, name) for name in stricter)}" if stricter else ""


def _finer_all_the_same(ours: Left, theirs: Left) -> bool:
    """Whether a place moved by our radius is still known better than the area that theirs gives."""
    if ours.area >= theirs.area:
        return False
    return theirs.area >= Area.COUNTRY or ours.radius_m <= _AREA_RADIUS_M[theirs.area]
