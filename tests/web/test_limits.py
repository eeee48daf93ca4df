"""How much and how fast; and what was turned away is counted without a write for each."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext

from rapport.accounts import api_keys
from rapport.errors import Refused
from rapport.intake import limits, refusals
from rapport.intake.models import RefusalCount
from rapport.operations import bodies
from rapport.operations.models import Operation, Source
from rapport.reports.models import Report


@pytest.fixture(autouse=True)
def _fresh() -> None:
    limits.forget()
    refusals.forget()


def request(**environ: object) -> WSGIRequest:
    return RequestFactory().generic("POST", "/", b"12345", **environ)  # type: ignore[arg-type]


# --- buckets -------------------------------------------------------------------------------------------------------


def test_a_bucket_holds_a_minute_and_fills_steadily() -> None:
    buckets = limits.Buckets()
    assert all(buckets.take("a", 60, now=0.0) == 0.0 for _ in range(60))
    assert buckets.take("a", 60, now=0.0) == pytest.approx(1.0)
    assert buckets.take("b", 60, now=0.0) == 0.0
    assert buckets.take("a", 60, now=1.0) == 0.0
    assert buckets.take("a", 60, now=1.0) > 0


def test_more_at_once_than_a_bucket_holds_is_taken_when_it_is_full_and_paid_back_after() -> None:
    buckets = limits.Buckets()
    assert buckets.take("a", 60, 180, now=0.0) == 0.0
    assert buckets.take("a", 60, now=60.0) > 0
    assert buckets.take("a", 60, now=122.0) == 0.0


def test_only_so_many_buckets_are_remembered() -> None:
    buckets = limits.Buckets(remembered=3)
    for key in "abcd":
        buckets.take(key, 1, now=0.0)
    assert buckets.take("d", 1, now=0.0) > 0
    assert buckets.take("a", 1, now=0.0) == 0.0  # forgotten is full


def test_threads_share_a_bucket_fairly() -> None:
    buckets, taken = limits.Buckets(), []

    def take() -> None:
        taken.extend(buckets.take("a", 1_000, now=0.0) == 0.0 for _ in range(500))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 1_000


def test_the_network_address_behind_a_trusted_proxy_is_the_one_the_proxy_saw() -> None:
    said = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "1.2.3.4, 5.6.7.8"}
    assert limits.caller(request(**said)) == "10.0.0.1"
    with override_settings(TRUST_PROXY=True):
        assert limits.caller(request(**said)) == "5.6.7.8"
        assert limits.caller(request(REMOTE_ADDR="10.0.0.1")) == "10.0.0.1"


# --- size ----------------------------------------------------------------------------------------------------------


class Untouched(BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise AssertionError("the body was read")


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"CONTENT_LENGTH": "10000000"}, 413),
        ({"CONTENT_LENGTH": ""}, 411),
        ({"CONTENT_LENGTH": "-1"}, 411),
        ({"CONTENT_LENGTH": "٥"}, 411),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, 415),
    ],
    ids=str,
)
def test_what_is_too_large_or_odd_is_refused_unread(environ: dict[str, str], status: int) -> None:
    with pytest.raises(Refused) as refused:
        bodies.body(request(**environ, **{"wsgi.input": Untouched()}), 1_000)
    assert refused.value.status == status


def test_a_body_that_ends_early_is_refused() -> None:
    with pytest.raises(Refused, match="send it again"):
        bodies.body(request(CONTENT_LENGTH="9", **{"wsgi.input": BytesIO(b"12345")}), 1_000)
    assert bodies.body(request(), 5) == b"12345"


# --- refusals ------------------------------------------------------------------------------------------------------


def counts() -> dict[tuple[str | None, str], int]:
    rows = RefusalCount.objects.values_list("source__slug", "reason", "count")
    return {(slug, reason): count for slug, reason, count in rows}


def test_a_flood_is_counted_in_full_with_few_writes(operation: Operation) -> None:
    source = operation.sources.get(slug="sms")
    with CaptureQueriesContext(connection) as queries:
        for _ in range(1_000):
            refusals.count(source, "bad_secret")
        refusals.count(None, "unknown_token")
    assert len(queries) < 20
    refusals.flush()
    assert counts() == {("sms", "bad_secret"): 1_000, (None, "unknown_token"): 1}
    assert RefusalCount.objects.filter(day=datetime.now(UTC).date()).count() == 2


def test_later_counts_are_added(operation: Operation) -> None:
    for _ in range(3):
        refusals.count(None, "unknown_token")
        refusals.flush()
    assert counts() == {(None, "unknown_token"): 3}


def test_counts_of_a_source_that_is_gone_are_dropped(operation: Operation) -> None:
    source = Source.objects.create(operation=operation, slug="gone", channel="smssync")
    refusals.forget()
    refusals.count(None, "first")  # due at once: what follows waits
    refusals.count(source, "bad_secret")
    source.delete()
    refusals.flush()
    assert counts() == {(None, "first"): 1}


def test_an_unknown_address_is_counted_and_stores_nothing_it_said(operation: Operation) -> None:
    Client().post("/in/smssync/some-secret-guess/", {"message": "words of somebody"})
    refusals.flush()
    assert counts() == {(None, "unknown_token"): 1}


@pytest.mark.django_db(transaction=True)
def test_counts_wait_for_a_database_that_is_away(operation: Operation) -> None:
    refusals.count(None, "first")
    refusals.count(None, "second")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE intake_refusalcount RENAME TO away")
        refusals.flush()
        cursor.execute("ALTER TABLE away RENAME TO intake_refusalcount")
    refusals.flush()
    assert counts() == {(None, "first"): 1, (None, "second"): 1}


# --- while the worker is behind --------------------------------------------------------------------------------------


def test_a_program_is_held_back_while_too_many_reports_wait_and_refused_nothing(
    operation: Operation, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source.objects.get(operation=operation, slug="api")
    key = api_keys.make(source.pk, operation.pk, "test", by=None)
    monkeypatch.setattr(limits, "_HELD_S", 0.3)

    def send(text: str) -> float:
        limits.forget()
        began = time.monotonic()
        answer = client.post(
            f"/api/{operation.slug}/reports",
            {"text": text},
            "application/json",
            headers={"Authorization": f"Bearer {key}"},
        )
        assert (answer.status_code, answer.json()["kept"]) == (200, 1)
        return time.monotonic() - began

    send("one")
    monkeypatch.setattr(limits, "MANY_WAIT", 1)
    assert send("two") < 0.3  # one waits, and that is not too many
    assert send("three") >= 0.3
    Report.objects.update(understood=True)
    assert send("four") < 0.3


def test_only_some_calls_are_held_back_at_a_time(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_many_wait", lambda: True)
    monkeypatch.setattr(limits, "_HELD_S", 1.0)
    callers = [threading.Thread(target=limits.slow_down) for _ in range(30)]
    for caller in callers:
        caller.start()
    time.sleep(0.3)
    assert sum(caller.is_alive() for caller in callers) == limits._HELD
    for caller in callers:
        caller.join()
