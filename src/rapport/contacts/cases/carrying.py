"""An event goes with a notification: what the protocol gives the other side of it, in words, and no more."""

from __future__ import annotations

from rapport.contacts.kinds import MOST
from rapport.errors import Refused
from rapport.events import releases
from rapport.operations.models import Operation
from rapport.registry.models import Actor
from rapport.sharing.readers import organisation_reader
from rapport.values import PUBLIC, Marking, Purpose, Release

FIELD = "event"


def carried(operation: Operation, ref: str, to: Actor, marking: Marking) -> str:
    """What goes of an event to a party, for the purpose of pushing it. Refused where the protocol gives them nothing of
    it (whether there is such an event is not told), or where the message is marked less strictly than what goes."""
    who = organisation_reader(operation, to.organisation) if to.organisation else PUBLIC
    found = releases.by_ref(operation, who, Purpose.PUSH, ref.strip().lower())
    if found is None:
        raise Refused(
            FIELD, f"The protocol gives {to.name} nothing of an event {ref[:20]}: leave it out.", field=FIELD
        )  # fmt: skip
    if found.marking is not None and found.marking.strictness > marking.strictness:
        raise Refused("marking", f"The event is marked {found.marking}: mark the message so too.", field="marking")
    return _words(found)[:MOST]


def _words(one: Release) -> str:
    place = f"{one.place.name} ({one.place.precision.word})" if one.place and one.place.name else ""
    at = one.occurred_at.strftime("%Y-%m-%dT%H:%MZ") if one.occurred_at else ""
    lines = (f"{one.ref}: {one.headline('en')}", one.summary, place, at, one.status.value)
    return "\n".join(line for line in lines if line)
