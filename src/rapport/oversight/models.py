"""The record of what people decided; the ledger, which shows whether any of it was altered since."""

from __future__ import annotations

from secrets import token_hex

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
    MERGE = "merge", "merged two events"
    SPLIT = "split", "split an event"
    RESPOND = "respond", "changed the response"
    BULK = "bulk", "decided about many at once"
    PRIORITISE = "prioritise", "changed the urgency"
    ESCALATE = "escalate", "passed to a verifier"
    TRANSLATORS = "translators", "passed to the translators"
    TRUST = "trust", "changed the trust in a sender"
    ASK = "ask", "asked the sender"
    SHOW_FILE = "show_file", "changed who sees a file"
    WITHDRAW = "withdraw", "rolled an import back"
    SENDING = "sending", "stopped or resumed sending"
    INVITE = "invite", "invited somebody"
    UNINVITE = "uninvite", "revoked an invitation"
    GRANT = "grant", "gave a role"
    DISMISS = "dismiss", "took a role away"
    MAKE_KEY = "make_key", "made a key"
    END_KEY = "end_key", "revoked a key"
    SOURCE = "source", "changed a way in"
    ACCOUNT = "account", "changed an account"
    MODEL = "model", "chose a model"
    NAME_PLACE = "name_place", "added the name of a place"
    NO_PLACE = "no_place", "took the name of a place away"
    PROTOCOL = "protocol", "changed the protocol"
    UNDO = "undo", "undid"


#: About people, ways in and models: changed again where they were changed, never undone on the desk.
OF_MANAGING = frozenset({
    DecisionKind.INVITE, DecisionKind.UNINVITE, DecisionKind.GRANT, DecisionKind.DISMISS, DecisionKind.MAKE_KEY,
    DecisionKind.END_KEY, DecisionKind.SOURCE, DecisionKind.ACCOUNT,
    DecisionKind.MODEL, DecisionKind.PROTOCOL,
})  # fmt: skip


def new_salt() -> str:
    """128 random bits."""
    return token_hex(16)


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
    other_event_id = models.BigIntegerField(null=True)  # merged into event_id, or split off from it
    order_id = models.BigIntegerField(null=True)  # made under this standing order, which `person` signed
    suggestion_id = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    sender_id = models.CharField(max_length=22, blank=True)  # pseudonym
    batch = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="parts")  # made as part of this
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    salt = models.CharField(max_length=32, default=new_salt)  # of the commitment in the ledger; "" once destroyed

    class Meta:
        indexes = [
            models.Index(fields=["operation", "-id"], name="decision_operation"),
            models.Index(fields=["event_id", "id"], name="decision_event"),
            models.Index(fields=["report_id", "id"], name="decision_report"),
            models.Index(
                fields=["other_event_id", "id"],
                name="decision_other_event",
                condition=models.Q(other_event_id__isnull=False),
            ),
            models.Index(fields=["sender_id", "id"], name="decision_sender", condition=~models.Q(sender_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class EntryKind(models.TextChoices):
    DECISION = "decision", "a decision"
    RELEASE = "release", "a release to a named reader"
    POLICY = "policy", "a change of who may see what"
    RETENTION = "retention", "something was destroyed on schedule"
    SIGN_IN = "sign_in", "a sign-in"


class LedgerEntry(models.Model):
    """One line of the ledger: appended with what it records, sealed later (`seq`, `at`, `prev` and `hash`), then never
    changed. Written by ledger/entries.py and ledger/seal.py alone."""

    operation = models.ForeignKey("operations.Operation", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=EntryKind)
    made_at = models.DateTimeField(default=timezone.now)
    body = models.TextField()  # canonical JSON
    seq = models.BigIntegerField(null=True, unique=True)
    at = models.DateTimeField(null=True)
    prev = models.CharField(max_length=64, default="")
    hash = models.CharField(max_length=64, default="")

    class Meta:
        indexes = [
            models.Index(fields=["operation", "-id"], name="ledger_operation"),
            models.Index(fields=["id"], name="ledger_unsealed", condition=models.Q(seq__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq or 'unsealed'}"


class LedgerHead(models.Model):
    """One row: the last sealed entry. Whoever seals holds it."""

    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"ledger at {self.seq}"


class LedgerCheckpoint(models.Model):
    """Where the ledger stood, signed."""

    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    key = models.CharField(max_length=16)  # fingerprint of the public key
    signature = models.CharField(max_length=88)

    def __str__(self) -> str:
        return f"checkpoint at {self.seq}"
