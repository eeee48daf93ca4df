"""What the desk's pages of calls have in common: the call, comments as they are listed, what this person may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from rapport.operations.access import person
from rapport.operations.models import Operation
from rapport.registry.calls import moderation
from rapport.registry.calls.actions import EDIT, RUN, state, takes_comments
from rapport.registry.calls.model import OUTCOMES
from rapport.registry.holdings import frameworks
from rapport.registry.models import Call, Comment
from rapport.text.personal import has_contact_data
from rapport.values import Publication


@dataclass(frozen=True, slots=True)
class Typed:
    """An answer that was not kept, and why."""

    ref: str
    outcome: str
    answer: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Row:
    """A comment as the desk lists it. `seen`: as it is now; `contact`: it holds a number or an address; `outcome` and
    `answer`: as the form shows them."""

    comment: Comment
    seen: str
    contact: bool
    outcome: str
    answer: str
    wrong: str = ""


def rows(comments: Iterable[Comment], typed: Typed | None = None) -> list[Row]:
    return [_row(one, typed if typed and typed.ref == one.ref else None) for one in comments]


def _row(one: Comment, typed: Typed | None) -> Row:
    seen, contact = moderation.state(one), has_contact_data(f"{one.name}\n{one.body}")
    if typed is not None:
        return Row(one, seen, contact, typed.outcome, typed.answer, typed.wrong)
    return Row(one, seen, contact, one.outcome, one.answer)


def one_call(operation: Operation, ref: str) -> Call:
    found: Call = get_object_or_404(Call.objects.select_related("operation", "made_by"), operation=operation, ref=ref)
    return found


def labels(call: Call) -> dict[str, str]:
    """Of the provisions that somebody has checked: code → label."""
    found = frameworks(call.operation_id).get(call.framework)
    return {row.code: row.label for row in found.provisions} if found else {}


def common(request: HttpRequest, call: Call) -> dict[str, Any]:
    who = person(request)
    return {
        "operation": call.operation,
        "call": call,
        "open": call.publication == Publication.PUBLISHED.value and takes_comments(call),
        "seen": state(call),
        "outcomes": OUTCOMES,
        "may_edit": who.may(EDIT, call.operation_id),
        "may_run": who.may(RUN, call.operation_id),
        "longest": moderation,
    }
