"""What a report says of itself, as the draft of an event: categories, place and time that came with it, and no words of
its text. A standing order and a decision about many reports start from it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.utils import timezone

from rapport.desk.draft import EventDraft
from rapport.desk.standing_orders.rules import clean_line
from rapport.operations import fields
from rapport.operations.fields import Field
from rapport.oversight.switches import is_stopped
from rapport.reports.models import Report
from rapport.values import DEFAULT_RADIUS_M, Json, Precision, Spot


def draft_of(
    report: Report,
    precision: Precision,
    title_from: str,
    known: Collection[str],
    asked: Sequence[Field],
    *,
    outside: bool = False,
) -> EventDraft:
    """`known` are the operation's categories and `asked` its extra fields; the place is as exact as `precision` says,
    the title stands in the column `title_from`. `outside`: a place outside the operation's area is meant."""
    title = "" if _unjudged(report) else clean_line(str(report.fields.get(title_from) or ""))
    return EventDraft(
        title=title,
        categories=tuple(dict.fromkeys(code for code in report.categories_said if code in known)),
        spot=_spot(report, precision),
        occurred_at=_not_later_than_now(report.sent_at),
        extra=_extra(report, asked),
        outside_confirmed=outside,
    )


def _unjudged(report: Report) -> bool:
    """Whether nobody can say that its words hold nothing of a person: then none of them is taken."""
    return is_stopped("personal-data", report.operation_id)


def _extra(report: Report, asked: Sequence[Field]) -> dict[str, Json]:
    """What the sender answered, without what everybody would read in the sender's own words: that takes a person."""
    unseen = fields.free_words(asked, report.extra)
    codes = {one.code for one in asked} - unseen.keys()
    return {code: value for code, value in report.extra.items() if code in codes}


def _spot(report: Report, precision: Precision) -> Spot | None:
    if report.lon is None or report.lat is None:
        return None
    name = "" if _unjudged(report) else clean_line(report.place_said)
    return Spot(report.lon, report.lat, precision, DEFAULT_RADIUS_M[precision], name)


def _not_later_than_now(at: datetime | None) -> datetime | None:
    return at if at is not None and at <= timezone.now() else None
