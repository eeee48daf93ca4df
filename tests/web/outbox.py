"""What the tests of sending have in common: a sender with a report, a message to them, and sources that can send."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from rapport.intake.keep import pseudonym_for
from rapport.notify import send
from rapport.notify.models import OutboxMessage
from rapport.notify.ways import Lane
from rapport.operations.models import Operation, Source
from rapport.oversight import keys
from rapport.reports.models import Report, Sender
from rapport.values import Address

MAIL_FROM = "reports@example.org"


def source(operation: Operation, channel: str, settings: Mapping[str, str], slug: str = "", **more: Any) -> Source:
    return Source.objects.create(
        operation=operation,
        slug=slug or f"{channel}-out",
        channel=channel,
        token_hash=keys.token_hash(f"token-{slug or channel}"),
        settings_sealed=keys.seal("channels", json.dumps(dict(settings)).encode()),
        **{"out_per_minute": 10_000, **more},
    )


def plain(operation: Operation, url: str, **more: Any) -> Source:
    return source(operation, "plain", {"secret": "s", "send_url": f"{url}/send"}, **more)


def writer(operation: Operation, at: Source, number: str = "+50955500123", kind: str = "tel") -> Sender:
    """Somebody who has written."""
    made, new = Sender.objects.get_or_create(
        pseudonym=pseudonym_for(operation.slug, Address(kind, number)),
        defaults={
            "operation": operation,
            "kind": kind,
            "address_sealed": keys.seal("addresses", number.encode()),
        },
    )
    if new:
        wrote(made, at, timezone.now())
    return made


def wrote(sender: Sender, at: Source, when: datetime) -> Report:
    ref = secrets.token_hex(13)
    return Report.objects.create(
        operation=at.operation, source=at, ref=ref, received_at=when, text="Dlo", sender=sender
    )


def message(at: Source, text: str = "Ki kote ou ye?", to: Sender | None = None, **more: Any) -> OutboxMessage:
    return OutboxMessage.objects.create(
        operation=at.operation,
        source=at,
        sender=to or writer(at.operation, at),
        body=text,
        **{"purpose": "question", "language": "ht", **more},
    )


def here(_: Lane, step: Callable[[], None]) -> None:
    """Starts a call in this thread."""
    step()


def send_all(most: int = 50) -> int:
    """Sends what may go now; how many calls that were."""
    total = 0
    while most and (begun := send.send(here)):
        total, most = total + begun, most - 1
    return total


def states() -> dict[str, str]:
    return dict(OutboxMessage.objects.order_by("pk").values_list("body", "state"))
