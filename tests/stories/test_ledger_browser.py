"""The ledger's page on a phone, without script: what was entered, is it whole, and a checkpoint to keep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from rapport.accounts.models import Person
from rapport.desk import actions
from rapport.operations.models import Operation
from rapport.oversight.ledger import seal
from rapport.oversight.models import Decision
from tests.stories.test_desk_browser import Desk
from tests.web.desk import DRAFT, report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
LEDGER = "/sample/desk/ledger/"


def test_on_a_phone_without_script_a_lead_verifies_and_takes_a_checkpoint_away(
    chromium: Browser, live_server: Any, lead: Person, operation: Operation, tmp_path: Path
) -> None:
    phone = Desk(chromium, live_server.url, lead, viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = phone.open(LEDGER)
    expect(page.get_by_text("Nothing has been entered")).to_be_visible()
    for number in range(60):
        actions.accept(lead, report(operation, f"Dlo {number}"), DRAFT)
    seal.seal()
    page = phone.open(LEDGER)
    expect(page.get_by_text("accepted as a new event").first).to_be_visible()
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    page.get_by_role("link", name="Verify now").click()
    expect(page.get_by_text("60 entries, whole to")).to_be_visible()
    with page.expect_download() as handed_out:
        page.get_by_role("button", name="Get a checkpoint").click()
    handed_out.value.save_as(tmp_path / "checkpoint.json")
    assert json.loads((tmp_path / "checkpoint.json").read_text())["checkpoint"]["seq"] == 60
    Decision.objects.filter(kind="accept").update(reason="Another.")
    page.get_by_role("link", name="Verify now").click()
    expect(page.get_by_role("alert")).to_contain_text("60 faults in 60 entries")
    page.context.close()
    assert phone.wrong == []


def test_it_can_be_read_by_everybody_and_nothing_is_cut_off(
    chromium: Browser, live_server: Any, lead: Person, operation: Operation
) -> None:
    actions.accept(lead, report(operation), DRAFT)
    seal.checkpoint()
    for width in (390, 1280):
        desk = Desk(chromium, live_server.url, lead, viewport={"width": width, "height": 844}, bypass_csp=True)
        page = desk.open(f"{LEDGER}?verify=1")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [fault["id"] for fault in Axe().run(page)["violations"]] == []
        page.context.close()
