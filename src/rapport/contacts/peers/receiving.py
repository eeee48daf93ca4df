"""A message of a peer comes in, over the line or in a file: proven, placed in its chain, and kept once.

Refused is raised for whatever is not taken, and counted for the team. Who has proven to be a peer is told why; who has
not learns nothing from which they could do better.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from rapport.contacts import envelope, instance, receipts, signed
from rapport.contacts.cases import taking
from rapport.contacts.envelope import Envelope, Kept
from rapport.contacts.kinds import Said
from rapport.contacts.lowtech.same import Sameness
from rapport.contacts.peers.holding import confirmed, known, note_strange, proven
from rapport.contacts.peers.models import Barred, Inbound, Peer, Turned
from rapport.contacts.receipts import Receipt
from rapport.contacts.sound import party_of
from rapport.errors import Refused
from rapport.operations.models import Operation
from rapport.oversight import keys

#: Nobody has proven to be a peer: one sentence for all of these.
_UNPROVEN = frozenset({"unknown_sender", "unknown_key", "retired_key", "bad_signature", "own_file"})
_SAID = "It is signed by no instance that is known in this operation. Agree on keys first, or ask which one counts now."


@dataclass(frozen=True, slots=True)
class Arrived:
    """`became`: SAME for one that is here already, in whatever way it came; CONFLICT where other words stood under its
    number."""

    row: Inbound
    became: Sameness


def over_line(operation: Operation, data: bytes, now: datetime) -> bytes:
    """Takes one message; the receipt. Refused with 403 for what no peer has signed, with 400 for any other reason."""
    try:
        found = envelope.read(data, peers=known(operation.pk), me=instance.name(), now=now)
        arrived = keep(operation, found, "https", now)
    except Refused as why:
        count(operation, turned_away(operation, data, why, now), why, now)
        if why.reason in _UNPROVEN:
            raise Refused("unproven", _SAID, status=403) from None
        raise
    return receipt_for(arrived.row)


@transaction.atomic
def keep(operation: Operation, found: Envelope, way: str, now: datetime) -> Arrived:
    """1 is it for somebody here · 2 is it here already, does it follow · 3 take it · 4 its place in the chain"""
    peer = Peer.objects.select_for_update().get(operation=operation, instance=found.sender)
    proven(peer)
    said = found.said
    # 1
    _is_for_us(operation, said)
    # 2
    around = Q(number__in=(found.number - 1, found.number, found.number + 1)) | Q(ref=said.ref)
    near = Inbound.objects.filter(peer=peer)
    try:
        envelope.placed(found, kept(near.filter(around)))
    except Refused as why:
        if why.reason != "repeated":
            raise
        there = near.get(number=found.number)
        if way == "file":
            near.filter(pk=there.pk).update(owed=True)
        return Arrived(there, Sameness.SAME)
    # 3
    taken = taking.take(operation, said, way)
    # 4
    row = Inbound.objects.create(
        peer=peer, dispatch=taken.dispatch, number=found.number, hash=found.hash, prev=found.prev, ref=said.ref,
        sealed=keys.seal("contacts", found.body.encode()), at=now, way=way, owed=way == "file",
    )  # fmt: skip
    Barred.objects.filter(peer=peer, number=found.number).delete()
    return Arrived(row, taken.became)


def _is_for_us(operation: Operation, said: Said) -> None:
    party = party_of(said.to)
    if confirmed(operation.pk).filter(parties__code=party).exists():
        raise Refused("not_ours", f"Nobody here reads for {signed.quoted(party)}: send it to its instance.", field="to")


def kept(rows: QuerySet[Inbound]) -> Iterable[Kept]:
    return [Kept(*one) for one in rows.values_list("number", "hash", "prev", "ref")]


def receipt_for(row: Inbound) -> bytes:
    """The same whenever it is asked for, as long as the key stays: when the message came first."""
    proof = Receipt(instance.name(), row.number, row.hash, row.at)
    return receipts.receipt(proof, row.peer.instance, instance.signing_key())


def turned_away(operation: Operation, data: bytes, why: Refused, now: datetime) -> str:
    """What follows from it that something is not taken: by whom it is signed, "" where nobody has proven that.

    1 a key that is not agreed is told · 2 a gap that stays although they ask is explained
    """
    # 1
    note_strange(operation.pk, data, why, now)
    # 2
    name, number = _proven_in(operation, data)
    if number:
        bar(operation, name, number, why, now)
    return name


def bar(operation: Operation, name: str, number: int, why: Refused, now: datetime) -> None:
    """A message of a peer is not taken, and its number stays a gap: why is told there."""
    peer = Peer.objects.get(operation=operation, instance=name)
    if not Inbound.objects.filter(peer=peer, number=number).exists():
        Barred.objects.update_or_create(peer=peer, number=number, defaults={"said": why.remedy[:500], "at": now})


def _proven_in(operation: Operation, data: bytes) -> tuple[str, int]:
    """The peer that has signed this for us, and the number of its message, 0 where it says none; "" for all else."""
    try:
        found, peers = signed.parsed(data, envelope.LARGEST), known(operation.pk)
        match found.body:
            case {"form": envelope.FORM, "from": str(name), "to": to} if name in peers and to == instance.name():
                signed.proven(found, peers[name], name)
                number = found.body.get("number")
                sound = type(number) is int and 1 <= number <= envelope.HIGHEST
                return name, number if sound and isinstance(number, int) else 0
    except Refused:
        pass
    return "", 0


def gaps(peer: Peer) -> tuple[str, ...]:
    """Which messages of a peer have not come, and which are here not taken, in words; nothing where there are none."""
    missing = envelope.Chain(kept(Inbound.objects.filter(peer=peer))).missing()
    barred = list(Barred.objects.filter(peer=peer).order_by("number"))
    rest = tuple(_without(missing, [one.number for one in barred]))
    told = [f"Message {one.number} of {peer.instance} came, and is not taken here: {one.said}" for one in barred[:20]]
    return tuple(filter(None, (envelope.told(peer.instance, rest), *told)))


def _without(spans: Iterable[tuple[int, int]], numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Spans of numbers without some, which rise."""
    for first, last in spans:
        for number in numbers:
            if first <= number <= last:
                if first < number:
                    yield first, number - 1
                first = number + 1
        if first <= last:
            yield first, last


def count(operation: Operation, sender: str, why: Refused, now: datetime, times: int = 1) -> None:
    """So many more that were not taken, for the page of the team."""
    row, _ = Turned.objects.get_or_create(
        operation=operation, instance=sender, day=now.date(), reason=why.reason[:40], defaults={"last_at": now}
    )
    Turned.objects.filter(pk=row.pk).update(count=F("count") + times, said=why.remedy[:500], last_at=now)
