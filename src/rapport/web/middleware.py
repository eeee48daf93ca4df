"""Headers that every answer carries; requests that no page can read."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from rapport.web import errors

#: Where machines send reports: these doors look themselves, and say which field it is.
DOORS = ("/in/", "/api/")


def policy(tile_url: str) -> str:
    """One policy for every page: nothing is loaded from, or sent to, another host, but the tiles of the server that the
    operator named."""
    parts = urlsplit(tile_url)
    tiles = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return (
        f"default-src 'self'; img-src 'self' data:{tiles}; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'"
    )


def headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy(settings.TILE_URL))
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(self)")
        return response

    return respond


def kept_apart(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """What was read on somebody's behalf goes to nobody else out of a cache on the way: it differs by who is signed in
    and by the key that was sent, and what is not everybody's is not kept there at all."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        readers = request.__dict__.get("readers")
        if readers is not None:
            patch_vary_headers(response, ["Cookie", "Authorization"])
        if any(not one.anonymous for one in readers or ()):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return respond


def readable(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answers 400 to a NUL character in the path, the query or the fields of a form: PostgreSQL cannot look for it, nor
    keep it. A form whose view is exempt from the check against forgery is read, and looked at, by that view alone."""

    def respond(request: HttpRequest) -> HttpResponse:
        if _looked_at(request) and ("\0" in request.path or _nul_in_query(request.META.get("QUERY_STRING", ""))):
            return _unreadable(request)
        return get_response(request)

    def process_view(request: HttpRequest, view: Callable[..., HttpResponse], *_: object) -> HttpResponse | None:
        own = getattr(view, "csrf_exempt", False)
        return _unreadable(request) if _looked_at(request) and not own and _nul_in_form(request) else None

    respond.process_view = process_view  # type: ignore[attr-defined]
    return respond


def _looked_at(request: HttpRequest) -> bool:
    return not request.path.startswith(DOORS)


def _nul_in_query(query: str) -> bool:
    """`%2500` is a percent sign and two noughts; only `%00` is read as NUL."""
    return "\0" in query or "%00" in query


def _nul_in_form(request: HttpRequest) -> bool:
    return any("\0" in text for name, values in request.POST.lists() for text in (name, *map(str, values)))


def _unreadable(request: HttpRequest) -> HttpResponse:
    return errors.bad_request(request, SuspiciousOperation("a NUL character"))
