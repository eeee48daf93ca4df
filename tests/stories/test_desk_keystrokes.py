"""How many keys and page loads a report takes: texts of Haiti 2010 as unmoderated SMS, worked by keyboard alone.

The same person, by the same rule, with two hands: `Plain` knows only what the desk's first form had (Tab, Space and the
keys n, a, d, t, r, u), `Quick` uses every key there is now.
"""

from __future__ import annotations

import csv
import random
import re
import statistics
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, TimeoutError

from rapport.accounts.models import Membership, Person
from rapport.intake.keep import keep
from rapport.intake.understand import understand
from rapport.operations.definition import parse
from rapport.operations.load import load
from rapport.operations.models import Operation, Source
from rapport.oversight.models import Decision
from rapport.values import Address, Message

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]

DATA = Path(str(files("rapport"))) / "data" / "haiti-2010"
#: What a person looks for in a text, the more urgent first: words, the category's code and name.
RULE = (
    (r"trapped|under the rubble|anba|rescue", "8d", "Search and rescue"),
    (r"medic|doctor|hospital|injur|wound|medikaman|blood", "1b", "Medical emergency"),
    (r"collapsed|destroyed|kraze", "5a", "Collapsed structure"),
    (r"water|dlo\b|thirst", "2b", "Water shortage"),
    (r"food|hungry|manje|grangou|eat\b|starv", "2a", "Food shortage"),
    (r"tent|shelter|sleep|prela|house|kay\b", "2d", "Shelter needed"),
    (r"loot|shoot|gang|thief|kill|robb|violence", "4a", "Looting"),
    (r"road|blocked|wout", "5c", "Road blocked"),
)
#: Without any of these words the desk's English readers cannot read it: it is translated.
ENGLISH = re.compile(r"\b(the|and|we|need|is|of|are|in|for)\b", re.I)
TOWNS = (
    "Léogâne",
    "Jacmel",
    "Carrefour",
    "Delmas",
    "Petit-Goâve",
    "Grand-Goâve",
    "Gressier",
    "Cité Soleil",
    "Gonaïves",
)
NOTHING, TEST = "No information that can be acted upon", "A test message"


@dataclass
class Account:
    """What one report took, and what was done with it."""

    keys: int = 0
    loads: int = 0
    kind: str = ""


@dataclass
class Hands:
    page: Page
    now: Account = field(default_factory=Account)

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(key)
            self.now.keys += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.now.keys += len(text)

    def decide(self, key: str) -> None:
        """The key that sends the report on its way; the next one, or the queue, is loaded then."""
        before = self.page.evaluate("performance.timeOrigin")
        self.press(key)
        self.page.wait_for_function(
            "was => performance.timeOrigin > was && document.readyState === 'complete'", arg=before
        )

    def tab_to(self, selector: str) -> None:
        """By the shortest way: from where the focus is, the page's end, or the fields that t and r lead to."""
        start, keys = min(
            (len(way), way)
            for way in (
                self._way(selector, None),
                self._way(selector, "t", "#find"),
                self._way(selector, "r", "#reason"),
            )
        )
        assert start < 500, selector
        for key in keys:
            self.press(key)
        for _ in range(12):  # a field for date and time takes several
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            self.press(keys[-1])
        raise AssertionError(f"{selector} is not reached")

    def _way(self, selector: str, key: str | None, lands: str = "") -> list[str]:
        if key and not self.page.evaluate("() => !document.querySelector(':focus:is(input, textarea, select)')"):
            return ["Tab"] * 999  # letters are letters while one writes
        steps = self.page.evaluate(
            """([selector, lands]) => {
              const kinds = 'a[href], button, input, select, textarea, summary, [tabindex]';
              const all = Array.from(document.querySelectorAll(kinds))
                .filter(e => e.tabIndex >= 0 && !e.disabled && e.type !== 'hidden')
                .filter(e => e.checkVisibility({ visibilityProperty: true }));
              const from = lands ? all.findIndex(e => e.matches(lands)) : all.indexOf(document.activeElement);
              const to = all.findIndex(e => e.matches(selector));
              if (to < 0 || (lands && from < 0)) return 999;
              if (lands || from >= 0) return to - from;
              if (document.activeElement !== document.body) {  // a part of the page that was changed in place
                const before = all.filter(e => document.activeElement.compareDocumentPosition(e) & 2).length;
                return to >= before ? to - before + 1 : to - before;
              }
              return to + 1 <= all.length - to ? to + 1 : to - all.length;
            }""",
            [selector, lands],
        )
        return ([key] if key else []) + (["Tab"] * steps if steps >= 0 else ["Shift+Tab"] * -steps)


class Plain(Hands):
    """What the first form had."""

    def category(self, code: str, name: str) -> None:
        box = f'input[name=categories][value="{code}"]'
        self.tab_to(box)
        self.press("Space")

    def place(self, name: str) -> None:
        self.tab_to("#id_place_name")
        self.type(name)
        self.press("Enter")
        self._placed()
        if self.page.evaluate("() => document.activeElement.matches('input')"):
            self.press("Escape")

    def _placed(self) -> None:
        """Until the name is found, or it is plain that the gazetteer does not have it."""
        with suppress(TimeoutError):
            self.page.wait_for_function("() => document.querySelector('#id_lat').value", timeout=5_000)

    def accept(self) -> None:
        self.decide("a")

    def reject(self, reason: str) -> None:
        self.press("r")
        self.type("No info" if reason == NOTHING else "Test")
        self.decide("Enter")

    def attach(self) -> None:
        self.tab_to('#near button[name=event], section[aria-labelledby="near"] button[name=event]')
        self.decide("Enter")

    def translate(self, text: str) -> None:
        self.tab_to('section[aria-labelledby^="translations"] summary')
        self.press("Enter")
        self.press("Tab")
        self.type(text)
        done = len(self.page.query_selector_all('section[aria-labelledby^="translations"] .card'))
        self.press("Control+Enter")
        self.page.wait_for_function(
            """n => document.readyState === 'complete' &&
               document.querySelectorAll('section[aria-labelledby^="translations"] .card').length > n""", arg=done
        )  # fmt: skip


class Quick(Plain):
    """What there is now."""

    def category(self, code: str, name: str) -> None:
        digit = self.page.evaluate(
            "code => document.querySelector(`[data-check='${code}']`)?.dataset.key || ''", code
        )  # fmt: skip
        if digit:
            self.press(digit)
            return
        self.press("c")
        self.type(name[:4].lower())
        self.press("Enter")

    def place(self, name: str) -> None:
        self.press("p")
        self.type(name)
        self.press("Enter")
        self.page.wait_for_function(
            "() => document.querySelector('#id_lat').value && document.activeElement === document.body"
        )

    def reject(self, reason: str) -> None:
        if self.page.evaluate("() => document.querySelector('[data-key=x]').value") == reason:
            self.decide("x")
        else:
            self.press("r")
            self.page.wait_for_selector("#reason-options:not([hidden])")
            self.decide("1" if reason == NOTHING else "3")

    def attach(self) -> None:
        self.decide("s")

    def translate(self, text: str) -> None:
        done = len(self.page.query_selector_all("#translations .card"))
        self.press("l")
        self.type(text)
        self.press("Control+Enter")
        self.page.wait_for_function("n => document.querySelectorAll('#translations .card').length > n", arg=done)


def work(hands: Plain) -> None:
    """One report, as a person would: the same again goes to its event, the rest by RULE; else it is rejected."""
    page = hands.page
    said = page.locator("blockquote").inner_text()
    if page.query_selector('section[aria-labelledby="near"] button[name=event]'):
        hands.now.kind = "attach"
        hands.attach()
        return
    meant = next(((code, name) for words, code, name in RULE if re.search(words, said, re.I)), None)
    box = page.query_selector(f'input[name=categories][value="{meant[0]}"]') if meant else None
    if meant is None or box is None or len(said) < 25:
        hands.now.kind = "reject"
        hands.reject(TEST if len(said) < 25 else NOTHING)
        return
    hands.now.kind = "accept"
    if not ENGLISH.search(said):
        hands.now.kind = "translate and accept"
        hands.translate(f"They report: {meant[1].lower()}.")
    if not page.query_selector(f'input[name=categories][value="{meant[0]}"]:checked'):
        hands.category(*meant)
    if not page.locator("#id_lat").input_value():
        town = next((town for town in TOWNS if town.lower() in said.lower()), "")
        if town:
            hands.now.kind += " with a place"
            hands.place(town)
    hands.accept()


# --- the ground ----------------------------------------------------------------------------------------------------


def unmoderated(many: int) -> Operation:
    """Texts of the Haiti file as SMS without anything beside them, understood."""
    operation = load(parse((DATA / "operation.toml").read_text(encoding="utf-8")), DATA).operation
    with (DATA / "reports.csv").open(newline="", encoding="utf-8") as file:
        texts = [row["DESCRIPTION"].strip() or row["INCIDENT TITLE"] for row in csv.DictReader(file)]
    chosen = random.Random(2010).sample(texts, many)
    sms = Source.objects.get_or_create(
        operation=operation, slug="unmoderated", defaults={"channel": "smssync", "names": {"en": "SMS"}}
    )[0]
    keep(sms, [Message(text, gateway_id=str(n), sender=Address("tel", f"509{n:08d}")) for n, text in enumerate(chosen)])
    while understand():
        pass
    return operation


def measure(browser: Browser, url: str, hands_of: type[Plain], many: int) -> list[Account]:
    operation = unmoderated(many + many // 5 + 5)
    person = Person.objects.create_user("second", password="a long enough password")
    Membership.objects.create(person=person, operation=operation, role="volunteer")
    client = Client()
    client.force_login(person)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
    page = context.new_page()
    hands, accounts = hands_of(page), []
    page.on("domcontentloaded", lambda _: setattr(hands.now, "loads", hands.now.loads + 1))
    page.goto(f"{url}/{operation.slug}/desk/")
    hands.decide("n")
    for _ in range(many):
        hands.now = Account()
        page.wait_for_selector("blockquote")
        work(hands)
        accounts.append(hands.now)
    context.close()
    placing = Decision.objects.filter(person=person, kind__in=("accept", "attach", "reject"))
    assert placing.count() == many, "each report was decided once"
    return accounts


def told(accounts: list[Account]) -> dict[str, Any]:
    kinds = {kind: sum(a.kind == kind for a in accounts) for kind in sorted({a.kind for a in accounts})}
    return {
        "reports": len(accounts),
        "keys_median": statistics.median(a.keys for a in accounts),
        "keys_mean": round(statistics.mean(a.keys for a in accounts), 1),
        "loads_median": statistics.median(a.loads for a in accounts),
        "loads_mean": round(statistics.mean(a.loads for a in accounts), 2),
        "keys_by_kind": {k: statistics.median(a.keys for a in accounts if a.kind == k) for k in kinds},
        "kinds": kinds,
    }


def test_a_report_takes_few_keys_and_one_page(chromium: Browser, live_server: Any) -> None:
    accounts = measure(chromium, live_server.url, Quick, 6)
    assert statistics.median(a.keys for a in accounts) <= 3
    assert all(a.loads == 1 for a in accounts)


@pytest.mark.soak
@pytest.mark.parametrize("hands", [Quick, Plain])
def test_two_hundred_reports_by_keyboard(chromium: Browser, live_server: Any, hands: type[Plain]) -> None:
    accounts = measure(chromium, live_server.url, hands, 200)
    print(hands.__name__, told(accounts))  # noqa: T201 - the figures are the purpose
    if hands is Quick:
        assert statistics.median(a.keys for a in accounts) <= 3
        assert statistics.median(a.loads for a in accounts) == 1
