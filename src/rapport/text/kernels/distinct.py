"""Which of many texts are the same to the letter: each is read once, however often it was passed on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.kernels.compiled import compiled
from rapport.text.kernels.minhash import mixed

Array = npt.NDArray[Any]


@compiled
def firsts(data: Array, starts: Array, table: Array, first: Array) -> None:
    """Fill `first` with the row that has the same bytes first, its own where there is none before.

    `table`: int32, as many as a power of two, more than there are rows.
    """
    table[:] = -1
    for row in range(len(starts) - 1):
        begin, end = starts[row], starts[row + 1]
        hashed = np.uint64(end - begin)
        for at in range(begin, end):
            hashed = (hashed ^ np.uint64(data[at])) * np.uint64(0x100000001B3)
        slot = mixed(hashed) & np.uint64(len(table) - 1)
        while table[slot] >= 0 and not (
            starts[table[slot] + 1] - starts[table[slot]] == end - begin
            and same(data, starts[table[slot]], begin, end - begin)
        ):
            slot = (slot + np.uint64(1)) & np.uint64(len(table) - 1)
        if table[slot] < 0:
            table[slot] = row
        first[row] = table[slot]


@compiled
def same(data: Array, one: int, other: int, length: int) -> bool:
    """Whether the bytes from two places on are equal."""
    for at in range(length):  # noqa: SIM110, numba compiles no generators
        if data[one + at] != data[other + at]:
            return False
    return True
