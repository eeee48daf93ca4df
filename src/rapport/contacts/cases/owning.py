"""What the other side typed in as words of this one: whether somebody here said it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from rapport.contacts.cases.going import SEND
from rapport.contacts.cases.models import Dispatch, Owned
from rapport.contacts.members import Member
from rapport.errors import Conflict, NotAllowed
from rapport.oversight.ledger import entries
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide


@transaction.atomic
def own(who: Member, one: Dispatch, *, said: bool) -> None:
    """Somebody of the side in whose name it was typed in confirms or denies it. Confirmed it counts from when it was
    typed in; denied it never does, and both sides read that. NotAllowed; Conflict if somebody was first."""
    if not (who.may(SEND) and who.speaks_for(one.sender.actor)):
        raise NotAllowed(f"This stands there as words of {one.sender.actor.name}: who speaks for it says if it is so.")
    owned = Owned.YES if said else Owned.NO
    waiting = Dispatch.objects.filter(pk=one.pk, owned=Owned.ASKED)
    if not waiting.update(owned=owned, owned_by=who.person, owned_at=timezone.now()):
        raise Conflict("Somebody of your side has answered that already.")
    after = {"said": f"{owned.label} what another office typed in as said by their side", "dispatch": one.pk}
    decide(who.person, one.case.operation_id, DecisionKind.CONTACT, before={}, after=after)
    entries.contact(one.case.operation_id, {"dispatch": one.pk, "became": owned.label})
