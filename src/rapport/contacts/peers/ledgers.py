"""Both ledgers of one correspondence beside each other: an export of what we hold, and what differs from theirs.

What is compared is taken from what is kept now, letter by letter: the bytes that were signed, and the words that people
read, which stand in another table, with what pages and clocks take from columns beside them. Whoever alters one of them
without the others is found as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import msgspec
from cryptography.fernet import InvalidToken
from django.db.models import Max

from rapport.contacts import comparing, envelope, instance, signed
from rapport.contacts.cases.models import Clash, Dispatch, State
from rapport.contacts.cases.reading import content_of, number_of, said_of
from rapport.contacts.comparing import Comparison, Head
from rapport.contacts.kinds import Kind, Said, moment
from rapport.contacts.lowtech.same import content
from rapport.contacts.peers import receiving
from rapport.contacts.peers.holding import known
from rapport.contacts.peers.models import Inbound, Outbound, Peer
from rapport.errors import Refused
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.oversight.ledger.chain import canonical
from rapport.values import Json

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


_WORDS = ("dispatch__case", "dispatch__sender__actor", "dispatch__to__actor", "dispatch__about")


def _sent_body(one: Outbound) -> str:
    return signed.parsed(keys.unseal("contacts", bytes(one.sealed)), envelope.LARGEST).text


def _came_body(one: Inbound) -> str:
    return keys.unseal("contacts", bytes(one.sealed)).decode()


def _now(body_of: Callable[[Row], str], one: Row) -> str:
    """The body as it stands here now. Where the words that people read are others, or what pages show beside them, the
    body with these; where something cannot be read any more, what says so: its hash is none that the other side has."""
    try:
        body = body_of(one)
        there, read = envelope.said_in(body), said_of(one.dispatch)
        shown, mark = _shown(one.dispatch, read), content(read)
        same = mark == one.dispatch.content and not shown
        if same and (mark == content(there) or _told_apart(one, there)):
            return body
        kept: dict[str, Json] = {"content": one.dispatch.content, **shown}
        return canonical({**json.loads(body), "said": envelope.written(read), "shown": kept})
    except (InvalidToken, Refused, ValueError, msgspec.MsgspecError) as fault:
        return f"damaged: {type(fault).__name__}"


def _shown(one: Dispatch, read: Said) -> dict[str, Json]:
    """What pages and clocks take from columns of their own, where it is not what the words say: nothing as long as
    nobody altered it."""
    fields, case = read.fields, one.case
    begun = number_of(read.ref) % 2 == 1  # whoever began the case has the odd numbers
    first, second = (one.sender, one.to) if begun else (one.to, one.sender)
    pairs: dict[str, tuple[object, object]] = {
        "answer": (one.answer, fields.get("answer", "") if read.kind is Kind.REPLY else ""),
        "next_at": (one.next_at, moment(fields["next_at"]) if fields.get("next_at") else None),
        "state": (one.state, State.SENT.value),
        "between": ((case.begun_by_id, case.with_actor_id), (first.actor_id, second.actor_id)),
        "about": (one.about.ref if one.about else "", _about(one, fields.get("about", ""))),
    }
    return {name: str(is_now) for name, (is_now, should) in pairs.items() if is_now != should}


def _about(one: Dispatch, named: str) -> str:
    """The message of the case that it is about, as far as that has come; a closure is about the case."""
    if one.about is not None and one.about.case_id == one.case_id:
        return named.strip()
    if not named:
        return ""
    there = Dispatch.objects.filter(case=one.case_id, ref=named, state=State.SENT)
    return named if there.exists() else ""


def _told_apart(one: Row, there: Said) -> bool:
    """Whether these words came under a number that others had taken before: both are kept, and people were told. Never
    of a message of ours: what was signed is what was sent."""
    if isinstance(one, Outbound):
        return False
    for clash in Clash.objects.filter(dispatch=one.dispatch_id, content=content(there)):
        kept = content_of(clash)
        if content(replace(there, fields=kept.fields, caveats=kept.caveats)) == clash.content:
            return True
    return False


def export(peer: Peer, now: datetime) -> bytes:
    """The file for the other side: hashes, numbers and times of messages, none of their content."""
    return comparing.exported(
        heads(peer), sender=instance.name(), receiver=peer.instance, made_at=now, key=instance.signing_key()
    )


def compare(operation: Operation, data: bytes) -> tuple[Peer, Comparison]:
    """What differs between what we hold and what a peer's export says. Refused for what is no export of a peer."""
    theirs = comparing.read(data.strip(), peers=known(operation.pk), me=instance.name())
    peer = Peer.objects.get(operation=operation, instance=theirs.sender)
    found = comparing.compare(heads(peer), theirs.heads)
    explained = comparing.explained(
        found, made_at=theirs.made_at, had_at=lambda one: _had_at(peer, one), coming=_coming(peer, found.only_theirs),
        altered=_altered(peer, found.differ, theirs.heads),
    )  # fmt: skip
    return peer, explained


def _coming(peer: Peer, only_theirs: Sequence[Head]) -> set[Head]:
    """What may be under way: nothing that they sent after it has come, and no receipt was given for it here."""
    last = Inbound.objects.filter(peer=peer).aggregate(last=Max("number"))["last"] or 0
    after = {one for one in only_theirs if one.sender == peer.instance and one.number > last}
    given = receiving.receipts_given(peer) if after else set()
    return {one for one in after if one.number not in given}


def _altered(peer: Peer, differ: Iterable[Head], theirs: Iterable[Head]) -> set[Head]:
    """Those that stand here otherwise than they were signed, while the other side holds what was signed."""
    held = {(one.sender, one.number): one.hash for one in theirs}
    return {one for one in differ if held[one.sender, one.number] in _signed(peer, one)}


def _signed(peer: Peer, one: Head) -> set[str]:
    """What the message was when it was signed, by the bytes that are kept and by what was noted then."""
    if one.sender == instance.name():
        sent = Outbound.objects.get(peer=peer, number=one.number)
        return {sent.hash, *_hash_kept(_sent_body, sent)}
    came = Inbound.objects.get(peer=peer, number=one.number)
    return {came.hash, *_hash_kept(_came_body, came)}


def _hash_kept(body_of: Callable[[Row], str], one: Row) -> set[str]:
    try:
        return {signed.hash_of(body_of(one))}
    except (InvalidToken, Refused, ValueError):
        return set()  # it cannot be read any more


def _had_at(peer: Peer, one: Head) -> datetime | None:
    """When the other side had a message, as far as is known: its own when it signed it, ours by its receipt."""
    if one.sender == instance.name():
        return Outbound.objects.get(peer=peer, number=one.number).received_at
    came = Inbound.objects.get(peer=peer, number=one.number)
    try:
        return signed.moment_of(str(json.loads(_came_body(came))["sent_at"]), "sent_at")
    except (InvalidToken, Refused, ValueError, KeyError, TypeError):
        return came.at
