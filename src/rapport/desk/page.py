"""What the pages of the desk have in common: the operation's time, decisions as lines, actions tried and told."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.naming import names as naming
from rapport.desk.queue.leases import PARTS, DeskFilters
from rapport.desk.record.outlook import allow_undo, judged_now
from rapport.desk.sending import outbox
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events.models import Event
from rapport.operations.access import needs
from rapport.operations.models import Operation
from rapport.operations.translated import translated
from rapport.oversight import register
from rapport.oversight.models import OF_MANAGING, Decision, DecisionKind
from rapport.reports.models import Report

P = ParamSpec("P")
RECENT = 6  # decisions shown beside the work
PASSED_S, PASSED_MOST = 3600, 200  # how long and how many reports passed by are remembered [ours]
LOOKED_AT = 5_000


def local_time(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """The page speaks and reads times in the operation's time zone; stands below the decorator that finds it."""

    @wraps(view)
    def shown(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        operation = cast(Operation, kwargs["operation"])
        with timezone.override(ZoneInfo(operation.time_zone)):
            return view(request, *args, **kwargs)

    return shown


def one_report(operation: Operation, ref: str) -> Report:
    """The report of this reference; 404 if the operation has none."""
    reports = Report.objects.select_related("operation", "source", "sender")
    return get_object_or_404(reports, operation=operation, ref=ref)


def one_event(operation: Operation, ref: str) -> Event:
    """The event of this reference, as it is or as somebody typed it; 404 if the operation has none."""
    events = Event.objects.select_related("operation", "merged_into")
    return get_object_or_404(events, operation=operation, ref=ref.strip().lower())


def page_of(path: str) -> str:
    """The page of the one report or event that this address of the desk belongs to, "" for any other address."""
    found = re.match(r"/[^/]+/desk/(?:reports|events)/[^/]+/", path)
    return found[0] if found else ""


@needs(Permission.DESK_REPORT_READ)
def page_instead(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Whoever opens the address of a decision as a page, by a reload perhaps, gets the page that it is about."""
    return HttpResponseRedirect(page_of(request.path))


def whole(text: str) -> int | None:
    """A whole number as our own forms and addresses write it, else None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def to(name: str, *args: Any) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(name, args=args))


def back(request: HttpRequest, otherwise: str) -> HttpResponseRedirect:
    """To the page that the form was on, if it says so and it is one of ours."""
    wanted = request.POST.get("back", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return HttpResponseRedirect(wanted if ours else otherwise)


def attempt(request: HttpRequest, action: Callable[[], object], said: str) -> bool:
    """Does it and says so, or says what stands in its way; whether it was done."""
    try:
        action()
    except Conflict as conflict:
        messages.warning(request, translated(str(conflict)))
    except Refused as refused:
        messages.error(request, translated(refused.remedy))
    else:
        messages.success(request, said)
        return True
    return False


# --- filters of the queue, kept while a person works through it ----------------------------------------------------


def filters_of(query: QueryDict) -> DeskFilters:
    """The filters in an address or a form; a part that nobody knows is none."""
    part = query.get("part", "")
    return DeskFilters(
        query.get("source", "")[:60],
        query.get("language", "")[:12],
        query.get("text", "").strip()[:100],
        part if part in PARTS else "",
        query.get("answer", "")[:81],  # a field's code and a choice's
    )


def filter_query(filters: DeskFilters) -> str:
    """The same filters as an address holds them, "" for none."""
    return urlencode({name: value for name, value in asdict(filters).items() if value})


def keep_filters(request: HttpRequest, operation: Operation, filters: DeskFilters) -> None:
    kept = list(astuple(filters))
    if request.session.get(f"desk-{operation.pk}") != kept:
        request.session[f"desk-{operation.pk}"] = kept


def kept_filters(request: HttpRequest, operation: Operation) -> DeskFilters:
    return DeskFilters(*request.session.get(f"desk-{operation.pk}", ()))


def queue_address(request: HttpRequest, operation: Operation) -> str:
    """The queue, in the part of it that this person works on."""
    query = filter_query(kept_filters(request, operation))
    return reverse("desk", args=[operation.slug]) + (f"?{query}" if query else "")


# --- reports passed by ---------------------------------------------------------------------------------------------


def pass_by(request: HttpRequest, operation: Operation) -> Report | None:
    """The report that this person passes by, named by `after`, if any. It is noted: others are given it, they
    themselves not for an hour, unless nothing else is left."""
    report = Report.objects.filter(operation=operation, ref=request.POST.get("after", "")).first()
    if report is None:
        return None
    key, now = f"passed-{report.operation_id}", int(time.time())
    kept = [[pk, at] for pk, at in request.session.get(key, []) if now - at < PASSED_S and pk != report.pk]
    request.session[key] = [*kept, [report.pk, now]][-PASSED_MOST:]
    return report


def passed_by(request: HttpRequest, operation: Operation) -> frozenset[int]:
    """What this person has passed by lately."""
    now = time.time()
    return frozenset(pk for pk, at in request.session.get(f"passed-{operation.pk}", []) if now - at < PASSED_S)


# --- decisions as lines --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A decision as it is shown: what it was about, whether it still stands, whether this person may take it back."""

    decision: Decision
    label: str
    report_ref: str
    event: Event | None
    other: Event | None  # merged into the event, or split off from it
    undone_by: Decision | None
    undoable: bool
    mine: bool


def lines(person: Person, decisions: Iterable[Decision]) -> list[Line]:
    """The decisions with their subjects, in few queries."""
    chosen = list(decisions)
    reports = dict(Report.objects.filter(pk__in={d.report_id for d in chosen}).values_list("pk", "ref"))
    about = {pk for d in chosen for pk in (d.event_id, d.other_event_id) if pk}
    events = Event.objects.prefetch_related("categories").in_bulk(about)
    judged = judged_now(chosen)
    undone = {undo.undoes_id: undo for undo in Decision.objects.filter(undoes__in=chosen).select_related("person")}
    return [
        Line(
            decision=decision,
            label=_label(decision),
            report_ref=reports.get(decision.report_id or 0, ""),
            event=events.get(decision.event_id or 0),
            other=events.get(decision.other_event_id or 0),
            undone_by=undone.get(decision.pk),
            undoable=decision.pk not in undone and _may_undo(person, decision, judged),
            mine=decision.person_id == person.pk,
        )
        for decision in chosen
    ]


def _response(kept: Mapping[str, str | None]) -> str:
    """A response as a decision keeps it, and who takes care of it."""
    return f"{kept['response']} ({kept['response_by']})" if kept["response_by"] else str(kept["response"])


def _label(decision: Decision) -> str:
    label = str(DecisionKind(decision.kind).label)
    if decision.kind == DecisionKind.PUBLISH:
        return f"{decision.before['publication']} → {decision.after['publication']}"
    if decision.kind == DecisionKind.VERIFY:
        return f"{decision.before['status']} → {decision.after['status']}"
    if decision.kind == DecisionKind.TRUST:
        return f"sender {str(decision.sender_id)[:6]} {decision.before['trust']} → {decision.after['trust']}"
    if decision.kind == DecisionKind.SENDING:
        return outbox.label(decision)
    if decision.kind == DecisionKind.SHOW_FILE:
        shown = decision.after["shown_in"] is not None
        return f"{'showed readers' if shown else 'took back'} file {decision.after['number']}"
    if decision.kind == DecisionKind.RESPOND:
        return f"response {_response(decision.before)} → {_response(decision.after)}"
    if decision.kind in (DecisionKind.STOP_FUNCTION, DecisionKind.RESUME_FUNCTION, DecisionKind.ANSWER_CONTEST):
        function = register.find(decision.after["function"])
        return f"{label}: {function.name if function else decision.after['function']}"
    if decision.kind == DecisionKind.ALERT:
        return f"{decision.after['became']} the alert {decision.after['alert']}"
    if decision.kind in (DecisionKind.BULK, DecisionKind.REGISTRY, DecisionKind.CONTACT):
        return str(decision.after["said"])
    if decision.kind in (DecisionKind.NAME_PLACE, DecisionKind.NO_PLACE):
        return naming.label(decision)
    if decision.kind == DecisionKind.UNDO:
        what = _label(decision.undoes) if decision.undoes is not None else str(decision.after.get("said", ""))
        left = decision.after.get("left") if "undone" in decision.after else 0
        return f"{label}: {what}" + (
            f" ({decision.after['undone']} of them; {left} touched since and left alone)" if left else ""
        )
    return label


def _may_undo(person: Person, decision: Decision, judged: Container[int]) -> bool:
    try:
        allow_undo(person, decision, judged)
    except (NotAllowed, Conflict):
        return False
    return True


def recent(person: Person, operation: Operation) -> Sequence[Line]:
    """The last things that people decided by hand about reports and events, the newest first. Only the latest few
    thousand are looked at: behind the effects of a large import there is nothing that anybody waits to undo."""
    newest = Decision.objects.filter(operation=operation).order_by("-id").values_list("pk", flat=True).first() or 0
    by_hand = decisions_of(operation, person).filter(pk__gt=newest - LOOKED_AT, batch__isnull=True)
    by_hand = by_hand.exclude(kind__in=OF_MANAGING)
    return lines(person, by_hand.exclude(order_id__isnull=False, kind=DecisionKind.ACCEPT)[:RECENT])


def decisions_of(operation: Operation, who: Person) -> QuerySet[Decision]:
    """Everything decided in an operation that this person may know of, the newest first. That somebody wrote to another
    State is for those who approve its offices; so is, in a network, who belongs to which."""
    found = Decision.objects.filter(operation=operation).select_related("person", "undoes").order_by("-id")
    if who.may(Permission.CONTACTS_OFFICE_APPROVE, operation.pk):
        return found
    hidden = {DecisionKind.CONTACT} | ({DecisionKind.ORGANISATION} if operation.kind == "network" else set())
    return found.exclude(kind__in=hidden)


def last_undoable(shown: Sequence[Line]) -> Line | None:
    """What "undo" on the keyboard means: this person's newest decision that still stands, never a signature."""
    mine = (line for line in shown if line.mine and line.undoable and line.decision.kind != DecisionKind.SIGN)
    return next(mine, None)
