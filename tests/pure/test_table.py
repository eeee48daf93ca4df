from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.intake.table import TableMapping, messages
from rapport.operations.definition import Columns, parse
from rapport.values import GivenPlace, Message

HAITI = Path(str(files("rapport") / "data" / "haiti-2010"))
NOW = datetime(2010, 8, 1, tzinfo=UTC)
HEADER = "Serial,TITLE,DATE,WHERE,TEXT,CATEGORY,LAT,LON,APPROVED"
MAPPING = TableMapping(
    Columns(
        id="Serial", title="TITLE", text="TEXT", date="DATE", date_format="%d/%m/%Y %H:%M", lat="LAT", lon="LON",
        place="WHERE", categories="CATEGORY", category_separator=", ",
    ),
    {"2a. Food | Manje": "2a", "3. Health": "3"},
    ZoneInfo("America/Port-au-Prince"),
)  # fmt: skip
GOOD = (
    '7,No food,05/02/2010 17:26,"Jacmel, Haiti","Nou grangou, ede nou","2a. Food | Manje, 3. Health, ",18.23,-72.53,YES'
)


def read(*rows: str) -> list[Message | Refused]:
    return list(messages(io.StringIO("\r\n".join([HEADER, *rows]), newline=""), MAPPING, now=NOW))


def test_a_row_becomes_a_message() -> None:
    (message,) = read(GOOD)
    assert isinstance(message, Message)
    assert (message.gateway_id, message.text) == ("7", "Nou grangou, ede nou")
    assert message.sent_at == datetime(2010, 2, 5, 22, 26, tzinfo=UTC)  # five hours west of Greenwich
    assert message.place == GivenPlace(-72.53, 18.23, "Jacmel, Haiti")
    assert message.categories == ("2a", "3")
    assert (message.fields["APPROVED"], message.fields["TITLE"]) == ("YES", "No food")
    assert message.sender is None


@pytest.mark.parametrize(
    ("row", "reason", "field"),
    [
        ("7,t,31/02/2010 10:00,w,text,,18,-72,YES", "no_date", "DATE"),
        ("7,t,02/13/2010 10:00,w,text,,18,-72,YES", "no_date", "DATE"),
        ("7,t,05/02/2031 17:26,w,text,,18,-72,YES", "future_date", "DATE"),
        ("7,t,31/12/1899 10:00,w,text,,18,-72,YES", "early_date", "DATE"),
        ("7,t,,w,text,,ninety,-72,YES", "no_place", "LAT"),
        ("7,t,,w,text,,18,-720,YES", "no_place", "LON"),
        ("7,t,,w,text,,nan,-72,YES", "no_place", "LAT"),
        ("7,t,,w,text,,18,,YES", "half_place", "LON"),
        (",t,,w,text,,18,-72,YES", "no_id", "Serial"),
        ("7, ,,w, ,,18,-72,YES", "empty", "TEXT"),
        ("7,t,,w,te\0xt,,18,-72,YES", "nul", "TEXT"),
        ("7,t,,w,text,,18,-72,YES,more", "ragged", ""),
        ("7,t,,w", "ragged", ""),
    ],
)
def test_a_row_that_cannot_be_used_says_where_and_why_and_stops_nothing(row: str, reason: str, field: str) -> None:
    before, refused, after = read(GOOD, row, GOOD)
    assert isinstance(before, Message)
    assert isinstance(after, Message)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.field, refused.row) == (reason, field, 3)
    assert refused.remedy


def test_zero_zero_is_no_place_but_stays_among_the_fields() -> None:
    named, unnamed = read("7,t,,Jacmel,text,,0,0.0,YES", "8,t,,,text,,0,0,YES")
    assert isinstance(named, Message)
    assert isinstance(unnamed, Message)
    assert named.place == GivenPlace(None, None, "Jacmel")
    assert (named.fields["LAT"], named.fields["LON"]) == ("0", "0.0")
    assert unnamed.place is None


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/Port-au-Prince"])
@pytest.mark.parametrize(("said", "reason"), [("01/01/0001 00:00", "early_date"), ("31/12/9999 23:59", "future_date")])
def test_a_year_that_has_no_utc_is_a_rows_verdict(zone: str, said: str, reason: str) -> None:
    rows = "\r\n".join([HEADER, f"7,t,{said},w,text,,18,-72,YES", GOOD])
    refused, good = messages(io.StringIO(rows, newline=""), replace(MAPPING, zone=ZoneInfo(zone)), now=NOW)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.row) == (reason, 2)
    assert isinstance(good, Message)


def test_what_is_not_there_is_left_open() -> None:
    (message,) = read("7,t,,,text,,,,")
    assert isinstance(message, Message)
    assert (message.sent_at, message.place, message.categories) == (None, None, ())


def test_a_label_nobody_knows_stays_among_the_fields() -> None:
    (message,) = read("7,t,,,text,9. Volcano,,,")
    assert isinstance(message, Message)
    assert message.categories == ()
    assert message.fields["CATEGORY"] == "9. Volcano"


def test_without_a_text_the_title_is_what_was_said() -> None:
    (message,) = read("7,A title,,w,,,18,-72,YES")
    assert isinstance(message, Message)
    assert message.text == "A title"


@pytest.mark.parametrize(
    ("text", "reason", "field"),
    [
        ("", "no_column", "Serial"),
        ("Serial,TEXT\r\n1,a", "no_column", "TITLE"),
        (HEADER + ",TEXT\r\n", "same_column", "TEXT"),
    ],
)
def test_a_file_that_is_not_the_table_meant_is_refused_as_a_whole(text: str, reason: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        list(messages(io.StringIO(text, newline=""), MAPPING))
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "latin.csv"
    file.write_bytes(f"{HEADER}\r\n7,é,,,text,,,,\r\n".encode("latin-1"))
    with pytest.raises(Refused, match="UTF-8"):
        list(messages(file, MAPPING))


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    file = tmp_path / "bom.csv"
    file.write_text(f"{HEADER}\r\n{GOOD}\r\n", encoding="utf-8-sig", newline="")
    assert [type(one) for one in messages(file, MAPPING, now=NOW)] == [Message]


@given(st.lists(st.text(max_size=60).filter(lambda row: row.strip() != ""), max_size=10))
def test_whatever_the_rows_hold_each_gets_a_verdict(rows: list[str]) -> None:
    verdicts = read(GOOD, *rows)
    assert isinstance(verdicts[0], Message)
    assert all(isinstance(one, Message | Refused) for one in verdicts)


# --- the file that ships -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def haiti() -> list[Message]:
    definition = parse((HAITI / "operation.toml").read_text(encoding="utf-8"))
    source = next(source for source in definition.sources if source.columns)
    assert source.columns is not None
    mapping = TableMapping(source.columns, definition.labels, ZoneInfo(definition.time_zone))
    return [one for one in messages(HAITI / "reports.csv", mapping) if isinstance(one, Message)]


def test_all_3099_reports_of_haiti_are_messages(haiti: list[Message]) -> None:
    assert len(haiti) == len({message.gateway_id for message in haiti}) == 3_099
    assert sum(not message.categories for message in haiti) == 5
    assert len({code for message in haiti for code in message.categories}) == 41


def test_haitis_area_leaves_eleven_reports_outside(haiti: list[Message]) -> None:
    box = parse((HAITI / "operation.toml").read_text(encoding="utf-8")).box
    places = [message.place for message in haiti if message.place]
    outside = [p for p in places if p.lon is not None and p.lat is not None and not box.holds(p.lon, p.lat)]
    assert len(places) == 3_099
    assert len(outside) == 11


def test_a_table_without_ids_knows_its_rows_again() -> None:
    table = "TEXT\nNou bezwen dlo\nNou bezwen manje\n"
    mapping = replace(MAPPING, columns=Columns(text="TEXT"))
    first, again = (
        [m.gateway_id for m in messages(io.StringIO(table), mapping) if isinstance(m, Message)] for _ in "12"
    )
    assert first == again
    assert len(set(first)) == 2
