"""Places that texts name: coordinates, plus codes, P-codes, and names of an operation's gazetteer.

Scoped to one operation on purpose: over all names of the world the commonest hits are "to", "of" and "me". What may be
something else too stays a question with its evidence: a name that is a word ("okay" is also Les Cayes, "centre" a
department), a name that several places share, a name with an ending. Scores are ours; they order the candidates of one
text and say nothing beyond that.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import re2

from rapport.text import pluscodes
from rapport.text.columns import Texts, in_lists
from rapport.text.coordinates import coordinates
from rapport.text.endings import forms
from rapport.text.fold import fold
from rapport.text.kernels import places as kernel
from rapport.text.kernels.plain import made_plain
from rapport.text.place_evidence import ALSO_A_WORD, NEAR_KM, Naming, gap_km, judged
from rapport.values import DEFAULT_RADIUS_M, KM_PER_DEGREE, Box, Precision, Spot

LONGEST = 5_000  # characters of a text looked at [ours]: longer ones are documents
SHORTEST = 4  # letters of a name; shorter ones are words more often than places
MOST = 100  # candidates of one text, the best; nobody reads more [ours]
_SURE_PLACES = 20  # places named for certain in a text, by which the others are judged [ours]
_LEAST = 0.3  # candidates below it are not worth a person's look

#: What no name goes across: "Delmas, 40 moun" are forty people in Delmas and not the place Delmas 40; nor an account or
#: a link. A full stop is none of it after an abbreviation, three letters at most ("St. Marc"), and between letters
#: ("Port.au.Prince").
_STOP = re.compile(
    r"[,;:!?()\[\]@\u060c\u061b\u3001\u3002]|www\."
    r"|\.(?<!\b[^\W\d]\.)(?<!\b[^\W\d]{2}\.)(?<!\b[^\W\d]{3}\.)(?![^\W\d])"
)
_PLUS_CODE = re2.compile(r"(?i)\b[2-9CFGHJMPQRVWX]{2,8}0{0,6}\+(?:[2-9CFGHJMPQRVWX]{2,7}\b)?")
_NOT_ONLY_DIGITS = re.compile("[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A place with all the names it goes by, the first being its own. `told`: how the operation came by it, where that
    is worth saying to whoever judges ("added here by a person")."""

    spot: Spot
    names: tuple[str, ...]
    told: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate: `text[start:end]` names it. `entry` is its index in the gazetteer, -1 for coordinates and plus
    codes. `question`: a person has to say whether it is meant; `evidence`: what speaks for it and what against."""

    spot: Spot
    entry: int
    text: str
    start: int
    end: int
    score: float
    reason: str
    question: bool = False
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Name:
    """A folded name, or a form of it that ends (or begins) with `ending`, and the places that have it."""

    folded: str
    entries: tuple[int, ...]
    ending: str = ""
    pcode: bool = False


#: A candidate as a row of a table: `Found`, its spot spread out.
FOUND = pl.Struct({
    "entry": pl.Int64, "text": pl.String, "start": pl.Int64, "end": pl.Int64, "score": pl.Float64,
    "reason": pl.String, "lon": pl.Float64, "lat": pl.Float64, "precision": pl.Int64, "radius_m": pl.Int64,
    "name": pl.String, "pcode": pl.String, "question": pl.Boolean, "evidence": pl.List(pl.String),
})  # fmt: skip


#: So begins the reason of a candidate that a person has to judge.
QUESTION = "a question: "


def in_words(found: Mapping[str, Any]) -> str:
    """Why a candidate, a row of FOUND, is one. What is a question says what else may be meant, and its evidence."""
    if not found["question"]:
        return f"“{found['text']}”: {found['reason']}"
    entry = ", ".join(part for part in (found["name"], found["pcode"]) if part) or "these coordinates"
    other = "or the word" if found["reason"].startswith(ALSO_A_WORD) else "or something else"
    said = "; ".join([found["reason"], *found["evidence"]])
    return f"{QUESTION}“{found['text']}” may be {entry} {other} ({said})"


class Gazetteer:
    """The places of one operation, made ready for finding them in texts. Build a new one when they change.

    `languages`: ISO 639-1 codes of what people write in; some put endings to names (endings.py).
    """

    def __init__(self, entries: Sequence[Entry], languages: Collection[str] = ()) -> None:
        self.entries = tuple(entries)
        self.by_name = _by_name(self.entries)
        self.box = _box(self.entries)
        self.names = _names(self.entries, self.by_name, languages)
        self.table = kernel.Table([name.folded for name in self.names])


def found(
    texts: Texts,
    plain: Texts,
    positions: npt.NDArray[np.int32],
    gazetteer: Gazetteer,
    languages: Sequence[str] | None = None,
) -> pl.Series:
    """A list of FOUND for each text: `candidates`, as a column."""
    answers = candidates(texts, plain, positions, gazetteer, languages)
    if not any(answers.values()):
        return pl.Series("places", [[]], dtype=pl.List(FOUND)).new_from_index(0, len(texts))
    cells = zip(*((row, *_cells(one)) for row, some in answers.items() for one in some), strict=True)
    kinds = {"row": pl.UInt32, **FOUND.to_schema()}
    # A column of lists is made ten times faster without its type, and then cast.
    flat = pl.DataFrame([pl.Series(name, values) for name, values in zip(kinds, cells, strict=True)]).cast(
        pl.Schema(kinds)
    )
    return in_lists(flat, len(texts), "places")


def candidates(
    texts: Texts,
    plain: Texts,
    positions: npt.NDArray[np.int32],
    gazetteer: Gazetteer,
    languages: Sequence[str] | None = None,
) -> dict[int, list[Found]]:
    """What a text names in its first LONGEST characters, best first; the finer place first among equals. By the number
    of the text in the batch; one that names nothing is left out, or has an empty list.

    `plain` and `positions` are `made_plain(texts)`. `languages`: of each text, as far as known ("" where not): some
    names are words in one language only.
    """
    answers: dict[int, list[Found]] = {}
    hits = kernel.names_in(plain.data, plain.starts, positions, LONGEST, gazetteer.table)
    asks = np.empty(len(texts), np.uint8)
    kernel.numbers(texts.data, texts.starts, asks)
    by_row: dict[int, list[_Hit]] = {row: [] for row in np.flatnonzero(asks).tolist()}
    firsts, lasts = positions[hits[:, 1]].tolist(), positions[hits[:, 2] - 1].tolist()
    for (row, start, end, name), first, last in zip(hits.tolist(), firsts, lasts, strict=True):
        by_row.setdefault(row, []).append((start, end, first, last + 1, name))
    rows = np.fromiter(by_row, np.int64, len(by_row))
    begins, ends = texts.starts[rows], np.minimum(texts.starts[rows] + 4 * LONGEST, texts.starts[rows + 1])
    for row, begin, end, plain_begin in zip(
        rows.tolist(), begins.tolist(), ends.tolist(), plain.starts[rows].tolist(), strict=True
    ):
        text = texts.data[begin:end].tobytes().decode(errors="ignore")[:LONGEST]
        namings = _namings(text, by_row[row], plain, plain_begin, gazetteer) if by_row[row] else []
        answers[row] = _candidates(text, namings, int(asks[row]), gazetteer, languages[row] if languages else "")
    return answers


def find(text: str, gazetteer: Gazetteer) -> list[Found]:
    """`candidates` of one text."""
    texts = Texts.one(text)
    plain, positions, _ = made_plain(texts)
    return candidates(texts, plain, positions, gazetteer).get(0, [])


def named(text: str, gazetteer: Gazetteer) -> Found | None:
    """The place that a field meant for a place's name names: whole, else its first part before a comma, else within."""
    for part in (text, *text.split(",")):
        indexes = gazetteer.by_name.get(fold(part), ())
        if len(indexes) >= 1:
            start = text.index(part)
            best = min(indexes, key=lambda i: -gazetteer.entries[i].spot.radius_m)
            return Found(gazetteer.entries[best].spot, best, part, start, start + len(part), 0.9, "the place's name")
    return next(iter(find(text, gazetteer)), None)


def _by_name(entries: tuple[Entry, ...]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = defaultdict(list)
    for index, entry in enumerate(entries):
        for name in dict.fromkeys(fold(name) for name in entry.names):
            if len(name) >= SHORTEST:
                found[name].append(index)
    return {name: tuple(indexes) for name, indexes in found.items()}


def _names(
    entries: tuple[Entry, ...], by_name: dict[str, tuple[int, ...]], languages: Collection[str]
) -> tuple[_Name, ...]:
    """P-codes, names, and the forms of names that are neither of these."""
    found: dict[str, _Name] = {}
    for index, one in enumerate(entries):
        if one.spot.pcode:
            code = fold(one.spot.pcode)
            found.setdefault(code, _Name(code, (index,), pcode=True))
    for name, indexes in by_name.items():
        found.setdefault(name, _Name(name, indexes[:MOST]))
    for name, indexes in by_name.items():
        for form, ending in forms(name, languages):
            found.setdefault(form, _Name(form, indexes[:MOST], ending))
    return tuple(found.values())


def _box(entries: tuple[Entry, ...]) -> Box | None:
    """Around all places, one degree wider: coordinates in it are meant as they stand."""
    if not entries:
        return None
    lons, lats = [e.spot.lon for e in entries], [e.spot.lat for e in entries]
    return Box(min(lons) - 1, min(lats) - 1, max(lons) + 1, max(lats) + 1)


def _cells(found: Found) -> tuple[object, ...]:
    spot = found.spot
    return (
        found.entry, found.text, found.start, found.end, found.score, found.reason, spot.lon, spot.lat,
        spot.precision.value, spot.radius_m, spot.name, spot.pcode, found.question, list(found.evidence),
    )  # fmt: skip


# --- from hits to candidates ---------------------------------------------------------------------------------------


_Hit = tuple[int, int, int, int, int]  # first byte in the plain texts, behind the last; the same in characters; name


def _namings(text: str, hits: list[_Hit], plain: Texts, begin: int, gazetteer: Gazetteer) -> list[tuple[Naming, _Name]]:
    """The longest names, none over another, none across a stop; MOST at most."""
    whole = plain.data[begin : max(hit[1] for hit in hits)].tobytes()
    taken = bytearray(len(whole))
    chosen = []
    for start, end, first, last, index in sorted(hits, key=lambda hit: (hit[0] - hit[1], hit[0])):
        at, name = start - begin, gazetteer.names[index]
        if taken.find(1, at, end - begin) < 0 and last <= len(text) and not _crosses_a_stop(name, text, first, last):
            taken[at : end - begin] = b"\1" * (end - start)
            before = whole[whole.rfind(b" ", 0, at - 1) + 1 : at - 1].decode() if at else ""
            chosen.append((first, last, before, name))
    del chosen[MOST:]
    times = Counter([name.entries for _, _, _, name in chosen])
    earliest = min([first for first, _, _, _ in chosen], default=0)
    return [
        (Naming(text, first, last, name.folded, before, name.ending, len(name.entries), first == earliest,
                times[name.entries]), name)
        for first, last, before, name in chosen
    ]  # fmt: skip


def _crosses_a_stop(name: _Name, text: str, first: int, last: int) -> bool:
    return " " in name.folded and _STOP.search(text, first, last) is not None


def _candidates(
    text: str, namings: list[tuple[Naming, _Name]], asks: int, gazetteer: Gazetteer, language: str
) -> list[Found]:
    entries = gazetteer.entries
    sure = {naming.start: entries[name.entries[0]].spot for naming, name in namings if name.pcode or naming.is_sure}
    found = [*_coordinates(text, list(sure.values()), gazetteer)] if asks & kernel.COORDINATES else []
    sure |= {one.start: one.spot for one in found if not one.question}
    near = sorted(sure.items(), key=lambda one: one[0])[:_SURE_PLACES]
    if asks & kernel.PLUS_CODE:
        found += _plus_codes(text, [spot for _, spot in near], gazetteer)
    for naming, name in namings:
        said = text[naming.start : naming.end]
        if name.pcode:
            spot = entries[name.entries[0]].spot
            found.append(Found(spot, name.entries[0], said, naming.start, naming.end, 0.95, "its P-code"))
            continue
        spots = [entries[index].spot for index in name.entries]
        others = [spot for start, spot in near if start != naming.start]
        for index, spot, judgement in zip(name.entries, spots, judged(naming, spots, others, language), strict=True):
            if judgement.score >= _LEAST:
                told = entries[index].told
                found.append(
                    Found(
                        spot, index, said, naming.start, naming.end, judgement.score,
                        f"{judgement.reason}, {told}" if told else judgement.reason,
                        judgement.question, judgement.evidence,
                    )
                )  # fmt: skip
    return sorted(found, key=lambda one: (-one.score, one.spot.precision, one.start))[:MOST]


# --- coordinates and codes -----------------------------------------------------------------------------------------


def _coordinates(text: str, named: Sequence[Spot], gazetteer: Gazetteer) -> Iterator[Found]:
    """Those that lie far from every place that the text names for certain are a question: people write down where a
    place might be, and slips of one digit lead far away."""
    for read in coordinates(text, gazetteer.box):
        far = bool(named) and all(gap_km(read.spot, spot) > NEAR_KM for spot in named)
        yield Found(
            read.spot, -1, text[read.start : read.end], read.start, read.end,
            round(read.score * 0.65, 3) if far else read.score, read.reason, read.question or far,
            (f"against: far from {named[0].name}, named too",) if far else (),
        )  # fmt: skip


def _plus_codes(text: str, near: Sequence[Spot], gazetteer: Gazetteer) -> Iterator[Found]:
    """Full codes; short ones with the first place that the text names for certain, which they are said beside."""
    for match in _PLUS_CODE.finditer(text):
        code = match.group()
        if not _NOT_ONLY_DIGITS.search(code):
            continue
        reason, score = "a plus code", 0.95
        area = pluscodes.decoded(code)
        if area is None and near:
            area = pluscodes.recovered(code, near[0].lon, near[0].lat)
            reason, score = f"a short plus code, read near {near[0].name or 'the coordinates beside it'}", 0.85
        if area is None:
            continue
        if gazetteer.box and not gazetteer.box.holds(area.lon, area.lat):
            reason, score = f"{reason}, outside the area", 0.4
        half = max(area.height, area.width) / 2 * KM_PER_DEGREE * 1000
        precision = next((p for p in Precision if half <= DEFAULT_RADIUS_M[p]), Precision.COUNTRY)
        spot = Spot(area.lon, area.lat, precision, max(DEFAULT_RADIUS_M[Precision.EXACT], round(half * 2**0.5)))
        yield Found(spot, -1, code, match.start(), match.end(), score, reason, score < 0.5)
