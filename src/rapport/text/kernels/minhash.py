"""The bins of signature.signatures, text by text."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.kernels.compiled import compiled

Array = npt.NDArray[Any]
BINS = 64
PIECE = 6
SPACE = 32
_EMPTY = np.uint32(0xFFFFFFFF)
_BORROWED = np.uint32(0x80000000)
_STEP = 0x9E3779B1


@compiled
def mixed(number: np.uint64) -> np.uint64:
    """The finaliser of MurmurHash3, 64 bits: every bit of the input moves every bit of the output."""
    number ^= number >> np.uint64(33)
    number *= np.uint64(0xFF51AFD7ED558CCD)
    number ^= number >> np.uint64(33)
    number *= np.uint64(0xC4CEB9FE1A85EC53)
    return number ^ (number >> np.uint64(33))


@compiled
def minima(data: Array, starts: Array, order: Array, bins: Array) -> None:
    """Fill `bins` (texts, BINS; uint32): the smallest hash of a text's pieces in each, empty ones borrowed in `order`.

    A text without letters keeps all its bins empty (0xFFFFFFFF). `order` is signature.search_order().
    """
    for row in range(len(starts) - 1):
        own = bins[row]
        own[:] = _EMPTY
        if _pieces_into(data, starts[row], starts[row + 1], own):
            _borrow(own, order)


@compiled
def _pieces_into(data: Array, begin: int, end: int, own: Array) -> int:
    """Each run of six bytes, spaces left out, into its bin; how many bytes there were. Fewer than six are one piece."""
    piece, length = np.uint64(0), 0
    for at in range(begin, end):
        if data[at] == SPACE:
            continue
        piece = (piece >> np.uint64(8)) | (np.uint64(data[at]) << np.uint64(8 * (PIECE - 1)))
        length += 1
        if length >= PIECE:
            _into(own, mixed(piece))
    if 0 < length < PIECE:
        _into(own, mixed(piece >> np.uint64(8 * (PIECE - length))))
    return length


@compiled
def _into(own: Array, hashed: np.uint64) -> None:
    """The low 6 bits choose the bin, the top 31 are the value."""
    value = np.uint32(hashed >> np.uint64(33))
    bin = hashed & np.uint64(BINS - 1)
    if value < own[bin]:
        own[bin] = value


@compiled
def _borrow(own: Array, order: Array) -> None:
    """Empty bins borrow from the first full one in their own order; a step and the top bit keep it apart."""
    full = own != _EMPTY
    for bin in range(BINS):
        if full[bin]:
            continue
        for step in range(BINS - 1):
            if full[order[step, bin]]:
                lent = np.uint32(
                    (np.uint64(own[order[step, bin]]) + np.uint64((step + 1) * _STEP)) & np.uint64(0xFFFFFFFF)
                )
                own[bin] = lent | _BORROWED
                break
