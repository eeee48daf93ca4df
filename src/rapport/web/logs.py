"""How the log is written: what went wrong and where, and nothing that people sent, wrote or hold."""

from __future__ import annotations

import logging
from copy import copy
from typing import Any

from django.http import HttpRequest

from rapport.errors import place_of


def route_of(request: HttpRequest) -> str:
    """The address as a pattern: in its place a token or a reference may stand, which opens something."""
    return f"/{request.resolver_match.route}" if request.resolver_match else "an address before it was looked up"


class Line(logging.Formatter):
    """A line a record. Of a fault its kind and where it arose, not its own words (errors.place_of); of a request its
    route."""

    def format(self, record: logging.LogRecord) -> str:
        shown = copy(record)
        shown.exc_text = None  # another handler may have written the fault out in full
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            shown.args = tuple(route_of(request) if one == request.path else one for one in record.args)
        return super().format(shown)

    def formatException(self, ei: Any) -> str:
        return place_of(ei[1]) if ei[1] else ""
