"""What changed of late in who speaks for a party: for those who still do, for those who do not any more, and for the
other side of a case, which may be talking to other people than before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import NETWORK_TEAM
from rapport.contacts.members import Member, speaking
from rapport.contacts.models import Representative
from rapport.oversight.models import Decision, DecisionKind
from rapport.registry.models import Actor

#: For how long it stands on the duty view that somebody speaks for the party no more [ours].
LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody spoke for a party and does so no more. `by`: who ended it, of the party or of the network's team."""

    person: Person
    party: str
    at: datetime
    by: Person


def gone(who: Member) -> list[Gone]:
    """Of one's own parties, what others ended of late, the last first."""
    since = timezone.now() - LATELY
    there = set(speaking(who.operation.pk).values_list("person", "actor"))
    spoke = Representative.objects.filter(actor__in=who.actors, confirmed_at__isnull=False)
    spoke = spoke.select_related("person", "ended_by", "actor").order_by("pk")
    found = [
        Gone(one.person, one.actor.name, one.ended_at, one.ended_by)
        for one in spoke
        if one.ended_at and one.ended_by and one.ended_at > since and (one.person_id, one.actor_id) not in there
    ]
    for actor in who.actors:
        known = {one.person_id: one.person for one in spoke if one.actor_id == actor.pk and one.ended_at is None}
        found += [
            Gone(known[out.before["person"]], actor.name, out.at, out.person)
            for out in _taken_out(actor, since)
            if out.before["person"] in known and (out.before["person"], actor.pk) not in there
        ]
    return sorted((one for one in found if one.by != who.person), key=lambda one: one.at, reverse=True)


def last_of(who: Member) -> Gone | None:
    """Of somebody who belongs to no party here any more: which was theirs, and who took them out."""
    spoke = Representative.objects.filter(person=who.person, actor__operation=who.operation, confirmed_at__isnull=False)
    one = spoke.select_related("actor").order_by("-pk").first()
    if one is None:
        return None
    out = [each for each in _taken_out(one.actor, one.entered_at) if each.before["person"] == who.person.pk]
    return Gone(who.person, one.actor.name, out[-1].at, out[-1].person) if out else None


def _taken_out(actor: Actor, since: datetime) -> Sequence[Decision]:
    """Decisions by which people were taken out of the organisation of a party."""
    made = Decision.objects.filter(operation=actor.operation_id, kind=DecisionKind.ORGANISATION, at__gt=since)
    known = made.select_related("person").order_by("pk")
    return [
        one for one in known
        if "person" in one.before and not one.after and one.before.get("organisation") == actor.organisation_id
    ]  # fmt: skip


def team(operation_id: int) -> list[Person]:
    """Whom to call about it: the network's team."""
    held = Membership.objects.filter(operation=operation_id, role__in=NETWORK_TEAM, person__is_active=True)
    return list(Person.objects.filter(pk__in=held.values("person")).order_by("username"))


def anew(actor: Actor) -> datetime | None:
    """Since when none but new people speak for a party, by the word of the network's team, after others had spoken for
    it and nobody did any more; None where that never was so. A newcomer whom one of the party let in is no such one."""
    said = list(Representative.objects.filter(actor=actor, confirmed_at__isnull=False).order_by("confirmed_at", "pk"))
    party = {one.person_id for one in said}
    found: datetime | None = None
    for number, one in enumerate(said):
        if number and one.confirmed_by_id not in party and all(_over(each, one) for each in said[:number]):
            found = one.confirmed_at
    return found


def _over(earlier: Representative, one: Representative) -> bool:
    """Whether an earlier one had ended when another was confirmed. When somebody was taken out is not kept: then the
    others could not have been confirmed by the team."""
    if earlier.ended_at is None:
        return earlier.belonging_id is None
    return one.confirmed_at is not None and earlier.ended_at <= one.confirmed_at
