"""Coordinates in running text: decimal degrees, degrees with minutes and seconds, letters and words of the compass.

A pair of numbers is a pair of coordinates if both halves show it: by two decimals, a degree sign, or the compass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import re2

from rapport.text.degrees import sexagesimal
from rapport.text.fold import fold
from rapport.values import DEFAULT_RADIUS_M, Box, Precision, Spot

_WORDS = {
    "n": "n north norte nord nò noord північ север شمال",
    "s": "s south sud sur sid zuid південь юг جنوب",
    "e": "e east est este leste ès oost ost схід восток شرق",
    "w": "w west ouest oeste lwès захід запад غرب",
    # West in French, Spanish, Portuguese and Kreyòl, east in German and Dutch.
    "o": "o",
}
_COMPASS: Mapping[str, str] = {fold(word): side for side, words in _WORDS.items() for word in words.split()}
_SPELT = sorted((word for words in _WORDS.values() for word in words.split()), key=lambda word: (-len(word), word))
_SIDE = f"(?:{'|'.join(_SPELT)})"
_NUMBER = r"[-+−]?[0-9]{1,3}[.,][0-9]{2,10}"
_LABEL = r"(?:(?:and|et|ak|y|lat|lon|lng|long|latitude|longitude)\.?\s?[:=]?\s?)?"
_BETWEEN = rf"(?:\s?[,;/|]\s?|\s){_LABEL}"
_BEFORE, _BEHIND = rf"({_SIDE})\.?\s?", rf"\s?({_SIDE})"
_ANGLE = (
    r"([-+−]?[0-9]{1,3})(?:\s?([°ºd:])\s?|\s)([0-9]{1,2}(?:[.,][0-9]{1,6})?)\s?['′’´m:]?\s?"
    r"(?:([0-9]{1,2}(?:[.,][0-9]{1,6})?)\s?(?:\"|″|”|''|′′|’’|s\b)?)?"
)
_DECIMAL = rf"({_NUMBER})(?:\s?[°º])?"
#: Written with the compass before both numbers; or behind them, or without it.
_ANGLES_BEFORE = re2.compile(rf"(?i){_BEFORE}{_ANGLE}{_BETWEEN}{_BEFORE}{_ANGLE}")
_ANGLES = re2.compile(rf"(?i){_ANGLE}(?:{_BEHIND}\.?(?:{_BETWEEN})?|{_BETWEEN}){_ANGLE}(?:{_BEHIND})?")
_DECIMALS_BEFORE = re2.compile(rf"(?i){_BEFORE}{_DECIMAL}{_BETWEEN}{_BEFORE}{_DECIMAL}")
_DECIMALS = re2.compile(rf"(?i){_DECIMAL}(?:{_BEHIND}\.?(?:{_BETWEEN})?|{_BETWEEN}){_DECIMAL}(?:{_BEHIND})?")
#: Decimals of a degree, on both halves, for a reading other than as it stands: prices and hours have two [ours].
_SURE_DECIMALS = 3
_COMMA_DECIMALS = 4  # "18,539" may be eighteen thousand
_EXACT_DEGREES = 4.6e-4  # 51 m: seconds of arc are finer, three decimals are not
_STREET_DEGREES = 0.0101


@dataclass(frozen=True, slots=True)
class Read:
    """Coordinates in `text[start:end]`: where, how sure, why, and whether they can be read another way."""

    spot: Spot
    start: int
    end: int
    score: float
    reason: str
    question: bool


@dataclass(frozen=True, slots=True)
class _Half:
    value: float  # degrees, signed as written
    side: str  # of the compass, "" if none is written
    finest: float  # what one of its last place is, in degrees
    shown: bool  # whether it can be nothing but degrees
    possible: bool  # whether it can be degrees at all


def coordinates(text: str, box: Box | None) -> Iterator[Read]:
    """What is written as coordinates, each part of the text once; `box`: where the operation's places lie."""
    text = text if text.isascii() else text.translate(_Digits())
    taken: list[tuple[int, int]] = []
    for pattern, halves in (
        (_ANGLES_BEFORE, _angles_before),
        (_ANGLES, _angles),
        (_DECIMALS_BEFORE, _decimals_before),
        (_DECIMALS, _decimals),
    ):
        for match in pattern.finditer(text):
            start, end, groups = match.start(), match.end(), list(match.groups())
            before, behind = text[max(0, start - 1) : start], text[end : end + 1]
            if groups[-1] and groups[-1].isalpha() and behind.isalpha():  # the beginning of a word, no letter alone
                groups[-1] = None
                end = len(text[: match.start(len(groups))].rstrip())
                behind = ""
            if (
                any(start < other_end and end > other_start for other_start, other_end in taken)
                or before.isdigit() or behind.isdigit() or before in (".", ",")
                or (before.isalpha() and groups[0].isalpha())
            ):  # fmt: skip
                continue
            read = _read(*halves(groups), box)
            if read:
                taken.append((start, end))
                yield Read(read[0], start, end, *read[1:])


class _Digits(dict[int, int | None]):
    """Digits of all scripts as ASCII ones, and the decimal mark of Arabic: one character for one."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        if code == 0x066B:
            return ord(".")
        return ord("0") + int(character) if code > 0x7F and character.isdecimal() else code


_Answer = tuple[Spot, float, str, bool]
_Groups = list[str | None]


def _decimals_before(groups: _Groups) -> tuple[_Half, _Half]:
    side, number, other_side, other = groups
    return _decimal(number, side), _decimal(other, other_side)


def _decimals(groups: _Groups) -> tuple[_Half, _Half]:
    number, side, other, other_side = groups
    return _decimal(number, side), _decimal(other, other_side)


def _decimal(said: str | None, side: str | None) -> _Half:
    number = said or ""
    decimals = len(number) - 1 - max(number.find("."), number.find(","))
    shown = bool(side) or decimals >= (_COMMA_DECIMALS if "," in number else _SURE_DECIMALS)
    possible = bool(side) or "," not in number or decimals >= _COMMA_DECIMALS
    return _Half(float(_ascii(number)), _side(side), 10.0**-decimals, shown, possible)


def _angles_before(groups: _Groups) -> tuple[_Half, _Half]:
    side, *first = groups[:5]
    other_side, *second = groups[5:]
    return _angle(first, side), _angle(second, other_side)


def _angles(groups: _Groups) -> tuple[_Half, _Half]:
    return _angle(groups[:4], groups[4]), _angle(groups[5:9], groups[9])


def _angle(said: _Groups, side: str | None) -> _Half:
    """Without the compass, only if the number of degrees has its sign."""
    whole, sign, minutes, seconds = (_ascii(one or "") for one in said)
    finest = 10.0 ** -_decimals_of(seconds) / 3600 if seconds else 10.0 ** -_decimals_of(minutes) / 60
    size = sexagesimal(whole, minutes, seconds)
    possible = float(minutes) < 60 and float(seconds or 0) < 60 and (bool(side) or sign in ("°", "º"))
    return _Half(-size if whole.startswith("-") else size, _side(side), finest, True, possible)


def _ascii(number: str) -> str:
    return number.replace("−", "-").replace(",", ".")


def _decimals_of(number: str) -> int:
    return len(number.partition(".")[2])


def _side(said: str | None) -> str:
    return _COMPASS.get(fold(said or ""), "")


def _read(first: _Half, second: _Half, box: Box | None) -> _Answer | None:
    if not (first.possible and second.possible):
        return None
    sure, finest = first.shown and second.shown, max(first.finest, second.finest)
    readings = list(_readings(first, second))
    for lon, lat, score, reason in readings:
        if box and abs(lon) <= 180 and abs(lat) <= 90 and box.holds(lon, lat) and (sure or score > 0.9):
            return _spot(lon, lat, finest), score, reason, score < 0.9
    if sure and readings:
        lon, lat, _, _ = readings[0]
        if abs(lat) <= 90 and abs(lon) <= 180 and (lon, lat) != (0, 0):
            return _spot(lon, lat, finest), 0.4, "coordinates in the text, outside the area", True
    return None


def _readings(first: _Half, second: _Half) -> Iterator[tuple[float, float, float, str]]:
    """(lon, lat, score, reason): as the compass says; else as latitude and longitude, the other way round, with the
    sign put right."""
    if first.side or second.side:
        if (first.side or "n") in "ewo" or (second.side or "e") in "ns":
            first, second = second, first
        if (first.side or "n") not in "ns" or (second.side or "e") not in "ewo":
            return
        lat, lon = _signed(first, "s"), _signed(second, "wo")
        yield lon, lat, 0.95, "coordinates in the text"
        if second.side == "o":
            yield -lon, lat, 0.7, "coordinates in the text, O read as east"
        if not second.side:
            yield -lon, lat, 0.7, "coordinates in the text, read as west"
        return
    yield second.value, first.value, 0.95, "coordinates in the text"
    yield first.value, second.value, 0.7, "coordinates in the text, read with longitude first"
    yield -second.value, first.value, 0.7, "coordinates in the text, read as west"


def _signed(half: _Half, negative: str) -> float:
    return -abs(half.value) if half.side and half.side in negative else half.value


def _spot(lon: float, lat: float, finest: float) -> Spot:
    precision = (
        Precision.EXACT if finest <= _EXACT_DEGREES
        else Precision.STREET if finest <= _STREET_DEGREES
        else Precision.LOCALITY
    )  # fmt: skip
    # What the last place leaves open, where that is more than the precision's own radius.
    radius = DEFAULT_RADIUS_M[Precision.EXACT if precision is Precision.EXACT else Precision.STREET]
    return Spot(lon, lat, precision, max(radius, int(finest * 111_000)))
