"""What was not taken: counted, not stored."""

from __future__ import annotations

from django.db import models


class RefusalCount(models.Model):
    """How many messages of a source were refused on a day (UTC), by reason. No content, no addresses."""

    source = models.ForeignKey("operations.Source", null=True, on_delete=models.CASCADE, related_name="refusals")
    day = models.DateField()
    reason = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "day", "reason"], name="one_refusal_count", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.count}"
