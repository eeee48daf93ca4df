"""One call to another machine, with every limit that a stranger at the other end calls for.

No redirects, no proxies, no cookies, answers of 64 KB at most, 5 s to connect and 20 s in all.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from rapport.values import HttpRequest, Outcome

CONNECT_S = 5.0
TOTAL_S = 20.0
MOST = 64 * 1024  # bytes of an answer that are read

#: Asked at the last moment before the step that cannot be taken back; False: do not take it.
MayGo = Callable[[], bool]
Read = Callable[[int, Mapping[str, str], bytes], Outcome]


class Withdrawn(Exception):
    """The message was stopped at the last moment; nothing went."""


def call(request: HttpRequest, may_go: MayGo, read: Read) -> Outcome:
    """Make the call and say what became of it. Withdrawn if `may_go` says no.

    Until the connection stands nothing has gone, so whatever breaks is tried again; once the request is on its way, a
    break means that nobody knows.
    """
    try:
        connection = _connected(request)
    except (OSError, HTTPException, ValueError) as error:
        return Outcome("later", f"No connection to the gateway: {reason(error)}.")
    with connection, deadline(connection.sock, TOTAL_S):
        if not may_go():
            raise Withdrawn
        try:
            return _asked(connection.http, request, read)
        except (OSError, HTTPException, ValueError) as error:
            return Outcome("unsure", f"The line to the gateway broke before it answered: {reason(error)}.")


class _Connection:
    """A connection that is closed on leaving, with its socket."""

    def __init__(self, http: HTTPConnection) -> None:
        http.connect()
        http.sock.settimeout(TOTAL_S)
        self.http = http
        self.sock: socket.socket = http.sock

    def __enter__(self) -> _Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()


def _connected(request: HttpRequest) -> _Connection:
    parts = urlsplit(request.url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https":
        return _Connection(HTTPSConnection(host, port, timeout=CONNECT_S, context=ssl.create_default_context()))
    if parts.scheme == "http":
        return _Connection(HTTPConnection(host, port, timeout=CONNECT_S))
    raise ValueError("its address begins with neither https nor http")


def _asked(http: HTTPConnection, request: HttpRequest, read: Read) -> Outcome:
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    http.request(request.method, target, request.body or None, {"Connection": "close", **request.headers})
    response = http.getresponse()
    body = response.read(MOST)
    return read(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


@contextlib.contextmanager
def deadline(sock: socket.socket | None, seconds: float) -> Iterator[None]:
    """Whatever goes on with the socket within ends after that many seconds: a timeout for each byte alone would let the
    other side hold us for hours."""

    def end() -> None:
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(seconds, end)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def reason(error: Exception) -> str:
    """What went wrong, in words for a person; never the text of the error, which may hold an address."""
    match error:
        case ssl.SSLCertVerificationError():
            return "its certificate cannot be verified"
        case ssl.SSLError():
            return "no secure connection could be made"
        case socket.gaierror():
            return "its name is not known"
        case TimeoutError():
            return "it did not answer in time"
        case ConnectionRefusedError():
            return "it does not accept connections"
        case OSError():
            return "the network failed"
        case _:
            return "it did not answer as a gateway does"
