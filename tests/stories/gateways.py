"""Gateways as they behave: each sends one SMS after the other and repeats, with the same id, what was not answered."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from rapport.cli.bench_ground import HOST, SECRET, Ground

PAUSE = 0.2  # seconds before a message is sent again
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(slots=True)
class Senders:
    """Some phones, each in a thread of its own. `acknowledged` holds the texts of messages that were answered 200."""

    ground: Ground
    port: int
    count: int
    acknowledged: list[str] = field(default_factory=list)
    repeated: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    errors: list[bytes] = field(default_factory=list)  # what was said with 503
    slowest: float = 0.0
    _give_up_at: float = float("inf")
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def sending(self) -> Iterator[Senders]:
        """They send until the block ends; then each finishes the message it has begun, within a minute."""
        threads = [threading.Thread(target=self._phone, args=(number,)) for number in range(self.count)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._give_up_at = time.monotonic() + 60
            self._stop.set()
            for thread in threads:
                thread.join()

    def _phone(self, phone: int) -> None:
        number = 0
        while not self._stop.is_set():
            self._until_acknowledged(phone, number)
            number += 1

    def _until_acknowledged(self, phone: int, number: int) -> None:
        text = f"Dlo {phone} {number}"
        values = {
            "from": f"+50955500{phone:03}", "message": text, "message_id": str(number), "device_id": f"phone-{phone}",
            "secret": SECRET,
        }  # fmt: skip
        while not self._taken(urlencode(values).encode()):
            if time.monotonic() > self._give_up_at:
                return
            self.repeated += 1
            time.sleep(PAUSE)
        self.acknowledged.append(text)

    def _taken(self, body: bytes) -> bool:
        connection = HTTPConnection(HOST, self.port, timeout=60)
        begin = time.monotonic()
        try:
            connection.request("POST", self.ground.gateway, body, FORM)
            response = connection.getresponse()
            said = response.read()
        except (OSError, HTTPException):
            return False  # the connection broke before the answer was whole
        finally:
            connection.close()
            self.slowest = max(self.slowest, time.monotonic() - begin)
        self.statuses[response.status] += 1
        if response.status != 200:
            self.errors.append(said)
            return False
        return json.loads(said)["payload"]["success"] is True


def kept(database: Path) -> Counter[str]:
    """The texts of all reports, and how often each is there."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)
    try:
        return Counter(text for (text,) in connection.execute("SELECT text FROM reports_report"))
    finally:
        connection.close()


def sound(database: Path) -> bool:
    """Whether SQLite finds nothing wrong with its file, foreign keys included."""
    connection = sqlite3.connect(database, timeout=30)
    try:
        whole = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return whole and not connection.execute("PRAGMA foreign_key_check").fetchall()
    finally:
        connection.close()
