"""The API: /api/{operation}/reports. One report or thousands a call; every row gets a verdict.

The rows are decoded by msgspec, not by the models that django-ninja usually uses: the loop over them is the hot path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from msgspec import Meta, Struct
from ninja import NinjaAPI
from ninja.errors import AuthenticationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import HttpBearer

from rapport.accounts import api_keys
from rapport.accounts.models import ApiKey
from rapport.errors import Refused, TryAgain
from rapport.events.models import Event
from rapport.intake import coordinates, limits, refusals, uploads
from rapport.intake.channels import wire
from rapport.intake.keep import keep
from rapport.intake.views import RETRY_AFTER
from rapport.operations import fields as extra_fields
from rapport.operations.models import Source
from rapport.reports.attachments import kinds, store
from rapport.reports.models import Report
from rapport.sharing.queries import released
from rapport.values import EARLIEST, PUBLIC, Address, GivenFile, GivenPlace, Json, Kept, Message, Purpose

MAX_JSON = 8 * 1024 * 1024  # bytes of a JSON body: it is held in memory as a whole
MAX_NDJSON = 64 * 1024 * 1024  # bytes of an NDJSON body: it is read in pieces
MAX_ROWS = 50_000  # of one call: each gets a verdict of about 100 bytes in the answer
MAX_LINE = 256 * 1024  # bytes of one report: 10,000 letters escaped as \uXXXX, and its fields
_PIECE = 512 * 1024
_TOGETHER = 2_000  # reports kept in one go
_CLOCK_AHEAD = timedelta(minutes=10)  # another system's clock may be that much ahead [ours]


# --- what comes in, and what goes back -----------------------------------------------------------------------------


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


# --- the addresses -------------------------------------------------------------------------------------------------


class ByKey(HttpBearer):
    """`Authorization: Bearer rap_…`: a key is bound to one source."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        return api_keys.find(token)


class Api(NinjaAPI):
    """django-ninja, with the schemas that msgspec reads and writes."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        _, described = msgspec.json.schema_components(
            [ReportIn, Result, Problem, StandingOut], ref_template="#/components/schemas/{name}"
        )
        schema["components"].setdefault("schemas", {}).update(described)
        return schema


api = Api(
    title="rapport",
    version="1",
    description="Send reports to an operation, one or thousands a call, and ask where they stand.",
    urls_namespace="api",
    auth=ByKey(),
)


def _shape(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _described(body: dict[str, Any] | None = None, good: str = "Result") -> dict[str, Any]:
    answers: dict[int, Any] = {
        200: {"description": "Done; each row says what became of it.", "content": _shape(good)},
        401: {"description": "The key is missing or not in force.", "content": _shape("Problem")},
        403: {"description": "The key is for another operation.", "content": _shape("Problem")},
    }
    if not body:
        return {"responses": answers | {404: {"description": "No such report.", "content": _shape("Problem")}}}
    answers |= {
        400: {"description": "Nothing in it could be taken.", "content": _shape("Result")},
        413: {"description": "Too large.", "content": _shape("Problem")},
        429: {"description": "Too fast: see Retry-After.", "content": _shape("Problem")},
        503: {"description": "Not kept now: send the same again.", "content": _shape("Problem")},
    }
    return {"requestBody": {"required": True, "content": body}, "responses": answers}


_ONE = {"$ref": "#/components/schemas/ReportIn"}
_JSON_BODY = {"application/json": {"schema": {"oneOf": [_ONE, {"type": "array", "items": _ONE}]}}}
_FORM = {
    "type": "object",
    "required": ["report"],
    "properties": {
        "report": _ONE,
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": kinds.MAX_FILES},
    },
}
_JSON_OR_FORM = _JSON_BODY | {"multipart/form-data": {"schema": _FORM}}
_NDJSON_BODY = {"application/x-ndjson": {"schema": _ONE}}


@api.exception_handler(AuthenticationError)
def _unknown_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    refusals.count(None, "bad_key")
    answer = _json(401, Problem("bad_key", "Send the header Authorization: Bearer, with a key that is in force."))
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@api.post("/{operation}/reports", summary="Send one report, or a list", openapi_extra=_described(_JSON_OR_FORM))
def send_reports(request: HttpRequest, operation: str) -> HttpResponse:
    """One JSON object, or a list of them: good rows are kept whatever the others are. Or, as multipart/form-data, one
    object in the field `report` and its files beside it."""

    def rows() -> Iterator[list[tuple[int, bytes]]]:
        if uploads.is_multipart(request):
            yield [(1, _field(request, "report"))]
        else:
            yield list(enumerate(_split(limits.body(request, MAX_JSON)), 1))

    return _send(request, operation, rows)


@api.post("/{operation}/reports.ndjson", summary="Send thousands of reports", openapi_extra=_described(_NDJSON_BODY))
def send_lines(request: HttpRequest, operation: str) -> HttpResponse:
    """One JSON object a line, uncompressed. Good rows are kept whatever the others are; rows are lines."""
    return _send(request, operation, lambda: _lines(request, limits.size(request, MAX_NDJSON)))


@api.get("/{operation}/reports/{ref}", summary="Where a report stands", openapi_extra=_described(good="StandingOut"))
def standing(request: HttpRequest, operation: str, ref: str) -> HttpResponse:
    """Only reports that came in by the key's own source."""
    try:
        source = _source(request, operation)
    except Refused as refused:
        return _problem(refused)
    report = Report.objects.filter(source=source, ref=ref).first()
    if report is None:
        return _json(404, Problem("no_report", "This source has sent no report with this reference."))
    event = released(Event.objects.filter(links__report=report), PUBLIC, Purpose.VIEW).first()
    return _json(200, StandingOut(report.ref, report.standing, event.ref if event else None))


def _send(request: HttpRequest, operation: str, rows: Callable[[], Iterator[list[tuple[int, bytes]]]]) -> HttpResponse:
    """Take what comes, piece by piece; what was kept before a fault stays kept, and sending again changes nothing."""
    source: Source | None = None
    try:
        source = _source(request, operation)
        limits.check(source)
        with _files(request) as given:
            taking = _Taking(source, given)
            for piece in rows():
                taking.take(piece)
    except Refused as refused:
        refusals.count(source, refused.reason)
        return _problem(refused)
    except TryAgain:
        return _problem(Refused("try_again", "Not everything was kept. Send the same again in a minute.", status=503))
    return taking.answer()


def _files(request: HttpRequest) -> AbstractContextManager[tuple[GivenFile, ...]]:
    return uploads.files(request) if uploads.is_multipart(request) else nullcontext(())


def _field(request: HttpRequest, name: str) -> bytes:
    """One field of a form, as the bytes that came."""
    text = str(request.POST.get(name, ""))
    if not text:
        raise Refused("no_report", f"Put the report, one JSON object, into the field {name}.", field=name)
    return text.encode()


def _source(request: HttpRequest, operation: str) -> Source:
    key: ApiKey = request.auth  # type: ignore[attr-defined]  # set by django-ninja
    source = key.source
    if source.operation.slug != operation:
        raise Refused("other_operation", f"This key is for the operation {source.operation.slug}.", status=403)
    if not source.operation.open:
        raise Refused("closed", "This operation takes no new reports.", status=403)
    return source


def _json(status: int, value: Struct) -> HttpResponse:
    answer = HttpResponse(msgspec.json.encode(value), status=status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _problem(refused: Refused) -> HttpResponse:
    answer = _json(refused.status, Problem(refused.reason, refused.remedy, refused.field))
    if refused.status in {429, 503}:
        answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


# --- from bytes to rows --------------------------------------------------------------------------------------------


def _split(body: bytes) -> Sequence[bytes]:
    """The rows of a JSON body, each still undecoded, so that a bad one spoils no other."""
    if not body.lstrip().startswith(b"["):
        return [body]
    try:
        return [bytes(row) for row in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Refused("unreadable", f"The body is not JSON: {error}.") from error


def _lines(request: HttpRequest, length: int) -> Iterator[list[tuple[int, bytes]]]:
    """The lines of an NDJSON body with their numbers, some thousands at a time; empty ones are passed over."""
    number, left, begun = 0, length, b""
    while left:
        piece = _read(request, min(_PIECE, left))
        left -= len(piece)
        *lines, begun = (begun + piece).split(b"\n")
        if not left:
            lines, begun = [*lines, begun], b""
        begun = begun[: MAX_LINE + 1]  # enough to see that it is too long, and no more
        yield [(at, line) for at, line in enumerate(lines, number + 1) if line.strip()]
        number += len(lines)


def _read(request: HttpRequest, size: int) -> bytes:
    try:
        piece = bytes(request.read(size))
    except UnreadablePostError as error:
        raise limits.cut_short() from error
    if not piece:
        raise limits.cut_short()
    return piece


# --- from rows to reports ------------------------------------------------------------------------------------------

_decoder = msgspec.json.Decoder(ReportIn)


class _Taking:
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

    def answer(self) -> HttpResponse:
        """200 if anything is in the operation now, 400 if nothing is."""
        counts = Counter(verdict.verdict for verdict in self._verdicts)
        for reason, number in self._reasons.items():
            refusals.count(self._source, reason, number)
        if not self._verdicts:
            return _problem(Refused("no_rows", "Send at least one report."))
        good = counts["kept"] + counts["already"]
        result = Result(counts["kept"], counts["already"], counts["refused"], self._verdicts)
        return _json(200 if good else 400, result)


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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
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
