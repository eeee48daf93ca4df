"""The office that a message went to is told that there is one, by what a program reaches; people try the rest. The own
office is told that a draft waits for a second person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from rapport.contacts.cases.models import Attempt, Dispatch
from rapport.contacts.cases.reading import said_of, sealed_note
from rapport.contacts.directory.nominating import approved
from rapport.contacts.escalation import Result
from rapport.contacts.lowtech.sms import notice
from rapport.contacts.model import Channel, Means
from rapport.contacts.model import Office as Record
from rapport.contacts.pings import post, wording
from rapport.contacts.pings.aiming import place_of
from rapport.contacts.pings.wording import language_of
from rapport.contacts.records import opened
from rapport.errors import Refused
from rapport.notify.models import OutboxMessage

PURPOSE, SECOND = "notice", "second"


def tell(one: Dispatch, now: datetime) -> None:
    """By the first address for letters and the first number for text messages of the office; nothing of what the
    message says leaves so. Each is an attempt in the books."""
    if one.to_record is None:
        return
    record = opened(one.to_record.sealed)
    text = notice_of(one)
    if not text:
        return
    for found in _by_itself(record):
        put = post.put(one.case.operation, found, text, language_of(record.languages), PURPOSE)
        went = isinstance(put, OutboxMessage)
        Attempt.objects.create(
            dispatch=one, target=one.to.code, office=one.to, record=one.to_record, place=place_of(record, found),
            means=found.means.value, at=now, result="" if went else Result.BOUNCED.value,
            note_sealed=sealed_note("" if went else str(put)[:500]),
            message=put if isinstance(put, OutboxMessage) else None,
        )  # fmt: skip


def ask_second(one: Dispatch) -> None:
    """The own office is told by the same ways that a draft waits for a second person: which of its own in which case,
    nothing of what it says, nor to whom. Numbers of rows would tell how much all others write. Once for each draft; not
    at all while nothing leaves: held back it would come when all is over."""
    operation, own = one.case.operation, approved(one.sender)
    if own is None or operation.exercise or operation.sending_stopped_at is not None:
        return
    record = opened(own.sealed)
    language = language_of(record.languages)
    number = Dispatch.objects.filter(case=one.case, sender__actor=one.sender.actor_id, pk__lte=one.pk).count()
    text = wording.second(language, operation.name_in(language), one.case.ref, number, exercise=one.case.exercise)
    if OutboxMessage.objects.filter(operation=operation, purpose=SECOND, body=text).exists():
        return
    for found in _by_itself(record):
        post.put(operation, found, text, language, SECOND)


def _by_itself(record: Record) -> Iterator[Channel]:
    """The first address for letters and the first number for text messages."""
    for means in post.BY_ITSELF:
        yield from islice((channel for _, channel in record.reached_by() if channel.means is means), 1)


def notice_of(one: Dispatch) -> str:
    """The text message that there is one; "" where the sender has no number to call back."""
    own = approved(one.sender)
    number = call_back(opened(own.sealed)) if own else ""
    try:
        return notice(said_of(one), number) if number else ""
    except Refused:
        return ""


def call_back(record: Record) -> str:
    """The number at which an office is called back, "" if it gives none."""
    numbers = [one for _, one in record.reached_by() if one.means in {Means.PHONE, Means.SMS}]
    return min(numbers, key=lambda one: one.means is Means.SMS).value if numbers else ""
