"""A round of pings that somebody started (starting.py), in the worker: each goes at its moment, and what became of it
is decided.

A ping of which nothing has left this machine has no outcome, whoever stopped or broke what: it gets another moment, and
where none is left it is no ping of its round. What is decided of an office is what that office did.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from rapport.contacts import pinging
from rapport.contacts.model import Means, Role
from rapport.contacts.models import Campaign, Ping
from rapport.contacts.pings import aiming, post, wording
from rapport.contacts.pings.wording import Whom
from rapport.errors import BadDefinition
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.operations.access import address
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.oversight.ledger import entries
from rapport.oversight.switches import stopped_in

PURPOSE = "ping"
FUNCTION = "contacts"  # in the register of automated functions (oversight/register.py)
#: Pings that go in one step of the worker: it has other things to do.
_AT_ONCE = 200
#: For how long a ping may go that fell due before its window closed: the worker looks every ten seconds [ours].
_LATE = timedelta(minutes=5)
_BY_ITSELF = frozenset(one.value for one in post.BY_ITSELF)


def send_due(now: datetime) -> int:
    """Send what is due; how many. Nothing is sent in an operation whose sending is stopped: it goes later, if its
    window is open then."""
    due = Ping.objects.filter(
        due_at__lte=now, sent_at=None, outcome="", means__in=_BY_ITSELF, campaign__closes_at__gte=now - _LATE,
        campaign__operation__sending_stopped_at=None,
    ).exclude(campaign__operation__in=stopped_in(FUNCTION))  # fmt: skip
    known = due.select_related("campaign__operation", "office__actor", "nomination").order_by("due_at")
    return sum(_send(one, now) for one in known[:_AT_ONCE])


@transaction.atomic
def _send(ping: Ping, now: datetime) -> bool:
    """One of two workers that come here together sends it, by the record that counts now."""
    aim = aiming.now_of(ping, now)
    if aim is None:
        _leave_out(ping)
        return False
    operation, language = ping.campaign.operation, wording.language_of(aim.record.languages)
    if isinstance(problem := post.way(operation, aim.channel.means), str):  # ours to mend: the office did nothing
        _again(ping, problem, now)
        return False
    codes = wording.drawn()
    deadline = min(now + timedelta(hours=ping.campaign.answer_hours), ping.campaign.over_at)
    mine = Ping.objects.filter(pk=ping.pk, sent_at=None, outcome="")
    marks = {"code": keys.token_hash(codes.typed), "link": keys.token_hash(codes.link)}
    way = {"nomination": aim.nomination, "place": aim.place}
    if not mine.update(sent_at=now, deadline=deadline, problem="", **marks, **way):
        return False
    whom = Whom(operation.name_in(language), ping.office.actor.name, Role(ping.office.role))
    exercise = ping.campaign.exercise
    if aim.channel.means is Means.EMAIL:
        link = address_of(operation, codes.link)
        text = wording.letter(language, whom, codes, deadline, link, exercise=exercise)
    else:
        text = wording.sms(language, whom, codes, deadline, exercise=exercise)
    put = post.put(operation, aim.channel, text, language, PURPOSE)
    if isinstance(put, OutboxMessage):
        Ping.objects.filter(pk=ping.pk).update(message=put)
    else:
        Ping.objects.filter(pk=ping.pk).update(bounced_at=now, problem=put[:300])
    return True


def address_of(operation: Operation, link: str) -> str:
    return f"{settings.PUBLIC_URL}{address(operation, 'contacts', 'ping', link)}" if settings.PUBLIC_URL else ""


def bounce(now: datetime) -> int:
    """What the outbox could not deliver."""
    dead = Ping.objects.filter(post.DEAD, outcome="", bounced_at=None)
    dead = dead.exclude(campaign__operation__in=stopped_in(FUNCTION))
    return sum(
        Ping.objects.filter(pk=one.pk, bounced_at=None).update(
            bounced_at=now, problem=one.message.problem if one.message else ""
        )
        for one in dead.select_related("message")[:_AT_ONCE]
    )


def take_back(now: datetime) -> int:
    """Pings that somebody took out of the outbox, and those that stay in it while all sending is stopped, or until
    their time is over: each begins anew. How many."""
    held = post.WAITS & (Q(campaign__operation__sending_stopped_at__isnull=False) | Q(deadline__lt=now))
    back = Ping.objects.filter(post.TAKEN_OUT | held, outcome="", answered_at=None, sent_at__isnull=False)
    back = back.exclude(campaign__operation__in=stopped_in(FUNCTION))
    known = back.select_related("campaign", "office__actor", "nomination", "message").order_by("pk")
    return sum(_take_back(one, now) for one in known[:_AT_ONCE])


@transaction.atomic
def _take_back(ping: Ping, now: datetime) -> bool:
    message = ping.message
    if message is None:
        return False
    why = message.problem or message.get_state_display()
    if message.state == OutboxState.WAITING:
        waits = OutboxMessage.objects.filter(pk=message.pk, state=OutboxState.WAITING, gone=False)
        if not waits.update(state=OutboxState.CANCELLED, changed_at=now, problem=_NOT_IN_TIME):
            return False  # it goes at this moment
        why = _NOT_IN_TIME
    _again(ping, why, now)
    return True


_NOT_IN_TIME = "It had not gone when sending was stopped, or when its time was over: it begins anew."


def _again(ping: Ping, why: str, now: datetime) -> None:
    """Nothing of it has left this machine: it gets another moment, by a code of its own."""
    at = _moment(ping, now)
    if at is None:
        _leave_out(ping)
        return
    _as_it_was(ping).update(
        due_at=at, sent_at=None, deadline=None, code=None, link=None, message=None, bounced_at=None, problem=why[:300]
    )


def _as_it_was(ping: Ping) -> QuerySet[Ping]:
    """Itself, if nobody has sent or answered it since it was read."""
    return Ping.objects.filter(pk=ping.pk, sent_at=ping.sent_at, answered_at=None, outcome="")


def _moment(ping: Ping, now: datetime) -> datetime | None:
    """Another moment of its window, drawn anew: whoever knows the first one cannot foresee it. None if there is none
    left."""
    aim, campaign = aiming.now_of(ping, now), ping.campaign
    if aim is None:
        return None
    try:
        drawn = pinging.moments(
            [aim.record], now, campaign.ends_at, secrets.token_bytes(32), inside_hours=campaign.inside_hours
        )
    except BadDefinition:
        return None
    return next(one.at for one in drawn if one.channel.address == aim.channel.address)


def leave_out(now: datetime) -> int:
    """Pings that have not gone, and will not: their window is over, or nobody has called in the time for answers.
    How many."""
    unsent = Ping.objects.filter(sent_at=None, outcome="", campaign__closes_at__lt=now - _LATE)
    unsent = unsent.exclude(campaign__operation__in=stopped_in(FUNCTION)).select_related("campaign").order_by("pk")
    over = [one for one in unsent if one.means in _BY_ITSELF or one.campaign.over_at < now]
    return sum(_leave_out(one) for one in over[:_AT_ONCE])


@transaction.atomic
def _leave_out(ping: Ping) -> bool:
    """It is no ping of its round, like those that had not gone when a round was stopped."""
    if not _as_it_was(ping).delete()[0]:
        return False
    Campaign.objects.filter(pk=ping.campaign_id).update(untried=F("untried") + 1)
    entries.contact(ping.campaign.operation_id, {"ping": ping.pk, "office": ping.office_id, "became": "never sent"})
    return True


def decide_due(now: datetime) -> int:
    """Write down the outcome of those whose time is over; how many."""
    over = Ping.objects.filter(outcome="", deadline__lt=now).select_related("campaign")
    over = over.exclude(post.WAITS | post.TAKEN_OUT | Q(message__state=OutboxState.SENDING))
    over = over.exclude(campaign__operation__in=stopped_in(FUNCTION))
    return sum(settle(one, now) for one in over.order_by("deadline")[:_AT_ONCE])


@transaction.atomic
def settle(ping: Ping, now: datetime) -> bool:
    """Write down the outcome of one, if there is one by now, with its entry in the ledger; whether it is another than
    before. "Silent" becomes "late" when the right office answers after all, and so does
    "wrong" what the address that was pinged says itself."""
    fresh = Ping.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=ping.pk)
    if fresh.deadline is None:
        return False
    known = pinging.Ping(fresh.deadline, fresh.answered_at, fresh.wrong, fresh.bounced_at)
    found = pinging.outcome(known, now)
    if found is None or found.value == fresh.outcome:
        return False
    body = {"ping": fresh.pk, "office": fresh.office_id, "outcome": found.value}
    entries.contact(fresh.campaign.operation_id, body | ({"instead_of": fresh.outcome} if fresh.outcome else {}))
    fresh.outcome = found.value
    fresh.save(update_fields=["outcome"])
    return True
