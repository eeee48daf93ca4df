"""The data dictionary of an operation: what each field of its feeds and exports is; a page, Table Schema, CSV.

It lists fields and no data. Of the operation's extra fields a reader is told those whose values they can get at all:
the names of the others would tell what the desk asks for.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from rapport.events import extra
from rapport.exchange.answers import body_answered
from rapport.formats.context import ExtraColumn
from rapport.formats.dictionary.described import TABLES, Tongue, as_csv, describe, table_schema, written
from rapport.formats.dictionary.fields import LEVELS
from rapport.formats.dictionary.operation import Own, entries, version
from rapport.formats.table import CONTENT_TYPE as CSV_TYPE
from rapport.operations.access import public
from rapport.operations.models import Operation
from rapport.sharing.protocol.model import Audience
from rapport.sharing.readers import reader
from rapport.values import Purpose, Reader


def columns(operation: Operation, who: Audience) -> tuple[ExtraColumn, ...]:
    """The operation's extra fields that feeds and exports have for this audience."""
    return tuple(
        ExtraColumn(
            name=one.name,
            code=one.code,
            names=one.names,
            kind=one.kind,
            hxl=one.hxl,
            labels={choice.code: choice.names for choice in one.choices},
            several=one.several,
            public=one.public,
            help=one.help,
        )
        for one in extra.seen(operation, who)
    )


def own(operation: Operation, who: Audience) -> Own:
    """What the operation brings to the dictionary, as far as this audience gets it."""
    return Own(
        categories=[category.as_value for category in operation.categories.all()],
        sources=dict(operation.sources.order_by("slug").values_list("slug", "names")),
        extra=columns(operation, who),
    )


@public
@require_safe
def page(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Every field with its meaning, its codes, and what a protocol may do to it."""
    mine, tongue = _for(operation, reader(request, operation)), _tongue(operation)
    told = version(mine)
    rows = [
        (
            describe(one, told, tongue),
            tongue.says(LEVELS[one.sensitivity]),
            [(code.value, tongue.says(code.meaning), code.hxl) for code in one.codes],
        )
        for one in entries(mine)
    ]
    return render(request, "exchange/dictionary.html", {"operation": operation, "rows": rows, "version": told})


@public
@require_safe
def as_schema(request: HttpRequest, operation: Operation) -> HttpResponseBase:
    """`export`: csv, as without it, or geojson."""
    export = next((one for one in TABLES if one == request.GET.get("export", "csv")), None)
    if export is None:
        said = f"export: choose one of {', '.join(TABLES)}\n"
        return HttpResponse(said, status=400, content_type="text/plain; charset=utf-8")
    who = reader(request, operation)
    mine = _for(operation, who)
    schema = table_schema(entries(mine), export, version(mine), operation.slug, _tongue(operation))
    return body_answered(request, written(schema), "application/json", anyone=who.anonymous)


@public
@require_safe
def as_table(request: HttpRequest, operation: Operation) -> HttpResponseBase:
    who = reader(request, operation)
    mine = _for(operation, who)
    body = b"".join(as_csv(entries(mine), version(mine), _tongue(operation)))
    response = body_answered(request, body, CSV_TYPE, anyone=who.anonymous)
    response.headers["Content-Disposition"] = f'attachment; filename="{operation.slug}-dictionary.csv"'
    return response


def _for(operation: Operation, who: Reader) -> Own:
    return own(operation, extra.audience(operation, who, Purpose.EXPORT))


def _tongue(operation: Operation) -> Tongue:
    return Tongue(get_language() or operation.language, gettext)
