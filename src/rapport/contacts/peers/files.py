"""What goes on a stick or as an attachment: a file with all that has no receipt yet and all receipts that are owed, and
what a file of the other side brings. For whoever speaks for a party it holds that party's messages alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import InvalidToken
from django.db import transaction

from rapport.contacts import bundle, instance, receipts
from rapport.contacts.bundle import Rejected
from rapport.contacts.envelope import Envelope
from rapport.contacts.lowtech.same import Sameness
from rapport.contacts.peers import receiving, sending
from rapport.contacts.peers.holding import known
from rapport.contacts.peers.models import Inbound, Peer
from rapport.contacts.receipts import Receipt
from rapport.errors import Refused
from rapport.operations.models import Operation
from rapport.oversight.ledger import entries
from rapport.registry.models import Actor
from rapport.values import Json, Marking

_TOLD = 100  # lines that are refused and told one by one [ours]


@dataclass(frozen=True, slots=True)
class Made:
    """`red`: references of messages that wait and are marked TLP:RED: they go by the line only. `damaged`: of those
    that cannot be read here any more."""

    data: bytes
    messages: int
    receipts: int
    red: tuple[str, ...]
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one piece of a file. `what`: the message or receipt, or the line as an editor counts it.
    `became`: new, here, other words, arrived, known, refused."""

    what: str
    became: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Brought:
    """`peers`: those of which something came, for the receipts that are owed now. `more`: how many lines were refused
    beside those that are told."""

    lines: tuple[Line, ...]
    more: int
    missing: tuple[str, ...]
    damage: str
    peers: tuple[Peer, ...]

    @property
    def refused(self) -> int:
        return sum(one.became == "refused" for one in self.lines) + self.more


@transaction.atomic
def make(peer: Peer, parties: Sequence[Actor] | None = None) -> Made:
    """The file for a peer. It is not encrypted: who has it reads it. `parties`: whose messages; None, for whoever runs
    the machine: all."""
    waiting, owed = sending.waiting(peer), Inbound.objects.filter(peer=peer, owed=True).order_by("number")
    if parties is not None:
        waiting, owed = (
            waiting.filter(dispatch__sender__actor__in=parties),
            owed.filter(dispatch__to__actor__in=parties),
        )
    lines, red, damaged = [], [], []
    for one in waiting:
        if one.dispatch.marking == Marking.RED.value:
            red.append(one.dispatch.ref)
            continue
        try:
            lines.append(sending.bytes_of(one))
        except (InvalidToken, Refused):
            damaged.append(one.dispatch.ref)
    proofs = [receiving.receipt_for(one) for one in owed.select_related("peer")]
    data = bundle.bundle([*lines, *proofs])
    owed.update(owed=False)
    body: dict[str, Json] = {"peer": peer.pk, "messages": len(lines), "receipts": len(proofs), "became": "in a file"}
    entries.contact(peer.operation_id, body)
    return Made(data, len(lines), len(proofs), tuple(red), tuple(damaged))


def take(operation: Operation, data: bytes, now: datetime) -> Brought:
    """Takes a file, each message by itself: one that is refused keeps no other waiting. Refused for what is no file of
    messages at all."""
    found, peers, me = bundle.unbundle(data), known(operation.pk), instance.name()
    rows = {name: Peer.objects.get(instance=name) for name in peers}
    kept = {name: receiving.kept(Inbound.objects.filter(peer=row)) for name, row in rows.items()}
    taken = bundle.taken_up(found.lines, peers=peers, me=me, kept=kept, now=now)
    lines = [_kept(operation, one, now) for one in (*taken.new, *taken.repeated)]
    proofs = _signed_as(found.lines, taken.receipts, operation)
    lines += [_settled(rows[one.sender], one, proofs[one], now) for one in taken.receipts]
    lines += [Line(f"line {bad.line + 1}", "refused", bad.said) for bad in taken.rejected[:_TOLD]]
    _turned_away(operation, found.lines, taken.rejected, now)
    senders = {one.sender for one in (*taken.new, *taken.repeated)}
    missing = tuple(said for name in sorted(senders) for said in receiving.gaps(rows[name]))
    more = max(0, len(taken.rejected) - _TOLD)
    return Brought(tuple(lines), more, missing, found.damage, tuple(rows[name] for name in sorted(senders)))


def _turned_away(operation: Operation, lines: Sequence[bytes], rejected: Sequence[Rejected], now: datetime) -> None:
    """Counts what is refused once for each reason: a file may hold thousands."""
    tally: Counter[tuple[str, str]] = Counter()
    said: dict[tuple[str, str], Refused] = {}
    for bad in rejected:
        why = Refused(bad.reason, bad.said)
        key = receiving.turned_away(operation, lines[bad.line - 1], why, now), bad.reason
        tally[key] += 1
        said[key] = why
    for (name, reason), times in tally.items():
        receiving.count(operation, name, said[name, reason], now, times)


def _kept(operation: Operation, one: Envelope, now: datetime) -> Line:
    what = f"{one.said.ref} of {one.sender}"
    try:
        arrived = receiving.keep(operation, one, "file", now)
    except Refused as why:
        receiving.count(operation, one.sender, why, now)
        receiving.bar(operation, one.sender, one.number, why, now)
        return Line(what, "refused", why.remedy)
    return Line(what, _WORDS[arrived.became])


_WORDS = {Sameness.DIFFERENT: "new", Sameness.SAME: "here", Sameness.CONFLICT: "other words"}


def _settled(peer: Peer, proof: Receipt, data: bytes, now: datetime) -> Line:
    what = f"receipt of {peer.instance} for message {proof.number}"
    try:
        return Line(what, "arrived" if sending.settle(peer, proof, data, now) else "known")
    except Refused as why:
        receiving.count(peer.operation, peer.instance, why, now)
        return Line(what, "refused", why.remedy)


def _signed_as(lines: Sequence[bytes], proofs: Sequence[Receipt], operation: Operation) -> dict[Receipt, bytes]:
    """The receipts as they were signed, to be kept."""
    peers, found, wanted = known(operation.pk), dict[Receipt, bytes](), set(proofs)
    for line in lines:
        try:
            proof = receipts.read(line, peers=peers, me=instance.name())
        except Refused:
            continue  # no receipt, or none that counts
        if proof in wanted:
            found[proof] = line
    return found
