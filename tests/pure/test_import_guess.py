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

HXL = Path(__file__).parent.parent / "data" / "hxl"


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
        "geo_long": "lon", "country": "place",
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


def test_texts_with_commas_and_no_quotes_cost_their_rows_and_not_the_columns(tmp_path: Path) -> None:
    texts = ["Nou bezwen dlo", "dlo, manje", "dlo, manje, tant", "tant, dlo, manje, kouvèti", "a, b, c, d, e, f"]
    rows = [f"{n},{texts[n % 5]},18.5,-72.3" for n in range(40)]
    read = read_through(table(tmp_path / "t.csv", ["id,text,lat,lon", *rows]))
    plan = read.proposal.plan
    assert (plan.delimiter, plan.columns) == (",", ("id", "text", "lat", "lon"))
    assert "the comma divides the header into 4 names that are known" in said(read.proposal, "delimiter")
    assert [message.text for message in read.messages] == ["Nou bezwen dlo"] * 8
    assert read.reasons == {"ragged": 32}


def test_one_column_of_texts_stays_one(tmp_path: Path) -> None:
    texts = ["message", *(f"Nou bezwen dlo{', ede nou' * (n % 4)}" for n in range(20)), "lieu, date"]
    assert [m.text for m in read_through(table(tmp_path / "t.csv", texts)).messages] == texts[1:]


def test_texts_between_apostrophes(tmp_path: Path) -> None:
    rows = [f"{n},'Nou bezwen dlo nan kan {n}',18.5,-72.3" for n in range(20)]
    read = read_through(table(tmp_path / "t.csv", ["id,text,lat,lon", *rows]))
    assert read.messages[0].text == "Nou bezwen dlo nan kan 0"
    assert "texts stand between apostrophes" in said(read.proposal, "quote")
    with_commas = [f"{n},'Dlo, manje{', tant' * (n % 3)}',18.5,-72.3" for n in range(20)]
    assert len(read_through(table(tmp_path / "t.csv", ["id,text,lat,lon", *with_commas])).messages) == 20
    letters = read_through(table(tmp_path / "t.csv", ["id,text", *(f"{n},'m pa ka dòmi, m'ap rele" for n in range(9))]))
    assert "'" not in {letters.proposal.plan.quote}
    plain = read_through(table(tmp_path / "t.csv", ["id,text", *(f"{n},l'eau de l'ecole" for n in range(9))]))
    assert (plain.messages[0].text, said(plain.proposal, "quote")) == ("l'eau de l'ecole", "")


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


@pytest.mark.parametrize("name", ["Priority", "Urgency", "Gravité", "Ijans"])
def test_what_a_file_holds_urgent_is_kept_with_the_report_and_decides_nothing(name: str, tmp_path: Path) -> None:
    """People on the desk say how urgent a report is; a column of the file is one of its fields."""
    read = read_through(
        table(tmp_path / "u.csv", [f"id,Message,{name}", "1,Nou bezwen dlo,Water", "2,Wout la bloke,2"])
    )
    assert name not in read.proposal.plan.roles


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


def test_a_file_of_utf_8_with_old_rows_pasted_below_is_read_as_utf_8(tmp_path: Path) -> None:
    """Read as the other encoding, most rows would be garbled, and nobody told which."""
    old = [f"{n},Route barrée près de l’école n° {n}" for n in range(20, 33)]
    new = [f"{n},Route barrée près de l’église n° {n}" for n in range(20)]
    path = table(tmp_path / "t.csv", ["id,Message", *new])
    with path.open("ab") as file:
        file.write("".join(f"{row}\r\n" for row in old).encode("cp1252"))
    read = read_through(path)
    assert read.proposal.plan.encoding == "utf-8"
    assert [message.text for message in read.messages] == [row.partition(",")[2] for row in new]
    assert len(read.refused) == len(old)
    other = table(tmp_path / "o.csv", ["id,Message", *old], encoding="cp1252")
    assert len(read_through(other).messages) == len(old)


def test_columns_of_degrees_with_two_points_are_a_place_whose_rows_are_refused(tmp_path: Path) -> None:
    """Were they passed over as no degrees, all reports would come in without a place and without a word."""
    lines = ["Message;Lat;Lng", *(f"Nou bezwen dlo {n};18.533.33{n};-72.333.33{n}" for n in range(9))]
    read = read_through(table(tmp_path / "t.csv", lines))
    assert (read.proposal.plan.column("lat"), read.proposal.plan.column("lon")) == ("Lat", "Lng")
    assert not read.messages


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


def test_an_empty_column_takes_no_part_from_one_that_says_something(tmp_path: Path) -> None:
    lines = ["Commune;Localité;_tags;besoin;Besoin exprimé"]
    lines += [f"Jacmel;;;{'Eau' if n % 2 else 'Santé'};Nou bezwen dlo nan kan {n}" for n in range(6)]
    read = read_through(table(tmp_path / "t.csv", lines))
    assert read.proposal.plan.roles == {"Commune": "place", "besoin": "categories", "Besoin exprimé": "text"}
    assert {one.place for one in read.messages} == {GivenPlace(None, None, "Jacmel")}
    assert "_tags" not in {one.column for one in read.proposal.evidence}


def test_numbers_are_no_categories_only_because_categories_have_numbers(tmp_path: Path) -> None:
    lines = ["id,text,loc-Accuracy", *(f"{n},Nou bezwen dlo nan kan {n},3" for n in range(6))]
    read = read_through(table(tmp_path / "t.csv", lines))
    assert "loc-Accuracy" not in read.proposal.plan.roles
    assert {one.categories for one in read.messages} == {()}
    named = read_through(table(tmp_path / "n.csv", ["id,text,category", *(f"{n},Nou bezwen {n},3" for n in range(6))]))
    assert {one.categories for one in named.messages} == {("3",)}, "a column of that name holds codes"


def test_a_column_called_date_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    lines = ["Date,Message", *(f"jou {n} apre,Nou bezwen dlo nan kan {n}" for n in range(6))]
    read = read_through(table(tmp_path / "t.csv", lines))
    assert "by its name a date, but it holds something else; 0% of its cells are dates" in said(read.proposal, "roles")


def test_a_year_behind_a_dash_is_no_zone(tmp_path: Path) -> None:
    lines = ["date,message", *(f"{n}-01-2010,Nou bezwen dlo nan kan {n}" for n in range(14, 20))]
    proposal = read_through(table(tmp_path / "t.csv", lines)).proposal
    assert "name their zone" not in said(proposal, "zone")
    lines = ["date,message", *(f"2010-01-{n}T08:30:00-0500,Nou bezwen dlo nan kan {n}" for n in range(14, 20))]
    assert "name their zone" in said(read_through(table(tmp_path / "z.csv", lines)).proposal, "zone")


@pytest.mark.parametrize("cell", ["14 janvier 2010 à 8h", "14/01/2010 à 8h00", "14/01/2010 8 h", "14 janvye 2010, 8h"])
def test_hours_as_french_writes_them(cell: str) -> None:
    read = date_reader("DMY", "", "UTC", ABOUT.now)
    assert read(cell) == datetime(2010, 1, 14, 8, tzinfo=UTC)


def doubts(proposal: Proposal) -> list[str]:
    return [f"{one.column}: {one.said}" for one in proposal.evidence if one.doubt]


def test_what_a_person_must_look_at_first_is_a_doubt() -> None:
    """Real HXL tables (tests/data/hxl): one of figures, one of events of the whole world."""
    figures = read_through(HXL / "ethiopia_drought_affected_targeted_reached_by_cluster.csv").proposal
    assert doubts(figures) == [
        "LOCATION / Zone: text, because nothing else can be: is this a file of reports, or a table of figures?"
    ]
    assert "no field of this operation counts people" in said(figures, "roles")
    world = read_through(HXL / "gdacs_rss_information.csv").proposal
    assert doubts(world) == [
        "geo_lat: 0 of 49 points lie in the operation's area",
        "event_type: 4 labels are no categories of this operation: say below what is meant, or it stays mere text",
    ]
