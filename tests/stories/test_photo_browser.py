"""A photo, from somebody's phone to the public page, in Chromium: without script, by keyboard, on 390 points."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from playwright.sync_api import Browser, expect

from rapport.accounts.models import Person
from rapport.desk import actions
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.reports.attachments import work
from rapport.reports.models import Attachment, Report
from tests.pure.files import encoded, picture, tone
from tests.stories.test_desk_browser import Desk
from tests.web.desk import DRAFT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    for purpose in get_args(keys.KeyPurpose):
        keys.seal(purpose, b"")  # the keys stay those of all tests
    settings.DATA_DIR = tmp_path


def test_a_photo_goes_from_a_phone_to_the_public_page(
    chromium: Browser, live_server: Any, operation: Operation, verifier: Person
) -> None:
    phone = chromium.new_context(java_script_enabled=False, **PHONE).new_page()  # type: ignore[arg-type]
    phone.goto(f"{live_server.url}/sample/report/")
    phone.get_by_label("What do you see, or need?").fill("Water in the yard")
    photo = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": encoded("JPEG", picture(1600, 1200))}
    phone.get_by_label("Take a photo").set_input_files(photo)
    bad = {"name": "a.zip", "mimeType": "application/zip", "buffer": b"PK\x03\x04" + bytes(50)}
    phone.get_by_label("Choose files").set_input_files(bad)
    phone.get_by_role("button", name="Send the report").click()
    expect(phone.get_by_text("A file of this kind is not taken").first).to_be_visible()
    expect(phone.get_by_label("What do you see, or need?")).to_have_value("Water in the yard")
    sound = {"name": "v.wav", "mimeType": "audio/wav", "buffer": tone(seconds=3)}
    phone.get_by_label("Choose files").set_input_files([photo, sound])
    phone.get_by_role("button", name="Send the report").click()
    expect(phone.get_by_text("Reference")).to_be_visible()
    while work.clean():
        pass

    said = Report.objects.get()
    desk = Desk(chromium, live_server.url, verifier)
    page = desk.open(f"/sample/desk/reports/{said.ref}/")
    expect(page.get_by_alt_text("photo 1 of 2, 1600 × 1200")).to_be_visible()
    expect(page.get_by_alt_text("photo 1 of 2")).to_have_js_property("naturalWidth", 400)
    expect(page.get_by_label("sound 2 of 2, 0:03 min")).to_be_visible()
    actions.accept(verifier, said, DRAFT)
    event = Event.objects.get()
    page = desk.open(f"/sample/desk/events/{event.ref}/")
    page.get_by_role("link", name="Show it to readers … photo 1 of 2").click()
    expect(page.locator(".whole-file")).to_have_js_property("naturalWidth", 1600)
    page.get_by_label("Why readers should see it").fill("It shows the water level")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Readers get this file now.")).to_be_visible()

    phone.goto(f"{live_server.url}/sample/events/{event.ref}/")
    shown = phone.get_by_alt_text("photo 1 of 1, 1600 × 1200")
    shown.scroll_into_view_if_needed()  # it is loaded where somebody looks
    expect(shown).to_have_js_property("naturalWidth", 400)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    address = f"{live_server.url}/sample/events/{event.ref}/files/{Attachment.objects.get(number=1).ref}"
    page.get_by_role("button", name="showed readers file 1").first.click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    answer = phone.goto(address)
    assert answer is not None
    assert answer.status == 410
    assert desk.wrong == []
    desk.page.context.close()
    phone.context.close()
