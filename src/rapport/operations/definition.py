"""Pure: one operation as its TOML file says it, read strictly. The format: docs/reference/operation-file.md.

A key that nobody knows is an error, not a silence: a misspelt `persons_at_risk` would show people exactly.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rapport import plugins
from rapport.errors import BadDefinition
from rapport.operations import fields
from rapport.operations.fields import Field, FieldChoice
from rapport.operations.reserved import RESERVED_SLUGS
from rapport.values import Box, Json, Precision, Status

KINDS = ("crisis", "watch", "network")
TRUST = ("unknown", "trusted")
REPLIES = ("received", "ask_place", "stopped")
#: Ways in that are not gateways: the form, the API, a file.
OWN_CHANNELS = ("web", "api", "file")
SMS_CHARACTERS = 160

#: Keys of [queue]: see desk/priority.py.
QUEUE_WEIGHTS = ("urgency", "people", "trusted")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,58}[a-z0-9]")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_COUNTRY = re.compile(r"[A-Z]{3}")
_GLIDE = re.compile(r"[A-Z]{2}-\d{4}-\d{6}-[A-Z]{3}")
#: Of an extra field: also the name of a column and of a filter, so it has no more than every program can read.
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_FIELDS = 60  # of one operation [ours: nobody on a telephone answers more]
MOST_CHOICES = 200  # of one field
_HXL = re.compile(r"#[a-z][a-z0-9_]*( ?\+[a-z][a-z0-9_]*)*")


@dataclass(frozen=True, slots=True)
class CategoryDefinition:
    """`labels` are the whole texts by which files name the category."""

    code: str
    names: Mapping[str, str]
    parent: str = ""
    hxl: str = ""
    persons_at_risk: bool = False
    urgency: int = 0
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a table holds what; "" = none does. `date_format` is strptime's."""

    text: str
    id: str = ""
    title: str = ""
    date: str = ""
    date_format: str = "%Y-%m-%d %H:%M"
    lat: str = ""
    lon: str = ""
    place: str = ""
    categories: str = ""
    category_separator: str = ","


@dataclass(frozen=True, slots=True)
class SourceDefinition:
    slug: str
    channel: str
    names: Mapping[str, str]
    language: str = ""
    trust: str = "unknown"
    per_minute: int = 6000
    out_per_minute: int = 60
    columns: Columns | None = None


@dataclass(frozen=True, slots=True)
class OrderDefinition:
    slug: str
    text: str
    rule: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Definition:
    """Everything one operation's file says; `digest` is the SHA-256 of the file's text."""

    slug: str
    kind: str
    time_zone: str
    box: Box
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    names: Mapping[str, str]
    digest: str
    glide: str = ""
    exercise: bool = False
    descriptions: Mapping[str, str] = field(default_factory=dict)
    consent: Mapping[str, str] = field(default_factory=dict)
    replies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    queue: Mapping[str, float] = field(default_factory=dict)
    sending: Mapping[str, Json] = field(default_factory=dict)
    gazetteers: tuple[str, ...] = ()
    categories: tuple[CategoryDefinition, ...] = ()
    sources: tuple[SourceDefinition, ...] = ()
    orders: tuple[OrderDefinition, ...] = ()
    fields: tuple[Field, ...] = ()

    @property
    def labels(self) -> Mapping[str, str]:
        """How files name the categories: label → code."""
        return {label: category.code for category in self.categories for label in category.labels}


def parse(text: str) -> Definition:
    """One operation from its TOML text; BadDefinition names the table, the key and what to do."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadDefinition(f"not a TOML file: {error}") from error
    top = _Table(data, "")
    definition = Definition(
        slug=_slug(top),
        kind=top.one_of("kind", KINDS),
        time_zone=_time_zone(top),
        box=_box(top),
        countries=top.texts("countries", _COUNTRY, "three capital letters of ISO 3166-1, as HTI"),
        languages=top.texts("languages", _LANGUAGE, "a language code of ISO 639-1, as fr", needed=True),
        names=_by_language(top, "names", needed=True),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        glide=top.text("glide", "", _GLIDE, "as EQ-2010-000009-HTI"),
        exercise=top.flag("exercise"),
        descriptions=_by_language(top, "descriptions"),
        consent=_by_language(top, "consent"),
        replies=_replies(top),
        queue=_queue(top),
        sending=_sending(top),
        gazetteers=_gazetteers(top),
        categories=tuple(_category(table) for table in top.tables("categories")),
        sources=tuple(_source(table) for table in top.tables("sources")),
        orders=tuple(_order(table) for table in top.tables("orders")),
        fields=_fields(top),
    )
    top.nothing_else()
    _check_categories(definition.categories)
    _check_references(definition)
    return definition


# --- one table of the file -----------------------------------------------------------------------------------------


class _Table:
    """A table that knows where it stands and which of its keys were asked for."""

    def __init__(self, data: Mapping[str, Any], where: str) -> None:
        self.data = data
        self.where = where
        self.known: list[str] = []

    def bad(self, key: str, remedy: str) -> BadDefinition:
        place = f"[{self.where}] " if self.where else ""
        return BadDefinition(f"{place}{key}: {remedy}")

    def get(self, key: str, default: Any = None) -> Any:
        self.known.append(key)
        return self.data.get(key, default)

    def nothing_else(self) -> None:
        for key in self.data:
            if key not in self.known:
                close = get_close_matches(key, self.known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(self.known))}"
                raise self.bad(key, f"nobody knows this key; {hint}")

    def text(self, key: str, default: str | None = None, form: re.Pattern[str] | None = None, remedy: str = "") -> str:
        value = self.get(key, default)
        if value is None:
            raise self.bad(key, "is missing")
        if not isinstance(value, str):
            raise self.bad(key, "write a text in quotes")
        if form and value and not form.fullmatch(value):
            raise self.bad(key, f"{value!r} does not fit; write it {remedy}")
        if default is None and not value.strip():
            raise self.bad(key, "is empty")
        return value

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
        if not _is_number(value) or not least <= value <= most:
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
            if form and not form.fullmatch(value):
                raise self.bad(key, f"{value!r} does not fit; write {remedy}")
        if len(set(values)) < len(values):
            raise self.bad(key, "names something twice")
        return tuple(values)

    def table(self, key: str) -> _Table | None:
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.bad(key, f"write a table [{self._inner(key)}]")
        return _Table(value, self._inner(key))

    def tables(self, key: str) -> list[_Table]:
        values = self.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.bad(key, f"write tables [[{self._inner(key)}]]")
        return [_Table(value, f"{self._inner(key)} {number}") for number, value in enumerate(values, 1)]

    def _inner(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key


# --- its parts -----------------------------------------------------------------------------------------------------


def _slug(top: _Table) -> str:
    slug = top.text("slug", None, _SLUG, "with small letters, digits and hyphens")
    if slug in RESERVED_SLUGS:
        raise top.bad("slug", f"{slug!r} is an address of rapport itself; choose another")
    return slug


def _time_zone(top: _Table) -> str:
    name = top.text("time_zone")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise top.bad("time_zone", f"{name!r} is not in the time zone database; as America/Port-au-Prince") from error
    return name


def _box(top: _Table) -> Box:
    remedy = "write four numbers in degrees: west, south, east, north"
    values = top.get("bbox")
    if not isinstance(values, list) or len(values) != 4 or not all(_is_number(value) for value in values):
        raise top.bad("bbox", remedy)
    west, south, east, north = (float(value) for value in values)
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south < north <= 90):
        raise top.bad("bbox", f"{remedy}; south is below north, latitude within 90, longitude within 180")
    return Box(west, south, east, north)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _by_language(table: _Table, key: str, *, needed: bool = False) -> Mapping[str, str]:
    inner = table.table(key)
    if inner is None or not inner.data:
        if needed:
            raise table.bad(key, f'is missing; write [{key}] with a text per language, as en = "…"')
        return {}
    return {language: inner.text(language) for language in inner.data if _checked_language(inner, language)}


def _checked_language(table: _Table, language: str) -> bool:
    if not _LANGUAGE.fullmatch(language):
        raise table.bad(language, "is not a language code of ISO 639-1, as fr")
    return True


def _replies(top: _Table) -> Mapping[str, Mapping[str, str]]:
    replies = top.table("replies")
    if replies is None:
        return {}
    found = {}
    for language in replies.data:
        inner = replies.table(language)
        if inner is not None and _checked_language(replies, language):
            found[language] = {key: _sms(inner, key) for key in REPLIES}
            inner.nothing_else()
    return found


def _sms(table: _Table, key: str) -> str:
    text = table.text(key)
    if len(text) > SMS_CHARACTERS:
        raise table.bad(key, f"has {len(text)} characters, an SMS holds {SMS_CHARACTERS}; shorten it")
    return text


def _queue(top: _Table) -> Mapping[str, float]:
    """Weights of the queue's order, in hours of waiting (desk/priority.py)."""
    table = top.table("queue")
    if table is None:
        return {}
    weights = {key: table.number(key, 0, 10_000) for key in QUEUE_WEIGHTS if key in table.data}
    table.known += QUEUE_WEIGHTS
    table.nothing_else()
    return weights


def _sending(top: _Table) -> Mapping[str, Json]:
    """Quiet hours, local time: from, to; within them only who has just written is answered."""
    table = top.table("sending")
    if table is None:
        return {}
    remedy = "as 22:00"
    made: dict[str, Json] = {
        "quiet_from": table.text("quiet_from", "", _TIME, remedy),
        "quiet_to": table.text("quiet_to", "", _TIME, remedy),
    }
    table.nothing_else()
    if bool(made["quiet_from"]) != bool(made["quiet_to"]):
        raise table.bad("quiet_from", "quiet_from and quiet_to go together; write both or neither")
    return made


def _gazetteers(top: _Table) -> tuple[str, ...]:
    names = top.texts("gazetteers")
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise top.bad("gazetteers", f"{name!r} must lie beside this file or below it")
    return names


def _category(table: _Table) -> CategoryDefinition:
    made = CategoryDefinition(
        code=table.text("code", None, _CODE, "with letters, digits, dot and hyphen, at most 40"),
        names=_by_language(table, "names", needed=True),
        parent=table.text("parent", ""),
        hxl=table.text("hxl", "", _HXL, "as #affected+f"),
        persons_at_risk=table.flag("persons_at_risk"),
        urgency=table.whole("urgency", 0, 0, 3),
        labels=table.texts("labels"),
    )
    table.nothing_else()
    return made


def _source(table: _Table) -> SourceDefinition:
    channels = (*OWN_CHANNELS, *sorted(plugins.CHANNELS))
    columns = table.table("columns")
    made = SourceDefinition(
        slug=table.text("slug", None, _SLUG, "with small letters, digits and hyphens"),
        channel=table.one_of("channel", channels),
        names=_by_language(table, "names", needed=True),
        language=table.text("language", "", _LANGUAGE, "as fr"),
        trust=table.one_of("trust", TRUST, "unknown"),
        per_minute=table.whole("per_minute", 6000, 1, 1_000_000),
        out_per_minute=table.whole("out_per_minute", 60, 1, 1_000_000),
        columns=_columns(columns) if columns else None,
    )
    table.nothing_else()
    if (made.channel == "file") != (made.columns is not None):
        raise table.bad("columns", "a source of channel file needs this table, and no other may have it")
    return made


def _columns(table: _Table) -> Columns:
    made = Columns(
        text=table.text("text"),
        id=table.text("id", ""),
        title=table.text("title", ""),
        date=table.text("date", ""),
        date_format=table.text("date_format", "%Y-%m-%d %H:%M"),
        lat=table.text("lat", ""),
        lon=table.text("lon", ""),
        place=table.text("place", ""),
        categories=table.text("categories", ""),
        category_separator=table.text("category_separator", ","),
    )
    table.nothing_else()
    if bool(made.lat) != bool(made.lon):
        raise table.bad("lat", "lat and lon go together; name both columns or neither")
    return made


# --- extra fields --------------------------------------------------------------------------------------------------


def _fields(top: _Table) -> tuple[Field, ...]:
    tables = top.tables("fields")
    if len(tables) > MOST_FIELDS:
        raise top.bad("fields", f"there are {len(tables)} of them; ask for at most {MOST_FIELDS}")
    made = [(table.whole("order", 0, -1000, 1000), _field(table)) for table in tables]
    _once("fields", "code", [one.code for _, one in made])
    return tuple(one for _, one in sorted(made, key=lambda pair: pair[0]))  # of one order: as they stand


def _field(table: _Table) -> Field:
    kind = table.one_of("kind", fields.KINDS)
    made = Field(
        code=table.text("code", None, _FIELD, "with small letters, digits and _, a letter first, at most 40"),
        kind=kind,
        names=_by_language(table, "names", needed=True),
        help=_by_language(table, "help"),
        required=table.flag("required"),
        choices=_choices(table),
        several=table.flag("several"),
        whole=table.flag("whole"),
        least=_bound(table, "least"),
        most=_bound(table, "most"),
        public=table.flag("public"),
        filter=table.flag("filter"),
        counts_people=table.flag("counts_people"),
        hxl=table.text("hxl", "", _HXL, "as #meta+damage"),
    )
    table.nothing_else()
    _check_kind(table, made)
    return made


def _choices(table: _Table) -> tuple[FieldChoice, ...]:
    made = tuple(_field_choice(inner) for inner in table.tables("choices"))
    _once(f"{table.where}.choices", "code", [choice.code for choice in made])
    if len(made) > MOST_CHOICES:
        raise table.bad("choices", f"there are {len(made)} of them; offer at most {MOST_CHOICES}")
    return made


def _field_choice(table: _Table) -> FieldChoice:
    made = FieldChoice(
        code=table.text("code", None, _CODE, "with letters, digits, dot, _ and hyphen, at most 40"),
        names=_by_language(table, "names", needed=True),
    )
    table.nothing_else()
    return made


def _bound(table: _Table, key: str) -> float | None:
    return table.number(key, -fields.LARGEST, fields.LARGEST) if key in table.data else table.get(key)


def _check_kind(table: _Table, made: Field) -> None:
    """A key that means nothing for the kind is an error: whoever wrote it expects something of it."""
    only: Mapping[str, tuple[str, ...]] = {
        "choice": ("choices", "several", "filter"),
        "number": ("whole", "least", "most", "counts_people"),
    }
    for kind, keys in only.items():
        for key in keys:
            if made.kind != kind and key in table.data:
                raise table.bad(key, f"is for a field of kind {kind} only; this one is of kind {made.kind}")
    if made.kind == "choice" and not made.choices:
        raise table.bad("choices", f"name at least one: [[{table.where.split()[0]}.choices]] with code and names")
    if made.least is not None and made.most is not None and made.least > made.most:
        raise table.bad("least", "is above most; exchange them")


# --- standing orders: the shape that desk/orders.py evaluates -------------------------------------------------------


def _order(table: _Table) -> OrderDefinition:
    rule = table.table("rule")
    if rule is None:
        raise table.bad("rule", "is missing; write [orders.rule]")
    made = OrderDefinition(
        slug=table.text("slug", None, _SLUG, "with small letters, digits and hyphens"),
        text=table.text("text"),
        rule=_rule(rule),
    )
    table.nothing_else()
    return made


def _rule(table: _Table) -> dict[str, Json]:
    rule: dict[str, Json] = {
        "source": table.text("source"),
        "when": [_condition(inner) for inner in table.tables("when")],
        "then": [_effect(inner) for inner in table.tables("then")],
        "also": [_further(inner) for inner in table.tables("also")],
    }
    table.nothing_else()
    if not rule["then"]:
        raise table.bad("then", "an order without an effect does nothing; name at least one")
    return rule


def _condition(table: _Table) -> dict[str, Json]:
    made: dict[str, Json]
    if "inside" in table.data:
        made = {"inside": table.one_of("inside", ("operation",))}
    else:
        made = {"field": table.text("field"), "is": table.text("is", "")}
    table.nothing_else()
    return made


def _effect(table: _Table) -> dict[str, Json]:
    accept = table.table("accept")
    made: dict[str, Json] = {"accept": _accept(accept)} if accept else {"publish": table.flag("publish")}
    table.nothing_else()
    if made.get("publish") is False:
        raise table.bad("publish", "write true, or leave the effect out")
    return made


def _accept(table: _Table) -> dict[str, Json]:
    words = [precision.word for precision in Precision]
    made: dict[str, Json] = {
        "title_from": table.text("title_from", ""),
        "precision": table.one_of("precision", words, Precision.LOCALITY.word),
    }
    table.nothing_else()
    return made


def _further(table: _Table) -> dict[str, Json]:
    statuses = [status.value for status in Status if status is not Status.UNVERIFIED]
    made: dict[str, Json] = {
        "when": [_condition(inner) for inner in table.tables("when")],
        "status": table.one_of("status", statuses),
    }
    table.nothing_else()
    return made


# --- what must fit together ----------------------------------------------------------------------------------------


def _check_categories(categories: tuple[CategoryDefinition, ...]) -> None:
    parents = {category.code: category.parent for category in categories}
    _once("categories", "code", [category.code for category in categories])
    _once("categories", "labels", [label for category in categories for label in category.labels])
    for code, parent in parents.items():
        if parent and parent not in parents:
            raise BadDefinition(f"[categories] parent: {code} names {parent!r}, which is no category's code")
        _check_circle(code, parents)


def _check_circle(code: str, parents: Mapping[str, str]) -> None:
    seen, at = {code}, parents[code]
    while at:
        if at in seen:
            raise BadDefinition(f"[categories] parent: {code} is above and below {at}; break the circle")
        seen.add(at)
        at = parents.get(at, "")


def _check_references(definition: Definition) -> None:
    slugs = [source.slug for source in definition.sources]
    _once("sources", "slug", slugs)
    _once("orders", "slug", [order.slug for order in definition.orders])
    for order in definition.orders:
        if order.rule["source"] not in slugs:
            raise BadDefinition(
                f"[orders] source: {order.slug} names {order.rule['source']!r}, which is no source's slug"
            )


def _once(table: str, key: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise BadDefinition(f"[{table}] {key}: {value!r} is there {values.count(value)} times; it must be unique")
