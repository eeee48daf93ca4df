"""An alert is written, issued, updated and cancelled in Chromium by two people; what leaves is one thread of CAP."""

from __future__ import annotations

import io
import os
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
import xmlschema
from axe_core_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.alerts.models import AlertMessage
from rapport.formats.cap import reading
from rapport.formats.cap.chain import threads
from rapport.formats.cap.model import MsgType
from rapport.operations.models import Operation
from tests.stories.test_desk_browser import Desk
from tests.web.public import publish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
SHOTS = os.environ.get("SCREENSHOTS", "")
OASIS = xmlschema.XMLSchema(str(Path(__file__).parents[1] / "data" / "cap" / "cap12.xsd"))


def sound(page: Page, name: str) -> None:
    """No barrier that a checker finds, and nothing scrolls sideways."""
    page.wait_for_load_state("load")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page)["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=20) as answer:
        body: bytes = answer.read()
    return body


def said(page: Page, code: str, **words: str) -> None:
    for part, text in words.items():
        page.locator(f"[name={part}_{code}]").fill(text)


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])
def test_two_people_warn_update_and_cancel(
    width: int, chromium: Browser, live_server: Any, operation: Operation, verifier: Person, lead: Person
) -> None:
    operation.alerts = {"two_people": True, "sender": "alerts@example.org", "contact": "desk@example.org"}
    operation.save()
    event = publish(operation, "Ravine overflows")
    size: dict[str, Any] = {"viewport": {"width": width, "height": 844}, "bypass_csp": True}
    writing, issuing = (Desk(chromium, live_server.url, who, **size) for who in (verifier, lead))
    reader = chromium.new_context(locale="en", **size).new_page()

    # Written from an event by a verifier, who cannot issue it.
    page = writing.open(f"/sample/desk/alerts/new/?event={event.ref}")
    said(page, "en", event="flood", headline="Water rises in Delmas", description="The ravine overflows.",
         instruction="Go uphill now.")  # fmt: skip
    said(page, "ht", event="inondasyon", headline="Dlo ap monte", description="Ravin nan ap debòde.")
    page.get_by_label("weather and flood").check()
    page.get_by_label("leave the area").check()
    page.get_by_label("Urgency").select_option("Immediate")
    page.get_by_label("Severity").select_option("Severe")
    page.get_by_label("Latitude").fill("")
    page.get_by_role("button", name="Look at it before it goes out").click()
    expect(page.get_by_role("alert")).to_contain_text("go together")
    sound(page, f"alert-wrong-{width}")
    page.get_by_label("Latitude").fill("18.545")
    page.get_by_label("Radius, m").fill("4000")
    page.get_by_role("button", name="Look at it before it goes out").click()
    expect(page.get_by_role("heading", name="This would go out")).to_be_visible()
    expect(page.get_by_text("A lead issues it")).to_be_visible()
    sound(page, f"alert-draft-{width}")

    # Issued by a lead; readers see it.
    lea = issuing.open("/sample/desk/alerts/")
    lea.get_by_role("link", name="Dlo ap monte").click()
    expect(lea.get_by_role("row", name="Everybody")).to_contain_text("yes")
    lea.get_by_role("button", name="Issue the alert now").click()
    expect(lea.get_by_text("Issued.")).to_be_visible()
    reader.goto(f"{live_server.url}/sample/")
    expect(reader.get_by_role("link", name="Water rises in Delmas")).to_be_visible()
    if width > 1000:  # a phone shows the list
        expect(reader.locator("path.warned")).to_have_count(1)
    sound(reader, f"alert-map-{width}")
    reader.get_by_role("link", name="Water rises in Delmas").click()
    expect(reader.get_by_text("Go uphill now.")).to_be_visible()
    sound(reader, f"alert-page-{width}")

    # Updated, then cancelled.
    page = writing.open("/sample/desk/alerts/")
    page.get_by_role("link", name="Update").click()
    page.get_by_label("Why", exact=True).fill("The bridge is gone.")
    page.get_by_label("Severity").select_option("Extreme")
    said(page, "en", headline="Water rises fast in Delmas")
    page.get_by_role("button", name="Look at it before it goes out").click()
    expect(page.get_by_text("It replaces 1 message")).to_be_visible()
    lea = issuing.open("/sample/desk/alerts/")
    lea.locator("section", has_text="Drafts").get_by_role("link").first.click()
    lea.get_by_role("button", name="Issue the update now").click()
    expect(lea.get_by_text("Issued.")).to_be_visible()
    page = writing.open("/sample/desk/alerts/")
    sound(page, f"alerts-desk-{width}")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_label("Why", exact=True).fill("The water has gone down.")
    sound(page, f"alert-cancel-{width}")
    page.get_by_role("button", name="Look at it before it goes out").click()
    expect(page.get_by_text("It replaces 2 messages")).to_be_visible()
    lea = issuing.open("/sample/desk/alerts/")
    lea.locator("section", has_text="Drafts").get_by_role("link").first.click()
    lea.get_by_role("button", name="Cancel the alert now").click()
    expect(lea.get_by_text("This alert is cancelled. Nothing of it holds any more.")).to_be_visible()
    reader.goto(f"{live_server.url}/sample/")
    expect(reader.get_by_text("Water rises")).to_have_count(0)

    # What left: three valid messages of one thread, the last of them in the feeds until it expires.
    ref = AlertMessage.objects.first().alert.ref  # type: ignore[union-attr]
    files = [fetched(f"{live_server.url}/sample/alerts/{ref}/{number}.cap") for number in (1, 2, 3)]
    for one in files:
        OASIS.validate(io.BytesIO(one))
    (thread,) = threads([reading.read(one) for one in files])
    assert [one.msg_type for one in thread.alerts] == [MsgType.ALERT, MsgType.UPDATE, MsgType.CANCEL]
    assert not [*thread.missing, *thread.powerless, *thread.left_out, *thread.conflicts]
    for ending in ("atom", "rss"):
        feed = feedparser.parse(fetched(f"{live_server.url}/sample/alerts.{ending}"))
        assert feed.bozo == 0
        assert [one.id for one in feed.entries] == [f"{live_server.url}/sample/alerts/{ref}/3.cap"]
    AlertMessage.objects.update(expires=timezone.now() - timedelta(minutes=1))
    assert not feedparser.parse(fetched(f"{live_server.url}/sample/alerts.atom")).entries
    reader.goto(f"{live_server.url}/sample/alerts/")
    expect(reader.get_by_text("No alert is in force")).to_be_visible()
    sound(reader, f"alerts-over-{width}")


def test_without_script_an_alert_is_written_and_issued(
    chromium: Browser, live_server: Any, operation: Operation, someone: Callable[..., Person]
) -> None:
    lead = someone("luc", Role.LEAD)
    desk = Desk(chromium, live_server.url, lead, java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = desk.open("/sample/desk/alerts/new/")
    said(page, "en", event="flood", headline="Water rises", description="The ravine overflows.")
    page.get_by_label("weather and flood").check()
    page.get_by_label("Area, as people call it").fill("Jacmel")
    page.get_by_role("button", name="Look at it before it goes out").click()
    page.get_by_role("button", name="Issue the alert now").click()
    expect(page.get_by_role("heading", name="Water rises")).to_be_visible()
