"""The other side of what goes out, as real servers on this machine: a gateway's HTTP door and a mail server.

Each keeps what it took (`took`: it would be sent), and can be told to behave badly.
"""

from __future__ import annotations

import email
import email.policy
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from aiosmtpd.controller import Controller

HOST = "127.0.0.1"

#: What a server does with one call: take it and say so; take it and drop the line; drop it unread; refuse for now;
#: refuse for ever; take it and never answer; something in between fails.
TAKE, TAKE_AND_DROP, DROP, LATER, NEVER, STALL, BROKEN = (
    "take", "take and drop", "drop", "later", "never", "stall", "broken"
)  # fmt: skip


@dataclass
class Call:
    """One request that came in whole."""

    path: str
    headers: dict[str, str]
    fields: dict[str, str]


@dataclass
class Door:
    """A gateway's HTTP door. `behave` says what it does with each call; `repeats` makes it take an Idempotency-Key
    once."""

    behave: Callable[[Call], str] = lambda call: TAKE
    repeats: bool = False
    calls: list[Call] = field(default_factory=list)
    took: Counter[str] = field(default_factory=Counter)  # text → how often it would be sent
    seen: set[str] = field(default_factory=set)
    stall_s: float = 30.0
    redirect: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def take(self, call: Call) -> None:
        text = call.fields.get("text") or call.fields.get("Body", "")
        key = call.headers.get("idempotency-key", "")
        with self.lock:
            if not (self.repeats and key in self.seen):
                self.took[text] += 1
            self.seen.add(key)


@contextmanager
def door(**behaviour: Any) -> Iterator[Door]:
    """A gateway that listens until the block ends."""
    made = Door(**behaviour)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            kind = self.headers.get("Content-Type", "")
            fields = json.loads(body) if "json" in kind else dict(parse_qsl(body, keep_blank_values=True))
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            call = Call(self.path, {k.lower(): v for k, v in self.headers.items()}, query | fields)
            with made.lock:
                made.calls.append(call)
            what = made.behave(call)
            if what in {TAKE, TAKE_AND_DROP, STALL}:
                made.take(call)
            self.close_connection = True
            if what in {DROP, TAKE_AND_DROP}:
                self.connection.shutdown(socket.SHUT_RDWR)
            elif what == STALL:
                time.sleep(made.stall_s)
            else:
                status = {TAKE: 201, LATER: 503, NEVER: 400, BROKEN: 502, "redirect": 302}[what]
                answer = json.dumps({"sid": f"SM{len(made.calls)}", "id": f"g-{len(made.calls)}"}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                if made.redirect:
                    self.send_header("Location", made.redirect)
                self.end_headers()
                self.wfile.write(answer)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Server((HOST, 0), Handler)
    made.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Post:
    """A mail server. `behave` says per letter what it does with it."""

    behave: Callable[[EmailMessage], str] = lambda letter: TAKE
    letters: list[EmailMessage] = field(default_factory=list)
    took: Counter[str] = field(default_factory=Counter)
    refuse_address: str = ""
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuse_address:
            return self.refuse_address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        what = self.behave(letter)
        if what in {TAKE, TAKE_AND_DROP}:
            self.letters.append(letter)
            self.took[letter.get_content().strip()] += 1
        if what in {DROP, TAKE_AND_DROP}:
            server.transport.abort()
        return {LATER: "451 later", NEVER: "554 no", BROKEN: "421 going down"}.get(what, "250 taken")


@contextmanager
def post(**behaviour: Any) -> Iterator[Post]:
    """A mail server that listens until the block ends."""
    made = Post(**behaviour)
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        made.port = probe.getsockname()[1]
    controller = Controller(made, hostname=HOST, port=made.port)
    controller.start()
    try:
        yield made
    finally:
        controller.stop()
