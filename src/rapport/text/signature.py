"""By which near-duplicates are known: a MinHash of a text's six-character pieces.

One-permutation MinHash with 64 bins over the 6-byte pieces of the plain text without its spaces, as measured in
comparison with other recipes: spaces dropped and look-alike letters folded it survives invisible characters, changed
case, added links and cut ends. Two texts are as similar as the share of bins that agree, an estimate of the share of
pieces they have in common (standard error .06 at one half).

A piece's hash is the finaliser of MurmurHash3 over its bytes, little end first: the low 6 bits choose the bin, the top
31 bits are the value, and a bin keeps the smallest. A text of fewer than six bytes is one piece.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.columns import Texts
from rapport.text.kernels import minhash

Array = npt.NDArray[Any]
BINS = minhash.BINS
_NONE = b"\xff" * 4 * BINS


def bins(texts: Texts) -> Array:
    """The signatures of texts that were made plain, as numbers: (texts, BINS), uint32."""
    made = np.empty((len(texts), BINS), np.uint32)
    minhash.minima(texts.data, texts.starts, _search_order(), made)
    return made


def signatures(texts: Texts) -> list[bytes]:
    """The same as they are kept, 256 bytes each; b"" for a text without letters or digits."""
    filled = np.diff(texts.starts) > 0
    return [row.tobytes() if some else b"" for row, some in zip(bins(texts), filled.tolist(), strict=True)]


def read(kept: Iterable[bytes]) -> Array:
    """Kept signatures as numbers again; those of texts without letters are all ones."""
    whole = b"".join(one or _NONE for one in kept)
    return np.frombuffer(whole, np.uint32).reshape(-1, BINS)


@cache
def _search_order() -> Array:
    """Row by row, where each bin looks next: every bin's own fixed shuffle of the others. Shape (BINS - 1, BINS)."""
    orders = [
        np.random.default_rng(bin).permutation([other for other in range(BINS) if other != bin]) for bin in range(BINS)
    ]
    return np.stack(orders, axis=1)
