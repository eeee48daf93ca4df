"""Texts that are the same to the letter are read once: in a stream every third is one passed on."""

from __future__ import annotations

import numpy as np

from rapport.text.columns import Array, Texts
from rapport.text.kernels import distinct


def first_same(texts: Texts) -> Array:
    """For each text the row of the first one with the same bytes, its own where there is none before; int64."""
    first = np.empty(len(texts), np.int64)
    table = np.empty(1 << (2 * len(texts) + 1).bit_length(), np.int32)  # less than half full
    distinct.firsts(texts.data, texts.starts, table, first)
    return first
