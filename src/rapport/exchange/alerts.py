"""Alerts for other warning systems: each message as its CAP file, and the last of each alert in a feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from rapport.alerts import threads
from rapport.alerts.releases import releases
from rapport.exchange.answers import body_answered
from rapport.formats.cap import feeds, writing
from rapport.formats.cap.feeds import AlertFeed
from rapport.formats.cap.released import AlertRelease
from rapport.operations.access import base_url, public
from rapport.operations.models import Operation
from rapport.sharing.readers import reader
from rapport.values import Reader

#: ending of the address → how it is written, its type
FEEDS: dict[str, tuple[Callable[[Iterable[AlertRelease], AlertFeed], Iterator[bytes]], str]] = {
    "atom": (feeds.atom, feeds.ATOM_TYPE),
    "rss": (feeds.rss, feeds.RSS_TYPE),
}


@public
@require_safe
def feed(request: HttpRequest, operation: Operation, ending: str) -> HttpResponseBase:
    """The last message of each alert that has not expired, the newest first; of a cancelled one the cancellation."""
    who = reader(request, operation)
    write, content_type = FEEDS[ending]
    body = b"".join(write(*_feed(request, operation, who)))
    return body_answered(request, body, content_type, anyone=who.anonymous)


def _feed(request: HttpRequest, operation: Operation, who: Reader) -> tuple[list[AlertRelease], AlertFeed]:
    made = given(operation, who)
    language = get_language() or operation.language
    name = operation.name_in(language)
    told = AlertFeed(
        base_url=base_url(request),
        slug=operation.slug,
        name=gettext("Alerts: %(operation)s") % {"operation": name},
        language=language,
        author=str(operation.alerts.get("name") or name),
        updated=max((one.sent for one in made), default=operation.created_at),
    )
    return made, told


def given(operation: Operation, who: Reader) -> list[AlertRelease]:
    """What a reader gets of what counts now, the newest first."""
    messages = list(threads.current(operation.pk, timezone.now()))
    return releases(operation, who, messages) if messages else []


@public
@require_safe
def file(request: HttpRequest, operation: Operation, ref: str, version: int) -> HttpResponseBase:
    """One message as it was issued: under this address never anything else."""
    who = reader(request, operation)
    found = list(threads.issued(operation.pk).filter(alert__ref=ref, version=version))
    made = releases(operation, who, found)
    if not made:
        raise Http404("no such alert")
    return body_answered(request, made[0].data, writing.CONTENT_TYPE, anyone=who.anonymous)
