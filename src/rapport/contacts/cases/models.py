"""What is said between two parties of a network. What a message says is sealed (keys, purpose `contacts`)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from rapport.contacts.kinds import ANSWERS, TITLES
from rapport.contacts.models import Nomination, Office
from rapport.values import Marking

_PERSON = "accounts.Person"
_OPERATION = "operations.Operation"
_ACTOR = "registry.Actor"


def _by(null: bool = False) -> models.ForeignKey:  # type: ignore[type-arg]
    return models.ForeignKey(_PERSON, null=null, on_delete=models.PROTECT, related_name="+")


class Case(models.Model):
    """A matter between two parties: every message belongs to one. `ref` tells by itself whether it is an exercise
    (sound.py), and that never changes."""

    operation = models.ForeignKey(_OPERATION, on_delete=models.PROTECT, related_name="cases")
    ref = models.CharField(max_length=12)
    exercise = models.BooleanField()
    begun_by = models.ForeignKey(_ACTOR, on_delete=models.PROTECT, related_name="+")
    with_actor = models.ForeignKey(_ACTOR, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField(default=timezone.now)  # the first message was sent; before that, it was drafted
    closed_at = models.DateTimeField(null=True)  # by the first closure of either side

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "ref"], name="one_case"),
            models.CheckConstraint(condition=~Q(begun_by=F("with_actor")), name="two_parties"),
            models.CheckConstraint(
                condition=Q(exercise=True, ref__startswith="X-") | Q(exercise=False) & ~Q(ref__startswith="X-"),
                name="exercise_by_ref",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class State(models.TextChoices):
    DRAFT = "draft", "draft"
    READY = "ready", "waits for a second person"
    SENT = "sent", "sent"
    GONE = "gone", "thrown away"


class Owned(models.TextChoices):
    """Whether a party says that it said what the other side typed in as its words."""

    ASKED = "asked", "not confirmed"
    YES = "yes", "confirmed"
    NO = "no", "denied"


#: Of `owned`: whose side stands by the message.
STOOD_BY = ("", Owned.YES.value)


class Dispatch(models.Model):
    """A message from one office to another, or the draft of one. Nothing of it changes once it is sent.

    content   SHA-256 of what it says (lowtech/same.py:content): by it both sides' books are compared
    answer    of a reply, which; `next_at`: when its sender writes again: both stand open, clocks ask for them
    times     of a message that starts clocks: what was agreed when it was sent (model.Times), in seconds
    to_record what counted of the office that it went to: its hours are those
    way       how it came here: here (both sides use this instance), https, file, hand (typed in)
    owned     of a message that was typed in as said by a party whose people write here themselves: until they say that
              they said it, it stops no clock and starts none of theirs; "" for any other
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="dispatches")
    ref = models.CharField(max_length=16, blank=True)  # "" until it is sent
    kind = models.CharField(max_length=16, choices=[(one.value, said) for one, said in TITLES.items()])
    sender = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    to = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    to_record = models.ForeignKey(Nomination, null=True, on_delete=models.PROTECT, related_name="+")
    about = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="answered_by")
    marking = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Marking])
    sealed = models.BinaryField()
    content = models.CharField(max_length=64, blank=True)
    answer = models.CharField(max_length=16, blank=True, choices=[(one.value, said) for one, said in ANSWERS.items()])
    next_at = models.DateTimeField(null=True)
    times = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    way = models.CharField(max_length=8, default="here")
    drafted_by = _by(null=True)  # null: of the other side
    drafted_at = models.DateTimeField(default=timezone.now)
    released_by = _by(null=True)
    sent_at = models.DateTimeField(null=True)
    known_at = models.DateTimeField(null=True)  # when this instance had it
    delivered_at = models.DateTimeField(null=True)  # the other side has it: somebody there opened it, or its instance
    typed_by = _by(null=True)  # of the side that it is for, in whose name it was not
    owned = models.CharField(max_length=8, blank=True, choices=Owned)
    owned_by = _by(null=True)
    owned_at = models.DateTimeField(null=True)
    gone_by = _by(null=True)  # who threw a draft away
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "ref"], name="one_dispatch", condition=~Q(ref="")),
        ]
        indexes = [models.Index(fields=["case", "sent_at"], name="dispatch_case")]

    def __str__(self) -> str:
        return self.ref or f"draft {self.pk}"


class Clash(models.Model):
    """Other words that came in under the number of a message that is there. Both are kept, and people are told."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="clashes")
    sealed = models.BinaryField()
    content = models.CharField(max_length=64)
    way = models.CharField(max_length=8)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispatch", "content"], name="one_clash")]

    def __str__(self) -> str:
        return f"other words for {self.dispatch_id}"


class Attempt(models.Model):
    """Somebody, or a program, tried to reach the other side about a message. Private to the side that tried.

    place   which of the office's ways (pings/aiming.py:channel_of); "" where a person found the way: a mission, a
            third party, somebody met
    """

    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="attempts")
    target = models.CharField(max_length=80)  # code of the office or party
    office = models.ForeignKey(Office, null=True, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(Nomination, null=True, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=8, blank=True)
    means = models.CharField(max_length=8, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = _by(null=True)  # null: a program
    result = models.CharField(max_length=12, blank=True)  # escalation.Result; "" while nothing is known
    note_sealed = models.BinaryField()  # what somebody was told on the telephone belongs to the case
    message = models.ForeignKey("notify.OutboxMessage", null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"attempt {self.pk}"


class Fired(models.Model):
    """A clock was not met: told once, to the side that owes and the side that waits."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="fired")
    which = models.CharField(max_length=12)  # clocks.Which
    by = models.CharField(max_length=60)  # code of the party that owes
    due = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispatch", "which", "by", "due"], name="fired_once")]

    def __str__(self) -> str:
        return f"{self.which} of {self.dispatch_id}"


class Heard(models.Model):
    """Somebody of one side knows of a clock that was not met: its alarm is silent there."""

    fired = models.ForeignKey(Fired, on_delete=models.CASCADE, related_name="heard")
    actor = models.ForeignKey(_ACTOR, on_delete=models.PROTECT, related_name="+")
    by = _by()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fired", "actor"], name="heard_once")]

    def __str__(self) -> str:
        return f"{self.fired_id} heard"


class Handover(models.Model):
    """The duty of a party went from one person to the next, who says that they have it."""

    actor = models.ForeignKey(_ACTOR, on_delete=models.PROTECT, related_name="+")
    operation = models.ForeignKey(_OPERATION, on_delete=models.PROTECT, related_name="+")
    given_by = _by()
    given_at = models.DateTimeField(default=timezone.now)
    note_sealed = models.BinaryField()
    open_refs = models.JSONField(default=list)  # of cases that were open then
    taken_by = _by(null=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_by=None) | ~Q(taken_by=F("given_by")), name="hands_over_to_another"
            )
        ]

    def __str__(self) -> str:
        return f"handover {self.pk}"
