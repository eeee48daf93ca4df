"""What the desk's templates need beside the common words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import gone
from rapport.desk.glass.breaking import unseen
from rapport.desk.glass.listing import row
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.reports.models import Report
from rapport.values import named

register = template.Library()
_ADDRESS = re.compile(r"https?://[^\s<>\"']{1,1900}")


@register.filter
def called(event: Event) -> str:
    """What colleagues call an event: its title, else category and place, else its reference."""
    if event.title:
        return event.title
    first = next(iter(event.categories.all()), None)
    parts = [named(first.names, get_language() or "en") if first else "", event.place_name]
    return ", ".join(part for part in parts if part) or f"Event {event.ref}"


@register.filter
def words_of(report: Report) -> str:
    """What the report says; of a destroyed one, since when nobody can know."""
    return report.text or (gone(report) if report.destroyed_at else "(no text)")


@register.filter
def days_since(at: datetime) -> str:
    """How long something has been so, in whole days."""
    days = max(1, (timezone.now() - at).days)
    return f"{days} day{'' if days == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Piece:
    """One line of evidence; `link` where it is nothing but an address."""

    text: str
    link: bool


@register.filter
def evidence(text: str) -> list[Piece]:
    """Evidence as it was written, line by line. An address is shown whole and never fetched."""
    pieces = [line.strip() for line in text.splitlines()]
    return [Piece(line, bool(_ADDRESS.fullmatch(line))) for line in pieces if line]


@register.filter
def of(counts: dict[int, int], key: int) -> int:
    """The number under this key, 0 where there is none."""
    return counts.get(key, 0)


@register.filter
def age(seconds: float) -> str:
    """A waiting time in its largest unit."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"


@register.simple_tag
def line_words() -> dict[str, str]:
    """What static/desk/line.js says, by the names under which it looks for it."""
    return {
        "under_way": _("What you decided is on its way, and no answer has come yet. Nothing else is sent before it."),
        "lost": _(
            "Not sent: {what}. The line is lost. Everything stays as it is here, and is sent by itself when the line"
            " is back."
        ),
        "written": _("what you wrote"),
        "sending": _("Being sent: {what} …"),
        "send_now": _("Send now"),
        "do_not_send": _("Do not send it"),
        "signed_out": _(
            "Not sent: you are signed out. What you wrote is kept in this tab, and is here again when you have signed"
            " in."
        ),
        "sign_in": _("Sign in"),
        "somebody_else": _(
            "Not sent: somebody else is signed in in this browser now. What you wrote stays here and is theirs neither"
            " to see nor to send."
        ),
        "refused": _(
            "“{button}” was not done: the server refused it ({status}). What you wrote stays here; load the page again"
            " to see what has changed."
        ),
        "back_again": _("What you had written is here again. It was not sent: look at it, and send it."),
        "elsewhere": _("Not sent, on another page: {what}."),
        "go_there": _("Go there"),
        "no_answer": _("No answer came to “{button}”: look below what has happened since."),
        "had_written": _("You had written: {text}"),
        "throw_away": _("Throw it away"),
    }


@register.inclusion_tag("desk/_glass_notices.html", takes_context=True)
def glass_notices(context: Context) -> dict[str, Any]:
    """Of broken glass, for whoever must know of it: on every page of the desk until they say that they do."""
    request, operation = context["request"], context["operation"]
    return {
        "rows": [row(one) for one in unseen(request.user, operation)],
        "watches": request.user.may(Permission.OVERSIGHT_GLASS_WATCH, operation.pk),
        "operation": operation,
        "request": request,
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def desk_pages(person: Person, operation: Operation) -> list[tuple[str, str]]:
    """(name, address) of the desk's pages that this person may open."""
    pages = [("Queue", "desk"), ("Events", "desk_events"), ("Alerts", "desk_alerts"), ("Registry", "desk_registry"),
             ("To translate", "desk_translators"), ("Decisions", "desk_decisions"),
             ("Standing orders", "desk_orders"), ("Names", "desk_names"), ("Model", "desk_model"),
             ("Protocol", "desk_protocol"), ("Partners", "desk_partners"), ("Messages out", "desk_outbox"),
             ("Automated", "desk_automated"), ("Retention", "desk_retention")]  # fmt: skip
    if person.may(Permission.OVERSIGHT_GLASS_WATCH, operation.pk):
        pages.append(("Broken glass", "desk_glass"))
    if not person.may(Permission.DESK_REPORT_TRANSLATE, operation.pk):
        pages.remove(("To translate", "desk_translators"))
    return [(name, reverse(view, args=[operation.slug])) for name, view in pages]
