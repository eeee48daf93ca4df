"""The pieces of a plain text that a model has weights for: words, pairs of words, and three to five letters of a word.

A piece's hash is FNV-1a over its bytes with the finaliser of MurmurHash3, as in the signatures; its bucket is the
lowest 17 bits, so two pieces in a hundred share one with another that matters. A word's pieces have the space in front
of it and behind it: what begins or ends a word tells more than what stands within. kernels/grams.py does the same for
many texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rapport.text.kernels.grams import BUCKETS, LONGEST, LONGEST_WORD

_MASK = 0xFFFFFFFFFFFFFFFF
_SHORTEST, _LONGEST = 3, 5


@dataclass(frozen=True, slots=True)
class Gram:
    """`text[start:end]` of the plain text, in characters; the spaces that belong to it may lie outside."""

    bucket: int
    start: int
    end: int


def grams(plain: str) -> Iterator[Gram]:
    """The pieces of a plain text's first LONGEST bytes; those that stand in it twice, twice."""
    before: tuple[int, int] | None = None  # the last word's hash, and where it began
    for word, at in _words(plain.encode()[:LONGEST].decode(errors="ignore")):
        end = at + len(word)
        hashed = _mixed(_fnv(word.encode()))
        yield Gram(hashed % BUCKETS, at, end)
        if before is not None:
            yield Gram(_mixed((before[0] * 31 + hashed) & _MASK) % BUCKETS, before[1], end)
        before = hashed, at
        padded = f" {word} "
        for start in range(len(padded) - _SHORTEST + 1):
            for length in range(_SHORTEST, min(_LONGEST, len(padded) - start) + 1):
                piece = _fnv(padded[start : start + length].encode())
                begin = at + max(start - 1, 0)
                yield Gram(_mixed((piece + length) & _MASK) % BUCKETS, begin, min(at + start + length - 1, end))


def _words(plain: str) -> Iterator[tuple[str, int]]:
    """Each word and where it begins; of one that is too long, each part."""
    at = 0
    for word in plain.split(" "):
        for begin in range(0, len(word), LONGEST_WORD):
            yield word[begin : begin + LONGEST_WORD], at + begin
        at += len(word) + 1


def _fnv(data: bytes) -> int:
    hashed = 0xCBF29CE484222325
    for byte in data:
        hashed = ((hashed ^ byte) * 0x100000001B3) & _MASK
    return hashed


def _mixed(number: int) -> int:
    """kernels.minhash.mixed, in Python."""
    number ^= number >> 33
    number = (number * 0xFF51AFD7ED558CCD) & _MASK
    number ^= number >> 33
    number = (number * 0xC4CEB9FE1A85EC53) & _MASK
    return number ^ (number >> 33)
