"""An event goes with a notification: what the protocol gives both sides of it, in words, and no more."""

from __future__ import annotations

from rapport.contacts.kinds import MOST
from rapport.errors import Refused
from rapport.events import releases
from rapport.operations.models import Operation
from rapport.registry.models import Actor
from rapport.sharing.readers import organisation_reader
from rapport.values import PUBLIC, Marking, Precision, Purpose, Release, named

FIELD = "event"


def carried(operation: Operation, ref: str, sender: Actor, to: Actor, marking: Marking) -> str:
    """What goes of an event from one party to another: what the protocol gives both, whoever writes reads it too.
    Refused where either gets nothing of it (whether there is such an event is not told), or where the message is marked
    less strictly than what goes."""
    own, theirs = _of(operation, ref, sender, Purpose.VIEW), _of(operation, ref, to, Purpose.PUSH)
    if own is None or theirs is None:
        raise Refused(
            FIELD, f"The protocol gives {to.name}, or you, nothing of an event {ref[:20]}: leave it out.", field=FIELD
        )
    for one in (own, theirs):
        if one.marking is not None and one.marking.strictness > marking.strictness:
            raise Refused("marking", f"The event is marked {one.marking}: mark the message so too.", field="marking")
    return _words(own, theirs)[:MOST]


def _of(operation: Operation, ref: str, party: Actor, purpose: Purpose) -> Release | None:
    who = organisation_reader(operation, party.organisation) if party.organisation else PUBLIC
    return releases.by_ref(operation, who, purpose, ref.strip().lower())


def _words(own: Release, theirs: Release) -> str:
    """A line each for what both have; of two places the one that says less."""
    coarse = max((theirs, own), key=lambda one: one.place.precision if one.place else Precision.COUNTRY + 1)
    place = f"{coarse.place.name} ({coarse.place.precision.word})" if coarse.place and coarse.place.name else ""
    what = named(theirs.categories[0].names, "en") if theirs.categories == own.categories != () else theirs.kind
    title = theirs.title if theirs.title == own.title else ""
    at = theirs.occurred_at if theirs.occurred_at == own.occurred_at else None
    lines = (
        f"{theirs.ref}: {title or what}",
        theirs.summary if theirs.summary == own.summary else "",
        place,
        at.strftime("%Y-%m-%dT%H:%MZ") if at else "",
        theirs.status.value if theirs.status is own.status else "",
    )
    return "\n".join(line for line in lines if line)
