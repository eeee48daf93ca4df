"""A short text goes to an office by one of its channels, through the outbox like every other; and what the states of
the outbox say of the office: only what was tried says anything."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from rapport.contacts.model import Channel, Means
from rapport.intake.keep import pseudonym_for
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.notify.ways import out_of_reach
from rapport.operations.models import Operation, Source
from rapport.oversight import keys
from rapport.plugins import CHANNELS_OUT
from rapport.reports.models import Sender
from rapport.values import Address

#: Kinds of address that the outbox reaches by itself; the others are for people.
BY_ITSELF = {Means.SMS: "tel", Means.EMAIL: "email"}


def put(operation: Operation, channel: Channel, text: str, language: str, purpose: str) -> OutboxMessage | str:
    """The row in the outbox; or why none can go, in words. `purpose`: one of claims.NOMINATED."""
    found = way(operation, channel.means)
    if isinstance(found, str):
        return found
    source, kind = found
    sender = _sender(operation, Address(kind, channel.value), language)
    if sender.stopped_at is not None:
        return "Whoever has this number said STOP."
    return OutboxMessage.objects.create(
        operation=operation, source=source, sender=sender, purpose=purpose, language=language, body=text
    )


def way(operation: Operation, means: Means) -> tuple[Source, str] | str:
    """Through which source it goes, to which kind of address; or why none can go, in words."""
    kind = BY_ITSELF.get(means)
    if kind is None:
        return "No program reaches it: a person has to."
    source = _through(operation, kind)
    if source is None:
        return "No way in or out is set up in this operation."
    return out_of_reach(source, kind) or (source, kind)


def _through(operation: Operation, kind: str) -> Source | None:
    """A gateway for telephones; for letters any source, whose operation they go out for."""
    sources = Source.objects.filter(operation=operation, active=True).select_related("operation").order_by("pk")
    gateways = [one for one in sources if one.channel in CHANNELS_OUT]
    if kind == "email":
        return next(iter(sources), None)
    return next((one for one in gateways if not out_of_reach(one, kind)), next(iter(gateways), None))


def _sender(operation: Operation, address: Address, language: str) -> Sender:
    """Known as anybody is who writes: an answer of theirs is recognised."""
    made, _ = Sender.objects.get_or_create(
        pseudonym=pseudonym_for(operation.slug, address),
        defaults={
            "operation": operation,
            "kind": address.kind,
            "address_sealed": keys.seal("addresses", address.value.encode()),
            "language": language,
            "created_at": timezone.now(),
        },
    )
    return made


# --- what became of it ---------------------------------------------------------------------------------------------

_FAILED, _STOPPED = Q(message__state=OutboxState.FAILED), Q(message__state=OutboxState.STOPPED)
#: Of rows with a `message`: nobody can be told so. STOP is said by whoever is reached; else the team has blocked them.
DEAD = _FAILED | (_STOPPED & Q(message__sender__stopped_at__isnull=False))
#: People took it out of the outbox before anything was tried.
TAKEN_OUT = Q(message__state=OutboxState.CANCELLED) | (_STOPPED & Q(message__sender__stopped_at=None))
#: Nothing of it has left this machine yet.
WAITS = Q(message__state=OutboxState.WAITING, message__gone=False)


def dead(message: OutboxMessage) -> bool:
    """As DEAD."""
    stopped = message.state == OutboxState.STOPPED and message.sender.stopped_at is not None
    return message.state == OutboxState.FAILED or stopped


def untried(message: OutboxMessage) -> bool:
    """As TAKEN_OUT; or it WAITS, and all sending is stopped."""
    if message.state == OutboxState.WAITING:
        return not message.gone and message.operation.sending_stopped_at is not None
    return message.state in {OutboxState.CANCELLED, OutboxState.STOPPED} and not dead(message)
