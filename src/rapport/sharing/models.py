"""The policy's columns on what can be shared, and the release log that readers pull from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils import timezone

from rapport.sharing.handling import KNOWN, UNKNOWN, Handling
from rapport.values import Precision, Sensitivity, Spot


@dataclass(frozen=True, slots=True)
class PolicyColumns:
    """How a protocol's conditions are asked of the rows of one model, by dimension (protocol/model.py): what is the
    same for all its rows, a column with one value a row, a look-up through other tables."""

    same: Mapping[str, str]
    columns: Mapping[str, str] = field(default_factory=dict)
    through: Mapping[str, str] = field(default_factory=dict)


_KNOWN = [(one, one) for one in KNOWN]
_SAID = tuple(one.name for one in fields(Handling))


class Shareable(models.Model):
    """What the policy looks at, beside the thing itself: what a person said of it (handling.py), and the coarsened
    place, stored when the event is written."""

    POLICY_COLUMNS: ClassVar[PolicyColumns]

    sensitivity = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in Sensitivity], default=Sensitivity.LOW.value
    )
    names = models.CharField(max_length=7, choices=_KNOWN, default=UNKNOWN)
    consent = models.CharField(max_length=7, choices=_KNOWN, default=UNKNOWN)
    personal_data = models.CharField(max_length=7, choices=_KNOWN, default=UNKNOWN)
    control = models.CharField(max_length=60, default=UNKNOWN)
    organisation = models.CharField(max_length=60, default=UNKNOWN)
    shared = models.TextField(blank=True)
    persons_at_risk = models.BooleanField(default=False)
    commune_lon = models.FloatField(null=True)
    commune_lat = models.FloatField(null=True)
    commune_radius_m = models.PositiveIntegerField(default=0)
    commune_name = models.CharField(max_length=200, blank=True)
    commune_pcode = models.CharField(max_length=20, blank=True)

    class Meta:
        abstract = True

    @property
    def handling(self) -> Handling:
        return Handling(**{name: getattr(self, name) for name in _SAID})

    @handling.setter
    def handling(self, said: Handling) -> None:
        for name in _SAID:
            setattr(self, name, getattr(said, name))

    @property
    def commune(self) -> Spot | None:
        if self.commune_lon is None or self.commune_lat is None:
            return None
        return Spot(
            self.commune_lon,
            self.commune_lat,
            Precision.ADM2,
            self.commune_radius_m,
            self.commune_name,
            self.commune_pcode,
        )


class ReleaseClock(models.Model):
    """The last time stamp of an audience's release log. Taking the next one locks the row until commit, so that
    entries become visible in the order of their `seq`, on PostgreSQL too. One clock an audience: what the public may
    see of it moves only when something changed for the public."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="release_clocks")
    audience = models.CharField(max_length=60)  # as the protocol calls it
    seq = models.BigIntegerField(default=0)
    # The last entry that changed something for a purpose: who may look and not take away learns nothing of the rest.
    view_seq = models.BigIntegerField(default=0)
    export_seq = models.BigIntegerField(default=0)
    alert_seq = models.BigIntegerField(default=0)
    push_seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "audience"], name="one_release_clock")]

    def __str__(self) -> str:
        return f"{self.audience} {self.seq}"


class ReleaseEntry(models.Model):
    """One line of an audience's release log: something was released to it, changed for it, or taken back."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="release_log")
    audience = models.CharField(max_length=60)  # as the protocol calls it
    seq = models.BigIntegerField()
    event_id = models.BigIntegerField()
    retracted = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)
    purposes = models.PositiveSmallIntegerField(default=15)  # for which it changed something: a bit each, as PURPOSES
    # What the audience has from here on, by purpose, as digests; "" as long as nobody worked them out (events/left.py).
    left = models.TextField(blank=True)
    anew = models.BooleanField(default=False)  # not because of the event: other rules hold, or another taxonomy

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "audience", "seq"], name="release_seq")]
        indexes = [
            models.Index(fields=["event_id", "audience"], name="release_event"),
            models.Index(fields=["event_id"], condition=models.Q(left="", retracted=False), name="release_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.audience} {self.seq}"


class LogLook(models.Model):
    """One row an operation: whoever writes into its release logs holds it first (logs.py). `at`: up to when it was
    looked whether a delay or a date of the protocol gives or ends something (events/due.py)."""

    operation = models.OneToOneField("operations.Operation", on_delete=models.CASCADE, related_name="log_look")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.operation_id} {self.at}"


class NamedRelease(models.Model):
    """Something of an event, or an alert, was given to a named reader: the first time that it was this much, by these
    rules. Written by given.py alone."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="named_releases")
    kind = models.CharField(max_length=12, default="event")  # of Item
    item_id = models.BigIntegerField()  # of an event, of one message of an alert
    organisation = models.CharField(max_length=60, blank=True)  # short name
    key = models.CharField(max_length=100, blank=True)  # name of a partner's key
    person_id = models.BigIntegerField(default=0)  # 0: a system
    audience = models.CharField(max_length=60)
    purpose = models.CharField(max_length=8)
    protocol = models.CharField(max_length=121)  # name and version
    rules = models.TextField(blank=True)  # names, with a blank between them
    left = models.JSONField(default=dict)  # given.py:left
    digest = models.CharField(max_length=64)  # of audience, purpose, protocol, rules and left
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "item_id", "organisation", "key", "person_id", "digest"], name="one_named_release"
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation or self.key} {self.kind} {self.item_id}"


class ProtocolVersion(models.Model):
    """A protocol that somebody proposed for an operation, by name; in force once another person has activated it."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="protocols")
    text = models.TextField()  # the file, as it was signed
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=60)
    version = models.CharField(max_length=60)
    proposed_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    reason = models.TextField(blank=True)
    activated_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    activated_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["operation", "-activated_at"], name="protocol_activated")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Agreement(models.Model):
    """What lets an organisation read as itself in an operation, for some purposes and until a day. What it then gets,
    the protocol says. Never changed but to be ended early: a renewal is a further one."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="agreements")
    giver = models.CharField(max_length=200)  # who answers for what the operation gives, in words
    receiver = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="agreements")
    purposes = models.JSONField()  # list of values.Purpose
    starts = models.DateTimeField()
    ends = models.DateTimeField()  # exclusive
    reason = models.TextField()  # or where it is written down
    signed_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    renewed_from = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="renewal")

    class Meta:
        indexes = [models.Index(fields=["operation", "receiver", "ends"], name="agreement_ends")]

    def __str__(self) -> str:
        return f"agreement {self.pk}"

    def state(self, now: datetime) -> AgreementState:
        if self.ended_at is not None:
            return AgreementState.ENDED
        if now < self.starts:
            return AgreementState.LATER
        return AgreementState.IN_FORCE if now < self.ends else AgreementState.EXPIRED


class AgreementState(models.TextChoices):
    IN_FORCE = "in_force", "in force"
    LATER = "later", "starts later"
    EXPIRED = "expired", "expired"
    ENDED = "ended", "ended early"


class PartnerKey(models.Model):
    """A key with which a partner's system reads under one agreement, and ends with it. Shown once when made; its hash
    is kept, and the first characters to name it."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="keys")
    name = models.CharField(max_length=60)  # as protocols may call it
    start = models.CharField(max_length=8)
    key_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"
