"""What is to be told to senders: a row here stands between "it happened" and "tell someone".

waiting → sending → handed (the gateway has it) → sent → delivered
              └→ waiting again (nothing left this machine) · unsure (it may have gone: a person decides) · failed
"""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

#: Claim of a reply that stands in our answer to the gateway: it goes with that answer, and with each repetition of it.
IN_OUR_ANSWER = "answer"


#: Purposes of what goes to an office of a network, which gave its numbers for this: it need not have written before,
#: and is reached at any hour. What is written to it is read by that office alone.
NOMINATED = ("ping", "notice", "second")


class OutboxState(models.TextChoices):
    WAITING = "waiting", "waiting"
    SENDING = "sending", "being sent"  # claimed; see `claim`
    HANDED = "handed", "handed to the gateway"  # it has it, or it stood in our answer; no delivery report yet
    SENT = "sent", "sent"
    DELIVERED = "delivered", "delivered"
    UNSURE = "unsure", "perhaps sent"  # the line broke at the one moment when nobody can know
    FAILED = "failed", "failed"
    STOPPED = "stopped", "not sent: the sender said STOP, or is blocked"
    CANCELLED = "cancelled", "taken back before it was sent"


class OutboxMessage(models.Model):
    """A short text to one sender."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="outbox")
    source = models.ForeignKey("operations.Source", on_delete=models.PROTECT, related_name="outbox")
    sender = models.ForeignKey("reports.Sender", on_delete=models.PROTECT, related_name="outbox")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    report_ref = models.CharField(max_length=26, blank=True, db_index=True)
    purpose = models.CharField(max_length=20)  # received, ask_place, stopped: by themselves; question: a person's
    person = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=12)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=OutboxState, default=OutboxState.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(null=True)  # not before; null: at once
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.CharField(max_length=32, blank=True)  # who is sending it
    claimed_at = models.DateTimeField(null=True)
    gone = models.BooleanField(default=False)  # set before the step that cannot be taken back
    gateway_id = models.CharField(max_length=120, blank=True)  # the other side's name for it
    problem = models.CharField(max_length=300, blank=True)  # why it did not go, in words
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["source", "id"], name="outbox_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["id"], name="outbox_sending", condition=models.Q(state="sending")),
            models.Index(fields=["sender", "id"], name="outbox_sender"),
            models.Index(
                fields=["source", "claimed_at"], name="outbox_rate", condition=models.Q(claimed_at__isnull=False)
            ),
            models.Index(
                fields=["changed_at"], name="outbox_quiet_phone", condition=models.Q(state="handed", gone=True)
            ),
            models.Index(fields=["operation", "state", "-id"], name="outbox_page"),
            models.Index(fields=["gateway_id"], name="outbox_gateway_id", condition=~models.Q(gateway_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"

    @property
    def shown(self) -> str:
        """What people of the operation see of it."""
        if not self.body:
            return "(What was written was destroyed.)"
        return "(To an office of the network, which alone reads it.)" if self.purpose in NOMINATED else self.body
