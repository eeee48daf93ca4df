"""The short way in for gateways, in front of Django's middleware: no session, no language, no cookies, no page.

For an SMS that stack costs as much as keeping the message does (docs/decisions/0003-group-commit.md). The view is the
one of views.py; whatever does not look like a gateway's address goes on to the pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, cast

from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse

from rapport.intake.views import gateway

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_ADDRESS = re.compile(r"/in/([a-z0-9-]+)/([A-Za-z0-9_-]+)/")


def gated(pages: Application) -> Application:
    """The WSGI application that lets gateways in and sends everything else to `pages`."""

    def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        found = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
        if found is None:
            return pages(environ, start_response)
        connection.close_if_unusable_or_obsolete()  # as Django does at the start of every request
        response = cast(HttpResponse, gateway(WSGIRequest(environ), *found.groups()))
        start_response(f"{response.status_code} {HTTPStatus(response.status_code).phrase}", list(response.items()))
        return [response.content]

    return application
