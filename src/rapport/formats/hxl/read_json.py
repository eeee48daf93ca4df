"""HXL in JSON (HXL 1.1, "JSON encoding"): a list of objects named by tags, or a list of rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from rapport.errors import Refused
from rapport.formats.delimited import LONGEST_ROW, UTF_8_BOM, opened
from rapport.formats.hxl.rows import Numbered, check_width, gathered, table_from
from rapport.formats.hxl.table import Column, Finding, Table
from rapport.formats.hxl.tags import parse_tag
from rapport.formats.json_lists import has_more

SIZE_MOST = 400_000_000  # bytes [ours]
ITEMS_MOST = 2_000_000  # objects or rows [ours]
#: Bytes of one of them, as of a row of a CSV: one object of millions of names would take gigabytes [ours].
LONGEST_ITEM = LONGEST_ROW
#: Levels of lists and objects within a cell; HXL has none at all, other programs write a few.
DEEPEST = 8
_items = msgspec.json.Decoder(list[msgspec.Raw])
_item = msgspec.json.Decoder()


def read_json(path: Path) -> Table:
    """Rows are numbered from 1: the first object, or the first row of a list of rows.

    Refused: no_file, too_large, not_json, too_deep, no_tags, too_many_columns, too_many_rows, endless_row.
    """
    with opened(path) as file:
        size = path.stat().st_size
        if size > SIZE_MOST:
            raise Refused("too_large", f"The file has {size:,} bytes; at most {SIZE_MOST:,} are read. Save it as CSV.")
        data = _utf_8(file.read())
    if has_more(data, ITEMS_MOST):
        raise Refused("too_many_rows", f"The list has more than {ITEMS_MOST:,} items. Divide it.")
    try:
        found = _items.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _no_list(data, error) from error
    first = next(_decoded(found[:1]), (0, None))[1]
    if isinstance(first, dict):
        return _of_objects(found)
    return table_from(_as_rows(_decoded(found)))


def is_json(start: bytes) -> bool:
    """Whether a file that begins so is a list or an object of JSON, in whichever encoding."""
    text = start.decode(json.detect_encoding(start[:4]), "replace")
    return text.removeprefix("\ufeff").lstrip()[:1] in ("[", "{")


def _utf_8(data: bytes) -> bytes:
    """RFC 8259 has UTF-8 only; some write the mark before it, or UTF-16, or UTF-32."""
    encoding = json.detect_encoding(data[:4])
    if encoding.startswith("utf-8"):
        return data.removeprefix(UTF_8_BOM)
    return data.decode(encoding, "replace").removeprefix("\ufeff").encode()


def _no_list(data: bytes, error: Exception) -> Refused:
    if isinstance(error, RecursionError) or "recurs" in str(error).lower():
        return Refused("too_deep", f"Lists and objects lie too deep in each other; at most {DEEPEST} levels are read.")
    if data.lstrip()[:1] == b"{":
        return Refused("not_json", "This is one JSON object. HXL is a list: take the list out of it.")
    return Refused("not_json", f"This is no JSON list in UTF-8: {error}.")


def _decoded(found: Sequence[msgspec.Raw]) -> Iterator[tuple[int, Any]]:
    for number, raw in enumerate(found, 1):
        if memoryview(raw).nbytes > LONGEST_ITEM:
            raise Refused("endless_row", f"This item has more than {LONGEST_ITEM:,} bytes. Divide it.", row=number)
        try:
            yield number, _item.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Refused("not_json", f"This is no JSON in UTF-8: {error}.", row=number) from error


# --- rows ----------------------------------------------------------------------------------------------------------


def _as_rows(items: Iterable[tuple[int, Any]]) -> Iterator[Numbered]:
    for number, cells in items:
        if not isinstance(cells, list):
            raise Refused("not_json", "This item is no list, as the first one is.", row=number)
        yield number, [_text(cell, number) for cell in cells]


# --- objects -------------------------------------------------------------------------------------------------------


def _of_objects(found: Sequence[msgspec.Raw]) -> Table:
    names = _names(_decoded(found))
    columns = [Column("" if (tag := parse_tag(name)) else name, tag) for name in names]
    tags = sum(column.tag is not None for column in columns)
    if not tags or tags * 2 < len(columns):
        shown = ", ".join(repr(name[:40]) for name in list(names)[:3])
        raise Refused("no_tags", f"The names of the objects are no hashtags: {shown}. HXL names them as #adm1+name.")
    table = gathered(columns, _by_name(_decoded(found), names))
    odd = [column for column in columns if column.tag is None]
    text = "is no hashtag: the column is kept, and patterns do not find it"
    return table.noted(*(Finding("info", 0, column.header, "", text, "no_tag") for column in odd))


def _names(items: Iterator[tuple[int, Any]]) -> dict[str, int]:
    """Every name of any object, and which column it becomes."""
    names: dict[str, int] = {}
    for number, one in items:
        if not isinstance(one, dict):
            raise Refused("not_json", "This item is no object, as the first one is.", row=number)
        for name in one.keys() - names.keys() if names else one:
            names.setdefault(name, len(names))
        if len(names) > len(one):
            check_width(len(names))
    check_width(len(names))
    return names


def _by_name(items: Iterable[tuple[int, Any]], names: dict[str, int]) -> Iterator[Numbered]:
    width = len(names)
    for number, one in items:
        cells = [""] * width
        for name, value in one.items():
            cells[names[name]] = value if isinstance(value, str) else _text(value, number)
        yield number, cells


# --- cells ---------------------------------------------------------------------------------------------------------


def _text(value: Any, number: int) -> str:
    """A cell as text. A list of plain values becomes a comma list (HXL 1.1); what lies deeper stays JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    if _deeper(value, DEEPEST):
        raise Refused("too_deep", f"Lists and objects lie too deep; at most {DEEPEST} levels.", row=number)
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return ", ".join(_text(one, number) for one in value)
    return msgspec.json.encode(value).decode()


def _deeper(value: Any, levels: int) -> bool:
    """Whether there are more levels than that; itself it goes no deeper."""
    if not isinstance(value, list | dict):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(one, levels - 1) for one in inner)
