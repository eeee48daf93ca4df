"""Places that a text names: coordinates, P-codes, and names of an operation's gazetteer.

Scoped to one operation on purpose: over all names of the world the commonest hits are "to", "of" and "me". Names that
are words too ("okay" is also Les Cayes, "centre" a department) count only after a word that says a place follows.
Scores are ours; they order the candidates of one text and say nothing beyond that.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import re2
from ahocorasick_rs import AhoCorasick

from rapport.text.fold import fold, fold_with_positions
from rapport.values import DEFAULT_RADIUS_M, Box, Precision, Spot

_ALSO_WORDS = (
    "abricot, abricots, anglais, ano, anse, arnaud, asile, beaumont, bonbon, bon repos, borgne, cabaret, cap, caracol, "
    "cayes, center, centre, chantal, corail, coteau, coteaux, dondon, east, ensh, est, ferrier, general hospital, "
    "gros morne, koto, l asile, la chapelle, la plaine, la source, la vallee, la victoire, lachapel, laviktwa, lavale, "
    "limonade, marchand, marigo, marigot, milo, moron, mowon, nord, nord est, nord ouest, north, north east, "
    "north west, okay, ouest, payan, perches, pilate, plaisance, prince, roseaux, saint louis, saint martin, "
    "saint michel, sant, santo, south, south east, sud, sud est, tiburon, west"
)
#: Names that are words, first names or kinds of place as well, folded.
COMMON_WORDS = frozenset(_ALSO_WORDS.split(", "))
_CUES = (
    "in at near from zone zon section seksyon commune komin ville vil city town katye quartier nan lavil bouk bourg "
    "cerca en"
)
#: Words after which a place is named, folded; English, French, Kreyòl, Spanish.
PLACE_FOLLOWS = frozenset(_CUES.split())
LONGEST = 5_000  # characters looked at: the time grows with the square of the names found
SHORTEST = 4  # letters of a name; shorter ones are words more often than places
_LEAST = 0.3  # candidates below it are not worth a person's look

_PCODE = re2.compile(r"(?i)\b[A-Z]{2}[0-9]{2,10}\b")
_DEGREES = r"([-+]?[0-9]{1,3}\.[0-9]{2,10})(?:\s?°?\s?([NSEWO])\b|\s?°)?"
_COORDINATES = re2.compile(rf"(?i){_DEGREES}\s?[,;/ ]\s?{_DEGREES}")
_DIGIT = re.compile("[0-9]")  # without one there are neither codes nor coordinates to look for
_EXACT_DECIMALS = 4  # of a degree: 11 m
#: What no name goes across: "Delmas, 40 moun" are forty people in Delmas and not the place Delmas 40. A full stop is
#: none of it after an abbreviation, three letters at most ("St. Marc"), and between letters ("Port.au.Prince").
_STOP = re.compile(
    r"[,;:!?()\[\]\u060c\u061b\u3001\u3002]"
    r"|\.(?<!\b[^\W\d]\.)(?<!\b[^\W\d]{2}\.)(?<!\b[^\W\d]{3}\.)(?![^\W\d])"
)
_STOPPED = "\0"  # stands for it between folded words, where nothing else than letters, digits and spaces is


@dataclass(frozen=True, slots=True)
class Entry:
    """A place with all the names it goes by, the first being its own."""

    spot: Spot
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate: `text[start:end]` names it. `entry` is its index in the gazetteer, -1 for coordinates."""

    spot: Spot
    entry: int
    text: str
    start: int
    end: int
    score: float
    reason: str


class Gazetteer:
    """The places of one operation, made ready for finding them in texts. Build a new one when they change."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        self.by_name = _by_name(self.entries)
        self.by_pcode = {e.spot.pcode.upper(): i for i, e in enumerate(self.entries) if e.spot.pcode}
        self.box = _box(self.entries)
        self._names = sorted(self.by_name)
        # Spaces around both keep to whole words; a name may begin where another ends.
        self._matcher = AhoCorasick([f" {name} " for name in self._names])

    def names_in(self, folded: str) -> list[tuple[str, int, int]]:
        """(name, start, end) of the longest names in a folded text, none over another, in no order."""
        hits = self._matcher.find_matches_as_indexes(f" {folded} ", overlapping=True)
        chosen: list[tuple[str, int, int]] = []
        for pattern, start, padded_end in sorted(hits, key=lambda hit: (hit[1] - hit[2], hit[1])):
            end = padded_end - 2  # without the spaces, in the text without the one in front
            if all(end <= other_start or start >= other_end for _, other_start, other_end in chosen):
                chosen.append((self._names[pattern], start, end))
        return chosen


def find(text: str, gazetteer: Gazetteer) -> list[Found]:
    """What the text names in its first LONGEST characters, best first; the finer place first among equals."""
    text = text[:LONGEST]
    found = [*_names(text, gazetteer)]
    if _DIGIT.search(text):
        found += [*_coordinates(text, gazetteer), *_pcodes(text, gazetteer)]
    return sorted(found, key=lambda one: (-one.score, one.spot.precision, one.start))


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


def _box(entries: tuple[Entry, ...]) -> Box | None:
    """Around all places, one degree wider: coordinates in it are meant as they stand."""
    if not entries:
        return None
    lons, lats = [e.spot.lon for e in entries], [e.spot.lat for e in entries]
    return Box(min(lons) - 1, min(lats) - 1, max(lons) + 1, max(lats) + 1)


# --- names ---------------------------------------------------------------------------------------------------------


def _names(text: str, gazetteer: Gazetteer) -> Iterator[Found]:
    folded = f" {_STOPPED} ".join(filter(None, map(fold, _STOP.split(text))))
    hits = gazetteer.names_in(folded)
    if not hits:
        return
    positions = _positions(text)
    for name, start, end in hits:
        first, last = positions[start], positions[end - 1] + 1
        before = folded[:start].rstrip(f" {_STOPPED}").rsplit(maxsplit=1)
        indexes = gazetteer.by_name[name]
        for index in indexes:
            spot = gazetteer.entries[index].spot
            score, reason = _name_score(name, before[-1] if before else "", len(indexes), spot)
            if score >= _LEAST:
                yield Found(spot, index, text[first:last], first, last, score, reason)


def _positions(text: str) -> list[int]:
    """For each character of the folded text, stops between its parts, the index in `text` that it came from."""
    positions: list[int] = []
    begin = 0
    for stop in [*_STOP.finditer(text), None]:
        end = stop.start() if stop else len(text)
        _, within = fold_with_positions(text[begin:end])
        if within:
            between = [begin] * len(f" {_STOPPED} ") if positions else []
            positions += between + [begin + index for index in within]
        begin = stop.end() if stop else end
    return positions


def _name_score(name: str, before: str, places: int, spot: Spot) -> tuple[float, str]:
    cue = before in PLACE_FOLLOWS
    if name in COMMON_WORDS:
        score, reason = (0.55 if cue else 0.2), "a name that is also a word"
    else:
        score = 0.8 if " " in name or len(name) > 6 else 0.7 if len(name) > SHORTEST else 0.55
        score, reason = score + (0.05 if cue else 0), "the name of a place"
    if spot.precision >= Precision.ADM1:
        score -= 0.3
    elif spot.precision <= Precision.LOCALITY:
        score += 0.05
    if places > 1:
        score, reason = score * 0.7, f"{reason}, which {places} places share"
    return round(score, 3), reason


# --- P-codes and coordinates ---------------------------------------------------------------------------------------


def _pcodes(text: str, gazetteer: Gazetteer) -> Iterator[Found]:
    for match in _PCODE.finditer(text):
        index = gazetteer.by_pcode.get(match.group().upper())
        if index is not None:
            spot = gazetteer.entries[index].spot
            yield Found(spot, index, match.group(), match.start(), match.end(), 0.95, "its P-code")


def _coordinates(text: str, gazetteer: Gazetteer) -> Iterator[Found]:
    for match in _COORDINATES.finditer(text):
        lat, lat_letter, lon, lon_letter = match.groups()
        read = _read(_signed(lat, lat_letter), _signed(lon, lon_letter), gazetteer.box)
        if read:
            decimals = min(len(lat.partition(".")[2]), len(lon.partition(".")[2]))
            precision = Precision.EXACT if decimals >= _EXACT_DECIMALS else Precision.STREET
            point_lon, point_lat, score, reason = read
            spot = Spot(point_lon, point_lat, precision, _radius(precision, decimals))
            yield Found(spot, -1, match.group(), match.start(), match.end(), score, reason)


def _radius(precision: Precision, decimals: int) -> int:
    """What the number of decimals leaves open, where that is more than the precision's own radius."""
    return max(DEFAULT_RADIUS_M[precision], int(111_000 * 10.0**-decimals))


def _signed(number: str, letter: str | None) -> float:
    value = float(number)
    return -abs(value) if letter and letter.upper() in "SWO" else value


def _read(first: float, second: float, box: Box | None) -> tuple[float, float, float, str] | None:
    """(lon, lat, score, reason): as latitude and longitude, else the other way round, else with the sign put right."""
    readings = (
        (second, first, 0.95, "coordinates in the text"),
        (first, second, 0.7, "coordinates in the text, read with longitude first"),
        (-second, first, 0.7, "coordinates in the text, read as west"),
    )
    for lon, lat, score, reason in readings:
        if box and abs(lon) <= 180 and abs(lat) <= 90 and box.holds(lon, lat):
            return lon, lat, score, reason
    if abs(first) <= 90 and abs(second) <= 180 and (first, second) != (0, 0):
        return second, first, 0.4, "coordinates in the text, outside the area"
    return None
