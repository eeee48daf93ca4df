"""Dates, coordinates and labels as people, spreadsheets and programs write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.intake.imports.dates import date_reader, guess_dates
from rapport.intake.imports.labels import best_separator, code_of, known_labels, labels_in, language_code
from rapport.text.degrees import degrees, pair
from tests.pure.importing import ABOUT

NOW = datetime(2011, 1, 1, tzinfo=UTC)


def moment(said: str, order: str = "", form: str = "", zone: str = "UTC") -> datetime:
    return date_reader(order, form, zone, NOW)(said)


def reason(said: str, order: str = "", form: str = "") -> str:
    with pytest.raises(Refused) as refused:
        moment(said, order, form)
    assert refused.value.remedy
    return refused.value.reason


THE_DAY = datetime(2010, 1, 25, 17, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "2010-01-25 17:26", "2010-01-25T17:26:00Z", "2010-01-25T12:26:00-05:00", "2010-01-25 12:26 EST",
        "20100125T1726",
        "2010/01/25 5:26 PM", "25/01/2010 17:26", "25.01.2010 17h26", "01/25/2010 5:26 p.m.",
        "25 January 2010 17:26", "January 25, 2010 5:26 PM", "Mon, 25 Jan 2010 17:26:00 GMT", "25-Jan-10 17:26",
        "lundi 25 janvier 2010 17:26", "25 de enero de 2010 17:26", "25 janvye 2010 17:26", "25 janv. 2010 à 17h26",
        "2010-01-25T17:26:00.000+00:00",
    ],
)  # fmt: skip
def test_one_moment_in_many_hands(said: str) -> None:
    assert moment(said) == THE_DAY


def test_what_reads_both_ways_is_read_as_the_file_is_and_never_guessed() -> None:
    assert reason("03/04/2010") == "date_both_ways"
    assert reason("10-01-12") == "date_both_ways"
    assert moment("03/04/2010", "DMY") == datetime(2010, 4, 3, tzinfo=UTC)
    assert moment("03/04/2010", "MDY") == datetime(2010, 3, 4, tzinfo=UTC)
    assert moment("10-01-12", "YMD") == datetime(2010, 1, 12, tzinfo=UTC)
    assert moment("2010-04-03", "MDY") == datetime(2010, 4, 3, tzinfo=UTC)
    assert moment("04/04/2010") == datetime(2010, 4, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "order", "why"),
    [
        ("25/01/2010", "MDY", "no_date"), ("01/25/2010", "DMY", "no_date"), ("31/02/2010", "DMY", "no_date"),
        ("yesterday", "", "no_date"), ("2010-01-25 25:00", "", "no_date"), ("2010-01-25 13:00 PM", "", "no_date"),
        ("2010-01-25 10:00 XYZ", "", "no_date"), ("12 Ju 2010", "", "no_date"),
        ("40190.7", "", "no_date"), ("2011-01-03", "", "future_date"), ("1899-12-31", "", "early_date"),
        ("0001-01-01", "", "early_date"), ("9999-12-31 23:59", "", "future_date"),
    ],
)  # fmt: skip
def test_a_date_that_cannot_be_says_why(said: str, order: str, why: str) -> None:
    assert reason(said, order) == why


def test_a_date_without_a_zone_is_of_the_plans() -> None:
    assert moment("2010-01-25 17:26", zone="America/Port-au-Prince") == THE_DAY + timedelta(hours=5)
    assert moment("2010-01-25 17:26 UTC", zone="America/Port-au-Prince") == THE_DAY


@pytest.mark.parametrize(
    ("said", "form"),
    [("40203.726388888889", "excel"), ("40203,726388888889", "excel"), ("38741.726388888889", "excel-1904"),
     ("1264440360", "unix"), ("1264440360000", "unix"), ("25.01.2010 um 17:26", "%d.%m.%Y um %H:%M")],
)  # fmt: skip
def test_numbers_and_forms_that_somebody_named(said: str, form: str) -> None:
    assert moment(said, form=form) == THE_DAY


@given(
    st.datetimes(datetime(1901, 1, 2), datetime(2010, 12, 30)), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d"])
)
def test_every_day_is_read_as_it_was_written(day: datetime, form: str) -> None:
    order = {"%d/%m/%Y": "DMY", "%m/%d/%Y": "MDY"}.get(form, "")
    assert moment(day.strftime(f"{form} %H:%M"), order).replace(tzinfo=None) == day.replace(second=0, microsecond=0)


@given(st.text(max_size=30), st.sampled_from(["", "DMY", "MDY", "YMD"]), st.sampled_from(["", "excel", "unix"]))
def test_any_text_is_a_moment_or_refused(said: str, order: str, form: str) -> None:
    try:
        assert moment(said, order, form) <= NOW + timedelta(days=1)
    except Refused:
        return  # any other exception fails


def test_the_order_of_a_column_comes_with_its_evidence() -> None:
    guess = guess_dates(["25/01/2010", "26/01/2010", "03/04/2010", "05/05/2010"])
    assert guess.order == "DMY"
    assert guess.said == ("2 dates can only be day/month, 1 would change as month/day, 1 read the same",)


@pytest.mark.parametrize(
    ("cells", "order", "form"),
    [
        (["01/25/2010", "03/04/2010"], "MDY", ""),
        (["03/04/2010", "05/06/2010"], "", ""),  # nothing says it: a person must
        (["25/01/2010", "01/25/2010"], "", ""),  # they contradict each other
        (["25/01/10", "26/01/10", "27/01/10"], "DMY", ""),
        (["99-01-25", "98-02-03"], "YMD", ""),
        (["13-01-21", "13-01-22", "13-01-23", "13-01-25", "13-02-26"], "", ""),  # the year may well come first
        (["2010-01-25", "25 January 2010"], "", ""),
        (["40203.72", "40204"], "", "excel"),
        (["1264440360", "1264440361"], "", "unix"),
        ([], "", ""),
    ],
)
def test_an_order_is_proposed_only_where_the_dates_say_it(cells: Sequence[str], order: str, form: str) -> None:
    guess = guess_dates(cells)
    assert (guess.order, guess.form) == (order, form)


# --- coordinates ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "most", "value"),
    [
        ("18.54", 90, 18.54), ("-72,34", 180, -72.34), ("18°32'24\"N", 90, 18.54), ("72°20'24\"W", 180, -72.34),
        ("72° 20' 24\" O", 180, -72.34), ("W72.34", 180, -72.34), ("-72 20 24", 180, -72.34), ("18 32.4 N", 90, 18.54),
        ("18.54°", 90, 18.54), ("−72.34", 180, -72.34), ("18d32m24s", 90, 18.54), ("S 18.54", 90, -18.54),
        ("18.32.24N", 90, 18.54), ("72.20.24 W", 180, -72.34), ("-72.20.24", 180, -72.34),
        ("18° 24\"", 90, 18 + 24 / 3600),
    ],
)  # fmt: skip
def test_degrees_as_instruments_and_people_write_them(said: str, most: int, value: float) -> None:
    assert degrees(said, most, ",") == pytest.approx(value)


@pytest.mark.parametrize(
    ("said", "most"),
    [("", 90), ("north", 90), ("nan", 90), ("inf", 180), ("91", 90), ("181", 180), ("18°62'N", 90), ("18.5 E", 90),
     ("18.5 N", 180), ("18.5.4", 90), ("1e999", 180), ("N18N", 90),
     ("18.62.20N", 90), ("18.30.20.5N", 90), ("18.5 30.2 N", 90), ("18 30.5 20 N", 90), ("7220W", 180),
     ("18°20\"", 90)],
)  # fmt: skip
def test_what_is_no_number_of_degrees_is_refused(said: str, most: int) -> None:
    with pytest.raises(Refused):
        degrees(said, most)


@pytest.mark.parametrize(
    ("said", "most", "decimal"),
    [("18.533.333", 90, "."), ("-72.333.333", 180, "."), ("18.533.333", 90, ","), ("18,533,333", 90, ","),
     ("18.5.33", 90, "."), ("N 18.533.333", 90, ".")],
)  # fmt: skip
def test_a_number_with_two_points_is_another_place_or_none_and_is_not_guessed(
    said: str, most: int, decimal: str
) -> None:
    with pytest.raises(Refused, match=r"more than one point.*as 18\.533333"):
        degrees(said, most, decimal)


@pytest.mark.parametrize(
    ("said", "order", "decimal"),
    [
        ("18.54, -72.34", "lat_lon", "."), ("18.54 -72.34 12 5.0", "lat_lon", "."), ("-72.34;18.54", "lon_lat", "."),
        ("(18.54, -72.34)", "lat_lon", "."),
        ("POINT(-72.34 18.54)", "lat_lon", "."), ("[-72.34, 18.54]", "lat_lon", "."),
        ("18°32'24\"N, 72°20'24\"W", "lon_lat", "."), ("72°20'24\"W 18°32'24\"N", "lat_lon", "."),
        ("N 18.54 W 72.34", "lat_lon", "."), ("18,54 ; -72,34", "lat_lon", ","), ("18,54 -72,34", "lat_lon", ","),
        ("SRID=4326;POINT (-72.34 18.54)", "lat_lon", "."),
    ],
)  # fmt: skip
def test_latitude_and_longitude_in_one_cell(said: str, order: str, decimal: str) -> None:
    assert pair(said, order, decimal) == (pytest.approx(-72.34), pytest.approx(18.54))


@pytest.mark.parametrize("said", ["18.54", "Jacmel, Haiti", "1 2 3 4 5", "POINT(1)", "", ",", "95, 20, 1"])
def test_what_is_no_pair_is_refused(said: str) -> None:
    with pytest.raises(Refused):
        pair(said)


@pytest.mark.parametrize(
    "said", ["1" + " " * 150 + "x", "1" + " " * 5_000 + "x", "N" * 100_000, "1 " * 50_000, "POINT(" + "1 " * 50_000]
)
def test_a_cell_made_to_take_long_is_refused_at_once(said: str) -> None:
    """Patterns that try every way to read it would not come to an end while anybody waits."""
    for read in (pair, lambda cell: degrees(cell, 90), lambda cell: degrees(cell, 180, ",")):
        with pytest.raises(Refused, match=r"no pair|no number|too long"):
            read(said)


@given(st.text(alphabet="0123456789.,-°'\" NSEWO;()[]POINT", max_size=25))
def test_any_text_is_a_point_on_the_globe_or_refused(said: str) -> None:
    try:
        lon, lat = pair(said)
    except Refused:
        return
    assert -180 <= lon <= 180
    assert -90 <= lat <= 90


# --- labels --------------------------------------------------------------------------------------------------------


def test_a_label_is_known_by_itself_by_name_in_any_language_and_by_code() -> None:
    known = known_labels(ABOUT, {"H2O": "2b"})
    found = [
        code_of(one, known) for one in ("2a. Penurie d'aliments | Food Shortage", "EAU", "dlo", "2b", "sante", "H2O")
    ]
    assert found == ["2a", "2b", "2b", "2b", "3", "2b"]
    assert code_of("Volcano", known) == ""


def test_what_stands_between_labels_is_found_by_the_labels() -> None:
    known = known_labels(ABOUT)
    assert best_separator(["Water; Health", "Water"], known)[0] == ";"
    assert best_separator(["2a 2b", "3"], known)[0] == " "
    assert best_separator(["Water, Health, "], known)[:2] == (",", 2)
    assert best_separator(["Data theft; Hijacking", "Data theft", "Hijacking; Data theft"], known)[0] == ";"
    assert labels_in('["2a", "2b"]', ",", known) == ["2a", "2b"]
    assert labels_in("2a. Penurie d'aliments | Food Shortage", "|", known) == ["2a. Penurie d'aliments | Food Shortage"]


def test_a_language_is_known_by_code_and_by_name() -> None:
    assert [language_code(one) for one in ("fr", "fr-HT", "FRA", "Français", "Kreyòl", "ne", "unknown language")] == [
        "fr", "fr", "fr", "fr", "ht", "ne", "",
    ]  # fmt: skip
