"""The policy's columns on what can be shared, and the release log that readers pull from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from django.db import models
from django.db.models import F
from django.utils import timezone

from rapport.values import Precision, Sensitivity, Spot


@dataclass(frozen=True, slots=True)
class PolicyColumns:
    """How a protocol's conditions are asked of the rows of one model, by dimension (protocol/model.py): what is the
    same for all its rows, a column with one value a row, a look-up through other tables."""

    same: Mapping[str, str]
    columns: Mapping[str, str] = field(default_factory=dict)
    through: Mapping[str, str] = field(default_factory=dict)


class Shareable(models.Model):
    """What the policy looks at, beside the thing itself. The coarsened place is stored when the event is written."""

    POLICY_COLUMNS: ClassVar[PolicyColumns]

    sensitivity = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in Sensitivity], default=Sensitivity.LOW.value
    )
    persons_at_risk = models.BooleanField(default=False)
    commune_lon = models.FloatField(null=True)
    commune_lat = models.FloatField(null=True)
    commune_radius_m = models.PositiveIntegerField(default=0)
    commune_name = models.CharField(max_length=200, blank=True)
    commune_pcode = models.CharField(max_length=20, blank=True)

    class Meta:
        abstract = True

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

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "audience"], name="one_release_clock")]

    def __str__(self) -> str:
        return f"{self.audience} {self.seq}"


class ReleaseEntry(models.Model):
    """One line of an audience's release log: something was released to it, changed, or taken back."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="release_log")
    audience = models.CharField(max_length=60)  # as the protocol calls it
    seq = models.BigIntegerField()
    event_id = models.BigIntegerField()
    retracted = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "audience", "seq"], name="release_seq")]

    def __str__(self) -> str:
        return f"{self.audience} {self.seq}"


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


def next_seqs(operation_id: int, audience: str, count: int) -> range:
    """The next `count` stamps of an audience's release log; call inside the transaction that writes them."""
    if not count:
        return range(0)
    last = _moved(operation_id, audience, count)
    return range(last - count + 1, last + 1)


def last_seq(operation_id: int, audience: str) -> int:
    """The last stamp of an audience's release log, which nobody else moves until this transaction ends."""
    return _moved(operation_id, audience, 0)


def _moved(operation_id: int, audience: str, by: int) -> int:
    clock = ReleaseClock.objects.filter(operation_id=operation_id, audience=audience)
    if not clock.exists():
        ReleaseClock.objects.get_or_create(operation_id=operation_id, audience=audience)
    clock.update(seq=F("seq") + by)  # takes the row's lock: from here on the number is ours alone
    return clock.values_list("seq", flat=True).get()
