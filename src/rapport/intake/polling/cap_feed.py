"""A feed of warnings: each item leads to a CAP file (OASIS Common Alerting Protocol), or holds one.

A file once read is not asked for again, as aggregators do (IFRC Alert Hub, Google): a publisher who corrects one writes
it under another address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from rapport.errors import Refused
from rapport.formats.cap import reading
from rapport.formats.cap.model import Alert
from rapport.intake.channels import wire
from rapport.intake.polling import feed, feed_xml
from rapport.intake.polling.feed_xml import Item
from rapport.intake.polling.fetch import Unanswered
from rapport.plugins import EVERY, GetsPages, Polled, Setting
from rapport.values import Address, Fetched, GivenPlace, Json, Message

MOST = 1024 * 1024  # bytes of a CAP file; aggregators take 900 kB
#: Why a file is not taken that could not be had; after so many of them a visit ends.
UNANSWERED, GIVE_UP = "unanswered", 3
AT_ONCE = 50  # files of one visit; the others come with the next [ours]
ACCEPT = "application/cap+xml, application/xml;q=0.9, text/xml;q=0.8"
_SAID = ("headline", "event", "description", "instruction", "areaDesc")
_KEPT = ("identifier", "sent", "status", "msgType", "scope", "references")


def poll(settings: Mapping[str, str], state: dict[str, Json], web: GetsPages) -> Iterator[Fetched | Refused]:
    """The warnings of items that were not read before, and why the others are not taken."""
    page = feed.changed(settings["url"], state, web, feed.ACCEPT)
    if page is None:
        return
    read: list[Json] = []
    asked, failed, whole = 0, 0, True
    for item in feed_xml.items(feed_xml.tree(page.body)):
        mark = feed.digest(item.links[0] if item.links and item.cap is None else item.raw)
        if not feed.met(state, mark):
            if asked == AT_ONCE:
                whole = False
                continue
            asked += 1
            found = _alert(item, web)
            yield found
            if isinstance(found, Refused) and found.reason == UNANSWERED:  # not to be had now: it is asked for again
                whole, failed = False, failed + 1
                if failed == GIVE_UP:
                    return
                continue
        feed.note(state, read, mark)
    state["seen"] = read
    if whole:
        feed.remember(state, page, settings["url"])


def _alert(item: Item, web: GetsPages) -> Fetched | Refused:
    try:
        if item.cap is not None:
            raw = etree.tostring(item.cap, encoding="utf-8", with_tail=False)
        elif item.links:
            raw = web.get(item.links[0], {"Accept": ACCEPT}, MOST).body
        else:
            return Refused("no_cap", "An item of the feed leads to no CAP file.")
        return Fetched(read(raw), raw)
    except Refused as refused:
        return refused
    except Unanswered as error:
        return Refused(UNANSWERED, str(error))


def read(raw: bytes) -> Message:
    """A CAP file as a message: what it says in words, where, and under which identifier. The file itself is kept
    sealed, byte for byte. What breaks the standard is read as far as it goes: somebody is warned in it. Refused(400)
    for what is no alert."""
    try:
        warning = reading.read(raw)
    except Refused as refused:
        raise Refused("no_cap", refused.remedy) from None
    said: dict[str, list[str]] = {}
    for path, leaf in warning.leaves.items():
        if leaf.text.strip():
            said.setdefault(path.rpartition("/")[2].partition("[")[0], []).append(leaf.text.strip())
    first = {name: said[name][0] for name in (*_KEPT, "sender") if name in said}
    if not first.get("identifier"):
        raise Refused("no_cap", "The alert has no identifier.")
    lines = dict.fromkeys(text for name in _SAID for text in said.get(name, ()))
    fields: dict[str, Json] = {name: first[name][:2_000] for name in _KEPT if name in first}
    return Message(
        text="\n\n".join(lines)[: feed_xml.LONGEST],
        # These three together name a message (CAP 1.2, 3.2.1); a corrected one has another time.
        gateway_id=f"{first['identifier']},{first.get('sender', '')},{first.get('sent', '')}"[:800],
        sender=Address("name", f"CAP {first['sender'][:300]}") if first.get("sender") else None,
        sent_at=wire.written(first.get("sent", "")),
        place=_place(warning.alert),
        fields=fields,
    )


def _place(alert: Alert | None) -> GivenPlace | None:
    """The middle of the first area that is told, by its own circle or the corners of its own polygon, and its name."""
    areas = [area for info in alert.infos for area in info.areas] if alert else []
    if not areas:
        return None
    first = areas[0]
    name = first.area_desc[:200]
    if first.circles:
        return GivenPlace(first.circles[0].centre.lon, first.circles[0].centre.lat, name)
    corners = first.polygons[0].points[:-1] if first.polygons else ()
    lons, lats = [point.lon for point in corners], [point.lat for point in corners]
    if not corners or max(lons) - min(lons) > 180:  # across the antimeridian a mean lies on the other side of the earth
        return GivenPlace(name=name) if name else None
    return GivenPlace(sum(lons) / len(lons), sum(lats) / len(lats), name)


POLLED = Polled(
    name="cap-feed",
    title="A feed of CAP warnings",
    proof="the feed's own address, asked by us; signatures are not checked",
    settings=(Setting("url", "Address of the RSS or Atom feed whose items lead to CAP files, with https://."), EVERY),
    poll=poll,
    every=5,
)
