"""Pure: made-up events of an operation, so that a protocol can be played before the crisis.

They are made of the operation's own categories, places and sources and go through every status, precision, sensitivity
and age, always in the same way: whoever plays twice sees the same. They are Items and ruled as such; none is stored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rapport.sharing.items import FINEST, Facts, Item
from rapport.sharing.protocol.model import Known
from rapport.values import (
    KM_PER_DEGREE,
    Box,
    CategoryName,
    EventFacts,
    Precision,
    Publication,
    Range,
    Response,
    Sensitivity,
    Spot,
    Status,
)

MOST = 600  # samples in all
_EACH = 12  # of a category
#: What the samples go through, one after the other. The lengths have no common part, so that all sorts meet.
_STATUSES = tuple(Status)
_PRECISIONS = (
    Precision.EXACT, Precision.STREET, Precision.LOCALITY, Precision.ADM2, Precision.EXACT, Precision.ADM1, None,
)  # fmt: skip
_SENSITIVITIES = (*(Sensitivity.LOW,) * 6, Sensitivity.MODERATE, Sensitivity.HIGH, Sensitivity.SEVERE)
_PUBLICATIONS = (*(Publication.PUBLISHED,) * 7, Publication.DRAFT)
_AGES_H = (0.5, 3, 8, 20, 30, 50, 80, 200, 400, 800, 2000)  # since it was published
_RADII_M = {Precision.EXACT: 50, Precision.STREET: 300, Precision.LOCALITY: 2_000}
#: What people have said of them, mostly nothing: whether those concerned agreed, and who holds the area.
_CONSENTS: tuple[Known, ...] = ("unknown",) * 9 + ("yes",) * 5 + ("no",) * 3
_HELD_OF, _HELD = 19, 8  # of so many events so many lie where somebody has said who holds it
_AT_RISK_EVERY = 13  # beside the categories that name persons at risk
_TURN = 2.399963  # radians: points one after the other lie evenly around a seat


@dataclass(frozen=True, slots=True)
class Ground:
    """What an operation brings for samples. Categories with those above them; communes each with its region."""

    operation: str
    box: Box
    categories: Sequence[tuple[CategoryName, ...]]
    at_risk: frozenset[str]  # codes of categories that name persons at risk
    communes: Sequence[tuple[Spot, Spot | None]]
    sources: Sequence[str]
    held_by: Sequence[str] = ()  # the words that protocols have for who holds an area


def samples(ground: Ground, now: datetime) -> list[Item]:
    """The samples, in turns of all categories, at most MOST."""
    lines = ground.categories or [()]
    return [_item(ground, lines[n % len(lines)], n, now) for n in range(min(MOST, _EACH * len(lines)))]


def _item(ground: Ground, line: Sequence[CategoryName], n: int, now: datetime) -> Item:
    spot, commune, region = _place(ground, n)
    published_at = now - timedelta(hours=_AGES_H[n % len(_AGES_H)])
    publication = _PUBLICATIONS[n % len(_PUBLICATIONS)]
    sources = ground.sources[n % len(ground.sources) :][:1] if ground.sources else ()
    event = EventFacts(
        title=_title(line, commune),
        summary="Made up. Call +509 3412 3456 or write to sample@example.org." if n % 3 == 0 else "Made up.",
        categories=tuple(line[:1]),
        publication=publication,
        status=_STATUSES[n % len(_STATUSES)],
        occurred_at=published_at - timedelta(hours=1 + n % 4),
        published_at=None if publication is Publication.DRAFT else published_at,
        updated_at=published_at,
        spot=spot,
        commune=commune,
        region=region,
        affected=Range(10 + n, None) if n % 2 else None,
        sources=tuple(sources),
        reports=1 + n % 3,
        response=Response.OPEN,
    )
    return Item("event", f"sample-{n}", ground.operation, _facts(ground, line, n, event), event)


def _title(line: Sequence[CategoryName], commune: Spot | None) -> str:
    what = (line[0].names.get("en") or line[0].code) if line else "event"
    return f"Sample: {what}, {commune.name}" if commune and commune.name else f"Sample: {what}"


def _facts(ground: Ground, line: Sequence[CategoryName], n: int, event: EventFacts) -> Facts:
    codes = frozenset(category.code for category in line)
    at_risk = bool(codes & ground.at_risk) or n % _AT_RISK_EVERY == 0
    return Facts(
        kind="event",
        data_type="none",
        category=codes,
        sensitivity=_SENSITIVITIES[n % len(_SENSITIVITIES)],
        publication=event.publication,
        published_at=event.published_at,
        status=event.status,
        finest=FINEST[event.spot.precision] if event.spot else "none",
        consent=_CONSENTS[n % len(_CONSENTS)],
        aggregation="record",
        control=_held_by(ground, n),
        source=frozenset(event.sources),
        persons_at_risk="yes" if at_risk else "no",
    )


def _held_by(ground: Ground, n: int) -> str:
    turn = n % _HELD_OF
    return ground.held_by[turn % len(ground.held_by)] if ground.held_by and turn < _HELD else "unknown"


def _place(ground: Ground, n: int) -> tuple[Spot | None, Spot | None, Spot | None]:
    """A place with its commune and region."""
    precision = _PRECISIONS[n % len(_PRECISIONS)]
    if precision is None:
        return None, None, None
    if not ground.communes:
        return _in_box(ground.box, n, precision), None, None
    commune, region = ground.communes[n % len(ground.communes)]
    if precision in _RADII_M:
        return _near(commune, n, precision), commune, region
    return (region if precision is Precision.ADM1 and region else commune), commune, region


def _near(commune: Spot, n: int, precision: Precision) -> Spot:
    """A point within the commune's radius of its seat."""
    away = commune.radius_m / 1000 / KM_PER_DEGREE * math.sqrt((n % 17 + 1) / 18)
    lon = commune.lon + away * math.cos(n * _TURN) / max(0.1, math.cos(math.radians(commune.lat)))
    lat = commune.lat + away * math.sin(n * _TURN)
    return replace(
        commune, lon=lon, lat=lat, precision=precision, radius_m=_RADII_M[precision], name=f"Sample place {n}"
    )


def _in_box(box: Box, n: int, precision: Precision) -> Spot:
    """A point of the operation's box, where no place is known."""
    across = (box.east - box.west) % 360
    lon = (box.west + across * (n * 0.618034 % 1) + 180) % 360 - 180
    lat = box.south + (box.north - box.south) * (n * 0.414214 % 1)
    return Spot(lon, lat, precision, _RADII_M.get(precision, 10_000), f"Sample place {n}")
