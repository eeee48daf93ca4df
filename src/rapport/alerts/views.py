"""The readers' pages of alerts. They show AlertReleases, never models."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_safe

from rapport.alerts import threads
from rapport.alerts.models import AlertMessage, Standing
from rapport.alerts.releases import releases
from rapport.events.sketch import Sketch, of_area
from rapport.formats.cap.model import Info, Severity
from rapport.formats.cap.released import AlertRelease
from rapport.operations.access import public
from rapport.operations.models import Operation
from rapport.sharing.readers import reader

OVER = 50  # alerts that are over, as the list shows them
LOOKED_AT = 500  # of them: not all may be for this reader
_SEVERITIES = list(Severity)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of an alert as its reader gets it, with what it says in their language, and where the alert stands."""

    release: AlertRelease
    info: Info
    standing: Standing

    @classmethod
    def of(cls, request: HttpRequest, release: AlertRelease, standing: Standing, operation: Operation) -> Shown:
        return cls(release, release.info(*_wanted(request), operation.language), standing)

    @property
    def rings(self) -> str:
        """The outlines of its areas for the map's script: JSON, rings of latitude and longitude."""
        return json.dumps([one.points for area in self.info.areas for one in area.polygons])

    @property
    def others(self) -> list[Info]:
        """The same in the other languages of the alert."""
        return [one for one in self.release.alert.infos if one.spoken != self.info.spoken]


def _wanted(request: HttpRequest) -> list[str]:
    """The reader's languages, the most wanted first: the one chosen here; else those of the browser, which may be none
    of ours, while an alert may be written in any."""
    asked = [code for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower())]
    ours = get_language() or ""
    return [ours, *asked] if settings.LANGUAGE_COOKIE_NAME in request.COOKIES else [*asked, ours]


@public
@require_safe
def listed(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What is in force, the worst first; then what is over."""
    context = {
        "operation": operation,
        "in_force": in_force(request, operation),
        "over": _over(request, operation),
    }
    return render(request, "alerts/list.html", context)


@public
@require_safe
def one(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """One alert: what holds now, and each of its messages."""
    messages = list(threads.issued(operation.pk).filter(alert__ref=ref))
    who = reader(request, operation)
    # Whoever does not get the last message is told nothing by the ones before: it may be a cancellation.
    made = releases(operation, who, messages[:1])
    if not made:
        raise Http404("no such alert")
    made += releases(operation, who, messages[1:])
    standing = messages[0].standing(timezone.now())
    context = {
        "operation": operation,
        "shown": Shown.of(request, made[0], standing, operation),
        "thread": [Shown.of(request, one, standing, operation) for one in made],
        "picture": None if messages[0].bare else _picture(operation, messages[0]),
    }
    return render(request, "alerts/alert.html", context)


def in_force(request: HttpRequest, operation: Operation) -> list[Shown]:
    """What this reader must know of now, the worst first."""
    shown = _shown(request, operation, threads.in_force(operation.pk, timezone.now()))
    return sorted(shown, key=lambda one: _SEVERITIES.index(one.info.severity))


def _over(request: HttpRequest, operation: Operation) -> list[Shown]:
    """The newest that are over. Ruled a page at a time: most often the first page is all this reader's."""
    found, shown = threads.over(operation.pk, timezone.now()), list[Shown]()
    for start in range(0, LOOKED_AT, OVER):
        part = list(found[start : start + OVER])
        shown += _shown(request, operation, part)
        if len(shown) >= OVER or len(part) < OVER:
            break
    return shown[:OVER]


def _shown(request: HttpRequest, operation: Operation, messages: Iterable[AlertMessage]) -> list[Shown]:
    now, found = timezone.now(), list(messages)
    if not found:
        return []
    standing = {(one.alert.ref, one.version): one.standing(now) for one in found}
    made = releases(operation, reader(request, operation), found)
    return [Shown.of(request, one, standing[one.ref, one.version], operation) for one in made]


def _picture(operation: Operation, message: AlertMessage) -> Sketch:
    """Of an alert that this reader gets: it is given whole."""
    draft = message.as_draft
    return of_area(operation, draft.spot, draft.rings())
