"""Finding a place by its name, whatever its accents."""

from __future__ import annotations

from rapport.errors import Refused
from rapport.operations.models import Operation, Place, PlaceName
from rapport.text.fold import fold
from rapport.values import Precision, Spot, km_between

MOST = 12
#: Administrative units offered in the list of names before anything is typed, at most this many.
MOST_UNITS = 250


def search(operation: Operation, text: str, most: int = MOST) -> list[Spot]:
    """Places whose name holds the text: equal names first, then beginnings; among these the larger place first."""
    wanted = fold(text)
    if not wanted:
        return []
    placed = Place.objects.filter(operation=operation, lon__isnull=False, lat__isnull=False)
    names = [
        *placed.values_list("pk", "name"),
        *PlaceName.objects.filter(place__in=placed).values_list("place_id", "name"),
    ]
    best: dict[int, int] = {}
    for pk, name in names:
        folded = fold(name)
        if wanted in folded:
            best[pk] = min(best.get(pk, 9), 0 if folded == wanted else 1 if folded.startswith(wanted) else 2)
    found = Place.objects.in_bulk(sorted(best, key=lambda pk: best[pk])[: most * 8])
    ordered = sorted(found.values(), key=lambda place: (best[place.pk], -place.precision, place.name))
    return [place.spot for place in ordered[:most] if place.spot]


def named(operation: Operation, text: str) -> Spot:
    """The one place of this name; Refused, naming what there is, if there is none or there are several."""
    found = search(operation, text)
    equal = [spot for spot in found if fold(spot.name) == fold(text)] or found
    if len(equal) == 1:
        return equal[0]
    if not equal:
        raise Refused("place", "No place has this name: choose one from the list, or click on the map.", field="place")
    raise Refused("place", "Several places have this name: choose one below.", field="place")


def is_there(operation: Operation, spot: Spot) -> bool:
    """Whether a place of this name is known where the spot is, as far as both are known exactly."""
    equal = (known for known in search(operation, spot.name) if fold(known.name) == fold(spot.name))
    return any(
        1000 * km_between(known.lon, known.lat, spot.lon, spot.lat) <= known.radius_m + spot.radius_m for known in equal
    )


def units(operation: Operation) -> list[str]:
    """The names of administrative units, the largest first: what can be chosen without typing."""
    names = Place.objects.filter(operation=operation, precision__gte=Precision.ADM3, lon__isnull=False)
    return list(dict.fromkeys(names.order_by("-precision", "name").values_list("name", flat=True)[:MOST_UNITS]))
