"""In Chromium: an office is nominated by one person, approved by another, and found at night, on a phone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from axe_core_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts.cases import clockwork
from rapport.contacts.cases.models import Case, Dispatch
from rapport.contacts.model import Means, Role
from rapport.contacts.models import Ping
from rapport.contacts.pings import answering, running, starting
from rapport.contacts.pings.starting import Terms
from rapport.notify.mail import server
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Operation
from tests.stories.test_desk_browser import Desk
from tests.web.contacts import named, network, newcomer, of_team, officer, state
from tests.web.test_cases import Side, sent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
SHOTS = os.environ.get("SCREENSHOTS", "")
#: On a phone with every change; as wide as a desk in the soak.
WIDTHS = [pytest.param(1280, marks=pytest.mark.soak), 390]


def sound(page: Page, name: str) -> None:
    """No barrier that a checker finds, and nothing scrolls sideways."""
    page.wait_for_load_state("load")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page)["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def fill_in(page: Page) -> None:
    """The form as somebody fills it in who has the note beside it."""
    page.get_by_label("Name of the office").fill("National cyber desk")
    page.locator("[id='channels.0.means']").select_option("phone")
    page.locator("[id='channels.0.value']").fill("+254 20 700 0100")
    for number, post in enumerate(("Head of desk", "Deputy", "Watch officer")):
        page.locator(f"[id='posts.{number}.title']").fill(post)
        page.locator(f"[id='posts.{number}.channels.0.means']").select_option("phone")
        page.locator(f"[id='posts.{number}.channels.0.value']").fill(f"00254 700 000 20{number}")
    page.locator("#languages").fill("en, sw")
    page.locator("#hours").fill("mon-fri 08:00-17:00")
    page.locator("#time_zone").fill("Africa/Nairobi")
    page.get_by_label("What it may decide by itself").fill("Exchanges technical facts.")
    page.get_by_label("The note that nominates it").fill("Note 12/2026 of 3 March 2026")
    page.get_by_label("Why now").fill("First nomination")


@pytest.mark.parametrize("width", WIDTHS)
def test_an_office_is_nominated_approved_and_found(
    width: int,
    chromium: Browser,
    live_server: Any,
    operation: Operation,
    lead: Person,
    someone: Callable[..., Person],
) -> None:
    network(operation, lead, someone("carol", Held.CUSTODIAN))
    kenya, peru = state(operation, lead, "Kenya"), state(operation, lead, "Peru")
    amina, pedro = officer(kenya, "amina"), officer(peru, "pedro")
    size = {"width": width, "height": 844}

    there = Desk(chromium, live_server.url, amina, viewport=size).page
    there.goto(f"{live_server.url}/sample/contacts/")
    sound(there, f"directory-own-{width}")
    there.get_by_role("link", name="Kenya: nominate an office, technical").click()
    there.get_by_label("Why now").fill("First nomination")
    there.get_by_role("button", name="Nominate").click()
    expect(there.get_by_role("alert")).to_contain_text("at least 2 who answer in their place")
    sound(there, f"nominate-wrong-{width}")
    fill_in(there)
    there.get_by_role("button", name="Nominate").click()
    expect(there.get_by_text("another person decides about it")).to_be_visible()
    sound(there, f"nominated-{width}")

    team = Desk(chromium, live_server.url, lead, viewport=size).page
    team.goto(f"{live_server.url}/sample/contacts/")
    team.get_by_role("link", name="Nominations (1)").click()
    team.get_by_role("link", name="Kenya, technical").click()
    expect(team.get_by_text("phone +254700000201")).to_be_visible()
    team.get_by_role("button", name="Approve").click()
    expect(team.get_by_text("Approved: it counts from now on.")).to_be_visible()
    sound(team, f"approved-{width}")

    night = Desk(chromium, live_server.url, pedro, viewport=size).page
    night.goto(f"{live_server.url}/sample/contacts/")
    night.get_by_label("State or organisation").fill("ken")
    night.keyboard.press("Enter")
    night.wait_for_url("**q=ken**")
    sound(night, f"directory-{width}")
    night.get_by_role("link", name="Kenya, technical: reach").click()
    first = night.locator(".tries li").first
    expect(first).to_contain_text("+254 207 000 100")
    expect(first.get_by_role("link")).to_have_attribute("href", "tel:+254207000100")
    expect(night.get_by_text("This look is noted, and the office sees it.")).to_be_visible()
    sound(night, f"office-{width}")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_ping_is_acknowledged_on_a_phone(
    width: int, chromium: Browser, live_server: Any, operation: Operation, lead: Person, someone: Callable[..., Person]
) -> None:
    """Started on the team's page, sent by the worker, answered behind the link without signing in."""
    custodian = someone("carol", Held.CUSTODIAN)
    network(operation, lead, custodian)
    kenya = Side(operation, lead, custodian, "Kenya")
    size = {"width": width, "height": 844}
    team = Desk(chromium, live_server.url, lead, viewport=size).page
    team.goto(f"{live_server.url}/sample/contacts/pings/")
    now = timezone.localtime(timezone.now(), ZoneInfo(operation.time_zone))
    team.get_by_label("Name", exact=True).fill("Spring round")
    team.get_by_label("From").fill(now.strftime("%Y-%m-%dT%H:%M"))
    team.get_by_label("Until").fill((now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"))
    sound(team, f"pings-{width}")
    with override_settings(SMTP=server("smtp://127.0.0.1:2525"), MAIL_FROM="n@example.org", PUBLIC_URL=live_server.url):
        team.get_by_role("button", name="Start").click()
        expect(team.get_by_text("not even you")).to_be_visible()
        Ping.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        running.send_due(timezone.now())
    letter = OutboxMessage.objects.filter(purpose="ping", sender__kind="email").first()
    assert letter is not None
    phone = chromium.new_context(viewport=size).new_page()
    phone.goto(letter.body.split()[-1])
    sound(phone, f"ping-{width}")
    phone.get_by_role("button", name="It has arrived").click()
    expect(phone.get_by_text("this way to reach you works")).to_be_visible()
    sound(phone, f"ping-answered-{width}")
    own = Desk(chromium, live_server.url, kenya.one.person, viewport=size).page
    own.goto(f"{live_server.url}/sample/contacts/pings/")
    own.get_by_role("link", name="Spring round").click()
    expect(own.locator("table").get_by_text("answered in time")).to_be_visible()
    expect(own.get_by_text("Totals are shown when the round is over")).to_be_visible()
    sound(own, f"campaign-{width}")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_team_reads_a_round_and_notes_its_calls_on_a_phone(
    width: int, chromium: Browser, live_server: Any, operation: Operation, lead: Person, someone: Callable[..., Person]
) -> None:
    """Totals by role, and a call with all its buttons: nothing is cut."""
    custodian = someone("carol", Held.CUSTODIAN)
    network(operation, lead, custodian)
    for name in ("Kenya", "Peru", "Chile", "Ghana", "Nepal"):
        Side(operation, lead, custodian, name)
    now = timezone.now()
    terms = Terms("Spring round", now, now + timedelta(days=3), 48, frozenset(Role), frozenset({Means.PHONE}))
    made = starting.start(of_team(lead, operation), terms)
    Ping.objects.update(due_at=now)
    first = made.pings.earliest("pk")
    for ping in made.pings.exclude(pk=first.pk):
        answering.by_hand(of_team(lead, operation), ping, "answered")
    team = Desk(chromium, live_server.url, lead, viewport={"width": width, "height": 844}).page
    team.goto(f"{live_server.url}/sample/contacts/pings/{made.ref}/?call={named(first)}")
    expect(team.get_by_role("region", name="By role").locator("table")).to_be_visible()
    sound(team, f"campaign-team-{width}")
    for name in ("Answered", "Wrong person", "Dead", "Nobody answered"):
        button = team.get_by_role("button", name=name, exact=True)
        box = button.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width, f"{name} is cut"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_notification_is_sent_escalated_answered_and_closed(
    width: int, chromium: Browser, live_server: Any, operation: Operation, lead: Person, someone: Callable[..., Person]
) -> None:
    custodian = someone("carol", Held.CUSTODIAN)
    network(operation, lead, custodian)
    kenya, peru = Side(operation, lead, custodian, "Kenya"), Side(operation, lead, custodian, "Peru")
    size = {"width": width, "height": 844}
    one, two = (Desk(chromium, live_server.url, each.person, viewport=size).page for each in (kenya.one, kenya.two))
    one.goto(f"{live_server.url}/sample/contacts/duty/")
    expect(one.get_by_text("Nothing waits")).to_be_visible()
    sound(one, f"duty-quiet-{width}")
    one.get_by_role("link", name="Write to somebody").click()
    one.get_by_label("To", exact=True).select_option("peru/technical")
    one.get_by_role("button", name="Go on").click()
    one.get_by_role("button", name="Keep it").click()
    expect(one.get_by_text("It cannot go yet:")).to_be_visible()
    sound(one, f"draft-lacks-{width}")
    one.get_by_role("link", name="“What happened” is missing.").click()
    one.get_by_label("What happened").fill("Wiper on a port's network")
    one.get_by_label("When it was first seen").fill("2026-11-27T05:10")
    one.get_by_label("Whose systems").select_option("own")
    one.get_by_label("How sure the sender is of it").select_option("moderate")
    one.get_by_label("What is not known").fill("How it came in")
    one.get_by_role("button", name="Keep it").click()
    expect(one.get_by_text("Kept.")).to_be_visible()
    sound(one, f"draft-{width}")
    one.get_by_role("button", name="It can go").click()
    expect(one.get_by_text("another person of your side sends it")).to_be_visible()

    two.goto(f"{live_server.url}/sample/contacts/duty/")
    two.get_by_role("link", name="Notification").click()
    two.get_by_role("button", name="Send it now").click()
    expect(two.get_by_text("The clocks run from now on.")).to_be_visible()
    sound(two, f"case-sent-{width}")

    Dispatch.objects.update(sent_at=timezone.now() - timedelta(hours=3))
    clockwork.fire(timezone.now())
    one.goto(f"{live_server.url}/sample/contacts/duty/")
    expect(one.get_by_role("alert")).to_contain_text("say that it has arrived")
    sound(one, f"duty-loud-{width}")
    one.get_by_role("button", name="I know").click()
    expect(one.get_by_role("alert")).to_have_count(0)
    one.get_by_role("link", name="Whom to call").first.click()
    expect(one.locator(".next")).to_contain_text("Head of desk")
    sound(one, f"tries-{width}")
    for then in ("Deputy", "Watch officer"):
        one.get_by_role("button", name="No answer").click()
        expect(one.locator(".next")).to_contain_text(then)
    one.get_by_label("Note of it, if you want").fill("Watch officer wrote it down")
    one.get_by_role("button", name="Reached").click()
    expect(one.get_by_text("Somebody was reached")).to_be_visible()
    one.goto(f"{live_server.url}/sample/contacts/cases/{Case.objects.get().ref}/")
    one.get_by_role("link", name="By SMS, telephone, fax").click()
    expect(one.get_by_text("Please read back.")).to_be_visible()
    sound(one, f"without-a-line-{width}")
    form = one.get_by_role("region", name="As a form, for fax or radio")
    lines = form.evaluate("each => [each.textContent.trimEnd().split('\\n').length, "
                          "Math.round(each.scrollHeight / parseFloat(getComputedStyle(each).lineHeight))]")  # fmt: skip
    assert lines[1] <= lines[0] + 3, "no line of it is broken: it scrolls within itself"
    assert form.get_attribute("tabindex") == "0"

    there = Desk(chromium, live_server.url, peru.one.person, viewport=size).page
    there.goto(f"{live_server.url}/sample/contacts/duty/")
    expect(there.get_by_role("heading", name="They wait for you")).to_be_visible()
    there.get_by_role("link", name="Notification").last.click()
    expect(there.get_by_text("Acknowledging is not agreeing")).to_be_visible()
    there.get_by_role("button", name="Received. This agrees to nothing.").click()
    expect(there.get_by_text("Sent.", exact=True)).to_be_visible()
    sound(there, f"case-received-{width}")

    one.goto(f"{live_server.url}/sample/contacts/cases/{Case.objects.get().ref}/")
    one.get_by_role("link", name="Close this case").click()
    one.get_by_label("How the sender's side sees the outcome").fill("Traced to a vendor's update")
    one.get_by_role("button", name="Keep it").click()
    one.get_by_role("button", name="It can go").click()
    two.goto(f"{live_server.url}/sample/contacts/duty/")
    two.get_by_role("link", name="Closure").click()
    two.get_by_role("button", name="Send it now").click()
    expect(two.get_by_text("closed", exact=False).first).to_be_visible()
    two.goto(f"{live_server.url}/sample/contacts/duty/")
    sound(two, f"duty-after-{width}")
    assert Case.objects.get().closed_at is not None
    assert [each.kind for each in Dispatch.objects.order_by("known_at")] == ["notification", "reply", "closure"]


def test_a_newcomer_waits_until_somebody_who_knows_them_presses_so_on_a_phone(
    chromium: Browser, live_server: Any, operation: Operation, lead: Person, someone: Callable[..., Person]
) -> None:
    network(operation, lead, someone("carol", Held.CUSTODIAN))
    kenya, size = state(operation, lead, "Kenya"), {"width": 390, "height": 844}
    amina, nia = officer(kenya, "amina"), newcomer(kenya, "nia")
    duty = f"{live_server.url}/sample/contacts/duty/"
    there = Desk(chromium, live_server.url, nia, viewport=size).page
    there.goto(duty)
    expect(there.get_by_role("heading", name="You do not speak for anybody here yet")).to_be_visible()
    sound(there, "newcomer-390")
    here = Desk(chromium, live_server.url, amina, viewport=size).page
    here.goto(duty)
    expect(here.get_by_role("alert")).to_contain_text("nia (nia) asks to speak for Kenya.")
    sound(here, "duty-newcomer-390")
    here.get_by_role("button", name="I know them").click()
    expect(here.get_by_text("nia speaks for Kenya from now on.")).to_be_visible()
    sound(here, "representatives-390")
    there.reload()
    expect(there.get_by_role("heading", name="On duty")).to_be_visible()


def test_what_was_written_survives_a_lost_line_and_a_session_that_has_ended(
    chromium: Browser, live_server: Any, operation: Operation, lead: Person, someone: Callable[..., Person]
) -> None:
    """A reply typed on a phone: the line goes and comes back, and it is kept once; the night's session ends, and
    whoever signs in again has what they wrote."""
    custodian = someone("carol", Held.CUSTODIAN)
    network(operation, lead, custodian)
    kenya, peru = Side(operation, lead, custodian, "Kenya"), Side(operation, lead, custodian, "Peru")
    sent(kenya, peru)
    page = Desk(chromium, live_server.url, peru.one.person, viewport={"width": 390, "height": 844}).page
    page.goto(f"{live_server.url}/sample/contacts/cases/{Case.objects.get().ref}/")
    page.context.set_offline(True)
    page.get_by_role("button", name="Received. This agrees to nothing.").click()
    expect(page.locator(".line")).to_contain_text("Not sent: “Received. This agrees to nothing.”. The line is lost.")
    sound(page, "case-line-lost-390")
    page.context.set_offline(False)
    expect(page.get_by_text("Sent.", exact=True)).to_be_visible()
    assert [each.kind for each in Dispatch.objects.order_by("known_at")] == ["notification", "reply"]

    page.get_by_role("link", name="Write an answer").click()
    page.locator("textarea").first.fill("We have seen the same since Tuesday.")
    Session.objects.all().delete()
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator(".line")).to_contain_text("you are signed out")
    page.locator(".line").get_by_role("link", name="Sign in").click()
    page.locator("[name=login]").fill(peru.one.person.username)
    page.locator("[name=password]").fill("a long enough password")
    page.locator("main").get_by_role("button").first.click()
    expect(page.locator(".line")).to_contain_text("What you had written is here again")
    expect(page.locator("textarea").first).to_have_value("We have seen the same since Tuesday.")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Not sent yet: as it stands")).to_be_visible()
    assert page.evaluate("JSON.parse(sessionStorage.getItem('rapport-line')).items.length") == 0


def test_the_duty_view_is_heard_while_somebody_types_and_says_when_it_can_see_nothing(
    chromium: Browser, live_server: Any, operation: Operation, lead: Person, someone: Callable[..., Person]
) -> None:
    """At night, on a phone: what comes in sounds also while a note is written; a lost line and a session that has
    ended are said loudly, and sound too."""
    custodian = someone("carol", Held.CUSTODIAN)
    network(operation, lead, custodian)
    kenya, peru = Side(operation, lead, custodian, "Kenya"), Side(operation, lead, custodian, "Peru")
    page = Desk(chromium, live_server.url, peru.one.person, viewport={"width": 390, "height": 844}).page
    page.add_init_script("""const made = AudioContext.prototype.createOscillator; window.tones = 0;
        AudioContext.prototype.createOscillator = function () { window.tones += 1; return made.call(this); };""")
    page.goto(f"{live_server.url}/sample/contacts/duty/")
    page.get_by_role("button", name="Sound when").click()
    page.wait_for_function("() => window.tones === 3")

    def look(tones: int) -> None:
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_function(f"() => window.tones === {tones}")

    page.get_by_text("Hand the duty over").click()
    page.locator("#note").fill("Peru's ministry sleeps")
    sent(kenya, peru)
    look(6)
    expect(page.get_by_text("it is shown when you have left the field")).to_be_visible()
    expect(page.locator("#note")).to_have_value("Peru's ministry sleeps")
    sound(page, "duty-typing-390")
    page.get_by_role("link", name="Cases").click()
    page.go_back()
    page.get_by_role("button", name="Sound when").wait_for()
    assert page.get_by_role("button", name="Sound when").get_attribute("aria-pressed") == "true", "it stays on"

    page.context.set_offline(True)
    page.evaluate("() => { window.tones = 0; }")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_role("alert").filter(has_text="No line: since")).to_be_visible()
    look(3)
    sound(page, "duty-no-line-390")
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("No line: since")).to_be_hidden()

    Session.objects.all().delete()
    look(6)
    expect(page.get_by_role("alert").filter(has_text="You are signed out: since")).to_be_visible()
    expect(page).to_have_title(re.compile("does not look any more"))
    sound(page, "duty-signed-out-390")
    page.get_by_role("link", name="Load this page again").click()
    expect(page.locator("[name=login]")).to_be_visible()


def test_the_first_page_leads_to_ones_own_work_by_a_press(
    chromium: Browser, live_server: Any, operation: Operation, lead: Person, someone: Callable[..., Person]
) -> None:
    """The whole card is a link to the operation, and its buttons lead where they say all the same."""
    network(operation, lead, someone("carol", Held.CUSTODIAN))
    amina = officer(state(operation, lead, "Kenya"), "amina")
    page = Desk(chromium, live_server.url, amina, viewport={"width": 390, "height": 844}).page
    page.goto(live_server.url)
    page.locator("main").get_by_role("link", name="On duty").click(timeout=5000)
    expect(page.get_by_role("heading", name="On duty")).to_be_visible()
