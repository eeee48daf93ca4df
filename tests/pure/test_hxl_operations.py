"""Columns, rows, no row twice, order, counts, merges: what comes out, and where it is not what libhxl gives."""

from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.formats.hxl import cells, dates, operations
from rapport.formats.hxl.count import count, parse_aggregate
from rapport.formats.hxl.merge import merge
from rapport.formats.hxl.queries import parse_alternatives, parse_query
from rapport.formats.hxl.table import Table
from rapport.formats.hxl.tags import parse_patterns
from tests.pure.hxl_tables import names, rows, table, tables, told

SAMPLE = table("#org,#sector,#reached", "WFP,Food,5", "Unicéf,WASH,n/a", "UNICEF, wash ,70", "IOM,,600")


def filtered(of: Table, *queries: str, reverse: bool = False) -> list[str]:
    """The first cells of the rows that pass."""
    found = operations.filter_rows(of, [parse_alternatives(one) for one in queries], reverse=reverse)
    return [row[0] for row in rows(found)]


def column(tag: str, *values: str) -> Table:
    return table(tag, *(f'"{value}"' for value in values))


# --- texts, numbers, dates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("unicef", " Unicéf ", True), ("Port  au\nPrince", "port au prince", True), ("Straße", "STRASSE", True),
        ("東京", "dong jing", False), ("é", "e\u0301", True), ("İstanbul", "istanbul", True), ("ΣΑΣ", "σας", True),
        ("Москва", "moskva", False), ("1", "1.0", False), ("a\u00a0b", "a b", True),
    ],
)  # fmt: skip
def test_texts_are_equal_where_only_case_white_space_and_latin_accents_differ(one: str, other: str, same: bool) -> None:
    assert (cells.normal_text(one) == cells.normal_text(other)) is same


@given(st.text(max_size=20))
def test_what_a_text_is_compared_as_is_compared_as_itself(text: str) -> None:
    normal = cells.normal_text(text.encode("utf-8", "replace").decode())
    assert cells.normal_text(normal) == normal
    assert cells.normal_text(unicodedata.normalize("NFD", normal)) == normal


@given(st.lists(st.text(max_size=4), min_size=1, max_size=6))
def test_asking_each_different_cell_once_gives_every_cell_its_answer(values: list[str]) -> None:
    values = [one.encode("utf-8", "replace").decode() for one in values]
    many = pl.Series(values * 2_000)
    assert cells.normal(many).to_list() == [cells.normal_text(one) for one in values] * 2_000


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5), (" -2.50 ", -2.5), ("+.5", 0.5), ("1e3", 1000), ("007", 7), ("1,000", None), ("1 000", None),
        ("12%", None), ("1_000", None), ("nan", None), ("inf", None), ("-Infinity", None), ("1e999", None),
        ("١٢", None), ("", None), ("-", None), ("0x10", None),
    ],
)  # fmt: skip
def test_a_number_is_digits_with_a_point(text: str, number: float | None) -> None:
    assert cells.number_of(text) == number


@pytest.mark.parametrize(
    ("mark", "text", "number"),
    [
        (",", "1,000", 1000), (",", "80,418.5", 80418.5), (",", "1,00", None), (" ", "80 418", 80418),
        (" ", "80\u202f418", 80418), (".", "1.000,5", 1000.5), (".", "2,5", 2.5), (".", "1.5", None),
        ("'", "1’000", 1000),
    ],
)  # fmt: skip
def test_marks_between_thousands_count_where_they_were_declared(mark: str, text: str, number: float | None) -> None:
    assert cells.number_of(text, mark) == number


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2025-01-05T10:00:00Z", "2025-01-05"), ("20250105", "2025-01-05"), ("2025-02-29", None), ("45000", None),
        ("2025-W05", "2025-01-27W"), ("2025W05", "2025-01-27W"), ("2025-Q2", "2025-04Q"), ("2025-13", None),
        ("2025", "2025"), ("2025-01", "2025-01"), ("Tue, 14 Oct 2025 02:00:11 GMT", "2025-10-14"), ("05/06/2025", None),
        ("13/06/2025", "2025-06-13"), ("06/13/2025", "2025-06-13"), ("n/a", None), ("2025-01-05T25:00", None),
    ],
)  # fmt: skip
def test_dates_are_iso_first_and_strictly(text: str, date: str | None) -> None:
    assert dates.date_of(text) == date


def test_the_order_of_day_and_month_is_the_columns_and_never_a_cells() -> None:
    """libhxl reads 05/06/2025 as 5 June and 06/13/2025 as 13 June, one below the other."""
    found = dates.dates(pl.Series(["05/06/2025", "06/13/2025"]))
    assert found.to_list() == ["2025-05-06", "2025-06-13"]
    assert dates.dates(pl.Series(["05/06/2025", "13/06/2025", "06/13/2025"])).to_list()[0] is None


# --- rows ----------------------------------------------------------------------------------------------------------


def test_queries_within_a_list_are_alternatives_and_lists_must_all_hold() -> None:
    assert filtered(SAMPLE, "#sector=WASH") == ["Unicéf", "UNICEF"]
    assert filtered(SAMPLE, "#sector=WASH | #org=wfp") == ["WFP", "Unicéf", "UNICEF"]
    assert filtered(SAMPLE, "#sector=WASH", "#reached>5") == ["UNICEF"]
    assert filtered(SAMPLE, "#sector=WASH", reverse=True) == ["WFP", "IOM"]


def test_under_a_number_other_cells_never_match_and_are_counted() -> None:
    """libhxl compares "n/a" as a text, so that #reached>500 returns it."""
    assert filtered(SAMPLE, "#reached>5") == ["UNICEF", "IOM"]
    found = operations.filter_rows(SAMPLE, [parse_alternatives("#reached>5")])
    [finding] = found.notices
    assert (finding.column, finding.value) == ("#reached", "n/a")
    assert "1 cells hold no number" in finding.text


def test_a_negative_query_wants_all_columns_to_pass() -> None:
    """libhxl keeps a row tagged WASH and Health when asked for #sector!=WASH."""
    both = table("#org,#sector,#sector+x", "a,WASH,Health", "b,Food,Health", "c,Food,WASH")
    assert filtered(both, "#sector!=WASH") == ["b"]
    assert filtered(both, "#sector=WASH") == ["a", "c"]
    assert filtered(both, "#sector!~^W") == ["b"]
    assert filtered(table("#org,#sector,#sector+x", "a,,x", "b,y,x"), "#sector is not empty") == ["b"]


def test_a_regular_expression_is_taken_as_typed() -> None:
    """libhxl makes the query's letters small first: \\D becomes \\d."""
    assert filtered(SAMPLE, r"#org~^\D+$") == ["WFP", "Unicéf", "UNICEF", "IOM"]
    assert filtered(SAMPLE, r"#org~^uni") == ["Unicéf", "UNICEF"]
    with pytest.raises(Refused, match="bounded time"):
        parse_query("#org~(?=x)")


def test_a_code_with_a_leading_zero_is_a_text() -> None:
    codes = column("#adm1+code", "01", "1", "1.0")
    assert filtered(codes, "#adm1+code=01") == ["01"]
    assert filtered(codes, "#adm1+code=1") == ["01", "1", "1.0"]


def test_dates_are_compared_as_dates() -> None:
    days = column("#date", "2025-01-05", "2025-02", "n/a", "Tue, 14 Oct 2025 02:00:11 GMT")
    assert filtered(days, "#date>2025-01-31") == ["2025-02", "Tue, 14 Oct 2025 02:00:11 GMT"]
    assert filtered(days, "#date is not date") == ["n/a"]


def test_extremes_are_numbers_among_numbers() -> None:
    """libhxl's `is max` can be "n/a"."""
    assert filtered(SAMPLE, "#reached is max") == ["IOM"]
    assert filtered(SAMPLE, "#reached is min") == ["WFP"]
    assert filtered(column("#reached", "n/a"), "#reached is max") == []


@pytest.mark.parametrize("query", ["#org", "=x", "#org is tall", "#org+ a=x", "#org~("])
def test_what_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(Refused):
        parse_query(query)


def test_a_pattern_that_fits_no_column_is_refused_with_the_columns_there_are() -> None:
    """libhxl answers with nothing, or an empty column."""
    for act in (
        lambda: operations.select(SAMPLE, parse_patterns("#adm1")),
        lambda: filtered(SAMPLE, "#adm1=x"),
        lambda: operations.sort(SAMPLE, parse_patterns("#adm1")),
        lambda: count(SAMPLE, parse_patterns("#adm1")),
    ):
        with pytest.raises(Refused, match="#org, #sector, #reached"):
            act()


# --- columns, duplicates, order ------------------------------------------------------------------------------------


def test_columns_are_picked_and_cut_in_the_order_they_stand_in() -> None:
    assert names(operations.select(SAMPLE, parse_patterns("#reached,#org"))) == ["#org", "#reached"]
    assert names(operations.cut(SAMPLE, parse_patterns("#reached,#org"))) == ["#sector"]


def test_of_rows_that_mean_the_same_the_first_stays() -> None:
    same = table("#org,#reached,#date", "WFP,5,2025-01-05", " wfp ,5.0,20250105", "WFP,6,2025-01-05")
    assert rows(operations.dedup(same)) == [["WFP", "5", "2025-01-05"], ["WFP", "6", "2025-01-05"]]
    assert len(rows(operations.dedup(same, parse_patterns("#org")))) == 1


def test_numbers_are_numbers_only_where_the_hashtag_says_so() -> None:
    """libhxl takes the codes 007 and 7 for the same in any column."""
    assert len(rows(operations.dedup(column("#adm1+code", "007", "7")))) == 2
    assert len(rows(operations.dedup(column("#reached", "007", "7")))) == 1


@given(tables(st.sampled_from(["a", "A ", "é", "e", "5", "5.0", "n/a", ""])))
def test_taking_duplicates_out_keeps_one_of_each_meaning(of: Table) -> None:
    found = rows(operations.dedup(of))
    meant = [tuple(cells.normal_text(one) for one in row) for row in rows(of)]
    assert [tuple(cells.normal_text(one) for one in row) for row in found] == list(dict.fromkeys(meant))


def test_numbers_stand_by_size_before_texts_and_equals_keep_their_order() -> None:
    values = column("#reached", "n/a", "10", "9", "", "-1", "1,000", "9.0")
    found = operations.sort(values, parse_patterns("#reached"))
    assert [row[0] for row in rows(found)] == ["-1", "9", "9.0", "10", "", "1,000", "n/a"]
    back = operations.sort(values, parse_patterns("#reached"), reverse=True)
    assert [row[0] for row in rows(back)] == ["n/a", "1,000", "", "10", "9", "9.0", "-1"]


@given(st.lists(st.tuples(st.sampled_from(["b", "A", "a", "é"]), st.integers(-5, 5)), max_size=20))
def test_rows_are_in_the_order_of_their_keys(pairs: list[tuple[str, int]]) -> None:
    of = table("#org,#reached", *(f"{name},{number}" for name, number in pairs))
    found = rows(operations.sort(of, parse_patterns("#org,#reached")))
    expected = sorted(pairs, key=lambda pair: (cells.normal_text(pair[0]), pair[1]))
    assert found == [[name, str(number)] for name, number in expected]


# --- counts --------------------------------------------------------------------------------------------------------


def test_spellings_that_mean_the_same_are_counted_together_under_the_most_frequent() -> None:
    """libhxl tells WASH from wash here, though not in a query."""
    of = table("#sector", "wash", "WASH", " WASH ", "Health")
    assert rows(count(of, parse_patterns("#sector"))) == [["Health", "1"], ["WASH", "3"]]


def test_numbers_are_added_up_and_what_is_none_is_counted() -> None:
    asked = [parse_aggregate(one) for one in (
        "sum(#reached)", "average(#reached)", "min(#reached)", "max(#reached)", "count() as Rows #meta+rows"
    )]  # fmt: skip
    of = table("#org,#reached", "WFP,10", "WFP,2.5", "WFP,n/a", "IOM,", "IOM,-")
    found = count(of, parse_patterns("#org"), asked)
    assert rows(found) == [["IOM", "", "", "", "", "2"], ["WFP", "12.5", "6.25", "2.5", "10", "3"]]
    assert names(found)[-1] == "#meta+rows"
    assert [(one.column, one.text[:7]) for one in found.notices] == [("#reached", "2 cells")] * 4


def test_values_are_strung_together_without_patterns_too() -> None:
    of = table("#org,#date", "WFP,2025-02-01", "IOM,2024", "WFP,n/a")
    asked = [parse_aggregate(one) for one in ("concat(#org)", "max(#date)", "count()")]
    assert rows(count(of, [], asked)) == [["IOM|WFP", "2025-02-01", "3"]]


@pytest.mark.parametrize("text", ["", "sum", "sum()", "median(#x)", "sum(#a b)", "sum(#a) as #1"])
def test_what_cannot_be_worked_out_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_aggregate(text)


@given(tables(st.sampled_from(["a", "A", "b", "", "7"])))
def test_no_row_is_lost_in_a_count(of: Table) -> None:
    first = str(of.columns[0].tag)
    found = rows(count(of, parse_patterns(f"{first}!" if "+" not in first else first)))
    assert sum(int(row[1]) for row in found) == len(rows(of))


# --- merges --------------------------------------------------------------------------------------------------------

CODES = table("#adm1+code,#adm1+name", "HT01,Ouest", "ht02 ,Sud-Est", "HT01,West")


def test_columns_are_brought_by_their_keys_and_the_last_row_counts() -> None:
    of = table("#org,#adm1+code", "WFP,ht01", "IOM,HT02", "UN,HT09")
    found = merge(of, CODES, parse_patterns("#adm1+code"), parse_patterns("#adm1+name"))
    assert rows(found) == [["WFP", "ht01", "West"], ["IOM", "HT02", "Sud-Est"], ["UN", "HT09", ""]]
    assert told(found) == ["same_keys"]


def test_empty_cells_are_filled_and_others_only_when_asked() -> None:
    of = table("#adm1+code,#adm1+name", "HT01,", "HT02,South-East")
    keys, tags = parse_patterns("#adm1+code"), parse_patterns("#adm1+name")
    assert rows(merge(of, CODES, keys, tags, into=True)) == [["HT01", "West"], ["HT02", "South-East"]]
    assert rows(merge(of, CODES, keys, tags, into=True, overwrite=True)) == [["HT01", "West"], ["HT02", "Sud-Est"]]
