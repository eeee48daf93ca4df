"""What is suggested about a report, with its reasons: from what its words seem to say, and what came beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from rapport.events.matching import Candidate
from rapport.intake.fresh import Fresh
from rapport.operations.gazetteer import match_place_name
from rapport.operations.models import Operation
from rapport.plain_sql import insert_tuples, json, moment
from rapport.reports.models import Suggestion, SuggestionKind
from rapport.text import chain, urgency
from rapport.text.places import in_words
from rapport.values import DEFAULT_RADIUS_M, Json, Precision, Spot, place_problem

SHOWN = 5  # places that are put before a person
FUNCTION = "understand 1"  # name and version of what makes the suggestions of this module
_COLUMNS = ("report_id", "kind", "value", "score", "reasons", "function", "named", "created_at")
_NEAR, _PLACE = SuggestionKind.NEAR_DUPLICATE.value, SuggestionKind.PLACE.value

Row = Mapping[str, Any]  # of the text chain
Place = tuple[Spot, float, str, str]  # where, score, reason, the function that says so


class Suggested(NamedTuple):
    """A suggestion about a report, as a row; `value` and `reasons` as JSON."""

    report: int
    kind: str
    value: str
    score: float
    reasons: str
    function: str
    named: int | None = None  # the report that a near-duplicate names


@dataclass(frozen=True, slots=True)
class Context:
    """`meant`: label → the codes of the categories that it means here; `model`: the id of what found the labels."""

    meant: Mapping[str, Sequence[str]]
    model: str


def of_words(report: int, said: Row, context: Context) -> Iterator[Suggested]:
    """What its words alone suggest, places apart. `said`: its row of the text chain. Needs no database."""
    if said["language"]:
        yield _language(report, said["language"])
    if said["labels"]:
        yield from _categories(report, said["labels"], context)
    if said["urgency"]:
        yield from _urgency(report, said, context)


def of_places(
    report: Fresh, said: Row, near: Sequence[Candidate], operation: Operation, spots: Mapping[int, Spot]
) -> Iterator[Suggested]:
    """Where it may be. `near`: earlier reports in nearly the same words, the likest first; `spots`: where some of them
    have been placed."""
    given = _given_places(report, operation) if report.lon is not None or report.place_said else ()
    named = _named_places(said) if said["places"] else ()
    there = _places_of(near, spots) if spots else ()
    first: dict[tuple[float, float, Precision], Place] = {}  # a place that is named five times stands here once
    for place in (*given, *named, *there):
        first.setdefault((place[0].lon, place[0].lat, place[0].precision), place)
    for spot, score, reason, function in list(first.values())[:SHOWN]:
        yield Suggested(report.pk, _PLACE, json(_place_value(spot)), round(score, 3), json([reason]), function)


def beside(report: int, near: Sequence[Candidate]) -> Iterator[Suggested]:
    """The reports that it stands beside."""
    for one in near:
        value = f'{{"report":{one.id}}}'
        yield Suggested(report, _NEAR, value, round(one.score, 3), json(one.reasons), FUNCTION, one.id)


def write(suggested: Iterable[Suggested], at: datetime) -> None:
    """Into the database, in the transaction of whoever calls."""
    when = moment(at)
    insert_tuples(Suggestion, _COLUMNS, ((*one, when) for one in suggested))


def _language(report: int, code: str) -> Suggested:
    return Suggested(
        report, SuggestionKind.LANGUAGE.value, f'{{"code":"{code}"}}', 1.0, '["by its words"]', chain.FUNCTION
    )


def _categories(report: int, labels: Sequence[Row], context: Context) -> Iterator[Suggested]:
    """The operation's categories that its words speak of; a category that two labels mean, by the surer one."""
    surest: dict[str, Row] = {}
    for spoken in labels:
        for code in context.meant.get(spoken["label"], ()):
            surest.setdefault(code, spoken)  # the surest stand first
    for code, spoken in surest.items():
        value, reasons = _category(code, spoken["label"], f"{spoken['score']:.0%}")
        score = round(spoken["score"], 3)
        yield Suggested(report, SuggestionKind.CATEGORY.value, value, score, reasons, context.model)


@lru_cache(maxsize=10_000)
def _category(code: str, label: str, sure: str) -> tuple[str, str]:
    return json({"code": code}), json([_speaks_of(label, sure)])


def _urgency(report: int, said: Row, context: Context) -> Iterator[Suggested]:
    """How urgent its words make it, for levels above 0; as sure as the label that decided, or by its words for a
    risk."""
    level = said["urgency"]
    if made := urgency.deciding(level, said["labels"]):
        value, reasons = _level(level, tuple((one["label"], f"{one['score']:.0%}") for one in made))
        score = round(made[0]["score"], 3)
        yield Suggested(report, SuggestionKind.URGENCY.value, value, score, reasons, context.model)
    elif risk := urgency.deciding_risk(level, said["risks"]):
        value, reasons = json({"level": level}), json([urgency.said(risk)])
        yield Suggested(report, SuggestionKind.URGENCY.value, value, 1.0, reasons, chain.FUNCTION)


@lru_cache(maxsize=10_000)
def _level(level: int, made: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    return json({"level": level}), json([_speaks_of(*one) for one in made])


def _speaks_of(label: str, sure: str) -> str:
    return f"its words speak of {label.replace('_', ' ')}: {sure} sure".replace("%", " %")


# --- places --------------------------------------------------------------------------------------------------------


def _place_value(spot: Spot) -> dict[str, Json]:
    return {
        "lon": spot.lon,
        "lat": spot.lat,
        "precision": spot.precision.value,
        "radius_m": spot.radius_m,
        "name": spot.name,
        "pcode": spot.pcode,
    }


def _given_places(report: Fresh, operation: Operation) -> Iterator[Place]:
    """The place that came beside the text: coordinates, and the name in the field for it."""
    if report.lon is not None and report.lat is not None:
        problem = place_problem(report.lon, report.lat, operation.box)
        if not problem:
            yield _point(report.lon, report.lat, report.place_said), 0.9, "coordinates that came with it", FUNCTION
        elif problem == "swapped":
            swapped = _point(report.lat, report.lon, report.place_said)
            yield swapped, 0.6, "coordinates that came with it, exchanged: as given they lie outside", FUNCTION
    if report.place_said:
        spot = match_place_name(operation, report.place_said)
        if spot is not None:
            yield spot, 0.7, f"the place was given as “{report.place_said}”", FUNCTION


def _point(lon: float, lat: float, name: str) -> Spot:
    return Spot(lon, lat, Precision.LOCALITY, DEFAULT_RADIUS_M[Precision.LOCALITY], name)


def _named_places(said: Row) -> Iterator[Place]:
    for found in said["places"]:
        precision = Precision(found["precision"])
        spot = Spot(found["lon"], found["lat"], precision, found["radius_m"], found["name"], found["pcode"])
        yield spot, found["score"], in_words(found), chain.FUNCTION


def _places_of(near: Sequence[Candidate], spots: Mapping[int, Spot]) -> Iterator[Place]:
    """Where a report in nearly the same words has been placed by somebody before."""
    for candidate in near:
        if spot := spots.get(candidate.id):
            yield spot, candidate.score * 0.8, "a report in nearly the same words is placed there", FUNCTION
