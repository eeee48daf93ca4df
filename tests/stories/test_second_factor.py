"""The second step of signing in, in Chromium: a passkey by a virtual authenticator, codes, a phone's width, axe."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from tests.web.totp import PASSWORD, code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
WIDTHS = pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])


class Visitor:
    """Somebody at a browser; collects what the page complained about and whom it asked."""

    def __init__(self, browser: Browser, url: str, width: int = 1280, **options: Any) -> None:
        self.url = url
        self.page: Page = browser.new_context(viewport={"width": width, "height": 800}, **options).new_page()
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("request", lambda asked: None if asked.url.startswith(url) else self.wrong.append(asked.url))

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def gets_an_authenticator(self) -> None:
        """A device with a screen lock that keeps passkeys, as Chromium simulates one."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        device = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        session.send("WebAuthn.addVirtualAuthenticator", {"options": device})

    def signs_in(self) -> Page:
        page = self.open("/accounts/login/")
        page.get_by_label("Username").fill("lea")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    def is_sound(self) -> None:
        """Nothing that axe knows, nothing that scrolls sideways, nothing in the console."""
        self.page.wait_for_load_state("load")
        found = Axe().run(self.page)
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found["violations"]] == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert self.wrong == []


@pytest.fixture(autouse=True)
def _required(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    cache.clear()


@WIDTHS
def test_a_passkey_is_made_and_signs_in_alone(width: int, chromium: Browser, live_server: Any, lead: Person) -> None:
    lea = Visitor(chromium, live_server.url, width)
    lea.gets_an_authenticator()
    page = lea.signs_in()
    lea.open("/sample/people/")
    expect(page.get_by_text("a password alone is not enough")).to_be_visible()
    lea.is_sound()
    page.get_by_role("link", name="Set up a passkey").click()
    expect(page.get_by_label("Sign in with it alone")).to_be_checked()
    lea.is_sound()
    page.get_by_label("Name, to tell it from others").fill("My phone")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes code")).to_have_count(10)
    lea.is_sound()
    page.get_by_role("link", name="I have kept them: go on").click()
    expect(page.get_by_role("heading", name="People", exact=True)).to_be_visible()

    lea.open("/accounts/logout/")
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name="Sign out").click()
    lea.open("/accounts/login/?next=/sample/people/")
    lea.is_sound()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="People", exact=True)).to_be_visible()
    lea.open("/accounts/sessions/")
    lea.is_sound()
    lea.open("/accounts/second-factor/")
    expect(page.get_by_text("My phone", exact=True)).to_be_visible()
    lea.is_sound()
    page.get_by_role("link", name="Remove the passkey My phone").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("set up another one")).to_be_visible()
    page.context.close()


def test_a_passkey_is_the_second_step_after_the_password(chromium: Browser, live_server: Any, lead: Person) -> None:
    lea = Visitor(chromium, live_server.url)
    lea.gets_an_authenticator()
    page = lea.signs_in()
    lea.open("/accounts/passkeys/add/")
    page.get_by_label("Sign in with it alone").uncheck()
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    lea.signs_in()
    expect(page.get_by_text("Your password is right")).to_be_visible()
    lea.is_sound()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("link", name="Sign out")).to_be_visible()
    assert lea.wrong == []
    page.context.close()


@WIDTHS
def test_codes_of_an_app_without_script(width: int, chromium: Browser, live_server: Any, lead: Person) -> None:
    """By keyboard, by somebody who cannot scan the picture."""
    lea = Visitor(chromium, live_server.url, width, java_script_enabled=False)
    page = lea.signs_in()
    lea.open("/accounts/second-factor/app/")
    box = page.locator(".qr svg").bounding_box()
    assert box is not None
    assert 150 < box["width"] < 300
    page.get_by_text("I cannot scan it").click()
    key = page.locator("code.key").inner_text()
    assert re.fullmatch(r"[A-Z2-7]{32}", key)
    page.get_by_label("The code that the app shows now").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This does not open it")).to_be_visible()
    page.get_by_label("The code that the app shows now").fill(code(key, steps=-1))
    page.keyboard.press("Enter")
    recovery = page.locator(".codes code").first.inner_text()
    page.context.clear_cookies()
    lea.signs_in()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    expect(page.get_by_label("Code of the app, or a recovery code")).to_be_focused()
    page.keyboard.type(code(key))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Sign out")).to_be_visible()
    page.context.clear_cookies()
    lea.signs_in()
    expect(page.get_by_label("Code of the app, or a recovery code")).to_be_focused()
    page.keyboard.type(recovery)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Sign out")).to_be_visible()
    assert lea.wrong == []
    page.context.close()


@WIDTHS
def test_the_pages_of_an_app_are_sound(width: int, chromium: Browser, live_server: Any, lead: Person) -> None:
    lea = Visitor(chromium, live_server.url, width)
    page = lea.signs_in()
    lea.open("/accounts/second-factor/app/")
    page.get_by_text("I cannot scan it").click()
    lea.is_sound()
    page.get_by_label("The code that the app shows now").fill(code(page.locator("code.key").inner_text()))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    for path in ("second-factor/codes/", "second-factor/codes/new/", "second-factor/app/remove/", "logout/"):
        lea.open(f"/accounts/{path}")
        lea.is_sound()
    page.context.close()
