"""The bodies of requests. Slow senders cannot take every thread: some are always left for whoever only reads, and for
the health check. Files come in only where a page takes them.

A thread that waits for the rest of a request's body can do nothing else, and nobody can interrupt it. So only so many
may wait at the same time; beyond that a request with a body is told at once to come again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Never

from django.core.files.uploadhandler import FileUploadHandler, StopUpload

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

#: Threads that never wait for a body [ours: enough for pages and the health check on two cores].
KEPT_FREE = 8

#: Seconds that a request waits for one of the others to be read: a crowd of honest ones is through in less.
PATIENCE = 1.0


class _Body:
    """The body of a request, which gives its place back as soon as all of it has been read."""

    def __init__(self, source: Any, length: int, places: threading.Semaphore) -> None:
        self._source = source
        self._left = length
        self._places: threading.Semaphore | None = places

    def read(self, size: int = -1) -> bytes:
        return self._counted(self._source.read(size) if size >= 0 else self._source.read())

    def readline(self, size: int = -1) -> bytes:
        return self._counted(self._source.readline(size) if size >= 0 else self._source.readline())

    def __iter__(self) -> Iterable[bytes]:
        while line := self.readline():
            yield line

    def give_back(self) -> None:
        places, self._places = self._places, None
        if places is not None:
            places.release()

    def _counted(self, part: bytes) -> bytes:
        self._left -= len(part)
        if self._left <= 0 or not part:
            self.give_back()
        return part


def bounded(application: Application, threads: int) -> Application:
    """The WSGI application, of whose threads at most `threads` - KEPT_FREE (half, if there are few) wait for bodies."""
    places = threading.Semaphore(max(1, threads - KEPT_FREE, threads // 2))

    def answer(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        if not chunked and not (length.isdigit() and int(length)):
            return application(environ, start_response)
        if not places.acquire(timeout=PATIENCE):
            start_response("503 Service Unavailable", [("Retry-After", "10"), ("Content-Type", "text/plain")])
            return [b"Too many requests are being sent slowly. Send it again in a moment.\n"]
        body = _Body(environ["wsgi.input"], int(length) if length.isdigit() else 0, places)
        try:
            return application(environ | {"wsgi.input": body}, start_response)
        finally:
            body.give_back()

    return answer


class NoFiles(FileUploadHandler):
    """Ends the reading of a form where a file begins. Django's own handlers would put a file of any size on disk, for
    anybody, before the view is asked."""

    def new_file(self, *_: Any, **__: Any) -> Never:
        raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Nothing comes so far."""

    def file_complete(self, file_size: int) -> None:
        """Nothing comes so far."""
