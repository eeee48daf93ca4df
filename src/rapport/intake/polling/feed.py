"""A feed of news or warnings: each item is a report of its author, or else of the feed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.intake.polling import feed_xml
from rapport.intake.polling.feed_xml import Item
from rapport.plugins import EVERY, GetsPages, Polled, Setting
from rapport.values import Address, Fetched, Json, Message, Page

MOST = 4 * 1024 * 1024  # bytes of a feed [ours]
ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8"


def poll(settings: Mapping[str, str], state: dict[str, Json], web: GetsPages) -> Iterator[Fetched | Refused]:
    """The items that were not there at the last visit, or say something else now."""
    url = settings["url"]
    page = changed(url, state, web, ACCEPT)
    if page is None:
        return
    there: list[Json] = []
    for item in feed_xml.items(feed_xml.tree(page.body)):
        mark = digest(item.raw)
        if not met(state, mark):
            yield Fetched(message(item, url), item.raw)
        note(state, there, mark)
    state["seen"] = there
    remember(state, page, url)


def changed(url: str, state: Mapping[str, Json], web: GetsPages, accept: str) -> Page | None:
    """The page, or None if it is as it was. Its marks go back as they came, and never empty (RFC 9110, 13.1)."""
    asked = {"Accept": accept}
    for header, name in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        if (mark := state.get(name)) and isinstance(mark, str) and state.get("url") == url:
            asked[header] = mark
    page = web.get(url, asked, MOST)
    return None if page.status == 304 else page


def remember(state: dict[str, Json], page: Page, url: str) -> None:
    """Its marks for the next visit of this address, once all that it brought is kept."""
    for name in ("etag", "last-modified"):
        mark = page.headers.get(name, "")
        state[name] = mark if len(mark) <= 500 and mark.isascii() and mark.isprintable() else ""
    state["url"] = url


def met(state: Mapping[str, Json], mark: str) -> bool:
    seen = state.get("seen")
    return isinstance(seen, list) and mark in seen


def note(state: dict[str, Json], there: list[Json], mark: str) -> None:
    """Remembers an item, and those of the last visit that this one has not come to yet: it may break off."""
    there.append(mark)
    seen = state.get("seen")
    state["seen"] = [*(old for old in seen if old not in there), *there] if isinstance(seen, list) else list(there)


def digest(raw: bytes | str) -> str:
    given = raw if isinstance(raw, bytes) else raw.encode("utf-8", "replace")
    return hashlib.blake2b(given, digest_size=9).hexdigest()


def message(item: Item, url: str) -> Message:
    """Title and words are the text. An item that says something else under the same id is another report: what was
    said before stays as it was said."""
    text = "\n\n".join(part for part in (item.title, item.text) if part)
    fields: dict[str, Json] = {}
    for name, value in item.rest:
        fields.setdefault(name, value)
    if item.links:
        fields["link"] = item.links[-1]
    return Message(
        text=text,
        gateway_id=f"{item.id[:400]} {digest(text)}",
        # One voice: a feed that repeats itself is no second witness. It is named so that no link holds the name.
        sender=Address("name", wire.shown(f"{item.author} in {url}" if item.author else f"feed {url}")[:300]),
        sent_at=item.at,
        place=item.place,
        fields=fields,
    )


POLLED = Polled(
    name="feed",
    title="A feed, RSS or Atom",
    proof="the feed's own address, asked by us",
    settings=(Setting("url", "The feed's address, with https://."), EVERY),
    poll=poll,
    every=10,
)
