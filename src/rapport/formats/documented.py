"""Writes docs/reference/data-dictionary.md from the dictionary: `python -m rapport.formats.documented`."""

from __future__ import annotations

from pathlib import Path

from rapport.formats.dictionary.described import describe
from rapport.formats.dictionary.fields import EXPORTS, FIELDS, LEVELS, VERSION, Entry
from rapport.formats.dictionary.operation import version

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "data-dictionary.md"
_SCHEMA = "[Table Schema](https://datapackage.org/standard/table-schema/) 2"
_HEAD = f"""# Data dictionary

Every field that rapport can release of an event, version {VERSION}. The table is
`src/rapport/formats/dictionary/fields.py`, and this page is written from it: `python -m rapport.formats.documented`. A
test runs every export and holds each row to it, so that no feed has a column that does not stand here, and none stands
here that nothing gives.

Each operation adds its categories, its ways in and its [extra fields](operation-file.md), and gives its whole
dictionary in three forms, in the language that is asked for:

| address | what |
|---|---|
| `/{{operation}}/dictionary/` | a page for people, with an anchor for each field: `#status` |
| `/{{operation}}/dictionary.json` | {_SCHEMA} of `events.csv` |
| `/{{operation}}/dictionary.json?export=geojson` | the same of the properties in `events.geojson` |
| `/{{operation}}/dictionary.csv` | one row a field; its columns are always the same |

`events.csv` and `events.geojson` name their schema in a header, `Link: <…>; rel="describedby"` (RFC 8288). Extra fields
that only the team gets are in the dictionary of the team only.

**Version.** `1+0a1b2c3d`: the number is counted up whenever rapport's own fields change; the last part is another
whenever the operation's categories, ways in or extra fields are. It is the same in every language.

**In the schema** everything that begins with `rapport:` is ours: `rapport:hxl` (hashtag and attributes of HXL 1.1),
`rapport:sensitivity`, `rapport:goes_with` and `rapport:may_become` (what a [protocol](protocol-file.md) may do),
`rapport:separator` and `rapport:codes` (of cells that hold several values), `rapport:since` (the version). A text of a
CSV that begins with an apostrophe may have been [made safe for spreadsheets](feeds.md#csv-in-a-spreadsheet).

**Sensitivity** is the harm that a field could do as the desk wrote it, before a protocol takes anything away; it is
there to judge a protocol by. The level of an event, by which a protocol rules, is another thing.

**Checking a file**: `rapport dictionary check FILE OPERATION` ([commands](commands.md)) names each row and field that
does not fit, and what to do.
"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_HEAD, "## Fields\n", _overview(), *map(_section, FIELDS)])


def _overview() -> str:
    rows = [f"| [`{one.name}`](#{one.name}) | {one.title} | {_type(one)} | `{one.hxl}` |" for one in FIELDS]
    return "\n".join(["| field | | type | HXL |", "|---|---|---|---|", *rows]) + "\n"


def _type(one: Entry) -> str:
    several = ", several" if one.several else ""
    return f"{one.type}{several}"


def _section(one: Entry) -> str:
    said = describe(one, version())
    places = [f"{export} `{said.found[export]}`" for export in EXPORTS if export in said.found]
    named = f" Named there as `{one.goes_with}`." if one.goes_with else ""
    facts = {
        "title": said.title,
        "where": ", ".join([*places, *(["the event's page"] if one.on_page else [])]),
        "constraints": ", ".join(f"{name} `{value}`" for name, value in one.constraints.items()),
        "codes": "; ".join(f"`{code.value}` {code.meaning}" for code in one.codes),
        "what a protocol may do": f"{said.may_become}{named}",
        "sensitivity": LEVELS[one.sensitivity],
        "since version": said.since,
    }
    rows = [f"| {name} | {text} |" for name, text in facts.items() if text]
    return "\n".join([f"### {one.name}\n", f"{said.meaning}\n", "| | |\n|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
