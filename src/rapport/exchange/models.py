"""Packs that were made: so that the next one can say what is new since."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Pack(models.Model):
    """One state of what an audience may take away, and its number; the pack itself is made anew whenever it is asked
    for, by what is given then. Nothing of the events stands here."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="packs")
    audience = models.CharField(max_length=60)  # as the protocol calls it
    alerts_for = models.CharField(max_length=60, default="")  # whose alerts it holds
    number = models.PositiveIntegerField()  # from 1 on
    state = models.CharField(max_length=64)  # of what the audience gets
    seq = models.BigIntegerField()  # up to where its release log was told
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "audience", "alerts_for", "number"], name="one_pack_number")
        ]

    def __str__(self) -> str:
        return f"{self.operation_id} {self.audience} {self.number}"
