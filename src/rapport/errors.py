"""The few exceptions that cross rooms. Each carries what the caller needs to answer in plain words."""

from __future__ import annotations

import traceback


class RapportError(Exception):
    """Base of all errors that are meant to be shown to a person."""


class Refused(RapportError):
    """A message is not taken: it is hostile, malformed or over a limit.

    `reason` is a short stable word (counted per source), `remedy` says what to change. The HTTP status tells a gateway
    what to do next: 4xx never send this again, 429 later.
    """

    def __init__(self, reason: str, remedy: str, *, status: int = 400, row: int | None = None, field: str = "") -> None:
        self.reason = reason
        self.remedy = remedy
        self.status = status
        self.row = row
        self.field = field
        where = "".join([f"row {row}: " if row is not None else "", f"{field}: " if field else ""])
        super().__init__(f"{where}{remedy}")


class TryAgain(RapportError):
    """Nothing was kept, and the same message may be sent again: a full disk, a locked database (HTTP 503)."""


class NotAllowed(RapportError):
    """The person lacks the permission named; nothing was changed."""


class BadKey(RapportError):
    """The key that a request came with does not open what it asks for. HTTP 401: it is, or has become, none of ours;
    403: not this, or not now. Who sends a key is never given what everybody gets instead."""

    def __init__(self, status: int, remedy: str) -> None:
        self.status = status
        super().__init__(remedy)


class Conflict(RapportError):
    """Somebody else was first (a lease, an undo): nothing was changed, and the text says who."""


class BadDefinition(RapportError):
    """An operation's file, a setting or a stored definition cannot be used; names the place and the remedy."""


def place_of(fault: BaseException) -> str:
    """The kind of a fault and where it arose, for the log. Not its own words: they may quote a report or an address."""
    return f"{type(fault).__name__} at\n{''.join(traceback.format_tb(fault.__traceback__))}"
