"""The registry to take away: each table as CSV, all as JSON, and what the columns mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from rapport.exchange.answers import body_answered
from rapport.formats.table import CONTENT_TYPE as CSV_TYPE
from rapport.operations.access import base_url, public
from rapport.operations.models import Operation
from rapport.registry.calls.releases import comments
from rapport.registry.models import Comment, Round, Submission
from rapport.registry.recommended import TABLE, recommendations
from rapport.registry.releases import Shown, shown, submissions
from rapport.registry.rounds.results import ResultRow, given, rows_of
from rapport.registry.tables import TABLES, VERSION, as_csv, as_json, schema
from rapport.sharing.readers import reader
from rapport.values import Purpose, Reader, RowRelease

OF_FILES = frozenset(one.name for one in fields(Shown))


@public
@require_safe
def page(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What can be taken, and what every column means."""
    context = {"operation": operation, "tables": TABLES.values(), "version": VERSION}
    return render(request, "registry/data.html", context)


@public
@require_safe
def csv(request: HttpRequest, operation: Operation, table: str) -> HttpResponseBase:
    if table not in TABLES:
        raise Http404("no such table")
    who = reader(request, operation)
    body = b"".join(as_csv(TABLES[table], _rows(operation, who, table)))
    response = body_answered(request, body, CSV_TYPE, anyone=who.anonymous)
    response.headers["Content-Disposition"] = f'attachment; filename="{operation.slug}-{table}.csv"'
    return response


@public
@require_safe
def everything(request: HttpRequest, operation: Operation) -> HttpResponseBase:
    """All tables in one object."""
    who = reader(request, operation)
    given = shown(operation, who, Purpose.EXPORT)
    tables = {name: getattr(given, name) if name in OF_FILES else _rows(operation, who, name) for name in TABLES}
    about = {"operation": operation.slug, "url": f"{base_url(request)}/{operation.slug}/registry/"}
    return body_answered(request, as_json(tables, about), "application/json", anyone=who.anonymous)


@public
@require_safe
def dictionary(request: HttpRequest, operation: Operation) -> HttpResponseBase:
    """A Table Schema for each table."""
    said = {name: schema(table, gettext) for name, table in TABLES.items()}
    return body_answered(request, msgspec.json.encode(said), "application/json", anyone=True)


def _rows(operation: Operation, who: Reader, table: str) -> Sequence[RowRelease[Any]]:
    if table in OF_FILES:
        found: Sequence[RowRelease[Any]] = getattr(shown(operation, who, Purpose.EXPORT), table)
        return found
    if table == "results":
        rounds = Round.objects.filter(operation=operation).select_related("operation").order_by("opened_at")
        return [one for each in rounds for one in rows_of(given(operation, who, each, Purpose.EXPORT), ResultRow)]
    if table == TABLE:
        return recommendations(operation, who, Purpose.EXPORT)
    if table == "comments":
        said = Comment.objects.order_by("call__ref", "text__code", "pk")
        return comments(operation, who, said, Purpose.EXPORT)
    every = Submission.objects.filter(operation=operation).order_by("framework", "code", "actor__name", "pk")
    return submissions(operation, who, every, Purpose.EXPORT)
