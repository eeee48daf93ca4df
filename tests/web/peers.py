"""What the tests of other instances have in common: an instance somewhere else, made of the pure functions alone."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from rapport.contacts import envelope, instance, receipts, signed
from rapport.contacts.kinds import Kind, Said
from rapport.contacts.members import Member
from rapport.contacts.peers import agreeing
from rapport.contacts.peers.agreeing import Entered
from rapport.contacts.peers.models import Terms
from rapport.oversight.ledger.chain import START, fingerprint

THERE = "crisis.pe"
ME = "crisis.ke"
NOTICED = {
    "what": "Wiper on a port's network", "seen_at": "2026-11-27T02:10Z", "systems": "own", "confidence": "moderate",
    "unknown": "How it came in",
}  # fmt: skip


def said(number: int = 1, case: str = "PERU42", kind: Kind = Kind.NOTIFICATION, **more: Any) -> Said:
    """A message from Peru to Kenya, in a case that Peru has begun."""
    at = timezone.now() - timedelta(hours=1) + timedelta(seconds=number)
    usual = Said(f"{case}-{number:02}", case, kind, "peru/technical", "kenya/technical", at, NOTICED)
    return replace(usual, **more)


class There:
    """Another instance: what it sends and what it answers."""

    def __init__(self, name: str = THERE, seed: int = 7) -> None:
        self.name, self.key = name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.number, self.prev = 0, START

    @property
    def public(self) -> str:
        return self.key.public_key().public_bytes_raw().hex()

    @property
    def aloud(self) -> str:
        return signed.read_aloud(self.key.public_key().public_bytes_raw())

    @property
    def mark(self) -> str:
        return fingerprint(self.key.public_key().public_bytes_raw())

    def sends(self, one: Said, to: str = ME) -> bytes:
        """The next message of its chain."""
        self.number += 1
        data = envelope.sealed(
            one, sender=self.name, receiver=to, number=self.number, prev=self.prev, sent_at=timezone.now(), key=self.key
        )
        self.prev = signed.hash_of(signed.parsed(data, len(data)).text)
        return data

    def receipt(self, data: bytes) -> bytes:
        """For a message of ours, read as another instance reads it."""
        ours = signed.Peer(tuple(instance.public_keys().values()), frozenset({"kenya"}))
        found = envelope.read(data, peers={instance.name(): ours}, me=self.name, now=timezone.now())
        return receipts.received(found, at=timezone.now(), key=self.key)


def entered(there: There, url: str = "", parties: Sequence[str] = ("peru",), **more: Any) -> Entered:
    return replace(Entered(there.name, "Crisis desk of Peru", url, parties, (there.public,)), **more)


def agreed(one: Member, other: Member, there: There, url: str = "", **more: Any) -> Terms:
    """Entered by one person and confirmed by another."""
    terms = agreeing.enter(one, entered(there, url, **more))
    agreeing.confirm(other, terms, there.aloud)
    return terms


class Door:
    """The door of an instance somewhere else, on this machine. `answer` says what it answers to a body: status and
    bytes, or None to break off without a word."""

    def __init__(self, there: There) -> None:
        self.bodies: list[bytes] = []
        self.answer: Callable[[bytes], tuple[int, bytes] | None] = lambda body: (200, there.receipt(body))
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.bodies.append(body)
                said = outer.answer(body)
                if said is None:
                    self.close_connection = True
                    return
                self.send_response(said[0])
                self.send_header("Content-Length", str(len(said[1])))
                self.end_headers()
                self.wfile.write(said[1])

            def log_message(self, *_: object) -> None:
                """Nothing on the tests' output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/network"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """From now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = self.url.replace("http:", "https:")

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
