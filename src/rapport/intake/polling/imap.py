"""A folder of a mailbox, read by IMAP (RFC 3501) over TLS. It is opened for reading only and nothing in it is changed:
what was read last is remembered here."""

from __future__ import annotations

import imaplib
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

from rapport.errors import Refused
from rapport.intake.polling import letter
from rapport.intake.polling.fetch import Unanswered, connected, secured
from rapport.notify.calls import deadline, reason
from rapport.plugins import EVERY, GetsPages, Polled, Setting
from rapport.values import Fetched, Json

WHOLE_S = 120.0  # of one visit; what is left comes with the next [ours]
AT_ONCE = 100  # letters of one visit
_SPACE = 64 * 1024  # bytes beside a letter in the server's longest answer


class _Mailbox(imaplib.IMAP4_SSL):
    """The library's client over a connection to an address that was judged, with an end to what it reads at once."""

    def __init__(self, host: str, port: int, web: GetsPages) -> None:
        self._web, self._watched = web, ExitStack()
        try:
            super().__init__(host, port)
        except BaseException:
            self._watched.close()
            raise

    def _create_socket(self, timeout: float | None) -> socket.socket:
        line = secured(connected(self.host, self.port, self._web.inside), self.host)
        self._watched.enter_context(deadline(line, WHOLE_S))
        try:
            line.do_handshake()
        except BaseException:
            line.close()
            raise
        return line

    def shutdown(self) -> None:
        self._watched.close()
        super().shutdown()

    def read(self, size: int) -> bytes:
        if size > letter.MOST + _SPACE:
            raise imaplib.IMAP4.abort("an answer that is too large")
        return super().read(size)


def poll(settings: Mapping[str, str], state: dict[str, Json], web: GetsPages) -> Iterator[Fetched | Refused]:
    """The letters that came since the last visit; with the first one all that are there."""
    host, _, port = settings["host"].strip().partition(":")
    try:
        mailbox = _Mailbox(host, int(port or 993), web)
    except imaplib.IMAP4.error as error:
        raise Unanswered(f"{host} does not answer as a mailbox does.") from error
    except (OSError, ValueError) as error:
        raise Unanswered(f"No connection to {host}: {reason(error)}.") from error
    try:
        yield from visit(mailbox, settings, state)
    finally:
        mailbox.shutdown()


def visit(mailbox: imaplib.IMAP4, settings: Mapping[str, str], state: dict[str, Json]) -> Iterator[Fetched | Refused]:
    """The same with a connection that stands."""
    of = " ".join(settings.get(name, "") for name in ("host", "user", "folder"))
    if state.get("of") != of:  # another mailbox may have the same numbers
        state.clear()
        state["of"] = of
    try:
        _sign_in(mailbox, settings)
        for uid in _new(mailbox, settings.get("folder") or "INBOX", state):
            if (found := _letter(mailbox, uid)) is not None:
                yield found
            state["uid"] = uid
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        words = reason(error) if isinstance(error, OSError) else "it did not answer as a mailbox does"
        raise Unanswered(f"The mailbox broke off: {words}.") from error


def _sign_in(mailbox: imaplib.IMAP4, settings: Mapping[str, str]) -> None:
    try:
        mailbox.login(settings["user"], settings["password"])
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise Unanswered("The mailbox refuses the user or the password.") from error


def _new(mailbox: imaplib.IMAP4, folder: str, state: dict[str, Json]) -> list[int]:
    """Their numbers, the oldest first. Where the server numbered its letters anew (RFC 3501, 2.3.1.1) all are new to
    us: their ids keep them from being kept twice."""
    if re.search(r'["\\\r\n]', folder) or not folder.isascii():
        raise Unanswered("Write the folder's name as the server knows it, in ASCII.")
    answer, _ = mailbox.select(f'"{folder}"', readonly=True)
    if answer != "OK":
        raise Unanswered(f"The mailbox has no folder {folder}.")
    numbering = _number(mailbox.response("UIDVALIDITY")[1])
    if state.get("uidvalidity") != numbering:
        state.update(uidvalidity=numbering, uid=0)
    last = state.get("uid")
    last = last if isinstance(last, int) else 0
    answer, found = mailbox.uid("SEARCH", "UID", f"{last + 1}:*")
    if answer != "OK":
        raise Unanswered("The mailbox does not say what is in it.")
    said = b" ".join(part for part in found if isinstance(part, bytes))
    uids = {int(word) for word in said.split() if word.isdigit() and len(word) <= 10}
    return sorted(uid for uid in uids if uid > last)[:AT_ONCE]  # n:* names the last letter even if it is before n


def _number(said: list[Any]) -> int:
    first = said[-1] if said else None
    return int(first) if isinstance(first, bytes) and first.isdigit() and len(first) <= 10 else 0


def _letter(mailbox: imaplib.IMAP4, uid: int) -> Fetched | Refused | None:
    """The letter, why it is not taken, or None if it is gone. Asked for its size first: a large one is never sent."""
    size = re.search(rb"RFC822\.SIZE (\d{1,12})", _said(mailbox.uid("FETCH", str(uid), "(RFC822.SIZE)")[1]))
    if size is None:
        return None
    if int(size[1]) > letter.MOST:
        return Refused("too_large", f"A letter has at most {letter.MOST:,} bytes.", status=413)
    _, parts = mailbox.uid("FETCH", str(uid), "(BODY.PEEK[])")
    raw = next((part[1] for part in parts if isinstance(part, tuple) and len(part) > 1), None)
    if not isinstance(raw, bytes):
        return None
    try:
        return letter.read(raw)
    except Refused as refused:
        return refused


def _said(parts: list[Any]) -> bytes:
    return b" ".join(part if isinstance(part, bytes) else b" ".join(part) for part in parts if part)


POLLED = Polled(
    name="imap",
    title="E-mail, a mailbox read by IMAP",
    proof="nothing: the sender of an e-mail can be anybody",
    settings=(
        Setting("host", "The mail server, as mail.example.org; TLS at port 993, or as host:port.", carries="password"),
        Setting("user", "Name of the mailbox's user, often its address."),
        Setting("password", "Its password; one for programs, where the server gives such.", secret=True),
        Setting("folder", "The folder that is read; empty means INBOX.", required=False),
        EVERY,
    ),
    poll=poll,
    every=1,
)
