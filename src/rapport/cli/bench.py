"""`rapport bench`: how fast things are, beside their aims and, where one runs, a peer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from rapport.cli.bench_figures import Figure
from rapport.cli.output import as_json, columns, show
from rapport.values import Json

_folder = click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the data of the bench goes: the disk to be measured. It is removed afterwards.",
)


@click.group()
def bench() -> None:
    """Measure how fast things are, beside their aims.

    Each bench makes its own data in a folder that is removed afterwards; the operations that you have are not touched.
    """


@bench.command()
@click.option("--seconds", type=click.FloatRange(1, 600), default=10, show_default=True, help="How long SMS are sent.")
@_folder
@as_json
def intake(seconds: float, folder: Path | None, to_json: bool) -> None:
    """Messages a second by SMS gateway and by NDJSON, and whether every acknowledged one is there."""
    from rapport.cli.bench_intake import measure

    _show(measure(seconds, folder), to_json)


@bench.command("map")
@click.option("--events", type=click.IntRange(1_000, 10_000_000), default=1_000_000, show_default=True)
@click.option("--boxes", type=click.IntRange(5, 10_000), default=40, show_default=True, help="Boxes at each zoom.")
@_folder
@as_json
def map_(events: int, boxes: int, folder: Path | None, to_json: bool) -> None:
    """How soon the map's clusters come, with messages coming in beside it, and whether their numbers are right."""
    from rapport.cli.bench_map import measure

    _show(measure(events, boxes, folder), to_json)


@bench.command("import")
@click.option("--rows", type=click.IntRange(1_000, 20_000_000), default=100_000, show_default=True)
@_folder
@as_json
def import_(rows: int, folder: Path | None, to_json: bool) -> None:
    """Rows a second of a file with everything checked; verdicts, rollback, a second import and a kill -9."""
    from rapport.cli.bench_import import measure

    _show(measure(rows, folder), to_json)


@bench.command()
@click.option("--peer", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="PYTHON",
              help="The python of an environment with bench/peer-text.txt: make bench-peer makes one.")  # fmt: skip
@as_json
def text(peer: Path | None, to_json: bool) -> None:
    """Messages a second through the whole text chain, how long one waits, and whether batches change an answer."""
    from rapport.cli.bench_text import measure

    _show(measure(peer), to_json)


@bench.command()
@click.option("--rows", type=click.IntRange(1_000, 20_000_000), default=1_000_000, show_default=True)
@click.option("--peer", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="PYTHON",
              help="The python of an environment with bench/peer-hxl.txt: make bench-peer makes one.")  # fmt: skip
@as_json
def hxl(rows: int, peer: Path | None, to_json: bool) -> None:
    """Tables with hashtags: read, filtered, counted, merged, sorted, validated; and whether libhxl finds the same."""
    from rapport.cli.bench_hxl import measure

    _show(measure(rows, peer), to_json)


@bench.command()
@click.option("--events", type=click.IntRange(1_000, 10_000_000), default=1_000_000, show_default=True)
@_folder
@as_json
def sharing(events: int, folder: Path | None, to_json: bool) -> None:
    """Rulings a second of the longest protocol that comes with rapport; map and list with it and without."""
    from rapport.cli.bench_sharing import measure

    _show(measure(events, folder), to_json)


@bench.command()
@_folder
@as_json
def registry(folder: Path | None, to_json: bool) -> None:
    """How soon the registry's pages come with 193 States, 40 provisions and 5 waves, and how heavy they are."""
    from rapport.cli.bench_registry import measure

    _show(measure(folder), to_json)


@bench.command()
@_folder
@as_json
def stream(folder: Path | None, to_json: bool) -> None:
    """Posts a second that come in as NDJSON, are kept and have their suggestions, all on disk."""
    from rapport.cli.bench_stream import measure

    _show(measure(folder), to_json)


def _show(figures: Iterable[Figure], to_json: bool) -> None:
    rows = [figure.as_json() for figure in figures]
    show(list[Json](rows), to_json, columns(rows, "Nothing was measured."))
