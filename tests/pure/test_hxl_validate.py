"""A table held to a schema: row, column, value and what to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.formats.hxl.read import read
from rapport.formats.hxl.schema import Rule, parse_schema
from rapport.formats.hxl.table import Table
from rapport.formats.hxl.tags import parse_pattern
from rapport.formats.hxl.validate import validate
from tests.pure.hxl_tables import DATA, table

Fault = tuple[int, str, str]


def faults(of: Table, head: str, *rules: str) -> list[Fault]:
    """(row, column, value) of what breaks a schema."""
    report = validate(of, parse_schema(table(head, *rules)), sense=False)
    assert sum(report.counts.values()) == len(report.findings)
    assert all(one.text for one in report.findings)
    return [(one.row, one.column, one.value) for one in report.findings]


def text_of(of: Table, head: str, *rules: str) -> str:
    [finding] = validate(of, parse_schema(table(head, *rules)), sense=False).findings
    return finding.text


def test_a_fault_has_its_row_column_value_severity_and_remedy() -> None:
    schema = table("#valid_tag,#valid_datatype,#valid_severity,#description", "#reached,number,warning,People")
    report = validate(table("#org,#reached", "WFP,5", 'IOM,"80,418"'), parse_schema(schema), sense=False)
    [finding] = report.findings
    assert (finding.severity, finding.row, finding.column, finding.value) == ("warning", 4, "#reached", "80,418")
    assert finding.text == "is no number: write 80418, or say which mark stands between thousands (People)"
    assert finding.said().startswith("warning: row 4, #reached: '80,418' is no number")
    assert report.is_valid
    assert dict(report.by_pattern) == {"#reached": 1}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("number", ["5", " 1e3 ", ""], ["n/a", "1 000", "nan"]),
        ("date", ["2025-01-05", "2025", ""], ["2025-02-29", "45000", "soon"]),
        ("url", ["https://example.org/a"], ["example.org", "https://"]),
        ("email", ["a@example.org"], ["a", "a@b@c"]),
        ("phone", ["+509 12 34 56 78"], ["123", "call me"]),
        ("text", ["anything"], []),
    ],
)
def test_datatypes(kind: str, good: list[str], bad: list[str]) -> None:
    of = table("#x", *(f'"{one}"' for one in good + bad))
    assert [value for _, _, value in faults(of, "#valid_tag,#valid_datatype", f"#x,{kind}")] == bad


def test_limits_compare_numbers_with_numbers_and_dates_with_dates() -> None:
    of = table("#reached,#date", "5,2025-01-05", "11,2024-12-31", "n/a,soon")
    head = "#valid_tag,#valid_value+min,#valid_value+max"
    assert faults(of, head, "#reached,1,10") == [(4, "#reached", "11")]
    assert faults(of, head, "#date,2025-01-01,") == [(4, "#date", "2024-12-31")]


def test_values_of_a_list_and_the_nearest_one() -> None:
    of = table("#sector", "wash", "Helth", "Moon", "")
    head, rule = "#valid_tag,#valid_value+list,#valid_value+case", "#sector,WASH|Health,"
    assert faults(of, head, rule) == [(4, "#sector", "Helth"), (5, "#sector", "Moon")]
    assert faults(of, head, f"{rule}true")[0] == (3, "#sector", "wash")
    assert "write 'Health', if that is meant" in text_of(table("#sector", "Helth"), head, rule)
    assert "use one of WASH, Health" in text_of(table("#sector", "Moon"), head, rule)


def test_patterns_white_space_and_required_cells() -> None:
    of = table("#adm1+code,#org", "HT01,WFP", "HT1, IOM", "ht02,")
    assert faults(of, "#valid_tag,#valid_value+regex", r"#adm1,^HT\d\d$") == [(4, "#adm1+code", "HT1")]
    assert faults(of, "#valid_tag,#valid_value+regex,#valid_value+case", r"#adm1,^HT\d\d$,1")[1] == (
        5,
        "#adm1+code",
        "ht02",
    )
    assert faults(of, "#valid_tag,#valid_value+whitespace", "#*,yes") == [(4, "#org", " IOM")]
    assert faults(of, "#valid_tag,#valid_required", "#org,true") == [(5, "#org", "")]
    assert faults(of, "#valid_tag,#valid_required", "#sector,true") == [(0, "#sector", "")]
    assert faults(of, "#valid_tag,#valid_required+max", "#*,1") == [(3, "#*", ""), (4, "#*", "")]


def test_values_and_rows_that_may_come_once() -> None:
    of = table("#org,#org+x,#reached", "WFP,a,1", "IOM,b,1", " wfp ,c,1", "UN,iom,2")
    assert faults(of, "#valid_tag,#valid_unique", "#org,true") == [(5, "#org", " wfp "), (6, "#org+x", "iom")]
    assert faults(of, "#valid_tag,#valid_unique+key", '#org,"#org!,#reached"') == [(5, "#org, #reached", "")]
    assert faults(table("#org", "a", "A"), "#valid_tag,#valid_unique+key", "#org,true") == [(4, "", "")]


def test_values_that_should_go_together() -> None:
    of = table("#adm1+code,#adm1+name", "HT01,Ouest", "HT01,ouest", "HT01,Sud", "HT02,Sud", "HT02,")
    head, rule = "#valid_tag,#valid_correlation", "#adm1+name,#adm1+code"
    assert faults(of, head, rule) == [(5, "#adm1+name", "Sud")]
    assert "'Ouest'" in text_of(of, head, rule)


def test_what_is_rare_and_nearly_common_may_be_a_slip() -> None:
    of = table("#org", *["Red Cross"] * 60, *["UNICEF"] * 60, *["Oxfam"] * 60, "Red Cros")
    assert faults(of, "#valid_tag,#valid_value+spelling", "#org,true") == [(183, "#org", "Red Cros")]


def test_what_is_far_from_the_others_and_what_is_of_another_kind() -> None:
    of = table("#indicator", *[str(100 + n % 7) for n in range(50)], "900", "n/a")
    assert faults(of, "#valid_tag,#valid_value+outliers", "#indicator,1") == [(53, "#indicator", "900")]
    assert faults(of, "#valid_tag,#valid_datatype+consistent", "#indicator,1") == [(54, "#indicator", "n/a")]


def test_only_so_many_faults_are_written_out_and_all_are_counted() -> None:
    report = validate(table("#reached", *["x"] * 1_500), [Rule(parse_pattern("#reached"), datatype="number")])
    assert (report.counts["error"], len(report.findings), report.unlisted) == (1_500, 1_000, 500)


def test_texts_without_measure_are_not_compared_letter_by_letter() -> None:
    long = ["ab" * 50_000, "ba" * 50_000]
    of = table("#org", *[long[0]] * 60, *["UNICEF"] * 60, long[1])
    assert faults(of, "#valid_tag,#valid_value+spelling", "#org,true") == []
    assert "use one of a, b" in text_of(table("#org", long[0]), "#valid_tag,#valid_value+list", "#org,a|b")


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        ("#tag,#valid_datatype", "#org,number"), ("#valid_tag,#valid_datatype", "#org,money"),
        ("#valid_tag,#valid_severity", "#org,fatal"), ("#valid_tag,#valid_required", "#org,perhaps"),
        ("#valid_tag,#valid_required+min", "#org,two"), ("#valid_tag,#valid_value+regex", "#org,("),
        ("#valid_tag,#valid_unique+key", "#org,a b"), ("#valid_tag,#valid_value+url", "#org,http://x.example/list.csv"),
    ],
)  # fmt: skip
def test_a_schema_that_cannot_be_meant_is_refused(head: str, rule: str) -> None:
    """libhxl opens the address of a list, whatever it is."""
    with pytest.raises(Refused) as said:
        parse_schema(table(head, rule))
    assert said.value.reason == "bad_schema"


def test_yes_and_no_may_be_written_as_1_and_0() -> None:
    """For libhxl "1" is an error."""
    of = table("#org", "")
    assert parse_schema(table("#valid_tag,#valid_required", "#org,1"))[0].least == 1
    assert parse_schema(table("#valid_tag,#valid_required", "#org,0"))[0].least is None
    assert validate(of, []).is_valid


# --- what hashtags mean --------------------------------------------------------------------------------------------


def test_figures_of_the_same_people_are_nested() -> None:
    of = table("#reached+f,#targeted+f,#inneed,#population+f", "5,10,1,9", "11,10,1,20")
    found = [(one.row, one.column, one.severity) for one in validate(of, []).findings]
    assert found == [(3, "#targeted+f", "warning"), (4, "#reached+f", "warning")]


def test_coordinates_lie_on_the_globe() -> None:
    of = table("#geo+lat,#geo+lon", "18.5,-72.3", "-72.3,18.5", "91,181")
    assert [(one.row, one.column) for one in validate(of, []).findings] == [(5, "#geo+lat"), (5, "#geo+lon")]


def test_the_built_in_rules_find_what_is_odd_in_a_real_file() -> None:
    report = validate(read(DATA / "ethiopia_drought_affected_targeted_reached_by_cluster.csv"))
    assert report.rows == 391
    first = report.findings[0]
    assert (first.row, first.value) == (4, "80 418")
    spaced = read(DATA / "ethiopia_drought_affected_targeted_reached_by_cluster.csv", thousands=" ")
    assert validate(spaced).counts["error"] < report.counts["error"] / 2
    assert validate(read(DATA / "gdacs_rss_information.csv")).is_valid


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=8))
def test_the_built_in_rules_can_be_held_to_anything(values: list[str]) -> None:
    of = table("#reached,#date,#org,#indicator")
    quoted = ['"' + one.replace('"', '""') + '"' for one in values]
    of = table("#reached,#date,#org,#indicator", *(",".join([one] * 4) for one in quoted))
    report = validate(of)
    assert report.rows == len(values)
