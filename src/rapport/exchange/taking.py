"""The page before an export: in which formats the events on the map can be taken, and what each of them loses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from rapport.errors import Refused
from rapport.events import extra, live
from rapport.events.filters import Filters
from rapport.exchange.dictionary import own
from rapport.exchange.views import EVERYBODY, FORMATS, Format, whose
from rapport.formats.dictionary.described import Tongue
from rapport.formats.dictionary.fields import Entry, Export, _
from rapport.formats.dictionary.operation import entries
from rapport.formats.losses import EVERYWHERE, losses
from rapport.operations.access import base_url, public
from rapport.operations.models import Operation
from rapport.values import PUBLIC, Purpose

#: In the order of the page: what people know first.
OFFERED: Mapping[Export, tuple[str, str]] = {
    "xlsx": ("Excel (XLSX)", _("A workbook for Excel or LibreOffice, with what each column means on a second sheet.")),
    "csv": ("CSV", _("A table that any program reads.")),
    "hxl.csv": ("CSV, HXL", _("The same table with hashtags under its header, as humanitarian tools read them.")),
    "geojson": ("GeoJSON", _("For maps on the web and geographic information systems.")),
    "kml": ("KML", _("For globe viewers such as Google Earth.")),
    "ics": ("iCalendar", _("The timeline, for calendar programs.")),
    "rss": ("RSS", _("News, for feed readers.")),
    "atom": ("Atom", _("News, for feed readers and other systems.")),
}
#: What programs ask for again and again; nobody keeps it as a file.
_FOLLOWED: frozenset[Export] = frozenset({"rss", "atom"})


@dataclass(frozen=True, slots=True)
class Offer:
    """One format, with the fields that come back out of it as they were, otherwise, and not at all."""

    name: str
    use: str
    address: str
    follow: str  # what a feed reader is given, which asks again by itself; "" for a file to keep
    limit: int | None  # how many events come, the newest; None: all
    whole: Sequence[str]
    changed: Sequence[tuple[str, Sequence[str]]]  # title of a field, and what is done to it
    left_out: Sequence[str]


@public
@require_safe
def page(request: HttpRequest, operation: Operation) -> HttpResponse:
    """The filters in the address choose the events, as on the map."""
    who, as_everybody = whose(request, operation), bool(request.GET.get("as"))
    audience = extra.audience(operation, who, Purpose.EXPORT)
    refused = None
    try:
        filters = extra.asked(request.GET, operation, audience)
    except Refused as error:
        refused, filters = error, Filters()
    known = [one for one in entries(own(operation, audience)) if one.found]
    tongue = Tongue(get_language() or operation.language, gettext)
    query = filters.query()
    asked = "&".join(filter(None, [query, f"as={EVERYBODY}" if as_everybody else ""]))
    context = {
        "operation": operation,
        "total": live.view(operation, who, Purpose.EXPORT).select(filters).total,
        "team": who.team,
        "everybody": live.view(operation, PUBLIC, Purpose.EXPORT).select(filters).total if who.team else 0,
        "as_everybody": as_everybody,
        "query": query,
        "refused": refused,
        "fields": len(known),
        "everywhere": [gettext(change.said) for change in EVERYWHERE],
        "offers": [_offer(request, operation, export, asked, known, tongue) for export in OFFERED],
    }
    return render(request, "exchange/take.html", context, status=refused.status if refused else 200)


def _offer(
    request: HttpRequest, operation: Operation, export: Export, query: str, known: Sequence[Entry], tongue: Tongue
) -> Offer:
    form: Format = FORMATS[export]
    name, use = OFFERED[export]
    found = [
        (tongue.says(one.entry.title), one.kept, [gettext(each.said) for each in one.changes if each not in EVERYWHERE])
        for one in losses(known, export)
    ]
    address = f"/{operation.slug}/events.{export}" + (f"?{query}" if query else "")
    return Offer(
        name=name,
        use=gettext(use),
        address=address,
        follow=base_url(request) + address if export in _FOLLOWED else "",
        limit=form.limit or form.holds,
        whole=[title for title, kept, changes in found if kept and not changes],
        changed=[(title, changes) for title, kept, changes in found if kept and changes],
        left_out=[title for title, kept, _changes in found if not kept],
    )
