"""Pure: which messages say the same in nearly the same words, at about the same place and time; which event a report
belongs to. How many independent sources tell of one is counted by sources.py.

Wording is compared by text/groups.py, which says when two messages are near-duplicates (SAME) and when they may be
related. Weights are [ours]: they order candidates before a person, and say nothing beyond that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp, isnan, log, nan
from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.columns import Texts
from rapport.text.groups import CAPACITY, SAME, WITHIN, Window
from rapport.values import KM_PER_DEGREE, Spot, km_between

Array = npt.NDArray[Any]
#: Wording decides; a far place or time takes at most this much from a score, so that copies of an appeal from elsewhere
#: come after the neighbour's own words [ours].
_PLACE_WEIGHT = 0.15
_TIME_WEIGHT = 0.10
_FAR_KM = 25.0
_LONG_HOURS = 72.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message nearly the same. `score` orders the candidates of one message; `wording` is the likeness of text."""

    id: int
    score: float
    wording: float
    reasons: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Near enough to be grouped; else only possibly related."""
        return self.wording >= SAME


@dataclass(frozen=True, slots=True)
class Said:
    """A message without its text: where and when it was said, as far as that is known."""

    id: int
    lon: float | None
    lat: float | None
    at: datetime


#: What is known of a message, at its number modulo the length: a number that never was has the id 0.
_ABOUT = np.dtype([
    ("id", np.int64), ("lon", np.float64), ("lat", np.float64), ("at", np.float64), ("place", np.int64),
])  # fmt: skip
_FIRST_ROOM = 1 << 10
#: Of each key of a message so many earlier ones are compared [ours: of the pairs of the Haiti map as many are offered
#: as with a hundred, and fewer with four], so that a flood of one text costs no more than some copies.
_DEEP = 6


class NearDuplicates:
    """The recent messages of one operation, in memory: the last `capacity` of them."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._window = Window(capacity)
        self._numbers: dict[int, int] = {}
        self._about = np.zeros(_FIRST_ROOM, _ABOUT)  # lon and lat in degrees, nan where unknown; at in seconds
        self._oldest = 1  # number from which on messages are known here
        self._sizes: dict[int, int] = {}  # of each group how many came, also those that were taken out since

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, id: int) -> bool:
        return id in self._numbers

    def add(self, messages: Sequence[Said], plain: Texts, signatures: Array) -> None:
        """Put messages in, none of which is there already, in the order in which they came; their plain texts and
        signatures (text/signature.py) in the same order. What has no letters is like nothing."""
        if not messages:
            return
        grouped = self._window.add(plain, signatures)
        numbers = grouped.numbers
        self._make_room(int(numbers[-1]) + 1 - self._oldest)
        where = numbers % len(self._about)
        self._about["id"][where] = [said.id for said in messages]
        self._about["lon"][where] = [nan if said.lon is None else said.lon for said in messages]
        self._about["lat"][where] = [nan if said.lat is None else said.lat for said in messages]
        self._about["at"][where] = [said.at.timestamp() for said in messages]
        self._about["place"][where] = [self._counted(group) for group in grouped.groups.tolist()]
        self._numbers.update(zip((said.id for said in messages), numbers.tolist(), strict=True))
        self._forget_old()

    def _make_room(self, needed: int) -> None:
        length = len(self._about)
        if needed > length:
            longer = np.zeros(1 << (needed - 1).bit_length(), _ABOUT)
            known = np.arange(self._oldest, self._oldest + length)
            longer[known % len(longer)] = self._about[known % length]
            self._about = longer

    def _counted(self, group: int) -> int:
        self._sizes[group] = size = self._sizes.get(group, 0) + 1
        return size

    def _forget_old(self) -> None:
        """Those that have left the window; and how large groups are whose first message has left it, once these are
        more than half of what is known. A group that goes on after that is counted anew."""
        left = np.arange(self._oldest, self._window.oldest)
        for number, id in zip(left.tolist(), self._about["id"][left % len(self._about)].tolist(), strict=True):
            if self._numbers.get(id) == number:  # it may have been taken out, and have come back since
                del self._numbers[id]
        self._oldest = self._window.oldest
        if len(self._sizes) > 2 * len(self._numbers) + _FIRST_ROOM:
            self._sizes = {group: size for group, size in self._sizes.items() if group >= self._oldest}

    def remove(self, id: int) -> None:
        """Take a message out; nothing happens if it is not there."""
        number = self._numbers.pop(id, None)
        if number is not None:
            self._window.remove(number)

    def near(self, id: int, most: int = 10) -> list[Candidate]:
        """The messages before this one that are most like it, best first, of RELATED wording at least."""
        return self.near_all([id], most)[0]

    def near_all(self, ids: Sequence[int], most: int = 10) -> list[list[Candidate]]:
        """The same of many at once. Nothing for one that is not there."""
        asked = np.array([self._numbers.get(id, 0) for id in ids], np.int64)
        found = self._window.near_all(asked, _DEEP)
        mine = self._about[asked[found.rows] % len(self._about)]
        theirs = self._about[found.numbers % len(self._about)]
        hours = np.abs(mine["at"] - theirs["at"]) / 3600
        km = _apart(mine, theirs)
        penalty = _TIME_WEIGHT * (1 - np.exp(-hours / _LONG_HOURS))
        penalty += _PLACE_WEIGHT * (1 - np.exp(-np.nan_to_num(km) / _FAR_KM))
        scores = np.round(found.likeness * (1 - penalty), 4)
        order = np.lexsort((theirs["id"], -scores, found.rows))
        first = np.searchsorted(found.rows, found.rows)  # the rows rise: the order leaves each row where it is
        best = order[np.arange(len(order)) - first < most]
        columns = (found.rows, theirs["id"], scores, found.likeness, found.shares, km, hours)
        candidates: list[list[Candidate]] = [[] for _ in ids]
        for row, id, score, likeness, share, away, late in zip(*(one[best].tolist() for one in columns), strict=True):
            reasons = (_wording_reason(likeness, share), *_place_reason(None if isnan(away) else away),
                       _time_reason(late))  # fmt: skip
            candidates[row].append(Candidate(id, score, round(likeness, 4), reasons))
        return candidates

    def group(self, id: int) -> int:
        """The number of the message's group: the same for all that say the same, in this process. 0 for a message that
        is not there."""
        return self._window.group(self._numbers[id]) if id in self._numbers else 0

    def place_in_group(self, id: int) -> int:
        """The how manieth of its group it was when it came, from 1; 0 for a message that is not there."""
        number = self._numbers.get(id)
        return int(self._about["place"][number % len(self._about)]) if number is not None else 0


def _apart(one: Array, other: Array) -> Array:
    """Kilometres between each two of _ABOUT, as km_between counts them; nan where a place is unknown."""
    east = (one["lon"] - other["lon"] + 180) % 360 - 180
    north = one["lat"] - other["lat"]
    return np.asarray(np.hypot(east * np.cos(np.radians((one["lat"] + other["lat"]) / 2)), north) * KM_PER_DEGREE)


def _wording_reason(likeness: float, share: float) -> str:
    if likeness > share:
        return f"{_percent(likeness + WITHIN)} of the shorter one stands in the longer one"
    return f"{_percent(share)} of the wording is the same"


_PERCENT = [f"{share} %" for share in range(101)]  # made once: a stream asks for two a message


def _percent(share: float) -> str:
    return _PERCENT[round(100 * share)]


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


# --- which event -------------------------------------------------------------------------------------------------

#: What each kind of evidence can bring at most; they add up as independent chances do [ours]. A category alone says
#: nothing: half of a crisis is about the same few.
_WORDS_BRING = 0.6
_PLACE_BRINGS = 0.4
_CATEGORY_BRINGS = 0.15
#: What an exact place that is far off, and a long time, take at most. The same words at another place are another
#: event more often than not.
_PLACE_TAKES = 0.7
_TIME_TAKES = 0.4
#: A place known to this radius is half as telling as an exact one: to be in the same town says little.
_HALF_TELLING_KM = 5.0
#: Candidates below it are not worth a person's look.
_LEAST = 0.15
_NAMED_WORDS = 3  # of the shared words, the rarest


@dataclass(frozen=True, slots=True)
class Telling:
    """What a report says. `words`: those of its plain text. `near`: earlier reports in nearly the same words, with
    their likeness. `spot`: the likeliest place, with its radius."""

    words: frozenset[str]
    near: Mapping[int, float]
    spot: Spot | None
    at: datetime
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Happening:
    """What is known of an event: the reports it was built from, their words together, and when the first and the last
    of them were sent."""

    id: int
    reports: frozenset[int]
    words: frozenset[str]
    spot: Spot | None
    since: datetime
    until: datetime
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EventCandidate:
    """An event that a report may belong to; `score`, 0 to 1, orders the candidates of one report."""

    id: int
    score: float
    reasons: tuple[str, ...]


def rarity(texts: Iterable[Collection[str]]) -> dict[str, float]:
    """How much each word tells, 0 to 1: 1 in one text only, 0 in all; log-scaled in between. `texts`: of each the
    words it has."""
    counts: Counter[str] = Counter()
    total = 0
    for words in texts:
        counts.update(set(words))
        total += 1
    most = log(total) if total > 1 else 1.0
    return {word: 1.0 - log(count) / most for word, count in counts.items()}


def events_for(
    told: Telling, events: Iterable[Happening], rare: Mapping[str, float], most: int = 5
) -> list[EventCandidate]:
    """The events that a report most likely belongs to, best first. A word that `rare` does not know tells most."""
    found = [_event_candidate(told, event, rare) for event in events]
    return sorted((one for one in found if one.score >= _LEAST), key=lambda one: (-one.score, one.id))[:most]


def _event_candidate(told: Telling, event: Happening, rare: Mapping[str, float]) -> EventCandidate:
    reasons: list[str] = []
    wording = max((share for report, share in told.near.items() if report in event.reports), default=0.0)
    if wording:
        reasons.append(f"a report of it says {'the same' if wording >= SAME else 'something alike'} in like words")
    words, shared = _shared_words(told.words, event.words, rare)
    if shared:
        reasons.append("both say " + ", ".join(f"“{word}”" for word in shared))
    at_place, off, said = _place(told.spot, event.spot)
    reasons += said
    same = told.categories & event.categories
    if same:
        reasons.append("the same category")
    hours = max((event.since - told.at).total_seconds(), (told.at - event.until).total_seconds(), 0.0) / 3600
    reasons.append("while it was told of" if hours == 0 else _time_reason(hours))
    missing = (1 - wording) * (1 - _WORDS_BRING * words) * (1 - _PLACE_BRINGS * at_place)
    if missing < 1:
        missing *= 1 - _CATEGORY_BRINGS * bool(same)
    kept = (1 - _PLACE_TAKES * off) * (1 - _TIME_TAKES * (1 - exp(-hours / _LONG_HOURS)))
    return EventCandidate(event.id, round((1 - missing) * kept, 4), tuple(reasons))


def _shared_words(
    mine: frozenset[str], theirs: frozenset[str], rare: Mapping[str, float]
) -> tuple[float, tuple[str, ...]]:
    """How much of what the report's words tell the event has too, 0 to 1; and the most telling ones."""
    tells = {word: rare.get(word, 1.0) ** 2 for word in mine}
    total = sum(tells.values())
    shared = sorted((word for word in mine & theirs if tells[word] > 0), key=lambda word: (-tells[word], word))
    return (sum(tells[word] for word in shared) / total if total else 0.0), tuple(shared[:_NAMED_WORDS])


def _place(mine: Spot | None, theirs: Spot | None) -> tuple[float, float, tuple[str, ...]]:
    """How much the places speak for it and against it, 0 to 1 each; in words. Places as far apart as both radii
    together may be the same one, and speak for it the less the larger the radii are."""
    if mine is None or theirs is None:
        return 0.0, 0.0, ()
    km = km_between(mine.lon, mine.lat, theirs.lon, theirs.lat)
    reach = (mine.radius_m + theirs.radius_m) / 1000
    said = _place_reason(km)[0]
    beyond = max(km - reach, 0.0)
    telling = 1 / (1 + reach / _HALF_TELLING_KM)
    if beyond == 0:
        return telling * exp(-km / max(2 * reach, 0.1)), 0.0, (f"{said}, within what is known of both places",)
    return 0.0, 1 - exp(-beyond / _FAR_KM), (f"{said}, more than is unsure about both places",)
