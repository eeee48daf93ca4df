"""Senders and reports are destroyed. Of a report its id, source, time of receipt and where it stands stay; of a sender
a pseudonym of chance, so that one sees which reports came from one person, and from whom nobody can tell.

Who said STOP, or was blocked, and writes again: that holds for them still (`Silence`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from rapport.notify.models import OutboxMessage
from rapport.oversight import keys
from rapport.plugins import Doomed, Holder
from rapport.reports.models import LeftOut, Report, Sender, Signature, Silence, Standing, Suggestion, Translation
from rapport.values import Trust

_EMPTY: dict[str, Any] = {
    "text": "", "sent_at": None, "language_said": "", "categories_said": [], "lon": None, "lat": None, "place_said": "",
    "fields": {}, "extra": {}, "original_sealed": None, "urgency_heard": 0, "people": None, "understood": True,
}  # fmt: skip


def destroy(doomed: Doomed) -> Mapping[str, int]:
    """Words first: a sender's reports are found by the sender."""
    texts = _reports(doomed) if doomed.reports else 0
    senders = sum(_sender(before, after, doomed) for before, after in doomed.senders.items())
    return {"texts": texts, "addresses": senders}


def _reports(doomed: Doomed) -> int:
    ids = list(doomed.reports)
    Translation.objects.filter(report_id__in=ids).delete()
    # What is said of others names these: nearly the same words.
    Suggestion.objects.filter(Q(report_id__in=ids) | Q(named__in=ids)).delete()
    Signature.objects.filter(report_id__in=ids).delete()
    LeftOut.objects.filter(report_id__in=ids).delete()
    rows = Report.objects.filter(pk__in=ids)
    done = rows.filter(destroyed_at=None).update(**_EMPTY, destroyed_at=doomed.at)
    rows.filter(standing=Standing.WAITING).update(standing=Standing.DESTROYED)
    return done


def _sender(before: str, after: str, doomed: Doomed) -> int:
    was = Sender.objects.filter(pk=before).first()
    if was is None:
        return 0
    if was.stopped_at or was.trust == Trust.BLOCKED:
        said = {"stopped": bool(was.stopped_at), "blocked": was.trust == Trust.BLOCKED.value}
        Silence.objects.update_or_create(mark=keys.silence_mark(before), defaults=said)
    Sender.objects.create(
        pseudonym=after, operation_id=was.operation_id, kind=was.kind, address_sealed=b"", trust=was.trust,
        created_at=was.created_at, stopped_at=was.stopped_at, destroyed_at=doomed.at,
    )  # fmt: skip
    Report.objects.filter(sender_id=before).update(sender_id=after, original_sealed=None)
    OutboxMessage.objects.filter(sender_id=before).update(sender_id=after)
    was.delete()
    return 1


HOLDER = Holder(
    holds=(
        "Senders: their sealed addresses, and the pseudonyms by which they are known again",
        "Reports: texts, fields, places and times as they were given, the request as it came",
        "Translations, suggestions and their reasons, signatures of texts",
    ),
    destroy=destroy,
    sealed=(("addresses", "reports.Sender", "address_sealed"), ("addresses", "reports.Report", "original_sealed")),
    tables=("reports.Sender", "reports.Report", "reports.Translation", "reports.Suggestion", "reports.Signature"),
)
