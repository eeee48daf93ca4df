"""A load generator: many connections that stay open, each sending one request after the other, in a process of its own.

It speaks just enough HTTP/1.1 to be quick: on two cores, what the generator costs is not there for the server.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import urlencode

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Requests(Protocol):
    """What is sent: the request of that number, byte for byte."""

    def request(self, number: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class SmsPosts:
    """SMSSync posts with an id each, from ten thousand (fictional) numbers."""

    path: str
    secret: str
    texts: tuple[str, ...]
    prefix: str

    def request(self, number: int) -> bytes:
        values = {
            "from": f"+5095550{number % 10_000:04}",
            "message": self.texts[number % len(self.texts)],
            "message_id": f"{self.prefix}{number}",
            "sent_to": "4636",
            "device_id": "bench",
            "secret": self.secret,
        }
        return post(self.path, "application/x-www-form-urlencoded", urlencode(values).encode())


@dataclass(frozen=True, slots=True)
class NdjsonPosts:
    """Batches of reports as lines of JSON, each line with an id of its own."""

    path: str
    key: str
    texts: tuple[str, ...]
    prefix: str
    lines: int
    bare: bool = False  # a text and an id, and no sender

    def request(self, number: int) -> bytes:
        first = number * self.lines
        body = b"\n".join(self._line(first + offset) for offset in range(self.lines))
        return post(self.path, "application/x-ndjson", body, f"Authorization: Bearer {self.key}\r\n")

    def _line(self, number: int) -> bytes:
        name = f"{self.prefix}{number}"
        row = {
            "id": name,
            "text": self.texts[number % len(self.texts)],
            "fields": {"message_id": name},  # by which it is found again in the database
        }
        sender = {"sender": {"kind": "tel", "value": f"+5095550{number % 10_000:04}"}}
        return json.dumps(row if self.bare else row | sender).encode()


@dataclass(frozen=True, slots=True)
class Ready:
    """Requests made beforehand: what it costs to make them is not there for the server."""

    requests: tuple[bytes, ...]

    def request(self, number: int) -> bytes:
        return self.requests[number]


def post(path: str, content_type: str, body: bytes, headers: str = "") -> bytes:
    """An HTTP/1.1 request as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{headers}\r\n".encode() + body


@dataclass(frozen=True, slots=True)
class Plan:
    """How it is sent. A `rate` (requests a second over all connections) paces; without one, each answer is followed by
    the next request at once. What ends within `warm_up` seconds is sent but not measured."""

    host: str
    port: int
    connections: int
    seconds: float
    warm_up: float = 0.0
    rate: float | None = None
    most: int | None = None  # requests in all
    until: str = ""  # the path of a file: when it is there, nothing more is sent


@dataclass(slots=True)
class Measured:
    """What came of it: the numbers of the requests answered 200, and the seconds each of the measured ones took."""

    acknowledged: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)  # 0: the connection broke
    elapsed: float = 0.0  # seconds from the end of the warm-up to the last answer
    began: float = 0.0  # on the monotonic clock, which all processes of a machine share

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed if self.elapsed else 0.0

    def quantile_ms(self, share: float) -> float:
        return quantile(self.seconds, share) * 1000


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of all are not above (nearest rank); 0 for none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


def run_apart(plan: Plan, requests: Requests) -> Measured:
    """Run it in a process of its own and wait for the end."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run, plan, requests).result()


def start_apart(pool: ProcessPoolExecutor, plan: Plan, requests: Requests) -> Future[Measured]:
    """Run it in a process of the pool, beside what the caller does."""
    return pool.submit(run, plan, requests)


def run(plan: Plan, requests: Requests) -> Measured:
    """Send until the time is over or the requests are; answers under way are waited for."""
    return asyncio.run(_run(plan, requests))


async def _run(plan: Plan, requests: Requests) -> Measured:
    measured = Measured()
    numbers = iter(range(plan.most)) if plan.most is not None else count()
    loop = asyncio.get_running_loop()
    begin = measured.began = time.monotonic()
    made = [_Connection(plan, requests, numbers, measured, begin) for _ in range(plan.connections)]
    for connection in made:
        await loop.create_connection(lambda connection=connection: connection, plan.host, plan.port)  # type: ignore[misc]
    await asyncio.gather(*(connection.over for connection in made))
    return measured


class _Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next."""

    def __init__(
        self, plan: Plan, requests: Requests, numbers: Iterator[int], measured: Measured, begin: float
    ) -> None:
        self._plan = plan
        self._requests = requests
        self._numbers = numbers
        self._measured = measured
        self._warm = begin + plan.warm_up
        self._end = self._warm + plan.seconds
        self._due = begin
        self._number: int | None = None
        self._sent = 0.0
        self._received = bytearray()
        self._loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if self._number is not None:
            self._measured.statuses[0] += 1
        if not self.over.done():
            self.over.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._received, 0, head)
        if length is None:  # chunked answers are for others
            self._transport.abort()
        elif len(self._received) >= head + 4 + int(length.group(1)):
            self._answered(int(self._received[9:12]))
            self._received.clear()
            self._next()

    def _answered(self, status: int) -> None:
        now = time.monotonic()
        self._measured.statuses[status] += 1
        if status == 200 and self._number is not None:
            self._measured.acknowledged.append(self._number)
        if now >= self._warm:
            self._measured.seconds.append(now - self._sent)
            self._measured.elapsed = now - self._warm
        self._number = None

    def _next(self) -> None:
        if self._plan.rate is None:
            self._send()
            return
        self._due += self._plan.connections / self._plan.rate
        self._loop.call_later(max(0.0, self._due - time.monotonic()), self._send)

    def _send(self) -> None:
        over = time.monotonic() > self._end or (self._plan.until and Path(self._plan.until).exists())
        number = None if over else next(self._numbers, None)
        if number is None:
            self._transport.close()
            return
        request = self._requests.request(number)
        self._number, self._sent = number, time.monotonic()
        self._transport.write(request)
