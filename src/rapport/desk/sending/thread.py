"""The conversation with a sender: what they sent and what we sent, in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rapport.desk.books import gone
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.reports.models import Report, Standing

#: Messages of each side that are shown, the newest [ours: more than one conversation in a crisis holds].
MOST = 20
_BY_ITSELF = "automated answer"


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `state` says in words what became of it; `report` is set for what came in."""

    at: datetime
    text: str
    language: str
    who: str  # "" for the sender
    state: str
    report: Report | None = None
    message: OutboxMessage | None = None


def thread(report: Report) -> Sequence[Said]:
    """All that this sender and we have said to each other, the oldest first; of a report without sender, itself."""
    if report.sender_id is None:
        return [_came(report)]
    there = Report.objects.filter(sender_id=report.sender_id).exclude(standing=Standing.WITHDRAWN)
    came = there.select_related("link__event").order_by("-pk")[:MOST]
    went = OutboxMessage.objects.filter(sender_id=report.sender_id).select_related("person").order_by("-pk")[:MOST]
    said = [*map(_came, came), *map(_went, went)]
    if not any(one.report and one.report.pk == report.pk for one in said):
        said.append(_came(report))
    return sorted(said, key=lambda one: (one.at, one.message is not None))


def _came(report: Report) -> Said:
    text = report.text or (gone(report) if report.destroyed_at else "")
    return Said(report.received_at, text, report.language_said, "", report.get_standing_display(), report)


def _went(message: OutboxMessage) -> Said:
    state = str(OutboxState(message.state).label)
    if message.problem:
        state = f"{state}: {message.problem}"
    who = message.person.shown_name if message.person else _BY_ITSELF
    return Said(message.created_at, message.shown, message.language, who, state, message=message)
