"""How a function is compiled: once per machine, kept beside the source or in the user's cache, and free of the lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code, from its first call on. Without a folder for it, it is compiled in each process."""
    try:
        made = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no folder that can be written to
        made = numba.njit(nogil=True)(function)
    return cast(Callable[P, R], made)
