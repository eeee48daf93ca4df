"""How far from where reports lie the places are that their texts name, and whether the stated radius is honest.

A report must not have taught the name by which it is placed: names are learned anew for each tenth of the reports from
the other tenths, and near copies of a text share a tenth. The first half of the tenths is there to choose by, with
names learned from that half alone; the other half is what is reported.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median

import polars as pl

from rapport.text.columns import Texts
from rapport.text.fold import fold
from rapport.text.kernels.plain import made_plain
from rapport.text.learned import Located, learned
from rapport.text.places import Entry, Found, Gazetteer, candidates
from rapport.values import Spot, km_between

TENTHS = 10
_AT_KM = (0.5, 1.0, 2.0, 5.0, 10.0)
_FIRST_WORDS = 12  # of a text's words in the order of the alphabet: near copies mostly share them


@dataclass(frozen=True, slots=True)
class Report:
    """A report's text, and the place that came beside it."""

    text: str
    place: Located


@dataclass(frozen=True, slots=True)
class Figures:
    """`places_within`: of the reports with a candidate, the share that lies within the radius that the best one states;
    `places_median_radius_km`: of these radii. Shares of all `reports`: `answered` with a candidate; `placed` within
    the stated radius of it.

    `plain_placed`: within the same radius (the median one where there is no candidate) of what a plain look-up says:
    the first name in the text, the longest that begins there. It knows the learned names too; `bare_placed` does not.
    `at_km`: the shares of the three within other radii. `classes`: by the precision of the best candidate, (reports,
    within, median radius in km).
    """

    reports: int
    answered: float
    places_within: float
    places_median_radius_km: float
    median_error_km: float
    placed: float
    plain_placed: float
    bare_placed: float
    at_km: dict[float, tuple[float, float, float]]
    classes: dict[str, tuple[int, float, float]]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was said of one report, and how far from it that is in km; infinitely far where nothing was said."""

    found: Found | None
    km: float
    plain_km: float
    bare_km: float


def placed(reports: Sequence[Report], entries: Sequence[Entry], *, chosen_by: bool = False) -> Figures:
    """`entries`: places that owe nothing to these reports. `chosen_by`: the half to choose by, not that to report."""
    tenths = [tenth(report.text) for report in reports]
    first = [one for one, number in zip(reports, tenths, strict=True) if number < TENTHS // 2]
    teachers = first if chosen_by else reports
    bare = Gazetteer(entries)
    answers: list[_Answer] = []
    for number in range(TENTHS // 2) if chosen_by else range(TENTHS // 2, TENTHS):
        gazetteer = _taught(entries, (one.place for one in teachers if tenth(one.text) != number))
        asked = [one for one, own in zip(reports, tenths, strict=True) if own == number]
        for one, best in zip(asked, _best([one.text for one in asked], gazetteer), strict=True):
            plain, known = plain_look_up(one.text, gazetteer), plain_look_up(one.text, bare)
            km = _km(one.place, best.spot if best else None)
            answers.append(_Answer(best, km, _km(one.place, plain), _km(one.place, known)))
    return _figures(answers)


def tenth(text: str) -> int:
    """Which tenth of the reports a text belongs to, 0 to 9."""
    words = " ".join(sorted(set(fold(text).split()))[:_FIRST_WORDS])
    return hashlib.blake2b(words.encode(), digest_size=4).digest()[0] % TENTHS


def plain_look_up(text: str, gazetteer: Gazetteer) -> Spot | None:
    """What a plain look-up says: the place of the first name in the text, the longest that begins there."""
    words = fold(text).split()
    longest = max((name.count(" ") + 1 for name in gazetteer.by_name), default=0)
    for begin in range(len(words)):
        for end in range(min(begin + longest, len(words)), begin, -1):
            if indexes := gazetteer.by_name.get(" ".join(words[begin:end])):
                return gazetteer.entries[indexes[0]].spot
    return None


def _taught(entries: Sequence[Entry], places: Iterable[Located]) -> Gazetteer:
    known = {fold(name) for entry in entries for name in entry.names}
    return Gazetteer([*entries, *(one.entry for one in learned(places) if one.spot.name not in known)])


def _best(texts: list[str], gazetteer: Gazetteer) -> list[Found | None]:
    original = Texts.of(pl.Series(texts, dtype=pl.String))
    plain, positions, _ = made_plain(original)
    found = candidates(original, plain, positions, gazetteer)
    return [next(iter(found.get(row, ())), None) for row in range(len(texts))]


def _figures(answers: list[_Answer]) -> Figures:
    stated = [(one.km, one.found.spot.radius_m / 1000) for one in answers if one.found]
    usual = median(radius for _, radius in stated)
    radii = [one.found.spot.radius_m / 1000 if one.found else usual for one in answers]
    by_class: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one, radius in zip(answers, radii, strict=True):
        if one.found:
            by_class[one.found.spot.precision.word].append((one.km, radius))
    three = [one.km for one in answers], [one.plain_km for one in answers], [one.bare_km for one in answers]
    ours, plain, bare = (_share(zip(errors, radii, strict=True)) for errors in three)
    return Figures(
        reports=len(answers),
        answered=len(stated) / len(answers),
        places_within=_share(stated),
        places_median_radius_km=usual,
        median_error_km=median(km for km, _ in stated),
        placed=ours,
        plain_placed=plain,
        bare_placed=bare,
        at_km={radius: _within(radius, *three) for radius in _AT_KM},
        classes={
            word: (len(pairs), _share(pairs), median(radius for _, radius in pairs))
            for word, pairs in sorted(by_class.items())
        },
    )


def _km(place: Located, spot: Spot | None) -> float:
    return km_between(place.lon, place.lat, spot.lon, spot.lat) if spot else inf


def _within(radius: float, *errors: list[float]) -> tuple[float, float, float]:
    ours, plain, bare = (sum(error <= radius for error in some) / len(some) for some in errors)
    return ours, plain, bare


def _share(pairs: Iterable[tuple[float, float]]) -> float:
    """In how many the error is at most the radius."""
    held = [error <= radius for error, radius in pairs]
    return sum(held) / len(held)
