"""Atom 1.0 (RFC 4287) with GeoRSS, and with what is to be deleted (RFC 6721)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rapport.formats.context import Deleted, FeedContext, utc
from rapport.formats.markup import ATOM, DECLARATION, GEORSS, Xml, branch, empty, leaf, where
from rapport.values import CategoryName, Release, named

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"


def write(releases: Iterable[Release], context: FeedContext) -> Iterator[bytes]:
    """One feed with one entry a release, in the order given, piece by piece; then what is to be deleted."""
    yield f'{DECLARATION}<feed xmlns="{ATOM}" xmlns:georss="{GEORSS}" xmlns:at="{_TOMBSTONES}">\n'.encode()
    yield f"{''.join(_head(context))}\n".encode()
    for release in releases:
        yield branch("entry", *_entry(release, context)).encode()
    for one in context.deleted:
        yield f"{_deleted(one, context)}\n".encode()
    yield b"</feed>\n"


def _head(context: FeedContext) -> list[Xml]:
    return [
        leaf("id", context.feed_id()),
        leaf("title", context.name, xml_lang=context.language),
        leaf("updated", utc(context.updated)),
        branch("author", leaf("name", context.name or context.slug)),
        empty("link", rel="self", type="application/atom+xml", href=context.feed_url("atom")),
        empty("link", rel="alternate", type="text/html", hreflang=context.language, href=context.page_url()),
    ]


def _entry(release: Release, context: FeedContext) -> list[Xml]:
    published = [leaf("published", utc(release.published_at))] if release.published_at else []
    rights = [leaf("rights", release.marking.value, type="text")] if release.marking else []
    summary = [leaf("summary", release.summary, type="text")] if release.summary else []
    return [
        leaf("id", context.event_id(release.ref)),
        leaf("title", release.headline(context.language), type="text"),
        leaf("updated", utc(release.updated_at)),
        *published,
        empty("link", rel="alternate", type="text/html", href=context.event_url(release.ref)),
        empty("link", rel="describedby", type="text/html", href=context.why_url(release.ref)),
        *summary,
        *rights,
        *(_category(category, context) for category in release.categories),
        empty("category", scheme=context.scheme("status"), term=release.status.value),
        *where(release.place),
    ]


def _deleted(one: Deleted, context: FeedContext) -> Xml:
    """RFC 6721, section 3: its id, and since when it is gone; not why, and not what it said."""
    return empty("at:deleted-entry", ref=context.event_id(one.ref), when=utc(one.when))


def _category(category: CategoryName, context: FeedContext) -> Xml:
    label = named(category.names, context.language)
    return empty("category", scheme=context.scheme("category"), term=category.code, label=label)
