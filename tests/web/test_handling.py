"""What a person says of an event, so that the protocol can rule on it: in the form, in the record, and to readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from lxml.html import fromstring

from rapport.accounts.models import Organisation, Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.event import merging
from rapport.desk.record.undo import undo
from rapport.errors import Conflict, Refused
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.models import Decision
from rapport.sharing import activation
from rapport.sharing.handling import Handling
from rapport.sharing.protocol.library import text_of
from tests.web.desk import DRAFT, report
from tests.web.test_desk_pages import enter, text

__all__ = ["enter"]
#: Of what an armed group holds nobody beyond the team gets the words of the desk; what nobody agreed to, not at all.
AGREED = (
    text_of("house").replace('name = "house"', 'name = "sample"')
    + """
[[limit]]
name = "front-line"
beyond = "team"
when = { control = ["armed-group"] }
unless = { control = ["unknown"] }
words = "summary"
why = "Near the line only what was written for everybody is shown."

[[limit]]
name = "not-agreed"
beyond = "team"
when = { consent = ["no"] }
unless = { consent = ["unknown"] }
nothing = true
why = "Those concerned did not agree."
"""
)


@pytest.fixture
def agreed(operation: Operation, someone: Callable[..., Person]) -> None:
    lead, custodian = someone("lea", Role.LEAD), someone("carol", Role.CUSTODIAN)
    activation.activate(custodian, activation.propose(lead, operation, AGREED, "agreed"), "agreed")


def filled(page: str, action: str) -> dict[str, list[str]]:
    """What a browser sends when the form at that address is sent as it came."""
    sent: dict[str, list[str]] = {}
    found = next(one for one in fromstring(page).forms if str(one.action or "").endswith(action))
    for name, value in found.form_values():
        sent.setdefault(str(name), []).append(str(value))
    return sent


def saying(**said: str) -> Any:
    return replace(DRAFT, handling=Handling(**said))


@pytest.mark.usefixtures("agreed")
def test_what_is_chosen_in_the_form_is_obeyed_by_the_next_request(
    enter: Any, volunteer: Person, operation: Operation, client: Client
) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    desk = enter(volunteer)
    at = f"/sample/desk/events/{event.ref}/"
    page = text(desk.get(at))
    assert "armed-group" in page  # the words of the protocol are what can be chosen
    shared = "Water is short in the north of Delmas."
    sent = filled(page, "/edit/") | {"control": "armed-group", "shared": shared}
    assert desk.post(f"{at}edit/", sent).status_code == 302

    seen = text(client.get(f"/sample/events/{event.ref}/"))
    assert shared in seen
    assert DRAFT.summary not in seen
    assert DRAFT.title not in seen
    found = client.get("/sample/clusters.json", {"bbox": "-75,17,-71,21", "zoom": "5", "q": "pump"}).json()
    assert found["total"] == 0  # nor can what is not shown be searched

    undo(volunteer, Decision.objects.filter(event_id=event.pk).latest("pk"))
    assert DRAFT.summary in text(client.get(f"/sample/events/{event.ref}/"))


@pytest.mark.usefixtures("agreed")
def test_what_those_concerned_did_not_agree_to_is_not_shown(
    volunteer: Person, operation: Operation, client: Client
) -> None:
    event = actions.accept(volunteer, report(operation), saying(consent="no"))
    assert client.get(f"/sample/events/{event.ref}/").status_code == 404


def test_only_a_verifier_says_that_an_event_is_less_sensitive(
    volunteer: Person, verifier: Person, operation: Operation, client: Client
) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    event = actions.edit(volunteer, event, saying(sensitivity="severe"))
    assert client.get(f"/sample/events/{event.ref}/").status_code == 410
    with pytest.raises(Refused, match="Only a verifier"):
        actions.edit(volunteer, event, DRAFT)
    actions.edit(verifier, event, DRAFT)
    assert client.get(f"/sample/events/{event.ref}/").status_code == 200


def test_an_event_does_not_disappear_in_a_less_sensitive_one(volunteer: Person, operation: Operation) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    other = actions.accept(volunteer, report(operation), saying(sensitivity="high"))
    with pytest.raises(Conflict, match="high sensitivity"):
        merging.merge(volunteer, event, other)
    merging.merge(volunteer, other, event)
    assert Event.objects.get(pk=other.pk).sensitivity == "high"


def test_a_number_in_the_words_for_everybody_and_an_unknown_organisation_are_refused(
    volunteer: Person, operation: Operation
) -> None:
    with pytest.raises(Refused, match="a number or an address"):
        actions.accept(volunteer, report(operation), saying(shared="rele +509 3412 3456"))
    with pytest.raises(Refused, match="no organisation"):
        actions.accept(volunteer, report(operation), saying(organisation="hwo"))
    Organisation.objects.create(slug="who", name="World Health Organization")
    assert actions.accept(volunteer, report(operation), saying(organisation="who")).organisation == "who"


def test_what_is_split_off_is_as_sensitive_as_what_it_leaves(
    enter: Any, volunteer: Person, operation: Operation
) -> None:
    event = actions.accept(volunteer, report(operation), saying(sensitivity="high", personal_data="yes"))
    going = report(operation, "Lekol kraze")
    actions.attach(volunteer, going, event)
    desk = enter(volunteer)
    at = f"/sample/desk/events/{event.ref}/split/"
    page = text(desk.post(at, {"report": going.ref}))
    assert desk.post(at, filled(page, "/split/") | {"do": "draft"}).status_code == 302
    new = Event.objects.latest("pk")
    assert (new.pk != event.pk, new.sensitivity, new.personal_data) == (True, "high", "yes")
