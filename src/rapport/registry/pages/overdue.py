"""What people recommend: who should do what by when. Overdue first, then what is due, then what has ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rapport.operations.access import public
from rapport.operations.models import Operation
from rapport.registry.recommended import OPEN, Recommended, recommendations, today_in
from rapport.sharing.readers import reader
from rapport.values import RowRelease

Rows = Sequence[RowRelease[Recommended]]
PAST = 100  # of those that have ended, as the page shows them; the data has all


@dataclass(frozen=True, slots=True)
class Standing:
    """Where recommendations stand on a day. Those that have ended: the last one first."""

    overdue: Rows
    due: Rows
    ended: Rows


@public
@require_safe
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    """`owner`: only what is theirs to do."""
    given, today = recommendations(operation, reader(request, operation)), today_in(operation)
    owner = request.GET.get("owner", "").strip()[:200]
    open_ = [one for one in given if one.row.state == OPEN and (not owner or one.row.owner == owner)]
    ended = [one for one in given if one.row.state != OPEN and (not owner or one.row.owner == owner)]
    context = {
        "operation": operation,
        "today": today,
        "standing": Standing(
            overdue=[one for one in open_ if one.row.days_late(today)],
            due=[one for one in open_ if not one.row.days_late(today)],
            ended=sorted(ended, key=lambda one: one.changed, reverse=True),
        ),
        "earlier": max(0, len(ended) - PAST),
        "past": PAST,
        "total": len(given),
        "owners": sorted({one.row.owner for one in given if one.row.owner}, key=str.casefold),
        "owner": owner,
    }
    return render(request, "registry/overdue.html", context)
