"""Listings of several agencies side by side: every difference is found, none is made up, nothing is merged unseen."""

from __future__ import annotations

import csv
import io
import json
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import xlsxwriter
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rapport.cli.registry import registry
from rapport.errors import BadDefinition, Refused
from rapport.formats.table import as_written
from rapport.registry.crosswalk import file, near, table, written
from rapport.registry.crosswalk.compare import crosswalk, summary
from rapport.registry.crosswalk.model import Crosswalk, Item, Link, Listing, Row
from rapport.registry.model import Source
from rapport.values import Json

_CHANCE = random.Random(4)
#: Labels that no other is like, so that none is taken for another.
LABELS = [" ".join("".join(_CHANCE.choices("bcdfghklmnprstvz", k=7)) for _ in range(2)).capitalize() for _ in range(80)]
COLUMNS = ("Grade", "Lead", "Least")


def listing(slug: str, items: Sequence[Item], columns: Sequence[str] = COLUMNS) -> Listing:
    return Listing(slug, slug, slug, "code list", "1", tuple(columns), tuple(items), Source(slug, slug), "")


def simple(slug: str, *lines: str, columns: Sequence[str] = ()) -> Listing:
    """Items written as `code|label|value|value`."""
    parts = [line.split("|") for line in lines]
    return listing(
        slug,
        [
            Item(code, label, dict(zip(columns, more, strict=False)), at)
            for at, (code, label, *more) in enumerate(parts, 1)
        ],
        columns,
    )


def told(made: Crosswalk) -> set[tuple[frozenset[tuple[str, int]], str, frozenset[tuple[str, str]]]]:
    """Of each row its items, its status, and what differs."""
    return {
        (
            frozenset((one.slug, one.item.row) for one in row.members),
            row.status,
            frozenset((one.column, one.how) for one in row.differences),
        )
        for row in made.rows
    }


def named(made: Crosswalk, said: str) -> list[set[tuple[str, int]]]:
    """The items of each conflict that says so."""
    return [{(one.slug, one.item.row) for one in each.members} for each in made.conflicts if said in each.said]


def only_row(made: Crosswalk, slug: str, code: str) -> Row:
    found = [row for row in made.rows for one in row.members if (one.slug, one.item.code) == (slug, code)]
    assert len(found) == 1
    return found[0]


# --- planted differences are all found, and none is made up --------------------------------------------------------

#: What is done to an item of the copy → status of its row, and what differs.
PLANTED = {
    "nothing": ("same", ()),
    "label": ("to confirm", (("label", "differs"),)),
    "label's case": ("case or spacing", (("label", "case or spacing"),)),
    "code": ("differs", (("code", "differs"),)),
    "value": ("differs", (("Lead", "differs"),)),
    "value's spaces": ("case or spacing", (("Lead", "case or spacing"),)),
    "value emptied": ("differs", (("Lead", "gap"),)),
    "value not given": ("differs", (("Lead", "gap"),)),
    "two values": ("differs", (("Lead", "differs"), ("Grade", "differs"))),
    "renamed, linked": ("differs", (("code", "differs"), ("label", "differs"))),
    "removed": ("only", ()),
}  # fmt: skip


def changed(item: Item, how: str) -> Item:
    new: dict[str, Item] = {
        "label": replace(item, label=f"New {item.label[::-1]}"),
        "label's case": replace(item, label=f" {item.label.upper()}\u200b"),
        "code": replace(item, code=f"X{item.code}"),
        "value": replace(item, values=item.values | {"Lead": "somebody else"}),
        "value's spaces": replace(item, values=item.values | {"Lead": f"{item.values['Lead']} ".lower()}),
        "value emptied": replace(item, values=item.values | {"Lead": ""}),
        "value not given": replace(item, values={"Grade": item.values["Grade"], "Least": item.values["Least"]}),
        "two values": replace(item, values=item.values | {"Lead": "somebody else", "Grade": "P-7"}),
        "renamed, linked": replace(item, code=f"Y{item.code}", label=f"Other {item.label[::-1]}"),
    }
    return new.get(how, item)


@st.composite
def planted(draw: st.DrawFn) -> tuple[list[Item], list[str], int, int]:
    """A listing, what is done to each of its items, how many pairs swap their codes, how many are added."""
    size = draw(st.integers(1, 40))
    items = [
        Item(
            f"C{at}",
            label,
            {"Grade": draw(st.sampled_from(["P-3", "P-4", "G-5"])), "Lead": f"Agency {at % 3}", "Least": "2"},
            at,
        )
        for at, label in enumerate(draw(st.permutations(LABELS))[:size], 1)
    ]
    return (
        items,
        draw(st.lists(st.sampled_from([*PLANTED]), min_size=size, max_size=size)),
        draw(st.integers(0, 3)),
        draw(st.integers(0, 3)),
    )


@given(planted(), st.randoms(use_true_random=False))
def test_what_was_planted_is_found_and_nothing_else(
    made: tuple[list[Item], list[str], int, int], chance: random.Random
) -> None:
    items, done, swaps, added = made
    copy = [changed(item, how) for item, how in zip(items, done, strict=True)]
    wanted = {at: PLANTED[how] for at, how in enumerate(done)}
    untouched = [at for at, how in enumerate(done) if how == "nothing"]
    pairs = [untouched[2 * at : 2 * at + 2] for at in range(swaps) if len(untouched) >= 2 * at + 2]
    for one, other in pairs:
        copy[one], copy[other] = (replace(copy[a], code=items[b].code) for a, b in ((one, other), (other, one)))
        wanted |= dict.fromkeys((one, other), ("differs", (("code", "differs"),)))
    links = [
        Link({"ours": (item.code,), "theirs": (f"Y{item.code}",)}, "Rose")
        for item, how in zip(items, done, strict=True)
        if how == "renamed, linked"
    ]
    kept = [item for item, how in zip(copy, done, strict=True) if how != "removed"]
    new = [Item(f"N{at}", f"Only there {'xyz'[at]}", {}, 100 + at) for at in range(added)]
    theirs = [*kept, *new]
    chance.shuffle(theirs)

    found = crosswalk([listing("ours", items), listing("theirs", theirs)], links)

    wanted_rows = {
        (
            frozenset([("ours", at + 1), *([("theirs", at + 1)] if done[at] != "removed" else [])]),
            status,
            frozenset(differs),
        )
        for at, (status, differs) in wanted.items()
    }
    assert told(found) == wanted_rows | {(frozenset({("theirs", item.row)}), "only", frozenset()) for item in new}
    assert len(found.rows) == len(items) + added
    assert len(found.conflicts) == 2 * len(pairs)
    for one, other in pairs:
        for a, b in ((one, other), (other, one)):
            assert {("ours", a + 1), ("theirs", b + 1)} in named(found, "has another code elsewhere")


@given(st.lists(planted(), min_size=2, max_size=3), st.data())
def test_the_order_of_listings_and_items_means_nothing(
    several: list[tuple[list[Item], list[str], int, int]], data: st.DataObject
) -> None:
    """Also where codes and labels stand twice."""
    made = []
    for number, (items, done, _, _) in enumerate(several):
        some = [changed(item, how) for item, how in zip(items, done, strict=True) if how != "removed"]
        twice = data.draw(st.lists(st.sampled_from(some), max_size=3)) if some else []
        some += [replace(one, row=200 + at) for at, one in enumerate(twice)]
        made.append(listing(f"list-{number}", some))
    first = crosswalk(made)
    again = crosswalk([replace(one, items=one.items[::-1]) for one in data.draw(st.permutations(made))])
    assert told(again) == told(first)
    conflicts, suggestions = (
        [{frozenset(map(str, one.members)) for one in each.conflicts} for each in (first, again)],
        [
            {(frozenset(map(str, (one.one, one.other))), one.score) for one in each.suggestions}
            for each in (first, again)
        ],
    )
    assert conflicts[0] == conflicts[1]
    assert suggestions[0] == suggestions[1]
    everything = [(one.slug, one.item.row) for row in first.rows for one in row.members]
    assert sorted(everything) == sorted((one.slug, item.row) for one in made for item in one.items), "each item once"


# --- nothing is merged unseen --------------------------------------------------------------------------------------


def test_what_is_called_the_same_twice_in_a_listing_is_told_and_left_apart() -> None:
    made = crosswalk([
        simple("ours", "1|Officer", "2|Officer", "3|Driver"), simple("theirs", "7|officer", "3|Driver"),
        simple("third", "9|Officer"),
    ])  # fmt: skip
    assert [(row.status, len(row.members)) for row in made.rows] == [
        ("only", 1), ("only", 1), ("same", 2), ("differs", 2),
    ], "of the two that have it once nothing is in doubt"  # fmt: skip
    assert named(made, "cannot be told by their label") == [{("ours", 1), ("ours", 2), ("theirs", 1), ("third", 1)}]


def test_by_code_and_label_the_same_posts_are_told_apart() -> None:
    made = crosswalk([simple("ours", "1|Officer", "2|Officer"), simple("theirs", "2|Officer", "1|Officer")])
    assert [row.status for row in made.rows] == ["same", "same"]
    assert made.conflicts == ()


def test_a_code_that_stands_twice_is_told_and_joins_nothing() -> None:
    made = crosswalk([simple("ours", "1|Water", "1|Food"), simple("theirs", "1|Health")])
    assert [row.status for row in made.rows] == ["only"] * 3
    assert named(made, "stands 2 times in ours") == [{("ours", 1), ("ours", 2)}]


def test_the_same_code_with_another_label_is_for_a_person_to_confirm() -> None:
    made = crosswalk([simple("ours", "1|Shelter"), simple("theirs", "1|Nutrition"), simple("third", "2|Nutrition")])
    assert [row.status for row in made.rows] == ["only", "differs"], "what is called Nutrition elsewhere is not Shelter"
    assert named(made, "The code 1 has other labels here") == [{("ours", 1), ("theirs", 1)}]
    assert [row.status for row in crosswalk(made.listings[:2]).rows] == ["to confirm"]


def test_signs_and_accents_make_another_label() -> None:
    made = crosswalk([
        simple("ours", "|Children < 5", "|Mais", "|C"), simple("theirs", "|Children > 5", "|Maïs", "|C++"),
    ])  # fmt: skip
    assert [row.status for row in made.rows] == ["only"] * 6
    e = simple("ours", "|Santé"), simple("theirs", "|Sante\u0301")
    assert [row.status for row in crosswalk(e).rows] == ["case or spacing"], "one letter, written in two ways"


def test_what_is_empty_is_not_what_was_not_given() -> None:
    ours = listing("ours", [Item("1", "Water", {"Lead": "", "Least": "2"}, 1)])
    theirs = listing("theirs", [Item("1", "Water", {"lead": "UNICEF"}, 1)], ["lead", "Least"])
    third = listing("third", [Item("1", "Water", {}, 1)], ["Lead"])
    row = crosswalk([ours, theirs, third]).rows[0]
    assert {one.column: (dict(one.values), one.how) for one in row.differences} == {
        "Lead": ({"ours": "", "theirs": "UNICEF", "third": None}, "gap"),
        "Least": ({"ours": "2", "theirs": None}, "gap"),
    }
    assert [written.said(one) for one in row.differences] == [
        "Lead: empty in ours, not given in third", "Least: not given in theirs",
    ]  # fmt: skip


# --- links ---------------------------------------------------------------------------------------------------------

OURS = simple("ours", "W|Water|UNICEF", "H|Health|WHO", columns=["Lead"])
THEIRS = simple("theirs", "5a|Drinking water|UNICEF", "5b|Latrines|UNICEF", "6|Water|", columns=["Lead"])


def test_a_link_is_surer_than_a_label_and_says_who_says_so() -> None:
    made = crosswalk([OURS, THEIRS], [Link({"ours": ("W",), "theirs": ("5a",)}, "Rose", "same tariff")])
    row = only_row(made, "ours", "W")
    assert [one.item.code for one in row.members] == ["W", "5a"]
    assert (row.matched, row.said_by, row.status) == (("link",), ("Rose",), "differs")
    assert named(made, "a link puts one of them elsewhere") == [{("ours", 1), ("theirs", 3)}]


def test_one_for_several_is_told_and_its_values_are_not_compared() -> None:
    made = crosswalk([OURS, THEIRS], [Link({"ours": ("W",), "theirs": ("5a", "5b")}, "Rose")])
    row = only_row(made, "ours", "W")
    assert (row.status, row.differences, len(row.members)) == ("several", (), 3)
    assert named(made, "several items of one listing") == [{("ours", 1), ("theirs", 1), ("theirs", 2)}]
    assert summary(made).by_status["several"] == 1
    table = [dict(zip(written.header(made), cells, strict=True)) for cells in written.rows(made)]
    assert table[0]["code (theirs)"] == "5a | 5b"


def test_a_link_that_names_what_is_not_there_or_there_twice_is_told() -> None:
    twice = simple("theirs", "5|Wells", "5|Pumps")
    links = [
        Link({"ours": ("W",), "theirs": ("5",)}, "Rose"),
        Link({"ours": ("Z",), "theirs": ("5",)}, "Vero"),
        Link({"ours": ("W",), "elsewhere": ("1",)}, "Léa"),
    ]
    made = crosswalk([OURS, twice], links)
    assert {row.status for row in made.rows} == {"only"}
    said = [one.said for one in made.conflicts]
    assert "A link by Rose names the code 5, which stands 2 times in theirs." in said
    assert "A link by Vero names the code Z, which is not in ours." in said
    assert not any("Léa" in one for one in said), "of listings that are not compared nothing is said"


# --- suggestions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Water, Sanitation and Hygiene", "Water Sanitation & Hygiene", True),
        ("Child protection", "Protection, child", True),
        ("Logistics", "Logistic", True),
        ("Approvisionnement", "Aprovisionnement", True),
        ("Health facility level 1", "Health facility level 2", False),
        ("Food", "Shelter", False),
    ],
)
def test_labels_that_are_nearly_the_same_are_only_suggested(one: str, other: str, alike: bool) -> None:
    made = crosswalk([simple("ours", f"A|{one}"), simple("theirs", f"B|{other}")])
    assert [row.status for row in made.rows] == ["only", "only"]
    assert bool(made.suggestions) is alike
    assert all(0.8 <= each.score <= 1 for each in made.suggestions)


def test_however_many_labels_are_nearly_the_same_the_time_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 listings of 2,000 items: 3 s, and 6 s where all labels are long and like each other [measured]."""
    chance = random.Random(1)
    made = [
        simple(f"list-{n}", *(f"{n}-{at}|{' '.join(chance.choices(LABELS[:20], k=12))}" for at in range(100)))
        for n in range(8)
    ]
    monkeypatch.setattr(near, "MOST_WORK", 1_000_000)
    began = time.monotonic()
    found = crosswalk(made)
    assert time.monotonic() - began < 5
    assert found.not_compared > 0, "what was left out is told"
    assert cast("dict[str, Json]", written.as_json(found))["not_compared"] == found.not_compared


# --- files ---------------------------------------------------------------------------------------------------------

SECTORS = """
[listing]
slug = "lead-agencies"
title = "Sectors and their leads"
agency = "A coordinating office"
kind = "code list"
version = "2024-01"
columns = ["Lead", "Least staff"]
source = "Made for this test"
address = "https://example.org/sectors"

[[item]]
code = "WSH"
label = "Water, Sanitation and Hygiene"
values = { Lead = "UNICEF", "Least staff" = "2" }

[[item]]
code = "HEA"
label = "Health"
values = { Lead = "WHO" }

[[item]]
code = "CCM"
label = "Camp Coordination"
"""
#: As a spreadsheet of Western Europe writes it, with a cell that a spreadsheet would run.
PARTNER = (
    "Code;Label;lead;Remark\r\n"
    "10;Water Sanitation & Hygiene;UNICEF;\r\n"
    "HEA;health ;Organisation mondiale de la santé;'=1+1\r\n"
    ";Éducation;UNICEF;\r\n"
)


@pytest.fixture
def sectors(tmp_path: Path) -> Path:
    path = tmp_path / "sectors.toml"
    path.write_text(SECTORS, encoding="utf-8")
    return path


@pytest.fixture
def partner(tmp_path: Path) -> Path:
    path = tmp_path / "Partner sectors.csv"
    path.write_bytes(PARTNER.encode("cp1252"))
    return path


LINKS = """
[[same]]
codes = { lead-agencies = "WSH", partner-sectors = ["10"] }
said_by = "Working group on information, 2024-03-01"
why = "Both take in hygiene kits."
"""


def test_the_code_lists_of_two_agencies_side_by_side(sectors: Path, partner: Path) -> None:
    ours, theirs = file.from_path(sectors), file.from_path(partner)
    assert (ours.source.address, ours.kind, ours.items[2].values) == ("https://example.org/sectors", "code list", {})
    assert (theirs.slug, theirs.title, theirs.source.title) == (
        "partner-sectors",
        "Partner sectors.csv",
        "Partner sectors.csv",
    )
    assert theirs.items[1].values == {"lead": "Organisation mondiale de la santé", "Remark": "=1+1"}
    assert [item.row for item in theirs.items] == [2, 3, 4]
    made = crosswalk([ours, theirs], file.read_links(LINKS))
    assert [(row.status, row.said_by) for row in made.rows] == [
        ("differs", ("Working group on information, 2024-03-01",)), ("differs", ()), ("only", ()), ("only", ()),
    ]  # fmt: skip
    assert [(one.column, one.how) for one in made.rows[1].differences] == [
        ("label", "case or spacing"), ("Lead", "differs"),
    ]  # fmt: skip
    found = summary(made)
    assert (found.rows, found.in_all, found.only, found.lacking) == (
        4, 2, {"lead-agencies": 1, "partner-sectors": 1}, {"lead-agencies": 1, "partner-sectors": 1},
    )  # fmt: skip
    without = crosswalk([ours, theirs])
    assert [(one.one.item.code, one.other.item.code) for one in without.suggestions] == [("WSH", "10")]


def test_a_staffing_table_in_a_workbook_beside_its_head(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "posts.xlsx"))
    book.add_worksheet("Read me").write(0, 0, "Posts of a country office")
    sheet = book.add_worksheet("Posts")
    for at, row in enumerate(
        (["label", "code", "Grade", "Number"], ["Information officer", "", "P-3", 2], ["Driver", "", "G-2", ""])
    ):
        sheet.write_row(at, 0, row)
    book.close()
    head = SECTORS.partition("\n[[item]]")[0].replace(
        'columns = ["Lead", "Least staff"]', 'rows = "posts.xlsx"\nsheet = "Posts"'
    )
    (tmp_path / "posts.toml").write_text(head.replace("code list", "staffing"))
    posts = file.from_path(tmp_path / "posts.toml")
    assert (posts.kind, posts.columns) == ("staffing", ("Grade", "Number"))
    assert [(item.row, item.label, dict(item.values)) for item in posts.items] == [
        (2, "Information officer", {"Grade": "P-3", "Number": "2"}), (3, "Driver", {"Grade": "G-2", "Number": ""}),
    ]  # fmt: skip
    other = simple("other", "|information officer|P-4|2", "|Pilot|P-4|1", columns=["grade", "Number"])
    assert [row.status for row in crosswalk([posts, other]).rows] == ["differs", "only", "only"]


HEAD = SECTORS.partition("\n[[item]]")[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"begins with a table \[listing\]"),
        (HEAD, r"has no \[\[item\]\]"),
        (HEAD.replace('source = "Made for this test"', ""), r"\[listing\] source: is missing"),
        (HEAD.replace("code list", "idea"), "'idea' is not one of policy, form, code list, staffing"),
        (HEAD.replace('"Least staff"', '"lead "'), "stands there twice, but for case"),
        (HEAD.replace('"Least staff"', '"Label"'), "'Label' cannot name a column"),
        (HEAD + '[[item]]\nlabel = "A"\nvalues = { Staff = "2" }', r"\[item 1\] values: 'Staff' is none of the"),
        (HEAD + '[[item]]\ncode = "A"', r"\[item 1\] label: is missing \(in A\)"),
        (HEAD + '[[item]]\nlabel = "A"\nnote = "B"', "nobody knows this key"),
        (HEAD + 'rows = "posts.csv"', "leave out columns"),
        (HEAD.replace("columns", "#") + '\nrows = "../posts.csv"', "does not fit"),
        (HEAD.replace("columns", "#") + '\nrows = "posts.csv"', "no file stands beside"),
        (HEAD + '[[item]]\nlabel = "A"\n' * 5_001, "5,001 items"),
        (HEAD + "#" * 1_000_000, "write at most 1,000,000"),
    ],
)  # fmt: skip
def test_a_listing_that_is_wrong_is_refused_with_table_key_and_remedy(text: str, said: str) -> None:
    with pytest.raises(BadDefinition, match=said):
        file.read(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[same]]\nsaid_by = "Rose"\ncodes = { ours = "A" }', r"\[same 1\] codes: name the codes of two listings"),
        ('[[same]]\ncodes = { ours = "A", theirs = "B" }', "said_by: is missing"),
        ('[[same]]\nsaid_by = "Rose"\ncodes = { ours = [], theirs = "B" }', "name at least one"),
        ('[[same]]\nsaid_by = "Rose"\ncodes = { Ours = "A", theirs = "B" }', "is no slug"),
        ('[[link]]\nsaid_by = "Rose"', "nobody knows this key; did you mean|known are same"),
    ],
)  # fmt: skip
def test_links_that_are_wrong_are_refused(text: str, said: str) -> None:
    with pytest.raises(BadDefinition, match=said):
        file.read_links(text)


@pytest.mark.parametrize(
    ("data", "row", "field", "said"),
    [
        (b"", None, "", "is empty"),
        (b"name,label\n1,Water\n", 1, "code", "one of them must be code"),
        (b"code,name\n1,Water\n", 1, "label", "one of them must be label"),
        (b"code,label\n", None, "", "no rows below"),
        (b"code,label,Lead,lead \n1,Water,a,b\n", 1, "Lead", "Two columns have this name"),
        (b"code,label,Lead\n1,Water,x\n2,Food\n", 3, "Lead", "ends before this column"),
        (b"code,label,Lead\n1,Water,x\n2,Food,y,z\n", 3, "", "column without a name"),
        (b"code,label,\n1,Water,x\n", 2, "", "column without a name"),
        (b"code,label,Lead\n1,Water,x\n2, ,y\n", 3, "label", "Write what the item is called"),
        (b"code,label,Lead\n1,Water,a\0b\n" + b"2,Food,y\n" * 99, 2, "Lead", "control characters"),
        (b"code,label\n1," + b"x" * 1_001 + b"\n", 2, "label", "at most 1,000"),
        (b'code,label\n1,"Water\n2,Food\n', 2, "", "never closed"),
        (b"code,label\n" + b"1,Water\n" * 5_001, 5_002, "", "At most 5,000 items"),
        (b"code,label," + b",".join(b"c%d" % n for n in range(61)) + b"\n", 1, "", "at most 60"),
        (b"code,label," + b",".join(b"c%d" % n for n in range(300_000)) + b"\n", 1, "", "300,000 columns"),
        (b'{"code": "1", "label": "Water"}\n', None, "", "not a table"),
        (b"PK\x03\x04 and so on", None, "", "damaged"),
        (b"\xff\xfe\x00\x01" + bytes(range(32)) * 50, 1, "code", "must be code"),
    ],
)  # fmt: skip
def test_a_table_that_is_wrong_is_refused_with_row_column_and_remedy(
    tmp_path: Path, data: bytes, row: int | None, field: str, said: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    with pytest.raises(Refused, match=said) as refused:
        table.table(path)
    assert (refused.value.row, refused.value.field) == (row, field)


def test_no_fewer_than_two_and_no_more_than_eight_stand_side_by_side() -> None:
    nine = [simple(f"list-{at}", "1|Water") for at in range(9)]
    assert [row.status for row in crosswalk(nine[:8]).rows] == ["same"]
    for wrong in (nine, nine[:1], []):
        with pytest.raises(BadDefinition, match="Compare 2 to 8"):
            crosswalk(wrong)
    with pytest.raises(BadDefinition, match="2 listings have the slug list-0"):
        crosswalk([nine[0], nine[0]])


# --- what is written -----------------------------------------------------------------------------------------------

RISKY = st.text(alphabet="=+-@'\t\r\n ,;\"aé|", min_size=1, max_size=8).filter(str.strip)


@given(st.lists(RISKY, min_size=1, max_size=4), RISKY)
def test_no_cell_of_the_table_is_run_by_a_spreadsheet_and_none_is_changed(labels: list[str], value: str) -> None:
    made = crosswalk([
        listing("ours", [Item(label, label, {"=Lead": value}, at) for at, label in enumerate(labels)], ["=Lead"]),
        listing("theirs", [Item("", "Water", {}, 1)], []),
    ])  # fmt: skip
    read = list(csv.reader(io.StringIO(b"".join(written.to_csv(made)).decode(), newline="")))
    assert all(cell[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n") for row in read for cell in row)
    assert [[as_written(cell) for cell in row] for row in read] == [written.header(made), *written.rows(made)]


def test_the_command_tells_what_differs(sectors: Path, partner: Path, tmp_path: Path) -> None:
    (tmp_path / "links.toml").write_text(LINKS)
    words = ["crosswalk", str(sectors), str(partner), "--links", str(tmp_path / "links.toml")]
    out = tmp_path / "side by side.csv"
    done = CliRunner().invoke(registry, [*words, "--json", "--csv", str(out)], standalone_mode=False)
    found = json.loads(done.output)
    assert found["summary"]["by_status"] == {
        "same": 0, "case or spacing": 0, "differs": 2, "to confirm": 0, "several": 0, "only": 2,
    }  # fmt: skip
    assert found["rows"][1]["differences"][1] == {
        "column": "Lead", "how": "differs",
        "values": {"lead-agencies": "WHO", "partner-sectors": "Organisation mondiale de la santé"},
    }  # fmt: skip
    assert out.read_text(encoding="utf-8").startswith("status,matched by,said by,differs in,code (lead-agencies)")
    said = CliRunner().invoke(registry, words[:3], standalone_mode=False).output
    assert "only in lead-agencies: 2" in said
    assert "suggested by an automated function" in said
    bad = CliRunner().invoke(registry, ["crosswalk", str(sectors), str(sectors)], standalone_mode=False)
    assert isinstance(bad.exception, BadDefinition)
    partner.write_text("code,label\n1,\n")
    bad = CliRunner().invoke(registry, words[:3], standalone_mode=False)
    assert f"{partner}: row 2: label: Write what" in str(bad.exception)
    sectors.write_text(SECTORS.partition("\n[[item]]")[0].replace("columns", "#") + '\nrows = "not there.csv"\n')
    bad = CliRunner().invoke(registry, words[:3], standalone_mode=False)
    assert "cannot be read" in str(bad.exception)
