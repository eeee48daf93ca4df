"""What a cell means: equal texts, numbers. Each takes the cells of a column and answers for all of them.

Every question is asked once for each different cell: in most columns a million rows hold a few hundred.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

_FEW = 2_000  # cells: below, looking for different ones costs more than it saves [ours]
_SAMPLE = 20_000
#: Latin letters that no accent makes of others (Unicode has no decomposition of them), and the last sigma.
_LETTERS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ſ": "s",
    "ς": "σ",
}  # fmt: skip
_SPACES = {" ": r"[ \x{a0}\x{202f}\x{2009}']", ",": ",", ".": r"\.", "'": r"['’]"}


def spread(cells: pl.Series, answer: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """`answer` of every cell, worked out once for each different one."""
    if len(cells) < _FEW or cells.head(_SAMPLE).n_unique() * 2 > min(len(cells), _SAMPLE):
        return answer(cells)
    places, distinct = coded(cells)
    return answer(distinct).gather(places)


def coded(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The different cells, and for each cell (UInt32) which of them it is."""
    one = cells.cast(pl.Categorical(pl.Categories.random()))
    places = one.to_physical()
    distinct = one.unique()
    order = distinct.to_physical().arg_sort()
    return places.rename("places"), distinct.gather(order).cast(pl.String)


def normal(cells: pl.Series) -> pl.Series:
    """Cells that mean the same text become the same: white space single, letters small, accents of Latin letters off.

    Other scripts stay what they are: 東京 is not "dong jing".
    """
    return spread(cells, _normal)


def _normal(cells: pl.Series) -> pl.Series:
    found = _single(cells)
    if found.is_empty() or not (found.str.len_bytes() != found.str.len_chars()).any():
        return found.str.to_lowercase()
    bare = found.str.normalize("NFD").str.replace_all(r"(\p{Latin})\p{M}+", "${1}").str.normalize("NFC")
    return bare.str.to_lowercase().str.replace_many(list(_LETTERS), list(_LETTERS.values()))


def single_spaced(cells: pl.Series) -> pl.Series:
    """Without white space around, and with single spaces within."""
    return spread(cells, _single)


def _single(cells: pl.Series) -> pl.Series:
    found = cells.str.strip_chars()
    return found.str.replace_all(r"\s+", " ") if found.str.contains(r"\s\s|[^\S ]").any() else found


def normal_text(text: str) -> str:
    return str(normal(pl.Series([text], dtype=pl.String))[0])


def numbers(cells: pl.Series, thousands: str = "") -> pl.Series:
    """Float64; null for what is no number. A number is digits with a decimal point and an exponent where wanted: no
    thousands marks but the one that was declared (with "." the decimal mark is a comma), no %, no _, no nan, no inf."""
    return spread(cells, lambda distinct: _numbers(distinct, thousands))


def _numbers(cells: pl.Series, thousands: str) -> pl.Series:
    text = cells.str.strip_chars()
    if thousands:
        text = _without_marks(text, thousands)
    found = text.cast(pl.Float64, strict=False)
    return found.to_frame("n").select(pl.when(pl.col("n").is_finite()).then("n")).to_series()


def _without_marks(text: pl.Series, thousands: str) -> pl.Series:
    """Only where the marks divide groups of three; with points as marks, decimals stand behind a comma."""
    mark, decimal = _SPACES[thousands], "," if thousands == "." else r"\."
    marked = rf"^[+-]?[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+(?:{decimal}[0-9]+)?$"
    plain = text.str.replace_all(mark, "")
    if thousands == ".":
        marked = rf"{marked}|^[+-]?[0-9]+,[0-9]+$"
        plain = plain.str.replace(",", ".", literal=True)
    ours = text.str.contains(marked)
    # Where points are marks, 1.5 is no number that everybody reads the same.
    rest = pl.when(~pl.col("t").str.contains(".", literal=True)).then("t") if thousands == "." else pl.col("t")
    frame = pl.DataFrame({"t": text, "p": plain, "o": ours})
    return frame.select(pl.when("o").then("p").otherwise(rest).alias("t")).to_series()


def number_of(text: str, thousands: str = "") -> float | None:
    found: float | None = numbers(pl.Series([text], dtype=pl.String), thousands)[0]
    return found


def written(number: float | None) -> str:
    """A number as text: whole ones without a point, null as nothing."""
    if number is None:
        return ""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def is_empty(cells: pl.Series) -> pl.Series:
    """Whether nothing but white space stands there."""
    return ~cells.str.contains(r"\S")
