"""What was agreed with other instances and holds now: under which keys and for whom they write."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db.models import QuerySet

from rapport.contacts import signed
from rapport.contacts.members import writes_here
from rapport.contacts.peers.models import Peer, Terms, TermsState
from rapport.errors import Refused
from rapport.oversight.ledger.chain import fingerprint
from rapport.oversight.models import Decision, DecisionKind
from rapport.registry.models import Actor

#: For how long nobody is told again of a key that is not agreed once somebody has called [ours: anybody can send such a
#: thing, as often as they like].
CALLED = timedelta(hours=24)


def confirmed(operation_id: int) -> QuerySet[Terms]:
    """What holds now."""
    return Terms.objects.filter(
        peer__operation=operation_id, peer__ended_at=None, state=TermsState.CONFIRMED
    ).select_related("peer")  # fmt: skip


def known(operation_id: int) -> dict[str, signed.Peer]:
    """Every peer of an operation as signatures are checked by it."""
    return {one.peer.instance: _peer(one) for one in confirmed(operation_id).prefetch_related("parties")}


def _peer(terms: Terms) -> signed.Peer:
    parties = frozenset(one.code for one in terms.parties.all())
    return signed.Peer(tuple(map(bytes.fromhex, terms.keys)), parties, frozenset(terms.retired))


def note_strange(operation_id: int, data: bytes, why: Refused, now: datetime) -> None:
    """Something came in the name of a peer under a key that is not agreed: they exchanged theirs, or somebody else
    writes in their name. People are told, until one of them has called; only a call tells which it is."""
    if why.reason not in {"unknown_key", "retired_key"}:
        return
    named = Peer.objects.filter(operation=operation_id, instance=signed.named_in(data), ended_at=None).first()
    if named is not None and (named.strange_at is not None or not _called(named, now)):
        Peer.objects.filter(pk=named.pk).update(strange_at=now)


def _called(peer: Peer, now: datetime) -> bool:
    """Whether somebody called them about it of late, as the record of decisions says."""
    decided = Decision.objects.filter(operation=peer.operation_id, kind=DecisionKind.CONTACT, at__gt=now - CALLED)
    return decided.filter(after__called=peer.pk).exists()


def strange(operation_id: int) -> QuerySet[Peer]:
    """Those in whose name something came under a key that is not agreed, and whom nobody has called about it."""
    return Peer.objects.filter(operation=operation_id, ended_at=None).exclude(strange_at=None).order_by("instance")


def fingerprints(terms: Terms) -> list[str]:
    return [fingerprint(bytes.fromhex(one)) for one in terms.keys]


def heard(terms: Terms, said: str) -> bool:
    """Whether somebody over there read just these keys aloud, in whatever order, letter case and groups."""
    left = re.sub(r"[\s:.,;-]+", "", said).lower()
    for key in (signed.read_aloud(bytes.fromhex(one)) for one in terms.keys):
        if key not in left:
            return False
        left = left.replace(key, "")
    return not left


def reads_somewhere(actor: Actor) -> bool:
    """Whether a message to a party goes anywhere by itself: its people sign in here, or it writes from an instance."""
    return writes_here(actor) or confirmed(actor.operation_id).filter(parties=actor).exists()
