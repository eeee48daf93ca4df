"""An information officer's afternoon: a partner's HXL file onto the map, out of it again in a pack, and what a format
would lose."""

from __future__ import annotations

import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from frictionless import Package
from playwright.sync_api import Browser, expect

from rapport.accounts.models import Person
from rapport.operations.models import Category, Operation
from rapport.sharing import agreements, organisations
from rapport.sharing.agreements import Terms
from rapport.values import Purpose
from tests.stories.test_desk_browser import Desk
from tests.stories.test_import_browser import sound

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
GDACS = Path(__file__).parent.parent / "data" / "hxl" / "gdacs_rss_information.csv"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])
def test_a_file_of_another_service_reaches_the_map_and_a_partner(
    chromium: Browser, live_server: Any, lead: Person, operation: Operation, worker: None, tmp_path: Path, width: int
) -> None:
    Category.objects.create(operation=operation, code="6", names={"en": "Natural hazards"}, order=9)
    who = organisations.add(lead, operation.pk, "who", "World Health Organization", "un", ["health"])
    now = timezone.now()
    terms = Terms("The coordination", frozenset({Purpose.EXPORT}), now, now + timedelta(days=9), "Letter 7")
    agreement = agreements.agree(lead, operation, who, terms)
    desk = Desk(chromium, live_server.url, lead, viewport={"width": width, "height": 844}, bypass_csp=True)

    page = desk.open("/sample/imports/")
    page.get_by_label("File", exact=True).set_input_files(str(GDACS))
    page.get_by_label("name the source").fill("GDACS")
    page.get_by_role("button", name="Send and look through").click()
    expect(page.get_by_text("Look at this first:")).to_be_visible()
    expect(page.get_by_text("0 of 49 points lie in the operation's area").first).to_be_visible()
    for label in ("Earthquake", "Drought", "Tropical Cyclone", "Flood"):
        page.get_by_label(re.compile(f"^{label}")).select_option("6")
    page.get_by_role("button", name="Change and look through again").click()
    expect(page.get_by_text("labels are no categories")).to_have_count(0)
    page.get_by_role("button", name="Take 49 reports in").click()

    page.get_by_role("link", name="To its source on the desk").click()
    page.get_by_role("button", name="about all 49").click()
    page.get_by_label("How exactly are their places known?").select_option(label="country")
    page.get_by_label("Their titles").select_option("title")
    page.get_by_label("of them lie outside the operation's area").check()
    page.get_by_role("button", name="Show what each would say").click()
    expect(page.get_by_role("link", name="tropical cyclone LORENZO-25")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Accept each & publish").click()
    expect(page.get_by_text("Accepted 49 reports, each as an event of its own").first).to_be_visible()

    public = chromium.new_context(viewport={"width": width, "height": 844}).new_page()
    public.goto(f"{live_server.url}/sample/?q=LORENZO-25#4/16.2/-42.8")
    expect(public.get_by_role("link", name="tropical cyclone LORENZO-25")).to_be_visible()
    expect(public.locator(".leaflet-marker-icon")).to_have_count(1)
    expect(public.get_by_text("1 event lies outside the operation's area")).to_be_visible()
    public.context.close()

    page = desk.open(f"/sample/desk/partners/{agreement.pk}/")
    with page.expect_download() as given:
        page.get_by_role("button", name="Make the pack").click()
    assert given.value.suggested_filename == "sample-who-1.zip"
    with zipfile.ZipFile(given.value.path()) as archive:
        archive.extractall(tmp_path / "pack")
    package = Package(str(tmp_path / "pack" / "datapackage.json"))
    assert (package.validate().valid, len(package.get_resource("events-csv").read_rows())) == (True, 49)

    page = desk.open("/sample/take/")
    expect(page.get_by_text("You read as the team.")).to_be_visible()
    expect(page.get_by_text("1 is left out.").first).to_be_visible()
    page.get_by_text("What iCalendar loses").click()
    expect(page.get_by_text("How exactly the place is known").first).to_be_visible()
    sound(page)
    page.context.close()
    assert desk.wrong == []
