"""Pure: listings of several agencies, and what a crosswalk of them says, as frozen values."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rapport.registry.model import Source
from rapport.text.plain import INVISIBLE

Kind = Literal["policy", "form", "code list", "staffing"]
KINDS: tuple[Kind, ...] = ("policy", "form", "code list", "staffing")
#: What two items are put together by, the surest first.
Match = Literal["link", "code and label", "label", "code"]
MATCHES: tuple[Match, ...] = ("link", "code and label", "label", "code")
#: `gap`: of those that have the column, some say nothing, or an empty text, where others say something.
How = Literal["case or spacing", "differs", "gap"]
#: `to confirm`: the same code with another label, which may mean something else. `several`: a link names more than one
#: item of a listing. `only`: one listing has it.
Status = Literal["same", "case or spacing", "differs", "to confirm", "several", "only"]
STATUSES: tuple[Status, ...] = ("same", "case or spacing", "differs", "to confirm", "several", "only")
_UNSEEN = str.maketrans(dict.fromkeys(INVISIBLE))


def plainly(text: str) -> str:
    """The text without what differs in case, spacing and invisible characters only. Accents and signs stay: `< 5` is
    not `> 5`."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_UNSEEN).casefold()).split())


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a listing, `row` as its file counts them. `values` by column; a column that is not there was not
    given, which is something else than an empty text. `code` may be empty."""

    code: str
    label: str
    values: Mapping[str, str]
    row: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What one agency has written down. `digest`: SHA-256 of the file that holds the items."""

    slug: str
    title: str
    agency: str
    kind: Kind
    version: str
    columns: tuple[str, ...]
    items: tuple[Item, ...]
    source: Source
    digest: str


@dataclass(frozen=True, slots=True)
class Link:
    """That items of several listings are the same, as somebody says: codes by the slug of their listing."""

    codes: Mapping[str, tuple[str, ...]]
    said_by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """An item, and the slug of its listing."""

    slug: str
    item: Item


@dataclass(frozen=True, slots=True)
class Difference:
    """In one column, or in `code` or `label`: what each listing says by its slug, None where nothing was given.
    Listings without that column are left out."""

    column: str
    values: Mapping[str, str | None]
    how: How


@dataclass(frozen=True, slots=True)
class Row:
    """Items that belong together, in the order of the listings; `lacking`: slugs of the listings that have none."""

    members: tuple[Member, ...]
    matched: tuple[Match, ...]
    said_by: tuple[str, ...]
    lacking: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def status(self) -> Status:
        if len({member.slug for member in self.members}) == 1:
            return "only"
        if len({member.slug for member in self.members}) < len(self.members):
            return "several"
        if "code" in self.matched:
            return "to confirm"
        if any(one.how != "case or spacing" for one in self.differences):
            return "differs"
        return "case or spacing" if self.differences else "same"


@dataclass(frozen=True, slots=True)
class Conflict:
    """What could not be put together, or was only because somebody says so: `said` in words."""

    said: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Made by an automated function: labels that are nearly the same. `score`: 0 to 1. Nothing is done about it."""

    one: Member
    other: Member
    score: float


@dataclass(frozen=True, slots=True)
class Summary:
    """`only` and `lacking`: how many rows only this listing has, and how many it has not, by slug. `in_all`: rows that
    every listing has."""

    rows: int
    by_status: Mapping[Status, int]
    in_all: int
    only: Mapping[str, int]
    lacking: Mapping[str, int]
    conflicts: int
    suggestions: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column as shown, and what it is called in each listing that has it, by slug."""

    name: str
    called: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """`not_compared`: pairs of labels that were too many to look whether they are nearly the same."""

    listings: tuple[Listing, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    conflicts: tuple[Conflict, ...]
    suggestions: tuple[Suggestion, ...]
    not_compared: int
