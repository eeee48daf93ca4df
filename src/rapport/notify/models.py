"""What is to be told to senders: a row here stands between "it happened" and "tell someone"."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class OutboxState(models.TextChoices):
    WAITING = "waiting", "waiting"
    HANDED = "handed", "handed to the gateway"  # it stood in the gateway's own reply; no delivery report yet
    SENT = "sent", "sent"
    FAILED = "failed", "failed"
    STOPPED = "stopped", "not sent: the sender said STOP"


class OutboxMessage(models.Model):
    """A short text to one sender."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="outbox")
    source = models.ForeignKey("operations.Source", on_delete=models.PROTECT, related_name="outbox")
    sender = models.ForeignKey("reports.Sender", on_delete=models.PROTECT, related_name="outbox")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    report_ref = models.CharField(max_length=26, blank=True, db_index=True)
    purpose = models.CharField(max_length=20)  # received, ask_place, stopped
    language = models.CharField(max_length=12)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=OutboxState, default=OutboxState.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["source", "id"], name="outbox_waiting", condition=models.Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"
