"""Partners' pages on a phone: with script a key and a link are made once; everybody can read them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, expect

from rapport.accounts.models import Invitation, Person
from rapport.operations.models import Operation
from rapport.sharing import agreements, organisations
from rapport.sharing.agreements import Terms
from rapport.sharing.models import PartnerKey
from rapport.values import Purpose
from tests.stories.test_desk_browser import Desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


def test_what_is_shown_once_is_made_once_and_nothing_is_cut_off(
    chromium: Browser, live_server: Any, lead: Person, operation: Operation
) -> None:
    who = organisations.add(lead, operation.pk, "who", "World Health Organization", "un", ["health"])
    organisations.join(lead, operation.pk, who, "lea")
    now = timezone.now()
    terms = Terms("The coordination", frozenset({Purpose.VIEW}), now, now + timedelta(days=9), "Letter 7")
    made = agreements.agree(lead, operation, who, terms)
    phone = Desk(chromium, live_server.url, lead, viewport={"width": 390, "height": 844}, bypass_csp=True)
    page = phone.open(f"/sample/desk/partners/{made.pk}/")
    page.get_by_label("Name of the system").fill("who-map")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_text("shown only once")).to_be_visible()
    assert page.get_by_label("Key", exact=True).input_value().startswith(PartnerKey.objects.get().start)
    page = phone.open(f"/sample/desk/organisations/{who.pk}/")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("shown only now")).to_be_visible()
    assert Invitation.objects.count() == 1
    for path in ("partners/", f"partners/{made.pk}/", "organisations/", f"organisations/{who.pk}/", "protocol/"):
        page = phone.open(f"/sample/desk/{path}")
        expect(page.get_by_text("For World Health Organization")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert [fault["id"] for fault in Axe().run(page)["violations"]] == [], path
    page.context.close()
    assert phone.wrong == []
