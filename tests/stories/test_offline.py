"""Bad lines, in Chromium: what is written without one is kept on the phone and sent once each when it is back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from rapport.intake import limits
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.reports.models import Attachment, Report
from tests.pure.files import encoded, picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FORM = "/sample/report/"
WORDS, SEND = "What do you see, or need?", "Send the report"
PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _fresh(settings: Any, tmp_path: Path) -> None:
    limits.forget()
    for purpose in get_args(keys.KeyPurpose):
        keys.seal(purpose, b"")  # the keys stay those of all tests
    settings.DATA_DIR = tmp_path


@pytest.fixture
def phone(chromium: Browser, live_server: Any, operation: Operation) -> Iterator[Open]:
    """Opens the form on a phone whose worker is ready; the page fails the test if its script does."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def visit(**options: Any) -> Page:
        context = chromium.new_context(**{**PHONE, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(live_server.url + FORM)
        page.evaluate("navigator.serviceWorker.ready.then(() => caches.keys())")
        page.wait_for_function("() => navigator.serviceWorker.controller")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert wrong == []


def write(page: Page, text: str) -> None:
    page.get_by_label(WORDS).fill(text)
    page.get_by_role("button", name=SEND).click()


def kept(page: Page, state: str = "Not sent yet; it is sent") -> Any:
    return page.locator("#kept-list li").filter(has_text=state)


def said() -> list[str]:
    return sorted(Report.objects.values_list("text", flat=True))


def test_three_reports_and_a_photo_written_with_the_line_cut_are_sent_once_each(phone: Open, live_server: Any) -> None:
    page = phone()
    page.context.set_offline(True)
    page.goto(live_server.url + FORM)  # a page that is opened without a line
    expect(page.get_by_role("status").first).to_contain_text("There is no line at this moment")
    photo = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": encoded("JPEG", picture(800, 600))}
    page.get_by_label("Take a photo").set_input_files(photo)
    for number, text in enumerate(("Water in the yard", "Pa gen dlo", "La route est coupée"), 1):
        write(page, text)
        expect(page.locator("#said")).to_contain_text("Your report is kept on this phone")
        expect(page.locator("#said")).to_be_focused()
        expect(page.get_by_label(WORDS)).to_have_value("")
        expect(kept(page)).to_have_count(number)
    expect(kept(page).first).to_contain_text("Files: 1")
    assert said() == []

    page.close()  # the tab is gone; the phone is switched on again where there is a line
    page = page.context.new_page()
    page.goto(live_server.url + FORM)
    expect(kept(page)).to_have_count(3)
    page.context.set_offline(False)
    expect(page.locator("#sent-count")).to_have_text("3")
    expect(page.locator("#kept-list li")).to_have_count(0)
    assert said() == ["La route est coupée", "Pa gen dlo", "Water in the yard"]
    assert Attachment.objects.get().report.text == "Water in the yard"
    page.get_by_text("Sent from here").click()
    shown = {text.split()[-1] for text in page.locator("#sent-list li").all_inner_texts()}
    assert shown == set(Report.objects.values_list("ref", flat=True))
    left = page.evaluate("Kept.all().then(found => found.map(one => Object.keys(one).sort().join()))")
    assert left == ["address,at,id,ref,state"] * 3, "of what was sent only the reference stays"
    page.reload()
    page.evaluate("Kept.sendAll(true)")
    assert Report.objects.count() == 3
