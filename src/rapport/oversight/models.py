"""The record of what people decided."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class DecisionKind(models.TextChoices):
    ACCEPT = "accept", "accepted as a new event"
    ATTACH = "attach", "attached to an event"
    REJECT = "reject", "rejected"
    TRANSLATE = "translate", "translated"
    EDIT = "edit", "edited"
    PUBLISH = "publish", "changed publication"
    VERIFY = "verify", "changed status"
    SIGN = "sign", "signed a standing order"
    REVOKE = "revoke", "revoked a standing order"
    UNDO = "undo", "undid"


class Decision(models.Model):
    """What a person did, to what, why, from which suggestion. Append-only: an undo is a further decision.

    `before` and `after` hold what changed, enough to undo it. Subjects are named by kind and id, because this room is
    below the rooms that it records.
    """

    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="decisions")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=16, choices=DecisionKind)
    at = models.DateTimeField(default=timezone.now)
    report_id = models.BigIntegerField(null=True)
    event_id = models.BigIntegerField(null=True)
    order_id = models.BigIntegerField(null=True)  # made under this standing order, which `person` signed
    suggestion_id = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")

    class Meta:
        indexes = [
            models.Index(fields=["operation", "-id"], name="decision_operation"),
            models.Index(fields=["event_id", "id"], name="decision_event"),
            models.Index(fields=["report_id", "id"], name="decision_report"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
