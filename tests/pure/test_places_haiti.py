"""Places in the reports of Haiti 2010: found, learned, and with a radius that holds what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapport.cli.text_evaluation import HAITI, located
from rapport.operations import gazetteer_file
from rapport.text.evaluation.places import placed, tenth
from rapport.text.learned import LEAST_RADIUS_M, LEAST_REPORTS, Located, learned
from rapport.text.places import Entry, Gazetteer, find
from rapport.values import Precision


def entries(*without: str) -> list[Entry]:
    """The gazetteer of the demo, without rows of these origins."""
    return gazetteer_file.entries(Path(str(HAITI / "gazetteer.csv")), without)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Nou bezwen dlo nan Kafou, tanpri", "Carrefour"),
        ("mwen nan delmas 33 nou gen 40 moun", "Delmas 33"),
        ("moun yo nan Okay bezwen tant", "Les Cayes"),
        ("Gonayiv pa jwenn anyen", "Gonaïves"),
        ("Food needed - Bon Repos, 200 people", "Bon Repos"),
        ("Potoprens", "Port-au-Prince"),
        ("People from Port-au-Prince are in Jakmel", "Port-au-Prince"),
    ],
)
def test_places_as_people_wrote_them(text: str, first: str) -> None:
    assert find(text, Gazetteer(entries()))[0].spot.name == first


@pytest.mark.parametrize("text", ["okay mesi anpil", "aid for South Sudan in North Africa", "nou bezwen ed", "prince"])
def test_words_that_name_no_place(text: str) -> None:
    assert find(text, Gazetteer(entries())) == []


def test_the_stated_radius_is_honest_and_the_engine_beats_a_plain_look_up() -> None:
    """On the half by which thresholds were chosen: the other one is for reporting (docs/reference/data.md)."""
    figures = placed(located(), entries("reports"), chosen_by=True)
    assert figures.places_within >= 0.8
    assert figures.placed > figures.plain_placed > figures.bare_placed
    assert all(ours > plain for ours, plain, _ in figures.at_km.values())


def test_near_copies_of_a_report_share_a_tenth() -> None:
    text = "Nou bezwen dlo ak manje nan Kafou, 40 moun"
    assert tenth(text) == tenth(text.upper()) == tenth(f"  {text}!!")


def around(lon: float, lat: float, km: float, count: int, said: str) -> list[Located]:
    return [Located(said, lon + km / 111 * (-1) ** n * n / count, lat) for n in range(count)]


def test_a_name_is_learned_from_reports_that_agree_and_its_radius_grows_with_their_spread() -> None:
    near = learned(around(-72.3, 18.5, 0.1, 5, "Near Canapé Vert, Port-au-Prince"))
    assert [one.entry.names for one in near] == [("canape vert",), ("port au prince",)]
    assert [(one.spelled, one.reports) for one in near] == [("Canapé Vert", 5), ("Port-au-Prince", 5)]
    assert near[0].spot.radius_m == LEAST_RADIUS_M
    (wide,) = learned(around(-72.3, 18.5, 3.0, 5, "Canapé Vert"))
    assert wide.spot.radius_m > LEAST_RADIUS_M
    assert wide.spot.precision is Precision.LOCALITY


def test_what_few_say_what_disagrees_and_what_is_a_kind_of_place_is_not_learned() -> None:
    assert learned(around(-72.3, 18.5, 0.1, LEAST_REPORTS - 1, "Canapé Vert")) == []
    assert learned(around(-72.3, 18.5, 40.0, 9, "Canapé Vert")) == []
    assert learned(around(-72.3, 18.5, 0.1, 9, "Hospital")) == []


@pytest.mark.parametrize("said", ["Kay Madan Jozef", "House of Paul", "Pastor Luc", "12 rue Capois", "Rue Gelin #6"])
def test_what_may_be_a_person_or_a_house_is_not_learned(said: str) -> None:
    assert learned(around(-72.3, 18.5, 0.1, 9, said)) == []


@pytest.mark.parametrize("said", ["Rue Capois", "Delmas 33", "Rue 14", "Kafou Feray"])
def test_streets_and_numbered_quarters_are(said: str) -> None:
    assert [one.spelled for one in learned(around(-72.3, 18.5, 0.1, 9, said))] == [said]


def test_reports_count_as_whoever_asks_counts_them() -> None:
    rows = around(-72.3, 18.5, 0.1, 9, "Canapé Vert")
    assert learned(rows, count=lambda some: LEAST_REPORTS - 1) == []
    assert [one.reports for one in learned(rows, count=lambda some: LEAST_REPORTS)] == [9]
