"""Pure: many envelopes and receipts in one file, for a stick or an attachment, and what is new in it.

The first line says how many follow and their SHA-256, each other is one envelope or receipt as it would have gone by
the line. A damaged file loses no more than its damaged lines: each line proves itself, and the first one only tells
that something was damaged or is missing. A bundle is not encrypted: a message marked TLP:RED is not put in one. So
whatever does not go by the line goes as a bundle, a single message too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from rapport.contacts import envelope, receipts, signed
from rapport.contacts.envelope import Chain, Envelope, Kept
from rapport.contacts.receipts import Receipt
from rapport.contacts.signed import Peer, one_form
from rapport.errors import Refused
from rapport.oversight.ledger.chain import canonical
from rapport.values import Marking

FORM = "rapport-bundle-1"
#: Lines, and bytes, of one file [ours].
MOST_LINES = 10_000
LARGEST = 32_000_000


@dataclass(frozen=True, slots=True)
class Unbundled:
    """`damage`: in words, "" if the file is as it was made."""

    lines: tuple[bytes, ...]
    damage: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line of a bundle that is not taken up: its number, from 1, and why not."""

    line: int
    reason: str
    said: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a bundle brought: `new` in the order of each sender's chain; `repeated` were here, or twice in it;
    `missing`: sender → numbers that have not come, as (first, last), for all senders of whom something came."""

    new: tuple[Envelope, ...]
    repeated: tuple[Envelope, ...]
    receipts: tuple[Receipt, ...]
    rejected: tuple[Rejected, ...]
    missing: Mapping[str, tuple[tuple[int, int], ...]]


def bundle(lines: Sequence[bytes]) -> bytes:
    """The file. Refused for more than it may hold, and for a message marked TLP:RED."""
    for number, line in enumerate(lines, 1):
        if _is_red(line):
            raise Refused("red", "It is marked TLP:RED and goes by the line only: leave it out.", row=number)
    rest = b"".join(line + b"\n" for line in lines)
    whole = canonical({"form": FORM, "count": len(lines), "sha256": sha256(rest).hexdigest()}).encode() + b"\n" + rest
    _within(whole)
    return whole


def _is_red(line: bytes) -> bool:
    match signed.parsed(line, envelope.LARGEST).body:
        case {"said": {"marking": Marking.RED}}:
            return True
    return False


def unbundle(data: bytes) -> Unbundled:
    """The lines of a bundle, whole or damaged. Refused if it is too large, or none at all."""
    _within(data)
    signed.not_packed(data)
    data = data.replace(b"\r\n", b"\n")  # mail programs write the ends of lines so
    head, _, rest = data.partition(b"\n")
    lines = tuple(line for line in rest.split(b"\n") if line)
    try:
        first = one_form(head)
    except Refused:
        first = None
    if not lines and not _is_head(first):
        raise Refused("no_bundle", "This file is no bundle of messages. Choose the one that rapport wrote.")
    if first == {"form": FORM, "count": len(lines), "sha256": sha256(rest).hexdigest()}:
        return Unbundled(lines)
    return Unbundled(
        lines, "The file was damaged, or is not whole: what is good in it is taken. Ask for the file again."
    )


def _is_head(first: object) -> bool:
    return isinstance(first, dict) and first.get("form") == FORM


def _within(data: bytes) -> None:
    if len(data) > LARGEST:
        raise Refused("too_large", f"It has {len(data):,} bytes; at most {LARGEST:,} go into a bundle.")
    if data.count(b"\n") > MOST_LINES + 1:
        raise Refused("too_large", f"It has more than {MOST_LINES:,} lines. Make several bundles.")


def taken_up(
    lines: Iterable[bytes], *, peers: Mapping[str, Peer], me: str, kept: Mapping[str, Iterable[Kept]], now: datetime
) -> Taken:
    """What is new in these lines, whatever their order and however often they stand there. `kept`: sender → all that
    came from it before. Of two that contradict each other the one sent first is taken and the other rejected."""
    found: list[tuple[int, Envelope]] = []
    proofs: dict[Receipt, None] = {}
    rejected: list[Rejected] = []
    for number, line in enumerate(lines, 1):
        try:
            match _read(line, peers, me, now):
                case Envelope() as one:
                    found.append((number, one))
                case proof:
                    proofs[proof] = None
        except Refused as why:
            rejected.append(Rejected(number, why.reason, why.remedy))
    chains: dict[str, Chain] = {}
    new, repeated = [], []
    for number, one in sorted(found, key=lambda pair: _place(pair[1])):
        chain = chains.setdefault(one.sender, Chain(kept.get(one.sender, ())))
        try:
            chain.add(one)
            new.append(one)
        except Refused as why:
            if why.reason == "repeated":
                repeated.append(one)
            else:
                rejected.append(Rejected(number, why.reason, why.remedy))
    missing = {sender: chain.missing() for sender, chain in chains.items()}
    return Taken(tuple(new), tuple(repeated), tuple(proofs), tuple(rejected), missing)


def _read(line: bytes, peers: Mapping[str, Peer], me: str, now: datetime) -> Envelope | Receipt:
    if signed.parsed(line, envelope.LARGEST).body.get("form") == receipts.FORM:
        return receipts.read(line, peers=peers, me=me)
    return envelope.read(line, peers=peers, me=me, now=now)


def _place(one: Envelope) -> tuple[str, int, datetime, str]:
    return one.sender, one.number, one.sent_at, one.hash
