"""E-mail by SMTP. Knows no database: a server, a message, and what became of it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from rapport.notify.calls import CONNECT_S, TOTAL_S, MayGo, Withdrawn, deadline, reason
from rapport.values import Outcome, Outgoing

#: Seconds that a whole delivery may take; servers that check as they receive take their time [ours].
WHOLE_S = 60.0
_PORTS = {"smtp": 587, "smtps": 465}
#: There nobody listens in, and certificates are rarely made for it.
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Server:
    """Where our mail goes out. `tls` from the first byte, or by STARTTLS; on this machine itself without."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port})"

    @property
    def starttls(self) -> bool:
        return not self.tls and self.host not in _THIS_MACHINE


def server(text: str) -> Server | None:
    """smtp(s)://user:password@host:port as a server; None for "", ValueError with the form for anything else."""
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("write smtp://user:password@host:port, or smtps:// for TLS from the first byte")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("write user and password both, or neither; a @, : or / in them as %40, %3A, %2F")
    return Server(
        parts.hostname,
        parts.port or _PORTS[parts.scheme],
        parts.scheme == "smtps",
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def mailbox(text: str) -> str:
    """An address of e-mail as it stands in an envelope, "" for ""; ValueError if it is none."""
    try:
        made = Mailbox(addr_spec=text.strip()) if text.strip() else None
    except (MessageError, ValueError, IndexError) as error:
        raise ValueError("write an address like reports@example.org") from error
    if made is not None and not (made.username and "." in made.domain + "."):
        raise ValueError("write an address like reports@example.org")
    return made.addr_spec if made else ""


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail before it is written out. `answers`: it goes out by itself, as the answer to a message."""

    message: Outgoing
    subject: str
    language: str
    answers: bool
    at: datetime


def written(letter: Letter, sender: str) -> EmailMessage:
    """Plain text in UTF-8. The id follows from the uuid: whoever gets it twice can tell. ValueError or MessageError if
    the address is none."""
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = Mailbox(addr_spec=letter.message.to.value)
    made["Subject"] = " ".join(letter.subject.split())
    made["Date"] = format_datetime(letter.at)
    made["Message-ID"] = f"<{letter.message.uuid}@{sender.rpartition('@')[2]}>"
    # RFC 3834: programs must not answer it, and no out-of-office note comes back.
    made["Auto-Submitted"] = "auto-replied" if letter.answers else "auto-generated"
    made.set_content(letter.message.text)
    if letter.language:
        made["Content-Language"] = letter.language
    return made


def obstacle(to: Server) -> str:
    """Why the server does not let us in, in a sentence; "" if it does."""
    try:
        _connected(to).close()
    except smtplib.SMTPResponseException as error:
        return f"The mail server refuses us (code {error.smtp_code})."
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return f"No connection to the mail server: {reason(error)}."
    return ""


def deliver(to: Server, sender: str, letter: Letter, may_go: MayGo) -> Outcome:
    """Hand the letter to the server. Withdrawn if `may_go` says no.

    The point of no return is the text after DATA: until then nothing has gone. An answer of 4xx is for later, one of
    5xx for ever (RFC 5321, 4.2.1).
    """
    try:
        text = written(letter, sender)
    except (MessageError, ValueError, IndexError):
        return Outcome("failed", "This is not an address of e-mail.")
    try:
        smtp = _connected(to)
    except smtplib.SMTPResponseException as error:
        # Whatever the code, a server that does not let us in says nothing about this message.
        return Outcome("later", f"The mail server refuses us (code {error.smtp_code}).")
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return Outcome("later", f"No connection to the mail server: {reason(error)}.")
    with deadline(smtp.sock, WHOLE_S):
        try:
            return _handed_over(smtp, sender, text, may_go)
        finally:
            smtp.close()


def _connected(to: Server) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    smtp: smtplib.SMTP
    if to.tls:
        smtp = smtplib.SMTP_SSL(to.host, to.port, timeout=CONNECT_S, context=trusted)
    else:
        smtp = smtplib.SMTP(to.host, to.port, timeout=CONNECT_S)
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(TOTAL_S)
        smtp.ehlo_or_helo_if_needed()
        if to.starttls:
            smtp.starttls(context=trusted)
        if to.user:
            smtp.login(to.user, to.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _handed_over(smtp: smtplib.SMTP, sender: str, text: EmailMessage, may_go: MayGo) -> Outcome:
    try:
        if refused := _envelope(smtp, sender, text):
            return refused
        if not may_go():
            raise Withdrawn
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("later", f"The mail server broke off: {reason(error)}.")
    try:
        policy = SMTP if text.as_bytes(policy=SMTP).isascii() else SMTPUTF8
        smtp.send(_stuffed(text.as_bytes(policy=policy)) + b".\r\n")
        code, _ = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("unsure", f"The line to the mail server broke before it answered: {reason(error)}.")
    return Outcome("sent") if code == 250 else _refusal(code, "the message")


def _envelope(smtp: smtplib.SMTP, sender: str, text: EmailMessage) -> Outcome | None:
    """Everything up to the text; a refusal, or None if the server waits for the text."""
    recipient = str(text["To"].addresses[0].addr_spec)
    options = ["SMTPUTF8"] if not recipient.isascii() else []
    if options and not smtp.has_extn("smtputf8"):
        return Outcome("failed", "The mail server takes no address with these letters.")
    steps: tuple[tuple[Callable[[], tuple[int, bytes]], str], ...] = (
        (lambda: smtp.mail(sender, options), "our address"),
        (lambda: smtp.rcpt(recipient), "the address"),
        (lambda: smtp.docmd("data"), "the message"),
    )
    for step, what in steps:
        code, _ = step()
        if code not in {250, 251, 252, 354}:
            return _refusal(code, what)
    return None


def _refusal(code: int, what: str) -> Outcome:
    return Outcome("failed" if 500 <= code < 600 else "later", f"The mail server does not take {what} (code {code}).")


def _stuffed(text: bytes) -> bytes:
    """Lines that begin with a dot get a second one (RFC 5321, 4.5.2)."""
    lines = text.split(b"\r\n")
    stuffed = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"
