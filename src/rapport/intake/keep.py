"""Messages are kept: what `keep` has returned is on disk.

All requests that wait to keep something share one transaction (group commit). On SQLite that turns one fsync a message
into one a crowd, and no two of them fight for the lock.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import DatabaseError, DataError, OperationalError, connection, transaction
from django.utils import timezone

from rapport.desk.queue import priority
from rapport.errors import Refused, TryAgain, place_of
from rapport.intake.replies import Reply, reply_to
from rapport.notify.claims import STOPPED
from rapport.notify.models import IN_OUR_ANSWER, OutboxMessage, OutboxState
from rapport.operations.definition import REPLIES
from rapport.operations.load import source_settings
from rapport.operations.models import Source
from rapport.oversight import keys
from rapport.oversight.retention import rotation
from rapport.plain_sql import insert, json, moment, select
from rapport.plugins import CHANNELS, inline_replies
from rapport.reports.attachments import store
from rapport.reports.models import Attachment, AttachmentState, Report, Sender, Silence
from rapport.text.keywords import is_start, is_stop
from rapport.turns import turn
from rapport.values import Address, Json, Kept, Message, Trust

_log = logging.getLogger(__name__)
_ADDRESS_LENGTH = 7  # digits; shorter ones stand in many a field by chance
_REPLIES = UUID("5f0e7c52-9f0d-4b7e-8a39-0b1f6c0c6d11")  # names the reply to a report, the same at every repeat
_TOGETHER = 2_000  # messages in one transaction at most: it holds the write lock for about a twentieth of a second
#: Answers that one sender gets by themselves in an hour; the word that STOP was heard is counted apart [ours]. Without
#: a bound two machines that answer each other go on for ever, and whoever forges a number floods it at our cost.
MOST_ANSWERS = 5
_ANSWERS_WITHIN = timedelta(hours=1)


def stop() -> None:
    """End the thread that writes, after what it has to write; for tests and for whoever exchanges the database."""
    _commits.stop()


def keep(
    source: Source, messages: Sequence[Message], *, original: bytes | None = None, import_no: int | None = None
) -> list[Kept]:
    """Keep messages of a source; durable when it returns. A message that is there already is answered as the first
    time and changes nothing. Raises TryAgain when nothing could be written, and then nothing was.

    `original` is the request byte for byte, for gateways that bring one message in one request; `import_no` the import
    that brings these messages. Files are sealed and on disk before the transaction begins; Refused if one is not taken.
    """
    edition = keys.edition("addresses")
    sealed = keys.seal("addresses", original) if original is not None else None
    now = timezone.now()
    inline = inline_replies(source.channel, source_settings(source)) and source.operation.sending_stopped_at is None
    prepared = [_prepared(source, message, now, sealed, import_no, inline) for message in messages]
    work = _Work(source, prepared, edition)
    if work.messages:
        _commits.submit(work)
    for one, kept in zip(work.messages, work.kept, strict=True):
        if one.files and not kept.new:
            store.discard(one.files)
    return work.kept


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A message with everything that can be computed before the transaction."""

    ref: str
    source: Source
    message: Message
    pseudonym: str | None
    received_at: datetime
    original_sealed: bytes | None
    reply: Reply | None
    import_no: int | None
    files: tuple[store.Sealed, ...]
    inline: bool  # the reply goes in our answer to the gateway


@dataclass(slots=True, eq=False)
class _Work:
    source: Source
    messages: list[_Prepared]
    edition: keys.Edition  # of the keys that sealed the originals
    kept: list[Kept] = field(default_factory=list)
    error: Exception | None = None
    finished: threading.Event = field(default_factory=threading.Event)


class _GroupCommit:
    """One thread writes for all: whatever waits when it comes round is one transaction.

    One writer, because each SQLite connection has to read anew what another one wrote, and one wake-up a request,
    because threads that take turns at a lock hand over the interpreter as often as they hand over the lock.
    """

    def __init__(self) -> None:
        self._waiting: list[_Work] = []
        self._changed = threading.Condition()
        self._writer: threading.Thread | None = None

    def submit(self, work: _Work) -> None:
        if connection.in_atomic_block:  # part of something larger, which commits it
            self._commit([work])
        else:
            self._hand_in(work)
            work.finished.wait()
        if work.error is not None:
            raise work.error

    def _hand_in(self, work: _Work) -> None:
        with self._changed:
            if self._writer is None or not self._writer.is_alive():  # also after a fork, which leaves threads behind
                self._writer = threading.Thread(target=self._write_on, name="intake writer", daemon=True)
                self._writer.start()
            self._waiting.append(work)
            self._changed.notify()

    def stop(self) -> None:
        """Write what waits, then end the writer and its connection; the next message starts another."""
        with self._changed:
            writer, self._writer = self._writer, None
            self._changed.notify()
        if writer is not None:
            writer.join()

    def _write_on(self) -> None:
        while works := self._next():
            connection.close_if_unusable_or_obsolete()
            self._commit(works)
        connection.close()

    def _next(self) -> list[_Work]:
        """What waits, as soon as anything does; nothing when this thread is no longer the writer."""
        with self._changed:
            while not self._waiting and self._writer is threading.current_thread():
                self._changed.wait()
            return self._take()

    def _take(self) -> list[_Work]:
        size = end = 0
        while end < len(self._waiting) and (end == 0 or size + len(self._waiting[end].messages) <= _TOGETHER):
            size += len(self._waiting[end].messages)
            end += 1
        taken, self._waiting = self._waiting[:end], self._waiting[end:]
        return taken

    def _commit(self, works: list[_Work]) -> None:
        """Write them together; if that fails, each alone, so that nobody suffers for another's message."""
        try:
            _write(works)
        except OperationalError as error:  # a lock, a full disk: nobody's fault, and the same for each alone
            for work in works:
                work.error = TryAgain(f"could not be written: {error}")
        except Exception as error:  # noqa: BLE001 - whatever a message brings, the one who writes for all goes on
            if len(works) > 1:
                for work in works:
                    self._commit([work])
            elif isinstance(error, DatabaseError) and not isinstance(error, DataError):
                works[0].error = TryAgain(f"could not be written: {error}")
            else:
                _log.error("a message of source %s cannot be kept: %s", works[0].source.pk, place_of(error))
                works[0].error = Refused("cannot_be_kept", "Something in it cannot be stored; send it without.")
        finally:
            for work in works:
                work.finished.set()


_commits = _GroupCommit()


def _prepared(
    source: Source, message: Message, now: datetime, sealed: bytes | None, import_no: int | None, inline: bool
) -> _Prepared:
    pseudonym = pseudonym_of(source, message)
    return _Prepared(
        ref=message_ref(source, message, pseudonym, now),
        source=source,
        message=message,
        pseudonym=pseudonym,
        received_at=now,
        original_sealed=sealed,
        reply=reply_to(source, message),
        import_no=import_no,
        files=store.put(message.files) if message.files else (),
        inline=inline,
    )


def pseudonym_of(source: Source, message: Message) -> str | None:
    """Under which pseudonym the sender is known here; None if none is named. TryAgain if their key is gone."""
    return pseudonym_for(source.operation.slug, message.sender) if message.sender else None


def pseudonym_for(operation: str, address: Address) -> str:
    """The same for an address alone, in the operation with this slug."""
    # Gateways write the same number with and without its plus: it is one person.
    return keys.pseudonym(operation, address.kind, address.value.lstrip("+"), _any_sender)


def _any_sender() -> bool:
    return Sender.objects.exists()


def message_ref(source: Source, message: Message, pseudonym: str | None, now: datetime) -> str:
    """The message key as 26 letters: one for each message of a source however often it is sent.

    Made of the gateway's own id; without one, of sender, text and minute (as RapidPro's gateway and the lesson of
    ushahidi/platform#1520 suggest).
    """
    parts: tuple[str, ...] = ("id", message.gateway_id)
    if not message.gateway_id:
        parts = ("text", pseudonym or "", message.text, (message.sent_at or now).strftime("%Y-%m-%dT%H:%M"))
    text = "\x1f".join((str(source.pk), *parts))
    return _letters(hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest())


_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _BASE32 for second in _BASE32]


def _letters(key: bytes) -> str:
    """16 bytes in base32 (RFC 4648, lower case, no padding), two letters at a time: the library takes 12 µs for it."""
    number = int.from_bytes(key, "big") << 2
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def _write(works: list[_Work]) -> None:
    """All of it in one transaction, or none."""
    everything = [one for work in works for one in work.messages]
    with turn(), transaction.atomic():
        rotation.sealing()
        stale = {id(one) for work in works for one in work.messages if work.edition != keys.edition("addresses")}
        there = _there(everything)
        new: dict[str, _Prepared] = {}
        for one in everything:
            if one.ref not in there:
                new.setdefault(one.ref, one)
        silent, trusted = _write_senders(list(new.values()))
        insert(Report, [_report_row(one, one.pseudonym in trusted, id(one) in stale) for one in new.values()])
        _write_files([one for one in new.values() if one.files])
        told = _within_bounds([one for one in new.values() if one.reply and one.ref not in silent])
        insert(OutboxMessage, [_outbox_row(new[ref], reply) for ref, reply in told.items()])
        replies = {ref: reply.body for ref, reply in told.items() if new[ref].inline}
        replies |= _said_before(there, everything) if there else {}
    first = set(new)
    for work in works:
        for one in work.messages:
            work.kept.append(
                Kept(
                    one.ref,
                    one.ref in first,
                    replies.get(one.ref, ""),
                    one.message.sender if one.reply else None,
                    str(UUID(_outbox_uuid(one.ref))) if one.ref in replies else "",
                )
            )
            first.discard(one.ref)


def _there(everything: list[_Prepared]) -> set[str]:
    return {ref for (ref,) in select(Report, ("ref",), "ref", [one.ref for one in everything])}


def _write_files(new: Sequence[_Prepared]) -> None:
    """The rows of files that came with new reports; the files themselves are on disk."""
    if not new:
        return
    ids = dict(select(Report, ("ref", "id"), "ref", [one.ref for one in new]))
    insert(Attachment, [_file_row(ids[one.ref], file, one.received_at) for one in new for file in one.files])


def _write_senders(new: list[_Prepared]) -> tuple[set[str], set[str]]:
    """Put new senders in, note STOP and START in the order they came; returns the refs of what is not answered, and
    the pseudonyms of trusted senders."""
    by_pseudonym = {one.pseudonym: one for one in new if one.pseudonym}
    rows = select(Sender, ("pseudonym", "stopped_at", "trust"), "pseudonym", list(by_pseudonym))
    known = {pseudonym: at for pseudonym, at, _ in rows}
    blocked = {pseudonym for pseudonym, _, trust in rows if trust == Trust.BLOCKED}
    trusted = {pseudonym for pseudonym, _, trust in rows if trust == Trust.TRUSTED}
    strangers = [one for pseudonym, one in by_pseudonym.items() if pseudonym not in known]
    silenced = _silenced([one.pseudonym for one in strangers if one.pseudonym])
    insert(Sender, [_sender_row(one, silenced.get(one.pseudonym or "")) for one in strangers])
    known |= {pseudonym: now for pseudonym, (now, _) in silenced.items()}
    blocked |= {pseudonym for pseudonym, (_, trust) in silenced.items() if trust == Trust.BLOCKED}
    stopped = {pseudonym for pseudonym, at in known.items() if at is not None}
    silent = {one.ref for one in new if one.pseudonym in blocked}
    for one in new:
        if one.pseudonym is None or one.source.channel not in CHANNELS:
            continue  # only a gateway proves whose words these are: a form could silence any number
        if one.pseudonym in stopped and is_start(one.message.text):
            Sender.objects.filter(pseudonym=one.pseudonym).update(stopped_at=None)
            stopped.discard(one.pseudonym)
        elif one.pseudonym in stopped:
            silent.add(one.ref)
        elif is_stop(one.message.text):  # it is told once that it was heard
            Sender.objects.filter(pseudonym=one.pseudonym).update(stopped_at=one.received_at)
            stopped.add(one.pseudonym)
    return silent, trusted


def _silenced(strangers: Sequence[str]) -> dict[str, tuple[datetime | None, Trust]]:
    """Of new senders, those who said STOP or were blocked before they were destroyed: that holds for them still."""
    if not strangers or not Silence.objects.exists():
        return {}
    marks = {keys.silence_mark(pseudonym): pseudonym for pseudonym in strangers}
    rows = select(Silence, ("mark", "stopped", "blocked"), "mark", list(marks))
    now = timezone.now()
    return {marks[m]: (now if stop else None, Trust.BLOCKED if block else Trust.UNKNOWN) for m, stop, block in rows}


def _within_bounds(answered: Sequence[_Prepared]) -> dict[str, Reply]:
    """The answers to these, by their refs, less those with which a sender would have more than MOST_ANSWERS."""
    had = _answers_had(answered)
    told: dict[str, Reply] = {}
    for one in answered:
        key = (one.pseudonym or "", one.reply is not None and one.reply.purpose == STOPPED)
        if one.reply is not None and had[key] < MOST_ANSWERS:
            had[key] += 1
            told[one.ref] = one.reply
    return told


def _answers_had(asked: Sequence[_Prepared]) -> Counter[tuple[str, bool]]:
    """How many answers by themselves these senders had in the last hour, and how many that STOP was heard."""
    if not asked:
        return Counter()
    pseudonyms = sorted({one.pseudonym for one in asked if one.pseudonym})
    since = moment(min(one.received_at for one in asked) - _ANSWERS_WITHIN)
    rows = select(OutboxMessage, ("sender_id", "purpose"), "sender_id", pseudonyms, "created_at", since)
    return Counter((pseudonym, purpose == STOPPED) for pseudonym, purpose in rows if purpose in REPLIES)


def _stopped_since(everything: Sequence[_Prepared]) -> set[str]:
    """The refs of messages whose senders are blocked, or have said STOP by now, less those by which they said it."""
    pseudonyms = sorted({one.pseudonym for one in everything if one.pseudonym})
    rows = select(Sender, ("pseudonym", "stopped_at", "trust"), "pseudonym", pseudonyms)
    stopped = {pseudonym for pseudonym, at, _ in rows if at}
    blocked = {pseudonym for pseudonym, _, trust in rows if trust == Trust.BLOCKED}
    return {
        one.ref
        for one in everything
        if one.pseudonym in blocked or (one.pseudonym in stopped and not is_stop(one.message.text))
    }


def _said_before(there: set[str], everything: Sequence[_Prepared]) -> dict[str, str]:
    """What was answered the first time to messages that come again: the row of that name, not what was asked later, nor
    what was sent later. Whoever has said STOP since, or was blocked, hears nothing again."""
    names = {_outbox_uuid(ref): ref for ref in sorted(there - _stopped_since(everything))}
    rows = select(OutboxMessage, ("uuid", "body", "claim"), "uuid", list(names))
    return {names[_hex(uuid)]: body for uuid, body, claim in rows if claim == IN_OUR_ANSWER}


def _hex(uuid: UUID | str) -> str:
    return uuid.hex if isinstance(uuid, UUID) else uuid


def _outbox_uuid(ref: str) -> str:
    return uuid5(_REPLIES, ref).hex


def _report_row(one: _Prepared, trusted: bool, stale: bool) -> dict[str, Any]:
    """`stale`: its original was sealed before the keys were changed."""
    message, place = one.message, one.message.place
    original = keys.renewed("addresses", one.original_sealed) if stale and one.original_sealed else one.original_sealed
    return {
        "operation_id": one.source.operation_id,
        "source_id": one.source.pk,
        "ref": one.ref,
        "received_at": moment(one.received_at),
        "sent_at": moment(message.sent_at),
        "sender_id": one.pseudonym,
        "text": message.text,
        "language_said": message.language,
        "categories_said": json(message.categories) if message.categories else "[]",
        "lon": place.lon if place else None,
        "lat": place.lat if place else None,
        "place_said": place.name[:300] if place else "",
        "fields": json(fields_kept(message)) if message.fields else "{}",
        "extra": json(message.extra) if message.extra else "{}",
        "original_sealed": original,
        "standing": "waiting",
        "understood": False,
        "import_no": one.import_no,
        "rank": priority.rank(one.source.operation.queue, one.received_at, trusted=trusted),
        "urgency": 0,
        "for_verifier": False,
        "for_translator": False,
    }


def _file_row(report_id: int, file: store.Sealed, received_at: datetime) -> dict[str, Any]:
    return {
        "report_id": report_id,
        "number": file.number,
        "name": file.name,
        "said_type": file.said_type,
        "found_type": file.found_type,
        "size": file.size,
        "sha256": file.sha256,
        "key_sealed": keys.renewed("attachments", file.key_sealed),  # sealed before the transaction began
        "stored": file.stored,
        "received_at": moment(received_at),
        "state": AttachmentState.WAITING.value,
        "tries": 0,
        "problem": "",
        "copy_type": "",
        "copy_size": 0,
        "copy_sha256": "",
        "small_size": 0,
    }


_HIDDEN = "[sender]"


def fields_kept(message: Message) -> Mapping[str, Json]:
    """The fields, with the sender's address wherever it stands in their values hidden: it is kept sealed only."""
    if message.sender is None:
        return message.fields
    address = message.sender.value
    bare = address.lstrip("+")
    spelled = [address] if len(bare) < _ADDRESS_LENGTH else [address, bare]

    def hidden(value: Json) -> Json:
        if isinstance(value, str):
            for spelling in spelled:
                value = value.replace(spelling, _HIDDEN)
        elif isinstance(value, list):
            return [hidden(part) for part in value]
        elif isinstance(value, dict):
            return {name: hidden(part) for name, part in value.items()}
        return value

    return {name: hidden(value) for name, value in message.fields.items()}


def _sender_row(one: _Prepared, silenced: tuple[datetime | None, Trust] | None) -> dict[str, Any]:
    address = one.message.sender
    if address is None:
        raise ValueError("a sender's row needs an address")
    return {
        "pseudonym": one.pseudonym,
        "operation_id": one.source.operation_id,
        "kind": address.kind,
        "address_sealed": keys.seal("addresses", address.value.encode()),
        "language": one.reply.language if one.reply else "",
        "stopped_at": moment(silenced[0]) if silenced else None,
        "trust": silenced[1].value if silenced else Trust.UNKNOWN.value,
        "created_at": moment(one.received_at),
    }


def _outbox_row(one: _Prepared, reply: Reply) -> dict[str, Any]:
    return {
        "operation_id": one.source.operation_id,
        "source_id": one.source.pk,
        "sender_id": one.pseudonym,
        "uuid": _outbox_uuid(one.ref),
        "report_ref": one.ref,
        "purpose": reply.purpose,
        "language": reply.language,
        "body": reply.body,
        "state": OutboxState.HANDED.value if one.inline else OutboxState.WAITING.value,
        "created_at": moment(one.received_at),
        "changed_at": moment(one.received_at),
        "attempts": 0,
        "claim": IN_OUR_ANSWER if one.inline else "",
        "gone": False,
        "gateway_id": "",
        "problem": "",
    }
