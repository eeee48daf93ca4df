"""A person's hold on a report in the queue."""

from __future__ import annotations

from django.db import models

from rapport.reports.models import Report


class Lease(models.Model):
    """While it lasts nobody else is given the report. One row a report, taken over when it has ended."""

    report = models.OneToOneField(Report, on_delete=models.CASCADE, primary_key=True, related_name="lease")
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="leases")
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.report_id} {self.person_id}"
