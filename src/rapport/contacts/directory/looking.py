"""Somebody is shown how an office is reached. There is no page of all of them: each look is of one office, counted,
in the ledger, and seen by the office. Who looks at more than anybody needs is stopped, and the team is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.contacts.directory.nominating import approved
from rapport.contacts.members import Member
from rapport.contacts.model import Office as Record
from rapport.contacts.models import Alarm, Look, Nomination, Office
from rapport.contacts.records import opened
from rapport.contacts.releases import item_of, released_contacts
from rapport.errors import Refused
from rapport.oversight.ledger import entries
from rapport.values import Purpose, RowRelease

WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Limit:
    """How many offices of others somebody is shown within WITHIN: the team is told from `many` on, the person stopped
    after `most`, and all who read for one organisation together after `together`."""

    many: int
    most: int
    together: int


#: A case takes two or three offices, a bad night with several cases a dozen [ours].
MEMBER = Limit(8, 15, 30)
#: The network's own team looks after all of them, some dozens a day [ours].
TEAM = Limit(40, 60, 60)


@dataclass(frozen=True, slots=True)
class Shown:
    """An office as one reader gets it, and how many more they may look at before they are stopped."""

    release: RowRelease[Record]
    nomination: Nomination
    left: int


#: Kinds of looks that are noted and not limited: at the offices of a party to which two people sent a message, for
#: whoever gets no answer needs them all; and at a nomination that waits, for who decides about it. The team is told of
#: whoever was shown more than `most` offices with them.
CASE, DECIDING = "case", "deciding"
_FREE = (CASE, DECIDING)
#: At what was said of an office of another State on a page that is for changing it: the form of a nomination, one's own
#: nomination, the lists of other networks.
CHANGING, LIST = "changing", "list"


def look(who: Member, office: Office, kind: str = "page", purpose: Purpose = Purpose.VIEW) -> Shown | None:
    """How the office is reached; None where this reader gets no such office. Refused(429) for who has looked at too
    many. `kind`: page, card, tree, export, reply, ping, or one of those above. What cannot be written down is not
    shown.

    1 what the protocol leaves · 2 the look
    """
    # 1
    current = approved(office)
    if current is None or current.closes:
        return None
    item = item_of(who.operation, office, current, opened(current.sealed))
    given = released_contacts(who, [item], purpose)
    if not given:
        return None
    # 2
    return Shown(given[0], current, noted(who, office, kind))


def noted(who: Member, office: Office, kind: str) -> int:
    """Before anything is shown of how an office is reached: how many more this person may look at. Refused as `look`.

    1 how many others this person was shown · 2 the look, in the log and the ledger · 3 the team, if they were many
    """
    limit = TEAM if who.team else MEMBER
    with transaction.atomic():
        # 1
        left = limit.most if kind in _FREE or who.speaks_for(office.actor) else _left(who, office, limit)
        # 2
        if left >= 0:
            made = Look.objects.create(office=office, person=who.person, organisation=who.organisation, kind=kind)
            entries.look(who.operation.pk, {"look": made.pk, "office": office.pk, "person": who.person.pk})
        # 3
        if limit.most - left >= limit.many or len(_seen(_late(who).filter(person=who.person))) > limit.most:
            _tell(who, Alarm.MANY)
        if left < 0:
            _tell(who, Alarm.STOPPED)
    if left < 0:
        raise Refused(
            "too_many_offices",
            "You have looked at many offices today, so no more are shown. The network's team has been told. If you "
            "need another one now, call the team.",
            status=429,
        )  # fmt: skip
    return left


def _left(who: Member, office: Office, limit: Limit) -> int:
    """How many more offices this person may look at, after this one; below 0 if not even this one."""
    Person.objects.select_for_update().get(pk=who.person.pk)  # of two requests at once both are counted
    if office.pk in (seen := _seen(others(who).filter(person=who.person))):
        return limit.most - len(seen)
    return room(who) - 1


def room(who: Member) -> int:
    """How many more offices of others this person may be shown now."""
    limit = TEAM if who.team else MEMBER
    seen = _seen(others(who).filter(person=who.person))
    together = _seen(others(who).filter(organisation=who.organisation)) if who.organisation else seen
    return min(limit.most - len(seen), limit.together - len(together))


def make_room(who: Member, offices: Sequence[Office]) -> None:
    """Before several are shown at once: Refused(429) where they are more than this person may look at, and the team is
    told. Stands outside of the transaction in which they are shown."""
    seen = _seen(others(who).filter(person=who.person))
    fresh = [one for one in offices if one.pk not in seen and not who.speaks_for(one.actor)]
    left = max(0, room(who))
    if len(fresh) <= left:
        return
    _tell(who, Alarm.STOPPED)
    raise Refused(
        "too_many_offices",
        f"You chose {len(fresh)} offices that you have not looked at today, and can be shown {left} more. Choose "
        "fewer, or ask the network's team for a copy for your organisation.",
        status=429,
    )  # fmt: skip


def others(who: Member) -> QuerySet[Look]:
    """Looks of late at offices that this person does not speak for, as far as they are limited."""
    return _late(who).exclude(kind__in=_FREE)


def _late(who: Member) -> QuerySet[Look]:
    since = timezone.now() - WITHIN
    late = Look.objects.filter(office__operation=who.operation, at__gt=since)
    return late.exclude(office__actor__in=[one.pk for one in who.actors])


def _seen(looks: QuerySet[Look]) -> set[int]:
    return set(looks.values_list("office_id", flat=True))


def _tell(who: Member, kind: str) -> None:
    """The team, once a day of each kind."""
    since = timezone.now() - WITHIN
    known = Alarm.objects.filter(operation=who.operation, person=who.person, kind=kind, at__gt=since)
    if not known.exists():
        Alarm.objects.create(operation=who.operation, person=who.person, kind=kind)


def looks_at(office: Office, since: datetime | None = None) -> Sequence[Look]:
    """Who was shown an office, the last first: for the office itself."""
    looks = Look.objects.filter(office=office).select_related("person", "organisation").order_by("-at", "-pk")
    return list(looks.filter(at__gt=since) if since else looks)
