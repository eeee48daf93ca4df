"""What goes wrong is said in plain words: what happened, and what to do; to machines in JSON."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.http import HttpRequest
from django.template.loader import get_template
from django.test import Client, RequestFactory, override_settings

from rapport.accounts.models import Person
from rapport.errors import BadDefinition, Conflict, NotAllowed, Refused, TryAgain
from rapport.operations.models import Operation
from rapport.web import errors


@pytest.fixture
def request_of(rf: RequestFactory) -> HttpRequest:
    return rf.get("/api/sample/")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotAllowed("no"), 403),
        (Conflict("no"), 409),
        (TryAgain("no"), 503),
        (BadDefinition("no"), 400),
        (Refused("too_large", "no", status=413), 413),
        (OperationalError("database is locked"), 503),
    ],
)
def test_errors_meant_for_people_carry_their_status(error: Exception, status: int, request_of: HttpRequest) -> None:
    answer = errors.explain(request_of, error)
    assert answer is not None
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("database is locked", "try again in a moment"),
        ("database or disk is full", "try again in a moment"),
        ("no such table: reports_report", "rapport migrate"),
        ("no such column: reports_report.text", "rapport migrate"),
        ("table reports_report has no column named text", "rapport migrate"),
    ],
)
def test_a_database_of_another_version_is_not_called_busy(error: str, remedy: str, request_of: HttpRequest) -> None:
    answer = errors.explain(request_of, OperationalError(error))
    assert answer is not None
    assert remedy in answer.content.decode()


def test_faults_of_ours_are_not_explained_away(request_of: HttpRequest) -> None:
    assert errors.explain(request_of, ZeroDivisionError()) is None


def test_a_fault_is_told_without_database_or_session(db: None) -> None:
    answer = errors.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "our fault" in answer.content.decode()
    assert "{%" not in get_template("500.html").render()


def test_a_closed_door_names_who_can_open_it(client: Client, volunteer: Person) -> None:
    client.force_login(volunteer, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/sample/people/")
    assert answer.status_code == 403
    assert "Ask a lead or an admin" in answer.content.decode()


def test_a_form_without_its_proof_is_refused_kindly(volunteer: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/accounts/login/", {"login": "vero", "password": "a long enough password"})
    assert answer.status_code == 403
    assert "Reload the page" in answer.content.decode()


def test_the_language_changes_without_a_session(operation: Operation) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/language/", {"language": "fr", "next": "/accounts/login/"})
    assert answer.headers["Location"] == "/accounts/login/"
    assert 'lang="fr"' in client.get("/accounts/login/").content.decode()


def test_health_is_told_to_everybody(client: Client, db: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.parametrize(
    "address",
    [
        "/sample/events/a%00b/",
        "/sample/?q=a%00b",
        "/sample/?a%00=b",
        "/sample/desk/?text=%00",
        "/sample/desk/decisions/?order=%00",
        "/accounts/login/?next=%00",
    ],
)
def test_a_nul_in_an_address_is_refused_on_a_page(client: Client, volunteer: Person, address: str) -> None:
    client.force_login(volunteer, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(address)
    assert answer.status_code == 400
    assert "cannot be read" in answer.content.decode()


@pytest.mark.parametrize("address", ["/accounts/login/", "/sample/desk/next/", "/sample/people/"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("sent", [{"login": "a\0b", "password": "x"}, {"a\0b": "x"}])
def test_a_nul_in_a_form_is_refused_on_a_page(
    client: Client, volunteer: Person, address: str, kind: str, sent: dict[str, str]
) -> None:
    client.force_login(volunteer, backend="django.contrib.auth.backends.ModelBackend")
    if kind.startswith("multipart"):
        answer = client.post(address, sent)
    else:
        answer = client.post(address, urlencode(sent), content_type=kind)
    assert answer.status_code == 400


def test_a_percent_sign_and_two_noughts_are_no_nul(client: Client, operation: Operation) -> None:
    assert client.get("/sample/?q=100%2500").status_code == 200


def test_where_reports_come_in_the_doors_look_themselves(client: Client, operation: Operation) -> None:
    answer = client.post(
        "/sample/report/", urlencode({"text": "a\0b"}), content_type="application/x-www-form-urlencoded"
    )
    assert "Delete it and write it again" in answer.content.decode()


@pytest.mark.parametrize("address", ["/accounts/login/", "/language/", "/sample/", "/sample/desk/", "/healthz"])
def test_a_file_that_nobody_asked_for_is_not_written_to_disk(
    address: str, operation: Operation, client: Client, tmp_path: Path
) -> None:
    file = SimpleUploadedFile("large.bin", bytes(settings.FILE_UPLOAD_MAX_MEMORY_SIZE + 1))
    with override_settings(FILE_UPLOAD_TEMP_DIR=str(tmp_path / "nowhere")):  # whoever begins a file there fails
        answer = client.post(address, {"language": "en", "file": file})
    assert answer.status_code < 500


def test_a_form_of_ten_thousand_fields_is_refused_and_fills_no_log(
    operation: Operation, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    body = "&".join(f"categories={number}" for number in range(10_000))
    answer = client.post("/sample/report/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert not caplog.records


def test_an_address_that_only_takes_a_form_says_so_to_who_opens_it(volunteer: Person) -> None:
    client = Client()
    client.force_login(volunteer, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("selection/reports", "next"):
        answer = client.get(f"/sample/desk/{path}/")
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert "Go back to the page with the form" in answer.content.decode()
