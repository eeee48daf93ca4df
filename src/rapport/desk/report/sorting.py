"""What is done with a report besides deciding: how urgent it is, to whom it goes, who sent it, what they are asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from rapport.accounts.permissions import Permission
from rapport.desk import senders
from rapport.desk.forms import DraftForm
from rapport.desk.line import done_before, in_place
from rapport.desk.page import attempt, local_time, one_report, to, whole
from rapport.desk.queue import escalation
from rapport.desk.queue.pages import go_on
from rapport.desk.report import parts
from rapport.desk.report.page import first_draft, page
from rapport.desk.sending.ask import ask
from rapport.desk.templatetags.desk import called
from rapport.errors import Conflict, Refused
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.reports.models import Report
from rapport.values import Trust


@require_POST
@needs(Permission.DESK_REPORT_TRIAGE)
@local_time
def urgency(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    report, steps = one_report(operation, ref), whole(request.POST.get("urgency", ""))
    return _changed(request, report, parts.PRIORITY, lambda: escalation.prioritise(person(request), report, steps))


@require_POST
@needs(Permission.DESK_REPORT_TRIAGE)
@local_time
def to_verifier(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    report, reason = one_report(operation, ref), request.POST.get("reason", "")
    return _passed_on(
        request, report, lambda: escalation.escalate(person(request), report, reason), "Passed to a verifier."
    )


@require_POST
@needs(Permission.DESK_REPORT_TRIAGE)
@local_time
def to_translators(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    report, reason = one_report(operation, ref), request.POST.get("reason", "")
    return _passed_on(
        request,
        report,
        lambda: escalation.to_translators(person(request), report, reason),
        "Passed to the translators.",
    )


@require_POST
@needs(Permission.DESK_SENDER_TRUST)
@local_time
def trust(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """How far the sender of this report is trusted."""
    report, reason = one_report(operation, ref), request.POST.get("reason", "")

    def act() -> None:
        wanted = request.POST.get("trust", "")
        if report.sender is None or wanted not in list(Trust):
            raise Refused("trust", "Choose trusted, unknown or blocked.", field="trust")
        senders.set_trust(person(request), report.sender, Trust(wanted), reason)
        if wanted == Trust.BLOCKED:
            for event in senders.rests_on_too_few(report.sender):
                messages.warning(
                    request, f"{called(event)} is corroborated, and has too few independent senders now: look at it."
                )

    return _changed(request, report, parts.SENDER, act, why=reason)


@require_POST
@needs(Permission.DESK_SENDER_ASK)
@local_time
def ask_sender(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """Puts a question into the outbox: one's own words, or the ready one that was chosen."""
    report, language = one_report(operation, ref), request.POST.get("language", "")
    text, ready = request.POST.get("question", "").strip(), request.POST.get("ready", "")
    if not text and ready in operation.languages:
        text, language = operation.replies.get(ready, {}).get("ask_place", ""), ready
    return _changed(
        request,
        report,
        parts.CONVERSATION,
        lambda: ask(person(request), report, text, language, _uuid(request.POST.get("form_id", ""))),
        typed=text,
        ask_in=language,
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def _changed(request: HttpRequest, report: Report, part: str, act: Callable[[], object], **typed: Any) -> HttpResponse:
    """Does it, and shows that part of the page anew; what was typed stays there if it cannot be."""
    wrong = ""
    try:
        if not done_before(request):
            act()
    except Conflict as conflict:
        wrong = str(conflict)
    except Refused as refused:
        wrong = refused.remedy
    report = one_report(report.operation, report.ref)
    if in_place(request):
        return parts.answer(request, part, report, person(request), **(typed | {"wrong": wrong} if wrong else {}))
    if not wrong:
        return to("desk_report", report.operation.slug, report.ref)
    messages.error(request, wrong)
    form = DraftForm(report.operation, initial=first_draft(report))
    return page(request, report, form, status=400, more=typed)


def _passed_on(request: HttpRequest, report: Report, act: Callable[[], object], said: str) -> HttpResponse:
    """Somebody else works on it now; this person goes on with the next report."""
    if attempt(request, act, said):
        return go_on(request, report.operation)
    return to("desk_report", report.operation.slug, report.ref)
