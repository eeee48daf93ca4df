"""`rapport receive email`: a letter on standard input becomes a report; the mail server is told what became of it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from rapport.cli.main import run
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Operation, Source
from rapport.oversight import keys
from rapport.reports.models import Attachment, Report
from tests.contracts.gateways import no_table

Capture = pytest.CaptureFixture[str]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def letter(id: str = "<1@example.org>", automatic: str = "no") -> bytes:
    mail = EmailMessage()
    given = {"From": "Rose <rose@example.org>", "Subject": "Dlo", "Message-ID": id, "Auto-Submitted": automatic}
    for name, value in given.items():
        mail[name] = value
    mail.set_content("Nou bezwen dlo nan Delmas 33.")
    mail.add_attachment(PNG, maintype="image", subtype="png", filename="kay.png")
    mail.set_boundary("b")
    return mail.as_bytes()


@pytest.fixture
def hand_over(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Calls the command with a letter, as a mail server does."""
    Source.objects.create(operation=operation, slug="letters", channel="email", names={"en": "Letters"})

    def call(raw: bytes, source: str = "sample/letters", *more: str) -> int:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        return run(["receive", "email", "--source", source, *more])

    return call


def test_a_letter_becomes_one_report_with_its_files(hand_over: Callable[..., int], capsys: Capture) -> None:
    assert hand_over(letter()) == 0
    assert hand_over(b"Received: by another way\n" + letter(), "sample/letters", "--json") == 0
    assert json.loads(capsys.readouterr().out.partition("\n")[2]) == {"new": False}
    report = Report.objects.get()
    assert report.text == "Dlo\n\nNou bezwen dlo nan Delmas 33."
    assert report.sender is not None
    assert (report.sender.kind, report.sender.address.value) == ("email", "rose@example.org")
    assert "rose" not in json.dumps(report.fields)
    assert Attachment.objects.get().name == "kay.png"
    assert report.original_sealed is not None
    assert keys.unseal("addresses", bytes(report.original_sealed)) == letter()


def test_nobody_is_answered_by_itself(hand_over: Callable[..., int]) -> None:
    hand_over(letter())
    hand_over(letter("<2@example.org>", automatic="auto-replied"))
    assert not OutboxMessage.objects.exists()


def test_while_nothing_can_be_written_the_mail_server_is_to_keep_it(
    hand_over: Callable[..., int], operation: Operation, capsys: Capture
) -> None:
    with no_table("reports_attachment"):
        assert hand_over(letter()) == 75
    Source.objects.filter(slug="letters").update(active=False)
    assert hand_over(letter()) == 75
    assert "paused" in capsys.readouterr().err


def test_what_is_no_letter_is_not_tried_again(hand_over: Callable[..., int]) -> None:
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (i, i) for i in range(3_000))
    assert hand_over(nested) == 65


@pytest.mark.parametrize("source", ["sample/sms", "sample/nowhere", "sample", "/"])
def test_a_source_that_takes_no_letters_is_said_so(source: str, hand_over: Callable[..., int], capsys: Capture) -> None:
    assert hand_over(letter(), source) in {1, 2}
    assert capsys.readouterr().err.strip()
