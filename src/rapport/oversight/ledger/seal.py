"""The worker's part: entries get their number, time and hash, in batches; and where the chain stands is signed."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from rapport.errors import RapportError
from rapport.oversight import keys
from rapport.oversight.ledger import chain
from rapport.oversight.models import LedgerCheckpoint, LedgerEntry, LedgerHead
from rapport.plain_sql import moment, table
from rapport.turns import turn

LOOK_S = 2.0  # seconds between two looks whether there is something to seal: few large batches, not many small [ours]
MOST = 5_000  # entries sealed in one transaction: a fraction of a second [measured]
#: A checkpoint is written when so many entries, or so long, have passed since the last one, and there are new ones.
CHECKPOINT_ENTRIES = 1_000
CHECKPOINT_EVERY = timedelta(minutes=10)


@dataclass(slots=True)
class _Clock:
    look_at: float = 0.0  # on the monotonic clock


_clock = _Clock()


def seal_when_due() -> int:
    """The worker's job: how many entries it sealed, 0 if it is not time yet."""
    now = time.monotonic()
    if now < _clock.look_at:
        return 0
    sealed = seal()
    checkpoint_when_due()
    _clock.look_at = now + LOOK_S if sealed < MOST else 0.0
    return sealed


def seal() -> int:
    """Seal what waits, MOST at once; how many. In the order of their ids: on PostgreSQL an entry with a lower one may
    be seen later than one with a higher, and is sealed then."""
    if not LedgerEntry.objects.filter(seq=None).exists():
        return 0
    with turn(), transaction.atomic():
        head = _head()
        waiting = LedgerEntry.objects.filter(seq=None).order_by("id")[:MOST]
        columns = waiting.values_list("id", "made_at", "operation__slug", "kind", "body")
        ids, drafts = [], []
        for pk, made, slug, kind, body in columns:
            ids.append(pk)
            drafts.append(chain.Draft(chain.moment(made), slug or "", kind, body))
        if not ids:
            return 0
        at = max(timezone.now(), head.at)  # a clock that was set back does not set the ledger back
        sealed = list(chain.seal(drafts, head.seq, head.hash, chain.moment(at)))
        _write(ids, sealed, at)
        LedgerHead.objects.filter(pk=head.pk).update(seq=sealed[-1].seq, hash=sealed[-1].hash, at=at)
    return len(ids)


def _head() -> LedgerHead:
    """Where the chain stands, held until the transaction ends: of two workers the second one waits."""
    LedgerHead.objects.get_or_create(pk=1, defaults={"seq": 0, "hash": chain.START, "at": timezone.now()})
    return LedgerHead.objects.select_for_update().get(pk=1)


def _write(ids: list[int], sealed: list[chain.Entry], at: datetime) -> None:
    sql = f"UPDATE {table(LedgerEntry)} SET seq = %s, at = %s, prev = %s, hash = %s WHERE id = %s AND seq IS NULL"  # noqa: S608
    rows = [(one.seq, moment(at), one.prev, one.hash, pk) for pk, one in zip(ids, sealed, strict=True)]
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


# --- checkpoints ---------------------------------------------------------------------------------------------------


def checkpoint_when_due() -> bool:
    """Signs where the chain stands if that is due; whether it was."""
    head = LedgerHead.objects.filter(pk=1).first()
    if head is None or head.seq == 0:
        return False
    last = LedgerCheckpoint.objects.order_by("-pk").first()
    entries = head.seq - (last.seq if last else 0)
    waited = last is None or timezone.now() - last.at >= CHECKPOINT_EVERY
    if not entries or (entries < CHECKPOINT_ENTRIES and not waited):
        return False
    _sign(head)
    return True


def checkpoint() -> chain.Checkpoint:
    """Seals what waits and signs where the chain stands now. RapportError if there is no entry yet."""
    while seal():
        pass
    head = LedgerHead.objects.filter(pk=1).first()
    if head is None or head.seq == 0:
        raise RapportError("The ledger has no entries yet: there is nothing to sign.")
    return _sign(head)


def _sign(head: LedgerHead) -> chain.Checkpoint:
    at = max(timezone.now(), head.at)
    signed = chain.sign(keys.signing("ledger")[0], head.seq, head.hash, chain.moment(at))
    LedgerCheckpoint.objects.create(**asdict(signed) | {"at": parse_datetime(signed.at)})
    return signed
