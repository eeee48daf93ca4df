"""Hashtags, tag patterns, the row that holds them, and the vocabulary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.formats.hxl import detect, vocabulary
from rapport.formats.hxl.tags import Pattern, Tag, parse_pattern, parse_patterns, parse_tag, repaired
from tests.pure.hxl_tables import tags


@given(tags, st.sampled_from(["", " ", "\t", "\r\n", "  "]), st.booleans())
def test_white_space_and_letter_case_mean_nothing_in_a_tag(tag: Tag, space: str, upper: bool) -> None:
    text = f"{space}{str(tag).replace('+', f'{space}+{space}')}{space}"
    assert parse_tag(text.upper() if upper else text) == tag


@given(tags)
def test_the_key_of_a_tag_does_not_depend_on_the_order_of_its_attributes(tag: Tag) -> None:
    assert Tag(tag.hashtag, tag.attributes[::-1]).key == tag.key
    assert parse_tag(tag.key) == Tag(tag.hashtag, tuple(sorted(tag.attributes)))


@pytest.mark.parametrize("text", ["", "#", "org", "# org", "#1", "#adm1 code", "#adm1+", "#é", "#adm1+2013", "#a-b"])
def test_what_is_no_tag_is_none(text: str) -> None:
    assert parse_tag(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [("#reached+2013", "#reached+y2013"), ("#adm1 code", "#adm1_code"), ("#a-b", "#a_b"), ("total", ""), ("#", "")],
)
def test_a_repair_is_offered_where_one_can_be_guessed(text: str, meant: str) -> None:
    assert repaired(text) == meant


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("org", ["#org", "#org+name"], ["#sector", "#orgs"]),
        ("#affected+f-children", ["#affected+f", "#affected+f+adults"], ["#affected", "#affected+children+f"]),
        ("#org!", ["#org"], ["#org+name"]),
        ("#org+name!", ["#org+name"], ["#org", "#org+name+fr"]),
        ("*+name", ["#org+name", "#adm1+name"], ["#org"]),
        (" # ".replace(" # ", "#ORG +NAME "), ["#org+name"], ["#org"]),
    ],
)
def test_a_pattern_picks_by_hashtag_and_attributes(pattern: str, fits: list[str], fits_not: list[str]) -> None:
    parsed = parse_pattern(pattern)
    assert [one for one in fits + fits_not if parsed.matches(parse_tag(one))] == fits
    assert not parsed.matches(None)


@given(tags)
def test_a_tag_is_a_pattern_that_fits_itself_and_its_text_reads_as_the_same_pattern(tag: Tag) -> None:
    pattern = parse_pattern(str(tag))
    assert pattern.matches(tag)
    assert parse_pattern(str(pattern)) == pattern
    assert Pattern(tag.hashtag, frozenset(tag.attributes), exact=True).matches(tag)


@pytest.mark.parametrize("text", ["", "#org+name-fr!", "#org+ name", "#*name", "#org,", "a b"])
def test_what_cannot_be_meant_as_a_pattern_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"pattern|exactly"):
        parse_patterns(text)


# --- the row of hashtags -------------------------------------------------------------------------------------------


def found(*rows: str) -> int:
    one = detect.find([row.split("|") for row in rows])
    return one.row if one else 0


def test_the_row_of_hashtags_has_at_least_half_of_its_filled_cells_as_tags() -> None:
    assert found("a|b", "#org|no tag") == 2
    assert found("a|b|c", "#org|x|y") == 0
    assert found("#org||||") == 1


def test_it_stands_within_25_rows() -> None:
    assert found(*["a|b"] * 24, "#org|#adm1") == 25
    assert found(*["a|b"] * 25, "#org|#adm1") == 0


def test_a_lone_comment_above_does_not_take_its_place() -> None:
    """libhxl takes the first row that qualifies."""
    assert found("#note", "Organisation|Place", "#org|#adm1", "WFP|HT01") == 3
    assert found("#note", "Organisation|Place", "WFP|HT01") == 1


def test_a_header_is_the_nearest_filled_cell_above() -> None:
    """libhxl takes the cell directly above, even if it is blank."""
    rows = [["Place", "", "Figures"], ["", " Name ", ""], ["#adm1", "#org", "#reached"]]
    one = detect.find(rows)
    assert one is not None
    assert [column.header for column in detect.columns(rows, one)] == ["Place", "Name", "Figures"]


def test_a_malformed_tag_is_named_with_its_repair() -> None:
    """libhxl leaves the column out, and says so in its log."""
    rows = [["2013", "Org"], ["#reached+2013", "#org"]]
    one = detect.find(rows)
    assert one is not None
    [finding] = [one for one in detect.notices(rows, one, detect.columns(rows, one)) if one.rule == "bad_tag"]
    assert (finding.row, finding.column, finding.value) == (2, "2013", "#reached+2013")
    assert "#reached+y2013" in finding.text


# --- the vocabulary ------------------------------------------------------------------------------------------------


def test_the_core_vocabulary_is_there() -> None:
    assert len(vocabulary.hashtags()) == 43
    assert vocabulary.hashtags()["#adm1"].vocabulary == "v_pcode"
    statuses = [one.status for one in vocabulary.attributes().values()]
    assert {one: statuses.count(one) for one in set(statuses)} == {
        "released": 54, "deprecated": 12, "beta": 3, "proposed": 2
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tag", "kind"),
    [("#reached+f", "number"), ("#date+start", "date"), ("#org", "text"), ("#indicator+num", "number"),
     ("#value+unit", "text"), ("#population+code", "text")],
)  # fmt: skip
def test_a_hashtag_says_what_its_cells_hold(tag: str, kind: str) -> None:
    assert vocabulary.datatype(parse_tag(tag)) == kind


@pytest.mark.parametrize(
    ("tag", "odd"),
    [("#org+name", []), ("#priority", ["#priority"]), ("#x_secret", []), ("#org+fr", ["+fr"]), ("#org+i_fr+v_x", []),
     ("#org+label", []), ("#org+zzz", ["+zzz"])],
)  # fmt: skip
def test_words_that_the_core_has_not_are_told(tag: str, odd: list[str]) -> None:
    parsed = parse_tag(tag)
    assert parsed is not None
    assert [part for part, _ in vocabulary.unusual(parsed)] == odd
