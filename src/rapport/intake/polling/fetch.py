"""Ask another machine for a page, with every limit that a stranger at the other end calls for.

Names are looked up once, the addresses are judged, and the connection is made to the address that was judged: a name
that leads elsewhere a moment later leads nowhere. So it is with each redirect.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping, Set
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import SplitResult, urljoin, urlsplit

from rapport.errors import RapportError
from rapport.intake.polling.addresses import is_public
from rapport.notify.calls import CONNECT_S, deadline, reason
from rapport.values import Page

TOTAL_S = 30.0  # of one request with its redirects' bodies left unread [ours]
REDIRECTS = 3
_PORTS = {"http": 80, "https": 443}
_MOVED = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024
LONGEST_WAIT_S = 24 * 3600.0  # of what Retry-After asks for


class Unanswered(RapportError):
    """Nothing came that can be used. `wait_s`: how long the other side asks us to wait, 0 if it does not."""

    def __init__(self, problem: str, wait_s: float = 0.0) -> None:
        super().__init__(problem)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Web:
    """Gets pages, and brings what is to be posted. `inside`: names of hosts that whoever runs the machine lets us ask
    although they lie inside a network (lower case); `agent`: how we introduce ourselves."""

    inside: Set[str] = frozenset()
    agent: str = "rapport"

    def get(self, url: str, headers: Mapping[str, str], most: int) -> Page:
        """The page at an address, after redirects; its body has at most `most` bytes. 304 comes back as it is.

        Unanswered for every other answer that is no success, and where there is none. What authorises goes to the
        first host only.
        """
        sent = self._sent(headers)
        for _ in range(REDIRECTS + 1):
            page = self._asked(_parts(url), url, sent, most)
            if page.status not in _MOVED:
                return _usable(page)
            further = urljoin(url, page.headers.get("location", ""))
            if urlsplit(url).scheme == "https" and urlsplit(further).scheme != "https":
                raise Unanswered("It leads on to an address that is not secure.")
            if _parts(further).netloc.lower() != _parts(url).netloc.lower():
                sent = {name: value for name, value in sent.items() if name.lower() != "authorization"}
            url = further
        raise Unanswered(f"It leads on more than {REDIRECTS} times.")

    def post(self, url: str, body: bytes, headers: Mapping[str, str], most: int) -> Page:
        """What is answered to what we bring, whatever its status; it is brought to this address and to no other."""
        page = self._asked(_parts(url), url, self._sent(headers), most, body)
        if page.status in _MOVED:
            raise Unanswered("It leads on to another address: write that one down instead.")
        return page

    def _sent(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {"User-Agent": self.agent, "Accept-Encoding": "identity", "Connection": "close", **headers}

    def _asked(
        self, parts: SplitResult, url: str, headers: Mapping[str, str], most: int, body: bytes | None = None
    ) -> Page:
        host = parts.hostname or ""
        try:
            sock = connected(host, parts.port or _PORTS[parts.scheme], self.inside)
        except (OSError, ValueError) as error:
            raise Unanswered(f"No connection to {host}: {reason(error)}.") from error
        began = time.monotonic()
        line = secured(sock, host) if parts.scheme == "https" else sock
        with line, deadline(line, TOTAL_S):
            try:
                if isinstance(line, ssl.SSLSocket):
                    line.do_handshake()
                page = _read(line, parts, url, headers, most, body)
            except (OSError, HTTPException, ValueError) as error:
                raise Unanswered(f"{host} broke off: {reason(error)}.") from error
        if time.monotonic() - began >= TOTAL_S:  # the line was cut, which looks like the end of a page
            raise Unanswered(f"{host} did not answer in {TOTAL_S:g} seconds.")
        return page


def connected(host: str, port: int, inside: Set[str]) -> socket.socket:
    """A connection to a host whose address is public, or whose name is among those allowed. Unanswered if there is no
    such address, OSError if none answers."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = host.lower().rstrip(".") in inside
    addresses = [one for one in found if allowed or is_public(str(one[4][0]))]
    if not addresses:
        raise Unanswered(
            f"{host} is an address inside a network, which is never asked. Whoever runs this machine can allow it:"
            " RAPPORT_POLL_INSIDE."
        )
    failure: OSError | None = None
    for family, kind, protocol, _, address in addresses:
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(CONNECT_S)
        try:
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
            continue
        sock.settimeout(TOTAL_S)
        return sock
    raise failure or OSError("no address")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in _PORTS and parts.hostname and parts.port != 0 and url.isascii() and url.isprintable()
    except ValueError as error:  # half a bracket, a port beyond 65535
        raise Unanswered("Its address cannot be read.") from error
    if not sound or " " in url:
        raise Unanswered("Its address must begin with https:// or http://, and name a host.")
    if parts.username or parts.password:
        raise Unanswered("Its address must not hold a name or a password.")
    return parts


def secured(sock: socket.socket, host: str) -> ssl.SSLSocket:
    """The same connection with TLS, of which the handshake is still to be made: under a deadline, which needs the
    socket that this gives."""
    context = ssl.create_default_context()
    return context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)


def _read(
    sock: socket.socket, parts: SplitResult, url: str, headers: Mapping[str, str], most: int, body: bytes | None
) -> Page:
    http = HTTPConnection(parts.hostname or "", parts.port)
    http.sock = sock
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    http.putrequest("GET" if body is None else "POST", target, skip_host=True, skip_accept_encoding=True)
    http.putheader("Host", parts.netloc)
    for name, value in headers.items():
        http.putheader(name, value)
    if body is not None:
        http.putheader("Content-Length", str(len(body)))
    http.endheaders(body)
    with http.getresponse() as response:
        said = {name.lower(): value for name, value in response.getheaders()}
        if response.status in _MOVED:
            return Page(response.status, said, b"", url)
        if said.get("content-encoding", "identity").lower() not in {"", "identity"}:
            raise Unanswered("It answers packed, though we asked it not to.")
        return Page(response.status, said, _body(response, most), url)


def _body(response: HTTPResponse, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while piece := response.read(min(_CHUNK, most + 1 - size)):
        parts.append(piece)
        size += len(piece)
        if size > most:
            raise Unanswered(f"It answers with more than {most:,} bytes.")
    if response.length:  # what it announced and did not send
        raise Unanswered("Its answer broke off.")
    return b"".join(parts)


def _usable(page: Page) -> Page:
    if page.status == 304 or 200 <= page.status < 300:
        return page
    said = page.headers.get("retry-after", "")
    wait = min(LONGEST_WAIT_S, float(said)) if said.isascii() and said.isdigit() else 0.0
    raise Unanswered(f"It answers with {page.status}.", wait)
