"""Is the ledger whole, and is what it records as it was? Reads only, beside whoever writes."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from rapport.oversight import keys as key_files
from rapport.oversight.ledger import chain, ruling
from rapport.oversight.ledger.chain import Checkpoint, Entry, Fault, Mark, Walk, Wrong
from rapport.oversight.ledger.entries import COMMITTED, KEPT, NAMED, decision_commitment, kept_commitment, named
from rapport.oversight.ledger.exported import lines
from rapport.oversight.models import Decision, EntryKind, KeptEntry, LedgerCheckpoint, LedgerEntry, LedgerHead

_TOGETHER = 500  # rows looked up in one query
_FETCHED = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found. `entries` reach to `whole_to`; `waiting` are not sealed yet; `destroyed` of the
    `decisions` are those whose text and salt are gone; `kept` are the entries about contacts that say it here alone."""

    entries: int
    whole_to: str
    checkpoints: int
    waiting: int
    decisions: int
    destroyed: int
    kept: int
    faults: Sequence[Fault]


def public_keys() -> dict[str, bytes]:
    """This installation's public keys by fingerprint, the newest first."""
    raw = [key.public_key().public_bytes_raw() for key in key_files.signing("ledger")]
    return {chain.fingerprint(one): one for one in raw}


def verify(handed_out: Sequence[Checkpoint] = (), keys: Mapping[str, bytes] | None = None) -> Verdict:
    """The chain of the database, its checkpoints and those that were handed out, every decision, what is kept about
    contacts, and what decides who sees what.

    What is looked at first was written first: somebody who writes meanwhile causes no fault.
    """
    decisions, kept = _Decisions(), _Kept()
    waiting = list(LedgerEntry.objects.filter(seq=None).values_list("kind", "body"))
    signed = [*checkpoints(), *handed_out]
    attested, faults = chain.marks(signed, public_keys() if keys is None else keys)
    if head := LedgerHead.objects.filter(pk=1).exclude(seq=0).first():
        attested.append(Mark(head.seq, head.hash, "the database's own note of where it stands"))
    walk = Walk(attested)
    faults += walk.over(_watched(entries(), decisions, kept))
    _take(((kind, None, body) for kind, body in waiting), (decisions, kept))
    faults += [*decisions.faults, *kept.faults, *decisions.not_entered(), *kept.not_entered()]
    return Verdict(
        entries=walk.count,
        whole_to=walk.last.at if walk.last else "",
        checkpoints=len(signed),
        waiting=len(waiting),
        decisions=len(decisions.there),
        destroyed=decisions.destroyed,
        kept=len(kept.there),
        faults=[*faults, *decisions.too_many_destroyed(), *ruling.faults()],
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


def _watched(sealed: Iterable[Entry], *rows: _Rows) -> Iterator[Entry]:
    """The same entries; those that speak of rows are compared with them on the way."""
    held: list[tuple[str, int | None, str]] = []
    for entry in sealed:
        yield entry
        held.append((entry.kind, entry.seq, entry.body))
        if len(held) == _TOGETHER:
            _take(held, rows)
            held = []
    _take(held, rows)


def _take(entries: Iterable[tuple[str, int | None, str]], rows: Sequence[_Rows]) -> None:
    """Entries: kind, number (None while unsealed) and body."""
    told = list(entries)
    for some in rows:
        some.take((seq, body) for kind, seq, body in told if kind in some.kinds)


class _Rows(ABC):
    """Compares the rows of a table with what the ledger says of them."""

    table: type[Decision] | type[KeptEntry]
    columns: Sequence[str]  # that the commitment covers
    kinds: frozenset[str]  # of entries that speak of them
    number: str  # what holds the row's number in such an entry
    called: str

    def __init__(self) -> None:
        self.there = set(self.table._default_manager.values_list("pk", flat=True))
        self._left = set(self.there)  # not met in the ledger yet
        self.faults: list[Fault] = []

    def take(self, bodies: Iterable[tuple[int | None, str]]) -> None:
        """Number and body of entries that speak of these rows; one that names no row is of an earlier version."""
        remaining = iter(bodies)
        while some := list(islice(remaining, _TOGETHER)):
            said = [(seq, body) for seq, text in some if (body := _read(text, self.number)) is not None]
            wanted = [body[self.number] for _, body in said]
            known = self.table._default_manager.filter(pk__in=wanted).values(*self.columns, "salt")
            found: dict[int, dict[str, Any]] = {row["id"]: row for row in known}
            for seq, body in said:
                self._compare(seq, body, found.get(body[self.number]))

    def _compare(self, seq: int | None, body: Mapping[str, Any], row: dict[str, Any] | None) -> None:
        number = body[self.number]
        self._left.discard(number)
        if row is None:
            text = f"{self.called} {number} is missing: entry {seq} records it"
            self.faults.append(Fault(Wrong.ROW_MISSING, seq, text))
        elif not self._same(body, row):
            text = f"{self.called} {number} is not as entry {seq} records it"
            self.faults.append(Fault(Wrong.ROW_CHANGED, seq, text))

    @abstractmethod
    def _same(self, body: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
        """Whether a row says what the body of its entry does."""

    def not_entered(self) -> list[Fault]:
        """Rows of which the ledger knows nothing."""
        left = sorted(self._left)
        return [Fault(Wrong.NOT_ENTERED, None, f"{self.called} {number} is not in the ledger") for number in left]


class _Decisions(_Rows):
    table, columns, kinds = Decision, COMMITTED, frozenset({EntryKind.DECISION.value})
    number = called = "decision"

    def __init__(self) -> None:
        super().__init__()
        self.destroyed = 0  # without their salt

    def _same(self, body: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
        said = {name: body[name] for name in NAMED if name in body}
        openly = named(row)
        if said not in (openly, openly | {"person": row["person_id"]}):  # earlier versions named who always
            return False
        if not row["salt"]:
            self.destroyed += 1
            return True
        return decision_commitment(_without_salt(row), row["salt"]) == body.get("commitment")

    def too_many_destroyed(self) -> list[Fault]:
        """More decisions lost their salt than runs of retention destroyed: somebody else emptied them. Asked last: a
        run that goes on meanwhile enters first how many it empties."""
        told = LedgerEntry.objects.filter(kind=EntryKind.RETENTION).values_list("body", flat=True)
        more = self.destroyed - sum(_destroyed(body) for body in told.iterator(_FETCHED))
        text = f"{more} decisions are empty that no run of retention destroyed"
        return [Fault(Wrong.ROW_CHANGED, None, text)] if more > 0 else []


class _Kept(_Rows):
    """Retention empties none of them: one without its salt was changed."""

    table, columns, kinds = KeptEntry, KEPT, frozenset({EntryKind.LOOK.value, EntryKind.CONTACT.value})
    number, called = "kept", "kept entry"

    def _same(self, body: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
        return kept_commitment(_without_salt(row), row["salt"]) == body.get("commitment")


def _without_salt(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "salt"}


def _destroyed(text: str) -> int:
    """How many decisions an entry of retention says were emptied."""
    try:
        body = json.loads(text)
    except ValueError:
        return 0  # made unreadable, which the chain says
    count = body.get("decisions") if isinstance(body, dict) else None
    return count if isinstance(count, int) else 0


def _read(text: str, number: str) -> dict[str, Any] | None:
    """The body of an entry that names a row by this; None where it names none, or was made unreadable, which the chain
    says."""
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) and isinstance(body.get(number), int) else None
