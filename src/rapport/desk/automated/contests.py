"""What people say against an automated function: kept, listed on the desk, answered by one of the team."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.actions import words
from rapport.desk.books import allow, decide, moment
from rapport.errors import Conflict, Refused
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight import register
from rapport.oversight.models import Contest, DecisionKind
from rapport.reports.models import Report, Suggestion

LONGEST = 2_000  # characters of what somebody says
LONGEST_ABOUT = 60  # of a reference
_LONGEST_SAID = 300


@dataclass(frozen=True, slots=True)
class Said:
    """A contest as the desk lists it: with the report or event it names, where there is one."""

    contest: Contest
    name: str  # of the function
    report_ref: str
    event_ref: str


def contest(operation: Operation, function_id: str, text: str, about: str = "", ref: str = "") -> Contest:
    """A reader says that a function was wrong. `ref`: by which they find the answer; sent twice it is one contest.
    Refused for a function that is none, for nothing or too much said."""
    text, about = text.strip(), about.strip()
    if register.find(function_id) is None:
        raise Refused("function", "Choose one of the list.", field="function")
    if not text or len(text) > LONGEST or "\0" in text:
        raise Refused("text", f"Write what is wrong, in at most {LONGEST} characters.", field="text")
    if len(about) > LONGEST_ABOUT or "\0" in about:
        raise Refused("about", f"A reference has at most {LONGEST_ABOUT} characters.", field="about")
    known = {"operation": operation, "function": function_id, "text": text, "about": about}
    made, _ = Contest.objects.get_or_create(ref=ref or secrets.token_hex(13), defaults=known)
    # The page of another operation was kept and its address changed: said there and here, it is said twice.
    return made if made.operation_id == operation.pk else Contest.objects.create(ref=secrets.token_hex(13), **known)


def contest_suggestion(person: Person, report: Report, suggestion: Suggestion, said: str) -> Contest:
    """One of the team says that a suggestion is wrong; `said`: what it was, in words. Conflict if they said so."""
    allow(person, Permission.DESK_REPORT_READ, report.operation_id)
    function = register.by_kind(suggestion.kind)
    try:
        with transaction.atomic():
            return Contest.objects.create(
                operation_id=report.operation_id, function=function.id, ref=secrets.token_hex(13), about=report.ref,
                suggestion_id=suggestion.pk, said=said[:_LONGEST_SAID], person=person,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("You have contested this already.") from error


def answer(person: Person, contest: Contest, text: str) -> Contest:
    """What the team says to it; whoever has the reference reads it. Conflict if somebody answered before."""
    allow(person, Permission.DESK_CONTEST_ANSWER, contest.operation_id)
    text = words("answer", text)
    with transaction.atomic():
        now = Contest.objects.select_for_update(of=("self",)).select_related("answered_by").get(pk=contest.pk)
        if now.answered_at is not None and now.answered_by is not None:
            raise Conflict(f"{now.answered_by.shown_name} answered this, {moment(now.answered_at)}.")
        now.answered_at, now.answered_by, now.answer = timezone.now(), person, text
        now.save(update_fields=["answered_at", "answered_by", "answer"])
        decide(
            person,
            now.operation_id,
            DecisionKind.ANSWER_CONTEST,
            reason=text,
            before={"function": now.function, "contest": now.ref, "state": "open"},
            after={"function": now.function, "contest": now.ref, "state": "answered"},
        )
    return now


def open_ones(operation: Operation) -> QuerySet[Contest]:
    """Those that nobody has answered, the oldest first."""
    return Contest.objects.filter(operation=operation, answered_at__isnull=True).select_related("person").order_by("pk")


def answered(operation: Operation) -> QuerySet[Contest]:
    """The others, the last one answered first."""
    done = Contest.objects.filter(operation=operation, answered_at__isnull=False)
    return done.select_related("person", "answered_by").order_by("-answered_at")


def listed(operation: Operation, contests: list[Contest]) -> list[Said]:
    """With what they name, in two queries. A reference that is none of ours stays words."""
    refs = {one.about.strip().lower() for one in contests if one.about}
    reports = set(Report.objects.filter(operation=operation, ref__in=refs).values_list("ref", flat=True))
    events = set(Event.objects.filter(operation=operation, ref__in=refs).values_list("ref", flat=True))
    return [_said(one, reports, events) for one in contests]


def _said(one: Contest, reports: set[str], events: set[str]) -> Said:
    function, about = register.find(one.function), one.about.strip().lower()
    return Said(
        one,
        function.name if function else one.function,
        about if about in reports else "",
        about if about in events else "",
    )
