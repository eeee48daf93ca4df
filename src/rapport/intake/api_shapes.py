"""What the API takes and gives: the fields of a report from another system, and the verdict on each row.

They are decoded by msgspec, not by the models that django-ninja usually uses: the loop over them is the hot path.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from rapport.reports.attachments import kinds


class SenderIn(Struct, forbid_unknown_fields=True):
    """Who sent it: tel and whatsapp with a number in international form, email, or name."""

    kind: Annotated[str, Meta(max_length=10)]
    value: Annotated[str, Meta(min_length=1, max_length=200)]


class PlaceIn(Struct, forbid_unknown_fields=True):
    """Where: WGS 84 degrees, a name, or both."""

    lon: float | None = None
    lat: float | None = None
    name: Annotated[str, Meta(max_length=300)] = ""


class FileIn(Struct, forbid_unknown_fields=True):
    """A photo, recording or document; `data` is in base64. What it is, its first bytes say."""

    data: bytes
    name: Annotated[str, Meta(max_length=1_000)] = ""
    type: Annotated[str, Meta(max_length=200)] = ""


class ReportIn(Struct, forbid_unknown_fields=True):
    """A report as another system sends it. `id` is that system's own: the same id again changes nothing. `extra` holds
    the values of the operation's extra fields by their codes: a text, a number, a day as 2010-01-31, the code of a
    choice or a list of them. Everything else goes into `fields`."""

    text: Annotated[str, Meta(min_length=1, max_length=10_000)]
    id: Annotated[str, Meta(max_length=200)] = ""
    sent_at: Annotated[datetime, Meta(tz=True)] | None = None
    sender: SenderIn | Annotated[str, Meta(max_length=200)] | None = None
    place: PlaceIn | None = None
    categories: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=50)] = []
    language: Annotated[str, Meta(max_length=12)] = ""
    fields: Annotated[dict[str, Any], Meta(max_length=100)] = {}
    extra: Annotated[dict[str, str | int | float | list[str] | None], Meta(max_length=100)] = {}
    files: Annotated[list[FileIn], Meta(max_length=kinds.MAX_FILES)] = []


class Verdict(Struct, omit_defaults=True, gc=False):
    """What became of one row; rows count from 1. `verdict` is kept, already or refused."""

    row: int
    verdict: str
    id: str = ""
    ref: str = ""
    reason: str = ""
    field: str = ""
    remedy: str = ""
    warning: str = ""


class Result(Struct):
    """All verdicts, in the order of the rows. kept + already + refused = the rows that came."""

    kept: int
    already: int
    refused: int
    rows: list[Verdict]


class Problem(Struct, omit_defaults=True):
    """Why nothing was done, and what to change."""

    reason: str
    remedy: str
    field: str = ""


class StandingOut(Struct):
    """Where a report stands: waiting, in_event, rejected or withdrawn; `event` is its event's id if readers see it."""

    ref: str
    standing: str
    event: str | None
