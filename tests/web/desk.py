"""What the tests of the desk have in common: reports, drafts and the balance of the books."""

from __future__ import annotations

import secrets
from collections import Counter
from typing import Any

from django.utils import timezone

from rapport.desk.draft import EventDraft
from rapport.desk.queue import priority
from rapport.events.models import EventReport
from rapport.intake.keep import pseudonym_for
from rapport.operations.models import Operation, Source
from rapport.oversight import keys
from rapport.reports.models import Report, Sender, Standing
from rapport.values import Address, Precision, Spot

DELMAS = Spot(-72.303, 18.545, Precision.STREET, 300, "Delmas 33")
DRAFT = EventDraft(title="No water at Delmas 33", summary="A pump is broken.", categories=("2b",), spot=DELMAS)


def sender(operation: Operation, number: str) -> Sender:
    made, _ = Sender.objects.get_or_create(
        pseudonym=pseudonym_for(operation.slug, Address("tel", number)),
        defaults={"operation": operation, "kind": "tel", "address_sealed": keys.seal("addresses", number.encode())},
    )
    return made


def report(operation: Operation, text: str = "Pa gen dlo nan Delmas 33", *, number: str = "", **more: Any) -> Report:
    """A report as intake keeps it, waiting."""
    source = more.pop("source", None) or Source.objects.get(operation=operation, slug="sms")
    received_at = more.pop("received_at", None) or timezone.now()
    rank = priority.rank(operation.queue, received_at, more.get("urgency", 0), more.get("people"))
    return Report.objects.create(
        operation=operation,
        source=source,
        ref=secrets.token_hex(13),
        received_at=received_at,
        rank=rank,
        text=text,
        sender=sender(operation, number) if number else None,
        **more,
    )


def books(operation: Operation) -> Counter[str]:
    """How many reports stand where; fails if standing and events say different things."""
    reports = Report.objects.filter(operation=operation)
    linked = set(EventReport.objects.values_list("report_id", flat=True))
    assert linked == set(reports.filter(standing=Standing.IN_EVENT).values_list("pk", flat=True))
    return Counter(reports.values_list("standing", flat=True))
