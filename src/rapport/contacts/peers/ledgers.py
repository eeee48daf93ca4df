"""Both ledgers of one correspondence beside each other: an export of what we hold, and what differs from theirs.

What is compared is taken from what is kept now, letter by letter: the bytes that were signed, and the words that people
read, which stand in another table. Whoever alters one of them without the other is found as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import msgspec
from cryptography.fernet import InvalidToken

from rapport.contacts import comparing, envelope, instance, signed
from rapport.contacts.cases.models import Clash
from rapport.contacts.cases.reading import said_of
from rapport.contacts.comparing import Comparison, Head
from rapport.contacts.lowtech.same import content
from rapport.contacts.peers.holding import known
from rapport.contacts.peers.models import Inbound, Outbound, Peer
from rapport.errors import Refused
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.oversight.ledger.chain import canonical

Row = TypeVar("Row", Outbound, Inbound)


def heads(peer: Peer) -> list[Head]:
    """Every message of both directions, in the order in which this instance had them."""
    sent = Outbound.objects.filter(peer=peer).select_related(*_WORDS).order_by("pk")
    came = Inbound.objects.filter(peer=peer).select_related(*_WORDS).order_by("pk")
    found = [
        (one.made_at, comparing.head(instance.name(), one.number, _now(_sent_body, one), one.made_at)) for one in sent
    ]
    found += [(one.at, comparing.head(peer.instance, one.number, _now(_came_body, one), one.at)) for one in came]
    return [head for _, head in sorted(found, key=lambda pair: pair[0])]


_WORDS = ("dispatch__case", "dispatch__sender__actor", "dispatch__to__actor")


def _sent_body(one: Outbound) -> str:
    return signed.parsed(keys.unseal("contacts", bytes(one.sealed)), envelope.LARGEST).text


def _came_body(one: Inbound) -> str:
    return keys.unseal("contacts", bytes(one.sealed)).decode()


def _now(body_of: Callable[[Row], str], one: Row) -> str:
    """The body as it stands here now. Where the words that people read are others, the body with these; where something
    cannot be read any more, what says so: its hash is none that the other side has."""
    try:
        body = body_of(one)
        there = envelope.said_in(body)
        read = said_of(one.dispatch)
        same = content(read) == content(there) or _told_apart(one, content(there))
        return body if same else canonical({**json.loads(body), "said": envelope.written(read)})
    except (InvalidToken, Refused, ValueError, msgspec.MsgspecError) as fault:
        return f"damaged: {type(fault).__name__}"


def _told_apart(one: Row, mark: str) -> bool:
    """Whether these words came under a number that others had taken before: both are kept, and people were told."""
    return Clash.objects.filter(dispatch=one.dispatch_id, content=mark).exists()


def export(peer: Peer, now: datetime) -> bytes:
    """The file for the other side: hashes, numbers and times of messages, none of their content."""
    return comparing.exported(
        heads(peer), sender=instance.name(), receiver=peer.instance, made_at=now, key=instance.signing_key()
    )


def compare(operation: Operation, data: bytes) -> tuple[Peer, Comparison]:
    """What differs between what we hold and what a peer's export says. Refused for what is no export of a peer."""
    theirs = comparing.read(data, peers=known(operation.pk), me=instance.name())
    peer = Peer.objects.get(operation=operation, instance=theirs.sender)
    return peer, comparing.compare(heads(peer), theirs.heads)
