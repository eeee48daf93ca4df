"""Files that come in a multipart request. They are held in memory until they are sealed: none lies on disk readable."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from rapport.errors import Refused
from rapport.operations import bodies
from rapport.reports.attachments.kinds import MAX_FILE, MAX_FILES, MAX_TOGETHER
from rapport.values import GivenFile

#: Bytes of a request that are still read to the end, so that what was typed beside files too large can be shown again.
MAX_READ = 64 * 1024 * 1024
#: Bytes that all requests with files may hold at the same time [ours: ten full ones on a machine of 2 GB].
MAX_HELD = 10 * MAX_TOGETHER

_held = 0
_changed = threading.Lock()


class _Files(FileUploadHandler):
    """Takes the files of a request into memory; of one that is too large only as much as shows that."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.given: list[GivenFile] = []
        self._parts: list[bytes] = []
        self._size = self._total = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._parts, self._size = [], 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = min(MAX_FILE + 1 - self._size, MAX_TOGETHER + 1 - self._total)
        if room > 0 and len(self.given) <= MAX_FILES:
            part = raw_data[:room]
            self._parts.append(part)
            self._size += len(part)
            self._total += len(part)

    def file_complete(self, file_size: int) -> None:
        if self.file_name or file_size:
            self.given.append(GivenFile(self.file_name or "", self.content_type or "", b"".join(self._parts)))


def is_multipart(request: HttpRequest) -> bool:
    return request.content_type == "multipart/form-data"


@contextmanager
def files(request: HttpRequest, most: int = MAX_READ) -> Iterator[tuple[GivenFile, ...]]:
    """Reads a multipart request (its fields are in `request.POST` then) and gives its files.

    Refused(413) for more than `most` bytes, Refused(503) while others hold too much, Refused(400) for what is no form
    or came incomplete.
    """
    length = bodies.size(request, most)
    with _place(min(length, MAX_TOGETHER)):
        reader = _Files(request)
        request.upload_handlers = [reader]
        try:
            request.POST  # noqa: B018 - reads the body
        except UnreadablePostError as error:
            raise bodies.cut_short() from error
        except SuspiciousOperation as error:
            raise Refused("too_large", "Shorten the fields, and send fewer files.", status=413) from error
        except BadRequest as error:
            raise Refused("unreadable", "The body is not a form in multipart/form-data.") from error
        yield tuple(reader.given)


@contextmanager
def _place(size: int) -> Iterator[None]:
    global _held
    with _changed:
        if _held + size > MAX_HELD:
            raise Refused("busy", "Many files come in at this moment: send it again in a minute.", status=503)
        _held += size
    try:
        yield
    finally:
        with _changed:
            _held -= size
