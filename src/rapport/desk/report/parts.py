"""Parts of a report's page that change alone: each is shown within the page, and by itself to the page's script."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import senders
from rapport.desk.page import decisions_of, last_undoable, lines, recent
from rapport.desk.queue import priority, ranks
from rapport.desk.queue.leases import by_arrival
from rapport.desk.sending import ask
from rapport.desk.sending.thread import thread
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report, Standing, SuggestionKind
from rapport.values import Trust

#: The name of each part: its template desk/_NAME.html, and the id of its section.
TRANSLATIONS, PRIORITY, CONVERSATION, SENDER = "translations", "priority", "conversation", "sender"
BY_ARRIVAL = "The order of the queue is stopped here: reports come in the order in which they arrived."
_DECIDED = "decided"  # follows each of them in an answer


def answer(request: HttpRequest, name: str, report: Report, who: Person, **more: Any) -> HttpResponse:
    """One part alone, as it is now, and what was decided until now: else “undo” would stay what it was before. `more`
    holds what was typed and what is wrong with it."""
    context = {
        "operation": report.operation,
        "report": report,
        "waiting": report.standing == Standing.WAITING,
        "may_decide": who.may(Permission.DESK_REPORT_TRIAGE, report.operation_id),
        **_CONTEXTS[name](report, who),
        **_decided(report, who),
        **more,
    }
    shown = [render_to_string(f"desk/_{part}.html", context, request) for part in (name, _DECIDED)]
    return HttpResponse("".join(shown), status=400 if more.get("wrong") else 200)


def everything(report: Report, who: Person) -> dict[str, Any]:
    """What all parts need, for the whole page."""
    parts = {key: value for context in _CONTEXTS.values() for key, value in context(report, who).items()}
    return parts | _decided(report, who)


def _decided(report: Report, who: Person) -> dict[str, Any]:
    shown = recent(who, report.operation)
    return {
        "history": lines(who, decisions_of(report.operation, who).filter(report_id=report.pk)),
        "recent": shown,
        "undo_key": last_undoable(shown),
    }


def _translations(report: Report, who: Person) -> dict[str, Any]:
    return {
        "translations": report.translations.select_related("person").order_by("-id"),
        "may_translate": who.may(Permission.DESK_REPORT_TRANSLATE, report.operation_id),
    }


def _priority(report: Report, who: Person) -> dict[str, Any]:
    hours = max(0.0, (timezone.now() - report.received_at).total_seconds() / 3600)
    weights, trusted = report.operation.queue, ranks.trusted(report)
    passed: dict[str, Decision] = {}
    if report.for_verifier or report.for_translator:
        kinds = (DecisionKind.ESCALATE, DecisionKind.TRANSLATORS)
        for decision in decisions_of(report.operation, who).filter(report_id=report.pk, kind__in=kinds):
            passed.setdefault(decision.kind, decision)
    by_hand = bool(ranks.set_by_hand(report.operation_id, [report.pk]))
    heard = 0 if by_hand else report.urgency_heard
    by_words = priority.by_words(weights, report.urgency, heard)
    return {
        "sum": BY_ARRIVAL
        if by_arrival(report.operation_id)
        else priority.explained(weights, report.urgency, report.people, trusted, hours, heard),
        "formula": priority.formula(weights),
        "urgencies": list(enumerate(priority.URGENCIES)),
        "urgency": priority.URGENCIES[report.urgency],
        "by_hand": by_hand,
        "heard": priority.URGENCIES[heard] if by_words else "",
        "heard_why": report.suggestions.filter(kind=SuggestionKind.URGENCY).first(),
        "escalation": passed.get(DecisionKind.ESCALATE) if report.for_verifier else None,
        "to_translate": passed.get(DecisionKind.TRANSLATORS) if report.for_translator else None,
    }


def _conversation(report: Report, who: Person) -> dict[str, Any]:
    operation = report.operation
    ready = {code: operation.replies.get(code, {}).get("ask_place", "") for code in operation.languages}
    return {
        "thread": thread(report),
        "why_not": ask.why_not(report),
        "ready": [(code, text) for code, text in ready.items() if text],
        "ask_in": _language_of(report),
        "question_length": ask.LONGEST,
        "form_id": uuid.uuid4(),
        "may_ask": who.may(Permission.DESK_SENDER_ASK, operation.pk),
    }


def _language_of(report: Report) -> str:
    """The language in which the sender is most likely read."""
    suggested = report.suggestions.filter(kind=SuggestionKind.LANGUAGE).order_by("-score").first()
    sender = report.sender.language if report.sender else ""
    for code in (report.language_said, sender, suggested.value.get("code", "") if suggested else ""):
        if code in report.operation.languages:
            return code
    return report.operation.language


def _sender(report: Report, who: Person) -> dict[str, Any]:
    sender = report.sender
    return {
        "record": senders.record_of(sender) if sender else None,
        "trusts": list(Trust),
        "may_trust": who.may(Permission.DESK_SENDER_TRUST, report.operation_id),
        "why_trust": decisions_of(report.operation, who).filter(kind=DecisionKind.TRUST, sender_id=sender.pk).first()
        if sender and sender.trust != Trust.UNKNOWN
        else None,
    }


_CONTEXTS: Mapping[str, Callable[[Report, Person], dict[str, Any]]] = {
    TRANSLATIONS: _translations,
    PRIORITY: _priority,
    CONVERSATION: _conversation,
    SENDER: _sender,
}
