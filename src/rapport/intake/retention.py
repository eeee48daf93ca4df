"""What the worker remembers of what people sent: the words of recent reports, by which near-duplicates are found."""

from __future__ import annotations

from collections.abc import Mapping

from rapport.intake import memory
from rapport.plugins import Doomed, Holder


def destroy(doomed: Doomed) -> Mapping[str, int]:
    """Another process forgets them when it meets them next, or when it ends."""
    memory.destroyed(doomed.operation_id, doomed.reports)
    return {}


HOLDER = Holder(holds=("In the memory of the worker: the words of the last two weeks, until it ends",), destroy=destroy)
