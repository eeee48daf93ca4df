"""In Chromium: an office is in two lists that disagree, a card goes into the wallet, a directory into the safe."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.cli.main import run
from rapport.contacts.model import Channel, Means, Post, Role
from rapport.operations.models import Operation
from tests.stories.test_contacts_browser import sound
from tests.stories.test_desk_browser import Desk
from tests.web.contacts import network, of_team, office, officer, state

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
SHOTS = os.environ.get("SCREENSHOTS", "")
POSTS = tuple(
    Post(title, channels=(Channel(Means.PHONE, f"+2499120001{number}", "في الليل"),), languages=("ar", "en"))
    for number, title in enumerate(("رئيس المكتب", "Заместитель", "值班员"))
)


def saved(page: Page, click: Callable[[], None], folder: Path) -> Path:
    with page.expect_download() as waiting:
        click()
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    if file.suffix == ".pdf" and SHOTS:
        for number, one in enumerate(pypdfium2.PdfDocument(file)):
            one.render(scale=2).to_pil().save(f"{SHOTS}/{file.stem}-{number}.png")
    return file


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])
def test_lists_disagree_and_copies_are_taken_along(
    width: int,
    chromium: Browser,
    live_server: Any,
    operation: Operation,
    lead: Person,
    someone: Callable[..., Person],
    tmp_path: Path,
) -> None:
    carol = someone("carol", Held.CUSTODIAN)
    network(operation, lead, carol)
    sudan, peru = state(operation, lead, "Sudan"), state(operation, lead, "Peru")
    for role in (Role.TECHNICAL, Role.POLICY):
        office(
            sudan,
            of_team(lead, operation),
            of_team(carol, operation),
            role=role,
            posts=POSTS,
            title="مكتب الأمن السيبراني",
        )
    amina, abel, pedro = officer(sudan, "amina"), officer(sudan, "abel"), officer(peru, "pedro")
    size = {"width": width, "height": 844}
    there = f"{live_server.url}/sample/contacts"

    own = Desk(chromium, live_server.url, amina, viewport=size).page
    own.goto(f"{there}/offices/sudan/technical/")
    own.get_by_role("link", name="What the lists of other networks say").click()
    sound(own, f"lists-empty-{width}")
    own.get_by_role("link", name="Enter what a list says").click()
    own.get_by_role("button", name="Enter it").click()
    expect(own.get_by_role("alert")).to_contain_text("Write what the list says")
    sound(own, f"list-form-{width}")
    own.get_by_label("Whose list").fill("UN")
    own.get_by_label("Which list, of which day").fill("Global directory, 3 March 2026")
    own.locator("[id='channels.0.means']").select_option("phone")
    own.locator("[id='channels.0.value']").fill("+249 912 999 999")
    own.get_by_role("button", name="Enter it").click()
    expect(own.get_by_role("cell", name="phone +249912999999")).to_be_visible()
    sound(own, f"lists-{width}")

    second = Desk(chromium, live_server.url, abel, viewport=size).page
    second.goto(f"{there}/offices/sudan/technical/lists/")
    second.get_by_role("button", name="It is the one to go by").click()
    expect(second.get_by_text("the one to go by", exact=True)).to_be_visible()

    night = Desk(chromium, live_server.url, pedro, viewport=size).page
    night.goto(f"{there}/offices/sudan/technical/")
    expect(night.get_by_text("Other lists say otherwise about this office: UN.")).to_be_visible()
    expect(night.get_by_text("+249 912 999 999")).to_have_count(1)
    sound(night, f"office-disagreeing-{width}")
    card = saved(night, night.get_by_role("button", name="PDF Card of this office").click, tmp_path)
    assert card.read_bytes().startswith(b"%PDF")
    saved(night, night.get_by_role("button", name="PDF Phone tree").click, tmp_path)
    text = saved(night, night.get_by_role("button", name="Text Card of this office").click, tmp_path)
    assert "+24991200010" in text.read_text()

    night.goto(f"{there}/exports/")
    night.get_by_label("Sudan, technical").check()
    night.get_by_role("button", name="Make a signed directory of these").click()
    file = saved(night, night.get_by_role("button", name="Signed text").first.click, tmp_path)
    saved(night, night.locator(".rows").get_by_role("button", name="PDF").first.click, tmp_path)
    sound(night, f"copies-{width}")
    night.get_by_role("link", name="The key to check it with").click()
    sound(night, f"key-{width}")
    key = saved(night, night.get_by_role("link", name="The key as a file").click, tmp_path)
    assert run(["contacts", "verify", str(file), "--public-key", str(key)]) == 0

    team = Desk(chromium, live_server.url, lead, viewport=size).page
    team.goto(f"{there}/exports/")
    team.get_by_label("For", exact=True).select_option(label="Peru")
    team.get_by_label("What it is for").fill("For the safe of the ministry")
    team.get_by_role("button", name="Ask for it").click()
    expect(team.get_by_text("You asked for this yourself")).to_be_visible()
    sound(team, f"copies-team-{width}")
    team.goto(f"{there}/network/")
    sound(team, f"network-{width}")
    team.get_by_label("The network's file (.toml)").set_input_files(
        files=[{"name": "n.toml", "mimeType": "text/plain", "buffer": b"slug = 'x y'\nroles = ['army']\n"}]
    )
    team.get_by_role("button", name="Load it").click()
    expect(team.get_by_role("alert")).to_contain_text("army")
    sound(team, f"network-wrong-{width}")

    other = Desk(chromium, live_server.url, carol, viewport=size).page
    other.goto(f"{there}/exports/")
    other.get_by_role("button", name="Release it").click()
    expect(other.get_by_text("Released: the organisation finds it on this page.")).to_be_visible()
    own.goto(f"{there}/offices/sudan/technical/")
    expect(own.get_by_text("released by")).to_be_visible()
    sound(own, f"office-copies-{width}")
