"""From the bytes of a call to rows, and from rows to reports; every row gets a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from rapport.errors import Refused
from rapport.formats.json_lists import has_more
from rapport.intake import coordinates, refusals
from rapport.intake.api_shapes import FileIn, PlaceIn, ReportIn, Result, SenderIn, Verdict
from rapport.intake.channels import wire
from rapport.intake.keep import keep
from rapport.operations import bodies
from rapport.operations import fields as extra_fields
from rapport.operations.models import Source
from rapport.reports.attachments import store
from rapport.values import EARLIEST, Address, GivenFile, GivenPlace, Json, Kept, Message

MAX_ROWS = 50_000  # of one call: each gets a verdict of about 100 bytes in the answer
MAX_LINE = 256 * 1024  # bytes of one report: 10,000 letters escaped as \uXXXX, and its fields
_PIECE = 512 * 1024
_TOGETHER = 2_000  # reports kept in one go
_CLOCK_AHEAD = timedelta(minutes=10)  # another system's clock may be that much ahead [ours]


# --- from bytes to rows --------------------------------------------------------------------------------------------


def split(body: bytes) -> Sequence[bytes]:
    """The rows of a JSON body, each still undecoded, so that a bad one spoils no other."""
    if not body.lstrip().startswith(b"["):
        return [body]
    if has_more(body, MAX_ROWS):
        raise Refused("too_many_rows", f"Send at most {MAX_ROWS:,} rows in a call; none is kept.", status=413)
    try:
        return [bytes(row) for row in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except RecursionError as error:
        raise wire.too_deep() from error
    except msgspec.MsgspecError as error:
        raise Refused("unreadable", f"The body is not JSON in UTF-8: {error}.") from error


def lines(request: HttpRequest, length: int) -> Iterator[list[tuple[int, bytes]]]:
    """The lines of an NDJSON body with their numbers, some thousands at a time; empty ones are passed over."""
    number, left, begun = 0, length, b""
    while left:
        piece = _read(request, min(_PIECE, left))
        left -= len(piece)
        *whole, begun = (begun + piece).split(b"\n")
        if not left:
            whole, begun = [*whole, begun], b""
        begun = begun[: MAX_LINE + 1]  # enough to see that it is too long, and no more
        yield [(at, line) for at, line in enumerate(whole, number + 1) if line.strip()]
        number += len(whole)


def _read(request: HttpRequest, size: int) -> bytes:
    try:
        piece = bytes(request.read(size))
    except UnreadablePostError as error:
        raise bodies.cut_short() from error
    if not piece:
        raise bodies.cut_short()
    return piece


# --- from rows to reports ------------------------------------------------------------------------------------------


_decoder = msgspec.json.Decoder(ReportIn)


class Taking:
    """The rows of one call, and what became of them."""

    def __init__(self, source: Source, files: Sequence[GivenFile] = ()) -> None:
        self._source = source
        self._files = tuple(files)  # that came beside the one report of a form
        self._box = source.operation.box
        self._codes = frozenset(source.operation.categories.values_list("code", flat=True))
        self._extra = extra_fields.stored(source.operation.extra_fields)
        self._latest = datetime.now(UTC) + _CLOCK_AHEAD
        self._verdicts: list[Verdict] = []
        self._reasons: Counter[str] = Counter()

    def take(self, rows: Sequence[tuple[int, bytes]]) -> None:
        """Keep what is good of some rows. Raises TryAgain; then those kept before stay kept."""
        for start in range(0, len(rows), _TOGETHER):
            if len(self._verdicts) >= MAX_ROWS:
                raise Refused("too_many_rows", f"Send at most {MAX_ROWS:,} rows in a call; those are kept.", status=413)
            self._keep(self._read(rows[start : start + _TOGETHER]))

    def _read(self, rows: Iterable[tuple[int, bytes]]) -> list[tuple[Verdict, Message]]:
        good = []
        for number, row in rows:
            verdict = Verdict(number, "refused")
            self._verdicts.append(verdict)
            try:
                good.append((verdict, self._message(row, verdict)))
            except Refused as refused:
                verdict.reason, verdict.field, verdict.remedy = refused.reason, refused.field, refused.remedy
                self._reasons[refused.reason] += 1
        return good

    def _message(self, row: bytes, verdict: Verdict) -> Message:
        given = _decoded(row)
        verdict.id = given.id
        if not given.text.strip():
            raise Refused("empty_text", "Write a text, or leave the row out.", field="text")
        if given.sent_at is not None and given.sent_at < EARLIEST:
            remedy = f"Give the time when it was sent; this is before {EARLIEST.year}."
            raise Refused("too_early", remedy, field="sent_at")
        if given.sent_at is not None and given.sent_at > self._latest:
            raise Refused("future", "Give the time when it was sent; this is in the future.", field="sent_at")
        fields: dict[str, Json] = given.fields
        if given.place is not None and coordinates.check(given.place.lon, given.place.lat, self._box):
            fields = fields | {"outside_operation": True}
        if unknown := [code for code in given.categories if code not in self._codes]:
            fields = fields | {"unknown_categories": list[Json](unknown)}
            verdict.warning = f"Not in this operation, kept among the fields: {', '.join(unknown)}."
        if unasked := extra_fields.unknown(self._extra, given.extra):
            fields = fields | {"unknown_extra": {code: _plain(given.extra[code]) for code in unasked}}
            told = f"Not asked for by this operation, kept among the fields: {', '.join(unasked)}."
            verdict.warning = f"{verdict.warning} {told}".strip()
        return Message(
            text=given.text,
            gateway_id=given.id,
            sender=_sender(given.sender),
            sent_at=given.sent_at,
            language=given.language,
            place=_place(given.place),
            categories=tuple(code for code in given.categories if code in self._codes),
            fields=fields,
            extra=self._answers(given.extra),
            files=self._checked(given.files),
        )

    def _answers(self, given: Mapping[str, object]) -> dict[str, Json]:
        try:
            return extra_fields.read_all(self._extra, given)
        except extra_fields.BadValue as bad:
            raise Refused("extra_field", bad.remedy, field=f"extra.{bad.field}") from bad

    def _checked(self, given: Sequence[FileIn]) -> tuple[GivenFile, ...]:
        files = (*self._files, *(GivenFile(one.name, one.type, one.data) for one in given))
        if files:
            store.check(files)
        return files

    def _keep(self, good: list[tuple[Verdict, Message]]) -> None:
        kept: Iterable[Kept] = keep(self._source, [message for _, message in good]) if good else ()
        for (verdict, _), one in zip(good, kept, strict=True):
            verdict.verdict, verdict.ref = "kept" if one.new else "already", one.ref

    def result(self) -> Result:
        """All verdicts; the refusals among them are counted now."""
        counts = Counter(verdict.verdict for verdict in self._verdicts)
        for reason, number in self._reasons.items():
            refusals.count(self._source, reason, number)
        return Result(counts["kept"], counts["already"], counts["refused"], self._verdicts)


def _plain(value: str | int | float | list[str] | None) -> Json:
    return list[Json](value) if isinstance(value, list) else value


def _decoded(row: bytes) -> ReportIn:
    """The row as a report; Refused names the field and what is wrong with it."""
    if len(row) > MAX_LINE and b'"files"' not in row:
        raise _too_large()
    try:
        given = _decoder.decode(row)
    except msgspec.ValidationError as error:
        remedy, _, path = str(error).partition(" - at `$")
        raise Refused("wrong_field", f"{remedy}.", field=path.strip(".`")) from error
    except RecursionError as error:
        raise wire.too_deep() from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("unreadable", f"This is not one JSON object in UTF-8: {error}.") from error
    if len(row) - sum(4 * len(file.data) // 3 for file in given.files) > MAX_LINE:
        raise _too_large()
    if wire.deeper(given.fields, wire.DEEPEST):
        raise wire.too_deep("fields")
    if b"\\u0000" in row and (where := _nul(msgspec.to_builtins(given))):
        raise Refused("nul", "Take the NUL character (\\u0000) out: not every database can keep it.", field=where)
    return given


def _too_large() -> Refused:
    return Refused("too_large", f"Send at most {MAX_LINE:,} bytes a report, files apart.")


def _nul(value: object) -> str:
    """The field of a decoded report that holds a NUL; "" for none."""
    found = [name for name, item in value.items() if "\0" in _strings(item)] if isinstance(value, dict) else []
    return str(found[0]) if found else ""


def _strings(value: object) -> str:
    """Every string within a decoded JSON value, keys too, one after the other."""
    if isinstance(value, dict):
        return "".join(f"{key}{_strings(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "".join(map(_strings, value))
    return value if isinstance(value, str) else ""


def _sender(given: SenderIn | str | None) -> Address | None:
    if not given:
        return None
    text = given if isinstance(given, str) else f"{given.kind}:{given.value}"
    address = wire.address(text)
    if address.kind != (text.partition(":")[0] if ":" in text else "tel"):
        remedy = f"Write it like tel:+50955500100, with one of {', '.join(sorted(wire.SCHEMES))}."
        raise Refused("wrong_field", remedy, field="sender")
    return address


def _place(given: PlaceIn | None) -> GivenPlace | None:
    if given is None or (given.lon is None and not given.name):
        return None
    return GivenPlace(given.lon, given.lat, given.name)
