"""Events on the map of the sample operation, made as the desk would leave them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from rapport.events import log
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.values import Precision, Publication

DELMAS = {"lon": -72.303, "lat": 18.545, "place_name": "Delmas", "pcode": "HT0112"}
DELMAS_COMMUNE = {
    "commune_lon": -72.3, "commune_lat": 18.55, "commune_radius_m": 6000, "commune_name": "Delmas",
    "commune_pcode": "HT0112",
}  # fmt: skip
NOON = datetime(2010, 1, 17, 17, 0, tzinfo=UTC)  # noon in Port-au-Prince


def publish(operation: Operation, title: str = "Water needed", category: str = "2b", **facts: Any) -> Event:
    """A published event at an exact place in Delmas, unless `facts` says otherwise; the readers' log knows of it."""
    given = {
        **DELMAS, **DELMAS_COMMUNE, "precision": Precision.EXACT, "radius_m": 50, "occurred_at": NOON,
        "published_at": NOON, "publication": Publication.PUBLISHED.value, **facts,
    }  # fmt: skip
    with transaction.atomic():
        event = Event.objects.create(operation=operation, title=title, **given)
        event.categories.set(operation.categories.filter(code=category))
        log.record(operation.pk, [event.pk])
    return event


def withdraw(event: Event) -> None:
    with transaction.atomic():
        Event.objects.filter(pk=event.pk).update(publication=Publication.WITHDRAWN.value)
        log.record(event.operation_id, [event.pk])
