"""The web form and the API's description in a browser, served by the real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from rapport.cli.bench_ground import HOST, Server, free_port, make
from tests.migrated import migrated

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    ground = make(migrated(tmp_path_factory.mktemp("ways-in")))
    port = free_port()
    with Server(Path(ground.folder), port):
        yield f"http://{HOST}:{port}"


@pytest.fixture
def page(base: str, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A phone; on leaving it is checked that nothing was asked of another host and the console stayed clean."""
    options = getattr(request, "param", {})
    context = chromium.new_context(viewport={"width": 390, "height": 844}, **options)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda made: asked.append(made.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [url for url in asked if not url.startswith((base, "data:"))] == []
    assert [text for text in said if "400 (Bad Request)" not in text] == []


def test_the_description_of_the_api_opens_under_our_policy(page: Page, base: str) -> None:
    page.goto(f"{base}/api/docs")
    expect(page.locator(".opblock")).to_have_count(3)
    page.locator(".opblock-summary").first.click()
    expect(page.get_by_text("Good rows are kept whatever the others are").first).to_be_visible()


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True, ids=["without script"])
def test_a_report_is_sent_without_script(page: Page, base: str) -> None:
    page.goto(f"{base}/haiti-2010/report/")
    expect(page.get_by_role("button", name="Use my position")).to_be_hidden()
    page.get_by_label("What do you see, or need?").fill("No water in Delmas 33")
    page.get_by_label("Phone number or e-mail address").fill("nonsense")
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator("#contact-error")).to_contain_text("Write a phone number with its country code")
    expect(page.get_by_label("What do you see, or need?")).to_have_value("No water in Delmas 33")
    page.get_by_label("Phone number or e-mail address").fill("")
    page.get_by_role("button", name="Send the report").click()
    expect(page).to_have_url(re.compile(r"/haiti-2010/report/sent/[a-z2-7]{26}/"))
    expect(page.get_by_role("heading", name="Your report is kept")).to_be_visible()


@pytest.mark.parametrize(
    "page",
    [{"geolocation": {"latitude": 18.545, "longitude": -72.303}, "permissions": ["geolocation"]}],
    indirect=True,
    ids=["with a position"],
)
def test_the_position_is_filled_in_when_asked_for(page: Page, base: str) -> None:
    page.goto(f"{base}/haiti-2010/report/")
    expect(page.get_by_label("Latitude, in degrees")).to_have_value("")
    page.get_by_role("button", name="Use my position").click()
    expect(page.get_by_label("Latitude, in degrees")).to_have_value("18.54500")
    expect(page.get_by_text("Position found")).to_be_visible()
    page.get_by_label("What do you see, or need?").fill("No water")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("heading", name="Your report is kept")).to_be_visible()


def test_the_form_has_no_fault_that_axe_knows(page: Page, base: str) -> None:
    from axe_core_python.sync_playwright import Axe

    page.goto(f"{base}/haiti-2010/report/")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("alert").filter(has_text="Write what you see or need")).to_be_visible()
    page.wait_for_load_state("load")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(page)
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found["violations"]] == []
