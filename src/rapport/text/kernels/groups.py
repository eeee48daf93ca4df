"""The window of groups.Window, message by message."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rapport.text.kernels.compiled import compiled
from rapport.text.kernels.minhash import BINS, PIECE, SPACE, mixed

Array = npt.NDArray[Any]
BANDS = 21
BAND_BINS = 3
#: One key for each band, and one for how the text begins.
KEYS = BANDS + 1
#: Bytes of a text without its spaces that are kept for comparing, about 240 characters of English.
KEPT = 192
#: Bytes by which a text begins: what was only cut is met by these [ours].
OPENING = 16
#: Slots of the table of one text's pieces: twice their number and more.
_PIECES = 512
#: Messages with one key in common that are compared when a message comes in, the newest first: with 4 as many copies
#: find their group, and with 1 three in a thousand less [ours].
_DEEP = 2
#: Where in `state` what stands; ASKED counts the searches, by which a message is marked as met.
NEXT, OLDEST, NOW, USED, ASKED = 0, 1, 2, 3, 4
STATE = 5
#: Where in `Desk.own` what stands: the first two as in Ring, then how often the message was compared.
SIZE, PIECES, COMPARISONS, TOUCHED = 0, 1, 2, 3

_TAG = np.uint64(0xFFFFFFFF)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_TOP = np.uint64(64 - _PIECES.bit_length() + 1)
_LAST = np.uint64(8 * (PIECE - 1))


class Ring(NamedTuple):
    """Of each message what it takes to compare it, at its number modulo the length; the meaning is Window's."""

    kept: Array  # (length, KEPT) uint8: the first bytes of the plain text, without spaces
    sizes: Array  # uint16: how many, KEPT + 1 if there are more
    pieces: Array  # uint16: how many different pieces these make, 0 while nobody has asked
    bins: Array  # (length, BINS) uint16: the low halves of the signature
    before: Array  # (length, KEYS) uint32: how many numbers back the message before with the same key is, 0 if none
    heads: Array  # int64: the number of the message that began the group
    times: Array  # int64
    gone: Array  # uint8: 1 if it was taken out, or has nothing to compare
    met: Array  # int64: the last search that met it


class Rules(NamedTuple):
    """The thresholds of groups.py."""

    same: float
    related: float
    within: float
    within_least: float
    within_pieces: int


class Desk(NamedTuple):
    """Room to work on one message, made once."""

    text: Array  # KEPT uint8, without spaces
    own: Array  # int64, see SIZE
    bins: Array  # BINS uint16
    table: Array  # _PIECES uint64: its pieces, each + 1
    other: Array  # the same for another message
    seen: Array  # _PIECES int32: by which comparison a piece was met last
    keys: Array  # KEYS uint64: 0 where it has none
    found: Array  # int64: candidates
    likeness: Array  # float64: of each candidate
    shares: Array  # float64: the share of all pieces that it has in common


def ring(length: int) -> Ring:
    """For `length` messages."""
    return Ring(
        kept=np.zeros((length, KEPT), np.uint8),
        sizes=np.zeros(length, np.uint16),
        pieces=np.zeros(length, np.uint16),
        bins=np.zeros((length, BINS), np.uint16),
        before=np.zeros((length, KEYS), np.uint32),
        heads=np.zeros(length, np.int64),
        times=np.zeros(length, np.int64),
        gone=np.zeros(length, np.uint8),
        met=np.zeros(length, np.int64),
    )


def desk(most: int) -> Desk:
    """For up to `most` candidates a message."""
    return Desk(
        text=np.zeros(KEPT, np.uint8),
        own=np.zeros(4, np.int64),
        bins=np.zeros(BINS, np.uint16),
        table=np.zeros(_PIECES, np.uint64),
        other=np.zeros(_PIECES, np.uint64),
        seen=np.zeros(_PIECES, np.int32),
        keys=np.zeros(KEYS, np.uint64),
        found=np.zeros(most, np.int64),
        likeness=np.zeros(most, np.float64),
        shares=np.zeros(most, np.float64),
    )


@compiled
def enter(
    ring: Ring, slots: Array, state: Array, limits: Array, rules: Rules, room: Desk,
    data: Array, starts: Array, signatures: Array, times: Array, first: int,
    groups: Array, likeness: Array, nearest: Array,
) -> int:  # fmt: skip
    """Messages from row `first` on are put in, one after another; the row at which the ring or the table is full.

    `limits`: the most messages that are alive, how old they may be, and the most slots in use. `groups`, `likeness`
    and `nearest` are filled.
    """
    most, span = limits[0], limits[1]
    length = len(ring.sizes)
    for row in range(first, len(starts) - 1):
        state[NOW] = max(state[NOW], times[row])
        _expire(ring, state, most - 1, span)
        if state[NEXT] - state[OLDEST] >= length or state[USED] + KEYS > limits[2]:
            return row
        number = state[NEXT]
        at = number % length
        state[NEXT] += 1
        _read(room, data, starts[row], starts[row + 1], signatures[row])
        ring.times[at] = state[NOW]
        ring.heads[at] = number
        ring.kept[at] = room.text
        ring.sizes[at] = room.own[SIZE]
        ring.pieces[at] = 0
        ring.bins[at] = room.bins
        ring.before[at] = 0
        ring.gone[at] = room.own[SIZE] == 0
        ring.met[at] = 0
        groups[row] = number
        likeness[row] = 0.0
        nearest[row] = -1
        if ring.gone[at]:
            continue
        count = _compared(ring, slots, state, room, rules)
        best = _best(room, count)
        if best >= 0 and room.likeness[best] >= rules.related:
            likeness[row] = room.likeness[best]
            nearest[row] = room.found[best]
        ring.heads[at] = groups[row] = _group(ring, state, number, count, room, rules)
        _write(ring, slots, state, number, room)
    return len(starts) - 1


@compiled
def _expire(ring: Ring, state: Array, most: int, span: int) -> None:
    length = len(ring.sizes)
    while state[OLDEST] < state[NEXT] and (
        state[NEXT] - state[OLDEST] > most or ring.times[state[OLDEST] % length] < state[NOW] - span
    ):
        state[OLDEST] += 1


@compiled
def _read(room: Desk, data: Array, begin: int, end: int, signature: Array) -> None:
    """A message onto the desk."""
    size = 0
    for at in range(begin, end):
        if data[at] != SPACE:
            if size == KEPT:
                size += 1
                break
            room.text[size] = data[at]
            size += 1
    room.text[size:] = 0
    room.own[SIZE], room.own[PIECES], room.own[COMPARISONS] = size, 0, 0
    for bin in range(BINS):
        room.bins[bin] = signature[bin] & np.uint32(0xFFFF)
    for band in range(BANDS):
        first = BAND_BINS * band
        low = np.uint64(signature[first]) | np.uint64(signature[first + 1]) << np.uint64(32)
        high = np.uint64(signature[first + 2]) | np.uint64(band) << np.uint64(32)
        room.keys[band] = _tag(mixed(low) ^ high)
    room.keys[BANDS] = 0
    if size >= OPENING:
        whole = np.uint64(BANDS)
        for at in range(OPENING):
            whole = whole * _ODD + np.uint64(room.text[at])
        room.keys[BANDS] = _tag(whole)


@compiled
def _table_of(text: Array, size: int, table: Array) -> int:
    """The pieces of a text, each once, into an empty table; how many. A text of fewer than six bytes is one piece."""
    table[:] = 0
    piece, count = np.uint64(0), 0
    for at in range(size):
        piece = (piece >> np.uint64(8)) | (np.uint64(text[at]) << _LAST)
        if at >= PIECE - 1 or at == size - 1:
            place = _place(table, piece)
            if not table[place]:
                table[place] = piece + np.uint64(1)
                count += 1
    return count


@compiled
def _common(text: Array, size: int, table: Array, seen: Array, comparison: int) -> int:
    """How many pieces of a text are in the table."""
    piece, count = np.uint64(0), 0
    for at in range(size):
        piece = (piece >> np.uint64(8)) | (np.uint64(text[at]) << _LAST)
        if at >= PIECE - 1 or at == size - 1:
            place = _place(table, piece)
            if table[place] and seen[place] != comparison:
                seen[place] = comparison
                count += 1
    return count


@compiled
def _tag(number: np.uint64) -> np.uint64:
    """32 bits, never 0: that is an empty slot."""
    return max(mixed(number) >> np.uint64(32), np.uint64(1))


@compiled
def _place(table: Array, piece: np.uint64) -> int:
    """Where a piece is, or would be."""
    at = int(np.int64(piece * _ODD >> _TOP))
    while table[at] and table[at] != piece + np.uint64(1):
        at = (at + 1) & (_PIECES - 1)
    return at


@compiled
def earlier(ring: Ring, state: Array, number: int, room: Desk, deep: int, rules: Rules) -> int:
    """A message that is in the ring onto the desk, and messages before it with a key in common, `deep` of each key,
    with their likeness; how many there are."""
    length, count = len(ring.sizes), 0
    at = number % length
    room.text[:] = ring.kept[at]
    room.bins[:] = ring.bins[at]
    room.own[SIZE], room.own[COMPARISONS] = ring.sizes[at], 0
    if ring.gone[at]:
        return 0
    state[ASKED] += 1
    for key in range(KEYS):
        step = int(np.int64(ring.before[at, key]))
        if step:
            other = _alive(ring.gone, ring.before, state, number - step, key)
            ring.before[at, key] = number - other if other >= state[OLDEST] else 0
            if other >= state[OLDEST]:
                count = _walked(ring, state, room, count, other, key, deep)
    for one in range(count):
        room.likeness[one], room.shares[one] = _alike(ring, room.found[one] % length, room, rules)
    return count


@compiled
def earlier_of(
    ring: Ring, state: Array, numbers: Array, first: int, room: Desk, deep: int, rules: Rules,
    ends: Array, found: Array, likeness: Array, shares: Array,
) -> int:  # fmt: skip
    """`earlier` of many, from `first` on, those that are related at least; the next one when there is no more room.

    `ends`: of each, where its candidates end in the three columns that follow."""
    count = ends[first - 1] if first else 0
    for row in range(first, len(numbers)):
        if count + len(room.found) > len(found):
            return row
        candidates = 0
        if state[OLDEST] <= numbers[row] < state[NEXT]:
            candidates = earlier(ring, state, numbers[row], room, deep, rules)
        for one in range(candidates):
            if room.likeness[one] >= rules.related:
                found[count], likeness[count], shares[count] = room.found[one], room.likeness[one], room.shares[one]
                count += 1
        ends[row] = count
    return len(numbers)


@compiled
def _compared(ring: Ring, slots: Array, state: Array, room: Desk, rules: Rules) -> int:
    """Candidates onto the desk for the message that lies there, and how like it they are; how many there are.

    An equal one is the only one: it is the newest, for two equal texts have all their keys in common."""
    length, count = len(ring.sizes), 0
    state[ASKED] += 1
    touched = np.uint64(0)
    for key in range(KEYS):  # none waits for another: the memory brings many at a time
        touched ^= slots[_home(room.keys[key], len(slots))]
    room.own[TOUCHED] = np.int64(touched >> np.uint64(1))
    for key in range(KEYS):
        if not room.keys[key]:
            continue
        slot, known = _slot(slots, state, room.keys[key])
        if not known:
            continue
        number = _alive(ring.gone, ring.before, state, _number(slots[slot], state), key)
        if number >= state[OLDEST]:
            slots[slot] = room.keys[key] << np.uint64(32) | (np.uint64(number) & _TAG)
            known_before = count
            count = _walked(ring, state, room, count, number, key, _DEEP)
            for one in range(known_before, count):
                if _equal(ring, room.found[one] % length, room):
                    room.found[0], room.likeness[0] = room.found[one], 1.0
                    return 1
    for one in range(count):
        room.likeness[one], room.shares[one] = _alike(ring, room.found[one] % length, room, rules)
    return count


@compiled
def _walked(ring: Ring, state: Array, room: Desk, count: int, number: int, key: int, deep: int) -> int:
    """The message and those before it with the same key, `deep` in all, onto the desk where they are not yet there."""
    length = len(ring.sizes)
    while True:
        if count < len(room.found) and ring.met[number % length] != state[ASKED]:
            ring.met[number % length] = state[ASKED]
            room.found[count] = number
            count += 1
        deep -= 1
        step = int(np.int64(ring.before[number % length, key]))
        if not deep or not step:
            return count
        other = _alive(ring.gone, ring.before, state, number - step, key)
        ring.before[number % length, key] = number - other if other >= state[OLDEST] else 0
        if other < state[OLDEST]:
            return count
        number = other


@compiled
def _alive(gone: Array, before: Array, state: Array, number: int, key: int) -> int:
    """The message itself, or the newest before it with the same key that is still there; -1 if there is none.

    Whoever asks writes down the answer: those that are gone are passed over once."""
    while number >= state[OLDEST]:
        if not gone[number % len(gone)]:
            return number
        step = int(np.int64(before[number % len(gone), key]))
        if not step:
            break
        number -= step
    return -1


@compiled
def _number(slot: np.uint64, state: Array) -> int:
    """The slot has the low 32 bits of a number: the newest one that ends so."""
    newest = int(state[NEXT]) - 1
    return newest - int(np.int64((np.uint64(newest) - slot) & _TAG))


@compiled
def _home(tag: np.uint64, slots: int) -> int:
    """Where its search begins: the tag as a share of the table."""
    return int(np.int64((tag * np.uint64(slots)) >> np.uint64(32)))


@compiled
def _slot(slots: Array, state: Array, tag: np.uint64) -> tuple[int, bool]:
    """Where a key stands, True; or where it can be put, False: the first slot whose message is too old, or empty."""
    at = _home(tag, len(slots))
    free = -1
    # A slot is never emptied, only given to another key, so that no search ends too early.
    while slots[at]:
        if slots[at] >> np.uint64(32) == tag:
            return at, True
        if free < 0 and _number(slots[at], state) < state[OLDEST]:
            free = at
        at = (at + 1) & (len(slots) - 1)
    return (at if free < 0 else free), False


@compiled
def _write(ring: Ring, slots: Array, state: Array, number: int, room: Desk) -> None:
    """The message is the newest with each of its keys."""
    at = number % len(ring.sizes)
    for key in range(KEYS):
        ring.before[at, key] = 0
        if not room.keys[key]:
            continue
        slot, known = _slot(slots, state, room.keys[key])
        if known:
            earlier = _number(slots[slot], state)
            if earlier >= state[OLDEST]:
                ring.before[at, key] = number - earlier
        elif not slots[slot]:
            state[USED] += 1
        slots[slot] = room.keys[key] << np.uint64(32) | (np.uint64(number) & _TAG)


@compiled
def moved(old: Array, slots: Array, state: Array) -> None:
    """What is alive of a table into another one that is empty."""
    state[USED] = 0
    for at in range(len(old)):
        if old[at] and _number(old[at], state) >= state[OLDEST]:
            slot, _ = _slot(slots, state, old[at] >> np.uint64(32))
            slots[slot] = old[at]
            state[USED] += 1


@compiled
def _best(room: Desk, count: int) -> int:
    """The likest candidate, -1 if there is none."""
    best = -1
    for one in range(count):
        if best < 0 or _better(room, one, best):
            best = one
    return best


@compiled
def _better(room: Desk, one: int, other: int) -> bool:
    """More alike, or as much and newer."""
    if room.likeness[one] != room.likeness[other]:
        return bool(room.likeness[one] > room.likeness[other])
    return bool(room.found[one] > room.found[other])


@compiled
def _group(ring: Ring, state: Array, number: int, count: int, room: Desk, rules: Rules) -> int:
    """The group of the likest message that is the same and whose group began with something related; else its own."""
    length = len(ring.sizes)
    while True:
        best = _best(room, count)
        if best < 0 or room.likeness[best] < rules.same:
            return number
        head = ring.heads[room.found[best] % length]
        if head == room.found[best] or head < state[OLDEST] or ring.gone[head % length]:
            return int(head)
        if _alike(ring, head % length, room, rules)[0] >= rules.related:
            return int(head)
        room.likeness[best] = 0.0


@compiled
def _alike(ring: Ring, other: int, room: Desk, rules: Rules) -> tuple[float, float]:
    """The likeness, as groups.py tells it, of the message on the desk and the one at `other` in the ring; and the
    share of all their pieces that they have in common."""
    longer, other_longer = room.own[SIZE] > KEPT, ring.sizes[other] > KEPT
    if not room.own[COMPARISONS]:
        room.own[PIECES] = _table_of(room.text, min(int(room.own[SIZE]), KEPT), room.table)
        room.seen[:] = 0
    room.own[COMPARISONS] += 1
    length = min(int(np.int64(ring.sizes[other])), KEPT)
    if not ring.pieces[other]:
        ring.pieces[other] = _table_of(ring.kept[other], length, room.other)
    common = _common(ring.kept[other], length, room.table, room.seen, room.own[COMPARISONS])
    mine, theirs = room.own[PIECES], np.int64(ring.pieces[other])
    if longer or other_longer:
        agree = 0
        for bin in range(BINS):
            agree += room.bins[bin] == ring.bins[other, bin]
        share = agree / BINS
    else:
        share = common / (mine + theirs - common)
    within = 0.0
    if mine <= theirs and not longer:
        within = common / mine
    elif theirs <= mine and not other_longer:
        within = common / theirs
    if share >= rules.within_least or common >= rules.within_pieces:
        return max(share, within - rules.within), share
    return share, share


@compiled
def _equal(ring: Ring, other: int, room: Desk) -> bool:
    """Whether the text on the desk and the one at `other` are known to be equal, spaces apart."""
    if room.own[SIZE] != ring.sizes[other] or room.own[SIZE] > KEPT:
        return False
    different = 0
    for at in range(KEPT):  # to the end: eight bytes at a time are faster than asking after each
        different |= room.text[at] ^ ring.kept[other, at]
    return different == 0
