"""The ledger's form and proof, pure: what is hashed, what is signed, and what is wrong with a chain.

An entry's hash is the SHA-256 of a JSON array in canonical form: [FORM, seq, at, made, operation, kind, prev, body],
where `prev` is the hash of the entry before. So nothing before an entry can change without its hash changing too, and
whoever keeps one signed hash (a checkpoint) elsewhere can tell whether all before it is as it was.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FORM = "rapport-ledger-1"
ROW_FORM = "rapport-row-1"
CHECKPOINT_FORM = "rapport-checkpoint-1"
#: What stands in the place of a hash before the first entry.
START = "0" * 64


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be entered: `made` when it happened, as `moment` writes it; `body` is canonical JSON."""

    made: str
    operation: str  # slug, "" where it concerns no operation
    kind: str
    body: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A sealed entry: `at` is when it was sealed."""

    seq: int
    at: str
    made: str
    operation: str
    kind: str
    body: str
    prev: str
    hash: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the ledger once stood: its entry `seq` had this hash. `said` names who says so."""

    seq: int
    hash: str
    said: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed mark. `key` is the fingerprint of the public key, `signature` Ed25519 in base64."""

    seq: int
    hash: str
    at: str
    key: str
    signature: str


class Wrong(StrEnum):
    CHANGED = "changed"
    MISSING = "missing"
    OUT_OF_ORDER = "out of order"
    BACK_DATED = "back-dated"
    CUT = "tail cut"
    REPLACED = "replaced"
    SIGNATURE = "signature wrong"
    ROW_CHANGED = "row changed"
    ROW_MISSING = "row missing"
    NOT_ENTERED = "not entered"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and with which entry (None: with no single one)."""

    wrong: Wrong
    seq: int | None
    said: str


def moment(at: datetime) -> str:
    """In UTC, always of the same length, so that texts stand in the order of time: 2026-11-27T06:32:13.000001Z."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def canonical(value: object) -> str:
    """JSON in one form: keys sorted, no spaces, ASCII, whole numbers without a fraction. What a database gives back of
    a value has the same form as the value. ValueError for what JSON cannot say."""
    return _ENCODER.encode(_DECODER.decode(json.dumps(value, allow_nan=False)))


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number


#: Made once: json.dumps and json.loads with options make one each time.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
_DECODER = json.JSONDecoder(parse_float=_number)


def commitment(row: Mapping[str, object], salt: str) -> str:
    """What an entry says of a row instead of its content: SHA-256 of [ROW_FORM, salt, row]. Without the salt nobody can
    find out the content by trying, so the text is gone when row and salt are."""
    return _sha256(canonical([ROW_FORM, salt, dict(row)]))


def digest(entry: Entry) -> str:
    """The hash that an entry must have. The body's own text is hashed, not what it means."""
    head = json.dumps(
        [FORM, entry.seq, entry.at, entry.made, entry.operation, entry.kind, entry.prev], separators=(",", ":")
    )
    return _sha256(f"{head[:-1]},{entry.body}]")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def seal(drafts: Iterable[Draft], seq: int, prev: str, at: str) -> Iterator[Entry]:
    """The entries that follow the one numbered `seq` (0: none) with the hash `prev`."""
    for number, draft in enumerate(drafts, seq + 1):
        open_ = Entry(number, at, draft.made, draft.operation, draft.kind, draft.body, prev, "")
        prev = digest(open_)
        yield Entry(number, at, draft.made, draft.operation, draft.kind, draft.body, open_.prev, prev)


# --- checkpoints ---------------------------------------------------------------------------------------------------


def fingerprint(public: bytes) -> str:
    """A short name of a public key (32 bytes), for people to compare."""
    return hashlib.sha256(public).hexdigest()[:16]


def sign(key: Ed25519PrivateKey, seq: int, hash: str, at: str) -> Checkpoint:
    public = key.public_key().public_bytes_raw()
    signature = b64encode(key.sign(_signed(seq, hash, at))).decode()
    return Checkpoint(seq, hash, at, fingerprint(public), signature)


def _signed(seq: int, hash: str, at: str) -> bytes:
    return canonical([CHECKPOINT_FORM, seq, hash, at]).encode()


def mark(checkpoint: Checkpoint, keys: Mapping[str, bytes]) -> Mark | Fault:
    """What a checkpoint attests, if its signature holds under one of these public keys (by fingerprint)."""
    named = f"the checkpoint of {checkpoint.at} at entry {checkpoint.seq}"
    if checkpoint.key not in keys:
        return Fault(Wrong.SIGNATURE, checkpoint.seq, f"{named} is signed with an unknown key: {checkpoint.key}")
    try:
        Ed25519PublicKey.from_public_bytes(keys[checkpoint.key]).verify(
            b64decode(checkpoint.signature, validate=True), _signed(checkpoint.seq, checkpoint.hash, checkpoint.at)
        )
    except (InvalidSignature, ValueError):
        return Fault(Wrong.SIGNATURE, checkpoint.seq, f"the signature of {named} is wrong")
    return Mark(checkpoint.seq, checkpoint.hash, named)


def marks(checkpoints: Iterable[Checkpoint], keys: Mapping[str, bytes]) -> tuple[list[Mark], list[Fault]]:
    """What checkpoints attest, and which of them are not signed as they say."""
    found = [mark(one, keys) for one in checkpoints]
    return [one for one in found if isinstance(one, Mark)], [one for one in found if isinstance(one, Fault)]


# --- verification --------------------------------------------------------------------------------------------------


class Walk:
    """Goes along a chain once, whatever its length; `count` and `last` say how far it came."""

    def __init__(self, marks: Sequence[Mark] = ()) -> None:
        self._marks = marks
        self._at: dict[int, list[Mark]] = {}
        for one in marks:
            self._at.setdefault(one.seq, []).append(one)
        self.count = 0
        self.last: Entry | None = None

    def over(self, entries: Iterable[Entry]) -> Iterator[Fault]:
        """What is wrong with each entry, as they come; then what is missing at the end."""
        for entry in entries:
            self.count += 1
            yield from self.step(entry)
        yield from self.end()

    def step(self, entry: Entry) -> Iterator[Fault]:
        last, seq = self.last, entry.seq
        expected = last.seq + 1 if last else 1
        if seq > expected:
            gone = f"entry {expected} is" if seq == expected + 1 else f"entries {expected} to {seq - 1} are"
            yield Fault(Wrong.MISSING, expected, f"{gone} missing")
        elif seq < expected:
            yield Fault(Wrong.OUT_OF_ORDER, seq, f"entry {seq} stands after entry {expected - 1}")
        if last and entry.at < last.at:
            yield Fault(Wrong.BACK_DATED, seq, f"entry {seq} says {entry.at}, before entry {last.seq}: {last.at}")
        if digest(entry) != entry.hash:
            yield Fault(Wrong.CHANGED, seq, f"entry {seq} was changed: its hash is another one")
        elif seq == expected and entry.prev != (last.hash if last else START):
            yield Fault(Wrong.CHANGED, seq, f"entry {seq} does not follow from entry {seq - 1}: one of them is another")
        for one in self._at.get(seq, ()):
            if one.hash != entry.hash:
                yield Fault(Wrong.REPLACED, seq, f"entry {seq} is not the one that {one.said} attests")
        self.last = entry

    def end(self) -> Iterator[Fault]:
        reached = self.last.seq if self.last else 0
        for one in self._marks:
            if one.seq > reached:
                gone = f"the tail is cut: entries {reached + 1} to {one.seq} are gone, which {one.said} attests"
                yield Fault(Wrong.CUT, reached + 1, gone)
