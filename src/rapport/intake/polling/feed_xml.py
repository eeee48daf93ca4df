"""Pure: the items of a feed, RSS 2.0 (and 0.9x, 1.0) or Atom (RFC 4287), with their place by GeoRSS or W3C geo.

XML of strangers: nothing is fetched, no entity is resolved, and a document that declares any is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from lxml import etree

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.intake.polling.plain import words
from rapport.values import EARLIEST, GivenPlace, place_problem

MOST_ITEMS = 500  # of a feed, the first ones, which are the newest [ours]
MOST_ELEMENTS = 200_000  # of a document: four hundred for each item that is read [ours]
MOST_FIELDS = 60  # of an item that are kept beside its words [ours]
LONGEST = 20_000  # characters of one element that are read [ours]
_ATOM = "{http://www.w3.org/2005/Atom}"
_CAP_TYPES = frozenset({"application/cap+xml", "application/common-alerting-protocol+xml"})
#: Elements that are read for themselves; all others that hold only text are fields.
_USED = frozenset(
    {"title", "description", "summary", "content", "encoded", "author", "creator", "point", "pos", "Point"}
)
_NUMBERS = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed. `id` is what the publisher calls it, else its link, else ""; `links` those to other pages,
    the one to a CAP file first; `raw` the element."""

    id: str
    title: str
    text: str  # without markup
    author: str
    at: datetime | None
    place: GivenPlace | None
    links: tuple[str, ...]
    rest: tuple[tuple[str, str], ...]
    raw: bytes
    cap: etree._Element | None  # an alert that stands in it


def tree(body: bytes) -> etree._Element:
    """A document's root. Refused(400) for what is no XML, declares entities, is nested too deep or has too many
    elements."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _not_read(" ".join(str(error).split())[:120]) from error
    declared: Any = root.getroottree().docinfo.internalDTD  # of which the stubs know too little
    if declared is not None and next(declared.iterentities(), None) is not None:
        raise Refused("entities", "It declares entities, which no feed needs.")
    if next(islice(root.iter(), MOST_ELEMENTS, None), None) is not None:
        raise Refused("too_many_elements", f"It has more than {MOST_ELEMENTS:,} elements.", status=413)
    return root


def _not_read(said: str) -> Refused:
    if "amplification" in said:
        return Refused("entities", "It declares entities that multiply, which no feed needs.")
    if "depth" in said:
        return Refused("too_deep", "Its elements stand too deep in each other.")
    return Refused("unreadable", f"It is no XML: {said}.")


def items(root: etree._Element) -> list[Item]:
    """The entries, the oldest first as far as the feed has the newest first. Refused(400) for what is no feed."""
    if root.tag == f"{_ATOM}feed":
        found = root.findall(f"{_ATOM}entry")
    elif _name(root) in {"rss", "RDF"}:
        found = list(_rss(root))
    else:
        raise Refused("unreadable", f"It is no feed: it begins with {wire.shown(_name(root))[:40]}.")
    return [_item(one) for one in reversed(found[:MOST_ITEMS])]


def _rss(root: etree._Element) -> Iterator[etree._Element]:
    """The items of the channel; RSS 1.0 has them beside it. An item within an item is none: each would hold, and be
    kept with, all that stands in it."""
    for one in root:
        if _name(one) == "item":
            yield one
        elif _name(one) == "channel":
            yield from (inner for inner in one if _name(inner) == "item")


def _name(element: etree._Element) -> str:
    """The name without its namespace; "" for what is no element."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def text(element: etree._Element | None) -> str:
    """What an element says, with what stands in it, in order."""
    if element is None:
        return ""
    return wire.shown("".join(str(part) for part in element.itertext()))[:LONGEST].strip()


def _item(element: etree._Element) -> Item:
    parts: dict[str, etree._Element] = {}
    for part in element:
        parts.setdefault(_name(part), part)
    links = tuple(_links(element))
    said = next((parts[name] for name in ("encoded", "content", "description", "summary") if name in parts), None)
    return Item(
        id=text(parts.get("guid")) or text(parts.get("id")) or (links[-1] if links else ""),
        title=words(text(parts.get("title"))),
        text=_words(said),
        author=_author(parts),
        at=_at(parts),
        place=_place(element),
        links=links,
        rest=tuple(islice(_rest(element), MOST_FIELDS)),
        raw=etree.tostring(element, encoding="utf-8", with_tail=False),
        cap=next((one for one in element.iter() if _name(one) == "alert"), None),
    )


def _words(element: etree._Element | None) -> str:
    """Markup comes escaped, as CDATA, or as XHTML within; only Atom says that there is none (RFC 4287, 3.1.1)."""
    if element is None:
        return ""
    if len(element):
        return words(etree.tostring(element, encoding="unicode", with_tail=False)[:LONGEST])
    plain = element.tag.startswith(_ATOM) and element.get("type", "text") == "text"
    return text(element) if plain else words(text(element))


def _author(parts: dict[str, etree._Element]) -> str:
    author = parts.get("author", parts.get("creator"))
    if author is None:
        return ""
    named = author.find(f"{_ATOM}name")
    return text(author if named is None else named)[:200]


def _links(element: etree._Element) -> Iterator[str]:
    """http(s) addresses of this item, one to a CAP file first."""
    found: list[tuple[bool, str]] = []
    for part in element:
        if _name(part) == "link" and part.get("rel", "alternate") in {"alternate", "enclosure", "related"}:
            address = wire.shown(part.get("href") or text(part)).strip()
            if address.lower().startswith(("https://", "http://")):
                found.append((part.get("type", "") not in _CAP_TYPES, address[:2_000]))
    for _, address in sorted(found, key=lambda one: one[0]):
        yield address


def _at(parts: dict[str, etree._Element]) -> datetime | None:
    for name in ("updated", "pubDate", "published", "date"):
        said = text(parts.get(name))
        if said and (found := wire.written(said) or _by_mail(said)) is not None:
            return found
    return None


def _by_mail(said: str) -> datetime | None:
    """A time as RSS writes it (RFC 822); "GMT" and -0000 are UTC."""
    try:
        at = parsedate_to_datetime(said)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return at if EARLIEST < at <= datetime.now(UTC) + wire.CLOCK_ERROR else None
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _place(element: etree._Element) -> GivenPlace | None:
    """GeoRSS has latitude, then longitude, in its simple form and in GML; W3C geo has one element for each."""
    apart: dict[str, str] = {}
    for part in element.iter():
        match _name(part):
            case "point" | "pos":
                if (found := _point(_NUMBERS.split(text(part)))) is not None:
                    return found
            case "lat" | "long" as name:
                apart.setdefault(name, text(part))
    return _point([apart.get("lat", ""), apart.get("long", "")])


def _point(numbers: list[str]) -> GivenPlace | None:
    try:
        lat, lon = (float(number) for number in numbers)
    except ValueError:
        return None
    good = math.isfinite(lat) and math.isfinite(lon) and not place_problem(lon, lat)
    return GivenPlace(lon, lat) if good else None


def _rest(element: etree._Element) -> Iterator[tuple[str, str]]:
    """What else stands there, by name with the prefix of its vocabulary (gdacs:alertlevel)."""
    for part in element:
        name = _name(part)
        said = text(part) if not len(part) else ""
        if name and name not in _USED and (said := said or wire.shown(part.get("href") or part.get("term") or "")):
            yield wire.shown(f"{part.prefix}:{name}" if part.prefix else name)[:100], said[:2_000]
