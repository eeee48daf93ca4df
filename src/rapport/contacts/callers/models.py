"""Sets of words by which two parties know each other's callers. The words are sealed (keys, purpose `contacts`)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

_PERSON = "accounts.Person"
_ACTOR = "registry.Actor"


def _by(null: bool = False) -> models.ForeignKey:  # type: ignore[type-arg]
    return models.ForeignKey(_PERSON, null=null, on_delete=models.PROTECT, related_name="+")


class BookState(models.TextChoices):
    WAITING = "waiting", "waits for a second person"
    ACTIVE = "active", "in use"
    ENDED = "ended", "not used any more"


class ChallengeBook(models.Model):
    """The pairs of one direction, as challenge.Book has them: with `asks` the own party asks, else it is asked.

    sealed   the pairs, as JSON
    used     numbers that were asked; waiting: number → since when, while no answer has come; wrong: after each other
    """

    own = models.ForeignKey(_ACTOR, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(_ACTOR, on_delete=models.PROTECT, related_name="+")
    asks = models.BooleanField()
    sealed = models.BinaryField()
    mark = models.CharField(max_length=8)
    used = models.JSONField(default=list)
    waiting = models.JSONField(default=dict)
    wrong = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=BookState, default=BookState.WAITING)
    made_by = _by()
    made_at = models.DateTimeField(default=timezone.now)
    confirmed_by = _by(null=True)
    confirmed_at = models.DateTimeField(null=True)
    locked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["own", "other", "asks"], name="one_active_book", condition=Q(state=BookState.ACTIVE)
            ),
            models.UniqueConstraint(
                fields=["own", "other", "asks"], name="one_waiting_book", condition=Q(state=BookState.WAITING)
            ),
            models.CheckConstraint(
                condition=~Q(state=BookState.ACTIVE) | (Q(confirmed_by__isnull=False) & ~Q(confirmed_by=F("made_by"))),
                name="book_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"set {self.pk} of {self.own_id}"
