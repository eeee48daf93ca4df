"""Signatures of texts as they come, for tests."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rapport.text.columns import Texts
from rapport.text.kernels.plain import made_plain
from rapport.text.signature import signatures as of_plain


def signatures(texts: Sequence[str]) -> list[bytes]:
    return of_plain(made_plain(Texts.of(pl.Series(texts, dtype=pl.String)))[0])


def signature(text: str) -> bytes:
    return signatures([text])[0]
