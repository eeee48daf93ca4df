"""Open Location Codes ("plus codes"): full ones, and short ones with a place that lies near.

After the Open Location Code specification (github.com/google/open-location-code, docs/specification.md): a base of
twenty characters; five pairs, each narrowing latitude and longitude to a twentieth, from twenty degrees on; after the
tenth character each one narrows to a cell of five rows and four columns. A plus stands behind the eighth character; a
short code leaves off two, four or six at its beginning and means the nearest area to a place that is named with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

_DIGITS = "23456789CFGHJMPQRVWX"
_BEFORE_PLUS, _IN_PAIRS, _MOST = 8, 10, 15
_ROWS, _COLUMNS = 5, 4


@dataclass(frozen=True, slots=True)
class Area:
    """The middle of what a code names (WGS 84 degrees), and how high and wide that is, in degrees."""

    lon: float
    lat: float
    height: float
    width: float


def is_full(code: str) -> bool:
    before, plus, _ = code.upper().partition("+")
    # The first characters stand for 20° each: beyond 90° of latitude and 180° of longitude there is nothing.
    return bool(plus) and len(before) == _BEFORE_PLUS and _well_formed(code) and before[0] <= "C" and before[1] <= "V"


def is_short(code: str) -> bool:
    """With four or six of its characters before the plus: fewer are too like other things [ours]."""
    return code.find("+") in {4, 6} and "0" not in code and _well_formed(code)


def decoded(code: str) -> Area | None:
    """The area of a full code; None for what is none."""
    if not is_full(code):
        return None
    digits = code.upper().replace("+", "").rstrip("0")[:_MOST]
    lat, lon, height, width = -90.0, -180.0, 400.0, 400.0
    for at in range(0, min(len(digits), _IN_PAIRS), 2):
        height, width = height / 20, width / 20
        lat += _DIGITS.index(digits[at]) * height
        lon += _DIGITS.index(digits[at + 1]) * width
    for digit in digits[_IN_PAIRS:]:
        height, width = height / _ROWS, width / _COLUMNS
        row, column = divmod(_DIGITS.index(digit), _COLUMNS)
        lat, lon = lat + row * height, lon + column * width
    return Area(lon + width / 2, lat + height / 2, height, width)


def recovered(code: str, lon: float, lat: float) -> Area | None:
    """The area of a short code that is nearest to a point; None for what is no short code."""
    if not is_short(code):
        return None
    missing = _BEFORE_PLUS - code.index("+")
    step = 20.0 ** (2 - missing // 2)  # degrees after which the rest of a code comes again
    area = decoded(_first_characters(lon, lat, missing) + code)
    if area is None:
        return None
    north = round((lat - area.lat) / step) * step
    east = round((lon - area.lon) / step) * step
    if not -90 <= area.lat + north <= 90:
        north = 0.0
    return Area((area.lon + east + 180) % 360 - 180, area.lat + north, area.height, area.width)


def _first_characters(lon: float, lat: float, count: int) -> str:
    north, east = min(max(lat + 90, 0.0), 180 - 1e-9), (lon + 180) % 360
    digits = ""
    for pair in range(count // 2):
        step = 20.0 ** (1 - pair)
        digits += _DIGITS[floor(north / step) % 20] + _DIGITS[floor(east / step) % 20]
    return digits


def _well_formed(code: str) -> bool:
    before, _, behind = code.upper().partition("+")
    kept = before.rstrip("0")
    padded = len(kept) < len(before)
    if padded and (behind or len(kept) % 2 or not kept):
        return False
    return len(behind) != 1 and all(digit in _DIGITS for digit in kept + behind)
