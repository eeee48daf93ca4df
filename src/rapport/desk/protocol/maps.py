"""The same events as two audiences see them, drawn beside each other: released places only, never the true ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rapport.desk.protocol.stock import standing
from rapport.events import mapdata, picture
from rapport.events.filters import Filters
from rapport.events.index import NO_TIME, Index, Rows, Selection, Wanted
from rapport.events.items import items
from rapport.events.rows import Asked, rows
from rapport.events.sketch import Sketch, drawn
from rapport.operations.models import Operation
from rapport.sharing.items import Item
from rapport.sharing.policy import Policy
from rapport.sharing.protocol.model import Audience
from rapport.sharing.release import release_to
from rapport.values import Box, Purpose, Release

#: So many events are drawn, the newest: more would be neither read nor drawn in time.
MOST = 5_000
LISTED = 50


@dataclass(frozen=True, slots=True)
class Seen:
    """What an audience sees of the part of the world that both maps show."""

    sketch: Sketch
    inside: int
    elsewhere: int
    unmapped: int
    listed: Sequence[Release]  # the newest of those inside, and of those without a place
    clustered: bool

    @property
    def total(self) -> int:
        return self.inside + self.elsewhere + self.unmapped


@dataclass(frozen=True, slots=True)
class Looker:
    """As whom the events are looked at, by which protocol, for what."""

    policy: Policy
    audience: Audience
    purpose: Purpose
    now: datetime


def of_events(operation: Operation, who: Looker, box: Box) -> Seen:
    """The newest events of the operation."""
    newest = sorted(standing(operation).order_by("-pk").values_list("pk", flat=True)[:MOST])
    asked = Asked(operation.pk, who.audience, who.purpose, who.policy, who.now)
    chosen = Index.build(rows(asked, newest), 0).select(Wanted())

    def released(ids: Sequence[int]) -> Mapping[int, Release]:
        known = items(operation, ids, who.policy)
        made = ((pk, _released(who, item)) for pk, item in known.items())
        return {pk: one for pk, one in made if one}

    return _seen(operation, chosen, box, released)


def of_samples(operation: Operation, who: Looker, made: Sequence[Item], box: Box) -> Seen:
    """Samples, numbered from 1 on."""
    known = {n: one for n, item in enumerate(made, 1) if (one := _released(who, item))}
    chosen = Index.build(_rows(known), 0).select(Wanted())
    return _seen(operation, chosen, box, lambda ids: {n: known[n] for n in ids})


def _released(who: Looker, item: Item) -> Release | None:
    return release_to(who.policy, item, who.audience, who.purpose, who.now)


_Names = Callable[[Sequence[int]], Mapping[int, Release]]


def _seen(operation: Operation, chosen: Selection, box: Box, released: _Names) -> Seen:
    frame = picture.Frame.of(box)
    found = sorted(chosen.clusters(frame.box, frame.zoom), key=lambda cluster: -cluster.count)
    alone = [one.event_id for one in found if one.event_id is not None][: mapdata.MOST_NAMED]
    here = chosen.index.select(Wanted(box=frame.box))
    inside = chosen.in_box(frame.box)
    first = here.ids(limit=LISTED)
    names = released([*dict.fromkeys([*alone, *first])])
    return Seen(
        sketch=drawn(operation, frame, found, names, Filters(box=frame.box)),
        inside=inside,
        elsewhere=chosen.total - chosen.unmapped - inside,
        unmapped=chosen.unmapped,
        listed=[names[pk] for pk in first if pk in names],
        clustered=any(one.count > 1 for one in found),
    )


def _rows(made: Mapping[int, Release]) -> Rows:
    """Releases as the index takes them; nothing is filtered by here but the place."""
    nan = float("nan")
    places = [one.place for one in made.values()]
    at = [one.occurred_at or one.published_at or one.updated_at for one in made.values()]
    return Rows(
        ids=[*made],
        lon=[place.lon if place else nan for place in places],
        lat=[place.lat if place else nan for place in places],
        at=[int(one.timestamp()) if one else NO_TIME for one in at],
        status=[one.status.value for one in made.values()],
        precision=[int(place.precision) if place else 0 for place in places],
        radius_m=[place.radius_m if place else 0 for place in places],
        pcode=[place.pcode if place else "" for place in places],
        words=["" for _ in places],
        categories={},
        sources={},
        response=["" for _ in places],
        choices={},
    )


# --- moving both together ------------------------------------------------------------------------------------------


def moves(box: Box) -> Sequence[tuple[str, Box]]:
    """Where the maps can be moved from here, by name."""
    across, down = (box.east - box.west) % 360 or 360.0, box.north - box.south
    return (
        ("Closer", _around(box, 0, 0, 0.5)),
        ("Farther", _around(box, 0, 0, 2)),
        ("West", _around(box, -across / 2, 0, 1)),
        ("East", _around(box, across / 2, 0, 1)),
        ("North", _around(box, 0, down / 2, 1)),
        ("South", _around(box, 0, -down / 2, 1)),
    )


def _around(box: Box, east: float, north: float, size: float) -> Box:
    across, down = min(360.0, ((box.east - box.west) % 360 or 360.0) * size), (box.north - box.south) * size
    lon = box.west + ((box.east - box.west) % 360 or 360.0) / 2 + east
    lat = max(-80.0, min(80.0, (box.north + box.south) / 2 + north))
    return Box(
        round(_lon(lon - across / 2), 4),
        round(max(-85.0, lat - down / 2), 4),
        round(_lon(lon + across / 2), 4),
        round(min(85.0, lat + down / 2), 4),
    )


def _lon(degrees: float) -> float:
    return degrees if -180 <= degrees <= 180 else (degrees + 180) % 360 - 180
