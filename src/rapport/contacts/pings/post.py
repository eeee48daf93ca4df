"""A short text goes to an office by one of its channels, through the outbox like every other."""

from __future__ import annotations

from django.utils import timezone

from rapport.contacts.model import Channel, Means
from rapport.intake.keep import pseudonym_for
from rapport.notify.models import OutboxMessage
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
