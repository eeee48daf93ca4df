"""What the map's script asks for: clusters, the pulse of changes, land, names, and the operator's own layers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.utils.translation import get_language

from rapport.errors import Refused
from rapport.events import extra, layers
from rapport.events.counted import only_counted
from rapport.events.filters import Filters, parse_box
from rapport.events.index import Cluster
from rapport.events.live import View, view
from rapport.events.releases import releases
from rapport.operations.access import public
from rapport.operations.basemap import land_for
from rapport.operations.gazetteer import drawable
from rapport.operations.models import Operation
from rapport.sharing.readers import reader
from rapport.values import Box, Precision, Purpose, Reader, Release

WORLD = Box(-180, -90, 180, 90)
#: So many single events of one answer are named; beyond it the map is too full for anyone to read them [ours].
MOST_NAMED = 300
MOST_NAMES = 300
#: Degrees of land around the operation, so that a map a little larger than it is not cut off.
MARGIN = 4.0


@public
def clusters(request: HttpRequest, operation: Operation) -> HttpResponse:
    """The events of a box as clusters. total = unmapped + the sum of all counts, for what this reader is released."""
    who = reader(request, operation)
    try:
        filters = extra.asked(request.GET, operation, extra.audience(operation, who, Purpose.VIEW))
        chosen = view(operation, who).select(filters)
        box, zoom = _box(request), _zoom(request)
    except Refused as refused:
        return JsonResponse({"field": refused.field, "error": refused.remedy}, status=refused.status)
    found = chosen.clusters(box, zoom)
    known = single_events(operation, who, found)
    answer = {
        "total": sum(cluster.count for cluster in found) + chosen.unmapped,
        "unmapped": chosen.unmapped,
        "clusters": [_cluster(cluster, known.get(cluster.event_id or 0)) for cluster in found],
    }
    if further := only_counted(operation, who, filters):
        answer["only_counted"] = further
    return _unstored(JsonResponse(answer))


def _box(request: HttpRequest) -> Box:
    text = request.GET.get("bbox", "")
    return parse_box(text, "bbox") if text else WORLD


def _zoom(request: HttpRequest) -> int:
    text = request.GET.get("zoom", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 2:
        raise Refused("bad_filter", "write a whole number from 0 to 22", field="zoom")
    return min(int(text), 22)


def single_events(operation: Operation, who: Reader, found: list[Cluster]) -> dict[int, Release]:
    """The releases of the single events among the clusters, by event."""
    ids = [cluster.event_id for cluster in found if cluster.event_id is not None]
    # To a named reader each is given with its place, and written down.
    ids = ids if who.agreed and not who.team else ids[:MOST_NAMED]
    # One release an id, in that order, or the lists differ in length because an event went a moment ago.
    made = releases(operation, who, Purpose.VIEW, ids)
    return dict(zip(ids, made, strict=True)) if len(made) == len(ids) else {}


def _cluster(cluster: Cluster, release: Release | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"lon": round(cluster.lon, 6), "lat": round(cluster.lat, 6), "count": cluster.count}
    if cluster.radius_m:
        answer |= {"radius_m": cluster.radius_m, "precision": Precision(cluster.precision).word}
    if release:
        title = release.headline(get_language() or "en")
        answer |= {"ref": release.ref, "title": title, "status": release.status.value}
    return answer


@public
def pulse(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Something that changes whenever what this reader's page shows may have; the page asks every few seconds, with its
    filters."""
    who = reader(request, operation)
    try:
        filters = extra.asked(request.GET, operation, extra.audience(operation, who, Purpose.VIEW))
    except Refused as refused:
        return JsonResponse({"field": refused.field, "error": refused.remedy}, status=refused.status)
    state = state_of(operation, who, view(operation, who), filters)
    tag = f'"{state}"'
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        answer: HttpResponse = HttpResponse(status=304)
    else:
        answer = JsonResponse({"state": state})
    answer.headers["ETag"] = tag
    return _unstored(answer)


def state_of(operation: Operation, who: Reader, seen: View, filters: Filters) -> str:
    """Changes whenever what a page with these filters shows may have: of the events, or of how many more are only
    counted, no more exactly than that is told."""
    counted = only_counted(operation, who, filters)
    return hashlib.sha256(f"{seen.state} {counted}".encode()).hexdigest()[:32]


def _unstored(answer: HttpResponse) -> HttpResponse:
    """Asked for anew every time; never kept where another reader could get it."""
    patch_cache_control(answer, private=True, no_cache=True)
    return answer


def _kept(answer: HttpResponse, seconds: int) -> HttpResponse:
    patch_cache_control(answer, public=True, max_age=seconds)
    return answer


@public
def basemap(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Land and borders around the operation, as GeoJSON."""
    return _kept(JsonResponse(land_for(operation.box, MARGIN)), 86_400)


@public
def places(request: HttpRequest, operation: Operation) -> HttpResponse:
    """The gazetteer's names in a box, the largest areas first, for the map to write on the land."""
    try:
        box = _box(request)
    except Refused as refused:
        return JsonResponse({"field": refused.field, "error": refused.remedy}, status=refused.status)
    found = [{"name": n, "lon": lon, "lat": lat, "level": level} for n, lon, lat, level in names_in(operation, box)]
    return _kept(JsonResponse({"places": found}), 3600)


def names_in(operation: Operation, box: Box, most: int = MOST_NAMES) -> list[tuple[str, float, float, int]]:
    """Name, longitude, latitude and precision of the places in a box that may be drawn, the largest areas first."""
    inside = drawable(operation).filter(lat__range=(box.south, box.north))
    if box.west <= box.east:
        inside = inside.filter(lon__range=(box.west, box.east))
    ordered = inside.filter(precision__lt=Precision.COUNTRY).order_by("-precision", "-radius_m", "name")
    return [(p.name, p.lon, p.lat, p.precision) for p in ordered[:most] if p.lon is not None and p.lat is not None]


@public
def layer(request: HttpRequest, operation: Operation, name: str) -> FileResponse:
    """A GeoJSON file of the operator's."""
    path = layers.drawing(name)
    if path is None:
        raise Http404("no such layer")
    answer = FileResponse(path.open("rb"), content_type="application/geo+json")
    patch_cache_control(answer, public=True, max_age=300)
    return answer


@public
def tile(request: HttpRequest, name: str, z: int, x: int, y: int) -> HttpResponse:
    """A tile of one of the operator's MBTiles."""
    found = layers.tile(name, z, x, y)
    if found is None:
        raise Http404("no such tile")
    return _kept(HttpResponse(found[0], content_type=found[1]), 86_400)


def configuration(operation: Operation, tile_url: str) -> str:
    """What the map's script needs to know, as JSON for a data attribute."""
    box = operation.box
    known: Mapping[str, Any] = {
        "slug": operation.slug,
        "box": [box.west, box.south, box.east, box.north],
        "tiles": tile_url,
        "drawings": layers.drawings(),
        "tileSets": layers.tile_sets(),
    }
    return json.dumps(known)
