"""However many senders stall, somebody who only reads is answered."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

from rapport.web.bodies import bounded


class Stalled(io.BytesIO):
    """A body whose rest does not come until it is let go."""

    go = threading.Event()

    def read(self, size: int | None = -1) -> bytes:
        self.go.wait(10)
        return super().read(size)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))]


def asked(app: Any, body: io.BytesIO, length: int) -> str:
    said: list[str] = []
    list(app({"wsgi.input": body, "CONTENT_LENGTH": str(length)}, lambda status, headers: said.append(status)))
    return said[0][:3]


def test_stalled_bodies_leave_threads_for_readers() -> None:
    app = bounded(application, 4)
    stalled = [threading.Thread(target=asked, args=(app, Stalled(b"abc"), 3)) for _ in range(2)]
    for thread in stalled:
        thread.start()
    for _ in range(100):
        if asked(app, io.BytesIO(b"abc"), 3) == "503":
            break
    else:
        raise AssertionError("nobody was turned away")
    assert asked(app, io.BytesIO(), 0) == "200"
    Stalled.go.set()
    for thread in stalled:
        thread.join()
    assert asked(app, io.BytesIO(b"abc"), 3) == "200"


def test_a_body_read_in_lines_gives_its_place_back() -> None:
    lines: list[bytes] = []

    def by_line(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        lines.extend(environ["wsgi.input"])
        start_response("200 OK", [])
        return []

    app = bounded(by_line, 2)
    assert [asked(app, io.BytesIO(b"a\nb"), 3) for _ in range(5)] == ["200"] * 5
    assert lines == [b"a\n", b"b"] * 5
