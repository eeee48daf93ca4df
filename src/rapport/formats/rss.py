"""RSS 2.0 with GeoRSS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from rapport.formats.characters import clean
from rapport.formats.context import FeedContext, rfc_822
from rapport.formats.markup import ATOM, DECLARATION, GEORSS, Xml, branch, empty, leaf, where
from rapport.values import CategoryName, Release, named

CONTENT_TYPE = "application/rss+xml; charset=utf-8"


def write(releases: Iterable[Release], context: FeedContext) -> Iterator[bytes]:
    """One channel with one item a release, in the order given, piece by piece."""
    yield f'{DECLARATION}<rss version="2.0" xmlns:atom="{ATOM}" xmlns:georss="{GEORSS}">\n'.encode()
    yield f"<channel>\n{''.join(_channel(context))}\n".encode()
    for release in releases:
        yield branch("item", *_item(release, context)).encode()
    yield b"</channel>\n</rss>\n"


def _channel(context: FeedContext) -> list[Xml]:
    return [
        leaf("title", context.name),
        leaf("link", context.page_url()),
        leaf("description", context.name),
        leaf("language", context.language),
        leaf("lastBuildDate", rfc_822(context.updated)),
        empty("atom:link", rel="self", type="application/rss+xml", href=context.feed_url("rss")),
    ]


def _item(release: Release, context: FeedContext) -> list[Xml]:
    summary = clean(release.summary) or release.headline(context.language)
    return [
        leaf("title", release.headline(context.language)),
        leaf("link", context.event_url(release.ref)),
        leaf("guid", context.event_id(release.ref), isPermaLink="false"),
        leaf("pubDate", rfc_822(release.published_at or release.updated_at)),
        leaf("description", escape(summary, quote=False)),  # readers take it for HTML
        *(_category(category, context) for category in release.categories),
        leaf("category", release.status.value, domain=context.scheme("status")),
        empty("atom:link", rel="describedby", type="text/html", href=context.why_url(release.ref)),
        *where(release.place),
    ]


def _category(category: CategoryName, context: FeedContext) -> Xml:
    return leaf(
        "category", clean(named(category.names, context.language)) or category.code, domain=context.scheme("category")
    )
