"""Many texts at once without Python strings: their UTF-8 bytes one after another, as compiled functions read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Texts:
    """`data`: the bytes of all texts, uint8. `starts`: where each begins and the last one ends, int64, texts + 1."""

    data: Array
    starts: Array

    @classmethod
    def of(cls, texts: pl.Series) -> Texts:
        """A column of strings; a missing one is empty."""
        filled = texts.fill_null("")
        starts = np.zeros(len(filled) + 1, np.int64)
        np.cumsum(filled.str.len_bytes().to_numpy(), out=starts[1:])
        whole: str = filled.str.join("").item() if len(filled) else ""
        return cls(np.frombuffer(whole.encode(), np.uint8), starts)

    @classmethod
    def one(cls, text: str) -> Texts:
        """A single text, without the table that `of` needs; half a surrogate pair is a question mark."""
        data = text.encode(errors="replace")
        return cls(np.frombuffer(data, np.uint8), np.array([0, len(data)], np.int64))

    def rows(self, chosen: Array) -> Texts:
        """Some of the texts. chosen: int64, rising."""
        starts = np.zeros(len(chosen) + 1, np.int64)
        np.cumsum((self.starts[1:] - self.starts[:-1])[chosen], out=starts[1:])
        kept = np.zeros(len(self), bool)
        kept[chosen] = True
        return Texts(self.data[: self.starts[-1]][np.repeat(kept, np.diff(self.starts))], starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> str:
        return bytes(self.data[self.starts[row] : self.starts[row + 1]]).decode()


def in_lists(flat: pl.DataFrame, rows: int, name: str) -> pl.Series:
    """The lines of a table as one list of structs a text: its column `row` (rising) says of which."""
    lists = (
        flat.with_columns(pl.col("row").cast(pl.UInt32))
        .group_by("row", maintain_order=True)
        .agg(pl.struct(pl.exclude("row")).alias(name))
    )
    every = pl.DataFrame({"row": pl.arange(rows, dtype=pl.UInt32, eager=True)})
    whole = every.join(lists, on="row", how="left", maintain_order="left")[name]
    return whole.zip_with(whole.is_not_null(), pl.Series([[]], dtype=whole.dtype).new_from_index(0, rows))
