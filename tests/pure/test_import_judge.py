"""A row becomes a message or says why not; and the file that ships comes in as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from rapport.errors import Refused
from rapport.intake.imports.about import Context, Row
from rapport.intake.imports.guess import propose
from rapport.intake.imports.judge import judging
from rapport.intake.imports.plan import Plan
from rapport.intake.imports.reading import rows
from rapport.operations.definition import Definition, parse
from rapport.operations.fields import Field, FieldChoice
from rapport.values import Address, CategoryName, GivenPlace, Json, Message
from tests.pure.importing import ABOUT, read_through, table

HAITI = Path(str(files("rapport") / "data" / "haiti-2010"))
FIELDS = (
    Field("people", "number", {"en": "How many people"}, whole=True, least=0, counts_people=True),
    Field(
        "roof",
        "choice",
        {"en": "Roof"},
        choices=(FieldChoice("tin", {"en": "Tin"}), FieldChoice("tent", {"en": "Tent"})),
    ),
    Field("since", "date", {"en": "Since"}),
)
PLAN = Plan(
    "csv",
    ("Serial", "TITLE", "DATE", "WHERE", "TEXT", "CATEGORY", "LAT", "LON", "APPROVED", "PHONE", "LANG", "PEOPLE",
    "ROOF", "SINCE"),
    {
        "Serial": "id", "TITLE": "title", "DATE": "date", "WHERE": "place", "TEXT": "text", "CATEGORY": "categories",
        "LAT": "lat", "LON": "lon", "PHONE": "sender", "LANG": "language", "PEOPLE": "people", "ROOF": "extra:roof",
        "SINCE": "extra:since",
    },
    date_order="DMY", zone="America/Port-au-Prince", category_separator=", ",
)  # fmt: skip
GOOD = {
    "Serial": "7", "TITLE": "No food", "DATE": "05/02/2010 17:26", "WHERE": "Jacmel, Haiti",
    "TEXT": "Nou grangou, ede nou",
    "CATEGORY": "Food shortage, 3, ", "LAT": "18.23", "LON": "-72.53", "APPROVED": "YES", "PHONE": "+509 5550 0100",
    "LANG": "Kreyòl", "PEOPLE": "1,200", "ROOF": "tent", "SINCE": "03/02/2010",
}  # fmt: skip


def judged(changes: Mapping[str, str], plan: Plan = PLAN, about: Context = ABOUT) -> Message | Refused:
    row = GOOD | dict(changes)
    return judging(plan, replace(about, fields=FIELDS))(Row(3, tuple(row[name] for name in plan.columns)))


def message(changes: Mapping[str, str], plan: Plan = PLAN) -> Message:
    found = judged(changes, plan)
    assert isinstance(found, Message), found
    return found


def test_a_row_becomes_a_message() -> None:
    found = message({})
    assert (found.gateway_id, found.text, found.language) == ("7", "Nou grangou, ede nou", "ht")
    assert found.sent_at == datetime(2010, 2, 5, 22, 26, tzinfo=UTC)  # five hours west of Greenwich
    assert found.place == GivenPlace(-72.53, 18.23, "Jacmel, Haiti")
    assert found.categories == ("2a", "3")
    assert found.sender == Address("tel", "+50955500100")
    assert found.extra == {"people": 1200, "roof": "tent", "since": "2010-02-03"}
    assert (found.fields["APPROVED"], found.fields["TITLE"]) == ("YES", "No food")


def test_a_senders_number_does_not_stand_among_the_fields() -> None:
    assert "PHONE" not in message({}).fields


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"DATE": "31/02/2010 10:00"}, "no_date", "DATE"),
        ({"DATE": "02/13/2010 10:00"}, "no_date", "DATE"),
        ({"DATE": "05/02/2031 17:26"}, "future_date", "DATE"),
        ({"DATE": "31/12/1899 10:00"}, "early_date", "DATE"),
        ({"LAT": "ninety"}, "no_place", "LAT"),
        ({"LON": "-720"}, "no_place", "LON"),
        ({"LAT": "nan"}, "no_place", "LAT"),
        ({"LON": ""}, "half_place", "LON"),
        ({"LAT": ""}, "half_place", "LAT"),
        ({"LAT": "-72.53", "LON": "18.23"}, "swapped_place", "LAT"),
        ({"Serial": ""}, "no_id", "Serial"),
        ({"Serial": "7" * 201}, "long_id", "Serial"),
        ({"TITLE": " ", "TEXT": " "}, "empty", "TEXT"),
        ({"TITLE": "", "TEXT": "", "Serial": "TOTAL"}, "total_row", "TEXT"),
        ({"TEXT": "te\0xt"}, "nul", "TEXT"),
        ({"APPROVED": "\ud800"}, "half_character", "APPROVED"),
        ({"APPROVED": "x" * 100_001}, "too_long", "APPROVED"),
        ({"CATEGORY": "#REF!"}, "error_cell", "CATEGORY"),
        ({"PEOPLE": "many"}, "no_number", "PEOPLE"),
        ({"ROOF": "straw"}, "extra_field", "ROOF"),
        ({"SINCE": "soon"}, "no_date", "SINCE"),
    ],
)
def test_a_row_that_cannot_be_used_says_where_and_why(changes: dict[str, str], reason: str, field: str) -> None:
    refused = judged(changes)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.field, refused.row) == (reason, field, 3)
    assert refused.remedy


@pytest.mark.parametrize(
    ("said", "several", "found"),
    [("none", False, "none"), ("None", False, "none"), ("N/A", False, "na"), ("none", True, ["none"]),
     ("-", False, None), ("null", False, None), ("none, water", True, ["none", "water"])],
)  # fmt: skip
def test_what_a_field_offers_as_a_choice_is_an_answer(said: str, several: bool, found: Json) -> None:
    """ "None" as the answer to what is damaged is the best news of the day, and not an empty cell."""
    choices = (
        FieldChoice("none", {"en": "Nothing"}),
        FieldChoice("na", {"en": "N/A"}),
        FieldChoice("water", {"en": "W"}),
    )
    damage = Field("roof", "choice", {"en": "Damage"}, choices=choices, several=several)
    row = tuple((GOOD | {"ROOF": said})[name] for name in PLAN.columns)
    message = judging(PLAN, replace(ABOUT, fields=(damage,)))(Row(3, row))
    assert isinstance(message, Message), message
    assert message.extra.get("roof") == found


def test_a_label_that_a_person_gave_a_choice_is_an_answer_whatever_it_is() -> None:
    assert message({"ROOF": "-"}).extra.get("roof") is None
    assert message({"ROOF": "-"}, replace(PLAN, choices={"roof": {"-": "tent"}})).extra["roof"] == "tent"


def test_zero_zero_is_no_place_but_stays_among_the_fields() -> None:
    found = message({"LAT": "0", "LON": "0.0"})
    assert found.place == GivenPlace(None, None, "Jacmel, Haiti")
    assert (found.fields["LAT"], found.fields["LON"]) == ("0", "0.0")
    assert message({"LAT": "0", "LON": "0", "WHERE": ""}).place is None


def test_a_place_outside_the_area_is_taken_and_noted() -> None:
    assert message({"LAT": "50.2", "LON": "5.7"}).fields["outside_operation"] is True
    assert "outside_operation" not in message({}).fields


def test_what_is_not_there_is_left_open() -> None:
    found = message(dict.fromkeys(("DATE", "WHERE", "CATEGORY", "LAT", "LON", "PHONE", "LANG", "PEOPLE", "ROOF"), ""))
    assert (found.sent_at, found.place, found.categories, found.sender, found.language) == (None, None, (), None, "")
    dashes = message(dict.fromkeys(("DATE", "LAT", "LON", "PEOPLE", "SINCE"), "-"))
    assert (dashes.sent_at, dashes.place, dashes.extra) == (
        None,
        GivenPlace(None, None, "Jacmel, Haiti"),
        {"roof": "tent"},
    )


def test_a_label_nobody_knows_stays_among_the_fields() -> None:
    found = message({"CATEGORY": "9. Volcano"})
    assert (found.categories, found.fields["CATEGORY"]) == ((), "9. Volcano")


def test_an_error_in_a_column_that_is_not_read_is_text_like_any_other() -> None:
    assert message({"APPROVED": "#N/A"}).fields["APPROVED"] == "#N/A"


def test_without_a_text_the_title_is_what_was_said() -> None:
    assert message({"TEXT": ""}).text == "No food"


def test_a_formula_is_a_text() -> None:
    assert message({"TEXT": "=1+1"}).text == "=1+1"


def test_a_table_without_ids_knows_its_rows_again_also_when_they_come_back_mended() -> None:
    plan = replace(PLAN, roles={name: role for name, role in PLAN.roles.items() if role != "id"})
    first, again, other = (message(one, plan).gateway_id for one in ({}, {}, {"TEXT": "Nou bezwen dlo"}))
    assert first == again != other
    back = replace(plan, columns=(*plan.columns, "problem"), roles={**plan.roles, "problem": "left_out"})
    found = judging(back, replace(ABOUT, fields=FIELDS))(Row(3, (*GOOD.values(), "mended now")))
    assert isinstance(found, Message)
    assert found.gateway_id == first
    assert "problem" not in found.fields


def test_an_id_of_several_columns_and_a_text_of_several() -> None:
    plan = replace(PLAN, roles={**PLAN.roles, "APPROVED": "id", "WHERE": "text"})
    found = message({}, plan)
    assert found.gateway_id == "7 / YES"
    assert found.text == "Jacmel, Haiti\nNou grangou, ede nou"


@pytest.mark.parametrize("said", ["1200", "1 200", "1\u202f200", "1\u00a0200", "1’200"])
def test_thousands_are_a_number_as_tables_write_them(said: str) -> None:
    plan = replace(PLAN, roles={**PLAN.roles, "PEOPLE": "extra:people"})
    assert message({"PEOPLE": said}, plan).extra["people"] == 1200


def test_a_time_in_a_column_of_its_own_belongs_to_the_date() -> None:
    plan = replace(PLAN, roles={**PLAN.roles, "APPROVED": "time"})
    assert message({"DATE": "05/02/2010", "APPROVED": "5:26 PM"}, plan).sent_at == datetime(
        2010, 2, 5, 22, 26, tzinfo=UTC
    )


# --- NDJSON: the same lines as for the API --------------------------------------------------------------------------


def test_a_file_of_the_apis_lines_says_the_same_as_the_api(tmp_path: Path) -> None:
    lines: list[dict[str, Json]] = [
        {
            "text": "Nou bezwen dlo", "id": "a1", "sent_at": "2010-01-14T10:00:00Z", "categories": ["2b",
            "3"], "language": "ht",
            "sender": {"kind": "tel", "value": "+50955500100"}, "place": {"lon": -72.34, "lat": 18.54, "name": "Kafou"},
            "fields": {"tents": 3}, "extra": {"people": 12, "roof": "tin"},
        },
        {"text": "Manje", "id": "a2"},
        {"text": "Kay kraze", "id": "a3", "later": "kept"},
    ]  # fmt: skip
    path = table(tmp_path / "t.ndjson", [json.dumps(line) for line in lines], end="\n")
    first, second, third = read_through(path, replace(ABOUT, fields=FIELDS)).messages
    assert first == Message(
        text="Nou bezwen dlo", gateway_id="a1", sender=Address("tel", "+50955500100"), language="ht",
        sent_at=datetime(2010, 1, 14, 10, tzinfo=UTC), place=GivenPlace(-72.34, 18.54, "Kafou"), categories=("2b", "3"),
        fields=first.fields, extra={"people": 12, "roof": "tin"},
    )  # fmt: skip
    assert first.fields["tents"] == "3"
    assert not any("55500100" in str(value) for value in first.fields.values())
    assert (second.gateway_id, third.fields["later"]) == ("a2", "kept")


# --- the file that ships -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def definition() -> Definition:
    return parse((HAITI / "operation.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def about(definition: Definition) -> Context:
    return Context(
        zone=definition.time_zone,
        now=datetime(2026, 11, 22, tzinfo=UTC),
        languages=definition.languages,
        box=definition.box,
        labels=definition.labels,
        categories=tuple(CategoryName(one.code, one.names, one.hxl) for one in definition.categories),
    )


@pytest.fixture(scope="module")
def haiti(about: Context) -> list[Message]:
    """Read by what was worked out, with nobody's help."""
    plan = propose(HAITI / "reports.csv", about).plan
    judge = judging(plan, about)
    return [one for one in map(judge, rows(HAITI / "reports.csv", plan)) if isinstance(one, Message)]


def test_all_3099_reports_of_haiti_are_messages(haiti: list[Message]) -> None:
    assert len(haiti) == len({message.gateway_id for message in haiti}) == 3_099
    assert sum(not message.categories for message in haiti) == 5
    assert len({code for message in haiti for code in message.categories}) == 41


def test_haitis_area_leaves_eleven_reports_outside(haiti: list[Message]) -> None:
    assert sum(message.place is not None for message in haiti) == 3_099
    assert sum(message.fields.get("outside_operation") is True for message in haiti) == 11


def test_what_is_worked_out_for_haiti_is_what_its_operations_file_says(definition: Definition, about: Context) -> None:
    proposal = propose(HAITI / "reports.csv", about)
    columns = next(source.columns for source in definition.sources if source.columns)
    plan = proposal.plan
    assert columns is not None
    for role in ("id", "text", "title", "date", "lat", "lon", "place", "categories"):
        assert plan.column(role) == getattr(columns, role)
    said = [one.said for one in proposal.evidence]
    assert "2,621 dates can only be day/month, 449 would change as month/day, 29 read the same" in said
    assert "3,088 of 3,099 points lie in the operation's area" in said
    assert proposal.unknown_labels == {}
    by_form = replace(plan, date_format=columns.date_format)
    judge, other = judging(plan, about), judging(by_form, about)
    assert [judge(row) for row in rows(HAITI / "reports.csv", plan)] == [
        other(row) for row in rows(HAITI / "reports.csv", by_form)
    ]  # fmt: skip
