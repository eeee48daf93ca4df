"""Alerts, each a thread of messages: one that warns, then updates, at last perhaps one that cancels it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.db import models
from django.utils import timezone

from rapport.alerts.draft import AlertDraft
from rapport.events.models import new_ref
from rapport.formats.cap.model import MsgType


class Standing(StrEnum):
    """Where a thread stands at a moment."""

    DRAFT = "draft"
    IN_FORCE = "in force"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Alert(models.Model):
    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="warnings")
    ref = models.CharField(max_length=8, unique=True, default=new_ref)
    event = models.ForeignKey("events.Event", null=True, on_delete=models.PROTECT, related_name="alerts")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["operation", "-id"], name="alert_operation")]

    def __str__(self) -> str:
        return self.ref


class AlertMessage(models.Model):
    """A draft, until somebody issues it: then it has a version and its CAP file, and never changes again."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="messages")
    version = models.PositiveIntegerField(null=True)  # from 1 on
    draft = models.JSONField()  # AlertDraft
    drafted_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")  # who wrote last
    drafted_at = models.DateTimeField(default=timezone.now)
    dropped_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    sent = models.DateTimeField(null=True)
    expires = models.DateTimeField(null=True)
    msg_type = models.CharField(max_length=6, choices=[(one.value, one.value) for one in MsgType])
    data = models.BinaryField(null=True)  # the CAP file
    bare = models.BooleanField(default=False)  # says nothing but that the alert is cancelled
    given_to = models.JSONField(default=list)  # audiences that the protocol gave it to when it was issued

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alert", "version"], name="one_alert_version"),
            models.UniqueConstraint(
                fields=["alert"],
                name="one_alert_draft",
                condition=models.Q(version__isnull=True, dropped_at__isnull=True),
            ),
            models.CheckConstraint(
                name="alert_issued_whole",
                condition=models.Q(version__isnull=True, data__isnull=True, sent__isnull=True, expires__isnull=True)
                | models.Q(version__isnull=False, data__isnull=False, sent__isnull=False, expires__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["expires"], name="alert_expires")]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.version or 'draft'}"

    @property
    def as_draft(self) -> AlertDraft:
        return AlertDraft.from_json(self.draft)

    def standing(self, now: datetime) -> Standing:
        """Where its thread stands if it is the last of it."""
        if self.expires is None:
            return Standing.DRAFT
        if self.expires <= now:
            return Standing.EXPIRED
        return Standing.CANCELLED if self.msg_type == MsgType.CANCEL else Standing.IN_FORCE
