"""A file that was shown with an event goes from the event's page too: readers are told that the event changed."""

from __future__ import annotations

from collections.abc import Mapping

from rapport.events import log
from rapport.plugins import Doomed, Holder
from rapport.reports.models import Attachment


def destroy(doomed: Doomed) -> Mapping[str, int]:
    """Destroys nothing itself; asked before the files are gone."""
    shown = Attachment.objects.filter(report_id__in=doomed.files).values_list("published_in", flat=True)
    log.record(doomed.operation_id, {event for event in shown if event})
    return {}


HOLDER = Holder(holds=(), destroy=destroy)
