"""Pure: the extra fields that an operation asks for, and their values.

An operation's file names them as [[fields]]; Operation.extra_fields keeps them as a list of JSON objects, each that of
`to_json`. A value is typed by the kind of its field:

    text    str, at most TEXT_LENGTH characters         choice   str, a choice's code; with several a list of them
    number  int or float, int with whole                date     str, as 2010-01-31
    place   str, a name of at most PLACE_LENGTH characters

Reports and events keep them as {code: value}; a field without a value is not in it. Everything that takes values from
outside (form, API, import, desk) reads them here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from rapport.errors import Refused
from rapport.text.fold import fold
from rapport.values import ExtraValue, Json

KINDS = ("text", "number", "choice", "date", "place")
TEXT_LENGTH = 2_000
PLACE_LENGTH = 300
#: Whole numbers up to it are the same in JSON, in a spreadsheet and in every program that reads our feeds.
LARGEST = 10**15
#: In addresses, in the columns of tables and in GeoJSON a field goes by this and its code, so that it is never taken
#: for one of ours.
PREFIX = "x_"
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_NUMBER = re.compile(r"[-+]?(\d{1,16}|\d{0,16}[.,]\d{1,12}|\d{1,16}[.,])")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_BETWEEN = re.compile(r"[|;,]")


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A choice of a field; names by language. A retired one is shown where it was chosen and not offered any more."""

    code: str
    names: Mapping[str, str]
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A further thing that an operation asks for; names and help by language.

    `required` binds the form only: a report by SMS has no fields, and is taken. A retired field has left the file: it
    is shown where it has a value, and nothing more.
    """

    code: str
    kind: str
    names: Mapping[str, str]
    help: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    choices: tuple[FieldChoice, ...] = ()
    several: bool = False
    whole: bool = False
    least: float | None = None
    most: float | None = None
    public: bool = False  # everybody may see it
    filter: bool = False  # lists can be filtered by it: choices only
    counts_people: bool = False  # a number of people: the queue looks at it
    hxl: str = ""
    retired: bool = False

    @property
    def name(self) -> str:
        """What it is called in addresses, columns, and forms."""
        return PREFIX + self.code

    @property
    def offered(self) -> tuple[FieldChoice, ...]:
        return tuple(choice for choice in self.choices if not choice.retired)


class BadValue(Refused):
    """A value that its field cannot take. `sentence` and `values` are the remedy before one is put into the other:
    pages translate it."""

    def __init__(self, code: str, sentence: str, **values: object) -> None:
        self.sentence = sentence
        self.values = values
        super().__init__("extra_field", sentence % values if values else sentence, field=code)


# --- kept and read again -------------------------------------------------------------------------------------------


def to_json(one: Field) -> dict[str, Any]:
    """As Operation.extra_fields keeps it."""
    return {**asdict(one), "choices": [asdict(choice) for choice in one.choices]}


def stored(kept: Iterable[Mapping[str, Any]]) -> tuple[Field, ...]:
    """All fields that an operation has or had, from Operation.extra_fields, in the order of its file."""
    return tuple(Field(**{**one, "choices": tuple(FieldChoice(**choice) for choice in one["choices"])}) for one in kept)


def asked(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Those that the file names now."""
    return tuple(one for one in fields if not one.retired)


def followed_by(before: Iterable[Field], now: Sequence[Field]) -> tuple[Field, ...]:
    """The fields of a new state of the file, with those fields and choices that left it, retired, behind them."""
    had = {one.code: one for one in before}
    named = {one.code for one in now}
    gone = [replace(one, retired=True, required=False, filter=False) for code, one in had.items() if code not in named]
    return (*(_with_former_choices(one, had.get(one.code)) for one in now), *gone)


def _with_former_choices(one: Field, before: Field | None) -> Field:
    if before is None or before.kind != one.kind:
        return one
    codes = {choice.code for choice in one.choices}
    gone = (replace(choice, retired=True) for choice in before.choices if choice.code not in codes)
    return replace(one, choices=(*one.choices, *gone))


def same_shape(one: Field, other: Field) -> bool:
    """Whether a value of the one can stand under the other."""
    return (one.kind, one.several) == (other.kind, other.several)


# --- values from outside -------------------------------------------------------------------------------------------


def read(one: Field, raw: object) -> Json:
    """The typed value of what somebody typed or a program sent; None for nothing. BadValue names the field and says
    what to write. What is typed already comes out as it is."""
    if isinstance(raw, str):
        raw = raw.strip()
    if raw is None or raw == "" or raw == [] or raw == ():
        return None
    return _READ[one.kind](one, raw)


def reader(fields: Iterable[Field]) -> Callable[[str, object], Json]:
    """(code, raw) → typed value or None, for the rows of a table; BadValue for a bad value or an unknown code."""
    known = {one.code: one for one in asked(fields)}

    def read_one(code: str, raw: object) -> Json:
        if code not in known:
            raise BadValue(code, "This operation does not ask for this field: leave it out.")
        return read(known[code], raw)

    return read_one


def read_all(fields: Iterable[Field], raw: Mapping[str, object]) -> dict[str, Json]:
    """The typed values of those fields that have one; codes that nobody asks for are passed over."""
    values = {one.code: read(one, raw.get(one.code)) for one in asked(fields)}
    return {code: value for code, value in values.items() if value is not None}


def unknown(fields: Iterable[Field], raw: Iterable[str]) -> list[str]:
    """The codes that the operation does not ask for."""
    known = {one.code for one in asked(fields)}
    return [code for code in raw if code not in known]


def people(fields: Iterable[Field], values: Mapping[str, Json]) -> int | None:
    """How many people the values speak of, at least; None if none of them counts people."""
    counts = [values.get(one.code) for one in fields if one.counts_people]
    numbers = [int(count) for count in counts if isinstance(count, int | float) and not isinstance(count, bool)]
    return max(numbers, default=None)


def _text(one: Field, raw: object) -> str:
    return _words(one, raw, TEXT_LENGTH)


def _place(one: Field, raw: object) -> str:
    return " ".join(_words(one, raw, PLACE_LENGTH).split())


def _words(one: Field, raw: object, longest: int) -> str:
    if not isinstance(raw, str):
        raise BadValue(one.code, "Write a text.")
    text = raw.replace("\r\n", "\n")
    if "\0" in text:
        raise BadValue(one.code, "This holds a character that cannot be kept (NUL). Delete it and write it again.")
    if len(text) > longest:
        raise BadValue(one.code, "Shorten this to %(most)s characters; it has %(has)s.", most=longest, has=len(text))
    return text


def _number(one: Field, raw: object) -> int | float:
    value = _as_number(one, raw)
    if one.whole and value != int(value):
        raise BadValue(one.code, "Write a whole number, like 12.")
    least = -LARGEST if one.least is None else one.least
    most = LARGEST if one.most is None else one.most
    if not least <= value <= most:
        if one.least is None and one.most is not None:
            raise BadValue(one.code, "Write a number of at most %(most)s.", most=_plain(most))
        if one.most is None and one.least is not None:
            raise BadValue(one.code, "Write a number of at least %(least)s.", least=_plain(least))
        raise BadValue(
            one.code, "Write a number between %(least)s and %(most)s.", least=_plain(least), most=_plain(most)
        )
    return int(value) if value == int(value) else value


def _as_number(one: Field, raw: object) -> int | float:
    if isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw):
        return raw
    text = raw if isinstance(raw, str) else ""
    if _THOUSANDS.fullmatch(text):
        raise BadValue(one.code, "Leave out the separator of thousands, like 1234.")
    if not (text.isascii() and _NUMBER.fullmatch(text)):
        raise BadValue(one.code, "Write a number in digits, like 12 or 12.5.")
    return int(text) if text.lstrip("+-").isdigit() else float(text.replace(",", "."))


def _plain(number: float) -> str:
    return f"{number:.15g}"


def _choice(one: Field, raw: object) -> Json:
    if not one.several:
        return _code(one, raw)
    given = list(raw) if isinstance(raw, list | tuple) else parts(one, raw)
    chosen = {_code(one, part) for part in given}
    return [choice.code for choice in one.choices if choice.code in chosen]


def parts(one: Field, raw: object) -> list[object]:
    """Several choices in one cell: divided by | ; or a comma, or, where all are codes, by blanks as XLSForm does."""
    if not isinstance(raw, str) or choice_of(one, raw):
        return [raw]
    blanks = raw.split()
    if all(choice_of(one, part) for part in blanks):
        return list(blanks)
    return [part.strip() for part in _BETWEEN.split(raw) if part.strip()]


def _code(one: Field, raw: object) -> str:
    found = choice_of(one, raw) if isinstance(raw, str) else ""
    if not found:
        said = str(raw)[:40]
        codes = ", ".join(choice.code for choice in one.offered[:20])
        raise BadValue(one.code, "%(said)s is not in the list. Choose one of: %(codes)s.", said=said, codes=codes)
    return found


def choice_of(one: Field, raw: str) -> str:
    """The code of the choice that has this code, or this name in any language; "" if none has."""
    raw = raw.strip()
    if raw in {choice.code for choice in one.choices}:  # a retired one too: what was kept can be kept again
        return raw
    folded = fold(raw)
    named = [c.code for c in one.offered if folded and folded in {fold(c.code), *map(fold, c.names.values())}]
    return named[0] if len(named) == 1 else ""


def _date(one: Field, raw: object) -> str:
    if isinstance(raw, datetime):
        raw = raw.date()
    if isinstance(raw, str):
        try:
            raw = date.fromisoformat(raw)
        except ValueError:
            raise BadValue(one.code, "Write a day like 2010-01-31.") from None
    if not isinstance(raw, date):
        raise BadValue(one.code, "Write a day like 2010-01-31.")
    if not _FIRST_YEAR <= raw.year <= _LAST_YEAR:
        raise BadValue(one.code, "Write a year between %(first)s and %(last)s.", first=_FIRST_YEAR, last=_LAST_YEAR)
    return raw.isoformat()


_READ: Mapping[str, Callable[[Field, Any], Json]] = {
    "text": _text,
    "number": _number,
    "choice": _choice,
    "date": _date,
    "place": _place,
}


# --- shown ---------------------------------------------------------------------------------------------------------


def shown(fields: Iterable[Field], values: Mapping[str, Json]) -> tuple[ExtraValue, ...]:
    """The values with the names of their fields, in the order of the file; what no field knows is left out."""
    return tuple(
        ExtraValue(
            code=one.code,
            names=one.names,
            value=values[one.code],
            public=one.public,
            kind=one.kind,
            labels={choice.code: choice.names for choice in one.choices},
        )
        for one in fields
        if values.get(one.code) is not None
    )


def free_words(fields: Iterable[Field], values: Mapping[str, Json]) -> dict[str, str]:
    """What of the values everybody would read in words that somebody wrote freely, by code."""
    return {
        one.code: str(values[one.code])
        for one in fields
        if one.public and one.kind in ("text", "place") and values.get(one.code) is not None
    }
