"""The API: every row gets a verdict, good ones are kept whatever the others are, a call repeated changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from rapport.accounts import api_keys
from rapport.errors import Refused
from rapport.events.models import Event, EventReport
from rapport.intake import api, api_rows, limits, refusals
from rapport.intake.models import RefusalCount
from rapport.operations.models import Operation, Source
from rapport.reports.models import Report, Standing
from tests.contracts.gateways import no_table

REPORTS = "/api/sample/reports"
LINES = "/api/sample/reports.ndjson"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    limits.forget()
    refusals.forget()
    api_keys.forget()
    yield
    api_keys.forget()


class Partner:
    """Another system that holds a key."""

    def __init__(self, source: Source) -> None:
        self.key = api_keys.make(source.pk, source.operation_id, "partner", None)

    def post(self, path: str, body: object, kind: str = "application/json") -> HttpResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Client().post(path, raw, kind, headers={"Authorization": f"Bearer {self.key}"})  # type: ignore[return-value]

    def lines(self, *rows: object) -> HttpResponse:
        raw = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
        return self.post(LINES, b"\n".join(raw), "application/x-ndjson")

    def asks(self, ref: str) -> HttpResponse:
        return Client().get(f"{REPORTS}/{ref}", headers={"Authorization": f"Bearer {self.key}"})  # type: ignore[return-value]


@pytest.fixture
def partner(operation: Operation) -> Partner:
    return Partner(operation.sources.get(slug="api"))


def said(answer: HttpResponse) -> Any:
    return json.loads(answer.content)


FULL = {
    "id": "row-1",
    "text": "Pon an kraze",
    "sent_at": "2026-01-31T14:30:00-05:00",
    "sender": {"kind": "tel", "value": "+509 5550 0100"},
    "place": {"lon": -72.3, "lat": 18.5, "name": "Pon Delmas"},
    "categories": ["2a"],
    "language": "ht",
    "fields": {"people": 12, "photos": ["a", "b"]},
}


def test_everything_a_partner_says_is_kept(partner: Partner) -> None:
    answer = partner.post(REPORTS, FULL)
    report = Report.objects.get()
    assert answer.status_code == 200
    assert said(answer) == {
        "kept": 1, "already": 0, "refused": 0,
        "rows": [{"row": 1, "verdict": "kept", "id": "row-1", "ref": report.ref}],
    }  # fmt: skip
    assert (report.text, report.sent_at) == ("Pon an kraze", datetime(2026, 1, 31, 19, 30, tzinfo=UTC))
    assert (report.lon, report.lat, report.place_said) == (-72.3, 18.5, "Pon Delmas")
    assert (report.categories_said, report.language_said) == (["2a"], "ht")
    assert report.fields == FULL["fields"]
    assert report.sender is not None
    assert report.sender.address.value == "+50955500100"


def test_a_call_repeated_changes_nothing(partner: Partner) -> None:
    rows = [{"id": f"row-{number}", "text": f"report {number}"} for number in range(3)]
    first, second = said(partner.post(REPORTS, rows)), said(partner.lines(*rows))
    assert (first["kept"], second["kept"], second["already"]) == (3, 0, 3)
    assert [row["ref"] for row in first["rows"]] == [row["ref"] for row in second["rows"]]
    assert Report.objects.count() == 3


def test_good_rows_are_kept_whatever_the_others_are(partner: Partner) -> None:
    answer = partner.lines({"text": "one"}, b"{not json", b"", {"text": 7}, {"text": "two", "categorie": "2a"}, FULL)
    result = said(answer)
    assert answer.status_code == 200
    assert (result["kept"], result["refused"]) == (2, 3)
    assert [(row["row"], row["verdict"]) for row in result["rows"]] == [
        (1, "kept"), (2, "refused"), (4, "refused"), (5, "refused"), (6, "kept"),
    ]  # fmt: skip
    assert result["rows"][2]["field"] == "text"
    assert "`categorie`" in result["rows"][3]["remedy"]
    assert Report.objects.count() == 2


LATER = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("row", "reason", "field"),
    [
        ({}, "wrong_field", ""),
        ([], "wrong_field", ""),
        ({"text": ""}, "wrong_field", "text"),
        ({"text": " \n "}, "empty_text", "text"),
        ({"text": "m" * 10_001}, "wrong_field", "text"),
        ({"text": "a\0b"}, "nul", "text"),
        ({"text": "a", "fields": {"b": [{"c\0": 1}]}}, "nul", "fields"),
        ({"text": "a", "place": {"name": "\0"}}, "nul", "place"),
        ({"text": "a", "id": "m" * 201}, "wrong_field", "id"),
        ({"text": "a", "sent_at": "2026-01-31 14:30"}, "wrong_field", "sent_at"),
        ({"text": "a", "sent_at": LATER}, "future", "sent_at"),
        ({"text": "a", "sent_at": "0001-01-01T00:00:00+09:00"}, "too_early", "sent_at"),
        ({"text": "a", "sender": "somebody"}, "wrong_field", "sender"),
        ({"text": "a", "sender": {"kind": "pigeon", "value": "b"}}, "wrong_field", "sender"),
        ({"text": "a", "sender": {"kind": "tel", "value": "b"}}, "wrong_field", "sender"),
        ({"text": "a", "place": {"lat": 18.5}}, "half_place", "lon"),
        ({"text": "a", "place": {"lon": 0, "lat": 0}}, "zero_place", "lat"),
        ({"text": "a", "place": {"lon": 18.5, "lat": -72.3}}, "swapped_place", "lat"),
        ({"text": "a", "place": {"lon": 200, "lat": 0}}, "no_place", "lon"),
        (b'{"text": "a", "place": {"lon": 1e999, "lat": 1}}', "wrong_field", "place.lon"),
        (b'{"text": "\xff"}', "unreadable", ""),
        (b'{"text": "\\ud800"}', "unreadable", ""),
        (b'{"text": "a", "fields": {"b": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}", "too_deep", ""),
        (b'{"text": "a", "fields": {"b": ' + b'{"c":' * 1_000 + b"1" + b"}" * 1_000 + b"}}", "too_deep", ""),
        (b'{"text": "a", "fields": {"b": ' + b"[" * 200 + b'"\\u0000"' + b"]" * 200 + b"}}", "too_deep", "fields"),
        (b'{"text": "a", "fields": {"b": ' + b"[" * 32 + b"]" * 32 + b"}}", "too_deep", "fields"),
        (b'{"text": "a", "fields": {"b": ' + b"1" * 5_000 + b"}}", "wrong_field", ""),
        (b'{"text": "' + b"m" * 300_000 + b'"}', "too_large", ""),
    ],
    ids=lambda value: str(value)[:30].replace("\0", "NUL") if isinstance(value, dict | bytes) else "",
)
def test_a_bad_row_is_named_with_its_field_and_a_remedy(partner: Partner, row: object, reason: str, field: str) -> None:
    answer = partner.lines(row)
    verdict = said(answer)["rows"][0]
    assert answer.status_code == 400
    assert (verdict["verdict"], verdict["reason"]) == ("refused", reason)
    assert verdict.get("field", "").startswith(field)
    assert verdict["remedy"]
    assert not Report.objects.exists()
    refusals.flush()
    assert RefusalCount.objects.get().reason == reason


def test_a_list_of_more_rows_than_are_taken_is_refused_before_they_are_made(partner: Partner) -> None:
    """Eight megabytes of {} would take half a gigabyte."""
    answer = partner.post(REPORTS, b"[" + b"{}," * 2_000_000 + b"{}]")
    assert (answer.status_code, said(answer)["reason"]) == (413, "too_many_rows")
    assert not Report.objects.exists()


@pytest.mark.parametrize("levels", [1_000, 100_000])
def test_a_list_in_which_something_lies_too_deep_is_refused_as_a_whole(partner: Partner, levels: int) -> None:
    """Where its rows end cannot be told; nothing of it is kept."""
    body = b'[{"text": "a"}, {"text": "b", "fields": {"c": ' + b"[" * levels + b"]" * levels + b"}}]"
    answer = partner.post(REPORTS, body)
    assert (answer.status_code, said(answer)["reason"]) == (400, "too_deep")
    assert not Report.objects.exists()


def test_a_backslash_before_u0000_is_no_nul(partner: Partner) -> None:
    partner.lines(b'{"text": "a\\\\u0000b"}')
    assert Report.objects.get().text == "a\\u0000b"


def test_unknown_categories_are_kept_among_the_fields_with_a_warning(partner: Partner) -> None:
    row = said(partner.post(REPORTS, {"text": "a", "categories": ["2a", "zz"]}))["rows"][0]
    report = Report.objects.get()
    assert (report.categories_said, report.fields) == (["2a"], {"unknown_categories": ["zz"]})
    assert "zz" in row["warning"]


def test_a_point_outside_the_operation_is_taken_and_noted(partner: Partner) -> None:
    partner.post(REPORTS, {"text": "a", "place": {"lon": 2.35, "lat": 48.85}})
    assert Report.objects.get().fields == {"outside_operation": True}


@pytest.mark.parametrize("body", [b"", b"[]", b"  \n", b"[", b"nonsense", b'"text"', b"\xff\xfe"])
def test_a_body_with_nothing_in_it_is_refused(partner: Partner, body: bytes) -> None:
    for path in (REPORTS, LINES):
        assert 400 <= partner.post(path, body).status_code < 500


def test_thousands_of_lines_are_one_call(partner: Partner) -> None:
    rows = [{"id": str(number), "text": f"report {number} " + "m" * 200} for number in range(6_000)]
    result = said(partner.lines(*rows))
    assert (result["kept"], Report.objects.count()) == (6_000, 6_000)
    assert [row["row"] for row in result["rows"]] == list(range(1, 6_001))


@pytest.mark.parametrize(("path", "size"), [(REPORTS, api.MAX_JSON + 1), (LINES, api.MAX_NDJSON + 1)])
def test_a_body_over_the_limit_is_not_read(partner: Partner, path: str, size: int) -> None:
    answer = Client().generic(
        "POST", path, b"", headers={"Authorization": f"Bearer {partner.key}"}, CONTENT_LENGTH=str(size)
    )
    assert (answer.status_code, said(answer)["reason"]) == (413, "too_large")  # type: ignore[arg-type]


def test_compressed_bodies_are_not_taken(partner: Partner) -> None:
    answer = Client().post(
        LINES, b"\x1f\x8b", "application/x-ndjson",
        headers={"Authorization": f"Bearer {partner.key}", "Content-Encoding": "gzip"},
    )  # fmt: skip
    assert answer.status_code == 415


def test_a_call_cut_short_is_refused_and_what_came_is_kept(partner: Partner) -> None:
    rows = b"".join(b'{"id": "%d", "text": "%s"}\n' % (number, b"m" * 200) for number in range(5_000))
    headers = {"Authorization": f"Bearer {partner.key}"}
    broken = {"CONTENT_LENGTH": str(len(rows) + 900_000), "wsgi.input": BytesIO(rows)}
    answer = Client().generic("POST", LINES, headers=headers, **broken)
    assert (answer.status_code, said(answer)["reason"]) == (400, "cut_short")  # type: ignore[arg-type]
    assert said(partner.post(LINES, rows))["kept"] + Report.objects.count() >= 5_000
    assert Report.objects.count() == 5_000


@pytest.mark.parametrize("header", [None, "Bearer rap_wrong", "Bearer", "Basic cmFwOnJhcA==", "Bearer \u00e9"])
def test_without_a_key_in_force_there_is_no_way_in(operation: Operation, header: str | None) -> None:
    answer = Client().post(REPORTS, b"{}", "application/json", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert said(answer)["remedy"]  # type: ignore[arg-type]
    refusals.flush()
    assert RefusalCount.objects.get(source=None).reason == "bad_key"


@pytest.mark.django_db(transaction=True)
def test_while_the_database_cannot_write_the_partner_is_told_to_send_the_same_again(partner: Partner) -> None:
    with no_table("reports_report"):
        answer = partner.lines(FULL)
    assert (answer.status_code, said(answer)["reason"], "Retry-After" in answer.headers) == (503, "try_again", True)
    assert said(partner.lines(FULL))["kept"] == 1


def test_a_key_opens_one_operation_only(partner: Partner) -> None:
    assert partner.post("/api/elsewhere/reports", FULL).status_code == 403
    assert not Report.objects.exists()


def test_a_partner_that_calls_too_fast_is_told_to_wait(partner: Partner) -> None:
    Source.objects.filter(slug="api").update(per_minute=2)
    api_keys.forget()
    answers = [partner.post(REPORTS, {"text": f"report {number}"}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0


def test_a_report_can_be_asked_where_it_stands(partner: Partner, operation: Operation) -> None:
    ref = said(partner.post(REPORTS, FULL))["rows"][0]["ref"]
    assert said(partner.asks(ref)) == {"ref": ref, "standing": "waiting", "event": None}
    event = Event.objects.create(operation=operation)
    EventReport.objects.create(event=event, report=Report.objects.get())
    Report.objects.update(standing=Standing.IN_EVENT)
    assert said(partner.asks(ref)) == {"ref": ref, "standing": "in_event", "event": None}
    Event.objects.update(publication="published")
    assert said(partner.asks(ref))["event"] == event.ref


def test_reports_of_other_sources_cannot_be_asked_for(partner: Partner, operation: Operation) -> None:
    other = Source.objects.create(operation=operation, slug="other", channel="api")
    ref = said(Partner(other).post(REPORTS, FULL))["rows"][0]["ref"]
    assert partner.asks(ref).status_code == 404
    assert partner.asks("nonsense").status_code == 404


def test_the_description_names_every_field(client: Client, operation: Operation) -> None:
    described = client.get("/api/openapi.json").json()
    assert set(described["components"]["schemas"]["ReportIn"]["properties"]) == set(api.ReportIn.__struct_fields__)
    assert set(described["paths"]) == {
        "/api/{operation}/reports", "/api/{operation}/reports.ndjson", "/api/{operation}/reports/{ref}",
    }  # fmt: skip
    text = json.dumps(described)
    for name in described["components"]["schemas"]:
        assert f"#/components/schemas/{name}" in text or name in {"Result", "Problem", "ReportIn", "StandingOut"}


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_any_row_is_read_or_refused(row: bytes) -> None:
    with suppress(Refused):
        assert api_rows._decoded(row).text


@given(
    st.lists(st.sampled_from([b'{"text": "a"}', b"", b" ", b"{", b"\r", b"mmm" * 20]), max_size=30), st.integers(1, 50)
)
def test_lines_have_the_numbers_they_have_in_the_file(lines: list[bytes], piece: int) -> None:
    class Body:
        left = b"\n".join(lines)

        def read(self, size: int) -> bytes:
            taken, self.left = self.left[: min(size, piece)], self.left[min(size, piece) :]
            return taken

    found = [row for rows in api_rows.lines(Body(), len(Body.left)) for row in rows]  # type: ignore[arg-type]
    assert found == [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
