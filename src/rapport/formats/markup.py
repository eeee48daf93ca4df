"""What RSS and Atom share: XML written element by element, and GeoRSS. Text becomes `Xml` only by being escaped."""

from __future__ import annotations

from typing import NewType
from xml.sax.saxutils import escape, quoteattr

from rapport.formats.characters import clean
from rapport.values import Spot

Xml = NewType("Xml", str)

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
ATOM = "http://www.w3.org/2005/Atom"
GEORSS = "http://www.georss.org/georss"


def leaf(name: str, text: str = "", /, **attributes: str) -> Xml:
    """An element that holds text. `xml_lang` writes the attribute `xml:lang`."""
    # A bare CR would be read as LF (XML 1.0, section 2.11).
    return Xml(f"<{name}{_written(attributes)}>{escape(clean(text), {chr(13): '&#13;'})}</{name}>")


def branch(name: str, /, *children: Xml, **attributes: str) -> Xml:
    """An element that holds elements, on a line of its own."""
    return Xml(f"<{name}{_written(attributes)}>{''.join(children)}</{name}>\n")


def empty(name: str, /, **attributes: str) -> Xml:
    """An element that holds nothing but attributes."""
    return Xml(f"<{name}{_written(attributes)}/>")


def where(place: Spot | None) -> list[Xml]:
    """GeoRSS simple: latitude before longitude, the radius in metres around it, the name of the place.

    A place that is known as an area only is a point with the radius of that area: no reader known to us shows
    `georss:circle`.
    """
    if place is None:
        return []
    point = [leaf("georss:point", f"{place.lat:.6f} {place.lon:.6f}")]
    radius = [leaf("georss:radius", str(place.radius_m))] if place.radius_m else []
    name = [leaf("georss:featurename", place.name)] if place.name else []
    return point + radius + name


def _written(attributes: dict[str, str]) -> str:
    return "".join(f" {_attribute(name)}={quoteattr(clean(value))}" for name, value in attributes.items())


def _attribute(name: str) -> str:
    return name.replace("xml_", "xml:")
