"""The table of the HXL bench: who does what where, with about one cell in fifty wrong, the same each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

HEADERS = (
    "Date", "Organisation", "Type", "Sector", "Subsector", "Activity", "Department", "Code", "Commune", "Code",
    "Targeted", "Reached",
)  # fmt: skip
TAGS = (
    "#date+reported", "#org+name", "#org+type", "#sector", "#subsector", "#activity+name", "#adm1+name", "#adm1+code",
    "#adm2+name", "#adm2+code", "#targeted", "#reached",
)  # fmt: skip
#: #valid_tag, then one column a check. Ten rules.
SCHEMA = (
    "#valid_tag,#valid_required,#valid_datatype,#valid_value+regex,#valid_value+list,#valid_value+whitespace,"
    "#valid_value+min",
    "#org+name,true,,,,,", "#date,,date,,,,", "#targeted,,number,,,,", "#reached,,number,,,,",
    "#adm1+code,,,^HT\\d\\d$,,,",
    "#adm2+code,,,^HT\\d{4}$,,,", "#sector,,,,WASH|Health|Shelter|Food Security|Protection|Nutrition|Éducation,,",
    "#org+type,,,,INGO|NNGO|UN,,", "#*,,,,,true,", "#targeted,,,,,,1",
)  # fmt: skip
_SECTORS = ("WASH", "Health", "Shelter", "Food Security", "Protection", "Nutrition", "Éducation", "Logistics")
_TYPES = ("INGO", "NNGO", "UN")
_WRONG = 0.02
_SEED = 7


def frame(rows: int) -> pl.DataFrame:
    """All cells as text. One row in fifty is the one before it once more."""
    rng = np.random.default_rng(_SEED)

    def drawn(most: int) -> pl.Series:
        return pl.Series(rng.integers(0, most, rows, dtype=np.uint32))

    def wrong() -> pl.Series:
        return pl.Series(rng.random(rows) < _WRONG)

    def two_digits(name: str) -> pl.Expr:
        return pl.col(name).cast(pl.String).str.zfill(2)

    plain = pl.DataFrame({
        "month": drawn(12) + 1, "day": drawn(28) + 1, "org": drawn(300), "type": drawn(3), "sub": drawn(20),
        "activity": drawn(5_000), "adm1": drawn(10), "adm2": drawn(14), "targeted": drawn(5_000),
        "share": pl.Series(rng.random(rows)), "sector": pl.Series(_SECTORS).gather(drawn(len(_SECTORS))),
        "odd": pl.Series(["n/a", "-", "1,000"]).gather(drawn(3)), "kind": pl.Series(_TYPES).gather(drawn(len(_TYPES))),
        **{f"wrong {at}": wrong() for at in range(5)},
    })  # fmt: skip
    organisation = pl.format("Organisation {}", pl.col("org"))
    day = pl.format("2025-{}-{}", two_digits("month"), two_digits("day"))
    reached = (pl.col("targeted") * pl.col("share")).cast(pl.UInt32).cast(pl.String)
    cells = (
        pl.when("wrong 0").then(pl.lit("n/a")).otherwise(day),
        pl.when("wrong 1").then(organisation.str.to_uppercase()).otherwise(organisation),
        pl.col("kind"),
        pl.when("wrong 2").then(pl.format("  {} ", pl.col("sector").str.to_lowercase())).otherwise("sector"),
        pl.format("Subsector {}", pl.col("sub")),
        pl.format(
            "Activity {} of the plan{}", "activity", pl.when("wrong 1").then(pl.lit(", amended")).otherwise(pl.lit(""))
        ),
        pl.format("Department {}", pl.col("adm1")),
        pl.format("HT{}", two_digits("adm1")),
        pl.when("wrong 3").then(pl.lit("")).otherwise(pl.format("Commune {} {}", pl.col("adm1"), pl.col("adm2"))),
        pl.format("HT{}{}", two_digits("adm1"), two_digits("adm2")),
        pl.col("targeted").cast(pl.String),
        pl.when("wrong 4").then("odd").otherwise(reached),
    )
    made = plain.select(cell.alias(tag) for cell, tag in zip(cells, TAGS, strict=True))
    repeated = np.maximum(np.arange(rows) - (rng.random(rows) < _WRONG), 0)
    return made[pl.Series(repeated.astype(np.uint32))]


def write(path: Path, rows: int) -> None:
    """The table as CSV: headers, tags, rows."""
    with path.open("wb") as file:
        file.write(f"{','.join(HEADERS)}\n".encode())
        frame(rows).write_csv(file)


def write_communes(path: Path) -> None:
    """The table of 140 rows that is merged: code, name and number of people of each commune."""
    lines = ["Code,Name,People", "#adm2+code,#adm2+name,#population"]
    lines += [f"HT{one:02d}{two:02d},Commune {one} {two},{1_000 * one + two}" for one in range(10) for two in range(14)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_schema(path: Path) -> None:
    path.write_text("\n".join(SCHEMA) + "\n", encoding="utf-8")
