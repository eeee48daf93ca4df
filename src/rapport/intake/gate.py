"""The short way in for gateways, in front of Django's middleware: no session, no language, no cookies, no page.

For an SMS that stack costs as much as keeping the message does (docs/decisions/0003-group-commit.md). The view is the
one of views.py; whatever does not look like a gateway's address goes on to the pages.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, cast

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse

from rapport.errors import place_of
from rapport.intake.receive import try_again
from rapport.intake.views import gateway
from rapport.intake.views import response as in_words
from rapport.values import Answer

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_log = logging.getLogger(__name__)
_ADDRESS = re.compile(r"/in/([a-z0-9-]+)/([A-Za-z0-9_-]+)/")


def gated(pages: Application) -> Application:
    """The WSGI application that lets gateways in and sends everything else to `pages`."""

    def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        found = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
        if found is None:
            return pages(environ, start_response)
        response = _answered(WSGIRequest(environ), *found.groups())
        response.headers["Content-Length"] = str(len(response.content))
        start_response(f"{response.status_code} {HTTPStatus(response.status_code).phrase}", list(response.items()))
        return [response.content]

    return application


def _answered(request: WSGIRequest, channel: str, token: str) -> HttpResponse:
    """The view's answer. Where Django would show an error page, a gateway is told whether to send it again; the log has
    the error but not the address, which holds the token."""
    try:
        if not connection.in_atomic_block:  # as Django does at the start of every request
            connection.close_if_unusable_or_obsolete()
        return cast(HttpResponse, gateway(request, channel, token))
    except (BadRequest, SuspiciousOperation):
        return in_words(Answer(400, b"The request cannot be read.\n", "text/plain; charset=utf-8"))
    except Exception as fault:  # noqa: BLE001 - the last edge: a gateway must never get a broken connection for our fault
        _log.error("a gateway of channel %s could not be answered: %s", channel, place_of(fault))
        return in_words(try_again())
