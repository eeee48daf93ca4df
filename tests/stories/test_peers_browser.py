"""In Chromium: another instance is agreed on by two people, a file goes there and one comes back, ledgers are compared;
somebody calls, and the words tell who it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts import bundle, comparing
from rapport.contacts.callers import books
from rapport.contacts.callers.models import ChallengeBook
from rapport.contacts.models import Office
from rapport.contacts.peers import ledgers
from rapport.contacts.peers.models import Peer
from rapport.operations.models import Operation
from tests.stories.test_contacts_browser import sound
from tests.stories.test_desk_browser import Desk
from tests.web.contacts import network, of_team, office, state
from tests.web.peers import ME, There, said
from tests.web.test_cases import Side, sent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


@pytest.fixture
def kenya(operation: Operation, lead: Person, someone: Callable[..., Person], settings: LazySettings) -> Side:
    settings.INSTANCE = ME
    custodian = someone("carol", Held.CUSTODIAN)
    network(operation, lead, custodian)
    peru = state(operation, lead, "Peru")
    office(peru, of_team(lead, operation), of_team(custodian, operation), hours="24/7")
    return Side(operation, lead, custodian, "Kenya")


@pytest.mark.parametrize("width", [1280, 390])
def test_two_people_agree_and_what_goes_by_stick_is_told_line_by_line(
    width: int, chromium: Browser, live_server: Any, kenya: Side, lead: Person, tmp_path: Path
) -> None:
    there, size = There(), {"width": width, "height": 844}
    at = f"{live_server.url}/sample/contacts/peers/"

    def page_of(person: Person) -> Page:
        page = Desk(chromium, live_server.url, person, viewport=size).page
        page.goto(at)
        return page

    team = page_of(lead)
    sound(team, f"peers-none-{width}")
    team.get_by_role("link", name="Enter another instance").click()
    team.get_by_label("Its name").fill(there.name)
    team.get_by_label("Whose instance it is").fill("Crisis desk of Peru")
    team.get_by_label("Peru").check()
    team.get_by_role("button", name="Enter", exact=True).click()
    expect(team.get_by_role("alert")).to_contain_text("64 figures")
    sound(team, f"peer-wrong-{width}")
    team.get_by_label("Its public key").fill(there.public)
    team.get_by_role("button", name="Enter", exact=True).click()
    expect(team.get_by_text("another person confirms it")).to_be_visible()

    second = page_of(Person.objects.get(username="carol"))
    second.get_by_role("link", name=there.name).click()
    sound(second, f"peer-confirm-{width}")
    second.get_by_label("The fingerprint that you heard").fill(there.aloud)
    second.get_by_role("button", name="Confirm").click()
    expect(second.get_by_text("messages are exchanged from now on")).to_be_visible()

    out = sent(kenya, _Away("peru"))  # type: ignore[arg-type]
    duty = page_of(kenya.one.person)
    duty.get_by_role("link", name="Crisis desk of Peru").click()
    expect(duty.get_by_text(f"message 1: {out.ref}")).to_be_visible()
    sound(duty, f"peer-waits-{width}")
    with duty.expect_download() as file:
        duty.get_by_role("button", name="Make the file").click()
    data = Path(file.value.path()).read_bytes().splitlines()[1]
    stick = tmp_path / "from-peru.bundle"
    stick.write_bytes(
        bundle.bundle([there.receipt(data), there.sends(said(1)), there.sends(said(3, to="nobody/policy"))])
    )
    duty.goto(at)
    duty.get_by_label("File of messages").set_input_files(str(stick))
    duty.get_by_role("button", name="Take it in").click()
    expect(duty.get_by_text("our message has arrived")).to_be_visible()
    expect(duty.get_by_text("Message 2 of crisis.pe came, and is not taken here")).to_be_visible()
    sound(duty, f"peer-took-{width}")

    peer = Peer.objects.get()
    export = comparing.exported(
        ledgers.heads(peer), sender=there.name, receiver=ME, made_at=timezone.now(), key=there.key
    )
    (tmp_path / "ledger.json").write_bytes(export)
    team.goto(at)
    team.get_by_label("The other side's ledger").set_input_files(str(tmp_path / "ledger.json"))
    team.get_by_role("button", name="Compare").click()
    expect(team.get_by_text("the same 2 messages, letter by letter")).to_be_visible()
    sound(team, f"peer-compared-{width}")
    team.goto(at)
    sound(team, f"peers-{width}")


class _Away:
    """A State whose people are elsewhere."""

    def __init__(self, code: str) -> None:
        self.office = Office.objects.select_related("actor").get(actor__code=code)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_words_of_a_call_tell_who_it_is(width: int, chromium: Browser, live_server: Any, kenya: Side) -> None:
    peru = _Away("peru").office.actor
    made = books.make(kenya.one, kenya.actor, peru, "0f" * 32)
    desk = Desk(chromium, live_server.url, kenya.two.person, viewport={"width": width, "height": 844}).page
    desk.goto(f"{live_server.url}/sample/contacts/callers/")
    sound(desk, f"callers-{width}")
    desk.get_by_role("link", name="Peru").click()
    sound(desk, f"caller-waits-{width}")
    desk.get_by_label("The two marks that they read").fill(" ".join(one.mark for one in made))
    desk.get_by_role("button", name="Confirm").click()
    desk.get_by_role("button", name="Ask the caller a question").click()
    pairs = books.book_of(ChallengeBook.objects.get(asks=True)).pairs
    expect(desk.get_by_text(f"Number 1: {pairs[0].challenge}")).to_be_visible()
    sound(desk, f"caller-asked-{width}")
    desk.get_by_label("The two words that they answer").fill(pairs[0].answer)
    desk.get_by_role("button", name="Is it right?").click()
    expect(desk.get_by_role("alert")).to_contain_text("Right.")
    sound(desk, f"caller-right-{width}")
    for _ in range(3):
        desk.get_by_role("button", name="Ask the caller a question").click()
        desk.get_by_label("The two words that they answer").fill("acorn acorn acorn")
        desk.get_by_role("button", name="Is it right?").click()
    expect(desk.get_by_text("Trust no word of such a call")).to_be_visible()
    sound(desk, f"caller-locked-{width}")
