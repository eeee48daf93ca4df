"""E-mails as they come: which words are the report, who wrote it, what is never answered."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.intake.polling import letter
from rapport.values import Address, Message

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def made(text: str = "Nou bezwen dlo nan Delmas 33.", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    given = {"From": "Rose <Rose@Example.ORG>", "Subject": "Dlo", "Message-ID": "<1@example.org>"} | headers
    for name, value in given.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def read(mail: EmailMessage | bytes) -> Message:
    return letter.read(mail if isinstance(mail, bytes) else mail.as_bytes()).message


def test_subject_and_words_are_the_text_and_the_writer_can_be_answered() -> None:
    message = read(made(Date="Wed, 13 Jan 2010 08:00:00 -0500"))
    assert message.text == "Dlo\n\nNou bezwen dlo nan Delmas 33."
    assert message.sender == Address("email", "Rose@example.org")
    assert message.sent_at == datetime(2010, 1, 13, 13, tzinfo=UTC)
    assert message.fields["subject"] == "Dlo"


def test_the_original_is_what_came_byte_for_byte() -> None:
    raw = made().as_bytes().replace(b"\n", b"\r\n")
    assert letter.read(raw).original == raw


def test_of_text_and_page_the_text_is_read_and_of_a_page_alone_its_words() -> None:
    both = made("plain words")
    both.add_alternative("<p>marked <b>words</b></p>", subtype="html")
    assert read(both).text == "Dlo\n\nplain words"
    page = made()
    page.set_content("<style>p{}</style><script>alert(1)</script><p>Nou bezwen<br>dlo &amp; manje</p>", subtype="html")
    assert read(page).text == "Dlo\n\nNou bezwen\ndlo & manje"


def test_a_quoted_letter_and_a_signature_stand_as_they_came_and_can_be_found() -> None:
    text = "Wi, de moun.\n\nOn Wed, 13 Jan 2010, Vero wrote:\n> Konbyen moun?\n-- \nRose"
    message = read(made(text))
    assert message.text.endswith(text)
    assert message.text[int(str(message.fields["quoted_at"])) :].startswith("On Wed, 13 Jan 2010")
    assert message.text[int(str(message.fields["signature_at"])) :] == "-- \nRose"


def test_the_same_letter_has_one_id_and_other_words_under_it_another() -> None:
    again = read(made(Received="by another way"))
    assert read(made()).gateway_id == again.gateway_id
    assert read(made("Other words.")).gateway_id != again.gateway_id


def test_two_letters_without_an_id_are_told_apart() -> None:
    def bare(text: str) -> str:
        mail = made(text)
        del mail["Message-ID"]
        return read(mail).gateway_id

    assert bare("a") == bare("a") != bare("b")


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"Return_Path": "<>"},
        {"List_Id": "news <news.example.org>"},
        {"X_Auto_Response_Suppress": "All"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_what_a_program_sent_is_kept_and_can_be_answered_by_nobody(headers: dict[str, str]) -> None:
    message = read(made(**headers))
    assert message.sender == Address("name", "Rose@Example.ORG")
    assert message.fields["automatic"]


def test_a_bounce_can_be_answered_by_nobody() -> None:
    raw = (
        b"From: MAILER-DAEMON@example.org\r\nSubject: Undelivered\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nNobody of that name.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; example.org\r\n--b--\r\n"
    )
    message = read(raw)
    assert message.sender == Address("name", "MAILER-DAEMON@example.org")
    assert message.text == "Undelivered\n\nNobody of that name."


def test_files_that_are_taken_come_along_and_the_others_are_named() -> None:
    mail = made()
    mail.add_attachment(PNG, maintype="image", subtype="png", filename="kay.png")
    mail.add_attachment(b"PK\x03\x04", maintype="application", subtype="zip", filename="tout.zip")
    message = read(mail)
    assert [(file.name, file.data) for file in message.files] == [("kay.png", PNG)]
    (left,) = message.fields["files_left_out"]  # type: ignore[misc, union-attr]
    assert str(left).startswith("tout.zip: ")


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("utf-8", "Léogâne".encode(), "Léogâne"),
        ("iso-8859-1", "Léogâne".encode("latin-1"), "Léogâne"),
        ("koi8-r", "вода".encode("koi8-r"), "вода"),
        ("iso-2022-jp", "水".encode("iso-2022-jp"), "水"),
        ("no-such", "Léogâne".encode(), "Léogâne"),
        ("utf-7", b"+AGE-", "+AGE-"),
        ("zip", b"dlo", "dlo"),
        ("utf-32", "dlo é".encode("utf-32"), "dlo é"),
        ("us-ascii", b"caf\xe9", "caf\ufffd"),
    ],
)
def test_character_sets_are_read_and_made_up_ones_are_not(charset: str, raw: bytes, text: str) -> None:
    head = (
        f"From: a@example.org\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    assert read(head.encode() + raw).text == text


def test_encoded_headers_are_read() -> None:
    raw = b"From: =?utf-8?q?Rose_=C3=A9?= <rose@example.org>\r\nSubject: =?utf-8?b?TMOpb2fDom5l?= =?x?q?=zz?=\r\n\r\n"
    assert read(raw).text.startswith("Léogâne")


def test_a_letter_too_large_or_nested_too_deep_is_refused() -> None:
    with pytest.raises(Refused, match="bytes"):
        letter.read(b"a" * (letter.MOST + 1))
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (i, i) for i in range(3_000))
    with pytest.raises(Refused, match="deep"):
        letter.read(b"From: a@example.org\r\n" + nested)


@pytest.mark.parametrize("kind", [b"text/plain; charset*=a\0b'en'%ff", b'text/plain; charset="\0"'])
def test_a_kind_that_is_none_hides_no_words(kind: bytes) -> None:
    assert read(b"From: a@example.org\r\nContent-Type: " + kind + b"\r\n\r\ndlo").text == "dlo"


def test_a_file_whose_name_is_in_a_character_set_that_is_none_stops_no_mailbox() -> None:
    """Found by `make fuzz`: the library raises on it, and the mailbox would have stood at this letter for ever."""
    assert read(b"Content-Disposition: inline; filename*=a\0b''x\r\n\r\ndlo").text == "dlo"


MANY = b"".join(b"a%d=b; " % n for n in range(100_000))
HEAVY = {
    "parameters": b"Content-Type: text/plain; " + MANY + b"\r\n\r\ndlo",
    "pieces of a name": b"Content-Disposition: inline; " + b"".join(b"filename*%d*=b; " % n for n in range(100_000))
    + b"\r\n\r\ndlo",
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 200_000 + b"\r\n\r\ndlo",
    "addresses": b"From: " + b"a,<" * 200_000 + b"\r\n\r\ndlo",
    "markup": b"Content-Type: text/html\r\n\r\n" + b"<p a" * 2_000_000,
    "parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\na\r\n" * 1_000_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HEAVY)
def test_a_letter_of_millions_of_anything_is_read_or_refused_soon(name: str) -> None:
    """A million parameters once took hours: the library goes over a header once for each of them."""
    began = time.process_time()
    if name == "parts":
        with pytest.raises(Refused, match="parts"):
            letter.read(HEAVY[name])
    else:
        message = read(HEAVY[name])
        assert message.text or message.files
    assert time.process_time() - began < 5


def test_a_letter_on_which_the_library_breaks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(raw: bytes) -> None:
        raise ValueError("what the next version of the library may say")

    monkeypatch.setattr(letter, "message_from_bytes", breaks)
    with pytest.raises(Refused, match="another form"):
        letter.read(b"dlo")


HEADERS = st.sampled_from(
    ["From", "Subject", "Date", "Message-ID", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "To"]
)
VALUES = st.sampled_from(
    ["multipart/mixed; boundary=b", "text/html", "text/plain; charset=utf-16", "base64", "quoted-printable", "uuencode",
     "=?utf-8?q?=zz?=", "attachment; filename*=utf-8''%ff", "message/rfc822", "Wed, 99 Jan 2010 25:00", '"@<,>;:',
     "x-uue"]
) | st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30)  # fmt: skip


LINES = st.sampled_from([b"--b\r\n", b"--b--\r\n", b"\r\n"]) | st.binary(max_size=40)


@given(st.lists(st.tuples(HEADERS, VALUES), max_size=8), st.lists(LINES, max_size=8))
def test_any_letter_is_read_or_refused(headers: list[tuple[str, str]], body: list[bytes]) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
    try:
        message = read(head + b"\r\n" + b"".join(body))
    except Refused:
        return
    json.dumps([message.text, message.gateway_id, dict(message.fields)]).encode()
    message.text.encode()


@given(st.binary(max_size=300))
def test_noise_is_read_or_refused(raw: bytes) -> None:
    try:
        read(raw).text.encode()
    except Refused:
        return


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", bytes(range(128, 256)) * 20])
def test_what_is_no_letter_is_not_taken_for_one(raw: bytes) -> None:
    with pytest.raises(Refused, match="no header"):
        letter.read(raw)
