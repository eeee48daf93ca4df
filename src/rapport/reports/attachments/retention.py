"""Attachments are destroyed: their keys, then their files. Hash, size and time stay."""

from __future__ import annotations

from collections.abc import Mapping

from rapport.plugins import Doomed, Holder
from rapport.reports.attachments import store
from rapport.reports.models import Attachment


def destroy(doomed: Doomed) -> Mapping[str, int]:
    """The files go at once, also if the transaction comes to nothing: they are destroyed again then."""
    gone = list(Attachment.objects.filter(report_id__in=doomed.files).exclude(key_sealed=b"").order_by("pk"))
    for attachment in gone:
        store.destroy(attachment)
    return {"attachments": len(gone)}


HOLDER = Holder(
    holds=("Attachments and their cleaned copies, in the folder attachments, and the keys that open them",),
    destroy=destroy,
    sealed=(("attachments", "reports.Attachment", "key_sealed"),),
    tables=("reports.Attachment",),
)
