"""What the schema cannot say: an Alert held to the rules of the standard's data dictionary, part by part."""

from __future__ import annotations

from collections.abc import Iterator

from rapport.formats.cap.finding import Finding
from rapport.formats.cap.model import Alert
from rapport.formats.cap.rings import Effort
from rapport.formats.cap.rules import alert as of_alert
from rapport.formats.cap.rules import area as of_area
from rapport.formats.cap.rules import info as of_info
from rapport.formats.cap.rules import resource as of_resource
from rapport.formats.cap.rules.area import Box


def check(alert: Alert, home: Box | None = None, path: str = "/alert") -> Iterator[Finding]:
    """Everything to look at in an alert, in the order of its elements. `home` is the country of its sender: south,
    west, north, east in degrees; without it no swapped points are looked for."""
    effort = Effort()
    yield from of_alert.check(alert, path)
    for at, info in enumerate(alert.infos, start=1):
        here = f"{path}/info[{at}]"
        yield from of_info.check(info, alert, here)
        for number, resource in enumerate(info.resources, start=1):
            yield from of_resource.check(resource, f"{here}/resource[{number}]")
        for number, area in enumerate(info.areas, start=1):
            yield from of_area.check(area, home, effort, f"{here}/area[{number}]")
    yield from of_info.check_together(alert, path)
