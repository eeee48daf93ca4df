"""By which near-duplicates are known: a MinHash of a text's six-character pieces.

One-permutation MinHash with 64 bins over the 6-byte pieces of the folded text without its spaces, as measured in
comparison with other recipes: spaces dropped and look-alike letters folded it survives invisible characters, changed
case, added links and cut ends. Two texts are as similar as the share of bins that agree, an estimate of the share of
pieces they have in common (standard error .06 at one half).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.fold import fold, unmask

BINS = 64
PIECE = 6  # bytes
_EMPTY = np.uint32(0xFFFFFFFF)
_VALUE_BITS = np.uint64(33)  # a hash's top 31 bits are its value; its low 6 bits choose the bin
_BORROWED = np.uint32(0x80000000)
_STEP = 0x9E3779B1
_LINK = re.compile(r"https?://\S+|www\.\S+")

Array = npt.NDArray[Any]


def signature(text: str) -> bytes:
    """The signature of one text, 256 bytes; b"" for a text without letters or digits."""
    return signatures([text])[0]


def signatures(texts: Sequence[str]) -> list[bytes]:
    """The signatures of many texts, each as if it stood alone."""
    plain = [plain_text(text).encode() for text in texts]
    bins = _minima(plain)
    _fill(bins)
    return [row.tobytes() if text else b"" for row, text in zip(bins, plain, strict=True)]


def plain_text(text: str) -> str:
    """What is compared: folded, look-alikes made Latin, links and all spaces gone."""
    joined = unmask(fold(_LINK.sub(" ", text))).replace(" ", "")
    return joined.encode(errors="ignore").decode()


def _minima(texts: list[bytes]) -> Array:
    """The smallest hash value of each text in each bin; `_EMPTY` where no piece fell. Shape (texts, BINS), uint32."""
    bins = np.full((len(texts), BINS), _EMPTY, np.uint32)
    padded = [text.ljust(PIECE, b"\0") for text in texts]  # a shorter text is one piece
    if not padded:
        return bins
    lengths = np.fromiter((len(text) for text in padded), np.int64, len(padded))
    everything = np.frombuffer(b"".join(padded), np.uint8)
    owner = np.repeat(np.arange(len(padded)), lengths)
    hashes = _hashed(_pieces(everything))
    whole = owner[: len(hashes)] == owner[PIECE - 1 :]  # a piece that begins in one text and ends in the next is none
    hashes, owner = hashes[whole], owner[: len(hashes)][whole]
    slots = owner * BINS + (hashes & np.uint64(BINS - 1)).astype(np.int64)
    np.minimum.at(bins.reshape(-1), slots, (hashes >> _VALUE_BITS).astype(np.uint32))
    return bins


def _pieces(everything: Array) -> Array:
    """Each run of PIECE bytes as one number, little end first."""
    count = len(everything) - PIECE + 1
    pieces: Array = np.zeros(count, np.uint64)
    for offset in range(PIECE):
        pieces |= everything[offset : offset + count].astype(np.uint64) << np.uint64(8 * offset)
    return pieces


def _hashed(numbers: Array) -> Array:
    """The finaliser of MurmurHash3, 64 bits: every bit of the input moves every bit of the output."""
    mixed: Array = numbers ^ (numbers >> np.uint64(33))
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return mixed


def _fill(bins: Array) -> None:
    """Empty bins borrow from a full one, else two short texts would agree on what neither has.

    Which one depends on the bin alone; the step and the top bit keep a borrowed value apart from an own one.
    """
    empty = bins == _EMPTY
    wanting = np.flatnonzero(empty.any(axis=1) & ~empty.all(axis=1))
    part, still, own = bins[wanting], empty[wanting], ~empty[wanting]
    for step, source in enumerate(_search_order(), 1):
        usable = still & own[:, source]
        lent = (part[:, source] + np.uint32(step * _STEP % 2**32)) | _BORROWED
        part = np.where(usable, lent, part)
        still &= ~usable
        if not still.any():
            break
    bins[wanting] = part


@cache
def _search_order() -> Array:
    """Row by row, where each bin looks next: every bin's own fixed shuffle of the others. Shape (BINS - 1, BINS)."""
    orders = [
        np.random.default_rng(bin).permutation([other for other in range(BINS) if other != bin]) for bin in range(BINS)
    ]
    return np.stack(orders, axis=1)
