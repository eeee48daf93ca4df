"""Is the ledger whole, and is what it records as it was? Reads only, beside whoever writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from rapport.oversight import keys as key_files
from rapport.oversight.ledger import chain, ruling
from rapport.oversight.ledger.chain import Checkpoint, Entry, Fault, Mark, Walk, Wrong
from rapport.oversight.ledger.entries import COMMITTED, NAMED, decision_commitment
from rapport.oversight.ledger.exported import lines
from rapport.oversight.models import Decision, EntryKind, LedgerCheckpoint, LedgerEntry, LedgerHead

_TOGETHER = 500  # decisions looked up in one query
_FETCHED = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found. `entries` reach to `whole_to`; `waiting` are not sealed yet; `destroyed` of the
    `decisions` are those whose text and salt are gone."""

    entries: int
    whole_to: str
    checkpoints: int
    waiting: int
    decisions: int
    destroyed: int
    faults: Sequence[Fault]


def public_keys() -> dict[str, bytes]:
    """This installation's public keys by fingerprint, the newest first."""
    raw = [key.public_key().public_bytes_raw() for key in key_files.signing("ledger")]
    return {chain.fingerprint(one): one for one in raw}


def verify(handed_out: Sequence[Checkpoint] = (), keys: Mapping[str, bytes] | None = None) -> Verdict:
    """The chain of the database, its checkpoints and those that were handed out, every decision, and what decides
    who sees what.

    What is looked at first was written first: somebody who writes meanwhile causes no fault.
    """
    decisions = set(Decision.objects.values_list("pk", flat=True))
    waiting = list(LedgerEntry.objects.filter(seq=None).values_list("kind", "body"))
    signed = [*checkpoints(), *handed_out]
    attested, faults = chain.marks(signed, public_keys() if keys is None else keys)
    if head := LedgerHead.objects.filter(pk=1).exclude(seq=0).first():
        attested.append(Mark(head.seq, head.hash, "the database's own note of where it stands"))
    walk, rows = Walk(attested), _Rows(decisions)
    faults += walk.over(_watched(entries(), rows))
    rows.take((None, body) for kind, body in waiting if kind == EntryKind.DECISION)
    return Verdict(
        entries=walk.count,
        whole_to=walk.last.at if walk.last else "",
        checkpoints=len(signed),
        waiting=len(waiting),
        decisions=len(decisions),
        destroyed=rows.destroyed,
        faults=[*faults, *rows.faults, *rows.not_entered(), *rows.too_many_destroyed(), *ruling.faults()],
    )


def entries() -> Iterator[Entry]:
    """The sealed entries in their order, as they stand in the database."""
    columns = ("seq", "at", "made_at", "operation__slug", "kind", "body", "prev", "hash")
    sealed: QuerySet[LedgerEntry, tuple[Any, ...]] = LedgerEntry.objects.filter(seq__isnull=False).values_list(*columns)
    for seq, at, made, slug, kind, body, prev, hash in sealed.order_by("seq").iterator(_FETCHED):
        said_at = chain.moment(at) if at else ""
        yield Entry(seq, said_at, chain.moment(made), slug or "", kind, body, prev, hash)


def checkpoints() -> list[Checkpoint]:
    found = LedgerCheckpoint.objects.order_by("pk").values_list("seq", "hash", "at", "key", "signature")
    return [Checkpoint(seq, hash, chain.moment(at), key, signature) for seq, hash, at, key, signature in found]


def exported() -> Iterator[str]:
    """The lines of an exported ledger. Checkpoints are read first: none attests what does not stand in the file."""
    signed = checkpoints()
    return lines(entries(), signed, public_keys())


def _watched(sealed: Iterable[Entry], rows: _Rows) -> Iterator[Entry]:
    """The same entries; those of decisions are compared with their rows on the way."""
    held: list[tuple[int | None, str]] = []
    for entry in sealed:
        yield entry
        if entry.kind == EntryKind.DECISION:
            held.append((entry.seq, entry.body))
        if len(held) == _TOGETHER:
            rows.take(held)
            held = []
    rows.take(held)


class _Rows:
    """Compares decisions with what the ledger says of them."""

    def __init__(self, there: set[int]) -> None:
        self._left = set(there)  # not met in the ledger yet
        self.destroyed = 0  # without their salt
        self.faults: list[Fault] = []

    def take(self, bodies: Iterable[tuple[int | None, str]]) -> None:
        """Entries of decisions: number (None while unsealed) and body."""
        remaining = iter(bodies)
        while some := list(islice(remaining, _TOGETHER)):
            said = [(seq, body) for seq, text in some if (body := _read(text)) is not None]
            wanted = [body["decision"] for _, body in said]
            found = {row["id"]: row for row in Decision.objects.filter(pk__in=wanted).values(*COMMITTED, "salt")}
            for seq, body in said:
                self._compare(seq, body, found.get(body["decision"]))

    def _compare(self, seq: int | None, body: Mapping[str, Any], row: dict[str, Any] | None) -> None:
        number = body["decision"]
        self._left.discard(number)
        if row is None:
            self.faults.append(Fault(Wrong.ROW_MISSING, seq, f"decision {number} is missing: entry {seq} records it"))
            return
        salt = row.pop("salt")
        named = {name: body.get(name) for name in NAMED}
        same = named == {name: row[column] for name, column in NAMED.items()}
        if same and not salt:
            self.destroyed += 1
        elif not same or decision_commitment(row, salt) != body.get("commitment"):
            self.faults.append(Fault(Wrong.ROW_CHANGED, seq, f"decision {number} is not as entry {seq} records it"))

    def too_many_destroyed(self) -> list[Fault]:
        """More decisions lost their salt than runs of retention destroyed: somebody else emptied them. Asked last: a
        run that goes on meanwhile enters first how many it empties."""
        told = LedgerEntry.objects.filter(kind=EntryKind.RETENTION).values_list("body", flat=True)
        more = self.destroyed - sum(_destroyed(body) for body in told.iterator(_FETCHED))
        text = f"{more} decisions are empty that no run of retention destroyed"
        return [Fault(Wrong.ROW_CHANGED, None, text)] if more > 0 else []

    def not_entered(self) -> list[Fault]:
        """Decisions of which the ledger knows nothing."""
        left = sorted(self._left)
        return [Fault(Wrong.NOT_ENTERED, None, f"decision {number} is not in the ledger") for number in left]


def _destroyed(text: str) -> int:
    """How many decisions an entry of retention says were emptied."""
    try:
        body = json.loads(text)
    except ValueError:
        return 0  # made unreadable, which the chain says
    count = body.get("decisions") if isinstance(body, dict) else None
    return count if isinstance(count, int) else 0


def _read(text: str) -> dict[str, Any] | None:
    """The body of a decision's entry; None where it was made unreadable, which the chain says."""
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) and isinstance(body.get("decision"), int) else None
