"""Extra fields: what the file may say of them, and what becomes of what people and programs send."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import BadDefinition, Refused
from rapport.operations import fields
from rapport.operations.definition import parse
from rapport.operations.fields import Field
from tests.pure.test_definition import SMALL

FIELDS = """
[[fields]]
code = "damage"
kind = "choice"
names = { en = "Damage", fr = "Dégâts" }
help = { en = "To the building you see." }
public = true
filter = true
hxl = "#impact+damage"
choices = [
  { code = "none", names = { en = "None", fr = "Aucun" } },
  { code = "partial", names = { en = "Partly damaged", fr = "Partiel" } },
  { code = "total", names = { en = "Destroyed", fr = "Détruit" } },
]

[[fields]]
code = "needs"
kind = "choice"
several = true
names = { en = "What is needed" }
choices = [{ code = "water", names = { en = "Water" } }, { code = "tents", names = { en = "Tents, tarpaulins" } }]

[[fields]]
code = "households"
kind = "number"
whole = true
least = 0
most = 5000
counts_people = true
names = { en = "Households" }
order = -1

[[fields]]
code = "depth"
kind = "number"
names = { en = "Depth of water, in metres" }

[[fields]]
code = "since"
kind = "date"
names = { en = "Since when" }

[[fields]]
code = "nearest"
kind = "place"
names = { en = "Nearest town" }

[[fields]]
code = "remark"
kind = "text"
required = true
names = { en = "Anything else" }
"""
ALL = {one.code: one for one in parse(SMALL + FIELDS).fields}
READ = fields.reader(ALL.values())


def changed(wrong: str, right: str) -> str:
    assert wrong in FIELDS
    return SMALL + FIELDS.replace(wrong, right)


# --- the file ------------------------------------------------------------------------------------------------------


def test_fields_stand_in_the_order_they_name_then_as_written() -> None:
    assert list(ALL) == ["households", "damage", "needs", "depth", "since", "nearest", "remark"]


def test_what_the_operation_keeps_is_read_again_as_it_was() -> None:
    kept = json.loads(json.dumps([fields.to_json(one) for one in ALL.values()]))
    assert fields.stored(kept) == tuple(ALL.values())


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ("public = true", "publik = true", r"fields 1\] publik.*did you mean public"),
        ('kind = "date"', 'kind = "day"', "is not one of text, number, choice, date, place"),
        ('code = "damage"', 'code = "Damage!"', "small letters"),
        ('code = "depth"', 'code = "damage"', "there 2 times"),
        ('kind = "date"', 'kind = "date"\nleast = 3', r"fields 5\] least: is for a field of kind number only"),
        ('kind = "text"', 'kind = "choice"', r"fields 7\] choices: name at least one"),
        ('{ code = "none", names', '{ code = "total", names', "there 2 times"),
        ("least = 0", "least = 6000", "above most"),
        ('names = { en = "None", fr = "Aucun" } }', 'name = "None" }', "choices 1.*names: is missing"),
        ('hxl = "#impact+damage"', 'hxl = "impact"', "does not fit"),
        ("required = true", 'required = "yes"', "write true or false"),
    ],
)
def test_a_slip_in_the_file_is_named(wrong: str, right: str, says: str) -> None:
    with pytest.raises(BadDefinition, match=says):
        parse(changed(wrong, right))


def test_what_leaves_the_file_is_kept_to_be_shown_and_not_asked_again() -> None:
    now = parse(changed('{ code = "none", names = { en = "None", fr = "Aucun" } },', "")).fields
    after = fields.followed_by(ALL.values(), [one for one in now if one.code != "depth"])
    by_code = {one.code: one for one in after}
    assert by_code["depth"].retired
    assert "depth" not in {one.code for one in fields.asked(after)}
    assert [choice.code for choice in by_code["damage"].offered] == ["partial", "total"]
    (value,) = fields.shown(after, {"damage": "none"})
    assert value.labels["none"]["fr"] == "Aucun"
    assert [one.code for one in fields.shown(after, {"depth": 2, "remark": "x"})] == ["remark", "depth"]
    assert fields.followed_by(after, list(ALL.values())) == tuple(ALL.values())  # back again, as it was


# --- values --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "raw", "value"),
    [
        ("damage", "total", "total"),
        ("damage", " DETRUIT ", "total"),  # by its name in any language, without its accents
        ("damage", "", None),
        ("needs", ["tents", "water"], ["water", "tents"]),  # in the order of the file
        ("needs", "water|tents", ["water", "tents"]),
        ("needs", "water tents", ["water", "tents"]),  # as XLSForm writes them
        ("needs", "Tents, tarpaulins", ["tents"]),  # a name with a comma is one name
        ("needs", [], None),
        ("households", "40", 40),
        ("households", 40.0, 40),
        ("depth", "1,5", 1.5),
        ("depth", "-0.25", -0.25),
        ("depth", "1.", 1),
        ("since", "2010-01-12", "2010-01-12"),
        ("since", datetime(2010, 1, 12, 17), "2010-01-12"),
        ("since", date(2010, 1, 12), "2010-01-12"),
        ("nearest", "  Port-au-\tPrince ", "Port-au- Prince"),
        ("remark", "two\r\nlines", "two\nlines"),
        ("remark", "   ", None),
    ],
)
def test_what_people_write_becomes_a_typed_value(code: str, raw: object, value: object) -> None:
    assert READ(code, raw) == value
    assert type(READ(code, raw)) is type(value)


@pytest.mark.parametrize(
    ("code", "raw", "says"),
    [
        ("damage", "burnt", "burnt is not in the list. Choose one of: none, partial, total"),
        ("damage", 3, "3 is not in the list"),
        ("damage", {"$ne": ""}, "is not in the list"),
        ("needs", "water|food", "food is not in the list"),
        ("households", "40.5", "whole number"),
        ("households", "-1", "between 0 and 5000"),
        ("households", "5001", "between 0 and 5000"),
        ("depth", "1,234", "separator of thousands"),
        ("depth", "٣", "in digits"),
        ("depth", "1e9", "in digits"),
        ("depth", float("nan"), "in digits"),
        ("depth", True, "in digits"),
        ("depth", "9" * 16, "between"),
        ("since", "12/01/2010", "a day like 2010-01-31"),
        ("since", "2010-02-30", "a day like 2010-01-31"),
        ("since", "0001-01-01", "between 1900 and 2200"),
        ("nearest", "x" * 301, "Shorten this to 300 characters; it has 301"),
        ("remark", "a\0b", "NUL"),
        ("remark", ["a"], "Write a text"),
        ("colour", "red", "does not ask for this field"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_remedy(code: str, raw: object, says: str) -> None:
    with pytest.raises(Refused) as refused:
        READ(code, raw)
    assert refused.value.field == code
    assert says in refused.value.remedy


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.sampled_from(
        ["total", "water tents", "1,5", "12", "2010-01-12", "Destroyed|None"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@given(st.sampled_from(sorted(ALL)), anything)
def test_whatever_comes_is_a_value_of_its_kind_or_refused_and_a_value_stays_what_it_is(code: str, raw: Any) -> None:
    value = None
    with suppress(Refused):  # anything else that it raised would fail here
        value = READ(code, raw)
    kinds: dict[str, tuple[type, ...]] = {"number": (int, float), "choice": (str, list)}
    assert value is None or isinstance(value, kinds.get(ALL[code].kind, (str,)))
    assert value is None or READ(code, json.loads(json.dumps(value))) == value


def test_many_values_at_once_leave_out_what_is_empty_or_unknown() -> None:
    assert fields.read_all(ALL.values(), {"damage": "none", "depth": "", "colour": "red"}) == {"damage": "none"}
    assert fields.unknown(ALL.values(), ["damage", "colour"]) == ["colour"]


def test_the_queue_learns_how_many_people_from_the_fields_that_count_them() -> None:
    both = [*ALL.values(), replace(ALL["households"], code="people")]
    assert fields.people(both, {"households": 3, "people": 40, "depth": 900}) == 40
    assert fields.people(both, {"depth": 900}) is None


def test_only_what_everybody_would_read_in_free_words_is_looked_through() -> None:
    public: list[Field] = [replace(one, public=True) for one in ALL.values()]
    values = {"remark": "call me", "nearest": "Léogâne", "damage": "total", "depth": 5}
    assert fields.free_words(ALL.values(), values) == {}
    assert fields.free_words(public, values) == {"nearest": "Léogâne", "remark": "call me"}
