"""A message of ours for an office that writes from another instance is posted by the worker until a receipt proves that
it arrived.

Killed at any point nothing is lost: what has no receipt is posted again. Nothing is doubled: the other side takes the
same bytes once, and sends its receipt again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from rapport.contacts import envelope, instance, receipts, signed
from rapport.contacts.cases.models import Dispatch, State
from rapport.contacts.cases.reading import in_full, reached_at
from rapport.contacts.peers.holding import confirmed, known, note_strange, reads_somewhere
from rapport.contacts.peers.models import Outbound, Peer, Terms
from rapport.contacts.receipts import Receipt
from rapport.contacts.sound import unsound
from rapport.errors import Refused
from rapport.intake.polling.fetch import Unanswered, Web
from rapport.oversight import keys
from rapport.oversight.ledger import entries
from rapport.oversight.ledger.chain import fingerprint
from rapport.registry.models import Actor
from rapport.values import Page

#: Minutes until the next try, the last one again and again: nobody gives up on a message between States [ours].
BACK_OFF = (1, 2, 5, 15, 30)
#: A claim this old is nobody's: longer than any call (fetch.TOTAL_S) and its last write [ours].
CLAIM = timedelta(minutes=3)
#: Messages for one peer in one step: the others wait for none of them long [ours].
_AT_ONCE = 20
_DOOR = "contacts/exchange/"
_EVERY = 2.0  # seconds between two looks [ours]
_looked = float("-inf")


def waiting(peer: Peer) -> QuerySet[Outbound]:
    """What has no receipt yet, in order."""
    return Outbound.objects.filter(peer=peer, received_at=None).select_related("dispatch").order_by("number")


def on_the_way(those: Iterable[Dispatch]) -> dict[int, Outbound]:
    """What of these has no receipt yet: id of the message → how it stands with it."""
    rows = Outbound.objects.filter(dispatch__in=[one.pk for one in those], received_at=None, peer__ended_at=None)
    return {one.dispatch_id: one for one in rows.select_related("peer").order_by("pk")}


def stuck(operation_id: int, parties: Iterable[Actor]) -> list[Outbound]:
    """Of these parties, what waits because the other machine does not answer, or did not take it."""
    rows = Outbound.objects.filter(received_at=None, peer__operation=operation_id, peer__ended_at=None)
    rows = rows.filter(dispatch__sender__actor__in=list(parties)).exclude(problem="", peer__line_problem="")
    return list(rows.select_related("peer", "dispatch__case", "dispatch__to__actor").order_by("made_at", "pk"))


def nowhere(operation_id: int, parties: Iterable[Actor]) -> list[Dispatch]:
    """Of these parties, what was sent and goes nowhere by itself: whom it is for reads neither here nor on an instance
    that is agreed on, and nobody was reached otherwise."""
    sent = Dispatch.objects.filter(case__operation=operation_id, sender__actor__in=list(parties), state=State.SENT)
    lost = sent.filter(way="here", delivered_at=None)
    lost = lost.exclude(pk__in=Outbound.objects.filter(peer__ended_at=None).values("dispatch"))
    silent = [one for one in Actor.objects.filter(pk__in=lost.values("to__actor")) if not reads_somewhere(one)]
    rows = in_full(lost.filter(to__actor__in=silent)).prefetch_related("attempts").order_by("sent_at", "pk")
    return [one for one in rows if reached_at(one) is None]


def bytes_of(one: Outbound) -> bytes:
    """The message as it goes: signed anew if another key signs by now: the one before may count nowhere any more."""
    data = keys.unseal("contacts", bytes(one.sealed))
    key = instance.signing_key()
    same = signed.parsed(data, envelope.LARGEST).key == fingerprint(key.public_key().public_bytes_raw())
    return data if same else envelope.resealed(data, key)


# --- in the worker -------------------------------------------------------------------------------------------------


def post_when_due() -> int:
    """The worker's job: a thread of its own, so that no peer that is silent keeps clocks and pings waiting."""
    global _looked
    if time.monotonic() - _looked < _EVERY:
        return 0
    _looked = time.monotonic()
    return post_due(timezone.now())


def post_due(now: datetime) -> int:
    """Posts what may go now; how many were tried. A peer that does not answer is tried again later, with all that waits
    for it."""
    open_lines = Q(line_next_at=None) | Q(line_next_at__lte=now)
    peers = list(Peer.objects.filter(open_lines, ended_at=None).order_by("pk"))
    return sum(_post_all(peer, now) for peer in peers)


def _post_all(peer: Peer, now: datetime) -> int:
    terms = confirmed(peer.operation_id).filter(peer=peer).first()
    if terms is None or not terms.url:
        return 0
    tried = 0
    for one in list(waiting(peer).filter(next_at__lte=now)[:_AT_ONCE]):
        claimed = Outbound.objects.filter(pk=one.pk, next_at=one.next_at, received_at=None)
        if not claimed.update(next_at=now + CLAIM, tries=F("tries") + 1):
            continue  # another worker has it
        tried += 1
        if not _post(one, terms, now):
            break
    return tried


def _post(one: Outbound, terms: Terms, now: datetime) -> bool:
    """Whether the other side answered at all."""
    try:
        data = bytes_of(one)
    except (InvalidToken, Refused):
        _later(one, "What was kept of this message is damaged here: compare ledgers.", now)
        return True
    _let_go()
    web = Web(settings.POLL_INSIDE, f"rapport {settings.PUBLIC_URL}".strip())
    try:
        page = web.post(f"{terms.url}/{_DOOR}", data, {"Content-Type": "application/json"}, receipts.LARGEST)
        if page.status == 429 or page.status >= 500:
            raise Unanswered(f"It answers with {page.status}.")
    except Unanswered as why:
        _line_down(terms.peer, one, str(why), now)
        return False
    Peer.objects.filter(pk=terms.peer_id).update(line_tries=0, line_since=None, line_next_at=None, line_problem="")
    _answered(one, terms.peer, page, now)
    return True


def _answered(one: Outbound, peer: Peer, page: Page, now: datetime) -> None:
    if page.body.lstrip()[:1] == b"<":
        return _later(one, "They answered with a page, not with a receipt: is the address right?", now)
    if page.status != 200:
        return _later(one, f"They did not take it: {_words(page.body)}", now)
    try:
        proof = receipts.read(page.body, peers=known(peer.operation_id), me=instance.name())
        if (proof.sender, proof.number) != (peer.instance, one.number):
            raise Refused("other", "It is for another message.")
        settle(peer, proof, page.body, now)
    except Refused as why:
        note_strange(peer.operation_id, page.body, why, now)
        _later(one, f"They answered, and with no receipt that proves it: {why.remedy}", now)


@transaction.atomic
def settle(peer: Peer, proof: Receipt, data: bytes, now: datetime) -> bool:
    """The receipt is there: it has arrived. False where that was known. Refused for one that proves nothing."""
    one = Outbound.objects.select_for_update().filter(peer=peer, number=proof.number).first()
    if one is None or not receipts.proves(proof, one.number, one.hash):
        raise Refused("no_proof", f"It names message {proof.number} with other content than ours. Compare ledgers.")
    if one.received_at is not None:
        return False
    # When it came there, as they say: their clock makes it no earlier than it was sent, and no later than now.
    reached = min(max(proof.received_at, one.made_at), now)
    one.received_at, one.receipt, one.problem = reached, data, ""
    one.save(update_fields=["received_at", "receipt", "problem"])
    Dispatch.objects.filter(pk=one.dispatch_id, delivered_at=None).update(delivered_at=reached)
    entries.contact(peer.operation_id, {"dispatch": one.dispatch_id, "number": one.number, "became": "arrived"})
    return True


def try_now(peer: Peer) -> None:
    """Somebody knows that the line is back."""
    now = timezone.now()
    Peer.objects.filter(pk=peer.pk).update(line_next_at=None)
    Outbound.objects.filter(peer=peer, received_at=None).update(next_at=now)


def _later(one: Outbound, problem: str, now: datetime) -> None:
    mine = Outbound.objects.filter(pk=one.pk, received_at=None)
    mine.update(next_at=now + _pause(one.tries), problem=problem[:500])


def _line_down(peer: Peer, one: Outbound, problem: str, now: datetime) -> None:
    Outbound.objects.filter(pk=one.pk, received_at=None).update(next_at=now)
    Peer.objects.filter(pk=peer.pk).update(
        line_tries=F("line_tries") + 1,
        line_next_at=now + _pause(peer.line_tries),
        line_problem=problem[:300],
        line_since=Coalesce("line_since", now),
    )


def _pause(tries: int) -> timedelta:
    return timedelta(minutes=BACK_OFF[min(tries, len(BACK_OFF) - 1)])


def _words(body: bytes) -> str:
    """What another machine says, for a page: short, one line, without letters that do anything."""
    text = " ".join(body[:300].decode(errors="replace").split())
    return "".join(sign for sign in text if not unsound(sign)) or "it said nothing."


def _let_go() -> None:
    """No connection to the database is held while another machine takes its time."""
    if not connection.in_atomic_block:
        connection.close()
