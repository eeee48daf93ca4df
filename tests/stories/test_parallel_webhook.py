"""A gateway that repeats itself against the real server: ushahidi/platform#1520 counted 234 copies of one message."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from rapport.cli.bench_ground import HOST, SECRET, Ground, Server, free_port, make
from tests.migrated import migrated

COPIES = 234

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return make(migrated(tmp_path_factory.mktemp("webhook")))


@pytest.fixture(scope="module")
def server(ground: Ground) -> Iterator[Server]:
    with Server(Path(ground.folder), free_port()) as running:
        yield running


def sms(text: str, id: str, secret: str = SECRET) -> bytes:
    fields = {"from": "+50955500123", "message": text, "message_id": id, "device_id": "phone-1", "secret": secret}
    return urlencode(fields).encode()


def post(server: Server, path: str, body: bytes) -> tuple[int, bytes]:
    connection = HTTPConnection(HOST, server.port, timeout=30)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def rows(ground: Ground, query: str) -> list[tuple[object, ...]]:
    database = sqlite3.connect(f"file:{ground.database}?mode=ro", uri=True)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def test_234_copies_at_once_are_one_report_and_234_good_answers(ground: Ground, server: Server) -> None:
    body = sms("Nou bezwen dlo nan Delmas", "message-1")
    with ThreadPoolExecutor(COPIES) as threads:
        answers = list(threads.map(lambda _: post(server, ground.gateway, body), range(COPIES)))
    assert len(answers) == COPIES
    assert {status for status, _ in answers} == {200}
    assert len({content for _, content in answers}) == 1
    assert rows(ground, "SELECT count(*) FROM reports_report") == [(1,)]
    assert rows(ground, "SELECT count(*) FROM notify_outboxmessage") == [(1,)]


def test_a_huge_message_is_answered_before_it_has_been_sent(ground: Ground, server: Server) -> None:
    with socket.create_connection((HOST, server.port), timeout=10) as line:
        head = f"POST {ground.gateway} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 10000000\r\n\r\n"
        line.sendall(head.encode())  # and not one byte of the ten million
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("head", "body", "answer"),
    [
        ("Transfer-Encoding: chunked", b"5\r\nabcde\r\n0\r\n\r\n", b"HTTP/1.1 411 "),
        ("Content-Length: 1000", b"from=%2B509", b"HTTP/1.1 400 "),
    ],
    ids=["no length", "cut short"],
)
def test_odd_bodies_are_refused(ground: Ground, server: Server, head: str, body: bytes, answer: bytes) -> None:
    with socket.create_connection((HOST, server.port), timeout=10) as line:
        line.sendall(f"POST {ground.gateway} HTTP/1.1\r\nHost: {HOST}\r\n{head}\r\n\r\n".encode() + body)
        if head.startswith("Content-Length"):
            line.shutdown(socket.SHUT_WR)  # there will be no more
        assert line.recv(100).startswith(answer)


def test_what_was_refused_is_counted_when_the_server_has_ended(ground: Ground, server: Server) -> None:
    for number in range(20):
        assert post(server, ground.gateway, sms("Nou bezwen dlo", f"message-{number}", secret="guess"))[0] == 403
    server.stop()
    counted = dict(rows(ground, "SELECT reason, sum(count) FROM intake_refusalcount GROUP BY reason"))  # type: ignore[arg-type]
    assert counted == {"bad_secret": 20, "too_large": 1, "no_length": 1, "cut_short": 1}
    assert rows(ground, "SELECT count(*) FROM reports_report") == [(1,)]
    assert ground.gateway.rstrip("/").rpartition("/")[2] not in server.log.read_text()
