"""A reader in a real browser: news arrive by themselves, the keyboard suffices, nothing is asked of another host."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_core_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.values import Precision
from tests.web.public import publish, withdraw

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LOOK = 6_000  # milliseconds after which the page has looked for news


@pytest.fixture
def events(operation: Operation) -> list[Event]:
    """A roughly known place, an exact one, three at one point and one without a place."""
    return [
        publish(operation, "Bridge down", lon=-72.53, lat=18.23, precision=Precision.ADM2, radius_m=9000),
        publish(operation, "Clinic open", "2a", lon=-72.63, lat=18.51, status="verified"),
        *(publish(operation, f"Water needed {n}", lon=-72.3, lat=18.54) for n in range(3)),
        publish(operation, "Rumour", lon=None, lat=None, precision=None),
    ]


class Visit:
    """One visitor: a page, every host it asked, and every complaint of the browser."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page: Page = context.new_page()
        self.address = address
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path, wait_until="networkidle")
        return self.page


@pytest.fixture
def visit(chromium: Browser, live_server: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    options = {"viewport": WIDE, **getattr(request, "param", {})}
    context = chromium.new_context(**options)
    yield Visit(context, live_server.url)
    context.close()


LOOKS = [
    pytest.param({"viewport": WIDE}, id="wide", marks=pytest.mark.soak),
    pytest.param({"viewport": PHONE, "has_touch": True}, id="phone"),
    pytest.param({"viewport": WIDE, "color_scheme": "dark"}, id="dark", marks=pytest.mark.soak),
]
SILENT = [pytest.param({"viewport": PHONE, "java_script_enabled": False}, id="without script")]


@pytest.mark.parametrize("visit", LOOKS, indirect=True)
def test_every_page_is_accessible_and_asks_no_other_host(visit: Visit, events: list[Event]) -> None:
    paths = ["/", "/about/", "/sample/", "/sample/?view=list", "/sample/?view=timeline", "/sample/?q=none"]
    for path in [*paths, "/sample/dictionary/", f"/sample/events/{events[0].ref}/"]:
        page = visit.open(path)
        violations = Axe().run(page)["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in violations] == [], path
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{path} scrolls sideways"
    assert visit.hosts == {urlsplit(visit.address).netloc}
    assert visit.complaints == []


def test_news_arrive_without_reloading_or_taking_the_focus(
    visit: Visit, operation: Operation, events: list[Event]
) -> None:
    visit.page.clock.install()
    page = visit.open("/sample/")
    expect(page.locator(".events li")).to_have_count(6)
    page.evaluate("window.sameDocument = true")
    reading = page.get_by_role("link", name="Clinic open").first
    reading.focus()
    fresh = publish(operation, "Road blocked", lon=-72.0, lat=19.0, published_at=timezone.now())
    page.clock.fast_forward(LOOK)
    expect(page.locator(f'[data-ref="{fresh.ref}"]')).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("New: 1")
    expect(page.locator("#list h2")).to_contain_text("7 events")
    expect(page.locator('.mark[aria-label="Road blocked"]')).to_be_visible()
    expect(reading).to_be_focused()
    withdraw(fresh)
    page.clock.fast_forward(LOOK)
    expect(page.locator(f'[data-ref="{fresh.ref}"]')).to_have_count(0)
    expect(page.locator('.mark[aria-label="Road blocked"]')).to_have_count(0)
    assert page.evaluate("window.sameDocument") is True
    assert visit.complaints == []


def test_what_only_moves_up_from_the_next_page_is_not_called_new(visit: Visit, operation: Operation) -> None:
    shown = [publish(operation, f"Water needed {n}") for n in range(51)]
    visit.page.clock.install()
    page = visit.open("/sample/?view=list")
    withdraw(shown[-1])
    page.clock.fast_forward(LOOK)
    expect(page.get_by_role("status")).to_have_text("The list has changed.")
    expect(page.locator(f'[data-ref="{shown[0].ref}"]')).to_be_visible()
    expect(page.locator(".events .new")).to_have_count(0)


def test_news_reach_the_counts_and_leave_the_open_filters_as_they_are(
    visit: Visit, operation: Operation, events: list[Event]
) -> None:
    visit.page.clock.install()
    page = visit.open("/sample/")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("first day").fill("2010-01-12")
    chosen = page.locator("input[name=status][value=verified]")
    chosen.check()
    expect(page.locator("#unmapped")).to_contain_text("1 event has no place")
    lacking = {"lon": None, "lat": None, "precision": None, "published_at": timezone.now()}
    publish(operation, "Another rumour", status="verified", **lacking)
    page.clock.fast_forward(LOOK)
    expect(page.locator("#unmapped")).to_contain_text("2 events have no place")
    expect(page.locator("label.check", has=chosen).locator(".count")).to_have_text("2")
    expect(page.get_by_role("status")).to_have_text("New: 1")
    expect(chosen).to_be_checked()
    expect(chosen).to_be_focused()
    expect(page.get_by_label("first day")).to_have_value("2010-01-12")


def test_a_lost_line_is_said_and_found_again(visit: Visit, operation: Operation, events: list[Event]) -> None:
    visit.page.clock.install()
    page = visit.open("/sample/")
    page.context.set_offline(True)
    page.clock.fast_forward(LOOK)
    expect(page.get_by_role("status")).to_contain_text("No connection since")
    expect(page.locator(".events li")).to_have_count(6)
    page.context.set_offline(False)
    page.clock.fast_forward(2 * LOOK)  # after a failure it waits twice as long
    expect(page.get_by_role("status")).to_be_hidden()


def test_the_map_is_used_with_the_keyboard(visit: Visit, events: list[Event]) -> None:
    page = visit.open("/sample/")
    rough = page.locator('.mark[aria-label^="Bridge down, within 9 km"]')
    expect(rough).to_be_visible()
    expect(page.locator(".leaflet-overlay-pane path.area")).to_have_count(1)
    many = page.locator('.mark[aria-label="3 events: closer"]')
    many.focus()
    expect(many).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**area=**")  # all on one point: the list shows them
    expect(page.locator(".events li")).to_have_count(3)
    visit.open("/sample/")
    clinic = page.locator('.mark[aria-label="Clinic open"]')
    clinic.focus()
    expect(clinic).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/events/{events[1].ref}/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Clinic open")


def centres(page: Page) -> list[dict[str, float]]:
    """Of every circle with a number: its middle and radius in pixels, and its exact number."""
    return page.locator(".mark:has(.many)").evaluate_all(
        """marks => marks.map(mark => {
          const box = mark.getBoundingClientRect();
          return { x: box.x + box.width / 2, y: box.y + box.height / 2, r: box.width / 2, n: parseInt(mark.title) };
        })"""
    )


@pytest.mark.parametrize("visit", LOOKS[:2], indirect=True)
def test_circles_do_not_hide_each_other(visit: Visit, operation: Operation) -> None:
    """Towns a few pixels apart on the start view, each side of a cell's edge."""
    for lon, count in ((-72.42, 40), (-72.40, 2), (-72.36, 12), (-72.30, 5), (-72.1, 3)):
        for n in range(count):
            publish(operation, f"Water needed {n}", lon=lon + n / 1000, lat=18.54 + n / 500)
    page = visit.open("/sample/?view=map")
    expect(page.locator(".mark:has(.many)").first).to_be_visible()
    for zoom in ("", "#10/18.5400/-72.3400", "#12/18.5400/-72.3400"):
        visit.open("/about/")
        visit.open("/sample/?view=map" + zoom)
        expect(page.locator(".mark:has(.many)").first).to_be_visible()
        circles = centres(page)
        assert circles
        assert all(12 <= one["r"] <= 24 for one in circles)
        for one, other in itertools.combinations(circles, 2):
            apart = math.hypot(one["x"] - other["x"], one["y"] - other["y"])
            assert apart >= one["r"] + other["r"] - 1, (zoom, one, other)


def test_large_numbers_are_short_on_the_map_and_exact_to_the_ear(visit: Visit, operation: Operation) -> None:
    answer = {"clusters": [{"lon": -72.3, "lat": 18.5, "count": 2167}, {"lon": -73.9, "lat": 18.5, "count": 999}]}
    visit.page.route("**/clusters.json?*", lambda route: route.fulfill(json=answer))
    page = visit.open("/sample/")
    large = page.locator('.mark[aria-label="2167 events: closer"]')
    expect(large).to_have_text("2.2k")
    expect(large).to_have_attribute("title", "2167 events: closer")
    expect(page.locator('.mark[aria-label="999 events: closer"]')).to_have_text("999")


def test_the_name_of_a_layer_is_text(visit: Visit, settings: Any, operation: Operation) -> None:
    name = "<b id=bold>Roads & rivers"
    folder = settings.DATA_DIR / "layers"
    folder.mkdir(parents=True, exist_ok=True)
    drawing = folder / f"{name}.geojson"
    drawing.write_text('{"type": "FeatureCollection", "features": []}')
    try:
        page = visit.open("/sample/")
        page.locator(".leaflet-control-layers-toggle").focus()
        expect(page.locator(".leaflet-control-layers-overlays label")).to_have_text(name)
        expect(page.locator("#bold")).to_have_count(0)
    finally:
        drawing.unlink()


@pytest.mark.parametrize("visit", LOOKS[1:2], indirect=True)
@pytest.mark.parametrize("language", ["en", "fr", "ht"])
def test_a_narrow_screen_never_scrolls_sideways(visit: Visit, events: list[Event], language: str) -> None:
    visit.page.context.set_extra_http_headers({"Accept-Language": language})
    page = visit.open("/sample/?view=list")
    page.locator("details.more > summary").click()
    expect(page.locator("details.more")).to_have_attribute("open", "")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page = visit.open("/about/")
    beside = page.locator(".facts dt").evaluate_all(
        """terms => terms.map(term => {
          const said = document.createRange();
          said.selectNodeContents(term);
          return term.nextElementSibling.getBoundingClientRect().left - said.getBoundingClientRect().right;
        })"""
    )
    assert beside
    assert min(beside) >= 0


@pytest.mark.parametrize("visit", LOOKS[1:2], indirect=True)
def test_what_is_wrong_with_a_filter_stands_first_and_leads_to_it(visit: Visit, events: list[Event]) -> None:
    page = visit.page
    page.goto(visit.address + "/sample/?from=2010-02-01&to=2010-01-01")
    summary = page.locator("form.filters [role=alert]")
    expect(summary).to_be_in_viewport()
    assert Axe().run(page)["violations"] == []
    summary.get_by_role("link").click()
    expect(page.get_by_label("first day")).to_be_in_viewport()
    expect(page.get_by_label("first day")).to_be_focused()


@pytest.mark.parametrize("visit", LOOKS[1:2], indirect=True)
def test_what_is_wrong_with_a_report_takes_the_focus_and_leads_to_each_field(
    visit: Visit, operation: Operation
) -> None:
    page = visit.open("/sample/report/")
    page.get_by_label("Phone number or e-mail address").fill("not a number")
    page.get_by_role("button", name="Send the report").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    assert Axe().run(page)["violations"] == []
    summary.get_by_role("link", name="What do you see").click()
    expect(page.locator("#text")).to_be_focused()
    page.locator("#text").fill("Nou bezwen dlo")
    page.get_by_role("button", name="Send the report").click()
    expect(summary.get_by_role("link", name="What do you see")).to_have_count(0)  # it is another one
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Phone number").click()
    expect(page.get_by_label("Phone number or e-mail address")).to_be_focused()


@pytest.mark.parametrize("visit", SILENT, indirect=True)
def test_everything_works_without_script(visit: Visit, events: list[Event]) -> None:
    page = visit.open("/sample/")
    expect(page.get_by_label("3 events: closer")).to_be_visible()
    page.get_by_role("link", name="List", exact=True).click()
    expect(page.locator(".view-map")).to_be_hidden()
    page.get_by_role("searchbox").fill("clinic")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".events li")).to_have_count(1)
    page.get_by_role("link", name="“clinic”").click()
    expect(page.locator(".events li")).to_have_count(6)
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Kreyòl").click()
    expect(page.locator("#list h2")).to_contain_text("6 evènman")
    page.get_by_role("link", name="Clinic open").click()
    expect(page.locator("[data-status=verified]")).to_have_text("verifye")
