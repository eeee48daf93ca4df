"""Names of places that located reports teach: parts of what their field for a place says, where enough agree."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from rapport.text.fold import fold
from rapport.text.places import Entry
from rapport.values import Precision, Spot, km_between

LEAST_REPORTS = 3  # that say a name [ours: what one or two say may be somebody's house]
SPREAD_KM = 3.0  # three quarters of the reports of a name lie this near to their median, or it is no one place [ours]
#: So that a place's radius holds four in five of the reports that name it and did not teach it, whatever its spread:
#: the least of a few pairs for which that is so [measured on half of Haiti's reports of 2010: evaluation/places.py].
LEAST_RADIUS_M, RADIUS_OF_SPREAD = 1000, 1.6
_SHORTEST, _LONGEST = 5, 40  # letters of a name: shorter and longer parts are words and sentences
_BETWEEN = re.compile(r"[,;/()]|\b(?:near|next to|in|at|and|between|below)\b", re.IGNORECASE)
#: Parts that say of what kind a place is, or nothing.
_KINDS_SAID = (
    "airport aeroport building camp church eglise clinic corner country entrance field hotel hospital hopital house "
    "intersection legliz lekol located location neighborhood orphanage orphelinat ecole park please road route "
    "school stadium street unknown zone"
)
_KINDS = frozenset(_KINDS_SAID.split())
_NUMBERS = re.compile(r"\d{3}")
#: Whose part begins so may be a person, or the house of one; and what a house is called by its number.
_SOMEBODYS = re.compile(
    r"(?:kay|lakay|maison|house|home|casa|chez|mr|mrs|ms|miss|mme|mlle|monsieur|madame|madan|msye|dr|doctor|docteur|"
    r"pastor|pasteur|pas) |\d+ |(?:rue|avenue|ave|route|ruelle|impasse) \D*[^\W\d]\D* \d+$"
)
_STREETS = ("rue ", "avenue ", "route ", "place ")
_NOBODY: Mapping[str, str] = {}
_NO_WIDTH: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Located:
    """What a report's field for its place says, and where the report lies (WGS 84 degrees). `report`: which it is, for
    whoever counts them."""

    said: str
    lon: float
    lat: float
    report: int = 0

    @property
    def parts(self) -> dict[str, str]:
        """Parts of what was said, folded → as they were written: "Delmas 33, near Hotel X" has two."""
        return parts_of(self.said)


@dataclass(frozen=True, slots=True)
class Taught:
    """A name that reports taught: folded in its spot, and as most of them write it."""

    spot: Spot
    spelled: str
    reports: int

    @property
    def entry(self) -> Entry:
        return Entry(self.spot, (self.spot.name,))


def parts_of(said: str) -> dict[str, str]:
    """Parts of what a field for a place says, folded → as they were written."""
    written = (" ".join(part.replace("&quot", " ").split()) for part in _BETWEEN.split(said))
    parts = {fold(part): part for part in written}
    parts.pop("", None)
    return parts


def learned(
    rows: Iterable[Located],
    same: Mapping[str, str] = _NOBODY,
    wide: Mapping[str, int] = _NO_WIDTH,
    most_km: float = SPREAD_KM,
    count: Callable[[Sequence[Located]], int] = len,
) -> list[Taught]:
    """Places that LEAST_REPORTS or more name and agree on, in the order of their folded names.

    A place lies at the median of its reports; its radius grows with their spread, in steps of 100 m. `same`: folded
    spellings of another name. `wide`: radii in metres of names that may spread further than `most_km`. `count`: how
    many reports these count for, where not each is somebody else's.
    """
    seen: dict[str, list[Located]] = defaultdict(list)
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for name, written in {same.get(part, part): written for part, written in row.parts.items()}.items():
            seen[name].append(row)
            spelled[name][written] += 1
    taught = []
    for name, reports in sorted(seen.items()):
        if len(reports) >= LEAST_REPORTS and _may_be_a_name(name):
            spread = spread_km(reports)
            if (name in wide or spread <= most_km) and count(reports) >= LEAST_REPORTS:
                radius = wide.get(name) or max(LEAST_RADIUS_M, round(RADIUS_OF_SPREAD * spread * 1000, -2))
                usual = spelled[name].most_common(1)[0][0]
                taught.append(Taught(_spot(name, reports, int(radius)), usual, len(reports)))
    return taught


def spread_km(reports: Sequence[Located]) -> float:
    """The distance from their median within which three quarters lie."""
    lon, lat = middle(reports)
    return sorted(km_between(lon, lat, one.lon, one.lat) for one in reports)[int(len(reports) * 0.75)]


def middle(reports: Sequence[Located]) -> tuple[float, float]:
    """The median longitude and latitude."""
    return median(one.lon for one in reports), median(one.lat for one in reports)


def is_a_kind(folded: str) -> bool:
    """Whether a word says of what kind a place is ("hospital"), or nothing, and names none."""
    return folded in _KINDS


def _may_be_a_name(part: str) -> bool:
    fits = _SHORTEST <= len(part) <= _LONGEST and not is_a_kind(part)
    return fits and not _NUMBERS.search(part.replace("105", "")) and not _SOMEBODYS.match(part)


def _spot(name: str, reports: Sequence[Located], radius: int) -> Spot:
    street = name.startswith(_STREETS) or "street" in name
    return Spot(*middle(reports), Precision.STREET if street else Precision.LOCALITY, radius, name)
