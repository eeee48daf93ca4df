"""The registry's files say what their sources say, tell what nobody has checked, and hide no contradiction."""

from __future__ import annotations

import json
import random
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rapport.cli.registry import registry
from rapport.errors import BadDefinition
from rapport.registry import file
from rapport.registry.agreement import Level, alpha
from rapport.registry.checking import checked, confirmed, doubts
from rapport.registry.dates import Known, dated
from rapport.registry.dialogues import pairs
from rapport.registry.model import Source

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "registry" / "krippendorff_vectors.json").read_text())
SHIPPED = {name: file.read(file.text_of(name)) for name in file.names()}
PROCESSES = SHIPPED["cyber-processes"]


def provisions(name: str) -> list[str]:
    framework = SHIPPED[name].framework
    assert framework is not None
    return [one.code for one in framework.provisions]


# --- what comes with rapport ---------------------------------------------------------------------------------------


def test_norms_and_measures_are_all_there_under_their_own_numbers() -> None:
    assert provisions("un-norms") == [f"N-{letter}" for letter in "abcdefghijk"]
    assert provisions("osce-measures") == [str(number) for number in range(1, 17)]
    assert provisions("oas-measures") == [*(str(number) for number in range(1, 7)), "7-11"]


def test_what_nobody_has_checked_is_marked_and_left_out_of_what_is_shown() -> None:
    counts = {name: len(doubts(one)) for name, one in SHIPPED.items()}
    assert counts == {"un-norms": 11, "osce-measures": 2, "oas-measures": 1, "cyber-processes": 0}
    for one in SHIPPED.values():
        shown = repr(checked(one))
        assert not any(doubt.says in shown for doubt in doubts(one))
        assert "remembered=('" not in shown
    oas = checked(SHIPPED["oas-measures"]).framework
    assert oas is not None
    assert [one.code for one in oas.provisions] == ["1", "2", "3", "4", "5", "6"]


def test_what_a_person_confirms_is_shown_with_where_they_read_it() -> None:
    """A whole row and a statement; nothing else becomes sure by it."""
    source = Source("confirmed", "OAS, CICTE/RES.1/22", "https://example.org/res")
    for name in ("oas-measures", "un-norms"):
        one = SHIPPED[name]
        first, *others = doubts(one)
        sure = confirmed(one, {first.key: source})
        assert doubts(sure) == others
        assert source in [got for row in checked(sure).rows for got in (*row.sources, *_also(row))]
    assert confirmed(one, {"00000000": source}) == one


def _also(row: Any) -> list[Source]:
    return [source for said in getattr(row, "also", ()) for source in said.sources]


def test_a_new_version_keeps_what_was_confirmed_while_the_words_stay_the_same() -> None:
    text = file.text_of("un-norms")
    first = file.read(text)
    by = {doubt.key: Source("page", "A page") for doubt in doubts(first)}
    later = file.read(
        text.replace('version = "2015"', 'version = "2026"').replace("paragraphs 19-21", "paragraphs 1-2")
    )
    assert [one.says for one in doubts(confirmed(later, by))] == ["Explained in A/76/135, paragraphs 1-2."]


def test_every_row_that_is_shown_has_a_source() -> None:
    rows: list[Any] = [*PROCESSES.events, *PROCESSES.dialogues, *PROCESSES.contradictions, *PROCESSES.instruments]
    for one in SHIPPED.values():
        sure = checked(one).framework
        rows += sure.provisions if sure else ()
    assert len(rows) == 11 + 16 + 6 + 32 + 27 + 7 + 5
    assert [row for row in rows if not row.sources] == []
    assert not any("MEMORY" in file.text_of(name) for name in file.names())


def test_who_talks_to_whom_is_counted_from_the_entries() -> None:
    found = pairs(PROCESSES.dialogues)
    assert (len(PROCESSES.dialogues), len(found)) == (27, 15)
    assert {(one.one, one.other) for one in found if not one.reciprocated} == {
        ("Japan", "US"), ("China", "EU"), ("Germany", "US")
    }  # fmt: skip
    assert sum(one.track == "1" for one in found) == 8
    assert {one.track for one in found} == {"1", ""}, "where no source says, nobody guesses"


def test_events_keep_how_exactly_they_are_dated() -> None:
    assert len(PROCESSES.events) == 32
    assert {one.date.known for one in PROCESSES.events} == set(Known)


def test_what_sources_say_against_each_other_is_listed() -> None:
    assert len(PROCESSES.contradictions) == 7
    assert all(len(one.says) >= 2 for one in PROCESSES.contradictions)


def test_the_small_file_of_the_how_to_can_be_read() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "keep-a-registry.md").read_text(encoding="utf-8")
    one = file.read(page.split("```toml\n")[1].split("```")[0])
    assert one.framework is not None
    assert (len(one.framework.provisions), len(doubts(one)), len(one.actors)) == (2, 1, 1)


# --- dates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "last", "known"),
    [
        ("2011", date(2011, 1, 1), date(2011, 12, 31), Known.YEAR),
        ("2011-09", date(2011, 9, 1), date(2011, 9, 30), Known.MONTH),
        ("2012-02", date(2012, 2, 1), date(2012, 2, 29), Known.MONTH),
        ("2003/2005", date(2003, 1, 1), date(2005, 12, 31), Known.YEARS),
        ("2013-06-20/21", date(2013, 6, 20), date(2013, 6, 21), Known.DAYS),
        ("2015 early", date(2015, 1, 1), date(2015, 4, 30), Known.PART),
        ("2015-07-22", date(2015, 7, 22), date(2015, 7, 22), Known.DAY),
    ],
)
def test_a_date_is_as_exact_as_it_is_written(text: str, first: date, last: date, known: Known) -> None:
    found = dated(text)
    assert (found.written, found.first, found.last, found.known) == (text, first, last, known)


@pytest.mark.parametrize("text", ["", "2015-13", "2015-02-30", "2013-06-21/20", "2005/2003", "June 2015", "2015 soon"])
def test_what_is_no_date_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(BadDefinition, match="2013-06-20/21"):
        dated(text)


# --- files ---------------------------------------------------------------------------------------------------------

HEAD = '[framework]\nslug = "ours"\ntitle = "T"\nbody = "B"\nsymbol = "S"\nkind = "norms"\nversion = "1"\n'
SOURCE = '[sources.page]\ntitle = "A page"\naddress = "https://example.org/"\n'
NORM = '[[provision]]\ncode = "a"\nref = "R"\nlabel = "L"\nasks = "A"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"begins with one table \[framework\]"),
        (HEAD + '[process]\nslug = "pp"\ntitle = "T"\nversion = "1"\n', r"begins with one table"),
        (HEAD + NORM, r"\[provision 1\] sources: name at least one \(in a\)"),
        (HEAD + NORM + 'sources = ["page"]\n', r"'page' is no source of this file: write \[sources.page\]"),
        (HEAD + SOURCE + 2 * (NORM + 'sources = ["page"]\n'), "code"),
        (HEAD + SOURCE + NORM + 'sources = ["page"]\nunverifed = true\n', "mean unverified"),
        (HEAD.replace('"norms"', '"ideas"'), "'ideas' is not one of norms, measures"),
        (HEAD + SOURCE.replace("https://example.org/", "javascript:alert(1)"), "does not fit"),
        (
            HEAD + SOURCE + '[[event]]\ndate = "soon"\nbodies = ["UN"]\nwhat = "W"\nsources = ["page"]\n',
            "'soon' is no date",
        ),
        (HEAD + SOURCE + '[[dialogue]]\nof = "A"\nwith = "A"\nsources = ["page"]\n', "A talks to somebody else"),
        (HEAD + SOURCE + '[[contradiction]]\nabout = "X"\nsays = ["one"]\nsources = ["page"]\n', "at least two"),
        ("[framework", "This is not TOML"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_table_key_and_remedy(text: str, said: str) -> None:
    with pytest.raises(BadDefinition, match=said):
        file.read(text)


def test_what_is_marked_as_unverified_needs_no_source() -> None:
    found = file.read(HEAD + NORM + "unverified = true\n")
    assert [(one.row, one.says) for one in doubts(found)] == [("a", "L: A")]


def test_the_command_tells_what_is_there_and_what_is_doubtful(tmp_path: Path) -> None:
    done = CliRunner().invoke(registry, ["check", "--json"], standalone_mode=False)
    rows = {row["slug"]: row for row in json.loads(done.output)}
    assert set(rows) == {one.slug for one in SHIPPED.values()}
    told = rows["cyber-processes"]
    assert (told["events"], told["dialogue_entries"], told["dialogue_pairs"], told["track_1"]) == (32, 27, 15, 8)
    assert len(told["not_reciprocated"]) == 3
    said = CliRunner().invoke(registry, ["check", "oas-measures"], standalone_mode=False).output
    assert "nobody has checked: 7-11" in said
    (tmp_path / "bad.toml").write_text(HEAD + NORM)
    bad = CliRunner().invoke(registry, ["check", str(tmp_path / "bad.toml")], standalone_mode=False)
    assert isinstance(bad.exception, BadDefinition)
    assert str(tmp_path / "bad.toml") in str(bad.exception)


# --- agreement -----------------------------------------------------------------------------------------------------

GIVEN = [
    (vector["data"], level, vector[level])
    for vector in VECTORS["vectors"]
    for level in ("nominal", "interval", "ordinal", "ratio")
    if level in vector
]


@pytest.mark.parametrize(("ratings", "level", "wanted"), GIVEN, ids=[level for _, level, _ in GIVEN])
def test_alpha_is_that_of_the_published_vectors(ratings: Any, level: Level, wanted: float) -> None:
    found = alpha(ratings, level)
    assert found is not None
    assert round(found, len(str(wanted).partition(".")[2])) == wanted


def test_alpha_is_not_defined_where_nobody_could_have_differed() -> None:
    assert alpha([[1, 1], [1, 1]], "nominal") is None
    assert alpha([[1, None], [None, 2]], "nominal") is None
    assert alpha([], "nominal") is None
    assert alpha([[1, 2], [1, 2]], "nominal") == 1


def test_raters_by_chance_agree_by_chance() -> None:
    dice = random.Random(7)
    ratings = [[dice.randrange(5) for _ in range(4_000)] for _ in range(3)]
    found = alpha(ratings, "ordinal")
    assert found is not None
    assert abs(found) < 0.03


def slowly(ratings: list[list[float | None]], level: Level) -> float | None:
    """By the definition: mean difference within units by that between all ratings that have a partner."""
    units = [[row[at] for row in ratings if row[at] is not None] for at in range(len(ratings[0]))]
    units = [unit for unit in units if len(unit) > 1]
    every = [one for unit in units for one in unit]

    def apart(a: Any, b: Any) -> float:
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return float((a - b) ** 2)
        if level == "ratio":
            return float(((a - b) / (a + b)) ** 2) if a + b else 0.0
        low, high = min(a, b), max(a, b)
        between = sum(low <= one <= high for one in every)  # type: ignore[operator]
        return float((between - (every.count(a) + every.count(b)) / 2) ** 2) if a != b else 0.0

    within = sum(apart(a, b) / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2))
    across = sum(apart(a, b) for a, b in permutations(every, 2)) / (len(every) - 1) if every else 0
    return 1 - within / across if across else None


RATINGS = st.integers(1, 6).flatmap(
    lambda units: st.lists(
        st.lists(st.none() | st.integers(0, 4).map(float), min_size=units, max_size=units), min_size=1, max_size=5
    )
)


@given(RATINGS, st.sampled_from(["nominal", "ordinal", "interval", "ratio"]))
def test_alpha_is_what_its_definition_says(ratings: list[list[float | None]], level: Level) -> None:
    found, wanted = alpha(ratings, level), slowly(ratings, level)
    assert (found is None) == (wanted is None)
    if found is not None and wanted is not None:
        assert found == pytest.approx(wanted, abs=1e-9)
    if found is not None:
        again = alpha(list(reversed(ratings)), level)
        assert again == pytest.approx(found, abs=1e-9), "the order of raters means nothing"
