"""A round of pings is started by a person, and stopped. The worker does the rest (running.py).

Raises NotAllowed, Refused (what was given cannot be) or Conflict.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from rapport.accounts.permissions import Permission
from rapport.contacts import pinging
from rapport.contacts.members import Member
from rapport.contacts.model import Means, Role
from rapport.contacts.models import Campaign, Nomination, Ping, State
from rapport.contacts.pings import aiming, post
from rapport.contacts.records import opened
from rapport.errors import BadDefinition, Conflict, NotAllowed, Refused
from rapport.oversight import keys
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.values import Sentence

RUN = Permission.CONTACTS_PING_RUN
#: Shortest and longest window [ours], and time to answer in hours.
LEAST, MOST = timedelta(hours=1), timedelta(days=92)
HOURS = range(1, 24 * 14 + 1)


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
            why = Sentence(
                "Nothing can go by %(means)s now: %(problem)s Set it up, or leave it out.",
                means=means,
                problem=Sentence(problem),
            )
            raise Refused("means", why, field="means")
    current = Nomination.objects.filter(office__operation=who.operation, state=State.APPROVED, closes=False)
    known = {
        one.office.code: (one, opened(one.sealed))
        for one in current.filter(office__role__in=[role.value for role in terms.roles]).select_related("office__actor")
        if aiming.is_pinged(one.office, now)
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
             place=aiming.place_of(record, each.channel), due_at=each.at)
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
