"""What is answered to whoever sends something: forms with faults, what is forged, too large, too fast, or not for them;
other methods than pages know; and a server that is broken. Whatever a form changes is taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client

from rapport.intake import automated, doors, form, limits
from tests.conftest import SMSSYNC_TOKEN
from tests.guards.canaries import CANARIES
from tests.guards.outlets import paths, text_of
from tests.guards.readers import Outsider
from tests.guards.seeded import World
from tests.guards.walk import routes

#: A form with something wrong in every field that any form has; nothing of it is taken.
FAULTY: Mapping[str, str] = {
    "text": "", "where": "x", "lat": "95", "lon": "west", "when": "never", "categories": "9z", "contact": "nobody",
    "function": "none", "about": "x", "login": "vincent", "username": "vincent", "password": "a wrong password",
    "password1": "a", "password2": "b", "organisation": "1", "language": "tlh", "next": "//elsewhere.example/",
    "role": "lead", "note": "", "name": "?", "reason": "", "code": "000000", "secret": "wrong", "from": "+50937461928",
    "message": "", "last": "never", "hours": "x", "q": "kelzori",
}  # fmt: skip
_JSON = "application/json"
_BODIES: tuple[dict[str, Any], ...] = (
    {"data": {}},
    {"data": FAULTY},
    {"data": '{"reports": [{"text": ""', "content_type": _JSON},
    {"data": '[{"text": "", "sender": "tel:+50937461928", "place": "x"}]', "content_type": _JSON},
)
METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS")
#: Pages that need the database, for people and for machines.
_NEED_DATA = ("/", "/sample/", "/sample/events.geojson", "/sample/report/", "/api/sample/reports", "/accounts/login/")


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def answered(reader: Outsider, world: World) -> Iterator[tuple[str, str]]:
    """Address and answer of each form that this reader sends, and of the page to which it leads."""
    for route in routes():
        open_to = reader.may(route.access)
        for path in paths(route, world, first_only=not open_to or reader.every > 1):
            if world.secrets["invitation"] in path and path.endswith("/accept/"):
                continue  # whoever accepts is of the team
            json_too = _BODIES if path.startswith(("/api/", "/in/")) else _BODIES[:2]
            for body in json_too if open_to else _BODIES[:1]:
                limits.forget()
                with taken_back():
                    yield path, text_of(reader.once().post(path, follow=True, **body))
    doors.forget()


def refused(world: World) -> Iterator[tuple[str, str]]:
    """What a stranger is told that sends too much, too fast, a forged form, or in a way that nobody knows."""
    client, forger = Client(), Client(enforce_csrf_checks=True)
    for route in routes():
        for path in paths(route, world, first_only=True):
            yield from ((path, text_of(client.generic(method, path))) for method in METHODS)
            with taken_back():
                yield path, text_of(forger.post(path, FAULTY))
    yield from _too_much(client, world)


def _too_much(client: Client, world: World) -> Iterator[tuple[str, str]]:
    large = "kelzori " * (form.MAX_BYTES // 4)
    bearer = {"Authorization": f"Bearer {world.secrets['key of a system']}"}
    yield "/sample/report/", text_of(client.post("/sample/report/", {"text": large}))
    yield "/sample/automated/", text_of(client.post("/sample/automated/", {"text": "x" * (automated.MAX_BYTES + 1)}))
    gateway = f"/in/smssync/{SMSSYNC_TOKEN}/"
    yield gateway, text_of(client.post(gateway, {"message": large}))
    api = "/api/sample/reports"
    yield api, text_of(client.post(api, b"x" * (8 * 1024 * 1024 + 1), content_type=_JSON, headers=bearer))
    limits.forget()
    for path in ("/sample/report/", "/sample/automated/"):
        for _ in range(limits.FORMS_PER_MINUTE + 1):
            got = client.post(path, {"text": ""})
        yield path, text_of(got)
    limits.forget()


def broken(world: World) -> Iterator[tuple[str, str]]:
    """What is told where the server is at fault: the database answers that it is busy, or with an error that quotes
    what it holds."""
    said = " ".join(one.signs[0] for one in CANARIES if one.signs[0].isalnum())
    for fault in (OperationalError("database is locked"), IntegrityError(said)):
        client = Client(raise_request_exception=False)

        def failing(*_: object, fault: Exception = fault) -> None:
            raise fault

        for path in (*_NEED_DATA, f"/accounts/invitation/{world.secrets['invitation']}/",
                     f"/sample/report/sent/{world.reports['theirs'].ref}/"):  # fmt: skip
            with connection.execute_wrapper(failing):
                got = client.get(path) if "api" not in path else client.post(path, "[]", content_type=_JSON)
            yield path, text_of(got)
