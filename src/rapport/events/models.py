"""What happened somewhere at some time, built from one or more reports."""

from __future__ import annotations

import secrets
from dataclasses import replace

from django.db import models
from django.utils import timezone

from rapport.operations.models import Category
from rapport.reports.models import Report
from rapport.sharing.models import PolicyColumns, Shareable
from rapport.values import Precision, Publication, Range, Response, Spot, Status

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32: no i, l, o, u


def new_ref() -> str:
    """A public id of 40 random bits: it tells nobody how many events there are."""
    return "".join(secrets.choice(_LETTERS) for _ in range(8))


class Event(Shareable):
    POLICY_COLUMNS = PolicyColumns(
        same={
            "kind": "event", "data_type": "none", "aggregation": "record", "domain": "crisis",
        },
        columns={
            "publication": "publication", "status": "status", "names": "names", "consent": "consent",
            "control": "control", "organisation": "organisation", "personal_data": "personal_data",
        },
        through={"category": "categories", "source": "links__report__source__slug"},
    )  # fmt: skip

    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="events")
    ref = models.CharField(max_length=8, unique=True, default=new_ref)
    title = models.CharField(max_length=300, blank=True)
    summary = models.TextField(blank=True)  # in a person's own words, for readers
    categories = models.ManyToManyField(Category, related_name="events")
    publication = models.CharField(
        max_length=10, choices=[(p.value, p.value) for p in Publication], default=Publication.DRAFT.value
    )
    status = models.CharField(
        max_length=14, choices=[(s.value, s.value) for s in Status], default=Status.UNVERIFIED.value
    )
    occurred_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    precision = models.PositiveSmallIntegerField(null=True, choices=[(p.value, p.word) for p in Precision])
    radius_m = models.PositiveIntegerField(default=0)
    place_name = models.CharField(max_length=300, blank=True)
    pcode = models.CharField(max_length=20, blank=True)
    affected_low = models.PositiveIntegerField(null=True)
    affected_high = models.PositiveIntegerField(null=True)  # null with a low bound: at least
    extra = models.JSONField(default=dict)  # the operation's extra fields: code → typed value
    response = models.CharField(
        max_length=8, choices=[(r.value, r.value) for r in Response], default=Response.OPEN.value
    )
    response_by = models.CharField(max_length=200, blank=True)  # who does or did it; for the team
    response_at = models.DateTimeField(null=True)  # when the response last changed
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")

    class Meta:
        indexes = [
            models.Index(fields=["operation", "publication", "id"], name="event_published"),
            models.Index(fields=["operation", "response", "id"], name="event_response"),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def spot(self) -> Spot | None:
        if self.lon is None or self.lat is None or self.precision is None:
            return None
        return Spot(self.lon, self.lat, Precision(self.precision), self.radius_m, self.place_name, self.pcode)

    @property
    def coded_spot(self) -> Spot | None:
        """The place with its own P-code, else its commune's: what readers get, as in sharing/queries.py."""
        spot = self.spot
        return replace(spot, pcode=spot.pcode or self.commune_pcode) if spot else None

    @property
    def affected(self) -> Range | None:
        return None if self.affected_low is None else Range(self.affected_low, self.affected_high)


class EventReport(models.Model):
    """A report is part of at most one event."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="links")
    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="link")

    def __str__(self) -> str:
        return f"{self.event_id} ← {self.report_id}"
