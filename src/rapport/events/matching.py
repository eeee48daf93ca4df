"""Pure: which messages say the same in nearly the same words, at about the same place and time.

MinHash signatures (text/signature.py) in a table of 21 bands of 3 bins: a pair meets there with chance .60 at
similarity .35, .94 at .5, .9999 at .7. What meets is compared whole. In trials on disaster messages 95 % of what was
grouped at .50 shared a third of its pieces or more; at .35 chains of messages form and it is 75 %. So group at .50, and
show .35 to .50 as "possibly related".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import cos, exp, hypot, radians
from typing import Any

import numpy as np
import numpy.typing as npt

#: Share of the wording from which messages are near-duplicates, and from which they may be related.
SAME = 0.50
RELATED = 0.35
BANDS = 21
_BAND_BINS = 3
#: Wording decides; a far place or time takes at most this much from a score, so that copies of an appeal from elsewhere
#: come after the neighbour's own words [ours].
_PLACE_WEIGHT = 0.15
_TIME_WEIGHT = 0.10
_FAR_KM = 25.0
_LONG_HOURS = 72.0
_KM_PER_DEGREE = 111.2
#: The newest so many of a band are compared: a flood of one text costs no more than a few copies of it.
_OF_ONE_BAND = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message nearly the same. `score` orders the candidates of one message; `wording` is the similarity of text."""

    id: int
    score: float
    wording: float
    reasons: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Near enough to be grouped; else only possibly related."""
        return self.wording >= SAME


@dataclass(frozen=True, slots=True)
class _Kept:
    bins: npt.NDArray[Any]
    lon: float | None
    lat: float | None
    at: datetime


class NearDuplicates:
    """An index in memory, of one operation. About 1 kB and 40 µs a message."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}
        self._bands: dict[bytes, list[int]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, id: int) -> bool:
        return id in self._kept

    def add(self, id: int, minhash: bytes, lon: float | None, lat: float | None, at: datetime) -> None:
        """Put a message in; one that is there already, or has no signature, changes nothing."""
        if id in self._kept or not minhash:
            return
        self._kept[id] = _Kept(np.frombuffer(minhash, np.uint32), lon, lat, at)
        for key in _band_keys(minhash):
            self._bands[key].append(id)

    def remove(self, id: int) -> None:
        """Take a message out; nothing happens if it is not there."""
        kept = self._kept.pop(id, None)
        if kept is not None:
            for key in _band_keys(kept.bins.tobytes()):
                band = self._bands[key]
                band.remove(id)
                if not band:
                    del self._bands[key]

    def near(
        self,
        minhash: bytes,
        lon: float | None,
        lat: float | None,
        at: datetime,
        *,
        without: int | None = None,
        most: int = 10,
    ) -> list[Candidate]:
        """The messages most like this one, best first, of RELATED wording at least; `without` leaves out itself."""
        if not minhash:
            return []
        asked = _Kept(np.frombuffer(minhash, np.uint32), lon, lat, at)
        ids = sorted({id for key in _band_keys(minhash) for id in self._bands.get(key, ())[-_OF_ONE_BAND:]} - {without})
        if not ids:
            return []
        wording = (np.stack([self._kept[id].bins for id in ids]) == asked.bins).mean(axis=1)
        close = [(id, float(share)) for id, share in zip(ids, wording, strict=True) if share >= RELATED]
        found = [_candidate(id, share, asked, self._kept[id]) for id, share in close]
        return sorted(found, key=lambda one: (-one.score, one.id))[:most]


def _band_keys(minhash: bytes) -> Iterator[bytes]:
    """Band number and three bins, 13 bytes: equal in two messages if the three bins are."""
    size = _BAND_BINS * 4
    for band in range(BANDS):
        yield bytes([band]) + minhash[band * size : (band + 1) * size]


def _candidate(id: int, wording: float, asked: _Kept, other: _Kept) -> Candidate:
    hours = abs((asked.at - other.at).total_seconds()) / 3600
    km = _km(asked, other)
    penalty = _TIME_WEIGHT * (1 - exp(-hours / _LONG_HOURS))
    if km is not None:
        penalty += _PLACE_WEIGHT * (1 - exp(-km / _FAR_KM))
    reasons = (f"{wording:.0%} of the wording is the same".replace("%", " %"), *_place_reason(km), _time_reason(hours))
    return Candidate(id, round(wording * (1 - penalty), 4), round(wording, 4), reasons)


def _km(one: _Kept, other: _Kept) -> float | None:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return None
    east = ((one.lon - other.lon + 180) % 360 - 180) * cos(radians((one.lat + other.lat) / 2))
    return hypot(east, one.lat - other.lat) * _KM_PER_DEGREE


def _place_reason(km: float | None) -> tuple[str, ...]:
    if km is None:
        return ()
    if km < 0.05:
        return ("at the same place",)
    return (f"{km:.1f} km apart" if km < 10 else f"{km:.0f} km apart",)


def _time_reason(hours: float) -> str:
    if hours < 1 / 60:
        return "at the same time"
    if hours < 1:
        return _counted(round(hours * 60), "minute")
    if hours < 48:
        return _counted(round(hours), "hour")
    return _counted(round(hours / 24), "day")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'} apart"
