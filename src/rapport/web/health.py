"""/healthz: whether requests can be answered at all."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from rapport.operations.access import public
from rapport.operations.models import Operation


@public
def healthz(request: HttpRequest) -> HttpResponse:
    """200 "ok" when the database can be read, else 503."""
    try:
        Operation.objects.exists()
    except DatabaseError:
        return _plain("the database cannot be read", 503)
    return _plain("ok", 200)


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain", headers={"Cache-Control": "no-store"})
