"""`rapport text evaluate`: how good what the text chain says is, on messages and reports that ship with rapport.

What a part was chosen by looking at is its "validation", what it was not is its "test": of the messages these are the
publishers' splits; of the edited copies, of the reports' places and of the changed facts, halves and seeds.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import polars as pl

from rapport.cli.bench_figures import Figure
from rapport.events.matching import NearDuplicates, Said
from rapport.operations import gazetteer_file
from rapport.text import signature
from rapport.text.columns import Texts
from rapport.text.evaluation import differences, duplicates, labels, language, personal, places
from rapport.text.evaluation.messages import Split, messages
from rapport.text.kernels.plain import made_plain
from rapport.text.labels.model import loaded
from rapport.text.learned import Located
from rapport.text.places import Gazetteer
from rapport.values import Box

HAITI = files("rapport") / "data" / "haiti-2010"
_AREA = Box(-74.6, 17.9, -71.5, 20.2)
_TAUGHT_BY_REPORTS = ("reports",)  # origin of places of the gazetteer that the reports themselves taught
_OFFERED = 5  # as many as the desk shows beside a report
#: The words of text/differences.py were completed on cases of the first seed.
_SEEDS: Mapping[Split, int] = {"train": 11, "validation": 11, "test": 13}


@dataclass(frozen=True, slots=True)
class Asked:
    split: Split
    model: Path


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the Ushahidi-Haiti map."""

    title: str
    description: str
    place: Located
    at: datetime


def evaluate(split: Split, model: Path, only: Sequence[str] = ()) -> Iterator[Figure]:
    """The figures, one after the other as they are found; `only` those whose names begin so."""
    asked = Asked(split, model)
    for names, measured in _PARTS.items():
        if any(_wanted(name, only) for name in names):
            yield from (figure for figure in measured(asked) if _wanted(figure.name, only))


def names() -> list[str]:
    """Of all figures."""
    return [name for part in _PARTS for name in part]


def _wanted(name: str, only: Sequence[str]) -> bool:
    return not only or name.startswith(tuple(only))


# --- what is read --------------------------------------------------------------------------------------------------


@cache
def reports() -> tuple[Report, ...]:
    """Those of the sample operation, in the order in which they are listed."""
    lines = (HAITI / "reports.csv").read_text("utf-8").splitlines(keepends=True)
    return tuple(
        Report(
            row["INCIDENT TITLE"],
            row["DESCRIPTION"],
            Located(row["LOCATION"], float(row["LONGITUDE"]), float(row["LATITUDE"])),
            datetime.strptime(row["INCIDENT DATE"], "%d/%m/%Y %H:%M").replace(tzinfo=UTC),
        )
        for row in csv.DictReader(lines)
    )


def located() -> list[places.Report]:
    """The reports that lie in Haiti: title and description, with the place beside them."""
    return [
        places.Report(f"{one.title}\n\n{one.description}", one.place)
        for one in reports()
        if _AREA.holds(one.place.lon, one.place.lat)
    ]


def haiti(languages: Sequence[str] = ("ht", "fr", "en", "es")) -> Gazetteer:
    """The gazetteer of the sample operation."""
    return Gazetteer(gazetteer_file.entries(Path(str(HAITI / "gazetteer.csv"))), languages)


# --- what is measured ----------------------------------------------------------------------------------------------


def _labels(asked: Asked) -> Iterator[Figure]:
    found = labels.figures(loaded(asked.model), messages(), asked.split, language.told)
    for name, unit, better, aim in _LABELS:
        yield Figure(name, found[name], unit, better, aim)


def _language(_: Asked) -> Iterator[Figure]:
    found = language.figures(messages())
    yield Figure("language_kreyol_60", found.kreyol_60, f"of {found.kreyol_messages} messages", "higher", 0.99)
    yield Figure("language_macro_40", found.macro_40, f"of {len(found.by_language)} languages", "higher", 0.94)
    yield Figure("language_wrong_40", found.wrong_40, "of sentences", "lower")


def _duplicates(asked: Asked) -> Iterator[Figure]:
    found = duplicates.duplicates(messages())
    recall = found.recall if asked.split == "test" else found.chosen_on
    ordinary, evasions = (min(recall[edit] for edit in some) for some in (duplicates.ORDINARY, duplicates.EVASIONS))
    yield Figure("duplicates_worst_recall", ordinary, "of copies", "higher", 0.97)
    yield Figure("duplicates_purity", found.purity, "of members", "higher", 0.97)
    yield Figure("evasions_recall", evasions, "of copies", "higher", 0.99)


def _differences(asked: Asked) -> Iterator[Figure]:
    found = differences.evaluate(messages(), haiti().by_name, _SEEDS[asked.split])
    yield Figure("differences_caught", found.differences_caught, "of changed copies", "higher", 0.98)
    worst = max(found.held_back[edit] for edit in ("passed on", "words added"))
    yield Figure("differences_held_back", worst, "of copies with nothing changed", "lower")


def _phones(asked: Asked) -> Iterator[Figure]:
    found = personal.figures(messages(), asked.split)
    yield Figure("phones_recall", found["phones_recall"], "of numbers", "higher", 0.95)
    yield Figure("phones_disguised_recall", found["disguises_recall"], "of numbers", "higher")
    yield Figure("phones_false_per_1000", found["phones_false_per_1000"], "a thousand messages of news", "lower", 2)


def _places(asked: Asked) -> Iterator[Figure]:
    known = gazetteer_file.entries(Path(str(HAITI / "gazetteer.csv")), _TAUGHT_BY_REPORTS)
    found = places.placed(located(), known, chosen_by=asked.split != "test")
    yield Figure("places_within", found.places_within, "of reports with a candidate", "higher")
    yield Figure("places_median_radius_km", found.places_median_radius_km, "km", "lower")
    peer = "plain look-up, same radius"
    yield Figure("places_placed", found.placed, "of reports", "higher", None, peer, found.plain_placed)
    yield Figure("places_placed_bare", found.placed, "of reports", "higher", None, f"{peer}, no learned names",
                 found.bare_placed)  # fmt: skip


def _pairs(_: Asked) -> Iterator[Figure]:
    yield Figure("haiti_pairs_found", pairs()[0], "of pairs", "higher", 0.95)


def pairs() -> tuple[float, float]:
    """Of pairs of reports with like words, the share offered side by side; and of those, or in one group."""
    listed = reports()
    texts = [one.description.strip() or one.title for one in listed]
    plain = made_plain(Texts.of(pl.Series(texts, dtype=pl.String)))[0]
    known = NearDuplicates()
    said = [Said(at, one.place.lon, one.place.lat, one.at) for at, one in enumerate(listed)]
    known.add(said, plain, signature.bins(plain))
    offered = [[found.id for found in known.near(at, most=_OFFERED)] for at in range(len(listed))]
    return duplicates.pairs_found(texts, offered, [known.group(at) for at in range(len(listed))])


_LABELS: tuple[tuple[str, str, Literal["higher", "lower"], float | None], ...] = (
    ("labels_macro", "F1", "higher", 0.565),
    ("labels_weighted", "F1", "higher", 0.745),
    ("labels_map", "average precision", "higher", 0.585),
    ("labels_micro", "F1", "higher", None),
    ("originals_micro", "F1", "higher", 0.80),
    ("originals_macro", "F1", "higher", 0.76),
    ("originals_map", "average precision", "higher", 0.81),
    ("calibration_error", "mean over labels", "lower", 0.03),
    ("calibration_error_messages", "mean over labels", "lower", None),
    ("calibration_error_originals", "mean over labels", "lower", None),
    ("abstained_messages", "of messages", "lower", None),
    ("abstained_originals", "of originals", "lower", None),
)
#: The names of the figures that are measured together → how.
_PARTS: Mapping[tuple[str, ...], Callable[[Asked], Iterator[Figure]]] = {
    tuple(name for name, *_ in _LABELS): _labels,
    ("language_kreyol_60", "language_macro_40", "language_wrong_40"): _language,
    ("duplicates_worst_recall", "duplicates_purity", "evasions_recall"): _duplicates,
    ("differences_caught", "differences_held_back"): _differences,
    ("phones_recall", "phones_disguised_recall", "phones_false_per_1000"): _phones,
    ("places_within", "places_median_radius_km", "places_placed", "places_placed_bare"): _places,
    ("haiti_pairs_found",): _pairs,
}
