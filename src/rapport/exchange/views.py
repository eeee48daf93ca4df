"""Feeds: the events that a reader may have, for every filter, in a format that other systems read.

A feed is streamed: only one page of events is in memory at a time, whatever its length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.http import http_date
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from rapport.errors import Refused
from rapport.events import extra, live
from rapport.events.filters import Filters
from rapport.events.index import Selection
from rapport.events.releases import releases
from rapport.events.returned import returned
from rapport.exchange.answers import answered, refused, streamed
from rapport.exchange.dictionary import columns
from rapport.formats import atom, geojson, ical, kml, rss, table, xlsx
from rapport.formats.context import Deleted, FeedContext
from rapport.formats.dictionary.described import TABLES
from rapport.operations.access import base_url, public
from rapport.operations.models import Operation
from rapport.sharing.active import policy_of
from rapport.sharing.coarser import time_left
from rapport.sharing.models import ReleaseEntry
from rapport.sharing.protocol.model import Audience, Rounding
from rapport.sharing.readers import reader
from rapport.values import PUBLIC, Purpose, Reader, Release

#: Formats that a browser or a feed reader opens as they come; the others are files to keep.
SHOWN = ("geojson", "rss", "atom")
EVERYBODY = "everybody"
PAGE = 500  # releases in memory at a time
IDS = 20_000  # ids asked of the index at a time
CHUNK = 64 * 1024  # bytes handed to the server at a time


@dataclass(frozen=True, slots=True)
class Format:
    """A format that feeds come in. `version` changes whenever its output does: it is part of the ETag.

    Without a `limit` the whole selection comes; `at_most` bounds the limit that a reader may ask for. `holds`: more
    events than these the format cannot hold.
    """

    ending: str
    write: Callable[[Iterable[Release], FeedContext], Iterator[bytes]]
    content_type: str
    version: int = 1
    limit: int | None = None
    at_most: int | None = None
    holds: int | None = None
    deletions: bool = False  # it can say what readers are to have no more


FORMATS: Mapping[str, Format] = {
    one.ending: one
    for one in (
        Format("geojson", geojson.write, geojson.CONTENT_TYPE, version=4),
        Format("csv", table.write, table.CONTENT_TYPE, version=4),
        Format("hxl.csv", table.write_hxl, table.CONTENT_TYPE),
        Format("xlsx", xlsx.write, xlsx.CONTENT_TYPE, holds=xlsx.MOST_ROWS),
        Format("kml", kml.write, kml.CONTENT_TYPE),
        Format("ics", ical.write, ical.CONTENT_TYPE),
        Format("rss", rss.write, rss.CONTENT_TYPE, version=2, limit=100, at_most=1000),
        Format("atom", atom.write, atom.CONTENT_TYPE, version=4, limit=100, at_most=1000, deletions=True),
    )
}


@dataclass(frozen=True, slots=True)
class Feed:
    """One answer: which events, for whom, in which format."""

    operation: Operation
    reader: Reader
    audience: Audience
    selection: Selection
    state: str  # live.View.state
    rounding: Rounding  # when something changed may be told no more exactly
    format: Format
    limit: int | None
    context: FeedContext

    def etag(self, of: str = "") -> str:
        """Changes whenever the bytes of this feed may, or of something made `of` it."""
        context = self.context
        parts = (
            of, self.audience.name, context.slug, self.operation.definition_hash, self.state,
            context.query, context.language, context.base_url, self.format.ending, self.format.version, self.limit,
        )  # fmt: skip
        return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'

    def rounded(self, at: datetime) -> datetime:
        """A time of change, as this reader may be told it."""
        return time_left(at, self.rounding, ZoneInfo(self.operation.time_zone)) or at

    def content(self) -> Iterator[bytes]:
        context = replace(self.context, deleted=self._deleted()) if self.format.deletions else self.context
        return _gathered(self.format.write(self._releases(), context))

    def _deleted(self) -> tuple[Deleted, ...]:
        """Whatever the filters are: nobody knows any more which of them it met."""
        gone = returned(self.operation.pk, self.audience.name, Purpose.EXPORT, self.selection.seq)
        return tuple(Deleted(one.ref, self.rounded(one.at)) for one in gone)

    def _releases(self) -> Iterator[Release]:
        for ids in self._ids():
            yield from releases(self.operation, self.reader, Purpose.EXPORT, ids)

    def _ids(self) -> Iterator[list[int]]:
        """The ids of the feed's events, the newest first, a page at a time."""
        end = self.selection.total if self.limit is None else min(self.limit, self.selection.total)
        for offset in range(0, end, IDS):
            some = self.selection.ids(offset, min(IDS, end - offset))
            yield from (some[start : start + PAGE] for start in range(0, len(some), PAGE))


@public
@require_safe
def feed(request: HttpRequest, operation: Operation, ending: str) -> HttpResponseBase:
    """The events of an operation in the format with that ending."""
    try:
        asked = asked_feed(request, operation, FORMATS[ending])
    except Refused as error:
        return refused(error)
    # By the ETag alone: a delay that ends, another name in the operation's file, change a feed and no entry's time.
    response = answered(request, asked.etag(), lambda: _answer(request, asked), anyone=asked.reader.anonymous)
    if not asked.rounding:  # when within a rounded time something changed is what was rounded away
        response.headers["Last-Modified"] = http_date(int(asked.context.updated.timestamp()))
    return response


def asked_feed(
    request: HttpRequest,
    operation: Operation,
    form: Format,
    *,
    everything: bool = False,
    on_behalf: Reader | None = None,
) -> Feed:
    """The feed that a request asks for: whose, with which filters, in which language. Refused names what is wrong.
    `everything`: filters in the address mean something else. `on_behalf`: for whom it is fetched, if for somebody
    else."""
    who = on_behalf or whose(request, operation)
    audience = extra.audience(operation, who, Purpose.EXPORT)
    filters = Filters() if everything else extra.asked(request.GET, operation, audience)
    limit = None if everything else _limit(request.GET.get("limit", ""), form)
    seen = live.view(operation, who, Purpose.EXPORT)
    policy = policy_of(operation.pk)
    rounding = policy.rounding(audience.name, Purpose.EXPORT, timezone.now())
    selection = seen.select(filters)
    if form.holds is not None and min(selection.total, limit or selection.total) > form.holds:
        raise Refused("too_many", f"a file of this kind holds {form.holds:,} events: choose fewer, or take events.csv")
    language = get_language() or operation.language
    changed = _changed(operation, audience.name, selection.seq)
    context = FeedContext(
        base_url=base_url(request),
        slug=operation.slug,
        name=operation.name_in(language),
        language=language,
        query=filters.query(),
        updated=time_left(changed, rounding, ZoneInfo(operation.time_zone)) or changed,
        extra=columns(operation, audience),
    )
    return Feed(operation, who, audience, selection, seen.state, rounding, form, limit, context)


def whose(request: HttpRequest, operation: Operation) -> Reader:
    """On whose behalf files are taken: everybody's with `as=everybody`, for somebody of the team who passes them on:
    the team's own hold drafts and withdrawn events. Nobody reads as anybody else: any other word gives no more."""
    return PUBLIC if request.GET.get("as") else reader(request, operation)


def _limit(text: str, form: Format) -> int | None:
    if not text:
        return form.limit
    if not text.isascii() or not text.isdigit() or not 1 <= len(text) <= 9 or int(text) < 1:
        raise Refused("bad_filter", "write a whole number from 1 on", field="limit")
    if form.at_most is not None and int(text) > form.at_most:
        raise Refused("bad_filter", f"ask for at most {form.at_most}; events.geojson and .csv give all", field="limit")
    return int(text)


def _changed(operation: Operation, audience: str, seq: int) -> datetime:
    """When the release log of this audience last moved, up to that position."""
    log = ReleaseEntry.objects.filter(operation=operation, audience=audience, seq__lte=seq)
    return log.order_by("-seq").values_list("at", flat=True).first() or operation.created_at


def _answer(request: HttpRequest, asked: Feed) -> HttpResponseBase:
    form = asked.format
    name = "" if form.ending in SHOWN else f"{asked.operation.slug}-events.{form.ending}"
    response = streamed(request, asked.content, form.content_type, name)
    if form.ending in TABLES:  # what its columns mean: RFC 8288
        described = asked.context.dictionary_url(form.ending)
        response.headers["Link"] = f'<{described}>; rel="describedby"; type="application/json"'
    return response


def _gathered(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of about CHUNK: each piece costs the server a turn."""
    waiting = bytearray()
    for part in parts:
        waiting += part
        if len(waiting) >= CHUNK:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)
