"""The cast: Rose sends reports, Vero volunteers, Vincent verifies, Léa leads, Odile is an outsider."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation

from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import Role
from rapport.events import live
from rapport.intake import doors, keep, memory
from rapport.operations import gazetteer
from rapport.operations.models import Category, Operation, Place, Source
from rapport.oversight import keys, switches
from rapport.values import Precision
from tests.migrated import template

SMSSYNC_TOKEN = "token-of-the-sms-gateway"


def pytest_configure() -> None:
    switches.RECHECK_S = 3600.0  # no test waits for a stop that another process made
    keys.load(settings.DATA_DIR, "pseudonyms")  # tests put senders in place that no message brought
    # Without collectstatic there is no manifest; tests serve the files as they lie.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # A busy machine is no fault. So many cases for each promise with every change; more where somebody asks for them.
    examples = int(os.environ.get("HYPOTHESIS_EXAMPLES", "50"))
    hypothesis.settings.register_profile("rapport", deadline=None, max_examples=examples)
    hypothesis.settings.load_profile("rapport")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Debian's Chromium the browser's tests are skipped, and say so."""
    if Path("/usr/bin/chromium").exists():
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="needs /usr/bin/chromium: apt-get install chromium"))


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> Iterator[bool]:
    """On SQLite the test database is a copy of the template, which Django then finds migrated and keeps."""
    if connection.vendor != "sqlite":
        yield bool(request.config.getvalue("reuse_db"))
        return
    name = Path(str(connection.settings_dict["TEST"]["NAME"]))
    shutil.copyfile(template(), name)
    yield True
    for path in (name, Path(f"{name}-wal"), Path(f"{name}-shm")):
        path.unlink(missing_ok=True)


@pytest.fixture
def operation(db: None) -> Operation:
    """A small operation in Haiti with two languages, four categories, three places and three sources."""
    made = Operation.objects.create(
        slug="sample",
        kind="crisis",
        names={"en": "Sample operation", "fr": "Opération d'essai", "ht": "Egzanp"},
        time_zone="America/Port-au-Prince",
        west=-74.6,
        south=17.9,
        east=-71.5,
        north=20.2,
        countries=["HTI"],
        languages=["ht", "fr", "en"],
        consent={"en": "Your report may be shown on a public map, without your number."},
        replies={
            "en": {"received": "Thank you. We have your message.", "ask_place": "Thank you. Where are you?",
                   "stopped": "You will get no more messages."},
            "ht": {"received": "Mèsi. Nou resevwa mesaj ou a.", "ask_place": "Mèsi. Ki kote ou ye?",
                   "stopped": "Ou p ap resevwa mesaj ankò."},
        },
        definition_hash="",
    )  # fmt: skip
    vital = Category.objects.create(operation=made, code="2", names={"en": "Vital lines"}, order=1)
    Category.objects.create(operation=made, code="2a", names={"en": "Food shortage"}, parent=vital, order=2)
    Category.objects.create(operation=made, code="2b", names={"en": "Water shortage"}, parent=vital, order=3)
    Category.objects.create(operation=made, code="1a", names={"en": "Highly vulnerable"}, persons_at_risk=True, order=4)
    for name, pcode, lon, lat in (
        ("Delmas", "HT0112", -72.303, 18.545),
        ("Jacmel", "HT0211", -72.535, 18.234),
        ("Léogâne", "HT0121", -72.634, 18.511),
    ):
        Place.objects.create(
            operation=made, name=name, pcode=pcode, parent_pcode=pcode[:4], lon=lon, lat=lat, radius_m=6000,
            precision=Precision.ADM2, origin="pcodes",
        )  # fmt: skip
    Source.objects.create(operation=made, slug="web", channel="web", names={"en": "Web form"})
    Source.objects.create(operation=made, slug="api", channel="api", names={"en": "API"})
    Source.objects.create(
        operation=made, slug="sms", channel="smssync", names={"en": "SMS to 4636"}, language="ht",
        token_hash=keys.token_hash(SMSSYNC_TOKEN),
        settings_sealed=keys.seal("channels", b'{"secret": "open sesame"}'),
    )  # fmt: skip
    switches.stopped(made.pk)  # known from here on, so that tests can count what is asked of the database
    return made


@pytest.fixture
def someone(operation: Operation) -> Callable[..., Person]:
    """Makes a person with roles in the sample operation."""

    def make(username: str, *roles: Role) -> Person:
        person = Person.objects.create_user(username, password="a long enough password")
        for role in roles:
            Membership.objects.create(person=person, operation=operation, role=role)
        return person

    return make


@pytest.fixture
def volunteer(someone: Callable[..., Person]) -> Person:
    return someone("vero", Role.VOLUNTEER)


@pytest.fixture
def verifier(someone: Callable[..., Person]) -> Person:
    return someone("vincent", Role.VERIFIER)


@pytest.fixture
def lead(someone: Callable[..., Person]) -> Person:
    return someone("lea", Role.LEAD)


@pytest.fixture
def outsider(someone: Callable[..., Person]) -> Person:
    return someone("odile")


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    """What lives in the process knows nothing of the next test's database, which has other rows under the same ids."""
    live.forget()
    gazetteer.forget()
    memory.forget()
    doors.forget()
    switches.forget()
    translation.activate("en")  # a request before may have left its language in this thread
    yield
    keep.stop()  # its connection would keep the test database from being dropped
