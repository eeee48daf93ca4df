"""The place that a suggestion speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapport.desk.standing_orders.rules import clean_line
from rapport.values import DEFAULT_RADIUS_M, Precision, Spot


def spot_of(value: Mapping[str, Any]) -> Spot | None:
    """The place in a suggestion's value; None if it names one without coordinates. Its name may be the sender's words:
    it is empty if it would show how to reach a person."""
    lon, lat = value.get("lon"), value.get("lat")
    if lon is None or lat is None:
        return None
    precision = Precision(value.get("precision") or Precision.LOCALITY)
    radius = value.get("radius_m") or DEFAULT_RADIUS_M[precision]
    name = clean_line(value.get("name", ""))
    return Spot(float(lon), float(lat), precision, int(radius), name, value.get("pcode", ""))
