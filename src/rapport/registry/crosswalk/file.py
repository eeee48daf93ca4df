"""Pure: a listing as a file, read strictly, and what people say belongs together. The form:
docs/reference/listing-file.md."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from rapport.errors import BadDefinition
from rapport.operations.strict import LONGEST_NAME, SLUG, Table, parsed
from rapport.registry.crosswalk.model import KINDS, Item, Kind, Link, Listing, plainly
from rapport.registry.crosswalk.table import MOST_CELLS, MOST_COLUMNS, MOST_ITEMS, table
from rapport.registry.file import ADDRESS
from rapport.registry.model import Source

MOST_CHARACTERS = 1_000_000  # of a listing or of a file of links [ours: 5,000 items of 200 characters]
_FILE = re.compile(r"[^./\\][^/\\]{0,200}")
_OWN = ("code", "label")


def read(text: str, folder: Path | None = None) -> Listing:
    """What the file says. BadDefinition names the table, the key and what to do. `folder`: where a table stands that
    the file names instead of items of its own; Refused names its row and column."""
    top = Table(parsed(text.removeprefix("\ufeff"), MOST_CHARACTERS), "")
    head = top.table("listing")
    if head is None:
        raise BadDefinition("A listing begins with a table [listing].")
    rows = head.text("rows", "", _FILE, "as the name of a file beside this one")
    sheet = head.text("sheet", "")
    made = _head(head, hashlib.sha256(text.encode()).hexdigest())
    head.nothing_else()
    if not rows:
        made = replace(made, items=tuple(_item(one, number, made) for number, one in enumerate(top.tables("item"), 1)))
        top.nothing_else()
        return _within_limits(made)
    if made.columns or "item" in top.data:
        raise head.bad("rows", "that file names the columns and has the items; leave out columns and [[item]]")
    if folder is None:
        raise head.bad("rows", "no file stands beside this one; write [[item]] for each item")
    top.nothing_else()
    return filled(made, folder / rows, sheet)


def from_path(path: Path) -> Listing:
    """A listing in TOML; or a table alone, which has its name from its file, and is its own source."""
    if path.suffix.lower() == ".toml":
        return read(_text(path), path.parent)
    slug = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:60].strip("-")
    if not SLUG.fullmatch(slug):
        raise BadDefinition(f"{path.name}: give the file a name with at least two letters from a to z or digits")
    head = Listing(slug, path.name, "", "code list", "", (), (), Source(slug, path.name), "")
    return filled(head, path)


def filled(head: Listing, path: Path, sheet: str = "") -> Listing:
    """The listing with the columns and items of a table: CSV or a workbook. Refused names row, column and remedy."""
    columns, items = table(path, sheet)
    return replace(head, columns=columns, items=items, digest=hashlib.sha256(path.read_bytes()).hexdigest())


def read_links(text: str) -> tuple[Link, ...]:
    """What people say is the same. BadDefinition names the table, the key and what to do."""
    top = Table(parsed(text.removeprefix("\ufeff"), MOST_CHARACTERS), "")
    links = tuple(_link(one) for one in top.tables("same"))
    top.nothing_else()
    return links


def links_from_path(path: Path) -> tuple[Link, ...]:
    return read_links(_text(path))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(4 * MOST_CHARACTERS + 1).decode("utf-8-sig")  # a character has at most four bytes
    except (OSError, UnicodeDecodeError) as fault:
        raise BadDefinition(f"{path.name} cannot be read; is it there, and UTF-8?") from fault


def _head(head: Table, digest: str) -> Listing:
    slug = head.text("slug", None, SLUG, "with small letters, digits and hyphens")
    columns = head.texts("columns")
    _check_columns(head, columns)
    return Listing(
        slug=slug,
        title=head.text("title"),
        agency=head.text("agency"),
        kind=cast("Kind", head.one_of("kind", KINDS)),
        version=head.text("version"),
        columns=columns,
        items=(),
        source=Source(slug, head.text("source"), head.text("address", "", ADDRESS, "an address with http or urn")),
        digest=digest,
    )


def _check_columns(head: Table, columns: tuple[str, ...]) -> None:
    if len(columns) > MOST_COLUMNS:
        raise head.bad("columns", f"names {len(columns)} columns; write at most {MOST_COLUMNS}")
    plain = [plainly(name) for name in columns]
    for name in columns:
        if not plainly(name) or plainly(name) in _OWN:
            raise head.bad("columns", f"{name!r} cannot name a column")
        if plain.count(plainly(name)) > 1:
            raise head.bad("columns", f"{name!r} stands there twice, but for case and spaces")


def _item(one: Table, number: int, listing: Listing) -> Item:
    code, label, values = one.text("code", ""), one.text("label"), one.table("values")
    for key, text in (("code", code), ("label", label)):
        one.sound(key, text, LONGEST_NAME)
    made: dict[str, str] = {}
    for column in values.data if values else ():
        if column not in listing.columns:
            raise one.bad("values", f"{column!r} is none of the columns of [listing]: {', '.join(listing.columns)}")
        made[column] = cast("Table", values).text(column, "")
    one.nothing_else()
    return Item(code, label, made, number)


def _within_limits(listing: Listing) -> Listing:
    if len(listing.items) > MOST_ITEMS:
        raise BadDefinition(f"The listing has {len(listing.items):,} items; at most {MOST_ITEMS:,} are compared.")
    if len(listing.items) * len(listing.columns) > MOST_CELLS:
        raise BadDefinition(f"The listing has more than {MOST_CELLS:,} values; leave out columns.")
    if not listing.items:
        raise BadDefinition("The listing has no [[item]].")
    return listing


def _link(one: Table) -> Link:
    codes = one.table("codes")
    if codes is None or len(codes.data) < 2:
        raise one.bad("codes", 'name the codes of two listings at least, as codes = { ours = "A1", theirs = "7" }')
    made: Mapping[str, tuple[str, ...]] = {slug: _codes(codes, slug) for slug in codes.data}
    link = Link(made, one.text("said_by"), one.text("why", ""))
    one.nothing_else()
    return link


def _codes(codes: Table, slug: str) -> tuple[str, ...]:
    if not SLUG.fullmatch(slug):
        raise codes.bad(slug, "is no slug of a listing: small letters, digits and hyphens")
    return (codes.text(slug),) if isinstance(codes.data[slug], str) else codes.texts(slug, needed=True)
