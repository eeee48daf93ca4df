"""Pages that take a file of text or a table, held in memory: settings and forms, not what people report."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any, Concatenate, ParamSpec

from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from rapport.errors import Refused
from rapport.operations import bodies

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
_ROOM = 256 * 1024  # bytes of a form around its file


class _InMemory(FileUploadHandler):
    """Keeps a file of at most `most` bytes; a larger one is refused."""

    def __init__(self, request: HttpRequest, most: int) -> None:
        super().__init__(request)
        self.most, self.parts, self.size = most, list[bytes](), 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.parts, self.size = [], 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.size += len(raw_data)
        if self.size > self.most:
            raise Refused("too_large", _too_large(self.most), status=413)
        self.parts.append(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[Any]:
        data = BytesIO(b"".join(self.parts))
        return InMemoryUploadedFile(data, self.field_name, self.file_name, self.content_type, file_size, self.charset)


def _too_large(most: int) -> str:
    return f"This page takes files of at most {most // 1024:,} kB."


def takes_file(most: int) -> Callable[[View[P]], View[P]]:
    """The page takes one file of at most `most` bytes, in `request.FILES`. Stands above all other decorators: what
    checks the form's token reads its body."""

    def decorate(view: View[P]) -> View[P]:
        protected = csrf_protect(view)

        @csrf_exempt  # `protected` looks at it, once the handler that takes the file stands
        @wraps(view)
        def taken(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.META.get("CONTENT_LENGTH") or request.META.get("HTTP_TRANSFER_ENCODING"):  # else it has no body
                bodies.size(request, most + _ROOM, _too_large(most))
            request.upload_handlers = [_InMemory(request, most)]
            return protected(request, *args, **kwargs)

        return taken

    return decorate
