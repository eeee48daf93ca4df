"""Who speaks for a party of a network, since when, by whose word."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

_PERSON = "accounts.Person"


def _by() -> models.ForeignKey:  # type: ignore[type-arg]
    return models.ForeignKey(_PERSON, null=True, on_delete=models.PROTECT, related_name="+")


class Representative(models.Model):
    """What was said of somebody who was entered as one of a party's people: that they speak for it, or (never
    confirmed, and ended) that they do not. Kept when it has ended; said again, it is another one.

    belonging  by which they were entered; null once they were taken out: entered again, they are asked about anew
    confirmed_by  null with a time: entered before anybody was asked
    """

    actor = models.ForeignKey("registry.Actor", on_delete=models.PROTECT, related_name="representatives")
    person = models.ForeignKey(_PERSON, on_delete=models.PROTECT, related_name="+")
    belonging = models.ForeignKey("accounts.Belonging", null=True, on_delete=models.SET_NULL, related_name="+")
    entered_by = _by()
    entered_at = models.DateTimeField()
    confirmed_by = _by()
    confirmed_at = models.DateTimeField(null=True)
    ended_by = _by()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["actor", "belonging"], name="one_representative", condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("person")), name="confirmed_by_another"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=False) | Q(ended_at__isnull=False), name="confirmed_or_ended"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} for {self.actor_id}"
