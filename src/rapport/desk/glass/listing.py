"""A broken glass as pages tell it: what it is about, until when, who knows."""

from __future__ import annotations

from typing import Any

from rapport.desk.books import moment
from rapport.desk.glass import breaking
from rapport.events.models import Event
from rapport.oversight.models import Glass
from rapport.reports.models import Report


def row(glass: Glass) -> dict[str, Any]:
    """One glass in words."""
    notices = list(glass.notices.select_related("person").order_by("seen_at", "pk"))
    return {
        "glass": glass,
        "reason": glass.decision.reason,
        "until": moment(breaking.over_since(glass)),
        "report": Report.objects.filter(pk=glass.report_id or 0).values_list("ref", flat=True).first(),
        "event": Event.objects.filter(pk=glass.event_id or 0).first(),
        "know": [one for one in notices if one.seen_at],
        "not_yet": [one for one in notices if not one.seen_at],
    }
