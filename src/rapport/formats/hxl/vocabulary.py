"""The core vocabulary of HXL 1.1, as data: which hashtags and attributes there are, and what is known of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapport.formats.hxl.tags import Tag

_FOLDER = Path(__file__).with_name("core")
#: A private hashtag of somebody's own (HXL 1.1): nothing is said of it.
PRIVATE = "#x_"
#: Prefixes of attributes that the standard reserves: a vocabulary, a language.
RESERVED = ("v_", "i_")


@dataclass(frozen=True, slots=True)
class Hashtag:
    """`datatype` is number, date or "" (text); `vocabulary` the attribute of its default vocabulary, as v_pcode."""

    name: str
    title: str
    description: str
    datatype: str
    vocabulary: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """`status`: released, deprecated, beta or proposed. `hashtags`: those it is used with as a rule."""

    name: str
    title: str
    description: str
    status: str
    hashtags: tuple[str, ...]


@cache
def hashtags() -> Mapping[str, Hashtag]:
    """By name, with its #; those that are released."""
    found = {}
    for row in _rows("hashtag.hxl.csv"):
        if row["#status"] == "Released":
            name, said = row["#valid_tag"], (row["#description+short+en"], row["#description+long+en"])
            vocabulary = row["#valid_vocab+default"].removeprefix("+")
            found[name] = Hashtag(name, *said, row["#valid_datatype"].lower(), vocabulary)
    return found


@cache
def attributes() -> Mapping[str, Attribute]:
    """By name, without its +."""
    found = {}
    for row in _rows("attribute.hxl.csv"):
        name = row["#valid_attribute"].removeprefix("+")
        used = tuple(one.strip() for one in row["#valid_hashtags+list+partial"].split(",") if one.strip())
        said = row["#description+short+en"], row["#description+long+en"]
        found[name] = Attribute(name, *said, row["#status"].lower(), used)
    return found


def datatype(tag: Tag | None) -> str:
    """What cells of a column hold: number, date or text. +num says number of any column (as of #indicator)."""
    if tag is None:
        return "text"
    known = hashtags().get(tag.hashtag)
    if "num" in tag.attributes:
        return "number"
    codes = {"code", "id", "name", "type", "text", "unit"} | {one for one in tag.attributes if one.startswith("v_")}
    return (known.datatype if known and not codes & set(tag.attributes) else "") or "text"


def unusual(tag: Tag) -> Iterator[tuple[str, str]]:
    """(the part, what is to be said of it) of each part of a tag that the core vocabulary does not have. The standard
    lets everybody add hashtags and attributes: whoever does not know them passes over them."""
    if tag.hashtag not in hashtags() and not tag.hashtag.startswith(PRIVATE):
        yield tag.hashtag, "is no hashtag of the core vocabulary: others may pass over this column"
    for name in tag.attributes:
        known = attributes().get(name)
        if known and known.status == "deprecated" and name != "label":
            yield f"+{name}", f"is deprecated: write +i_{name}" if len(name) == 2 else "is deprecated"
        elif not known and not name.startswith(RESERVED):
            yield f"+{name}", "is no attribute of the core vocabulary: others may pass over it"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {tag.replace(" ", ""): (value or "").strip() for tag, value in row.items()}
