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
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.models import Decision
from rapport.sharing import activation
from rapport.sharing.handling import Handling
from rapport.sharing.protocol.library import text_of
from rapport.values import Precision, Spot
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
    with pytest.raises(Conflict, match=r"keeping .* back"):
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


@pytest.mark.parametrize(
    ("was", "said"),
    [
        ({"consent": "no"}, {"consent": "yes"}),
        ({"names": "yes"}, {}),
        ({"personal_data": "yes"}, {"personal_data": "no"}),
        ({"control": "armed-group"}, {"control": "government"}),
        ({"sensitivity": "severe"}, {"sensitivity": "high"}),
    ],
)
def test_nobody_but_a_verifier_takes_away_what_keeps_an_event_back(
    volunteer: Person, verifier: Person, operation: Operation, was: dict[str, str], said: dict[str, str]
) -> None:
    event = actions.accept(verifier, report(operation), saying(**was))
    attached = report(operation, "Lekol kraze")
    actions.attach(verifier, attached, event)
    accepted, added = (Decision.objects.get(kind=kind) for kind in ("accept", "attach"))
    with pytest.raises(Refused, match="Only a verifier"):
        actions.edit(volunteer, event, saying(**said))
    with pytest.raises(Refused, match="Only a verifier"):
        merging.split(volunteer, event, [attached.pk], saying(**said), publish=True)
    undo(volunteer, added)
    with pytest.raises(NotAllowed, match="Only a verifier"):
        undo(volunteer, accepted)
    actions.edit(verifier, event, saying(**said))
    edited = Decision.objects.get(kind="edit")
    undo(verifier, edited)
    undo(verifier, accepted)


def test_a_verifier_s_raise_is_not_taken_back_by_a_volunteer_and_one_s_own_is(
    volunteer: Person, verifier: Person, operation: Operation, client: Client
) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    actions.edit(verifier, event, saying(sensitivity="severe"))
    with pytest.raises(NotAllowed, match="Only a verifier"):
        undo(volunteer, Decision.objects.get(kind="edit"))
    assert client.get(f"/sample/events/{event.ref}/").status_code == 410
    other = actions.accept(volunteer, report(operation), DRAFT)
    actions.edit(volunteer, other, saying(sensitivity="severe"))
    undo(volunteer, Decision.objects.filter(kind="edit", event_id=other.pk).get())


def test_whose_consent_is_refused_does_not_vanish_in_a_public_event(volunteer: Person, operation: Operation) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    unwilling = actions.accept(volunteer, report(operation), saying(consent="no"))
    at_risk = actions.accept(volunteer, report(operation), replace(DRAFT, categories=("1a",)))
    for other in (unwilling, at_risk):
        with pytest.raises(Conflict, match=r"keeping .* back"):
            merging.merge(volunteer, event, other)


def test_a_grant_that_forgets_publication_gives_no_draft(
    volunteer: Person, operation: Operation, client: Client, someone: Callable[..., Person]
) -> None:
    lead, custodian = someone("lea", Role.LEAD), someone("carol", Role.CUSTODIAN)
    forgetful = AGREED.replace('publication = ["published"], ', "")
    assert forgetful != AGREED
    activation.activate(custodian, activation.propose(lead, operation, forgetful, "agreed"), "agreed")
    draft = actions.accept(volunteer, report(operation), DRAFT, publish=False)
    assert client.get(f"/sample/events/{draft.ref}/").status_code == 404
    assert client.get("/sample/clusters.json").json()["total"] == 0


def test_who_says_commune_of_a_shelter_does_not_show_its_door(
    volunteer: Person, operation: Operation, client: Client
) -> None:
    said = Spot(-72.338765, 18.543219, Precision.ADM2, 10_000, "Rue Gazou 12")
    actions.accept(volunteer, report(operation), replace(DRAFT, title="", summary="", categories=("1a",), spot=said))
    given = b"".join(client.get("/sample/events.csv")).decode()
    assert "2" in given
    assert "18.5432" not in given
    assert "Gazou" not in given
