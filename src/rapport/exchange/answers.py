"""How feeds, packs and what describes them are answered: asked for again each time, sent again only when changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from rapport.errors import Refused


def answered(
    request: HttpRequest, etag: str, whole: Callable[[], HttpResponseBase], *, anyone: bool
) -> HttpResponseBase:
    """304 for who has it, by the ETag alone; else `whole`, which is made only then. `anyone`: it holds nothing that
    only some get."""
    response = get_conditional_response(request, etag) or whole()
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache" if anyone else "private, no-cache"
    patch_vary_headers(response, ["Accept-Encoding", "Accept-Language", "Cookie"])
    return response


def body_answered(request: HttpRequest, body: bytes, content_type: str, *, anyone: bool) -> HttpResponseBase:
    """The same of what is made as a whole: its ETag is of its bytes."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    whole = _head if request.method == "HEAD" else lambda kind: HttpResponse(body, content_type=kind)
    return answered(request, etag, lambda: whole(content_type), anyone=anyone)


def _head(content_type: str) -> HttpResponseBase:
    """What HEAD gets: no length rather than that of nothing."""
    return StreamingHttpResponse((), content_type=content_type)


def streamed(
    request: HttpRequest, content: Callable[[], Iterator[bytes]], content_type: str, file_name: str = ""
) -> HttpResponseBase:
    """What is sent while it is made; `file_name` for what is kept as a file."""
    if request.method == "HEAD":
        response = _head(content_type)
    else:
        response = StreamingHttpResponse(content(), content_type=content_type)
    if file_name:
        response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def refused(error: Refused) -> HttpResponse:
    """For programs: one line that names what is wrong and the remedy."""
    return HttpResponse(f"{error}\n", status=error.status, content_type="text/plain; charset=utf-8")
