"""A round of pings is started by a person; the worker sends each at its moment, and decides what became of it.

Raises NotAllowed, Refused (what was given cannot be) or Conflict.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from rapport.accounts.permissions import Permission
from rapport.contacts import pinging
from rapport.contacts.agreed import network_of
from rapport.contacts.directory.listing import state_of
from rapport.contacts.members import Member
from rapport.contacts.model import Channel, Means, Role
from rapport.contacts.model import Office as Record
from rapport.contacts.models import Campaign, Nomination, Ping, State
from rapport.contacts.pings import post, wording
from rapport.contacts.records import opened
from rapport.contacts.upkeep import State as Upkept
from rapport.errors import BadDefinition, Conflict, NotAllowed, Refused
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.operations.access import address
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.oversight.ledger import entries
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.oversight.switches import stopped_in

RUN = Permission.CONTACTS_PING_RUN
PURPOSE = "ping"
FUNCTION = "contacts"  # in the register of automated functions (oversight/register.py)
#: Shortest and longest window [ours], and time to answer in hours.
LEAST, MOST = timedelta(hours=1), timedelta(days=92)
HOURS = range(1, 24 * 14 + 1)
#: Pings that go in one step of the worker: it has other things to do.
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody starts. `answer_hours`: from when a ping is sent."""

    title: str
    opens_at: datetime
    closes_at: datetime
    answer_hours: int
    roles: frozenset[Role]
    means: frozenset[Means]
    inside_hours: bool = False
    exercise: bool = False


@transaction.atomic
def start(who: Member, terms: Terms) -> Campaign:
    """Every way of these kinds to reach every office that counts gets its moment. Nobody is told when."""
    if not who.may(RUN):
        raise NotAllowed(f"This needs the permission {RUN.value}.")
    now = timezone.now()
    _check(terms, now)
    for means in sorted(terms.means & set(post.BY_ITSELF)):
        if isinstance(problem := post.way(who.operation, means), str):  # it would be told of the offices
            raise Refused(
                "means", f"Nothing can go by {means} now: {problem} Set it up, or leave it out.", field="means"
            )
    current = Nomination.objects.filter(office__operation=who.operation, state=State.APPROVED, closes=False)
    known = {
        one.office.code: (one, opened(one.sealed))
        for one in current.filter(office__role__in=[role.value for role in terms.roles]).select_related("office__actor")
        if state_of(one.office, network_of(who.operation.pk).upkeep, now) not in _NOT_PINGED
    }
    if not known:
        raise Refused("roles", "No office of these roles counts now: there is nobody to ping.", field="roles")
    seed = secrets.token_bytes(32)
    try:
        planned = pinging.moments(
            [record for _, record in known.values()], terms.opens_at, terms.closes_at, seed,
            inside_hours=terms.inside_hours,
        )  # fmt: skip
    except BadDefinition as bad:
        raise Refused("closes_at", str(bad), field="closes_at") from bad
    made = Campaign.objects.create(
        operation=who.operation, title=terms.title.strip(), opens_at=terms.opens_at, closes_at=terms.closes_at,
        answer_hours=terms.answer_hours, roles=sorted(terms.roles), means=sorted(terms.means),
        inside_hours=terms.inside_hours, exercise=terms.exercise, seed_sealed=keys.seal("contacts", seed),
        started_by=who.person, started_at=now,
    )  # fmt: skip
    pings = [
        Ping(campaign=made, office=one.office, nomination=one, means=each.channel.means.value,
             place=place_of(record, each.channel), due_at=each.at)
        for each in planned
        if each.channel.means in terms.means
        for one, record in (known[each.office],)
    ]  # fmt: skip
    if not pings:
        raise Refused("means", "No office is reached by any of these.", field="means")
    Ping.objects.bulk_create(pings, batch_size=500)
    after = {"said": f"started the round of pings “{made.title}”", "campaign": made.pk, "pings": len(pings)}
    decide(who.person, who.operation.pk, DecisionKind.CONTACT, before={}, after=after)
    return made


_NOT_PINGED = {Upkept.LAPSED, Upkept.NOT_YET}  # what is suspended is pinged: an answer brings it back


def _check(terms: Terms, now: datetime) -> None:
    if not terms.title.strip() or len(terms.title) > 200:
        raise Refused("title", "Give it a name of at most 200 characters.", field="title")
    if terms.opens_at < now - timedelta(minutes=5):
        raise Refused("opens_at", "It begins in the past.", field="opens_at")
    if not LEAST <= terms.closes_at - terms.opens_at <= MOST:
        raise Refused("closes_at", "The window is of an hour at least, and of 92 days at most.", field="closes_at")
    if terms.answer_hours not in HOURS:
        raise Refused("answer_hours", f"Give {HOURS[0]} to {HOURS[-1]} hours to answer.", field="answer_hours")
    if not terms.roles or not terms.means:
        raise Refused("roles", "Choose roles, and by what offices are to be reached.", field="roles")


@transaction.atomic
def stop(who: Member, campaign: Campaign) -> None:
    """What has not gone does not go; what has gone may be answered still."""
    if not who.may(RUN):
        raise NotAllowed(f"This needs the permission {RUN.value}.")
    there = Campaign.objects.filter(pk=campaign.pk, stopped_at=None)
    if not there.update(stopped_at=timezone.now(), stopped_by=who.person):
        raise Conflict("It was stopped already.")
    Ping.objects.filter(campaign=campaign, sent_at=None, outcome="").delete()
    after = {"said": f"stopped the round of pings “{campaign.title}”", "campaign": campaign.pk}
    decide(who.person, campaign.operation_id, DecisionKind.CONTACT, before={}, after=after)


# --- which way -----------------------------------------------------------------------------------------------------


def place_of(record: Record, channel: Channel) -> str:
    """Where a channel stands in a record: what the database keeps of it."""
    for number, (_, channels) in enumerate(record.answering()):
        for index, one in enumerate(channels):
            if one.address == channel.address:
                return f"{number}.{index}"
    raise ValueError("the channel is one of the office's")


def channel_of(record: Record, place: str) -> tuple[str, Channel]:
    """The channel at a place, and who answers there."""
    number, index = (int(part) for part in place.split("."))
    who, channels = record.answering()[number]
    return who, channels[index]


# --- in the worker -------------------------------------------------------------------------------------------------


def send_due(now: datetime) -> int:
    """Send what is due; how many. Nothing is sent in an operation whose sending is stopped: it goes later."""
    due = Ping.objects.filter(
        due_at__lte=now, sent_at=None, outcome="", means__in=[one.value for one in post.BY_ITSELF],
        campaign__operation__sending_stopped_at=None,
    ).exclude(campaign__operation__in=stopped_in(FUNCTION))  # fmt: skip
    known = due.select_related("campaign__operation", "office__actor", "nomination").order_by("due_at")
    return sum(_send(one, now) for one in known[:_AT_ONCE])


@transaction.atomic
def _send(ping: Ping, now: datetime) -> bool:
    """One of two workers that come here together sends it."""
    codes = wording.drawn()
    deadline = now + timedelta(hours=ping.campaign.answer_hours)
    mine = Ping.objects.filter(pk=ping.pk, sent_at=None, outcome="")
    marks = {"code": keys.token_hash(codes.typed), "link": keys.token_hash(codes.link)}
    if not mine.update(sent_at=now, deadline=deadline, **marks):
        return False
    record = opened(ping.nomination.sealed)
    _, channel = channel_of(record, ping.place)
    operation, language = ping.campaign.operation, wording.language_of(record.languages)
    link = address_of(operation, codes.link) if channel.means is Means.EMAIL else ""
    text = wording.text(language, operation.name_in(language), codes, deadline, link, exercise=ping.campaign.exercise)
    put = post.put(operation, channel, text, language, PURPOSE)
    if isinstance(put, OutboxMessage):
        Ping.objects.filter(pk=ping.pk).update(message=put)
    else:
        Ping.objects.filter(pk=ping.pk).update(bounced_at=now, problem=put[:300])
    return True


def address_of(operation: Operation, link: str) -> str:
    return f"{settings.PUBLIC_URL}{address(operation, 'contacts', 'ping', link)}" if settings.PUBLIC_URL else ""


def bounce(now: datetime) -> int:
    """What the outbox could not deliver."""
    dead = (OutboxState.FAILED, OutboxState.STOPPED, OutboxState.CANCELLED)
    open_ones = Ping.objects.filter(outcome="", bounced_at=None, message__state__in=dead)
    open_ones = open_ones.exclude(campaign__operation__in=stopped_in(FUNCTION))
    return sum(
        Ping.objects.filter(pk=one.pk, bounced_at=None).update(
            bounced_at=now, problem=one.message.problem if one.message else ""
        )
        for one in open_ones.select_related("message")[:_AT_ONCE]
    )


def decide_due(now: datetime) -> int:
    """Write down the outcome of those whose time is over; how many."""
    over = Ping.objects.filter(outcome="", deadline__lt=now).select_related("campaign")
    over = over.exclude(campaign__operation__in=stopped_in(FUNCTION))
    return sum(settle(one, now) for one in over.order_by("deadline")[:_AT_ONCE])


@transaction.atomic
def settle(ping: Ping, now: datetime) -> bool:
    """Write down the outcome of one, if there is one by now, with its entry in the ledger; whether it is another than
    before. "Silent" becomes "late" when the right office answers after all."""
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


# --- what came of them ---------------------------------------------------------------------------------------------


def totals(campaign: Campaign) -> pinging.Totals:
    """What all members may see."""
    decided = campaign.pings.exclude(outcome="").values_list("office__actor__code", "office__role", "outcome")
    return pinging.totals(_pinged(decided))


def _pinged(rows: Iterable[tuple[str, str, str]]) -> Iterator[pinging.Pinged]:
    return (pinging.Pinged(party, Role(role), pinging.Outcome(outcome)) for party, role, outcome in rows)


def of_member(who: Member, campaign: Campaign) -> Sequence[Ping]:
    """What came of one's own: private to the office. The network's team sees all of them."""
    pings = campaign.pings.select_related("office__actor", "nomination", "campaign").order_by("office", "place")
    return list(pings if who.may(RUN) else pings.filter(office__actor__in=[one.pk for one in who.actors]))
