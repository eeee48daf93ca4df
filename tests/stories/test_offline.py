"""Bad lines, in Chromium: what is written without one is kept on the phone and sent once each when it is back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from axe_core_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from rapport.accounts.models import Person
from rapport.cli.bench_ground import Server, free_port, make
from rapport.desk import actions
from rapport.desk.models import Lease
from rapport.intake import limits, offline
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.oversight.models import Decision
from rapport.reports.models import Attachment, Report
from tests.pure.files import encoded, picture
from tests.stories.test_desk_browser import Desk
from tests.stories.waiting import still, wait_for
from tests.web.desk import report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
FORM = "/sample/report/"
WORDS, SEND = "What do you see, or need?", "Send the report"
PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
#: The languages of the forms that the phone keeps.
SHELL = """caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(one => one.match(
  '/sample/report/shell/')).then(one => one ? one.text() : '').then(text => (text.match(/lang="(..)"/) || [])[1]))))"""
Open = Callable[..., Page]


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

    def visit(*, sync: bool = True, **options: Any) -> Page:
        """Without `sync` the browser is one of those that send nothing by themselves."""
        context = chromium.new_context(**{**PHONE, **options})
        contexts.append(context)
        if not sync:
            context.add_init_script("delete ServiceWorkerRegistration.prototype.sync")
        page = context.new_page()
        if not sync:
            still(page)  # nor does the page try again
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(live_server.url + FORM)
        page.evaluate("navigator.serviceWorker.ready.then(() => caches.keys())")
        page.wait_for_function("() => navigator.serviceWorker.controller")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert wrong == []


def taken_over(page: Page) -> None:
    """The form's script asks the same before it takes the form; until then a click sends the form as it is."""
    page.evaluate("Kept.all().catch(() => [])")


def write(page: Page, text: str) -> None:
    taken_over(page)
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
    expect(page.locator("#sent-list li")).to_have_count(3)
    page.get_by_text("Sent from here").click()
    expect(page.locator("#sent-list li").last).to_be_visible()
    shown = {text.split()[-1] for text in page.locator("#sent-list li").all_inner_texts()}
    assert shown == set(Report.objects.values_list("ref", flat=True))
    left = page.evaluate("Kept.all().then(found => found.map(one => Object.keys(one).sort().join()))")
    assert left == ["address,at,id,ref,state"] * 3, "of what was sent only the reference stays"
    page.reload()
    page.evaluate("Kept.sendAll(true)")
    assert Report.objects.count() == 3


def test_an_answer_that_is_lost_makes_no_double(phone: Open) -> None:
    page = phone(sync=False)
    lost: list[int] = []

    def cut(route: Route) -> None:
        lost.append(route.fetch().status)  # the server has kept it
        route.abort()

    page.route(f"**{FORM}", cut, times=2)
    write(page, "Water in the yard")
    expect(kept(page)).to_have_count(1)
    page.get_by_role("button", name="Try to send now").click()
    expect(page.locator("#said")).to_contain_text("Not everything could be sent")
    page.get_by_role("button", name="Try to send now").click()
    expect(page.locator("#sent-count")).to_have_text("1")
    assert lost == [200, 200]
    assert said() == ["Water in the yard"]


def test_what_is_written_while_a_report_is_on_its_way_stays_and_is_a_report_of_its_own(phone: Open) -> None:
    page = phone(sync=False)
    held: list[Route] = []
    page.route(f"**{FORM}", lambda route: held.append(route))
    photo = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": encoded("JPEG", picture(80, 60))}
    page.get_by_label("Take a photo").set_input_files(photo)
    write(page, "First")
    expect(page.locator("#said")).to_contain_text("Sending")
    wait_for(page, lambda: len(held) == 1)
    write(page, "Second")  # the line is slow: the first one has no answer yet
    expect(page.get_by_label(WORDS)).to_have_value("Second")
    held[0].continue_()
    wait_for(page, lambda: len(held) == 2)
    held[1].continue_()
    expect(page.get_by_role("heading", name="Your report is kept")).to_be_visible()
    assert said() == ["First", "Second"]
    assert Attachment.objects.get().report.text == "First"


def test_two_taps_on_send_are_one_report(phone: Open) -> None:
    page = phone(sync=False)
    held: list[Route] = []
    page.route(f"**{FORM}", lambda route: held.append(route))
    write(page, "First")
    page.get_by_role("button", name=SEND).click()
    wait_for(page, lambda: len(held) == 1)
    held[0].continue_()
    expect(page.get_by_role("heading", name="Your report is kept")).to_be_visible()
    assert said() == ["First"]
    assert len(held) == 1


def test_what_was_changed_after_it_had_arrived_unseen_is_a_report_of_its_own(phone: Open) -> None:
    page = phone(sync=False)

    def cut(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(f"**{FORM}", cut, times=1)
    write(page, "Two people")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_label(WORDS)).to_have_value("Two people")
    write(page, "Two people, and a child")
    expect(page.locator("#said")).to_contain_text("An earlier version of this report had arrived already")
    expect(page.locator("#sent-count")).to_have_text("2")
    assert said() == ["Two people", "Two people, and a child"]


def test_a_kept_report_with_a_bad_place_says_why_and_can_be_changed(phone: Open) -> None:
    page = phone()
    page.context.set_offline(True)
    page.get_by_text("I know the coordinates").click()
    page.get_by_label("Latitude").fill("95")
    page.get_by_label("Longitude").fill("-172")
    photo = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": encoded("JPEG", picture(80, 60))}
    page.get_by_label("Choose files").set_input_files([photo, photo])
    write(page, "No water")
    expect(kept(page)).to_have_count(1)
    page.context.set_offline(False)
    refused = kept(page, "Not taken.")
    expect(refused).to_contain_text("-90")
    refused.get_by_role("button", name="Change it").click()
    expect(page.locator("#wrong")).to_be_focused()
    page.locator("#wrong").get_by_role("link", name="Latitude").click()
    expect(page.get_by_label("Latitude")).to_be_focused()
    expect(page.get_by_label("Latitude")).to_have_attribute("aria-describedby", "lat-error")
    page.get_by_label("Latitude").fill("18.5")
    page.get_by_label("Keep IMG_1.jpg").first.uncheck()
    page.keyboard.press("Tab")
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("heading", name="Your report is kept")).to_be_visible()
    there = Report.objects.get()
    assert (there.text, there.lat, there.attachments.count()) == ("No water", 18.5, 1)


def test_while_there_is_a_line_the_form_is_corrected_in_place(phone: Open) -> None:
    page = phone()
    write(page, " ")
    expect(page.locator("#wrong")).to_contain_text("Write what you see or need.")
    page.get_by_label("Phone number or e-mail address").fill("call me")
    write(page, "No water")
    expect(page.locator("#wrong")).to_contain_text("Write a phone number with its country code")
    expect(page.locator("#wrong")).to_be_focused()
    expect(page.locator("#kept")).to_be_hidden()
    page.get_by_label("Phone number or e-mail address").fill("")
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("heading", name="Your report is kept")).to_be_visible()
    assert said() == ["No water"]


def test_nothing_is_left_on_a_phone_that_others_use(phone: Open) -> None:
    page = phone()
    page.context.set_offline(True)
    write(page, "First")
    write(page, "Second")
    expect(kept(page)).to_have_count(2)
    page.on("dialog", lambda dialog: dialog.accept())
    kept(page).first.get_by_role("button", name="Delete it").click()
    expect(kept(page)).to_have_count(1)
    page.get_by_label(WORDS).fill("Half a wor")
    page.get_by_role("button", name="Delete what is kept on this phone").click()
    expect(page.locator("#said")).to_have_text("Deleted.")
    expect(page.get_by_label(WORDS)).to_have_value("")
    assert page.evaluate("Kept.all()") == []
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#kept")).to_be_hidden()
    assert said() == []


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": "<h1>Welcome to the hotel</h1>", "content_type": "text/html"},
        {"status": 502, "body": "Bad gateway"},
        {"status": 503, "body": '{"problem": "busy", "errors": {}}', "headers": {"Retry-After": "0"}},
    ],
    ids=lambda answer: str(answer["status"]),
)
def test_what_does_not_answer_as_our_server_is_no_line(phone: Open, answer: Any) -> None:
    page = phone(sync=False)
    page.route(f"**{FORM}", lambda route: route.fulfill(**answer), times=1)
    write(page, "Water in the yard")
    expect(kept(page)).to_have_count(1)
    page.get_by_role("button", name="Try to send now").click()
    expect(page.locator("#sent-count")).to_have_text("1")
    assert said() == ["Water in the yard"]


def test_a_phone_without_room_says_so_and_loses_nothing(phone: Open) -> None:
    page = phone()
    page.evaluate(
        "() => { IDBObjectStore.prototype.put = function () { this.transaction.abort(); }; }"  # as a full disk does
    )
    page.context.set_offline(True)
    write(page, "Water in the yard")
    expect(page.locator("#said")).to_contain_text("there is no room on this phone to keep it")
    expect(page.get_by_label(WORDS)).to_have_value("Water in the yard")
    page.context.set_offline(False)
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("heading", name="Your report is kept")).to_be_visible()
    assert said() == ["Water in the yard"]


def test_a_browser_that_keeps_nothing_has_the_plain_form(phone: Open, live_server: Any) -> None:
    page = phone()
    page.add_init_script("Object.defineProperty(self, 'indexedDB', { get() { throw new Error('private'); } })")
    page.goto(live_server.url + FORM)
    with page.expect_navigation():
        write(page, "Water in the yard")
    expect(page.get_by_role("heading", name="Your report is kept")).to_be_visible()
    assert said() == ["Water in the yard"]


@pytest.mark.parametrize(
    ("language", "width", "words"),
    [
        ("en", 1280, "Kept on this phone"),
        ("fr", 390, "Gardé sur ce téléphone"),
        ("ht", 390, "Ki rete sou telefòn sa a"),
    ],
)
def test_the_form_and_what_is_kept_read_well_in_every_language(
    phone: Open, live_server: Any, language: str, width: int, words: str
) -> None:
    page = phone(viewport={"width": width, "height": 780})
    cookie = {"name": "django_language", "value": language, "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(live_server.url + FORM)
    page.evaluate("navigator.serviceWorker.ready.then(one => one.update())")
    wait_for(page, lambda: page.evaluate(SHELL) == [language])  # the worker of the language before is gone
    page.context.set_offline(True)
    page.goto(live_server.url + FORM)
    expect(page.locator("html")).to_have_attribute("lang", language)
    taken_over(page)
    page.locator("#text").fill("Dlo")
    page.locator("#report button.primary").click()
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    faults = Axe().run(page)["violations"]
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in faults] == []


def test_the_phone_keeps_the_form_and_nothing_of_a_person_who_is_signed_in(
    phone: Open, live_server: Any, volunteer: Person
) -> None:
    client = Client()
    client.force_login(volunteer)
    page = phone()
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.evaluate("navigator.serviceWorker.getRegistration().then(one => one.unregister())")
    page.goto(live_server.url + FORM)
    page.evaluate("navigator.serviceWorker.ready")
    expect(page.get_by_text("Sign out")).to_be_visible()
    page.goto(live_server.url + "/sample/")
    page.goto(live_server.url + FORM)
    page.context.set_offline(True)
    page.goto(live_server.url + FORM)
    expect(page.get_by_text("Sign out")).to_have_count(0)
    there = page.evaluate(
        "caches.keys().then(names => Promise.all(names.map(n => caches.open(n).then(c => c.keys()))))"
        ".then(found => found.flat().map(one => new URL(one.url).pathname))"
    )
    assert there == ["/sample/report/shell/", *(f"/static/{name}" for name in offline.FILES)]


@pytest.mark.soak
def test_a_server_that_is_killed_and_started_again_gets_everything_once(chromium: Browser, tmp_path: Path) -> None:
    ground = make(tmp_path)
    with Server(Path(ground.folder), free_port()) as server:
        address = f"http://127.0.0.1:{server.port}/{ground.operation}/report/"
        page = chromium.new_context(**PHONE).new_page()  # type: ignore[arg-type]
        page.goto(address)
        page.evaluate("navigator.serviceWorker.ready")
        page.wait_for_function("() => navigator.serviceWorker.controller")
        for number in range(3):
            server.kill()
            page.goto(address)
            write(page, f"Written while the server was away {number}")
            expect(kept(page)).to_have_count(1)
            server.start()
            page.get_by_role("button", name="Try to send now").click()
            expect(page.locator("#sent-count")).to_have_text(str(number + 1))
        page.context.close()
        there = sqlite3.connect(ground.database).execute("SELECT text, count(*) FROM reports_report GROUP BY text")
        assert sorted(there) == [(f"Written while the server was away {number}", 1) for number in range(3)]


# --- the desk ------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(chromium: Browser, live_server: Any, verifier: Person) -> Iterator[Desk]:
    made = Desk(chromium, live_server.url, verifier)
    yield made
    made.page.context.close()


def test_a_decision_made_with_the_line_cut_is_made_once_when_it_is_back(desk: Desk, operation: Operation) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 780})
    page = desk.open(f"/sample/desk/reports/{report(operation).ref}/")
    page.locator("#id_title").fill("No water at the market")
    page.context.set_offline(True)
    page.get_by_role("button", name="Accept & publish").click()
    line = page.locator(".line")
    expect(line).to_contain_text("Not sent: “Accept & publish”. The line is lost.")
    expect(line).to_be_in_viewport()
    expect(page.locator("#id_title")).to_have_value("No water at the market")
    assert not Decision.objects.exists()
    page.context.set_offline(False)
    expect(page.get_by_text("Published: No water at the market.")).to_be_visible()
    assert [decision.kind for decision in Decision.objects.all()] == ["accept"]
    expect(page.locator(".line")).to_be_hidden()


def test_a_decision_whose_answer_is_lost_is_made_once(desk: Desk, operation: Operation) -> None:
    still(desk.page)  # it is sent again by hand only
    page = desk.open(f"/sample/desk/reports/{report(operation).ref}/")

    def cut(route: Route) -> None:
        route.fetch(max_redirects=0)  # the server has done it
        route.abort()

    page.route("**/accept/", cut, times=2)
    page.locator("#id_title").fill("No water at the market")
    page.get_by_role("button", name="Accept & publish").click()
    expect(page.locator(".line")).to_contain_text("The line is lost")
    page.get_by_role("button", name="Send now").click()
    expect(page.locator(".line")).to_contain_text("The line is lost")
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("h1")).not_to_contain_text("Report")
    assert Decision.objects.count() == 1


def test_whoever_was_first_is_named_and_what_was_written_stays(desk: Desk, operation: Operation, lead: Person) -> None:
    told = report(operation)
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    page.context.set_offline(True)
    page.locator("#id_title").fill("No water at the market")
    page.get_by_role("button", name="Accept & publish").click()
    expect(page.locator(".line")).to_be_visible()
    Lease.objects.all().delete()
    actions.reject(lead, told, "A test message")
    page.context.set_offline(False)
    expect(page.get_by_text("This report is not waiting any more: lea")).to_be_visible()
    expect(page.get_by_text("No water at the market")).to_be_visible()
    assert [decision.kind for decision in Decision.objects.all()] == ["reject"]


def test_what_was_written_survives_a_session_that_has_ended(desk: Desk, operation: Operation, verifier: Person) -> None:
    page = desk.open(f"/sample/desk/reports/{report(operation).ref}/")
    page.locator("#id_title").fill("No water at the market")
    page.locator("#id_summary").fill("A pump is broken.")
    Session.objects.all().delete()
    page.get_by_role("button", name="Accept & publish").click()
    page.locator(".line").get_by_role("link", name="Sign in").click()
    page.locator("[name=login]").fill(verifier.username)
    page.locator("[name=password]").fill("a long enough password")
    page.locator("main").get_by_role("button").first.click()
    expect(page.locator(".line")).to_contain_text("What you had written is here again")
    expect(page.locator("#id_summary")).to_have_value("A pump is broken.")
    page.get_by_role("button", name="Accept & publish").click()
    expect(page.get_by_text("Published: No water at the market.")).to_be_visible()
    assert Decision.objects.count() == 1
    page.evaluate("sessionStorage.setItem('rapport-line', '{}')")
    page.get_by_role("link", name="Sign out").click()
    page.locator("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.wait_for_function("() => sessionStorage.length === 0")


def test_small_forms_too_are_sent_by_themselves_when_the_line_is_back(desk: Desk, operation: Operation) -> None:
    told = report(operation, number="50937001122")
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    page.context.set_offline(True)
    page.keyboard.press("l")
    expect(page.locator("#translation")).to_be_focused()
    page.keyboard.type("No water in Delmas")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".line")).to_contain_text("Not sent: “Save the translation”. The line is lost.")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    expect(page.locator("#conversation textarea")).to_be_focused()
    page.keyboard.type("Konbyen moun?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".line")).to_contain_text("Not sent: “Save the translation”, “Ask”")
    page.locator("#id_summary").fill("Still being written")
    page.context.set_offline(False)
    expect(page.locator("#translations .card")).to_contain_text("No water in Delmas")
    expect(page.locator("#conversation .ours")).to_contain_text("Konbyen moun?")
    expect(page.locator(".line")).to_be_hidden()
    expect(page.locator("#id_summary")).to_be_focused()
    expect(page.locator("#id_summary")).to_have_value("Still being written")
    assert [decision.kind for decision in Decision.objects.order_by("id")] == ["translate", "ask"]


def test_next_does_not_run_ahead_of_a_decision_that_waits_for_the_line(desk: Desk, operation: Operation) -> None:
    told = report(operation, "Pa gen dlo")
    report(operation, "Nou grangou")
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    page.locator("#id_title").fill("No water at the market")
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    page.keyboard.press("w")
    page.keyboard.press("2")
    expect(page.locator(".line")).to_contain_text("Not sent: “2 urgent”")
    page.keyboard.press("a")
    page.keyboard.press("n")
    expect(page.locator(".line")).to_contain_text("“Accept & publish” ")
    expect(page.locator(".line")).not_to_contain_text("Next")
    page.context.set_offline(False)
    expect(page.get_by_text("Published: No water at the market.")).to_be_visible()
    expect(page.locator("blockquote")).to_have_text("Nou grangou")
    expect(page.locator(".line")).to_be_hidden()
    assert [decision.kind for decision in Decision.objects.order_by("id")] == ["prioritise", "accept"]


def sign_in_elsewhere(desk: Desk, who: Person) -> None:
    """In another tab of the same browser: the proof in every open form is too old from then on."""
    tab = desk.page.context.new_page()
    tab.goto(desk.url + "/accounts/login/")
    tab.locator("[name=login]").fill(who.username)
    tab.locator("[name=password]").fill("a long enough password")
    tab.locator("main").get_by_role("button").first.click()
    expect(tab.get_by_text(f"Successfully signed in as {who.username}.")).to_be_visible()
    tab.close()


def test_who_signed_in_anew_in_another_tab_sends_what_is_written_here(
    desk: Desk, operation: Operation, verifier: Person
) -> None:
    page = desk.open(f"/sample/desk/reports/{report(operation).ref}/")
    page.locator("#id_title").fill("No water at the market")
    Session.objects.all().delete()
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    expect(page.locator("#translation")).to_be_focused()
    page.keyboard.type("No water")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".line")).to_contain_text("you are signed out")
    sign_in_elsewhere(desk, verifier)
    page.locator("#translation").press("Control+Enter")
    expect(page.locator("#translations .card")).to_contain_text("No water")
    page.get_by_role("button", name="Accept & publish").click()
    expect(page.get_by_text("Published: No water at the market.")).to_be_visible()
    assert [decision.kind for decision in Decision.objects.order_by("id")] == ["translate", "accept"]


def test_who_signed_in_after_somebody_else_decides_nothing_in_their_place(
    desk: Desk, operation: Operation, lead: Person
) -> None:
    page = desk.open(f"/sample/desk/reports/{report(operation).ref}/")
    page.locator("#id_title").fill("No water at the market")
    page.context.clear_cookies()
    sign_in_elsewhere(desk, lead)
    page.get_by_role("button", name="Accept & publish").click()
    expect(page.locator(".line")).to_contain_text("somebody else is signed in")
    expect(page.locator("#id_title")).to_have_value("No water at the market")
    assert not Decision.objects.exists()
