"""A protocol in Chromium: played by an officer on a laptop and on a phone, changed by two people, obeyed at once."""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.events.models import Event
from rapport.exchange.views import FORMATS
from rapport.operations.models import Operation
from rapport.sharing import activation
from rapport.sharing.protocol.library import text_of
from rapport.values import Precision
from tests.stories.test_desk_browser import Desk
from tests.unpacked import unpacked
from tests.web.public import publish
from tests.web.test_protocol_page import STRICT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
PROTOCOL, PLAY = "/sample/desk/protocol/", "/sample/desk/protocol/play/"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Role.CUSTODIAN)


@pytest.fixture
def event(operation: Operation) -> Event:
    return publish(operation, "No water at Delmas 33", place_name="Delmas 33", lon=-72.3123, lat=18.5432)


def ways(event: Event) -> dict[str, str]:
    """Every way on which the public gets an event."""
    return {
        "map": "/sample/clusters.json?bbox=-75,17,-71,21&zoom=18",
        "list": "/sample/?view=list",
        "timeline": "/sample/?view=timeline&q=water",
        "event page": f"/sample/events/{event.ref}/",
        **{ending: f"/sample/events.{ending}" for ending in FORMATS},
    }


def get(reader: Page, where: str) -> tuple[int, str]:
    """What the browser gets, its own cache included; of a workbook what stands in it."""
    status, encoded = reader.evaluate(
        """async where => {
            const a = await fetch(where), bytes = new Uint8Array(await a.arrayBuffer())
            return [a.status, btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""))]
        }""",
        where,
    )
    return int(status), unpacked(b64decode(encoded))


def until_all_obey(reader: Page, event: Event, begin: float, obeys: Callable[[int, str], bool]) -> Mapping[str, float]:
    """Seconds from the click until each way obeyed, each asked once: the first answer must."""
    seconds = {}
    for name, where in ways(event).items():
        status, text = get(reader, where)
        assert obeys(status, text), f"{name} does not obey at the next request"
        seconds[name] = time.perf_counter() - begin
    return seconds


def said(what: str, seconds: Mapping[str, float]) -> None:
    told = ", ".join(f"{name} {taken:.2f}" for name, taken in seconds.items())
    print(f"\n{what}: seconds from the click until they obey, at the first request: {told}")  # noqa: T201 - the figure


def test_a_change_in_the_page_is_obeyed_by_every_way_out_at_the_next_request(
    chromium: Browser, live_server: Any, operation: Operation, event: Event, lead: Person, custodian: Person
) -> None:
    reader = chromium.new_context().new_page()
    reader.goto(f"{live_server.url}/sample/")
    for name, where in ways(event).items():
        status, text = get(reader, where)
        assert status == 200, name
        assert "No water" in text or "-72.3123" in text, name

    one = Desk(chromium, live_server.url, lead)
    page = one.open(f"{PROTOCOL}#propose")
    page.get_by_label("The protocol's text").fill(STRICT)
    page.get_by_label("Why").fill("agreed in May")
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("Proposed. It holds once somebody else has activated it.")).to_be_visible()
    page.get_by_role("link", name="sample, version 3", exact=True).click()
    expect(page.get_by_text("somebody else must activate it")).to_be_visible()
    assert "No water" in get(reader, f"/sample/events/{event.ref}/")[1]

    other = Desk(chromium, live_server.url, custodian)
    page = other.open(PROTOCOL)
    page.get_by_role("link", name="sample, version 3", exact=True).click()
    page.get_by_role("link", name="Play it", exact=True).click()
    expect(page.get_by_role("heading", name="Play a protocol")).to_be_visible()
    page.go_back()
    page.get_by_label("Why").fill("as agreed")
    begin = time.perf_counter()
    page.get_by_role("button", name="Activate sample 3").click()
    expect(page.get_by_text("It holds from now on, everywhere.")).to_be_visible()
    said(
        "Activated",
        until_all_obey(
            reader,
            event,
            begin,
            lambda status, text: (
                status == 200 and not any(secret in text for secret in ("No water", "Delmas 33", "-72.3123"))
            ),
        ),
    )
    reader.reload()
    expect(reader.get_by_text("Water shortage, Delmas").first).to_be_visible()
    expect(reader.get_by_text("No water at Delmas 33")).to_have_count(0)

    page.get_by_role("link", name="Read it").click()
    page.get_by_label("Why").fill("a leak")
    begin = time.perf_counter()
    page.get_by_role("button", name="Withdraw sample 3").click()
    expect(page.get_by_text("Nothing leaves the team until another protocol is activated.")).to_be_visible()
    said(
        "Withdrawn",
        until_all_obey(
            reader,
            event,
            begin,
            lambda status, text: (
                status == 410 or ("Water shortage, Delmas" not in text.replace("&quot;", "") and "-72.3" not in text)
            ),
        ),
    )
    assert get(reader, f"/sample/events/{event.ref}/")[0] == 410
    assert one.wrong == []
    assert other.wrong == []


@pytest.fixture
def played(operation: Operation, lead: Person) -> int:
    """A stricter protocol waits, and there are some events to play it against; its number."""
    for n in range(12):
        publish(
            operation,
            f"Water needed {n}",
            lon=-72.3 - n / 40,
            lat=18.5 + n / 30,
            status="verified" if n % 3 else "unverified",
        )
    publish(operation, "Camp in danger", "1a", persons_at_risk=True)
    publish(operation, "Bridge down", "2", lon=-72.53, lat=18.23, precision=Precision.ADM2, radius_m=9000)
    publish(operation, "Rumour", lon=None, lat=None, precision=None)
    return activation.propose(lead, operation, STRICT, "agreed").pk


def test_an_officer_plays_it_in_the_order_of_the_page(
    chromium: Browser, live_server: Any, operation: Operation, played: int, lead: Person
) -> None:
    desk = Desk(chromium, live_server.url, lead)
    page = desk.open(PROTOCOL)
    page.get_by_role("link", name="Play it").first.click()
    table = page.get_by_role("table", name="How many events each audience gets")
    expect(table.get_by_role("row", name="All")).to_contain_text("15 of 15")
    page.get_by_label("Rows by").select_option("persons at risk")
    page.get_by_role("button", name="Show").click()
    cell = table.get_by_role("link", name="concerns persons at risk, Everybody: 1 of 1")
    cell.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Camp in danger")).to_be_visible()
    page.get_by_role("link", name="Back to the table").click()
    page.get_by_role("link", name="Next: look at two maps").click()
    left, right = page.get_by_role("group", name="Map: as Everybody sees it"), page.locator("#as-right")
    expect(left).to_be_visible()
    expect(right).to_be_visible()
    before = left.locator("text.number").first.text_content()
    page.get_by_role("link", name="Closer", exact=True).click()
    assert "area=" in page.url
    page.get_by_role("link", name="Whole operation").click()
    expect(left.locator("text.number").first).to_have_text(before or "")
    page.get_by_role("link", name="Next: what changes, event by event").click()
    expect(page.get_by_role("row", name="Everybody").first).to_contain_text("15")
    page.get_by_label("Kind of change").select_option("less of it")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row").filter(has_text="Water needed 3").first).to_contain_text("by adm2")
    page.context.close()
    assert desk.wrong == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_it_can_be_read_by_everybody_and_nothing_is_cut_off(
    chromium: Browser, live_server: Any, operation: Operation, played: int, lead: Person, *, script: bool
) -> None:
    pages = {
        "protocol": PROTOCOL,
        "version": f"{PROTOCOL}{played}/",
        "table": f"{PLAY}?by=status",
        "sample": f"{PLAY}?data=sample&version=default",
        "behind": f"{PLAY}events/?audience=public",
        "maps": f"{PLAY}maps/",
        "sample-maps": f"{PLAY}maps/?data=sample&version=default",
        "changes": f"{PLAY}changes/",
    }
    for viewport in (WIDE, PHONE):
        options = {"viewport": viewport, "bypass_csp": True, "java_script_enabled": script}
        desk = Desk(chromium, live_server.url, lead, **options)
        for name, where in pages.items():
            page = desk.open(where)
            if script:
                assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], name
                assert [fault["id"] for fault in Axe().run(page)["violations"]] == [], name
            expect(page.get_by_role("heading", level=1)).to_be_visible()
        desk.page.context.close()
        assert desk.wrong == []


def test_a_protocol_that_gives_nobody_anything_is_shown_as_such(
    chromium: Browser, live_server: Any, operation: Operation, played: int, lead: Person
) -> None:
    nobody = text_of("closed").replace('name = "closed"', 'name = "nobody"')
    version = activation.propose(lead, operation, nobody, "")
    desk = Desk(chromium, live_server.url, lead, viewport=PHONE, java_script_enabled=False)
    page = desk.open(f"{PLAY}maps/?version={version.pk}&left={version.pk}/public")
    expect(page.locator("#as-left ~ .empty")).to_have_text("This audience is shown no event.")
    page = desk.open(f"{PLAY}changes/?version={version.pk}&change=hidden")
    expect(page.get_by_text("15 changes, the newest event first")).to_be_visible()
    page.context.close()
