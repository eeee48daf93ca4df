"""Which instances this one exchanges messages with, and both directions of each correspondence, kept for ever.

A message stands in these tables as the bytes that were signed, sealed (keys, purpose `contacts`): what both sides
compare, and what can be shown to a third one.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from rapport.contacts.cases.models import Dispatch

_PERSON = "accounts.Person"


def _by(null: bool = False) -> models.ForeignKey:  # type: ignore[type-arg]
    return models.ForeignKey(_PERSON, null=null, on_delete=models.PROTECT, related_name="+")


class Peer(models.Model):
    """Another instance. What was agreed with its people stands in its terms. It is a peer in one operation only: what
    it signs names instances, and no operation, and must not count in two.

    line_*  what became of the last tries to reach it: tries without an answer, since when, when it is tried again, why
            not
    strange_at  when something last came in its name under a key that is not agreed; none once somebody of ours has
            called them about it
    """

    operation = models.ForeignKey("operations.Operation", on_delete=models.PROTECT, related_name="peers")
    instance = models.CharField(max_length=63, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    ended_by = _by(null=True)
    line_tries = models.PositiveIntegerField(default=0)
    line_since = models.DateTimeField(null=True)
    line_next_at = models.DateTimeField(null=True)
    line_problem = models.CharField(max_length=300, blank=True)
    strange_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.instance


class TermsState(models.TextChoices):
    WAITING = "waiting", "waits for a second person"
    CONFIRMED = "confirmed", "confirmed"
    REFUSED = "refused", "refused"
    REPLACED = "replaced", "replaced"


class Terms(models.Model):
    """What one person entered about a peer and another confirmed, fingerprint by fingerprint. Never changed: other
    terms follow.

    url      of the operation over there, as https://crisis.example/network: "" where there is no line
    parties  those whose offices write from there
    keys     its public keys, in hexadecimal: one, or two while it exchanges them
    retired  fingerprints of keys that do not count any more
    """

    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="terms")
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=300, blank=True)
    parties = models.ManyToManyField("registry.Actor", related_name="+")
    keys = models.JSONField()
    retired = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=TermsState, default=TermsState.WAITING)
    entered_by = _by()
    entered_at = models.DateTimeField(default=timezone.now)
    decided_by = _by(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["peer"], name="one_confirmed_terms", condition=Q(state=TermsState.CONFIRMED)
            ),
            models.UniqueConstraint(fields=["peer"], name="one_waiting_terms", condition=Q(state=TermsState.WAITING)),
            models.CheckConstraint(
                condition=~Q(state=TermsState.CONFIRMED)
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("entered_by"))),
                name="terms_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"terms {self.pk} of {self.peer_id}"


class Outbound(models.Model):
    """A message of ours for a peer, as it was signed. It waits until a receipt proves that it arrived.

    next_at   when the worker posts it, or posts it again; people and the other side may be quicker by a file
    problem   why the other side did not take it, in its words
    receipt   as the other side signed it
    """

    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="outbound")
    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="outbound")
    number = models.PositiveIntegerField()
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField(null=True)
    receipt = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["peer", "number"], name="one_outbound"),
            models.UniqueConstraint(fields=["peer", "dispatch"], name="one_outbound_dispatch"),
        ]
        indexes = [models.Index(fields=["peer", "next_at"], name="outbound_waits", condition=Q(received_at=None))]

    def __str__(self) -> str:
        return f"message {self.number} to {self.peer_id}"


class Inbound(models.Model):
    """A message of a peer, as it was signed there.

    way   how it came: https, file
    owed  it came in a file, and no file with its receipt has been made since
    """

    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="inbound")
    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="inbound")
    number = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)
    prev = models.CharField(max_length=64)
    ref = models.CharField(max_length=16)
    sealed = models.BinaryField()
    at = models.DateTimeField(default=timezone.now)
    way = models.CharField(max_length=8)
    owed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["peer", "number"], name="one_inbound"),
            models.UniqueConstraint(fields=["peer", "ref"], name="one_inbound_ref"),
        ]

    def __str__(self) -> str:
        return f"message {self.number} of {self.peer_id}"


class Barred(models.Model):
    """A message that a peer has proven to be its own and that is not taken here, and why: a gap in its chain, whoever
    asks for it."""

    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="barred")
    number = models.PositiveIntegerField()
    said = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["peer", "number"], name="one_barred")]

    def __str__(self) -> str:
        return f"message {self.number} of {self.peer_id}, not taken"


class Turned(models.Model):
    """What was not taken, counted: by operation, day, reason, and the peer that had signed it, "" where none had."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="turned")
    instance = models.CharField(max_length=63, blank=True)
    day = models.DateField()
    reason = models.CharField(max_length=40)
    said = models.CharField(max_length=500)  # of the last one
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "instance", "day", "reason"], name="one_turned")]

    def __str__(self) -> str:
        return f"{self.count} {self.reason}"
