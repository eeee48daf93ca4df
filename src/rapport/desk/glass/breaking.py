"""A custodian breaks the glass, looks through it, and somebody ends it. Each stands in the ledger; leads and other
custodians get a notice in the transaction in which the glass breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from rapport import plugins
from rapport.accounts.models import Person
from rapport.accounts.permissions import ROLE_PERMISSIONS, Permission
from rapport.desk.actions import words
from rapport.desk.books import allow, decide, moment
from rapport.desk.standing_orders.rules import if_visible
from rapport.errors import Conflict, Refused
from rapport.events.models import Event, EventReport
from rapport.operations.models import Operation
from rapport.oversight.ledger import entries
from rapport.oversight.models import DecisionKind, Glass, GlassNotice
from rapport.reports.models import Report, Sender
from rapport.text.personal import has_contact_data
from rapport.values import Address, Json

BREAK, WATCH = Permission.OVERSIGHT_GLASS_BREAK, Permission.OVERSIGHT_GLASS_WATCH
#: For how many hours: the first unless somebody says otherwise, the last at most [ours].
HOURS = (1, 2, 4, 8, 24)
#: A reason that others can judge takes some words [ours].
LEAST_WORDS = 3


_WAYS = {"tel": "Telephone", "whatsapp": "WhatsApp", "email": "E-mail", "rcs": "RCS", "name": "Name or short number"}


@dataclass(frozen=True, slots=True)
class Reached:
    """A sender behind the glass, and which reports came from them. No address: it was destroyed, or (no sender) none
    came. Its text shows no address (values.Address)."""

    sender: Sender | None
    address: Address | None
    refs: Sequence[str]

    @property
    def way(self) -> str:
        """The kind of address, as people call it."""
        kind = self.address.kind if self.address else ""
        return _WAYS.get(kind, kind.capitalize())

    @property
    def href(self) -> str:
        """What a telephone or a mail program opens, "" for other ways."""
        scheme = {"tel": "tel", "email": "mailto"}.get(self.address.kind, "") if self.address else ""
        return f"{scheme}:{self.address.value}" if self.address and scheme else ""


@dataclass(frozen=True, slots=True)
class Look:
    """What was shown, under which glass."""

    glass: Glass
    reached: Sequence[Reached]


# --- breaking and ending -------------------------------------------------------------------------------------------


def break_glass(person: Person, thing: Report | Event, reason: str, hours: int = HOURS[0]) -> Glass:
    """From now on this person sees how the senders of a report or an event can be reached. Refused for too short a
    reason or too long a time; Conflict if they have broken it already, or nobody can be reached."""
    allow(person, BREAK, thing.operation_id)
    reason = _reason(reason)
    if hours not in HOURS:
        raise Refused("hours", f"Choose one of {', '.join(map(str, HOURS))} hours.", field="hours")
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)  # of two clicks one breaks it
        reports = _reports(thing)
        if not any(one.address for one in _grouped(reports)):
            raise Conflict("Nobody can be reached here: no address came, or it was destroyed.")
        if (already := standing(person, thing)) is not None:
            raise Conflict(f"You have broken it already, until {moment(already.until)}.")
        now = timezone.now()
        until = now + timedelta(hours=hours)
        decision = decide(
            person, thing.operation_id, DecisionKind.BREAK_GLASS, reason=reason, before={},
            after={"until": until.isoformat()}, **_subject(thing),
        )  # fmt: skip
        made = Glass.objects.create(
            operation_id=thing.operation_id, person=person, decision=decision, at=now, until=until,
            reports=[one.pk for one in reports], **_subject(thing),
        )  # fmt: skip
        told = watchers(thing.operation_id).exclude(pk=person.pk)
        GlassNotice.objects.bulk_create([GlassNotice(glass=made, person=one) for one in told])
        _enter(made, person, "broken", {"hours": hours, **_which(made)})
    return made


def end(person: Person, glass: Glass) -> None:
    """Nothing more is shown from the next request on. By whoever broke it, a lead, or another custodian. Conflict if it
    is over."""
    allow(person, WATCH, glass.operation_id)
    with transaction.atomic():
        now = timezone.now()
        open_now = Glass.objects.filter(pk=glass.pk, ended_at=None, until__gt=now)
        if not open_now.update(ended_at=now, ended_by=person):
            raise Conflict("It is over already.")
        decide(
            person, glass.operation_id, DecisionKind.MEND_GLASS, report_id=glass.report_id, event_id=glass.event_id,
            before={"until": glass.until.isoformat()}, after={},
        )  # fmt: skip
        _enter(glass, person, "ended")


def see(person: Person, glass: Glass) -> None:
    """This person knows of it: the notice leaves their pages."""
    allow(person, WATCH, glass.operation_id)
    with transaction.atomic():
        notice, _ = GlassNotice.objects.get_or_create(glass=glass, person=person)
        GlassNotice.objects.filter(pk=notice.pk, seen_at=None).update(seen_at=timezone.now())


def _reason(text: str) -> str:
    reason = if_visible(words("reason", text))
    if len(reason.split()) < LEAST_WORDS:
        raise Refused("reason", f"Say why in at least {LEAST_WORDS} words: others will judge it.", field="reason")
    if has_contact_data(reason):
        raise Refused("reason", "The whole team reads it: take out the number or address.", field="reason")
    return reason


# --- looking -------------------------------------------------------------------------------------------------------


def look(person: Person, thing: Report | Event) -> Look | None:
    """How the senders can be reached, for a person with an open glass; None for everybody else. Of an event, those of
    the reports that it had when the glass was broken. Counted and entered in the ledger with each page that shows it:
    what cannot be written down is not shown."""
    if standing(person, thing) is None:
        return None
    with transaction.atomic():
        glass = standing(person, thing, lock=True)  # it may have ended meanwhile
        if glass is None:
            return None
        Glass.objects.filter(pk=glass.pk).update(looks=F("looks") + 1, last_look=timezone.now())
        reached = _grouped([one for one in _reports(thing) if one.pk in _behind(glass)])
        senders: dict[str, Json] = {"senders": sum(one.address is not None for one in reached)}
        _enter(glass, person, "looked", {**senders, **_named(thing)})
    return Look(glass, reached)


def standing(person: Person, thing: Report | Event, lock: bool = False) -> Glass | None:
    """The open glass through which this person sees the thing: its own, for a report that of its event too. None once
    they may break none any more."""
    if not person.may(BREAK, thing.operation_id):
        return None
    about = Q(**_subject(thing))
    if isinstance(thing, Report):
        about |= Q(event_id__in=EventReport.objects.filter(report=thing).values("event_id"))
    mine = open_now(thing.operation_id).filter(about, person=person).order_by("-until")
    found = mine.select_for_update() if lock else mine
    return next((one for one in found if isinstance(thing, Event) or thing.pk in _behind(one)), None)


def _behind(glass: Glass) -> Set[int]:
    return frozenset(glass.reports or ())


def _reports(thing: Report | Event) -> list[Report]:
    about = Q(pk=thing.pk) if isinstance(thing, Report) else Q(link__event=thing)
    return list(Report.objects.filter(about).select_related("sender").order_by("pk"))


def _grouped(reports: Sequence[Report]) -> list[Reached]:
    """Each sender once, in the order in which they first wrote."""
    grouped: dict[str, list[Report]] = {}
    for report in reports:
        grouped.setdefault(report.sender_id or f"none {report.pk}", []).append(report)
    return [_reached(some[0].sender, [one.ref for one in some]) for some in grouped.values()]


def _reached(sender: Sender | None, refs: Sequence[str]) -> Reached:
    return Reached(sender, sender.address if sender is not None and not sender.destroyed_at else None, refs)


# --- who is told ---------------------------------------------------------------------------------------------------


def open_now(operation_id: int) -> QuerySet[Glass]:
    return Glass.objects.filter(operation_id=operation_id, ended_at=None, until__gt=timezone.now())


def watchers(operation_id: int) -> QuerySet[Person]:
    """Everybody who must know of a broken glass in this operation."""
    roles = [role.value for role, may in ROLE_PERMISSIONS.items() if WATCH in may]
    held = Person.objects.filter(is_active=True, memberships__operation_id=operation_id, memberships__role__in=roles)
    return held.distinct()


def unseen(person: Person, operation: Operation) -> QuerySet[Glass]:
    """What this person must know of and has not said that they know, the newest first: what they were told, and what
    is open of others, should they have come later."""
    if not person.may(WATCH, operation.pk):
        return Glass.objects.none()
    told = Q(pk__in=GlassNotice.objects.filter(person=person, seen_at=None).values("glass_id"))
    knows = GlassNotice.objects.filter(person=person).values("glass_id")
    news = Q(ended_at=None, until__gt=timezone.now()) & ~Q(person=person) & ~Q(pk__in=knows)
    found = Glass.objects.filter(told | news, operation=operation)
    return found.select_related("person", "decision", "ended_by").order_by("-pk")


# --- the ledger ----------------------------------------------------------------------------------------------------


def _subject(thing: Report | Event) -> dict[str, int | None]:
    report = isinstance(thing, Report)
    return {"report_id": thing.pk if report else None, "event_id": None if report else thing.pk}


def _named(thing: Report | Event) -> dict[str, Json]:
    return {"report" if isinstance(thing, Report) else "event": thing.pk}


def _enter(glass: Glass, person: Person, became: str, more: dict[str, Json] | None = None) -> None:
    entries.glass(glass.operation_id, {**_said(glass), "person": person.pk, "became": became, **(more or {})})


def _said(glass: Glass) -> dict[str, Json]:
    about: dict[str, Json] = {"report": glass.report_id} if glass.report_id else {"event": glass.event_id}
    return {**about, "glass": glass.pk}


def _which(glass: Glass) -> dict[str, Json]:
    """Of a glass of an earlier version no entry says it."""
    return {} if glass.reports is None else {"reports": glass.reports}


def recorded() -> Iterator[plugins.Recorded]:
    """Every glass, as the ledger must have it; who looked how often is no part of that."""
    for glass in Glass.objects.order_by("pk").iterator():
        said, hours = _said(glass), (glass.until - glass.at) / timedelta(hours=1)
        steps = {"broken": (glass.at, {"person": glass.person_id, "hours": hours, **_which(glass), **said})}
        if glass.ended_at is not None:
            steps["ended"] = (glass.ended_at, {"person": glass.ended_by_id, **said})
        yield plugins.Recorded(glass.pk, glass.operation_id, steps)


def over_since(glass: Glass) -> datetime:
    """The moment at which it ended, or will."""
    return min(glass.until, glass.ended_at or glass.until)
