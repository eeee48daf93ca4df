"""What an operation asks for beyond the usual, from the form to every reader."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from rapport.accounts import api_keys
from rapport.accounts.models import Person
from rapport.desk import actions
from rapport.desk import draft as drafts
from rapport.desk.undo import undo
from rapport.errors import BadDefinition, NotAllowed, Refused
from rapport.events.models import Event
from rapport.operations import fields
from rapport.operations.definition import parse
from rapport.operations.load import load
from rapport.operations.models import Operation, Source
from rapport.oversight.models import Decision
from rapport.reports.models import Report
from tests.pure.test_definition import SMALL
from tests.pure.test_fields import FIELDS
from tests.web.desk import DRAFT, report

SAID = {"damage": "total", "needs": ["water"], "households": 12, "since": "2010-01-12", "nearest": "Delmas"}


@pytest.fixture
def asking(operation: Operation) -> Operation:
    """The sample operation, asking seven things; two of them are for everybody."""
    text = FIELDS.replace('code = "remark"\nkind = "text"', 'code = "remark"\nkind = "text"\npublic = true')
    operation.extra_fields = [fields.to_json(one) for one in parse(SMALL + text).fields]
    operation.save()
    return operation


def filled(**more: Any) -> dict[str, Any]:
    return {"text": "A house has fallen", "form_id": "a-form-id-of-16-characters", "x_remark": "none", **more}


# --- the form ------------------------------------------------------------------------------------------------------


def test_the_form_asks_in_the_readers_language_and_keeps_typed_values(client: Client, asking: Operation) -> None:
    page = client.get("/sample/report/", headers={"accept-language": "fr"}).content.decode()
    assert "Dégâts" in page
    assert "Détruit" in page
    sent = filled(x_damage="total", x_needs=["tents", "water"], x_households="12", x_depth="1,5", x_nearest="Delmas")
    assert client.post("/sample/report/", sent).status_code == 302
    assert Report.objects.get().extra == {
        "households": 12, "damage": "total", "needs": ["water", "tents"], "depth": 1.5, "nearest": "Delmas",
        "remark": "none",
    }  # fmt: skip


def test_a_wrong_answer_is_said_beside_its_field_and_nothing_typed_is_lost(client: Client, asking: Operation) -> None:
    sent = filled(x_households="many", x_depth="1.5", x_needs=["tents"], x_remark="", x_damage="total")
    answer = client.post("/sample/report/", sent)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert not Report.objects.exists()
    assert '<div id="x_households-error"><p class="error">Write a number in digits, like 12 or 12.5.' in page
    assert '<a href="#x_remark">Anything else</a>: This must be filled in.' in page
    assert 'aria-describedby=" x_households-error"' in page
    for kept in ('value="many"', 'value="1.5"', 'value="tents" checked', 'value="total" selected'):
        assert kept in page


def test_an_operation_without_fields_asks_nothing_more(client: Client, operation: Operation) -> None:
    page = client.get("/sample/report/").content.decode()
    assert "x_" not in page
    assert "This is the only field that must be filled." in page


# --- the API -------------------------------------------------------------------------------------------------------


def send(client: Client, *rows: dict[str, Any]) -> Any:
    source = Source.objects.get(slug="api")
    secret = api_keys.make(source.pk, source.operation_id, "partner", None)
    return client.post(
        "/api/sample/reports", json.dumps(rows), "application/json", headers={"authorization": f"Bearer {secret}"}
    ).json()


def test_the_api_takes_them_and_names_the_row_field_and_remedy(client: Client, asking: Operation) -> None:
    answer = send(
        client,
        {"text": "one", "extra": {"damage": "total", "households": 12, "needs": ["water"], "depth": None}},
        {"text": "two", "extra": {"households": "a dozen"}},
        {"text": "three", "extra": {"damage": "none", "colour": "red"}},
    )  # fmt: skip
    assert [row["verdict"] for row in answer["rows"]] == ["kept", "refused", "kept"]
    assert (answer["rows"][1]["field"], answer["rows"][1]["row"]) == ("extra.households", 2)
    assert "in digits" in answer["rows"][1]["remedy"]
    assert "colour" in answer["rows"][2]["warning"]
    one, three = Report.objects.order_by("id")
    assert one.extra == {"households": 12, "damage": "total", "needs": ["water"]}
    assert (three.extra, three.fields["unknown_extra"]) == ({"damage": "none"}, {"colour": "red"})


def test_the_api_describes_them(client: Client, operation: Operation) -> None:
    described = client.get("/api/openapi.json").json()["components"]["schemas"]["ReportIn"]
    assert "extra" in described["properties"]
    assert "codes" in described["description"]


# --- the desk ------------------------------------------------------------------------------------------------------


def test_the_desk_starts_from_what_was_said_and_the_event_says_it(
    client: Client, asking: Operation, volunteer: Person
) -> None:
    said = report(asking, extra=SAID)
    client.force_login(volunteer)
    page = client.get(f"/sample/desk/reports/{said.ref}/").content.decode()
    assert '<dd dir="auto"><p>Destroyed</p></dd>' in page or "Destroyed" in page
    assert '<option value="total" selected>' in page
    typed = {"title": "A house", "precision": 2, "publish": "1", "x_damage": "partial", "x_needs": ["water", "tents"]}
    assert client.post(f"/sample/desk/reports/{said.ref}/accept/", typed).status_code == 302
    assert Event.objects.get().extra == {"damage": "partial", "needs": ["water", "tents"]}
    said.refresh_from_db()
    assert said.extra == SAID


def test_a_wrong_value_on_the_desk_stands_at_its_field(client: Client, asking: Operation, volunteer: Person) -> None:
    said = report(asking)
    client.force_login(volunteer)
    typed = {"title": "A house", "precision": 2, "x_households": "9999", "x_remark": "call +509 5550 0100"}
    page = client.post(f"/sample/desk/reports/{said.ref}/accept/", typed)
    assert page.status_code == 400
    assert "between 0 and 5000" in page.content.decode()
    del typed["x_households"]
    page = client.post(f"/sample/desk/reports/{said.ref}/accept/", typed)
    assert "take it out" in page.content.decode()
    assert not Event.objects.exists()


def test_finding_a_place_without_script_keeps_every_choice(
    client: Client, asking: Operation, volunteer: Person
) -> None:
    said = report(asking)
    client.force_login(volunteer)
    typed = {"look": "1", "place_name": "Jacmel", "precision": 2, "x_needs": ["water", "tents"], "x_depth": "2"}
    page = client.post(f"/sample/desk/reports/{said.ref}/accept/", typed).content.decode()
    assert page.count("checked") == 2
    assert 'name="x_depth" value="2"' in page


def accepted(operation: Operation, person: Person, **extra: Any) -> Event:
    draft = drafts.EventDraft(title=DRAFT.title, categories=DRAFT.categories, spot=DRAFT.spot, extra=extra)
    return actions.accept(person, report(operation), draft)


def test_undo_restores_the_values_and_the_record_keeps_them(asking: Operation, verifier: Person) -> None:
    event = accepted(asking, verifier, damage="total", households=12)
    actions.edit(verifier, event, drafts.EventDraft(title="Other", extra={"damage": "none"}))
    edit = Decision.objects.get(kind="edit")
    assert edit.before["extra"] == {"damage": "total", "households": 12}
    undo(verifier, edit)
    event.refresh_from_db()
    assert event.extra == {"damage": "total", "households": 12}


@pytest.mark.parametrize(
    ("extra", "at"),
    [({"remark": "ask me@example.org"}, "x_remark"), ({"damage": "burnt"}, "x_damage"), ({"colour": "red"}, "colour")],
)
def test_no_event_says_what_its_fields_cannot(
    asking: Operation, volunteer: Person, extra: dict[str, Any], at: str
) -> None:
    with pytest.raises(Refused) as refused:
        accepted(asking, volunteer, **extra)
    assert refused.value.field == at


def test_an_outsider_changes_nothing(asking: Operation, outsider: Person) -> None:
    with pytest.raises(NotAllowed):
        accepted(asking, outsider, damage="total")


# --- the file changes ----------------------------------------------------------------------------------------------


def loaded(text: str, tmp_path: Any) -> Any:
    return load(parse(text), tmp_path)


@pytest.fixture
def answered(db: None, tmp_path: Any) -> Operation:
    """An operation made from its file, with a report that says how many households."""
    operation: Operation = loaded(SMALL + FIELDS, tmp_path).operation
    source = Source.objects.get(operation=operation)
    report(operation, source=source, extra={"households": 12})
    return operation


def test_the_same_file_again_changes_nothing(answered: Operation, tmp_path: Any) -> None:
    again = loaded(SMALL + FIELDS, tmp_path)
    assert (again.added, again.changed) == ((), ())


def test_a_field_that_was_answered_keeps_its_kind(answered: Operation, tmp_path: Any) -> None:
    text = FIELDS.replace(
        'kind = "number"\nwhole = true\nleast = 0\nmost = 5000\ncounts_people = true', 'kind = "text"'
    )
    with pytest.raises(BadDefinition, match=r"households was answered already as number.*another code"):
        loaded(SMALL + text, tmp_path)
    unanswered = FIELDS.replace('code = "depth"\nkind = "number"', 'code = "depth"\nkind = "text"')
    loaded(SMALL + unanswered, tmp_path)  # nobody has answered that one


def test_a_field_that_left_the_file_is_shown_and_not_asked(answered: Operation, tmp_path: Any) -> None:
    loaded(SMALL, tmp_path)
    answered.refresh_from_db()
    (one,) = fields.shown(fields.stored(answered.extra_fields), Report.objects.get().extra)
    assert (one.names["en"], one.value) == ("Households", 12)
    assert fields.asked(fields.stored(answered.extra_fields)) == ()
