"""A file that was shown with an event goes from the event's page too: readers are told that the event changed."""

from __future__ import annotations

from collections.abc import Mapping

from rapport.events import log
from rapport.events.models import EventReport
from rapport.plugins import Doomed, Holder


def destroy(doomed: Doomed) -> Mapping[str, int]:
    """Destroys nothing itself; asked when the files are gone. One was shown with no event but that of its report."""
    events = EventReport.objects.filter(report_id__in=doomed.files).values_list("event_id", flat=True)
    log.record(doomed.operation_id, events)
    return {}


HOLDER = Holder(holds=(), destroy=destroy)
