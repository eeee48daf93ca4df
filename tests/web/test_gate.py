"""The short way in for gateways answers as the view does, and never breaks the connection."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import pytest

from rapport.intake.gate import gated
from rapport.operations.models import Operation
from rapport.reports.models import Report
from tests.conftest import SMSSYNC_TOKEN

FORM = {"from": "+50955500001", "message": "Nou bezwen dlo", "message_id": "1", "secret": "open sesame"}


def pages(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"a page"]


def asked(path: str, host: str = "127.0.0.1") -> tuple[int, dict[str, str], bytes]:
    body = urlencode(FORM).encode()
    said: list[tuple[str, list[tuple[str, str]]]] = []
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "QUERY_STRING": "", "SCRIPT_NAME": "", "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80", "HTTP_HOST": host, "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http",
    }  # fmt: skip
    answer = b"".join(gated(pages)(environ, lambda status, headers: said.append((status, headers))))
    return int(said[0][0].split()[0]), dict(said[0][1]), answer


def test_a_message_is_kept(operation: Operation) -> None:
    status, headers, answer = asked(f"/in/smssync/{SMSSYNC_TOKEN}/")
    assert (status, Report.objects.count()) == (200, 1)
    assert headers["Content-Type"] == "application/json"
    assert b'"success":true' in answer


@pytest.mark.parametrize("path", ["/", "/in/", "/in/smssync/", "/sample/in/a/b/", "/in/smssync/a/b/"])
def test_everything_else_goes_to_the_pages(operation: Operation, path: str) -> None:
    assert asked(path)[2] == b"a page"


@pytest.mark.parametrize("host", ["a b", "x:99999999", "[", ""])
def test_an_odd_host_is_answered_all_the_same(operation: Operation, host: str) -> None:
    assert asked(f"/in/smssync/{SMSSYNC_TOKEN}/", host)[0] in {200, 400}


def test_an_unknown_token_is_told_nothing(operation: Operation) -> None:
    assert asked("/in/smssync/unknown/")[0] == 404
