"""Messages in, what they seem to say out: the reading, the writing and the batches of `rapport text analyse`.

However large the input, what is in memory is one batch and, with near-duplicates, one window and the
beginnings of its texts, _KEPT characters at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import BinaryIO

import msgspec
import polars as pl

from rapport.text import chain, signature
from rapport.text.columns import Texts
from rapport.text.differences import MOST, differences
from rapport.text.groups import Grouped, Window
from rapport.text.kernels.plain import made_plain
from rapport.text.knowledge import Knowledge
from rapport.text.places import FOUND
from rapport.values import Json, Precision

BATCH = 1_000  # messages
_BATCH_BYTES = 8_000_000  # of a batch with long messages [ours]
LONGEST_LINE = 4_000_000  # bytes; a longer line is passed over, and said [ours]
_SAID = (
    "language language_share second_language language_answers signature labels calibrated urgency places personal_data "
    "withholding risks number group likeness differs error invalid_utf8"
)
#: What is added; fields that came under such a name are passed on under another (_renamed).
_ADDED = frozenset(_SAID.split())
#: Characters of earlier messages that are kept to say what differs; with what is older it is not said [ours].
_KEPT = 50_000_000
_DIFFERS = pl.List(pl.Struct({"kind": pl.String, "one": pl.String, "other": pl.String}))
_WORDS = {one.value: one.word for one in Precision}
#: A candidate without its number in the gazetteer, its precision in words.
_PLACE = [
    pl.element().struct.field("precision").replace_strict(_WORDS, return_dtype=pl.String)
    if name == "precision"
    else pl.element().struct.field(name)
    for name in FOUND.to_schema()
    if name != "entry"
]


@dataclass(frozen=True, slots=True)
class Line:
    """One message, or why there is none. `fields`: what else came with it, none under a name of what is added."""

    number: int
    text: str
    fields: Mapping[str, Json]
    error: str = ""
    invalid_utf8: bool = False


@dataclass(slots=True)
class Told:
    """What became of the lines, told at the end."""

    messages: int = 0
    errors: int = 0
    invalid_utf8: int = 0


@dataclass(slots=True)
class Earlier:
    """The messages that near-duplicates are sought among. `texts`: by their numbers in the window, the first MOST
    characters of each, as far as differences are looked for; the newest, _KEPT characters together."""

    window: Window = field(default_factory=Window)
    texts: dict[int, str] = field(default_factory=dict)
    size: int = 0

    def keep(self, number: int, text: str) -> None:
        self.texts[number] = text[:MOST]
        self.size += len(self.texts[number])
        while self.size > _KEPT or next(iter(self.texts)) < self.window.oldest:
            self.size -= len(self.texts.pop(next(iter(self.texts))))


def analyse(
    read: BinaryIO,
    write: BinaryIO,
    knowledge: Knowledge,
    earlier: Earlier | None,
    ndjson: bool | None,
    advance: Callable[[int, int], None],
) -> Told:
    """`ndjson`: whether the lines are JSON; None decides by the first one that is not empty. `advance` is told how many
    messages and bytes were done."""
    told = Told()
    for batch, size in _batches(read, ndjson):
        write.write(b"".join(_answers(batch, knowledge, earlier)))
        write.flush()
        told.messages += len(batch)
        told.errors += sum(bool(line.error) for line in batch)
        told.invalid_utf8 += sum(line.invalid_utf8 for line in batch)
        advance(len(batch), size)
    return told


# --- in ------------------------------------------------------------------------------------------------------------


def _batches(read: BinaryIO, ndjson: bool | None) -> Iterator[tuple[list[Line], int]]:
    """Batches of lines, and how many bytes each took."""
    lines: list[Line] = []
    size = number = 0
    while data := read.readline(LONGEST_LINE):
        number += 1
        size += len(data)
        whole = data.endswith(b"\n") or len(data) < LONGEST_LINE
        while not whole:
            rest = read.readline(LONGEST_LINE)
            size += len(rest)
            whole = rest.endswith(b"\n") or len(rest) < LONGEST_LINE
            data = b""
        said = data.removeprefix(b"\xef\xbb\xbf") if number == 1 else data
        if ndjson is None and said.strip():
            ndjson = said.lstrip().startswith(b"{")
        if not said:
            lines.append(Line(number, "", {}, f"line {number} is longer than {LONGEST_LINE // 1_000_000} MB"))
        elif not ndjson or said.strip():
            lines.append(_line(number, said.rstrip(b"\r\n"), bool(ndjson)))
        if len(lines) >= BATCH or size >= _BATCH_BYTES:
            yield lines, size
            lines, size = [], 0
    if lines:
        yield lines, size


def _line(number: int, data: bytes, ndjson: bool) -> Line:
    text = data.decode(errors="replace")
    invalid = text.encode() != data
    if not ndjson:
        return Line(number, text, {"text": text}, invalid_utf8=invalid)
    try:
        fields = msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        return Line(number, "", {}, f"line {number} is no JSON object: {error}", invalid)
    if not isinstance(fields, dict):
        return Line(number, "", {}, f"line {number} is no JSON object: it is a {type(fields).__name__}", invalid)
    said = fields.get("text")
    if not isinstance(said, str):
        return Line(number, "", fields, f'line {number} has no "text" that is a string', invalid)
    return Line(number, said, _renamed(fields), invalid_utf8=invalid)


def _renamed(fields: Mapping[str, Json]) -> dict[str, Json]:
    """What came as "labels" is "said_labels"; with one more "said_" where that came too."""
    kept: dict[str, Json] = {name: value for name, value in fields.items() if name not in _ADDED}
    for name in (name for name in fields if name in _ADDED):
        free = f"said_{name}"
        while free in kept:
            free = f"said_{free}"
        kept[free] = fields[name]
    return kept


# --- out -----------------------------------------------------------------------------------------------------------


def _answers(batch: Sequence[Line], knowledge: Knowledge, earlier: Earlier | None) -> Iterator[bytes]:
    """A line for each line, in the same order."""
    said = iter(_each([line for line in batch if not line.error], knowledge, earlier))
    for line in batch:
        yield _error(line.error) if line.error else next(said)


def _each(good: Sequence[Line], knowledge: Knowledge, earlier: Earlier | None) -> list[bytes]:
    """What is said of each. A message on which it fails is marked, and the others go on."""
    try:
        return _said(good, knowledge, earlier) if good else []
    except Exception as error:  # noqa: BLE001 - whatever a hostile message brings about
        if len(good) == 1:
            return [_error(f"line {good[0].number} cannot be analysed: {type(error).__name__}")]
        half = len(good) // 2
        return [*_each(good[:half], knowledge, earlier), *_each(good[half:], knowledge, earlier)]


def _said(good: Sequence[Line], knowledge: Knowledge, earlier: Earlier | None) -> list[bytes]:
    texts = pl.DataFrame(
        {"id": [line.number for line in good], "text": [line.text for line in good]},
        schema={"id": pl.Int64, "text": pl.String},
    )
    found = chain.analyse(texts, knowledge).drop("id", "text")
    found = found.with_columns(
        pl.col("signature").bin.encode("hex"),
        pl.col("language_share").cast(pl.Float64).round(3),
        pl.col("places").list.eval(pl.struct(_PLACE)),
    )
    if earlier is not None:
        found = found.with_columns(*_grouped(texts["text"], knowledge, earlier))
    added = found.write_ndjson().encode().splitlines()
    return [_joined(line, one) for line, one in zip(good, added, strict=True)]


def _grouped(texts: pl.Series, knowledge: Knowledge, earlier: Earlier) -> tuple[pl.Series, ...]:
    plain = made_plain(Texts.of(texts))[0]
    added = earlier.window.add(plain, signature.bins(plain))
    return (
        pl.Series("number", added.numbers),
        pl.Series("group", added.groups),
        pl.Series("likeness", added.likeness).round(3),
        pl.Series("differs", list(_differing(texts.to_list(), added, knowledge, earlier)), dtype=_DIFFERS),
    )


def _differing(
    texts: Sequence[str], added: Grouped, knowledge: Knowledge, earlier: Earlier
) -> Iterator[list[dict[str, str]] | None]:
    """What differs between each message of an earlier one's group (`one`) and the message that it is likest (`other`);
    None for the others, and where the likest is not kept any more."""
    names = knowledge.gazetteer.by_name
    rows = zip(texts, added.numbers.tolist(), added.groups.tolist(), added.nearest.tolist(), strict=True)
    for text, number, group, nearest in rows:
        other = earlier.texts.get(nearest) if group != number else None
        earlier.keep(number, text)
        yield None if other is None else [asdict(one) for one in differences(text, other, names)]


def _joined(line: Line, said: bytes) -> bytes:
    fields = {**line.fields, "invalid_utf8": True} if line.invalid_utf8 else line.fields
    own = msgspec.json.encode(fields)
    return own[:-1] + (b"," if len(own) > 2 else b"") + said[1:] + b"\n"


def _error(said: str) -> bytes:
    return msgspec.json.encode({"error": said}) + b"\n"
