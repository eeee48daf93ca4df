"""A message of ours gets its place in the chain that goes to another instance: signed when it is sent, or when an
instance is agreed on for a party to which messages were sent before."""

from __future__ import annotations

from datetime import datetime

from cryptography.fernet import InvalidToken

from rapport.contacts import envelope, instance, signed
from rapport.contacts.cases.models import Dispatch, State
from rapport.contacts.cases.reading import in_full, said_of
from rapport.contacts.peers.holding import confirmed
from rapport.contacts.peers.models import Outbound, Peer, Terms
from rapport.errors import Refused
from rapport.oversight import keys
from rapport.oversight.ledger.chain import START
from rapport.registry.models import Actor


def queue(one: Dispatch, now: datetime) -> Outbound | None:
    """The next message of the chain, where the party that it is for writes from a peer. Call in the transaction in
    which it is sent."""
    # Held until it is sent: whoever agrees on an instance meanwhile waits for it, and then finds it.
    Actor.objects.select_for_update(no_key=True).get(pk=one.to.actor_id)
    terms = confirmed(one.case.operation_id).filter(parties=one.to.actor_id).first()
    return None if terms is None else _placed(one, terms.peer_id, now)


def queue_earlier(terms: Terms, now: datetime) -> int:
    """What was sent to these parties while nothing was agreed, or to an instance that is theirs no more, in its order;
    how many. Not what somebody of theirs has had already. Call in the transaction in which the terms are confirmed."""
    parties = [one.pk for one in Actor.objects.select_for_update(no_key=True).filter(pk__in=terms.parties.all())]
    sent = Dispatch.objects.filter(case__operation=terms.peer.operation_id, state=State.SENT, way="here")
    lost = sent.filter(to__actor__in=parties, delivered_at=None).exclude(sender__actor__in=parties)
    count = 0
    for one in in_full(lost.exclude(outbound__peer=terms.peer_id)).order_by("known_at", "pk"):
        try:
            _placed(one, terms.peer_id, now)
            count += 1
        except (InvalidToken, Refused):
            continue  # it is damaged here: nobody can read it, and the others do not wait for it
    return count


def _placed(one: Dispatch, peer_id: int, now: datetime) -> Outbound:
    peer = Peer.objects.select_for_update().get(pk=peer_id)
    last = Outbound.objects.filter(peer=peer).order_by("-number").first()
    number, prev = (last.number + 1, last.hash) if last else (1, START)
    data = envelope.sealed(
        said_of(one), sender=instance.name(), receiver=peer.instance, number=number, prev=prev, sent_at=now,
        key=instance.signing_key(),
    )  # fmt: skip
    mark = signed.hash_of(signed.parsed(data, envelope.LARGEST).text)
    return Outbound.objects.create(
        peer=peer, dispatch=one, number=number, prev=prev, hash=mark, sealed=keys.seal("contacts", data), next_at=now
    )
