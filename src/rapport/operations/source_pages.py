"""The page of an operation's ways in: addresses of gateways, settings of channels, keys, what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport import plugins
from rapport.accounts import api_keys
from rapport.accounts.models import ApiKey
from rapport.accounts.permissions import Permission
from rapport.errors import BadDefinition
from rapport.operations import sources
from rapport.operations.access import address, needs, person
from rapport.operations.load import source_settings
from rapport.operations.models import Operation, Source
from rapport.operations.people_pages import absolute

MANAGE = Permission.OPERATIONS_SOURCE_MANAGE
REFUSALS_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a channel on the page. A secret has no value here: it can be replaced, never read."""

    name: str
    help: str
    secret: bool
    required: bool
    value: str
    stored: bool
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One source on the page."""

    source: Source
    title: str
    proof: str
    address: str  # without the token
    fields: list[Field]
    keys: list[ApiKey]
    visits: Any  # how asking it goes; None for what is not asked, or was not yet
    refusals: list[tuple[str, int]]


@needs(MANAGE)
@never_cache
@require_GET
def sources_page(request: HttpRequest, operation: Operation) -> HttpResponse:
    return _page(request, operation)


@needs(MANAGE)
@never_cache
@require_POST
def new_address(request: HttpRequest, operation: Operation, source: str) -> HttpResponse:
    """A new token for a gateway; the address stands in this answer only."""
    row = _source(operation, source)
    return _page(request, operation, shown=absolute(request, sources.new_address(row, person(request))), of=row)


@needs(MANAGE)
@never_cache
@require_POST
def change_settings(request: HttpRequest, operation: Operation, source: str) -> HttpResponse:
    row = _source(operation, source)
    given = {name.removeprefix("setting-"): str(value) for name, value in request.POST.items()}
    try:
        sources.change_settings(row, given, person(request))
    except BadDefinition as error:
        return _page(request, operation, error=str(error), of=row, status=400)
    return redirect(address(operation, "sources"))


@needs(MANAGE)
@require_POST
def pause(request: HttpRequest, operation: Operation, source: str) -> HttpResponse:
    """`active` = 1 takes messages again, anything else pauses."""
    sources.set_active(_source(operation, source), request.POST.get("active") == "1", person(request))
    return redirect(address(operation, "sources"))


@needs(MANAGE)
@never_cache
@require_POST
def make_key(request: HttpRequest, operation: Operation, source: str) -> HttpResponse:
    """A new key of a system; it stands in this answer only."""
    row = _source(operation, source)
    name = request.POST.get("name", "").strip()[:100]
    if not name:
        return _page(request, operation, error="Say which system the key is for.", of=row, status=400)
    return _page(request, operation, shown=api_keys.make(row.pk, operation.pk, name, person(request)), of=row)


@needs(MANAGE)
@require_POST
def revoke_key(request: HttpRequest, operation: Operation, key_id: int) -> HttpResponse:
    key = get_object_or_404(ApiKey, pk=key_id, source__operation=operation)
    api_keys.revoke(key, operation.pk, person(request))
    return redirect(address(operation, "sources"))


def _source(operation: Operation, slug: str) -> Source:
    return get_object_or_404(Source, operation=operation, slug=slug)


def _page(
    request: HttpRequest,
    operation: Operation,
    *,
    shown: str = "",
    error: str = "",
    of: Source | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = [_row(request, source) for source in operation.sources.order_by("slug").prefetch_related("keys")]
    context: dict[str, Any] = {"operation": operation, "rows": rows, "shown": shown, "error": error, "of": of}
    return render(request, "operations/sources.html", context, status=status)


def _row(request: HttpRequest, source: Source) -> Row:
    gateway = plugins.channel(source.channel) if sources.has_address(source) else None
    asked = plugins.polled(source.channel) if source.channel in plugins.POLLED else None
    way = gateway or asked
    return Row(
        source=source,
        title=way.title if way else source.channel,
        proof=way.proof if way else "",
        address=absolute(request, sources.gateway_path(source, "…")) if gateway else "",
        fields=_fields(source),
        visits=source.polls.first() if asked else None,
        keys=sorted(source.keys.all(), key=lambda key: (key.revoked_at is not None, -key.pk)),
        refusals=_refusals(source),
    )


def _fields(source: Source) -> list[Field]:
    stored = source_settings(source)
    return [
        Field(
            name=setting.name,
            help=setting.help,
            secret=setting.secret,
            required=setting.required,
            value="" if setting.secret else str(stored.get(setting.name, "")),
            stored=setting.name in stored,
            choices=setting.choices,
        )
        for setting in plugins.channel_settings(source.channel)
    ]


def _refusals(source: Source) -> list[tuple[str, int]]:
    """Reasons and counts of the last seven days, the most frequent first."""
    since = (timezone.now() - REFUSALS_FOR).date()
    counted = source.refusals.filter(day__gt=since).values_list("reason").annotate(total=Sum("count"))
    return sorted(((reason, total) for reason, total in counted), key=lambda row: (-row[1], row[0]))
