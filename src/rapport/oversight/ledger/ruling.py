"""Is what decides who sees what (protocols, agreements, partners' keys, broken glasses) as the ledger says?

Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rapport import plugins
from rapport.oversight.ledger.chain import Fault, Wrong
from rapport.oversight.models import EntryKind, LedgerEntry
from rapport.plugins import Recorded

#: A row's moment and its entry's are taken one after the other in one transaction, which may wait for others [ours].
APART = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Told:
    """An entry about such a row; `seq` is None while it is unsealed."""

    pk: int
    seq: int | None
    operation_id: int | None
    made_at: datetime
    body: Mapping[str, Any]


def faults() -> list[Fault]:
    """Rows that are not as their entries say, rows without entries, entries without rows."""
    told, rows = _settled()
    found: list[Fault] = []
    for name, some in rows.items():
        about: dict[object, list[_Told]] = {}
        for entry in told:
            if isinstance(number := entry.body.get(name), int):
                about.setdefault(number, []).append(entry)
        for row in some:
            found += _compared(f"{name} {row.number}", row, about.pop(row.number, []))
        found += [
            Fault(Wrong.ROW_MISSING, first.seq, f"{name} {number} is missing: entry {_number(first)} records it")
            for number, (first, *_) in about.items()
        ]
    return found


def _settled() -> tuple[list[_Told], Mapping[str, Sequence[Recorded]]]:
    """Entries and rows of one moment: a row changes with its entry, so rows between two equal readings belong to
    them."""
    told = _told()
    while True:
        rows, again = plugins.recorded(), _told()
        if [entry.pk for entry in told] == [entry.pk for entry in again]:
            return again, rows
        told = again


def _told() -> list[_Told]:
    found = LedgerEntry.objects.filter(kind__in=(EntryKind.POLICY, EntryKind.GLASS))
    found = found.exclude(body__contains='"became":"looked"')  # many, and they change nothing
    columns = found.order_by("pk").values_list("pk", "seq", "operation_id", "made_at", "body")
    return [_Told(pk, seq, operation, made, _read(body)) for pk, seq, operation, made, body in columns.iterator()]


def _read(text: str) -> dict[str, Any]:
    """{} for what was made unreadable, which the chain says."""
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _compared(name: str, row: Recorded, told: Sequence[_Told]) -> Iterator[Fault]:
    if row.broken:
        yield Fault(Wrong.ROW_CHANGED, None, f"{name} was changed: {row.broken}")
    if not told:
        yield Fault(Wrong.NOT_ENTERED, None, f"{name} is not in the ledger")
        return
    for entry in told:
        differs = ", ".join(_differing(row, entry))
        if differs:
            yield Fault(Wrong.ROW_CHANGED, entry.seq, f"{name} is not as entry {_number(entry)} records it: {differs}")
    for became in row.steps.keys() - {entry.body.get("became") for entry in told}:
        yield Fault(Wrong.NOT_ENTERED, None, f"{name}: that it was {became} is not in the ledger")


def _differing(row: Recorded, entry: _Told) -> Iterator[str]:
    """What of the row is not as this entry says, by name."""
    became = str(entry.body.get("became"))
    if became not in row.steps:
        yield f"not {became} any more"
        return
    at, said = row.steps[became]
    if row.operation_id != entry.operation_id:
        yield "operation"
    if abs(at - entry.made_at) > APART:
        yield f"when it was {became}"
    for name, value in said.items():
        if name not in entry.body or not _same(value, entry.body[name]):
            yield name


def _same(value: object, said: object) -> bool:
    if not isinstance(value, datetime):
        return value == said
    try:
        return value == datetime.fromisoformat(str(said))
    except ValueError:
        return False


def _number(entry: _Told) -> str:
    return str(entry.seq) if entry.seq is not None else "that is not sealed yet"
