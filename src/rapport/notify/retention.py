"""What the outbox holds of what people sent: what was written to them, and what gateways said of their addresses."""

from __future__ import annotations

from collections.abc import Mapping

from django.apps import apps
from django.db.models import Q

from rapport.notify.models import OutboxMessage, OutboxState
from rapport.plugins import Doomed, Holder

_NOTHING = {"body": "", "problem": "", "gateway_id": ""}
_WHY = "What it answers was destroyed before it went."


def destroy(doomed: Doomed) -> Mapping[str, int]:
    """What was written about these reports and to these senders goes; what had not gone out does not go any more. What
    is being sent at this moment belongs to nobody whose turn it is (desk/retention/due.py)."""
    reports = apps.get_model("reports.Report").objects.filter(pk__in=doomed.reports)  # a room above this one
    refs = list(reports.values_list("ref", flat=True))
    known = OutboxMessage.objects.filter(Q(sender_id__in=list(doomed.senders)) | Q(report_ref__in=refs))
    went = known.exclude(state__in=(OutboxState.WAITING, OutboxState.SENDING, OutboxState.CANCELLED))
    done = went.exclude(**_NOTHING).update(**_NOTHING)
    done += known.filter(state=OutboxState.CANCELLED).exclude(body="").update(**_NOTHING)
    waiting = known.filter(state=OutboxState.WAITING)
    done += waiting.update(**{**_NOTHING, "state": OutboxState.CANCELLED, "changed_at": doomed.at, "problem": _WHY})
    return {"messages": done}


HOLDER = Holder(
    holds=("In the outbox: what was written to a sender, and what gateways said of it",),
    destroy=destroy,
    tables=("notify.OutboxMessage",),
)
