"""What an operation asks for beyond the usual, from the form to every reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from rapport.accounts import api_keys
from rapport.accounts.models import Person
from rapport.cli.main import cli
from rapport.desk import actions
from rapport.desk import draft as drafts
from rapport.desk.queue import leases
from rapport.desk.record.undo import undo
from rapport.desk.standing_orders import orders
from rapport.errors import BadDefinition, NotAllowed, Refused
from rapport.events.models import Event
from rapport.operations import fields
from rapport.operations.definition import parse
from rapport.operations.load import load
from rapport.operations.models import Operation, Source, StandingOrder
from rapport.oversight.models import Decision
from rapport.reports.models import Report
from tests.pure.test_definition import SMALL
from tests.pure.test_fields import FIELDS
from tests.pure.test_xlsform import CHOICES, SURVEY, form
from tests.web.desk import DRAFT, report
from tests.web.public import publish

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
    assert 'name="x_' not in page
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


def test_an_order_takes_answers_along_but_no_sender_speaks_to_everybody_through_it(
    asking: Operation, lead: Person
) -> None:
    rule = {"source": "sms", "when": [], "then": [{"accept": {}}, {"publish": True}]}
    order = StandingOrder.objects.create(operation=asking, slug="all", text="Publish all", rule=rule)
    order = orders.sign(lead, order)
    said = report(asking, extra={**SAID, "remark": "my own words", "gone": 1}, categories_said=["2b"])
    assert orders.apply([order], [said]) == 1
    assert Event.objects.get().extra == SAID


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ("damage:total", 1),
        ("needs:water", 2),
        ("needs:tents", 1),
        ("needs:wat", 0),
        ("gone:x", 0),
        ("needs", 0),
        ("", 4),
    ],
)
def test_the_queue_can_be_worked_by_an_answer(
    client: Client, asking: Operation, volunteer: Person, answer: str, count: int
) -> None:
    for extra in ({"damage": "total"}, {"needs": ["water"]}, {"needs": ["water", "tents"], "damage": "none"}, {}):
        report(asking, extra=extra)
    assert leases.waiting(asking, leases.DeskFilters(answer=answer)).count() == count
    client.force_login(volunteer)
    page = client.get("/sample/desk/", {"answer": answer}).content.decode()
    assert page.count('<li class="whole">') == count
    assert ('<option value="needs:water" selected>' in page) == (answer == "needs:water")


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


# --- readers -------------------------------------------------------------------------------------------------------

CANARY = "Kanari-7391"  # not a number to call


def fetched(client: Client, address: str) -> str:
    answer: Any = client.get(address)
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


def public_answers(client: Client, ref: str) -> list[str]:
    """Everything that the public can ask about an operation and one of its events."""
    pages = (
        "", "?view=list", "?part=results", f"events/{ref}/", "clusters.json", "events.geojson", "events.csv",
        "events.rss", "events.atom", "report/", "?x_needs=water", "clusters.json?x_needs=water",
    )  # fmt: skip
    assert json.loads(fetched(client, f"/sample/clusters.json?q={CANARY}"))["total"] == 0
    return [fetched(client, f"/sample/{page}") for page in pages]


def exported(client: Client, query: str = "") -> dict[str, Any]:
    (feature,) = json.loads(fetched(client, f"/sample/events.geojson{query}"))["features"]
    properties: dict[str, Any] = feature["properties"]
    return properties


def test_the_public_gets_public_fields_and_the_team_all(client: Client, asking: Operation, volunteer: Person) -> None:
    event = accepted(asking, volunteer, damage="total", nearest=CANARY, needs=["water"], households=12)
    page = fetched(client, f"/sample/events/{event.ref}/")
    assert '<dt>Damage</dt><dd dir="auto">Destroyed</dd>' in page
    seen = exported(client)
    assert {name: value for name, value in seen.items() if name.startswith("x_")} == {
        "x_damage": "total",
        "x_remark": None,
    }
    header, row = fetched(client, "/sample/events.csv").splitlines()
    assert header.endswith(",response,why,marking,x_damage,x_remark")
    assert row.endswith(f",open,http://testserver/sample/events/{event.ref}/why/,,total,")
    assert not [answer for answer in public_answers(client, event.ref) if CANARY in answer]
    client.force_login(volunteer)
    assert exported(client)["x_nearest"] == CANARY
    assert CANARY in fetched(client, f"/sample/events/{event.ref}/")


def test_of_persons_at_risk_the_public_gets_no_extra_field_at_all(
    client: Client, asking: Operation, volunteer: Person
) -> None:
    draft = drafts.EventDraft(categories=("1a",), spot=DRAFT.spot, extra={"damage": "total", "remark": CANARY})
    event = actions.accept(volunteer, report(asking), draft)
    assert not [answer for answer in public_answers(client, event.ref) if CANARY in answer]
    assert (exported(client)["x_damage"], exported(client)["x_remark"]) == (None, None)
    page = fetched(client, "/sample/?x_damage=total&view=list")
    assert event.ref not in page
    assert json.loads(fetched(client, "/sample/clusters.json?x_damage=total"))["total"] == 0
    client.force_login(volunteer)
    assert json.loads(fetched(client, "/sample/clusters.json?x_damage=total"))["total"] == 1


def test_map_list_and_feeds_agree_on_a_choice(client: Client, asking: Operation, volunteer: Person) -> None:
    for damage in ("total", "total", "none", None):
        accepted(asking, volunteer, **({"damage": damage} if damage else {}))
    for query, count in (("x_damage=total", 2), ("x_damage=total&x_damage=none", 3), ("x_damage=gone", 0), ("", 4)):
        assert json.loads(fetched(client, f"/sample/clusters.json?{query}"))["total"] == count
        assert len(json.loads(fetched(client, f"/sample/events.geojson?{query}"))["features"]) == count
        assert fetched(client, f"/sample/?view=list&{query}").count('<li class="whole"') == count
    page = fetched(client, "/sample/?x_damage=total")
    assert 'name="x_damage" value="total" checked>Destroyed<span class="count">2</span>' in page
    assert "Damage: Destroyed" in page  # and how to take it off


def test_a_field_that_the_public_may_not_see_is_no_filter_for_it(
    client: Client, asking: Operation, volunteer: Person
) -> None:
    accepted(asking, volunteer, needs=["water"])
    asking.extra_fields = [{**one, "filter": one["kind"] == "choice"} for one in asking.extra_fields]
    asking.save()
    assert 'name="x_needs"' not in fetched(client, "/sample/?x_needs=tents")
    assert len(json.loads(fetched(client, "/sample/events.geojson?x_needs=tents"))["features"]) == 1


def test_a_field_made_public_or_private_again_follows_at_once(client: Client, db: None, tmp_path: Any) -> None:
    operation = loaded(SMALL + FIELDS, tmp_path).operation
    event = publish(operation, extra={"damage": "total", "households": 12}, category="2")
    address = "/sample/clusters.json?x_damage=total"
    assert json.loads(fetched(client, address))["total"] == 1
    private = FIELDS.replace("public = true\n", "")
    assert "1 events, because of who sees damage" in loaded(SMALL + private, tmp_path).changed
    assert json.loads(fetched(client, "/sample/events.geojson"))["features"][0]["properties"].get("x_damage") is None
    assert "Destroyed" not in fetched(client, f"/sample/events/{event.ref}/")
    loaded(SMALL + FIELDS, tmp_path)
    assert json.loads(fetched(client, address))["total"] == 1
    assert "Destroyed" in fetched(client, f"/sample/events/{event.ref}/")


def test_readers_can_ask_for_what_is_still_open(client: Client, operation: Operation) -> None:
    publish(operation, "Still open")
    publish(operation, "Somebody goes", response="assigned")
    page = fetched(client, "/sample/?response=open&view=list")
    assert "Still open" in page
    assert "Somebody goes" not in page
    assert 'value="assigned">assigned<span class="count">1</span>' in page
    assert exported(client, "?response=assigned")["response"] == "assigned"
    assert client.get("/sample/?response=soon").status_code == 400


# --- from an XLSForm -----------------------------------------------------------------------------------------------


def test_a_form_becomes_the_operations_file_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where there is no data: none is needed, and none is made
    path = form(tmp_path, SURVEY, CHOICES)
    done = CliRunner().invoke(cli, ["operation", "fields", str(path), "--language", "fr"])
    assert done.exit_code == 0, done.output
    assert [one.code for one in parse(SMALL + done.stdout).fields][:2] == ["damage_level", "needs"]
    assert "row 20, photo: the type image cannot be asked here" in done.stderr
    told = json.loads(CliRunner().invoke(cli, ["operation", "fields", str(path), "--json"]).stdout)
    assert (told["fields"], "row 20" in "".join(told["left_out"])) == (8, True)
    assert [one.name for one in tmp_path.iterdir()] == ["form.xlsx"]
