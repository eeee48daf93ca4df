"""A message of a peer comes in, over the line or in a file: proven, placed in its chain, and kept once.

Refused is raised for whatever is not taken, and counted for the team. Who has proven to be a peer is told why; who has
not learns nothing from which they could do better.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet

from rapport.contacts import envelope, instance, receipts, signed
from rapport.contacts.cases import taking
from rapport.contacts.envelope import Envelope, Kept
from rapport.contacts.kinds import Said
from rapport.contacts.lowtech.same import Sameness
from rapport.contacts.members import writes_here
from rapport.contacts.peers.holding import confirmed, known, note_strange
from rapport.contacts.peers.models import Barred, Inbound, Peer, Turned
from rapport.contacts.receipts import Receipt
from rapport.contacts.sound import party_of
from rapport.errors import Refused
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.oversight.ledger import entries
from rapport.oversight.models import EntryKind, KeptEntry
from rapport.registry.models import Actor

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
    entries.contact(operation.pk, {"became": _GIVEN, "number": found.number, "peer": peer.pk})
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


_GIVEN = "receipt given"  # in the ledger's kept entries


def receipts_given(peer: Peer) -> set[int]:
    """Numbers of its messages for which a receipt was given, as the ledger's kept entries say: whoever takes a message
    out of the database leaves them there."""
    kept_entries = KeptEntry.objects.filter(operation=peer.operation_id, kind=EntryKind.CONTACT)
    said = kept_entries.filter(body__startswith=f'{{"became":"{_GIVEN}",').values_list("body", flat=True)
    found = [json.loads(one) for one in said]
    return {one["number"] for one in found if one["peer"] == peer.pk}


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


def gaps(peer: Peer, mine: Collection[str] | None = None) -> tuple[str, ...]:
    """Which messages of a peer have not come, and which are here not taken, in words; nothing where there are none.

    `mine`: codes of parties: without what is known to be for others. For whom a message is that has not come nobody
    here can know. None: all of it."""
    barred = list(Barred.objects.filter(peer=peer).order_by("number"))
    rest = tuple(_without(_missing(peer), [one.number for one in barred]))
    shown = [one for one in barred if mine is None or _may_be_for(peer.operation_id, one, mine)]
    told = [f"Message {one.number} of {peer.instance} came, and is not taken here: {one.said}" for one in shown[:20]]
    return tuple(filter(None, (envelope.told(peer.instance, rest), *told)))


def not_here(operation_id: int, mine: Collection[str]) -> list[tuple[Peer, tuple[str, ...]]]:
    """The peers of whose messages some are not here, or not taken, that may be for these parties (codes): in words."""
    peers = Peer.objects.filter(operation=operation_id, ended_at=None).order_by("instance") if mine else ()
    return [(peer, said) for peer in peers if (said := gaps(peer, mine))]


def _missing(peer: Peer) -> tuple[tuple[int, int], ...]:
    here = Inbound.objects.filter(peer=peer)
    if here.aggregate(last=Max("number"))["last"] == here.count():  # each number is there once
        return ()
    return envelope.Chain(kept(here)).missing()


#: The office in a reason, as cases/taking.py names it.
_OFFICE = re.compile(r"no office ([^/\s]+)/")


def _may_be_for(operation_id: int, one: Barred, mine: Collection[str]) -> bool:
    """Whether a message that is not taken is for one of these parties, as far as the reason names for whom it is; where
    it names nobody of this instance it may be for anybody."""
    named = _OFFICE.search(one.said)
    if named is None or named[1] in mine:
        return True
    party = Actor.objects.filter(operation=operation_id, code=named[1]).first()
    return party is None or not writes_here(party)


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
