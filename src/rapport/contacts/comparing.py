"""Pure: the ledgers of both sides of one correspondence, laid beside each other.

Each side exports the hash of every message it holds, in both directions, in the order in which it holds them: no
content leaves. Where the hashes agree, the messages do, letter by letter. Closures are messages like any other: each
side closes a case in its own words, both sides hold both, and that the words differ is no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rapport.contacts import signed
from rapport.contacts.signed import HASH, Peer, moment_of
from rapport.errors import Refused
from rapport.oversight.ledger.chain import moment
from rapport.values import Json

FORM = "rapport-heads-1"
#: Bytes, and messages, of one export [ours: a line takes about 130 bytes].
LARGEST = 16_000_000
MOST = 100_000
_BODY = {"made_at": str, "heads": list}


@dataclass(frozen=True, slots=True)
class Head:
    """A message as a ledger holds it. The direction is told by `sender`, the instance that sent it, so that it is the
    same on both sides; `at` is when it was sent."""

    sender: str
    number: int
    hash: str
    at: datetime

    @property
    def named(self) -> str:
        return f"message {self.number} of {self.sender}"


@dataclass(frozen=True, slots=True)
class Heads:
    """An export that the other side signed."""

    sender: str
    made_at: datetime
    heads: tuple[Head, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs. `under_way`: of ours, without a receipt yet; `younger`: they had it after their export was made:
    these need not be in it. `coming`: of theirs, after all that came, and we gave no receipt for it. `moved` stand in
    both, later in ours than one that they hold after them: they came by another way, which is no fault. `altered`: of
    those that differ, what stands here is not what was signed, and they hold what was."""

    both: int
    only_ours: tuple[Head, ...] = ()
    only_theirs: tuple[Head, ...] = ()
    differ: tuple[Head, ...] = ()
    twice: tuple[Head, ...] = ()
    moved: tuple[Head, ...] = ()
    under_way: tuple[Head, ...] = ()
    younger: tuple[Head, ...] = ()
    coming: tuple[Head, ...] = ()
    altered: tuple[Head, ...] = ()
    made_at: datetime | None = None  # their export

    @property
    def equal(self) -> bool:
        """Whether both hold the same messages with the same content."""
        return not (self.only_ours or self.only_theirs or self.differ or self.twice)


def head(sender: str, number: int, body: str, at: datetime) -> Head:
    """Of a message that is kept: its hash is taken of the body as it is now, not as it was noted once."""
    return Head(sender, number, signed.hash_of(body), at)


def exported(heads: Sequence[Head], *, sender: str, receiver: str, made_at: datetime, key: Ed25519PrivateKey) -> bytes:
    """The file for the other side."""
    if len(heads) > MOST:
        raise Refused("too_large", f"The ledger has {len(heads):,} messages; at most {MOST:,} go into one export.")
    rows = [[one.sender, one.number, one.hash, moment(one.at)] for one in heads]
    body = {"form": FORM, "from": sender, "to": receiver, "made_at": moment(made_at), "heads": rows}
    return signed.signed(body, key)


def read(data: bytes, *, peers: Mapping[str, Peer], me: str) -> Heads:
    """Refused if it is no export that a known instance signed for this one."""
    found = signed.read(data, form=FORM, shape=_BODY, peers=peers, me=me, most=LARGEST)
    match found.body:
        case {"from": str(sender), "made_at": str(made_at), "heads": list(rows)} if len(rows) <= MOST:
            heads = tuple(_head(row, number, {sender, me}) for number, row in enumerate(rows, 1))
            return Heads(sender, moment_of(made_at, "made_at"), heads)
    raise Refused("too_large", f"It names more than {MOST:,} messages.")


def _head(row: Json, number: int, instances: set[str]) -> Head:
    match row:
        case [str(sender), int(count), str(hash), str(at)] if sender in instances and HASH.fullmatch(hash):
            if count > 0 and count is not True:
                return Head(sender, count, hash, moment_of(at, "at"))
    raise Refused("not_whole", "It names no message between the two sides.", row=number)


def compare(ours: Iterable[Head], theirs: Iterable[Head]) -> Comparison:
    """What differs between two ledgers of one correspondence, each in the order of its side."""
    here, twice_here = _by_number(ours)
    there, twice_there = _by_number(theirs)
    both = [place for place in here if place in there]
    return Comparison(
        both=len(both),
        only_ours=tuple(one for place, one in here.items() if place not in there),
        only_theirs=tuple(one for place, one in there.items() if place not in here),
        differ=tuple(here[place] for place in both if here[place].hash != there[place].hash),
        twice=(*twice_here, *twice_there),
        moved=tuple(_moved([here[place] for place in both], {place: row for row, place in enumerate(there)})),
    )


def explained(
    found: Comparison, *, made_at: datetime, had_at: Callable[[Head], datetime | None], coming: Container[Head],
    altered: Container[Head],
) -> Comparison:  # fmt: skip
    """The same, knowing when the other side made its export. `had_at`: when it had a message that only we have, None as
    long as there is no receipt. `coming`, `altered`: which of theirs and of ours these are, if they are there."""
    known = {one: had_at(one) for one in found.only_ours}
    return replace(
        found, made_at=made_at,
        only_theirs=tuple(one for one in found.only_theirs if one not in coming),
        coming=tuple(one for one in found.only_theirs if one in coming),
        altered=tuple(one for one in found.differ if one in altered),
        only_ours=tuple(one for one, at in known.items() if at is not None and at <= made_at),
        younger=tuple(one for one, at in known.items() if at is not None and at > made_at),
        under_way=tuple(one for one, at in known.items() if at is None),
    )  # fmt: skip


_Place = tuple[str, int]


def _by_number(heads: Iterable[Head]) -> tuple[dict[_Place, Head], list[Head]]:
    """By sender and number; and those whose number is taken by another."""
    found: dict[_Place, Head] = {}
    twice = [one for one in heads if found.setdefault((one.sender, one.number), one) is not one]
    return found, twice


def _moved(heads: Iterable[Head], rows: Mapping[_Place, int]) -> Iterable[Head]:
    """Within one direction only: that letters cross each other is as it should be."""
    furthest: dict[str, int] = {}
    for one in heads:
        row = rows[one.sender, one.number]
        if row < furthest.get(one.sender, -1):
            yield one
        furthest[one.sender] = max(row, furthest.get(one.sender, -1))


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def in_words(found: Comparison, when: Callable[[datetime], str] = _utc) -> Sequence[str]:
    """Sentences, the verdict first. `when`: how a time is written for whoever reads it."""
    if found.equal:
        said = [f"Both sides hold the same {_messages(found.both)}, letter by letter."]
    else:
        said = [f"The two ledgers differ. The same on both sides: {_messages(found.both - len(found.differ))}."]
    if found.made_at is not None:
        said.append(f"Their ledger was made {when(found.made_at)}.")
    said += [f"Only we have {one.named}, sent {when(one.at)}." for one in found.only_ours]
    said += [
        f"Only they have {one.named}, sent {when(one.at)}: it has not come here, or was taken out. Ask for it."
        for one in found.only_theirs
    ]
    said += [
        f"{one.named.capitalize()} has another content on their side. Lay both texts side by side."
        for one in found.differ
        if one not in found.altered
    ]
    said += [
        f"{one.named.capitalize()} stands here otherwise than it was signed, and they hold what was signed: it was"
        " altered, or damaged, in our database. Lay it beside a backup."
        for one in found.altered
    ]
    said += [
        f"{one.named.capitalize()}, sent {when(one.at)}, has no receipt yet: it is under way, or they did not take it."
        for one in found.under_way
    ]
    said += [
        f"{one.named.capitalize()}, sent {when(one.at)}, has not come here yet: it is under way, or is not taken here."
        for one in found.coming
    ]
    said += [
        f"{one.named.capitalize()}, sent {when(one.at)}, is younger than their ledger: ask for a new one."
        for one in found.younger
    ]
    said += [f"{one.named.capitalize()} stands in a ledger twice." for one in found.twice]
    said += [
        f"{one.named.capitalize()} came to us in another order than to them. This is no fault." for one in found.moved
    ]
    return said


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"
