"""Bodies of requests: how large they may be, said before anything of them is read."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.request import UnreadablePostError

from rapport.errors import Refused


def size(request: HttpRequest, most: int, remedy: str = "") -> int:
    """The stated size of a request's body in bytes, before any of it is read. Refused(413) if it is more than `most`,
    with a remedy in words of the page's own, Refused(411) if none is stated, Refused(415) if it is compressed."""
    stated = str(request.META.get("CONTENT_LENGTH") or "")
    if not stated and request.method in {"GET", "HEAD"}:
        return 0
    if not (stated.isascii() and stated.isdigit()):
        raise Refused("no_length", "Send a Content-Length header.", status=411)
    if int(stated) > most:
        raise Refused("too_large", remedy or f"Send at most {most:,} bytes in a request.", status=413)
    if str(request.META.get("HTTP_CONTENT_ENCODING", "identity")).lower() != "identity":
        raise Refused("compressed", "Send the body uncompressed.", status=415)
    return int(stated)


def body(request: HttpRequest, most: int) -> bytes:
    """The whole body, of at most `most` bytes. Refused as `size`, and Refused(400) if the connection broke."""
    length = size(request, most)
    try:
        read = request.read(length) if length else b""
    except UnreadablePostError as error:
        raise cut_short() from error
    if len(read) != length:
        raise cut_short()
    return bytes(read)


def cut_short() -> Refused:
    return Refused("cut_short", "The connection ended before the whole request was here; send it again.")
