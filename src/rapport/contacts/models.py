"""What a network of contacts keeps: offices in every version that somebody nominated, who looked at which, and when
each was last known to be right.

What an office's record says is sealed (keys, purpose `contacts`): a stolen database is no list of telephone numbers.
What it is about, the State and the role, stands open.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from rapport.contacts.model import Role
from rapport.events.models import new_ref

_PERSON = "accounts.Person"
_OPERATION = "operations.Operation"
_ACTOR = "registry.Actor"


def _by(null: bool = False) -> models.ForeignKey:  # type: ignore[type-arg]
    return models.ForeignKey(_PERSON, null=null, on_delete=models.PROTECT, related_name="+")


class NetworkFile(models.Model):
    """One version of what a network agreed, as its file said it. The one that nothing has replaced counts."""

    operation = models.ForeignKey(_OPERATION, on_delete=models.CASCADE, related_name="network_files")
    text = models.TextField()
    digest = models.CharField(max_length=64)  # SHA-256 of the text
    loaded_by = _by()
    loaded_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation"], name="one_network_file", condition=Q(replaced_at=None))
        ]

    def __str__(self) -> str:
        return f"network of {self.operation_id}"


class Office(models.Model):
    """That a State or organisation has an office of a role. What it is like stands in its versions."""

    operation = models.ForeignKey(_OPERATION, on_delete=models.CASCADE, related_name="offices")
    actor = models.ForeignKey(_ACTOR, on_delete=models.PROTECT, related_name="offices")
    role = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Role])
    made_at = models.DateTimeField(default=timezone.now)
    verified_at = models.DateTimeField(null=True)  # when somebody last knew it to be right; null: never approved
    valid_from = models.DateField(null=True)  # as the record says that was approved last
    valid_until = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)  # the State has none of this role any more
    told = models.CharField(max_length=10, blank=True)  # upkeep.State by name: which the office was told of last

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "actor", "role"], name="one_office")]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """As messages name it: `EE/technical`."""
        return f"{self.actor.code}/{self.role}"


class State(models.TextChoices):
    WAITING = "waiting", "waits for a second person"
    APPROVED = "approved", "approved"
    REFUSED = "refused", "refused"
    WITHDRAWN = "withdrawn", "withdrawn"
    REPLACED = "replaced", "replaced"


class Nomination(models.Model):
    """What one person said an office is, and what another decided about it. Never changed: another one follows it.

    digest  SHA-256 of salt and content: what the ledger says of it
    """

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="nominations")
    number = models.PositiveIntegerField()  # 1 for the first of its office
    sealed = models.BinaryField()
    digest = models.CharField(max_length=64)
    closes = models.BooleanField(default=False)  # it says that there is no such office any more
    why = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    nominated_by = _by()
    nominated_at = models.DateTimeField(default=timezone.now)
    decided_by = _by(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)  # of a refusal

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "number"], name="one_nomination"),
            models.UniqueConstraint(fields=["office"], name="one_approved", condition=Q(state=State.APPROVED)),
            models.UniqueConstraint(fields=["office"], name="one_waiting", condition=Q(state=State.WAITING)),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("nominated_by")) | Q(state=State.WITHDRAWN),
                name="two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"nomination {self.number} of {self.office_id}"


class Verification(models.Model):
    """Somebody has said that an office's record is right."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="verifications")
    nomination = models.ForeignKey(Nomination, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    by = _by()
    how = models.CharField(max_length=300)  # approved; or in words: asked by telephone, by a note

    def __str__(self) -> str:
        return f"{self.office_id} verified"


class Entry(models.Model):
    """What a network's own list says of an office, where a State is in several: UN, OSCE, OAS, ARF. Each has its own
    source of truth; one of them is the one to go by."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="entries")
    network = models.CharField(max_length=60)
    source = models.CharField(max_length=300)  # which list, of which day
    sealed = models.BinaryField()
    governs = models.BooleanField(default=False)
    governs_by = _by(null=True)  # who said so: another than who entered it
    entered_by = _by()
    entered_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True)  # by what the list said later, or because it was taken out
    replaced_by = _by(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "network"], name="one_entry", condition=Q(replaced_at=None)),
            models.UniqueConstraint(fields=["office"], name="one_governs", condition=Q(replaced_at=None, governs=True)),
            models.CheckConstraint(
                condition=Q(governs=False) | (Q(governs_by__isnull=False) & ~Q(governs_by=models.F("entered_by"))),
                name="governs_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network}: {self.office_id}"


class Look(models.Model):
    """Somebody was shown how an office is reached. Never deleted; the office sees it."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="looks")
    person = _by()
    organisation = models.ForeignKey(
        "accounts.Organisation", null=True, on_delete=models.PROTECT, related_name="+"
    )  # for which they read; null: for the network's own team
    kind = models.CharField(max_length=10)  # directory/looking.py:look
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["person", "at"], name="look_person"),
            models.Index(fields=["organisation", "at"], name="look_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.office_id}"


class Alarm(models.Model):
    """Somebody looked at more offices than anybody needs, or was given wrong words by a caller until their set locked:
    the network's team decides what of it."""

    MANY, STOPPED, CALLER = "many", "stopped", "caller"

    operation = models.ForeignKey(_OPERATION, on_delete=models.CASCADE, related_name="alarms")
    person = _by()
    kind = models.CharField(
        max_length=8,
        choices=[
            (MANY, "looked at many offices"), (STOPPED, "was stopped"),
            (CALLER, "was given wrong words by a caller, three times"),
        ],
    )  # fmt: skip
    at = models.DateTimeField(default=timezone.now)
    seen_by = _by(null=True)
    seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"alarm about {self.person_id}"


# --- pings ---------------------------------------------------------------------------------------------------------


class Campaign(models.Model):
    """A round of pings: each way to reach each office once, at a moment within the window that nobody foresees.

    untried  pings that left it unsent and uncalled: held against nobody
    told  what all members are told of it (pings/results.py), written once it is over; {}: nothing, they are too few
    """

    operation = models.ForeignKey(_OPERATION, on_delete=models.CASCADE, related_name="campaigns")
    ref = models.CharField(max_length=8, unique=True, default=new_ref)
    title = models.CharField(max_length=200)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    answer_hours = models.PositiveSmallIntegerField()  # from when one is sent
    roles = models.JSONField()  # of offices
    means = models.JSONField()  # by what
    inside_hours = models.BooleanField(default=False)
    exercise = models.BooleanField(default=False)
    seed_sealed = models.BinaryField()  # who has it foresees the moments
    started_by = _by()
    started_at = models.DateTimeField(default=timezone.now)
    stopped_at = models.DateTimeField(null=True)
    stopped_by = _by(null=True)
    untried = models.PositiveIntegerField(default=0)
    told = models.JSONField(null=True)

    def __str__(self) -> str:
        return self.title

    @property
    def ends_at(self) -> datetime:
        """No ping of it goes later."""
        return min(self.closes_at, self.stopped_at or self.closes_at)

    @property
    def over_at(self) -> datetime:
        """The time to answer of its last ping has passed, whenever that went."""
        return self.ends_at + timedelta(hours=self.answer_hours)


class Ping(models.Model):
    """One way to reach one office, tried once.

    nomination  the record by which it goes or went
    place    which way: number of the post in Office.answering(), and of the channel in it, as `0.1`
    code     keyed hash of what can be typed in as an answer; `link` of what stands in the link
    answers  messages that name its code, whether they counted or not: their words stay in them
    outcome  pinging.Outcome, once it is decided; "" until then
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="pings")
    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="pings")
    nomination = models.ForeignKey(Nomination, on_delete=models.CASCADE, related_name="+")
    means = models.CharField(max_length=8)
    place = models.CharField(max_length=8)
    due_at = models.DateTimeField()  # another moment, where nothing of it had left (pings/running.py:take_back)
    code = models.CharField(max_length=64, null=True, unique=True)
    link = models.CharField(max_length=64, null=True, unique=True)
    message = models.ForeignKey("notify.OutboxMessage", null=True, on_delete=models.SET_NULL, related_name="+")
    sent_at = models.DateTimeField(null=True)
    deadline = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=8, blank=True)  # link, message, hand
    answers = models.ManyToManyField("reports.Report", related_name="+")
    wrong = models.BooleanField(default=False)
    bounced_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)  # why it did not go, or not yet, in words
    outcome = models.CharField(max_length=16, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="ping_due", condition=Q(sent_at=None, outcome="")),
            models.Index(fields=["deadline"], name="ping_open", condition=Q(outcome="", sent_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"ping {self.pk}"


from rapport.contacts.callers.models import ChallengeBook  # noqa: E402 - they name what stands above
from rapport.contacts.cases.models import (  # noqa: E402
    Attempt,
    Case,
    Clash,
    Dispatch,
    Fired,
    Handover,
    Heard,
)
from rapport.contacts.exports.models import Export, Exported, ExportKind, ExportState  # noqa: E402
from rapport.contacts.peers.models import Barred, Inbound, Outbound, Peer, Terms, Turned  # noqa: E402
from rapport.contacts.representatives.models import Representative  # noqa: E402

__all__ = [
    "Alarm", "Attempt", "Barred", "Campaign", "Case", "ChallengeBook", "Clash", "Dispatch", "Entry", "Export",
    "ExportKind", "ExportState", "Exported", "Fired", "Handover", "Heard", "Inbound", "Look", "NetworkFile",
    "Nomination", "Office", "Outbound", "Peer", "Ping", "Representative", "State", "Terms", "Turned",
    "Verification",
]  # fmt: skip
