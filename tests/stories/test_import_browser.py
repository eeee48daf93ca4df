"""Imports in Chromium: a file sent, watched and taken back; by keyboard, and on a phone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from rapport.intake.imports import run
from rapport.operations.models import Operation
from rapport.reports.models import Report
from tests.stories.test_desk_browser import Desk
from tests.web.importing import files, table, taken_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
SHOTS = os.environ.get("SCREENSHOTS", "")


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    rows = [
        f"{n},{n % 28 + 1:02}/03/2010,Nou bezwen dlo nan kan {n},18.{500 + n % 50},-72.3,Manje"
        for n in range(1, 240)
    ]  # fmt: skip
    rows += ["240,31/02/2010,Nou grangou,18.5,-72.3,", "241,02/03/2010,,18.5,-72.3,", "242,02/03/2010,Dlo,95,-72.3,"]
    made = tmp_path / "partner.csv"
    made.write_bytes(table(*rows, header="id,date,text,lat,lon,category"))
    return made


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def sound(page: Page) -> None:
    """No barrier that a checker finds, and nothing scrolls sideways."""
    page.wait_for_load_state("load")
    found = Axe().run(page)["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_file_is_sent_watched_and_taken_back(
    chromium: Browser, live_server: Any, operation: Operation, lead: Person, sheet: Path, worker: None
) -> None:
    desk = Desk(chromium, live_server.url, lead)
    page = desk.open("/sample/imports/")
    expect(page.get_by_text("No file has come in yet.")).to_be_visible()
    sound(page)
    shot(page, "imports-empty")
    page.get_by_label("File", exact=True).set_input_files(str(sheet))
    page.get_by_label("Where it is from: name the source").fill("Red Cross")
    page.keyboard.press("Enter")
    take = page.get_by_role("button", name="Take 239 reports in")
    expect(take).to_be_visible()
    sound(page)
    shot(page, "import-ready")
    take.press("Enter")
    expect(page.get_by_role("link", name="Roll back …")).to_be_visible()
    assert Report.objects.count() == 239
    sound(page)
    shot(page, "import-done")
    page.get_by_role("link", name="Roll back …").press("Enter")
    expect(page.get_by_label("Why")).to_be_visible()
    sound(page)
    shot(page, "import-rollback")
    page.get_by_label("Why").fill("Another file was meant.")
    page.get_by_role("button", name="Roll back").press("Enter")
    expect(page.get_by_text("239 reports withdrawn: kept, and counted nowhere.")).to_be_visible()
    shot(page, "import-rolled-back")
    page.context.close()
    assert desk.wrong == []


def test_it_can_be_done_on_a_phone(
    chromium: Browser, live_server: Any, operation: Operation, lead: Person, sheet: Path, worker: None
) -> None:
    desk = Desk(chromium, live_server.url, lead, viewport={"width": 390, "height": 844}, has_touch=True)
    files(operation)
    page = desk.open("/sample/imports/")
    page.get_by_label("File", exact=True).set_input_files(str(sheet))
    page.get_by_label("Where it is from").select_option(index=1)
    page.get_by_role("button", name="Send and look through").tap()
    expect(page.get_by_role("button", name="Take 239 reports in")).to_be_visible()
    sound(page)
    shot(page, "import-ready-phone")
    page.get_by_label("category", exact=True).select_option("ignore")
    with page.expect_navigation():
        page.get_by_role("button", name="Change and look through again").tap()
    expect(page.get_by_text("category", exact=True).first).to_be_visible()
    expect(page.get_by_role("button", name="Take 239 reports in")).to_be_visible()
    assert not Report.objects.exists()
    page.goto(f"{live_server.url}/sample/imports/")
    sound(page)
    shot(page, "imports-phone")
    page.context.close()
    assert desk.wrong == []


def test_without_script_the_page_comes_anew_by_itself(
    chromium: Browser, live_server: Any, operation: Operation, lead: Person
) -> None:
    one = taken_in(operation, table("1,Nou bezwen dlo,18.5,-72.3,a"))
    desk = Desk(chromium, live_server.url, lead, java_script_enabled=False)
    page = desk.open(f"/sample/imports/{one.pk}/")
    expect(page.get_by_text("came in as new reports")).to_be_visible()
    page.get_by_role("link", name="Roll back …").click()
    page.get_by_label("Why").fill("Another file was meant.")
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("0 reports withdrawn so far.")).to_be_visible()
    while run.step():
        pass
    expect(page.get_by_text("1 report withdrawn")).to_be_visible()
    page.context.close()
    assert desk.wrong == []
