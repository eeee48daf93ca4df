"""What people are asked to look at again before they sign a protocol."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.sharing.protocol import library, nearer, reach
from rapport.sharing.protocol.data_types import DATA_TYPES
from rapport.sharing.protocol.fault import Fault
from rapport.sharing.protocol.file import read
from rapport.sharing.protocol.lint import MOST_COMPARED, MOST_OF_A_SORT, Vocabulary, faults
from tests.pure import test_policy as drawn

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HEAD = """
[protocol]
name = "p-1"
version = "1"
title = "P"
[[audience]]
name = "team"
title = "Team"
team = true
[[audience]]
name = "partners"
title = "Partners"
kinds = ["ngo"]
[[audience]]
name = "public"
title = "Everybody"
everyone = true
[[grant]]
name = "all-to-all"
to = ["team", "partners", "public"]
why = "Agreed."
"""


def entry(name: str, level: str, more: str = "") -> str:
    return f'[[entry]]\nname = "{name}"\nlevel = "{level}"\nwhy = "List."\n{more}\n'


def grant(name: str, to: str, more: str = "") -> str:
    return f'[[grant]]\nname = "{name}"\nto = ["{to}"]\nwhy = "Agreed."\n{more}\n'


def limit(name: str, more: str) -> str:
    return f'[[limit]]\nname = "{name}"\nwhy = "Agreed."\n{more}\n'


EVERYTHING = entry("everything", "low")


def found(more: str, *, kind: str = "", known: Vocabulary | None = None, head: str = HEAD) -> list[Fault]:
    return [one for one in faults(read(head + more), known, NOW) if kind in ("", one.kind)]


def said(
    more: str, kind: str, *, known: Vocabulary | None = None, head: str = HEAD
) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.severity, one.rules) for one in found(more, kind=kind, known=known, head=head)]


def test_a_plain_protocol_has_nothing_to_look_at() -> None:
    assert found(EVERYTHING) == []


# --- what the published protocols leave open -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "entries", "about"),
    [
        ("ukraine", ("presence-government-site", "presence-site"), "finest community, control government"),
        ("ukraine", ("assessment-raion", "assessment-hromada"), "finest adm3 or community"),
        ("default", ("assessment-district", "assessment-finer"), "finest adm2"),
    ],
)
def test_known_contradictions_of_real_protocols_are_asked_about(
    name: str, entries: tuple[str, ...], about: str
) -> None:
    (fault,) = [one for one in faults(read(library.text_of(name))) if one.rules == entries and one.kind == "overlap"]
    assert fault.severity == "warning"
    assert about in fault.text
    assert "The stricter wins" in fault.text


@pytest.mark.parametrize("name", library.names())
def test_what_comes_with_rapport_has_no_error(name: str) -> None:
    assert [one for one in faults(read(library.text_of(name)), now=NOW) if one.severity == "error"] == []


def test_an_entry_that_a_stricter_one_swallows_is_named() -> None:
    rules = [one.rules for one in faults(read(library.text_of("ukraine"))) if one.kind == "unreachable"]
    assert rules == [("presence-government-site", "presence-site")]


# --- each kind of fault --------------------------------------------------------------------------------------------


def test_entries_of_different_levels_that_never_meet_are_no_overlap() -> None:
    two = entry("one", "low", 'when = { data_type = ["sea"], finest = ["adm1"] }')
    two += entry("two", "high", 'when = { data_type = ["sea"], finest = ["adm2"] }')
    assert said(two, "overlap") == []
    apart = entry("one", "low", 'when = { sector = ["health"] }') + entry(
        "two", "high", 'unless = { sector = ["health"] }'
    )
    assert said(apart, "overlap") == []
    events = entry("one", "low", 'when = { kind = ["event"] }') + entry("two", "high", 'when = { data_type = ["sea"] }')
    assert said(events, "overlap") == []


def test_what_is_low_only_because_something_is_not_known_is_asked_about() -> None:
    two = entry("one", "low", 'when = { data_type = ["facilities"] }')
    two += entry("two", "moderate", 'when = { data_type = ["facilities"], names = ["yes"] }')
    texts = [one.text for one in found(two, kind="overlap")]
    assert any("Where names is not known, entry two (moderate) does not speak" in text for text in texts)
    safe = two.replace('names = ["yes"]', 'names = ["yes", "unknown"]')
    assert not any("is not known" in one.text for one in found(safe, kind="overlap"))


@pytest.mark.parametrize(
    "more",
    [
        'when = { consent = ["yes"] }\nunless = { consent = ["yes"] }',
        'unless = { consent = ["yes", "no"] }',
        'when = { sector = ["health"] }\nunless = { sector = ["health"] }',
        'when = { cells_under = 5, aggregation = ["raw"] }',
    ],
)
def test_what_nothing_can_meet_is_an_error(more: str) -> None:
    assert said(EVERYTHING + entry("one", "moderate", more), "unreachable")[0] == ("error", ("one",))


def test_a_grant_that_a_limit_takes_away_is_an_error() -> None:
    bar = limit("bar", 'beyond = "team"\nnothing = true\nwhen = { persons_at_risk = ["yes"] }')
    give = grant("give", "public", 'when = { persons_at_risk = ["yes"], domain = ["cyber"] }')
    assert ("error", ("give", "bar")) in said(EVERYTHING + bar + give, "contradiction")
    exports = give.replace('why = "Agreed."', 'why = "Agreed."\nfor = ["view"]')
    half = bar.replace('why = "Agreed."', 'why = "Agreed."\nfor = ["export"]')
    assert said(EVERYTHING + half + exports, "contradiction") == []
    assert ("warning", ("give", "bar")) in said(EVERYTHING + half + give, "contradiction")
    ended = bar.replace('why = "Agreed."', 'why = "Agreed."\nuntil = 2027-01-01')
    assert said(EVERYTHING + ended + give, "contradiction") == []


def test_a_grant_for_a_level_that_no_entry_gives_is_named() -> None:
    low = entry("one", "high", 'when = { data_type = ["sea"] }')
    give = grant("give", "public", 'when = { level = ["low"] }')
    assert ("error", ("give",)) in said(low + give, "contradiction")
    raised = give.replace('"low"', '"severe"')
    assert said(low + raised, "contradiction") == []
    asked = entry("one", "low") + grant("give", "public", 'when = { level = ["high"] }')
    assert said(asked, "contradiction") == [("warning", ("give",))]


def test_an_audience_behind_one_that_takes_its_members_is_named() -> None:
    head = HEAD.replace('kinds = ["ngo"]', 'roles = ["verifier"]')
    assert said(EVERYTHING, "unreachable", head=head) == []
    known = Vocabulary(desk_roles=frozenset({"verifier"}))
    assert ("warning", ("partners",)) in said(EVERYTHING, "unreachable", known=known, head=head)
    again = HEAD.replace(
        'name = "public"', 'name = "ngos"\ntitle = "NGO"\nkinds = ["ngo"]\n[[audience]]\nname = "public"'
    )
    assert ("warning", ("ngos",)) in said(EVERYTHING, "unreachable", head=again)


def test_a_rule_that_is_over_is_named_and_one_to_come_is_not() -> None:
    for until, expected in (("2026-05-31", [("warning", ("bar",))]), ("2026-07-01", [])):
        bar = limit("bar", f"nothing = true\nuntil = {until}\nwhen = {{ sector = ['health'] }}")
        assert said(EVERYTHING + bar, "unreachable") == expected


def test_a_grant_that_adds_nothing_is_named() -> None:
    assert said(EVERYTHING + grant("again", "public"), "unreachable") == [("note", ("again", "all-to-all"))]
    stricter = grant("less", "public", 'place = "adm1"')
    assert said(EVERYTHING + stricter, "unreachable") == [], "it gives less: it is no repetition"
    less = HEAD.replace('why = "Agreed."', 'why = "Agreed."\nplace = "adm2"')
    (fault,) = found(EVERYTHING + grant("more", "public"), kind="unreachable", head=less)
    assert (fault.severity, fault.rules) == ("warning", ("more", "all-to-all"))
    assert "strictest of both counts" in fault.text


def test_an_audience_that_gets_less_than_everybody_is_named_with_what_it_misses() -> None:
    head = HEAD.replace('to = ["team", "partners", "public"]', 'to = ["team", "public"]')
    for_low = grant("low", "partners", 'when = { data_type = ["sea"] }')
    (fault,) = [one for one in found(EVERYTHING + for_low, head=head) if "gets less" in one.text]
    assert fault.rules == ("partners", "everything")
    assert "Audience partners gets less than public for view: nothing at all" in fault.text
    coarse = grant("low", "partners", 'place = "adm1"')
    texts = [one.text for one in found(EVERYTHING + coarse, head=head)]
    assert any("stricter in place, as for things of entry everything" in text for text in texts)
    marked = grant("low", "partners", 'marking = "TLP:AMBER"')
    assert found(EVERYTHING + marked, head=head) == [], "a marking is no less"


@pytest.mark.parametrize(
    ("theirs", "ours", "less"),
    [
        ('place = "adm2"', "radius_m = 1000", False),
        ('place = "adm2"', "radius_m = 25000", True),
        ('place = "adm1"', "radius_m = 25000", False),
        ("radius_m = 200", "radius_m = 1000", True),
        ("delay_hours = 1", "delay_hours = 2", True),
        ("count_only = true", "radius_m = 1000", False),
    ],
)
def test_a_place_moved_within_the_district_that_everybody_gets_is_no_less(theirs: str, ours: str, less: bool) -> None:
    head = HEAD.replace('to = ["team", "partners", "public"]', 'to = ["team"]')
    texts = [
        one.text
        for one in found(EVERYTHING + grant("for-all", "public", theirs) + grant("ours", "partners", ours), head=head)
    ]
    assert any("gets less" in text for text in texts) is less, texts
    assert not any("delay_s" in text for text in texts), "it speaks of the file's keys"


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ('when = { consent = ["no"] }', "note"),
        ('when = { consent = ["no"] }\nunless = { consent = ["unknown"] }', None),
        ('when = { control = ["armed_group"] }', "warning"),
        ('when = { control = ["armed_group"] }\nunless = { control = ["unknown"] }', None),
        ('unless = { control = ["government"] }', "note"),
        ('when = { data_type = ["facilities"], consent = ["no"] }', None),
        ('when = { kind = ["dataset"], names = ["yes"] }', None),
    ],
)
def test_a_limit_that_binds_what_nobody_has_spoken_of_is_told(more: str, severity: str | None) -> None:
    there = [
        one for one in found(EVERYTHING + limit("held", f"nothing = true\n{more}")) if "nobody has said" in one.text
    ]
    assert [one.severity for one in there] == ([severity] if severity else [])
    assert all(("could never say" in one.text) is (severity == "warning") for one in there)


def test_a_misspelt_kind_of_organisation_is_questioned_without_an_operation() -> None:
    assert said(EVERYTHING, "unknown-name", head=HEAD.replace('["ngo"]', '["UN", "ngo", "lighthouse-keeper"]')) == [
        ("warning", ("partners",))
    ]


def test_an_audience_without_a_grant_is_named() -> None:
    head = HEAD.replace('to = ["team", "partners", "public"]', 'to = ["team", "partners"]')
    assert said(EVERYTHING, "undefined", head=head) == [("warning", ("public",))]


def test_data_types_that_no_entry_names_are_told() -> None:
    (fault,) = found(entry("one", "low", 'when = { data_type = ["sea"] }'), kind="undefined")
    assert fault.severity == "note"
    named = fault.text.partition(": ")[2].partition(".")[0].split(", ")
    assert set(named) == set(DATA_TYPES) - {"sea"}


def test_a_name_that_nobody_knows_is_questioned_and_the_nearest_offered() -> None:
    misspelt = EVERYTHING + entry("one", "low", 'when = { data_type = ["survey_result"] }')
    assert [one.text for one in found(misspelt, kind="unknown-name")] == [
        "Data type 'survey_result' is none of those that country protocols know. Did you mean survey_results?"
    ]
    more = EVERYTHING + entry("one", "low", 'when = { category = ["water"], sector = ["helth"] }')
    known = Vocabulary(categories=frozenset({"1", "2"}), sectors=frozenset({"health"}), kinds=frozenset({"un"}))
    assert [one.text for one in found(more, kind="unknown-name", known=known)] == [
        "The operation knows no category 'water'. It knows 1, 2.",
        "The operation knows no sector 'helth'. Did you mean health?",
        "The operation knows no kind of organisation 'ngo'. It knows un.",
    ]
    assert found(more, kind="unknown-name") == []


# --- what is worked out of conditions, held against what the policy does --------------------------------------------


@given(st.integers(0, 10**9))
def test_what_covers_speaks_wherever_the_other_does(seed: int) -> None:
    dice = random.Random(seed)
    one, other = (reach.Reach(drawn.condition(dice, level=True), dice.random() < 0.5) for _ in range(2))
    if reach.covers(one, other):
        for _ in range(50):
            thing = drawn.facts(dice)
            if drawn.speaks(other.condition, thing, "high", other.stern):
                assert drawn.speaks(one.condition, thing, "high", one.stern)


@given(st.integers(0, 10**9))
def test_a_witness_meets_what_it_was_made_for(seed: int) -> None:
    dice = random.Random(seed)
    reaches = [reach.Reach(drawn.condition(dice, level=False), dice.random() < 0.5) for _ in range(dice.randint(1, 3))]
    thing = reach.witness(reaches)
    if thing is not None:
        assert all(drawn.speaks(one.condition, thing, "", one.stern) for one in reaches)


@given(st.integers(0, 10**9))
def test_what_can_never_be_met_is_never_met(seed: int) -> None:
    dice = random.Random(seed)
    one = reach.Reach(drawn.condition(dice, level=False), dice.random() < 0.5)
    if reach.never(one):
        assert not any(drawn.speaks(one.condition, drawn.facts(dice), "", one.stern) for _ in range(50))
        assert reach.witness([one]) is None


@given(st.integers(0, 10**9))
def test_any_protocol_can_be_looked_over(seed: int) -> None:
    protocol = drawn.protocol(random.Random(seed))
    for fault in faults(protocol, Vocabulary(categories=frozenset()), NOW):
        assert fault.text.endswith(".") or fault.text.endswith("?")


def test_two_entries_that_both_speak_of_a_thing_are_found() -> None:
    """A thing drawn at random that two entries give different levels is an overlap, as they are written."""
    met = 0
    for seed in range(300):
        dice = random.Random(seed)
        protocol = drawn.protocol(dice)
        for thing in (drawn.facts(dice) for _ in range(20)):
            spoken = [one for one in protocol.entries if drawn.speaks(one.condition, thing, "", False)]
            for one, other in combinations(spoken, 2):
                if thing.kind == "dataset":
                    met += 1
                    assert reach.overlap(one.condition, other.condition) is not None
    assert met > 100


# --- protocols so long that a part is compared ---------------------------------------------------------------------


def in_part(more: str) -> list[str]:
    texts = [fault.text for fault in found(more) if fault.rules == ()]
    return [text for text in texts if "compared" in text or "of a part only" in text or "first 200" in text]


@pytest.mark.parametrize("name", library.names())
def test_what_comes_with_rapport_is_compared_in_whole(name: str) -> None:
    said = [fault.text for fault in faults(read(library.text_of(name)), now=NOW)]
    assert [text for text in said if "compared" in text or "of a part only" in text] == []


def test_things_made_of_many_entries_grants_and_limits_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    witness = reach.witness

    def counted(reaches: list[reach.Reach]) -> object:
        nonlocal made
        made += 1
        return witness(reaches)

    monkeypatch.setattr(reach, "witness", counted)
    meets = 'when = { category = ["c-%d"] }\n'
    many = "".join(
        entry(f"e-{n}", "low", meets % n) + grant(f"g-{n}", "public", meets % n)
        + limit(f"l-{n}", meets % n + 'place = "adm1"')
        for n in range(60)
    )  # fmt: skip
    (text,) = [text for text in in_part(many) if "less than the public" in text]
    assert "too many entries, grants, limits or dates" in text
    assert 0 < made <= 2 * nearer.MOST_MADE


def test_what_was_not_compared_is_said() -> None:
    many = "".join(entry(f"e-{n}", "low", f'when = {{ data_type = ["t-{n}"] }}') for n in range(MOST_COMPARED + 5))
    assert any("The first 200 of 205 entries and the first 1 of 1 grants and limits" in text for text in in_part(many))


def test_no_level_is_called_missing_where_not_every_entry_was_compared() -> None:
    many = "".join(entry(f"e-{n}", "low", f'when = {{ data_type = ["t-{n}"] }}') for n in range(MOST_COMPARED))
    asks = grant("high-only", "team", 'when = { level = ["high"] }')
    assert said(many + asks, "contradiction") == [("warning", ("high-only",))]
    assert said(many + entry("last", "high") + asks, "contradiction") == []


def test_of_each_sort_of_fault_so_many_are_said() -> None:
    same = "".join(entry(f"e-{n}", ("low", "high")[n % 2]) for n in range(40))
    assert len(found(same, kind="overlap")) == MOST_OF_A_SORT
    assert any("there are more" in text for text in in_part(same))
