"""What is kept of copies of the directory that left."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from rapport.contacts.models import Nomination, Office

_PERSON = "accounts.Person"


def _by(null: bool = False) -> models.ForeignKey:  # type: ignore[type-arg]
    return models.ForeignKey(_PERSON, null=null, on_delete=models.PROTECT, related_name="+")


class ExportKind(models.TextChoices):
    CARD = "card", "card"
    TREE = "tree", "phone tree"
    DIRECTORY = "directory", "signed directory"


class ExportState(models.TextChoices):
    WAITING = "waiting", "waits for a second person"
    MADE = "made", "made"
    REFUSED = "refused", "refused"


class Export(models.Model):
    """A copy of a part of the directory: who took it, for whom, when. Never deleted; its number is its key.

    organisation  for which it was made; null: for the network's own team
    for_whom      the same in words, with who took it, as every entry of the copy says it
    wanted        of one that waits: numbers of the offices that are to be in it
    sealed        the file of a signed directory, until it expires
    """

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="exports")
    kind = models.CharField(max_length=10, choices=ExportKind)
    organisation = models.ForeignKey("accounts.Organisation", null=True, on_delete=models.PROTECT, related_name="+")
    for_whom = models.CharField(max_length=1000)
    why = models.CharField(max_length=300, blank=True)
    wanted = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.WAITING)
    asked_by = _by()
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = _by(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)  # of a refusal
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the file that was given
    sealed = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("asked_by")), name="export_two_people"
            )
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"


class Exported(models.Model):
    """That an office is in a copy, and in which version of its record. The office sees it."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="offices")
    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="exported")
    nomination = models.ForeignKey(Nomination, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "office"], name="exported_once")]

    def __str__(self) -> str:
        return f"{self.office_id} in export {self.export_id}"
