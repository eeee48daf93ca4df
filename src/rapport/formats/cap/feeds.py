"""Alerts as Atom 1.0 (RFC 4287) and RSS 2.0, as aggregators ask for it (OASIS, Example Practices: CAP Feeds, 2014; IFRC
Alert Hub): an entry's id and an item's link are the address of its CAP file, whose content never changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape

from rapport.formats.cap.grammar import V12
from rapport.formats.cap.lexical import written_reference, written_time
from rapport.formats.cap.model import Info, MsgType
from rapport.formats.cap.released import AlertRelease
from rapport.formats.cap.writing import CONTENT_TYPE as CAP
from rapport.formats.context import rfc_822, utc
from rapport.formats.markup import ATOM, DECLARATION, GEORSS, Xml, branch, empty, leaf

ATOM_TYPE = "application/atom+xml; charset=utf-8"
RSS_TYPE = "application/rss+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class AlertFeed:
    """One feed of one operation's alerts. `updated`: when it last changed, as far as its reader knows."""

    base_url: str  # scheme and host without a final slash
    slug: str
    name: str
    language: str
    author: str
    updated: datetime

    def page_url(self) -> str:
        return f"{self.base_url}/{self.slug}/alerts/"

    def feed_url(self, ending: str) -> str:
        return f"{self.base_url}/{self.slug}/alerts.{ending}"

    def cap_url(self, release: AlertRelease) -> str:
        return f"{self.page_url()}{release.ref}/{release.version}.cap"


def atom(releases: Iterable[AlertRelease], feed: AlertFeed) -> Iterator[bytes]:
    """One entry a release, in the order given, piece by piece."""
    yield f'{DECLARATION}<feed xmlns="{ATOM}" xmlns:georss="{GEORSS}" xmlns:cap="{V12.namespace}">\n'.encode()
    head = [
        leaf("id", feed.feed_url("atom")),
        leaf("title", feed.name, xml_lang=feed.language),
        leaf("updated", utc(feed.updated)),
        branch("author", leaf("name", feed.author)),
        empty("link", rel="self", type="application/atom+xml", href=feed.feed_url("atom")),
        empty("link", rel="alternate", type="text/html", href=feed.page_url()),
    ]
    yield f"{''.join(head)}\n".encode()
    for release in releases:
        yield branch("entry", *_entry(release, feed)).encode()
    yield b"</feed>\n"


def _entry(release: AlertRelease, feed: AlertFeed) -> Iterator[Xml]:
    info = release.info(feed.language)
    yield leaf("id", feed.cap_url(release))
    yield leaf("title", info.headline, type="text", xml_lang=info.spoken)
    yield leaf("updated", utc(release.sent))
    yield leaf("published", utc(release.sent))
    yield empty("link", rel="alternate", type=CAP, href=feed.cap_url(release))
    yield leaf("summary", info.description, type="text", xml_lang=info.spoken)
    if release.marking:
        yield leaf("rights", release.marking.value, type="text")
    yield from _cap(release, info)
    yield from _where(info)


def rss(releases: Iterable[AlertRelease], feed: AlertFeed) -> Iterator[bytes]:
    """One item a release, in the order given, piece by piece."""
    yield (
        f'{DECLARATION}<rss version="2.0" xmlns:atom="{ATOM}" xmlns:georss="{GEORSS}" xmlns:cap="{V12.namespace}">\n'
    ).encode()
    head = [
        leaf("title", feed.name),
        leaf("link", feed.page_url()),
        leaf("description", feed.name),
        leaf("language", feed.language),
        leaf("lastBuildDate", rfc_822(feed.updated)),
        empty("atom:link", rel="self", type="application/rss+xml", href=feed.feed_url("rss")),
    ]
    yield f"<channel>\n{''.join(head)}\n".encode()
    for release in releases:
        yield branch("item", *_item(release, feed)).encode()
    yield b"</channel>\n</rss>\n"


def _item(release: AlertRelease, feed: AlertFeed) -> Iterator[Xml]:
    info = release.info(feed.language)
    yield leaf("title", info.headline)
    yield leaf("link", feed.cap_url(release))
    yield leaf("guid", feed.cap_url(release), isPermaLink="true")
    yield leaf("pubDate", rfc_822(release.sent))
    yield leaf("description", escape(info.description, quote=False))  # readers take it for HTML
    yield from _cap(release, info)
    yield from _where(info)


def _cap(release: AlertRelease, info: Info) -> Iterator[Xml]:
    """What lets a reader choose without fetching each file."""
    yield leaf("cap:status", release.alert.status)
    yield leaf("cap:msgType", release.alert.msg_type)
    yield leaf("cap:event", info.event)
    yield leaf("cap:urgency", info.urgency)
    yield leaf("cap:severity", info.severity)
    yield leaf("cap:certainty", info.certainty)
    yield leaf("cap:expires", written_time(release.expires))
    if release.alert.msg_type is not MsgType.ALERT:
        # As in the message: who reads the feed alone knows what to show no more.
        yield leaf("cap:references", " ".join(map(written_reference, release.alert.references)))
    for area in info.areas:
        yield leaf("cap:areaDesc", area.area_desc)


def _where(info: Info) -> Iterator[Xml]:
    """GeoRSS simple: latitude before longitude, with blanks."""
    for area in info.areas:
        for polygon in area.polygons:
            yield leaf("georss:polygon", " ".join(f"{one.lat:.6f} {one.lon:.6f}" for one in polygon.points))
