"""Bytes of a stranger become elements, in bounded time and memory: no document type, no entities, no network.

Beyond the limits below nothing is parsed at all. An EDXL-DE 1.0 envelope is opened: the alerts that stand in it, and
the addresses of those that do not."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from rapport.errors import Refused
from rapport.formats.cap.grammar import VERSIONS

#: All ours. An alert of a national feed has some 20 to 100 kB; Google takes feeds of up to 900 kB.
MOST_BYTES = 4 * 1024 * 1024
MOST_ELEMENTS = 50_000
MOST_DEPTH = 24  # an alert has 5, a signature in it 8, an envelope adds 4
_PIECE = 64 * 1024

EDXL = "urn:oasis:names:tc:emergency:EDXL:DE:1.0"
XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
#: By which a link of an envelope says that CAP is behind it.
MIME_TYPES = frozenset({"application/cap+xml", "application/common-alerting-protocol+xml"})

_HOLDS_CAP = "Give a CAP message 1.0, 1.1 or 1.2, alone or in an EDXL-DE 1.0 envelope."


def parse(data: bytes) -> etree._Element:
    """The root element, without comments and processing instructions. Refused, with a reason, for what is not safe or
    not well-formed XML."""
    if len(data) > MOST_BYTES:
        raise Refused("too-large", f"The file has {len(data):,} bytes; at most {MOST_BYTES:,} are read.", status=413)
    if not data.strip():
        raise Refused("empty", f"The file is empty. {_HOLDS_CAP}")
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    count = depth = 0
    try:
        for start in range(0, len(data), _PIECE):
            parser.feed(data[start : start + _PIECE])
            for event, element in parser.read_events():
                if event == "end" or not isinstance(element, etree._Element):
                    depth -= 1
                    continue
                count, depth = count + 1, depth + 1
                if count == 1:
                    _refuse_doctype(element)
                _refuse_beyond(count, depth)
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise _not_xml(error) from None
    _refuse_doctype(root)
    return root


def _refuse_beyond(count: int, depth: int) -> None:
    if depth > MOST_DEPTH:
        raise Refused("too-deep", f"Elements stand {depth} deep in each other; CAP needs 8. {_HOLDS_CAP}")
    if count > MOST_ELEMENTS:
        raise Refused("too-many-elements", f"More than {MOST_ELEMENTS:,} elements: send several messages.", status=413)


def _refuse_doctype(root: etree._Element) -> None:
    """Entities come with a document type; CAP has none (3.3.3)."""
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused("doctype", "The file has a document type (<!DOCTYPE …>). CAP needs none: take it away.")


def _not_xml(error: etree.XMLSyntaxError) -> Refused:
    said = " ".join(str(error.msg or "no more is known").split())[:200]
    if "depth" in said.lower():
        return Refused("too-deep", f"Elements stand too deep in each other. {_HOLDS_CAP}")
    if "entity" in said.lower() and "amplification" in said.lower():
        return Refused("doctype", "The file has entities that multiply. CAP needs no document type: take it away.")
    return Refused("not-xml", f"The file is not well-formed XML, or not in the encoding that it names: {said}.")


def alerts(root: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """The alerts of a document with their paths: the root, or those inline in an envelope. Refused where it is
    neither."""
    name = etree.QName(root)
    if name.namespace in VERSIONS and name.localname == "alert":
        yield "/alert", root
    elif name.namespace == EDXL and name.localname == "EDXLDistribution":
        for at, element in enumerate(_inline(root), start=1):
            yield f"/EDXLDistribution/alert[{at}]", element
    elif name.localname == "alert":
        there = name.namespace or "none"
        raise Refused("not-cap", f"The namespace of alert is {there[:80]}; CAP 1.2 has {[*VERSIONS][-1]}.")
    else:
        raise Refused("not-cap", f"The file begins with {name.localname[:80]}. {_HOLDS_CAP}")


def _inline(root: etree._Element) -> Iterator[etree._Element]:
    for content in root.iterfind(f"{{{EDXL}}}contentObject/{{{EDXL}}}xmlContent/{{{EDXL}}}embeddedXMLContent"):
        yield from (one for one in content if etree.QName(one).namespace in VERSIONS)


def links(root: etree._Element) -> tuple[str, ...]:
    """The addresses of alerts that an envelope names and does not hold."""
    found = []
    for content in root.iterfind(f"{{{EDXL}}}contentObject/{{{EDXL}}}nonXMLContent"):
        kind = (content.findtext(f"{{{EDXL}}}mimeType") or "").strip().lower()
        uri = (content.findtext(f"{{{EDXL}}}uri") or "").strip()
        if kind in MIME_TYPES and uri:
            found.append(uri)
    return tuple(found)


def refused_envelope(messages: int, there: int) -> Refused:
    """An envelope where one message is wanted."""
    return Refused("envelope", f"The envelope holds {messages} alerts and names {there} elsewhere: read it as several.")
