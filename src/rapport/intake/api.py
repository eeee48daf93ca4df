"""The API: /api/{operation}/reports. One report or thousands a call; every row gets a verdict (api_rows.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from msgspec import Struct
from ninja import NinjaAPI
from ninja.errors import AuthenticationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import HttpBearer

from rapport.accounts import api_keys
from rapport.accounts.models import ApiKey
from rapport.errors import Refused, TryAgain
from rapport.events.models import Event
from rapport.intake import limits, refusals, uploads
from rapport.intake.api_rows import Taking, lines, split
from rapport.intake.api_shapes import Problem, ReportIn, Result, StandingOut
from rapport.intake.views import RETRY_AFTER
from rapport.operations import bodies
from rapport.operations.models import Source
from rapport.reports.attachments import kinds
from rapport.reports.models import Report
from rapport.sharing.active import policy_of
from rapport.sharing.queries import released
from rapport.values import PUBLIC, GivenFile, Purpose

MAX_JSON = 8 * 1024 * 1024  # bytes of a JSON body: it is held in memory as a whole
MAX_NDJSON = 64 * 1024 * 1024  # bytes of an NDJSON body: it is read in pieces


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
            yield list(enumerate(split(bodies.body(request, MAX_JSON)), 1))

    return _send(request, operation, rows)


@api.post("/{operation}/reports.ndjson", summary="Send thousands of reports", openapi_extra=_described(_NDJSON_BODY))
def sendlines(request: HttpRequest, operation: str) -> HttpResponse:
    """One JSON object a line, uncompressed. Good rows are kept whatever the others are; rows are lines."""
    return _send(request, operation, lambda: lines(request, bodies.size(request, MAX_NDJSON)))


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
    event = _public(report)
    return _json(200, StandingOut(report.ref, report.standing, event.ref if event else None))


def _public(report: Report) -> Event | None:
    """The event of a report, if everybody may see it."""
    told = Event.objects.filter(links__report=report)
    policy = policy_of(report.source.operation_id)
    return released(told, policy, PUBLIC, Purpose.VIEW, timezone.now()).first()


def _send(request: HttpRequest, operation: str, rows: Callable[[], Iterator[list[tuple[int, bytes]]]]) -> HttpResponse:
    """Take what comes, piece by piece; what was kept before a fault stays kept, and sending again changes nothing."""
    source: Source | None = None
    try:
        source = _source(request, operation)
        limits.check(source)
        limits.slow_down()
        with _files(request) as given:
            taking = Taking(source, given)
            for piece in rows():
                taking.take(piece)
    except Refused as refused:
        refusals.count(source, refused.reason)
        return _problem(refused)
    except TryAgain:
        return _problem(Refused("try_again", "Not everything was kept. Send the same again in a minute.", status=503))
    result = taking.result()
    if not result.rows:
        return _problem(Refused("no_rows", "Send at least one report."))
    return _json(200 if result.kept + result.already else 400, result)  # 200 if anything is in the operation now


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
