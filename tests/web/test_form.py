"""The web form: what a person types is kept once, or shown again with what to do."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.intake import coordinates, limits, refusals
from rapport.intake.models import RefusalCount
from rapport.operations.models import Operation, Source
from rapport.reports.models import Report
from rapport.values import Box
from tests.conftest import SMSSYNC_TOKEN
from tests.contracts.gateways import no_table

ADDRESS = "/sample/report/"
FORM_ID = "form-1234567890abcdef"
BOX = Box(-74.6, 17.9, -71.5, 20.2)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    limits.forget()
    refusals.forget()


def submit(client: Client, **typed: object) -> HttpResponse:
    return client.post(ADDRESS, {"form_id": FORM_ID, "text": "No water in Delmas 33", **typed})  # type: ignore[return-value]


def test_a_report_is_kept_and_its_reference_shown(client: Client, operation: Operation) -> None:
    answer = submit(client, where="near the market", categories=["2a"], lat="18,545", lon="-72.303")
    report = Report.objects.get()
    assert answer.status_code == 302
    assert (report.text, report.place_said, report.categories_said) == (
        "No water in Delmas 33", "near the market", ["2a"],
    )  # fmt: skip
    assert (report.lat, report.lon, report.source.channel) == (18.545, -72.303, "web")
    page = client.get(answer.headers["Location"])
    assert report.ref in page.content.decode()
    assert "We could not tell where it is" not in page.content.decode()


def test_who_named_no_place_is_asked_for_it(client: Client, operation: Operation) -> None:
    answer = submit(client, text="No water here")
    assert "We could not tell where it is" in client.get(answer.headers["Location"]).content.decode()


def test_each_copy_of_the_page_has_its_own_id_and_is_not_cached(client: Client, operation: Operation) -> None:
    pages = [client.get(ADDRESS) for _ in range(2)]
    ids = {re.findall(r'name="form_id" value="([^"]+)"', page.content.decode())[0] for page in pages}
    assert len(ids) == 2
    assert "no-store" in pages[0].headers["Cache-Control"]


def test_a_form_sent_twice_is_one_report(client: Client, operation: Operation) -> None:
    first, second = submit(client), submit(client)
    assert first.headers["Location"] == second.headers["Location"]
    assert Report.objects.count() == 1


def test_the_form_needs_no_cookie(operation: Operation) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(ADDRESS)
    assert not page.cookies
    assert submit(client).status_code == 302


def test_contact_is_sealed_and_shown_nowhere(client: Client, operation: Operation) -> None:
    answer = submit(client, contact="+509 5550 0100")
    report = Report.objects.get()
    assert report.sender is not None
    assert (report.sender.kind, report.sender.address.value) == ("tel", "+50955500100")
    assert b"5550" not in bytes(report.sender.address_sealed)
    assert "5550" not in client.get(answer.headers["Location"]).content.decode()


def test_times_are_those_of_the_operation(client: Client, operation: Operation) -> None:
    submit(client, when="2026-01-31T14:30")
    assert Report.objects.get().sent_at == datetime(
        2026, 1, 31, 19, 30, tzinfo=UTC
    )  # Port-au-Prince is five hours behind


def test_a_point_outside_the_operation_is_taken_and_noted(client: Client, operation: Operation) -> None:
    submit(client, lat="48.85", lon="2.35")
    assert Report.objects.get().fields == {"outside_operation": True}


LATER = "2199-12-31T23:59"  # the same for every process that collects the tests


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"text": "  "}, "Write what you see or need."),
        ({"text": "before\0after"}, "Delete it and write it again."),
        ({"where": "before\0after"}, "Delete it and write it again."),
        ({"text": "m" * 10_001}, "Shorten this to 10000 characters; it has 10001."),
        ({"lat": "18.5"}, "Give both latitude and longitude, or neither."),
        ({"lat": "north", "lon": "-72"}, "Write degrees as a decimal number, like 18.5392."),
        ({"lat": "nan", "lon": "-72"}, "Latitude goes from -90 to 90 degrees."),
        ({"lat": "18.5", "lon": "-722"}, "Longitude goes from -180 to 180 degrees."),
        ({"lat": "0", "lon": "0"}, "0, 0 lies in the ocean."),
        ({"lat": "-72.3", "lon": "18.5"}, "did you mean latitude 18.5, longitude -72.3?"),
        ({"when": LATER}, "This is in the future."),
        ({"when": "0001-01-01T00:00"}, "This is too long ago."),
        ({"when": "yesterday"}, "Write date and time like 2026-01-31 14:30."),
        ({"categories": ["nonsense"]}, "Choose from the list; nonsense is not in it."),
        ({"contact": "somebody"}, "Write a phone number with its country code"),
        ({"contact": "somebody@"}, "This is not an e-mail address."),
        ({"website": "https://spam.example"}, "Leave this field empty"),
    ],
    ids=lambda value: str(value)[:40].replace("\0", "NUL") if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_lost(
    client: Client, operation: Operation, typed: dict[str, object], says: str
) -> None:
    answer = submit(client, **{"where": "near the market", "contact": "+50955500100", "categories": ["2b"], **typed})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert says in page.replace("&#x27;", "'")
    assert f'value="{FORM_ID}"' in page  # corrected and sent again, it is still one report
    for name, value in {"where": "near the market", "contact": "+50955500100", **typed}.items():
        if name != "categories" and isinstance(value, str) and "\0" not in value:
            assert value.strip() in page
    assert re.search(r'value="2b" checked', page) or "categories" in typed
    assert not Report.objects.exists()


def test_markup_in_what_was_typed_stays_text(client: Client, operation: Operation) -> None:
    page = submit(client, text="</textarea><script>", lat='"><script>').content.decode()
    assert "<script>" not in page


def test_too_many_forms_from_one_address_wait_and_keep_what_was_typed(
    client: Client, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FORMS_PER_MINUTE", 2)
    answers = [submit(client, form_id=f"form-number-{number:06}", text=f"report {number}") for number in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "report 2" in answers[2].content.decode()
    assert int(answers[2].headers["Retry-After"]) > 0


@pytest.mark.django_db(transaction=True)
def test_while_the_database_cannot_write_nothing_typed_is_lost(client: Client, operation: Operation) -> None:
    with no_table("reports_report"):
        answer = submit(client, where="near the market")
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    for typed in ("No water in Delmas 33", "near the market", FORM_ID):
        assert typed in answer.content.decode()
    assert submit(client, where="near the market").status_code == 302


def test_a_huge_form_is_not_read(client: Client, operation: Operation) -> None:
    answer = client.post(ADDRESS, "text=" + "m" * 400_000, content_type="application/x-www-form-urlencoded")
    refusals.flush()
    assert answer.status_code == 413
    assert RefusalCount.objects.get().reason == "too_large"


@pytest.mark.parametrize("change", [{"open": False}, {}])
def test_a_closed_form_says_so(client: Client, operation: Operation, change: dict[str, bool]) -> None:
    if change:
        Operation.objects.update(**change)
    else:
        Source.objects.filter(channel="web").update(active=False)
    for answer in (client.get(ADDRESS), submit(client)):
        assert answer.status_code == 404
        assert "takes no reports" in answer.content.decode()


def test_the_page_of_a_report_from_elsewhere_is_not_shown(client: Client, operation: Operation) -> None:
    sms = {"from": "+50955500123", "message": "Delmas", "message_id": "1", "secret": "open sesame"}
    client.post(f"/in/smssync/{SMSSYNC_TOKEN}/", "&".join(f"{k}={v}" for k, v in sms.items()).replace("+", "%2B"),
                content_type="application/x-www-form-urlencoded")  # fmt: skip
    assert client.get(f"/sample/report/sent/{Report.objects.get().ref}/").status_code == 404


def test_the_page_is_small(client: Client, operation: Operation) -> None:
    assert len(client.get(ADDRESS).content) < 15_000


@given(lon=st.floats() | st.just(0.0) | st.floats(-75, -71), lat=st.floats() | st.just(0.0) | st.floats(17, 21))
def test_only_points_on_the_globe_pass(lon: float, lat: float) -> None:
    good = -180 <= lon <= 180 and -90 <= lat <= 90 and max(abs(lon), abs(lat)) >= 1e-4
    if good and (BOX.holds(lon, lat) or not BOX.holds(lat, lon)):
        assert coordinates.check(lon, lat, BOX) is not BOX.holds(lon, lat)
    else:
        with pytest.raises(Refused, match=r"\w"):
            coordinates.check(lon, lat, BOX)
