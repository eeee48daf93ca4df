"""Pure: a receipt says that a message has reached the other instance, and which: its number and its hash, signed.

A machine sends it by itself. It is no acknowledgement: no person has seen anything, and nothing is agreed to. It stands
in no chain and asks for no receipt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rapport.contacts import signed
from rapport.contacts.envelope import Envelope
from rapport.contacts.signed import HASH, Peer, moment_of
from rapport.errors import Refused
from rapport.oversight.ledger.chain import moment

FORM = "rapport-receipt-1"
LARGEST = 2_000  # bytes
_BODY = {"number": int, "hash": str, "received_at": str}


@dataclass(frozen=True, slots=True)
class Receipt:
    """`sender` is the instance that has our message `number`, which had this hash when it arrived."""

    sender: str
    number: int
    hash: str
    received_at: datetime


def received(envelope: Envelope, *, at: datetime, key: Ed25519PrivateKey) -> bytes:
    """The receipt for a message, to be sent back; for one that came again too: the first receipt may be lost."""
    return receipt(Receipt(envelope.receiver, envelope.number, envelope.hash, at), envelope.sender, key)


def receipt(one: Receipt, receiver: str, key: Ed25519PrivateKey) -> bytes:
    """The same for a message of which only number and hash are at hand."""
    body = {
        "form": FORM, "from": one.sender, "to": receiver, "number": one.number, "hash": one.hash,
        "received_at": moment(one.received_at),
    }  # fmt: skip
    return signed.signed(body, key)


def read(data: bytes, *, peers: Mapping[str, Peer], me: str) -> Receipt:
    """Refused if it is no receipt that a known instance signed for this one."""
    found = signed.read(data, form=FORM, shape=_BODY, peers=peers, me=me, most=LARGEST)
    match found.body:
        case {"from": str(sender), "number": int(number), "hash": str(hash), "received_at": str(at)}:
            if HASH.fullmatch(hash):
                return Receipt(sender, number, hash, moment_of(at, "received_at"))
    raise Refused("not_whole", "The receipt names no message by number and hash.")


def proves(receipt: Receipt, number: int, hash: str) -> bool:
    """Whether it is for this message of ours. One for the number with another hash says that theirs is another."""
    return receipt.number == number and receipt.hash == hash
