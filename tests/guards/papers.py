"""What leaves otherwise than as an answer to a reader: e-mails, SMS, the ledger, what commands print, the log."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core import mail as djangos
from django.test import Client, override_settings

from rapport.cli.main import run
from rapport.notify import mail
from rapport.notify.models import OutboxMessage
from rapport.oversight.ledger import seal
from rapport.web.logs import Line
from tests.conftest import SMSSYNC_TOKEN
from tests.contracts.gateways_out import HOST, post
from tests.guards.outlets import text_of
from tests.guards.seeded import MAIL_FROM
from tests.web.outbox import send_all

#: What commands print that people hand on: to auditors, to partners, into a report of a fault.
PRINTED = (
    ("ledger", "key"), ("ledger", "checkpoint"), ("ledger", "verify"), ("ledger", "verify", "--json"),
    ("protocol", "show"), ("protocol", "show", "house"), ("protocol", "check", "house"),
    ("dictionary", "show", "sample"), ("operation", "list"), ("operation", "sources", "sample"),
    ("sending", "status", "sample"), ("retention", "status", "sample"), ("doctor",), ("doctor", "--json"),
)  # fmt: skip


@contextmanager
def the_log() -> Iterator[io.StringIO]:
    """All that is logged, down to the last detail, as the site's own settings write it."""
    root, text = logging.getLogger(), io.StringIO()
    own = next(one for one in root.handlers if isinstance(one.formatter, Line))  # others may have come with a library
    handler, before = logging.StreamHandler(text), root.level
    handler.setFormatter(own.formatter)
    handler.addFilter(lambda record: not record.name.startswith("mail."))  # the tests' mail server, which is another's
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def ledger(folder: Path) -> str:
    """The ledger as it is exported: every entry, sealed and signed."""
    seal.checkpoint()
    assert run(["ledger", "export", str(folder / "ledger.jsonl")]) == 0
    return (folder / "ledger.jsonl").read_text(encoding="utf-8")


def printed(capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[str, str]]:
    capsys.readouterr()
    for words in PRINTED:
        run(words)
        out = capsys.readouterr()
        yield " ".join(words), out.out + out.err


def letters() -> list[str]:
    """The e-mails that go out, as a mail server gets them; Django itself is to send none."""
    with post() as server, override_settings(SMTP=mail.Server(HOST, server.port, False), MAIL_FROM=MAIL_FROM):
        OutboxMessage.objects.filter(sender__kind="email").update(next_at=None)
        send_all()
        assert djangos.outbox == []
        return [one.as_string() for one in server.letters]


def fetched() -> str:
    """What the phone with the gateway fetches: messages to senders, with their numbers."""
    return text_of(Client().get(f"/in/smssync/{SMSSYNC_TOKEN}/?task=send&secret=open sesame"))
