"""Calls for comment for one reader: Items of what a person published, and what the protocol releases of them. What
nobody has shown yet becomes no Item, nor what is about a provision whose confirmation was taken back: texts begin with
its words, and comments quote them."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import QuerySet

from rapport.operations.models import Operation
from rapport.registry.anchors import Anchor
from rapport.registry.calls.model import SYNTHESIS, TEXT, CallRow, CommentRow, TextRow
from rapport.registry.holdings import doubtful
from rapport.registry.models import Call, CallText, Comment
from rapport.registry.recommended import today_in
from rapport.registry.releases import REGISTRY, facts, number_of, released
from rapport.sharing.items import RowItem
from rapport.values import Publication, Purpose, Reader, RowRelease

#: What their kind is called in protocols; calls and their texts are of the registry.
COMMENT = "comment"
Calls = list[RowRelease[CallRow]]
Texts = list[RowRelease[TextRow]]
Comments = list[RowRelease[CommentRow]]
_DRAFT, _WITHDRAWN = Publication.DRAFT.value, Publication.WITHDRAWN.value


def calls(operation: Operation, who: Reader, rows: QuerySet[Call], purpose: Purpose = Purpose.VIEW) -> Calls:
    """Those of `rows` that are published, as far as this reader gets them."""
    there = rows.filter(operation=operation).exclude(publication=_DRAFT)
    return released(operation, who, purpose, REGISTRY, [_call(operation, one) for one in there])


def open_calls(operation: Operation, who: Reader, framework: str, code: str) -> Calls:
    """Those that take comments on a text about this provision."""
    rows = Call.objects.filter(framework=framework, texts__code=code, texts__version=1, texts__kind=TEXT)
    today = today_in(operation)
    return [one for one in calls(operation, who, rows.order_by("pk")) if one.row.takes_comments(today)]


def texts(operation: Operation, who: Reader, rows: QuerySet[CallText], purpose: Purpose = Purpose.VIEW) -> Texts:
    """Every version of texts and of published syntheses, in the order of `rows`."""
    there = rows.filter(call__operation=operation).exclude(call__publication=_DRAFT)
    there = there.exclude(kind=SYNTHESIS, call__synthesis_at=None).select_related("call")
    hidden = doubtful(operation.pk)
    items = [_text(operation, one) for one in there if (one.call.framework, one.code) not in hidden]
    return released(operation, who, purpose, REGISTRY, items)


def comments(operation: Operation, who: Reader, rows: QuerySet[Comment], purpose: Purpose = Purpose.VIEW) -> Comments:
    """What a person has looked at, in the order of `rows`; of what they did not show, only that, and why."""
    there = rows.filter(call__operation=operation).exclude(publication=_DRAFT).select_related("call", "text")
    hidden = doubtful(operation.pk)
    items = [_comment(operation, one) for one in there if (one.call.framework, one.text.code) not in hidden]
    return released(operation, who, purpose, COMMENT, items)


def _call(operation: Operation, one: Call) -> RowItem[CallRow]:
    at = one.published_at or one.made_at
    row = CallRow(
        one.ref, one.framework, one.title, one.about, one.closes_on, at, one.closed_at, one.synthesis_at
    )  # fmt: skip
    known = facts(operation, REGISTRY, at)
    return RowItem("calls", one.ref, number_of("calls", one.ref), known, row, one.changed_at)


def _text(operation: Operation, one: CallText) -> RowItem[TextRow]:
    shown_at = one.call.synthesis_at if one.kind == SYNTHESIS else one.call.published_at
    at = max(one.at, shown_at or one.at)
    row = TextRow(one.call.ref, one.kind, one.code, one.version, one.body, at)
    ref = f"{one.call.ref}/{one.kind}/{one.code}/{one.version}"
    return RowItem("call_texts", ref, number_of("call_texts", ref), facts(operation, REGISTRY, at), row, at)


def _comment(operation: Operation, one: Comment) -> RowItem[CommentRow]:
    """Its author gives a name to be published with it."""
    at = one.published_at or one.made_at
    known = replace(facts(operation, COMMENT, at), names="yes")
    return RowItem("comments", one.ref, one.pk, known, _said(one), one.changed_at)


def _said(one: Comment) -> CommentRow:
    row = CommentRow(one.ref, one.call.ref, one.call.framework, one.text.code, one.text.version, one.made_at)
    if one.publication == _WITHDRAWN:
        return replace(row, not_shown=one.not_shown)
    return replace(
        row,
        published_at=one.published_at,
        anchor=Anchor(**one.anchor) if one.anchor else None,
        body=one.body,
        name=one.name,
        affiliation=one.affiliation,
        interest=one.interest,
        minority=one.minority,
        outcome=one.outcome,
        answer=one.answer,
        answered_at=one.answered_at,
    )
