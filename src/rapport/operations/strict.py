"""Pure: a table of a TOML file, read strictly: what is missing, misspelt or of another kind is named, with a remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rapport.errors import BadDefinition

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,58}[a-z0-9]")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
#: Characters of a name, which may be a whole question of a form, and of any other text [ours].
LONGEST_NAME, LONGEST_TEXT = 1_000, 20_000
#: Dots of one line [ours: our own files have four]. Python reads a key of n parts in a time that grows with n².
MOST_DOTS = 100
_CONTROL = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")  # all but tab and line ends: no page shows them
#: They turn the letters after them around: a reader sees another text than the one that is there (Unicode, UAX 9).
OVERRIDES = "\u202d\u202e"
HXL = re.compile(r"#[a-z][a-z0-9_]*( ?\+[a-z][a-z0-9_]*)*")


def parsed(text: str, most: int) -> dict[str, Any]:
    """The tables of a TOML text of at most `most` characters. BadDefinition for what is no TOML, or would take long."""
    if len(text) > most:
        raise BadDefinition(f"The file has {len(text):,} characters; write at most {most:,}.")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            raise BadDefinition(
                f"Line {number} has {line.count('.'):,} dots; write at most {MOST_DOTS}. Spread a long text over"
                ' several lines, between """ and """.'
            )
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise BadDefinition("This is not TOML: something in it is nested without end.") from None
    except ValueError as fault:  # tomllib's own, and what Python says of a number of thousands of digits
        raise BadDefinition(f"This is not TOML: {fault}") from None


class Table:
    """A table that knows where it stands and which of its keys were asked for."""

    def __init__(self, data: Mapping[str, Any], where: str, called: str = "") -> None:
        self.data = data
        self.where = where
        self.called = called  # by its own name: whoever wrote forty of them does not count
        self.known: list[str] = []

    def bad(self, key: str, remedy: str) -> BadDefinition:
        place = f"[{self.where}] " if self.where else ""
        return BadDefinition(f"{place}{key}: {remedy}{f' (in {self.called})' if self.called else ''}")

    def get(self, key: str, default: Any = None) -> Any:
        self.known.append(key)
        return self.data.get(key, default)

    def nothing_else(self) -> None:
        for fault in self.unknown():
            raise fault

    def unknown(self) -> Iterator[BadDefinition]:
        """What is wrong with each key that nobody asked for."""
        for key in self.data:
            if key not in self.known:
                close = get_close_matches(key, self.known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(set(self.known)))}"
                yield self.bad(key, f"nobody knows this key; {hint}")

    def text(self, key: str, default: str | None = None, form: re.Pattern[str] | None = None, remedy: str = "") -> str:
        value = self.get(key, default)
        if value is None:
            raise self.bad(key, "is missing")
        if not isinstance(value, str):
            raise self.bad(key, "write a text in quotes")
        self.sound(key, value, LONGEST_TEXT)
        if form and value and not form.fullmatch(value):
            raise self.bad(key, f"{value!r} does not fit; write it {remedy}")
        if default is None and not value.strip():
            raise self.bad(key, "is empty")
        return value

    def sound(self, key: str, value: str, most: int) -> None:
        """BadDefinition for a text that is too long, or holds what no database keeps or no page shows."""
        if len(value) > most:
            raise self.bad(key, f"has {len(value):,} characters; write at most {most:,}")
        if _CONTROL.search(value):
            raise self.bad(key, "holds control characters, as NUL; take them out")
        if any(sign in OVERRIDES for sign in value):
            raise self.bad(key, "holds a sign that turns letters around, U+202D or U+202E; take it out")

    def one_of(self, key: str, choices: Iterable[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in choices:
            raise self.bad(key, f"{value!r} is not one of {', '.join(choices)}")
        return value

    def flag(self, key: str) -> bool:
        value = self.get(key, False)
        if not isinstance(value, bool):
            raise self.bad(key, "write true or false")
        return value

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        value = self.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.bad(key, f"write a whole number between {least} and {most}")
        return value

    def number(self, key: str, least: float, most: float) -> float:
        value = self.get(key)
        if not is_number(value) or not least <= value <= most:
            raise self.bad(key, f"write a number between {least:g} and {most:g}")
        return float(value)

    def texts(
        self, key: str, form: re.Pattern[str] | None = None, remedy: str = "", *, needed: bool = False
    ) -> tuple[str, ...]:
        values = self.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.bad(key, 'write a list of texts, as ["a", "b"]')
        if needed and not values:
            raise self.bad(key, "name at least one")
        for value in values:
            self.sound(key, value, LONGEST_TEXT)
            if form and not form.fullmatch(value):
                raise self.bad(key, f"{value!r} does not fit; write {remedy}")
        if len(set(values)) < len(values):
            raise self.bad(key, "names something twice")
        return tuple(values)

    def table(self, key: str) -> Table | None:
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.bad(key, f"write a table [{self._inner(key)}]")
        return Table(value, self._inner(key), self.called)

    def tables(self, key: str) -> list[Table]:
        values = self.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.bad(key, f"write tables [[{self._inner(key)}]]")
        return [Table(value, f"{self._inner(key)} {number}", _called(value)) for number, value in enumerate(values, 1)]

    def _inner(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key


def _called(data: Mapping[str, Any]) -> str:
    """The name that a table gives itself, if it is one that fits into a sentence."""
    names = (data.get(key) for key in ("name", "slug", "code"))
    return next((name for name in names if isinstance(name, str) and CODE.fullmatch(name)), "")


def is_number(value: object) -> bool:
    """In TOML true and false are no numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def by_language(table: Table, key: str, *, needed: bool = False) -> Mapping[str, str]:
    """Texts by language: a table under this key, each of its keys the code of a language."""
    inner = table.table(key)
    if inner is None or not inner.data:
        if needed:
            raise table.bad(key, f'is missing; write [{key}] with a text per language, as en = "…"')
        return {}
    texts = {language: inner.text(language) for language in inner.data if checked_language(inner, language)}
    for language, text in texts.items():
        inner.sound(language, text, LONGEST_NAME if key == "names" else LONGEST_TEXT)
    return texts


def checked_language(table: Table, language: str) -> bool:
    """True, or BadDefinition for what is no code of a language."""
    if not LANGUAGE.fullmatch(language):
        raise table.bad(language, "is not a language code of ISO 639-1, as fr")
    return True


def time_zone(name: str) -> ZoneInfo:
    """The zone of this name. BadDefinition for one that is not in the time zone database of IANA."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise BadDefinition(f"{name[:60]!r} is not in the time zone database; as America/Port-au-Prince") from fault


def once(table: str, key: str, values: list[str]) -> None:
    """BadDefinition if a value stands there twice."""
    for value in values:
        if values.count(value) > 1:
            raise BadDefinition(f"[{table}] {key}: {value!r} is there {values.count(value)} times; it must be unique")
