"""A protocol is read strictly: every slip names its table, its key and what to write instead."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rapport.errors import BadDefinition
from rapport.sharing.policy import Policy
from rapport.sharing.protocol import library
from rapport.sharing.protocol.data_types import DATA_TYPES
from rapport.sharing.protocol.file import MOST_CHARACTERS, digest, read
from rapport.sharing.protocol.lint import faults
from rapport.sharing.protocol.model import DIMENSIONS, FIELDS, PURPOSES, Area, Left, Rounding, Words
from rapport.sharing.protocol.said import facts, moment
from rapport.values import Marking, Purpose

HEAD = '[protocol]\nname = "p-1"\nversion = "1"\ntitle = "P"\n'
TEAM = '[[audience]]\nname = "team"\ntitle = "Team"\nteam = true\n'
PUBLIC = '[[audience]]\nname = "public"\ntitle = "Everybody"\neveryone = true\n'
WHOLE = HEAD + TEAM + PUBLIC


def entry(more: str = "", *, level: str = "low") -> str:
    return f'{WHOLE}[[entry]]\nname = "one"\nlevel = "{level}"\nwhy = "List."\n{more}\n'


def grant(more: str = "") -> str:
    return f'{WHOLE}[[grant]]\nname = "give"\nto = ["public"]\nwhy = "Agreed."\n{more}\n'


def limit(more: str = "nothing = true") -> str:
    return f'{WHOLE}[[limit]]\nname = "stop"\nwhy = "Agreed."\n{more}\n'


@pytest.mark.parametrize("name", library.names())
def test_what_comes_with_rapport_can_be_read(name: str) -> None:
    found = read(library.text_of(name))
    assert found.name == name
    assert found.audiences[-1].everyone
    assert found.sources


def test_every_key_is_taken_up() -> None:
    found = read(
        grant(
            'for = ["export"]\nwhen = { level = ["low"], cells_under = 5 }\nunless = { sector = ["health"] }\n'
            'without = ["files"]\nplace = "adm1"\nradius_m = 5000\ndelay_hours = 48\ntime = "week"\nwords = "summary"\n'
            'count_only = true\nmarking = "TLP:GREEN"\nfrom = 2026-03-01\nuntil = 2026-04-01T12:00:00+02:00'
        )
    )
    (rule,) = found.rules
    assert rule.left == Left(
        FIELDS - {"files"}, Area.ADM1, 5000, 172_800, Rounding.WEEK, Words.SUMMARY, True, Marking.GREEN
    )
    assert rule.condition.when == {"level": {"low"}}
    assert rule.condition.unless == {"sector": {"health"}}
    assert rule.condition.cells_under == 5
    assert (rule.purposes, rule.audiences) == ({"export"}, {"public"})
    assert (rule.starts, rule.ends) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, 10, tzinfo=UTC))


def test_what_is_left_out_means_all_and_always() -> None:
    (rule,) = read(limit()).rules
    assert (rule.purposes, rule.audiences) == (set(PURPOSES), {"team", "public"})
    assert (rule.starts, rule.ends, rule.left) == (None, None, Left())
    (rule,) = read(limit('beyond = "team"\nnothing = true')).rules
    assert rule.audiences == {"public"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[protocol", "This is not TOML"),
        ("a = " + "1" * 5_000, "This is not TOML"),
        ("a = " + "[" * 5_000, "This is not TOML"),
        (" " * (MOST_CHARACTERS + 1), "write at most 100,000"),
        (WHOLE + ".".join(["a"] * 20_000) + " = 1", "Line 13 has 19,999 dots; write at most 100"),
        (WHOLE + "[" + " . ".join(['"a"'] * 102) + "]\r\n", "Line 13 has 101 dots"),
        (TEAM + PUBLIC, r"^protocol: is missing; write a table \[protocol\]"),
        (WHOLE.replace('"p-1"', '"P 1"'), r"\[protocol\] name: 'P 1' does not fit; write it with 2 to 60 small"),
        (WHOLE.replace('version = "1"', 'version = "one two"'), r"\[protocol\] version: 'one two' does not fit"),
        (WHOLE.replace('version = "1"', "version = 1"), r"\[protocol\] version: write a text in quotes"),
        (WHOLE.replace('title = "P"', ""), r"\[protocol\] title: is missing"),
        (WHOLE.replace('title = "P"', 'titel = "P"\ntitle = "P"'), r"\[protocol\] titel: .* did you mean title\?"),
        (HEAD + "smallest_count = -1\n" + TEAM + PUBLIC, r"\[protocol\] smallest_count: write a whole number"),
        (WHOLE + "[[entries]]\n", r"^entries: nobody knows this key; did you mean entry\?"),
        (HEAD + PUBLIC + TEAM, "^audience: the last one, and no other, must have everyone = true"),
        (HEAD + TEAM + TEAM + PUBLIC, r"\[audience\] name: 'team' is there 2 times"),
        (HEAD + TEAM.replace("team = true", "") + PUBLIC, r"\[audience 1\] name: nobody belongs to it; name roles"),
        (HEAD + TEAM.replace("team = true", 'roles = [""]') + PUBLIC, r"\[audience 1\] name: a list holds an empty"),
        (HEAD + TEAM.replace("team = true", "team = 1") + PUBLIC, r"\[audience 1\] team: write true or false"),
        (entry(level="secret"), r"\[entry 1\] level: 'secret' is not one of low, moderate, high, severe"),
        (entry().replace('why = "List."', ""), r"\[entry 1\] why: is missing"),
        (entry('when = { level = ["low"] }'), r"\[entry 1\] when: level is what an entry says"),
        (entry('when = { finest = ["district"] }'), r"\[entry 1.when\] finest: 'district' is not one of none, nat"),
        (entry('when = { finest = "adm2" }'), r"\[entry 1.when\] finest: write a list of texts"),
        (entry("when = { finest = [] }"), r"\[entry 1.when\] finest: name at least one"),
        (entry('when = { sector = [""] }'), r"\[entry 1.when\] sector: holds an empty name"),
        (entry('when = { data_typ = ["sea"] }'), r"\[entry 1.when\] data_typ: .* did you mean data_type\?"),
        (entry("unless = { cells_under = 5 }"), r"\[entry 1.unless\] cells_under: nobody knows this key"),
        (entry("when = { cells_under = 0 }"), r"\[entry 1.when\] cells_under: write a whole number between 1"),
        (entry('unles = { sector = ["health"] }'), r"\[entry 1\] unles: nobody knows this key; did you mean unless\?"),
        (entry("when = 3"), r"\[entry 1\] when: write a table \[entry 1.when\]"),
        (grant().replace('"public"]', '"pubic"]'), r"\[grant 1\] to: 'pubic' is none of the audiences team, public"),
        (grant().replace('to = ["public"]\n', ""), r"\[grant 1\] to: name at least one"),
        (grant("nothing = true"), r"\[grant 1\] nothing: nobody knows this key"),
        (grant('for = ["read"]'), r"\[grant 1\] for: 'read' is not one of view, export, alert, push"),
        (grant("for = []"), r"\[grant 1\] for: name at least one"),
        (grant('for = ["work"]'), r"\[grant 1\] for: 'work' is not one of"),
        (grant('place = "district"'), r"\[grant 1\] place: 'district' is not one of as_it_is, adm3"),
        (grant("radius_m = 300"), r"\[grant 1\] radius_m: write one of 200, 1000, 5000, 25000, 125000"),
        (grant("delay_hours = 10000"), r"\[grant 1\] delay_hours: write a whole number between 0 and 8784"),
        (grant('time = "year"'), r"\[grant 1\] time: 'year' is not one of none, hour"),
        (grant('words = "all"'), r"\[grant 1\] words: 'all' is not one of own, masked, summary, none"),
        (grant('marking = "TLP:WHITE"'), r"\[grant 1\] marking: 'TLP:WHITE' is not one of TLP:CLEAR"),
        (grant('marking = ""'), r"\[grant 1\] marking: '' is not one of"),
        (grant('fields = ["titel"]'), r"\[grant 1\] fields: 'titel' is not one of affected"),
        (grant('fields = ["title"]\nwithout = ["files"]'), r"\[grant 1\] without: write fields .* or without"),
        (grant("from = 2026-03-01T12:00:00"), r"\[grant 1\] from: says no time zone; write it as 2026"),
        (grant('from = "2026-03-01"'), r"\[grant 1\] from: write a date, as 2026-11-27"),
        (grant("from = 0001-01-01T00:00:00+05:00"), r"\[grant 1\] from: lies outside the years 1 to 9999"),
        (grant("from = 2026-03-01\nuntil = 2026-03-01"), r"\[grant 1\] until: is not after from"),
        (limit(""), r"\[limit 1\] name: limits nothing; write nothing = true, or what is left"),
        (limit('beyond = "teem"\nnothing = true'), r"\[limit 1\] beyond: 'teem' is none of the audiences"),
        (limit('beyond = ""\nnothing = true'), r"\[limit 1\] beyond: '' is none of the audiences"),
        (limit('beyond = "public"\nnothing = true'), r"\[limit 1\] beyond: nobody comes after 'public'"),
        (limit('to = ["team"]\nnothing = true'), r"\[limit 1\] to: nobody knows this key"),
        (limit() + grant()[len(WHOLE) :].replace("give", "stop"), r"\[grant and limit\] name: 'stop' is there 2 times"),
        (entry() + entry()[len(WHOLE) :], r"\[entry\] name: 'one' is there 2 times"),
    ],
)  # fmt: skip
def test_a_slip_names_table_key_and_remedy(text: str, said: str) -> None:
    with pytest.raises(BadDefinition, match=said):
        read(text)


def tries(text: str) -> None:
    with suppress(BadDefinition):
        read(text)


@given(st.text())
@example("a.b.c = 1\na = 2")
def test_no_text_does_more_than_be_refused(text: str) -> None:
    tries(text)


SCALARS = st.one_of(
    st.sampled_from(['"low"', '["public"]', '["low"]', "true", "{}", "[]", "[[]]", "[{}]", "nan", "1e400", "12:00:00",
                     "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "{ level = [\"low\"] }", "-1",
                     "0x1F", '""']),
    st.integers().map(str),
    st.text(st.characters(exclude_characters='"\\', min_codepoint=32, exclude_categories=["Cs"])).map('"{}"'.format),
)  # fmt: skip
KEYS = ("name", "title", "level", "when", "unless", "why", "to", "for", "beyond", "place", "radius_m", "delay_hours",
        "time", "words", "fields", "without", "marking", "from", "until", "nothing", "team", "roles", "everyone",
        "x")  # fmt: skip


@given(
    st.sampled_from(["audience", "entry", "grant", "limit"]),
    st.lists(st.tuples(st.sampled_from(KEYS), SCALARS), unique_by=lambda pair: pair[0]),
)
def test_no_value_under_any_key_does_more(table: str, pairs: list[tuple[str, str]]) -> None:
    lines = "\n".join(f"{key} = {value}" for key, value in pairs)
    tries(f"{WHOLE}[[{table}]]\n{lines}\n{PUBLIC}")
    tries(f"{WHOLE}[[{table}]]\n{lines}\n")


@given(st.text(), st.sampled_from(library.names()), st.integers(0, 12_000))
def test_a_shipped_protocol_with_something_written_into_it(text: str, name: str, at: int) -> None:
    whole = library.text_of(name)
    tries(whole[:at] + text + whole[at:])


def test_what_people_sign_is_the_same_on_every_system() -> None:
    assert digest(WHOLE) == digest(WHOLE.replace("\n", "\r\n")) != digest(WHOLE + " ")


def test_a_slip_names_the_rule_by_its_own_name_too() -> None:
    with pytest.raises(BadDefinition, match=r"^\[grant 1\] radius_m: write one of 200, .* \(in give\)$"):
        read(grant("radius_m = 2000"))
    with pytest.raises(BadDefinition, match=r"\(in give\)$"):
        read(grant('when = { district = ["X1"] }'))


# --- what the reference says ---------------------------------------------------------------------------------------

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "protocol-file.md"


@pytest.mark.parametrize("name", [*DIMENSIONS, *DATA_TYPES, *sorted(FIELDS), *PURPOSES, "cells_under"])
def test_the_reference_names_every_fact_field_and_data_type(name: str) -> None:
    assert f"`{name}`" in REFERENCE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in DIMENSIONS if DIMENSIONS[name]])
def test_the_reference_names_every_value_of_a_fact(name: str) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
    assert [value for value in DIMENSIONS[name] if value != "unknown" and f"`{value}`" not in row] == []


MEETING = REFERENCE.parents[1] / "how-to" / "protocol-from-a-meeting.md"


def test_the_protocol_of_a_meeting_does_what_was_agreed_point_by_point() -> None:
    example = read(MEETING.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0])
    assert [(one.severity, one.rules) for one in faults(example)] == [("note", ("armed-group",)), ("note", ())]
    policy = Policy(example)

    def ruled(audience: str, purpose: Purpose = Purpose.VIEW, at: str = "2026-12-01", **said: str) -> tuple[bool, Left]:
        thing = {
            "kind": "event",
            "finest": "coordinates",
            "control": "government",
            "published_at": "2026-11-27",
            **said,
        }
        ruling = policy.ruling(audience, facts(thing), purpose, moment(at))
        return ruling.allow, replace(ruling.left, marking=None)

    public = Left(area=Area.ADM2, delay_s=6 * 3600, words=Words.SUMMARY)
    partners = Left(radius_m=1000, words=Words.MASKED)
    assert ruled("public", category="flood") == (True, public)
    assert not ruled("public", category="flood", at="2026-11-27T05:59Z")[0]
    assert not ruled("public", category="displacement")[0]
    for at in ("2026-11-27", "2026-12-01"):
        assert ruled("partners", category="flood", at=at) == (True, partners)
        assert ruled("health-cluster", category="flood", at=at) == (True, partners)
        assert ruled("health-cluster", category="flood,clinic", at=at) == (True, Left(words=Words.MASKED))
        assert ruled("partners", category="clinic", at=at) == (True, partners)
    assert ruled("public", category="flood,clinic") == (True, public)
    for audience in ("health-cluster", "partners", "authority", "public"):
        for at in ("2026-12-01", "2026-12-20", "2027-02-01"):
            for what in ("flood", "clinic", "security"):
                held = ruled(audience, category=what, control="armed_group", at=at)
                assert held[0], "it is counted"
                assert held[1].counted_only
            for said in ({"category": "flood,child-alone"}, {"category": "sexual-violence"}, {"consent": "no"}):
                assert not ruled(audience, at=at, **{"category": "flood", **said})[0]
        shown = ruled(audience, category="flood", control="unknown")
        assert shown[1].counted_only, "nobody has said who holds the area"
    for at, inside in (("2026-12-14T20:59Z", False), ("2026-12-14T21:00Z", True), ("2027-01-13T20:59Z", True),
                       ("2027-01-13T21:00Z", False)):  # fmt: skip
        assert ruled("authority", category="flood", at=at) == (True, partners if inside else public)
        assert ruled("authority", Purpose.EXPORT, category="flood", at=at) == (
            True,
            replace(public, rounding=Rounding.DAY),
        )
    assert ruled("public", Purpose.EXPORT, category="flood") == (True, replace(public, rounding=Rounding.DAY))
    assert ruled("partners", Purpose.EXPORT, category="flood") == (True, partners)


def test_the_worked_example_rules_as_the_reference_says() -> None:
    example = read(REFERENCE.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0])
    assert faults(example)[:-1] == ()
    assert faults(example)[-1].severity == "note"
    policy, now = Policy(example), datetime(2026, 3, 3, tzinfo=UTC)
    clinic = {"data_type": "facilities", "finest": "coordinates", "control": "government"}

    def allowed(audience: str, **said: str) -> bool:
        return policy.ruling(audience, facts({**clinic, **said}), Purpose.VIEW, now).allow

    assert allowed("partners")
    assert not allowed("public")
    assert not allowed("partners", control="unknown")
    assert not allowed("partners", finest="household")
    assert allowed("public", finest="adm2")
