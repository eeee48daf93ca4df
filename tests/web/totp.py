"""An app for codes, written from RFC 6238 alone, and people who sign in with it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time

from django.test import Client

PASSWORD = "a long enough password"


def code(secret: str, *, steps: int = 0, at: float | None = None, digits: int = 6) -> str:
    """What the app shows, `steps` of 30 s from now (or `at`)."""
    counter = int(time.time() if at is None else at) // 30 + steps
    digest = hmac.digest(base64.b32decode(secret), counter.to_bytes(8, "big"), hashlib.sha1)
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"


def sign_in(client: Client, username: str, password: str = PASSWORD) -> str:
    """Where the password leads."""
    answer = client.post("/accounts/login/", {"login": username, "password": password})
    return str(answer.headers.get("Location", ""))


def set_up(client: Client) -> tuple[str, list[str]]:
    """Sets up an app as somebody would who cannot scan: its secret, and the recovery codes shown."""
    page = client.get("/accounts/second-factor/app/").content.decode()
    found = re.search(r'<code class="key">([A-Z2-7]+)</code>', page)
    assert found, page
    answer = client.post("/accounts/second-factor/app/", {"code": code(found[1], steps=-1)})
    assert answer.headers["Location"] == "/accounts/second-factor/codes/", answer.content.decode()
    shown = client.get(answer.headers["Location"]).content.decode()
    return found[1], re.findall(r"<code>(\d{8})</code>", shown)
