"""The record of what people decided, and of what was destroyed; the ledger, which shows whether it was altered."""

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
    ALERT = "alert", "issued an alert"
    REGISTRY = "registry", "changed the registry"
    CONTACT = "contact", "changed the directory"
    PROTOCOL = "protocol", "changed the protocol"
    AGREEMENT = "agreement", "changed an agreement with a partner"
    ORGANISATION = "organisation", "changed an organisation, or who belongs to it"
    DESTROY = "destroy", "had what somebody sent destroyed"
    HOLD = "hold", "held something from destruction"
    LET_GO = "let_go", "ended a hold from destruction"
    BREAK_GLASS = "break_glass", "broke the glass"
    MEND_GLASS = "mend_glass", "ended a broken glass"
    STOP_FUNCTION = "stop_function", "stopped an automated function"
    RESUME_FUNCTION = "resume_function", "resumed an automated function"
    ANSWER_CONTEST = "answer_contest", "answered somebody who contested"
    UNDO = "undo", "undid"


#: About alerts, people, ways in, models, automated functions, what is kept and who saw more: changed again where they
#: were changed, never undone on the desk.
OF_MANAGING = frozenset({
    DecisionKind.INVITE, DecisionKind.UNINVITE, DecisionKind.GRANT, DecisionKind.DISMISS, DecisionKind.MAKE_KEY,
    DecisionKind.END_KEY, DecisionKind.SOURCE, DecisionKind.ACCOUNT,
    DecisionKind.ALERT, DecisionKind.CONTACT, DecisionKind.REGISTRY,
    DecisionKind.MODEL, DecisionKind.PROTOCOL, DecisionKind.DESTROY, DecisionKind.HOLD, DecisionKind.LET_GO,
    DecisionKind.BREAK_GLASS, DecisionKind.MEND_GLASS,
    DecisionKind.STOP_FUNCTION, DecisionKind.RESUME_FUNCTION, DecisionKind.ANSWER_CONTEST,
    DecisionKind.AGREEMENT, DecisionKind.ORGANISATION,
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
    GLASS = "glass", "a broken glass"
    LOOK = "look", "a look at how an office is reached"
    CONTACT = "contact", "what became of a ping, a message or a record of an office"


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


class KeptEntry(models.Model):
    """What an entry about contacts says: kept here, because copies of the ledger are handed out, and who is silent, who
    looks and who writes to whom is told to nobody else. The ledger holds a commitment to it. Written once, by
    ledger/entries.py alone; no page shows it."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=EntryKind)
    made_at = models.DateTimeField(default=timezone.now)
    body = models.TextField()  # canonical JSON
    salt = models.CharField(max_length=32, default=new_salt)  # of the commitment

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


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


class Hold(models.Model):
    """A report, or all reports of an event, that nobody destroys until a day: as evidence, by the decision of a
    person."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="holds")
    report_id = models.BigIntegerField(null=True)
    event_id = models.BigIntegerField(null=True)
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    until = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["operation", "until"], name="hold_until", condition=models.Q(ended_at=None))]

    def __str__(self) -> str:
        return f"hold {self.pk}"


class Glass(models.Model):
    """A custodian broke the glass: until a moment they, and nobody else, see how the sender of a report, or of each of
    the reports that an event had by then, can be reached. Why stands in the decision. Over when `until` is past or
    `ended_at` is set."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="glasses")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="glass")
    report_id = models.BigIntegerField(null=True)
    event_id = models.BigIntegerField(null=True)
    # The reports behind it: what is attached later was not asked for. Null: of an earlier version, which shows none.
    reports = models.JSONField(null=True)
    at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    looks = models.PositiveIntegerField(default=0)  # pages with addresses on them that were given out
    last_look = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["operation", "-id"], name="glass_operation")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(report_id__isnull=True, event_id__isnull=False)
                | models.Q(report_id__isnull=False, event_id__isnull=True),
                name="glass_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"glass {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and timezone.now() < self.until


class GlassNotice(models.Model):
    """That somebody must know of a broken glass: made with it for every lead and custodian of that moment, and for one
    who came later when they saw it."""

    glass = models.ForeignKey(Glass, on_delete=models.CASCADE, related_name="notices")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["glass", "person"], name="one_glass_notice")]
        indexes = [
            models.Index(fields=["person"], name="glass_notice_unseen", condition=models.Q(seen_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.glass_id} {self.person_id}"


class Stage(models.TextChoices):
    """How far a run is. Killed at any moment, it goes on from there."""

    DESTROYING = "destroying", "destroying"
    SEALING = "sealing", "sealing what stays under new keys"
    COMPACTING = "compacting", "clearing the database's file"
    DONE = "done", "done"


class RetentionRun(models.Model):
    """One run of destruction, and its proof. `senders` and `places` are emptied when it is done: nothing of what it
    destroyed stays in it."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="retention_runs")
    person = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    decision_id = models.BigIntegerField(null=True)  # of a request; without one the schedule asked
    reason = models.TextField(blank=True)
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.DESTROYING)
    began_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    before = models.JSONField(default=dict)  # of the schedule: kind → moment before which it came
    senders = models.JSONField(default=list)  # of a request: pseudonyms
    places = models.JSONField(default=dict)  # how far a run has looked: of reports, of columns sealed anew
    new_keys = models.JSONField(default=dict)  # purpose → identity of the key that seals since this run
    counts = models.JSONField(default=dict)  # kind → how many were destroyed
    held = models.PositiveIntegerField(default=0)  # reports that were due and are held
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 over the ids destroyed, batch by batch
    retired = models.JSONField(default=list)  # identities of the keys that are gone
    compact_s = models.FloatField(null=True)  # seconds that clearing the database's file took
    problem = models.CharField(max_length=300, blank=True)  # why it cannot go on now
    proof = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["operation", "-id"], name="retention_operation")]

    def __str__(self) -> str:
        return f"retention {self.pk}"


class FunctionSwitch(models.Model):
    """An automated function of the register that somebody stopped, in one operation or (null) everywhere on this
    machine; over when `resumed_at` is set. Sending has a switch of its own (desk/sending/outbox.py)."""

    operation = models.ForeignKey("operations.Operation", null=True, on_delete=models.CASCADE, related_name="switches")
    function = models.CharField(max_length=40)  # an id in register.py
    stopped_at = models.DateTimeField(default=timezone.now)
    stopped_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    resumed_at = models.DateTimeField(null=True)
    resumed_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "function"],
                name="one_stop_here",
                condition=models.Q(resumed_at__isnull=True, operation__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["function"],
                name="one_stop_everywhere",
                condition=models.Q(resumed_at__isnull=True, operation__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.function} {self.stopped_at:%Y-%m-%d %H:%M}"


class Contest(models.Model):
    """Somebody says that an automated function was wrong: a reader, somebody affected, or (`person`) one of the team.
    Open until one of the team answers. `about`: the reference that they gave, of a report or an event; `said`: of a
    suggestion what it was, for it may be gone when somebody looks."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="contests")
    function = models.CharField(max_length=40)  # an id in register.py
    ref = models.CharField(max_length=64, unique=True)  # whoever has it sees the answer
    text = models.TextField(blank=True)
    about = models.CharField(max_length=60, blank=True)
    suggestion_id = models.BigIntegerField(null=True)
    said = models.CharField(max_length=300, blank=True)
    person = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["operation", "answered_at", "-id"], name="contest_operation")]
        constraints = [
            models.UniqueConstraint(
                fields=["suggestion_id", "person"],
                name="one_contest_of_a_suggestion",
                condition=models.Q(suggestion_id__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.ref
