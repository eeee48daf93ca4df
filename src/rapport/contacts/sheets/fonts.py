"""Pure: which font draws which letter, and the glyphs of a line. HarfBuzz joins letters (Arabic) and sets marks.

Two fonts come with rapport (data/fonts): DejaVu Sans draws Latin, Cyrillic, Greek, Arabic, Hebrew, Armenian and
Georgian; a part of Noto Sans SC draws the Chinese and Japanese letters of GB 2312, of Big5's first level and of
JIS X 0208's first level. What neither draws is said in words where it stands (`drawable`), never left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import groupby

import uharfbuzz

from rapport.contacts.rows import isolated
from rapport.contacts.sheets.direction import runs

FONTS = ("DejaVuSans.ttf", "NotoSansSC-part.ttf")
NOT_DRAWN = "[letters that cannot be drawn here: see the text file]"
_SEVERAL = re.compile(rf"{re.escape(NOT_DRAWN)}(?: {re.escape(NOT_DRAWN)})+")
_JOINERS = "\u200c\u200d"  # they draw nothing and say how letters join


@dataclass(frozen=True, slots=True)
class Font:
    """`number` in FONTS; lengths in thousandths of the font's size."""

    number: int
    face: uharfbuzz.Face
    font: uharfbuzz.Font
    letters: frozenset[int]
    scale: float

    def advance(self, glyph: int) -> float:
        found: int = self.font.get_glyph_h_advance(glyph)
        return found * self.scale


@dataclass(frozen=True, slots=True)
class Glyph:
    """A drawn letter: where it is set beside its place, how far the next one stands, and what it says ("" where the
    glyph before says it). In thousandths of the font's size."""

    font: int
    number: int
    right: float
    up: float
    advance: float
    says: str


@lru_cache
def fonts() -> tuple[Font, ...]:
    return tuple(_opened(number, name) for number, name in enumerate(FONTS))


def _opened(number: int, name: str) -> Font:
    face = uharfbuzz.Face((files("rapport.data") / "fonts" / name).read_bytes())
    return Font(number, face, uharfbuzz.Font(face), frozenset(face.unicodes), 1000 / face.upem)


def drawable(text: str) -> str:
    """The text as it can be drawn: a sentence stands in place of letters that no font has."""
    drawn = (one for one in unicodedata.normalize("NFC", text) if one in _JOINERS or unicodedata.category(one) != "Cf")
    parts = groupby(drawn, lambda letter: _font_of(letter) is None)
    said = "".join(NOT_DRAWN if missing else "".join(letters) for missing, letters in parts)
    return _SEVERAL.sub(NOT_DRAWN, said)


@lru_cache(10_000)
def _font_of(letter: str) -> int | None:
    if letter in _JOINERS:
        return 0
    return next((one.number for one in fonts() if ord(letter) in one.letters), None)


def glyphs(line: str) -> list[Glyph]:
    """The glyphs of a line that can be drawn, from left to right as they stand on paper."""
    return [glyph for run in runs(line) for glyph in _of_run(run.text, turned=run.turned)]


def _of_run(text: str, *, turned: bool) -> Iterator[Glyph]:
    """Stretches of one font each, the last first where the run is read from right to left."""
    stretches = [(font, "".join(letters)) for font, letters in groupby(text, _font_of)]
    for font, letters in reversed(stretches) if turned else stretches:
        yield from _shaped(fonts()[font or 0], letters, turned=turned)


def _shaped(font: Font, text: str, *, turned: bool) -> Iterator[Glyph]:
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if turned else "ltr"
    uharfbuzz.shape(font.font, buffer)
    starts = sorted({info.cluster for info in buffer.glyph_infos})
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    said: set[int] = set()
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        says = "" if info.cluster in said else text[info.cluster : ends[info.cluster]]
        said.add(info.cluster)
        lengths = (place.x_offset * font.scale, place.y_offset * font.scale, place.x_advance * font.scale)
        yield Glyph(font.number, info.codepoint, *lengths, says)


def width(text: str) -> float:
    """How long a line of it is."""
    return sum(glyph.advance for glyph in glyphs(isolated(text)))


def part(font: Font, used: set[int]) -> bytes:
    """The font with these glyphs alone, under their numbers: what goes into a file."""
    wanted = uharfbuzz.SubsetInput()
    wanted.sets(uharfbuzz.SubsetInputSets.GLYPH_INDEX).update(used)
    flags = uharfbuzz.SubsetFlags
    wanted.flags = flags.RETAIN_GIDS | flags.NO_HINTING | flags.NO_LAYOUT_CLOSURE
    data: bytes = uharfbuzz.subset(font.face, wanted).blob.data
    return data
