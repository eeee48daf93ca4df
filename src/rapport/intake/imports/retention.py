"""The files of imports are destroyed: as they were sent, the rows of a workbook, what could not be taken in, and the
samples that showed how they were read. A file goes as a whole: it came in, and nobody needs it for the reports.

The line of the import stays: its name, size, digest, counts and how its columns were read.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q

from rapport.intake.imports import store
from rapport.intake.models import WORKED_ON, Import, ImportState, ImportVerdict
from rapport.plugins import Doomed, Holder
from rapport.reports.models import Report, Sender

_SHOWS = ("samples", "evidence")  # of what proposed how a file is read: cells as they stand
GONE = "Its file was destroyed."
_DIGITS = 7  # of an address; shorter ones stand in many a cell by chance


def destroy(doomed: Doomed) -> Mapping[str, int]:
    """Imports at work are left: what comes in stands in the reports, and the file is due at the next run."""
    store.sweep()
    theirs = Report.objects.filter(Q(pk__in=doomed.reports) | Q(sender_id__in=list(doomed.senders)))
    brought = set(theirs.exclude(import_no=None).values_list("import_no", flat=True))
    due = Q(pk__in=brought)
    if doomed.imports is not None:
        due |= Q(created_at__lt=doomed.imports)
    found = Import.objects.filter(due, operation_id=doomed.operation_id, destroyed_at=None)
    gone = [one for one in found.exclude(state__in=WORKED_ON).order_by("pk") if _destroy(one, doomed)]
    return {"import_files": len(gone), "refused_rows": _rows_of(doomed)}


def _destroy(one: Import, doomed: Doomed) -> bool:
    one.verdicts.update(cells=[], remedy="")
    store.forget(one)
    left = {key: value for key, value in one.evidence.items() if key not in _SHOWS}
    changes = {"evidence": left, "destroyed_at": doomed.at}
    if one.state in (ImportState.READY, ImportState.PAUSED, ImportState.FAILED):
        changes |= {"state": ImportState.FAILED, "problem": GONE}
    Import.objects.filter(pk=one.pk).update(**changes)
    return True


def _rows_of(doomed: Doomed) -> int:
    """Rows that could not be taken in, of any file, and hold the address of one of these senders."""
    senders = Sender.objects.filter(pk__in=list(doomed.senders), destroyed_at=None).exclude(address_sealed=b"")
    sought = {_bare(sender.address.value) for sender in senders} - {""}
    if not sought:
        return 0
    verdicts = ImportVerdict.objects.filter(of__operation_id=doomed.operation_id).exclude(cells=[])
    hit = [
        pk
        for pk, cells in verdicts.order_by("pk").values_list("pk", "cells").iterator(chunk_size=200)
        if any(word in _bare(str(cell)) for cell in cells for word in sought)
    ]
    for start in range(0, len(hit), 500):
        ImportVerdict.objects.filter(pk__in=hit[start : start + 500]).update(cells=[], remedy="")
    return len(hit)


def _bare(text: str) -> str:
    """An address as it can be found however it is written: a number's digits, else small letters. "" if too short."""
    digits = "".join(letter for letter in text if letter.isdigit())
    if "@" not in text and len(digits) >= _DIGITS:
        return digits
    return text.casefold().strip() if len(text.strip()) >= _DIGITS else ""


HOLDER = Holder(
    holds=("Files of imports, in the folder imports, and rows that could not be taken in",),
    destroy=destroy,
    tables=("intake.Import", "intake.ImportVerdict"),
)
