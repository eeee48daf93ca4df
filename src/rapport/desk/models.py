"""What the desk keeps for its own work: holds on reports, saved filters, notes for the next shift."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from rapport.reports.models import Report


class Lease(models.Model):
    """While it lasts nobody else is given the report. One row a report, taken over when it has ended."""

    report = models.OneToOneField(Report, on_delete=models.CASCADE, primary_key=True, related_name="lease")
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="leases")
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.report_id} {self.person_id}"


class SavedFilter(models.Model):
    """A part of the queue under a name; one person's own, or everybody's."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="saved_filters")
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)  # the filters as in the queue's address
    shared = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "person", "name"], name="one_saved_filter")]

    def __str__(self) -> str:
        return self.name


class HandOver(models.Model):
    """What one shift tells the next. Kept; the newest is shown."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="hand_overs")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="hand_overs")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"hand-over {self.pk}"
