"""How a file would be read, with the evidence: on files as people and programs write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rapport.errors import BadDefinition, Refused
from rapport.intake.imports.about import Proposal
from rapport.intake.imports.dates import date_reader
from rapport.intake.imports.guess import propose
from rapport.intake.imports.roles import role_by_name
from rapport.operations.definition import Columns
from rapport.values import Address, GivenPlace
from tests.pure.importing import ABOUT, read_through, table


def said(proposal: Proposal, about: str) -> str:
    return "; ".join(one.said for one in proposal.evidence if one.about == about)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("DESCRIPTION", "text"), ("Message text", "text"), ("Mesaj", "text"), ("Descripción", "text"), ("_id",
        "id"), ("#", "id"),
        ("instanceID", "id"), ("_submission_time", "date"), ("Fecha y hora", "date"), ("Dat", "date"),
        ("gps_latitude", "lat"),
        ("household/gps_latitude", "lat"), ("_gps_longitude", "lon"), ("Long.", "lon"), ("_geolocation", "coordinates"),
        ("Lieu", "place"), ("Kote", "place"), ("Latitude of the site", "lat"), ("INCIDENT TITLE", "title"), ("From",
        "sender"),
        ("Numéro de téléphone", "sender"), ("Catégorie", "categories"), ("People affected", "people"), ("Langue",
        "language"),
        ("#geo+lat", "lat"), ("#adm2 +name", "place"), ("_gps_precision", ""), ("APPROVED", ""), ("severity_unit", ""),
        ("Number of rooms", ""), ("", ""), ("Date du signalement", "date"), ("Date of the report", "date"),
        ("Lieu de l'incident", "place"), ("Description of the place", "text"),
    ],
)  # fmt: skip
def test_a_column_is_known_by_its_name(name: str, role: str) -> None:
    assert role_by_name(name)[0] == role


def test_a_table_of_alerts_with_tags_is_read_by_its_tags(tmp_path: Path) -> None:
    lines = [
        "id,country,title,summary,event_type,severity_unit,from_date,to_date,geo_lat,geo_long",
        "#event+id,#country+name,#meta+title,#meta+summary,#event+type,#event+severity+unit,#date+start,#date+end,#geo+lat,"
        "#geo+lon",
        'EQ1,Haiti,Earthquake,"On 1/12/2010, an earthquake.",Earthquake,M,"12 Jan 2010 21:53:10 GMT",,18.5,-72.6',
        'FL2,Haiti,Flood,"On 2/27/2010, a flood began.",Flood,,"Sat, 27 Feb 2010 01:00:00 GMT",,18.2,-73.7',
    ]
    read = read_through(table(tmp_path / "t.csv", lines))
    plan = read.proposal.plan
    assert (plan.header_row, plan.tag_row) == (1, 2)
    assert plan.roles == {
        "id": "id", "title": "title", "summary": "text", "event_type": "categories", "from_date": "date",
        "geo_lat": "lat",
        "geo_long": "lon",
    }  # fmt: skip
    assert [message.sent_at for message in read.messages] == [
        datetime(2010, 1, 12, 21, 53, 10, tzinfo=UTC), datetime(2010, 2, 27, 1, tzinfo=UTC),
    ]  # fmt: skip
    assert read.proposal.unknown_labels == {"Earthquake": 1, "Flood": 1}


def test_a_form_export_with_its_own_names(tmp_path: Path) -> None:
    header = (
        "_id,_uuid,start,end,what/description,where/gps,_gps_latitude,_gps_longitude,_gps_precision,_submission_time"
    )
    begun = "2010-01-14T10:00:00.000-05:00,2010-01-14T10:09:00.000-05:00"
    lines = [
        header,
        f"11,a-1,{begun},Nou bezwen dlo,18.54 -72.34 0 5,18.54,-72.34,5,2010-01-14T15:10:00",
        f"12,a-2,{begun},Kay la kraze,18.55 -72.35 0 5,18.55,-72.35,5,2010-01-15T15:10:00",
    ]
    plan = propose(table(tmp_path / "t.csv", lines), ABOUT).plan
    assert (plan.roles["what/description"], plan.roles["_gps_latitude"], plan.roles["_gps_longitude"]) == (
        "text",
        "lat",
        "lon",
    )
    assert plan.column("id") in {"_id", "_uuid"}
    assert plan.column("date") == "_submission_time"
    assert plan.zone == "UTC", "as KoboToolbox writes this column: 15:10 is the same as 10:09-05:00 a minute later"


def test_titles_above_empty_lines_and_two_header_rows(tmp_path: Path) -> None:
    lines = [
        "Situation report 14 January;;;;", "Prepared by the field office;;;;", "", "Report;;Place;;What",
        "Number;Date;Latitude;Longitude;Text",
        "1;25/01/2010;18,54;-72,34;Nou bezwen dlo", "2;26/01/2010;18,55;-72,35;Kay la kraze",
    ]  # fmt: skip
    read = read_through(table(tmp_path / "t.csv", lines, "cp1252"))
    plan = read.proposal.plan
    assert (plan.delimiter, plan.header_row, plan.header_rows, plan.decimal, plan.date_order) == (";", 4, 2, ",", "DMY")
    assert plan.columns == ("Report / Number", "Report / Date", "Place / Latitude", "Place / Longitude", "What / Text")
    assert [message.place for message in read.messages] == [GivenPlace(-72.34, 18.54), GivenPlace(-72.35, 18.55)]


def test_a_file_without_a_header(tmp_path: Path) -> None:
    lines = [f"{n},2010-01-{n:02d} 10:00,18.5{n},-72.3{n},Nou bezwen dlo nan kan {n}" for n in range(10, 30)]
    read = read_through(table(tmp_path / "t.csv", lines))
    assert read.proposal.plan.header_row == 0
    assert len(read.messages) == 20
    assert (read.messages[0].text, read.messages[0].place) == ("Nou bezwen dlo nan kan 10", GivenPlace(-72.310, 18.510))


def test_columns_that_are_swapped_as_a_whole_are_said_to_be(tmp_path: Path) -> None:
    lines = ["text,latitude,longitude", *[f"dlo {n},-72.3{n},18.5{n}" for n in range(10)]]
    read = read_through(table(tmp_path / "t.csv", lines))
    assert read.proposal.plan.roles == {"text": "text", "latitude": "lon", "longitude": "lat"}
    assert "10 of 10 points lie in the operation's area only when read the other way round" in said(
        read.proposal, "roles"
    )


def test_longitude_first_in_one_cell_is_found_by_the_area(tmp_path: Path) -> None:
    lines = ["text,position", *[f'dlo {n},"-72.3{n}, 18.5{n}"' for n in range(5)]]
    read = read_through(table(tmp_path / "t.csv", lines))
    assert read.proposal.plan.pair_order == "lon_lat"
    assert read.messages[0].place == GivenPlace(-72.30, 18.50)


def test_a_gateways_log_of_messages(tmp_path: Path) -> None:
    lines = ["message_id\tfrom\tmessage\tsent_timestamp", "1\t+50955500100\tNou bezwen dlo\t1263500000000",
             "2\t+50955500101\tManje\t1263500001000"]  # fmt: skip
    read = read_through(table(tmp_path / "t.tsv", lines))
    assert (read.proposal.plan.delimiter, read.proposal.plan.date_format) == ("\t", "unix")
    assert read.messages[0].sender == Address("tel", "+50955500100")
    assert read.messages[0].sent_at == datetime(2010, 1, 14, 20, 13, 20, tzinfo=UTC)


def test_quotes_that_are_letters_do_not_join_rows(tmp_path: Path) -> None:
    lines = ["id\ttext", *[f'{n}\ta 5" pipe and "{n}" more' for n in range(20)]]
    assert len(read_through(table(tmp_path / "t.tsv", lines)).messages) == 20


def test_labels_nobody_knows_are_counted_and_make_no_category(tmp_path: Path) -> None:
    lines = ["text,category", "a b,Water;Lava", "c d,Lava", "e f,Dlo; Health"]
    read = read_through(table(tmp_path / "t.csv", lines))
    assert read.proposal.unknown_labels == {"Lava": 2}
    assert [message.categories for message in read.messages] == [("2b",), (), ("2b", "3")]


def test_a_file_of_one_column_is_a_list_of_texts(tmp_path: Path) -> None:
    read = read_through(
        table(tmp_path / "t.txt", ["Message", "Nou bezwen dlo, manje, kay", "Wout la bloke", "Ede nou, tanpri"])
    )
    assert [message.text for message in read.messages] == [
        "Nou bezwen dlo, manje, kay",
        "Wout la bloke",
        "Ede nou, tanpri",
    ]


def test_mended_rows_come_back_without_the_columns_that_were_added(tmp_path: Path) -> None:
    lines = ["id,text,row,field,problem", "7,Nou bezwen dlo,9,text,A report needs a text."]
    read = read_through(table(tmp_path / "t.csv", lines))
    assert [read.proposal.plan.roles[name] for name in ("row", "field", "problem")] == ["left_out"] * 3
    assert dict(read.messages[0].fields) == {}


def test_what_a_person_says_counts_and_the_rest_is_worked_out_by_it(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", ["a title,with a comma", "id;text", "1;dlo, manje", "2;kay, dlo"])
    plan = propose(path, ABOUT, fixed={"delimiter": ";", "header_row": 2}).plan
    assert (plan.columns, plan.column("text")) == (("id", "text"), "text")
    with pytest.raises(BadDefinition, match="zone"):
        propose(path, ABOUT, fixed={"zone": "Nowhere"})


def test_a_proposal_can_be_kept_as_json(tmp_path: Path) -> None:
    proposal = propose(table(tmp_path / "t.csv", ["id,text", "1,dlo", "2,"]), ABOUT)
    kept = json.loads(json.dumps(proposal.to_json()))
    assert kept["samples"][0]["understood"]["text"] == "dlo"
    assert "needs a text" in kept["samples"][1]["problem"]


# --- what an operation's file says about the files of a source -----------------------------------------------------

COLUMNS = Columns(text="TEXT", id="No", date="Day", date_format="%d/%m/%Y")


def test_what_the_operations_file_says_counts_wherever_the_header_stands(tmp_path: Path) -> None:
    lines = ["Report of the week;;", "Day;TEXT;No", "03/04/2010;Nou bezwen dlo;7"]
    path = table(tmp_path / "t.csv", lines, "cp1252")
    plan = propose(path, ABOUT, columns=COLUMNS).plan
    assert (plan.delimiter, plan.header_row, plan.date_format) == (";", 2, "%d/%m/%Y")
    assert plan.roles == {"TEXT": "text", "No": "id", "Day": "date"}


@pytest.mark.parametrize(
    ("header", "reason", "field"),
    [("No,TEXT", "no_column", "Day"), ("No,TEXT,Day,TEXT", "same_column", "TEXT")],
)
def test_a_file_that_is_not_the_table_meant_is_refused_as_a_whole(
    header: str, reason: str, field: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused) as refused:
        propose(table(tmp_path / "t.csv", [header, "1,dlo,03/04/2010,x"]), ABOUT, columns=COLUMNS)
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_a_real_date_cell_of_a_workbook_needs_no_form(tmp_path: Path) -> None:
    read = date_reader("", "%d/%m/%Y", "UTC", ABOUT.now)
    assert read("2010-04-03T10:30:00") == datetime(2010, 4, 3, 10, 30, tzinfo=UTC)
    assert read("03/04/2010") == datetime(2010, 4, 3, tzinfo=UTC)


def test_a_date_is_found_whatever_else_its_name_speaks_for(tmp_path: Path) -> None:
    lines = ["message,signalement", *(f"Nou bezwen dlo nan kan {n},1{n % 7}/01/2010" for n in range(3, 30))]
    plan = propose(table(tmp_path / "t.csv", lines), ABOUT).plan
    assert plan.roles == {"message": "text", "signalement": "date"}


def test_degrees_with_letters_in_two_columns_are_a_place(tmp_path: Path) -> None:
    lines = ["Description,Lat,Long", *(f"""Kay kraze {n},"18°3{n}'00""N","72°2{n}'00""W\"""" for n in range(9))]
    read = read_through(table(tmp_path / "t.csv", lines))
    assert (read.proposal.plan.column("lat"), read.proposal.plan.column("lon")) == ("Lat", "Long")
    places = [message.place for message in read.messages]
    assert all(place and place.lat and place.lon and 18 < place.lat < 19 and -73 < place.lon < -72 for place in places)


def test_a_comma_with_one_digit_behind_is_a_decimal_comma_and_no_pair(tmp_path: Path) -> None:
    lines = ["Message;Lat;Lng;Prix", *(f"Nou bezwen dlo {n};18,{n};-72,{n};12,{n}" for n in range(3, 9))]
    read = read_through(table(tmp_path / "t.csv", lines))
    assert read.proposal.plan.decimal == ","
    places = [message.place for message in read.messages]
    assert [(place.lat, place.lon) for place in places if place][:1] == [(18.3, -72.3)]


def test_a_number_with_a_comma_is_no_pair_of_degrees(tmp_path: Path) -> None:
    lines = ["Message;Prix", *(f"Nou bezwen dlo {n};12,{n}" for n in range(3, 9))]
    assert read_through(table(tmp_path / "t.csv", lines)).proposal.plan.roles == {"Message": "text"}


def test_half_of_a_place_is_said_to_be_not_read(tmp_path: Path) -> None:
    lines = ["Message,Latitude", *(f"Nou bezwen dlo {n},18.{n}" for n in range(3, 9))]
    proposal = read_through(table(tmp_path / "t.csv", lines)).proposal
    assert "no column fits as the other half" in said(proposal, "roles")


@pytest.mark.parametrize(
    ("day", "hour"),
    [("40191", "08:30:00"), ("40191", "0.354166666666667"), ("2010-01-13", "0.354166666666667"), ("40191", "8h30")],
)
def test_days_as_numbers_go_with_a_column_of_times(day: str, hour: str, tmp_path: Path) -> None:
    lines = ["Ticket #,Date,Time,Message", *(f"{n},{day},{hour},Nou bezwen dlo" for n in range(5))]
    read = read_through(table(tmp_path / "t.csv", lines))
    assert not read.refused
    assert {message.sent_at for message in read.messages} == {datetime(2010, 1, 13, 13, 30, tzinfo=UTC)}
