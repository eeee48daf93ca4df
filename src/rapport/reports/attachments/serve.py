"""How a cleaned copy is sent: as what it is, to be run or framed by nothing, in pieces where a player asks for them."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse

from rapport.reports.attachments import kinds
from rapport.reports.models import Attachment

_PIECE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")  # one piece from its beginning: all that players ask for
#: What a browser shows by itself without running anything of it. Its own reader of PDF refuses to work in a sandbox.
_SHOWN = frozenset({kinds.JPEG.type, kinds.PNG.type, kinds.WAV.type, kinds.TEXT.type})


def file_name(attachment: Attachment) -> str:
    """What the copy is called wherever it goes: never as the sender's device called it. Until readers got it, which is
    on the desk alone, by its number within the report."""
    kind = kinds.of_type(attachment.copy_type)
    return f"{kind.group}-{attachment.ref or attachment.number}.{kind.ending}"


def answer(request: HttpRequest, data: bytes, media_type: str, name: str) -> HttpResponse:
    """The copy, or the piece of it that was asked for (RFC 9110, section 14). The caller says who may keep it."""
    made = _piece(str(request.headers.get("Range", "")), data)
    made.headers["Content-Type"] = f"{media_type}; charset=utf-8" if media_type == kinds.TEXT.type else media_type
    shown = "inline" if media_type in _SHOWN else "attachment"
    made.headers["Content-Disposition"] = f'{shown}; filename="{name}"'
    made.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    made.headers["X-Content-Type-Options"] = "nosniff"
    made.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    made.headers["Accept-Ranges"] = "bytes"
    made.headers["Content-Encoding"] = "identity"  # else pieces would be compressed and counted anew on the way
    return made


def _piece(asked: str, data: bytes) -> HttpResponse:
    found = _PIECE.fullmatch(asked)
    if found is None:
        return HttpResponse(data)
    first, last = int(found[1]), min(int(found[2] or len(data)), len(data) - 1)
    if first > last:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
    return HttpResponse(
        data[first : last + 1], status=206, headers={"Content-Range": f"bytes {first}-{last}/{len(data)}"}
    )
