"""What can be had from this server, for people and for programs, so that they find it before they collect it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from rapport.events.views import readable
from rapport.exchange import alerts
from rapport.exchange.answers import body_answered
from rapport.exchange.taking import OFFERED
from rapport.exchange.views import FORMATS, Feed, asked_feed
from rapport.formats import pack
from rapport.formats.cap import feeds
from rapport.formats.catalogue import CONTENT_TYPE, Dataset, Distribution, written
from rapport.formats.dictionary.described import TABLES
from rapport.formats.pack import Licence
from rapport.operations.access import base_url, public
from rapport.operations.models import Operation


@dataclass(frozen=True, slots=True)
class Held:
    """What one operation gives this reader, as the page lists it."""

    operation: Operation
    total: int
    dataset: Dataset


@public
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every operation with its data, its formats, and when it last changed."""
    return render(request, "exchange/catalogue.html", {"held": list(_held(request))})


@public
@require_safe
def as_json(request: HttpRequest) -> HttpResponseBase:
    """The same as a DCAT catalogue in JSON-LD."""
    body = written(f"{base_url(request)}/catalogue.jsonld", "rapport", [one.dataset for one in _held(request)])
    return body_answered(request, body, CONTENT_TYPE, anyone=False)  # what is listed depends on who reads


def _held(request: HttpRequest) -> Iterator[Held]:
    for operation, _ in readable(request, Operation.objects.order_by("-open", "-created_at")):
        feed = asked_feed(request, operation, FORMATS["csv"], everything=True)
        sent = [one.sent for one in alerts.given(operation, feed.reader)]
        yield Held(operation, feed.selection.total, _dataset(operation, feed, max([feed.context.updated, *sent])))


def _dataset(operation: Operation, feed: Feed, modified: datetime) -> Dataset:
    context = feed.context
    formats = [
        Distribution(
            title=name,
            address=context.feed_url(export),
            media_type=FORMATS[export].content_type,
            schema=context.dictionary_url(export) if export in TABLES else "",
        )
        for export, (name, _) in OFFERED.items()
    ]
    warnings = [
        Distribution(gettext("Alerts as %(format)s") % {"format": name}, f"{context.alerts_url()}.{ending}", kind)
        for ending, name, kind in (("atom", "Atom", feeds.ATOM_TYPE), ("rss", "RSS", feeds.RSS_TYPE))
    ]
    whole = Distribution(gettext("Release pack"), context.pack_url(), pack.CONTENT_TYPE)
    return Dataset(
        page=context.page_url(),
        names=operation.names,
        descriptions=operation.descriptions,
        keywords=[category.names for category in operation.categories.filter(parent=None).order_by("order")],
        identifier=operation.glide or operation.slug,
        box=operation.box,
        issued=operation.created_at,
        modified=modified,
        licence=Licence(**operation.licence) if operation.licence else None,
        distributions=[whole, *formats, *warnings],
    )
