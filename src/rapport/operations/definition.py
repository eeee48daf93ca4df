"""Pure: one operation as its TOML file says it, read strictly. The format: docs/reference/operation-file.md.

A key that nobody knows is an error, not a silence: a misspelt `persons_at_risk` would show people exactly.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from rapport import plugins
from rapport.errors import BadDefinition
from rapport.operations.definition_fields import read_fields
from rapport.operations.definition_orders import OrderDefinition, read_order
from rapport.operations.definition_retention import read_retention
from rapport.operations.fields import Field
from rapport.operations.reserved import RESERVED_SLUGS
from rapport.operations.strict import (
    CODE,
    HXL,
    LANGUAGE,
    SLUG,
    Table,
    by_language,
    checked_language,
    is_number,
    once,
    parsed,
    time_zone,
)
from rapport.oversight.retention.schedule import Schedule
from rapport.values import Box, Json

#: Of the file [ours: that of Haiti 2010 has thirteen thousand].
MOST_CHARACTERS = 200_000
KINDS = ("crisis", "watch", "network")
TRUST = ("unknown", "trusted")
REPLIES = ("received", "ask_place", "stopped")
#: Ways in that are not gateways: the form, the API, a file, letters that the command `rapport receive email` gets.
OWN_CHANNELS = ("web", "api", "file", "email")
SMS_CHARACTERS = 160

#: Keys of [queue]: see desk/queue/priority.py.
QUEUE_WEIGHTS = ("urgency", "people", "trusted")
QUEUE_SHARES = ("heard",)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_COUNTRY = re.compile(r"[A-Z]{3}")
_LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,59}")
_ADDRESS = re.compile(r"https?://[^\s<>\"]{1,500}")
_SENDER = re.compile(r"[^\s,<&]{3,200}")  # CAP 1.2, 3.2.1, sender
_GLIDE = re.compile(r"[A-Z]{2}-\d{4}-\d{6}-[A-Z]{3}")


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
    licence: Mapping[str, str] = field(default_factory=dict)
    alerts: Mapping[str, Json] = field(default_factory=dict)
    gazetteers: tuple[str, ...] = ()
    categories: tuple[CategoryDefinition, ...] = ()
    sources: tuple[SourceDefinition, ...] = ()
    orders: tuple[OrderDefinition, ...] = ()
    fields: tuple[Field, ...] = ()
    retention: Schedule = field(default_factory=Schedule)

    @property
    def labels(self) -> Mapping[str, str]:
        """How files name the categories: label → code."""
        return {label: category.code for category in self.categories for label in category.labels}


def parse(text: str) -> Definition:
    """One operation from its TOML text; BadDefinition names the table, the key and what to do."""
    text = text.removeprefix("\ufeff")  # the mark with which Windows begins a file
    top = Table(parsed(text, MOST_CHARACTERS), "")
    definition = Definition(
        slug=_slug(top),
        kind=top.one_of("kind", KINDS),
        time_zone=_time_zone(top),
        box=_box(top),
        countries=top.texts("countries", _COUNTRY, "three capital letters of ISO 3166-1, as HTI"),
        languages=top.texts("languages", LANGUAGE, "a language code of ISO 639-1, as fr", needed=True),
        names=by_language(top, "names", needed=True),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        glide=top.text("glide", "", _GLIDE, "as EQ-2010-000009-HTI"),
        exercise=top.flag("exercise"),
        descriptions=by_language(top, "descriptions"),
        consent=by_language(top, "consent"),
        replies=_replies(top),
        queue=_queue(top),
        sending=_sending(top),
        licence=_licence(top),
        alerts=_alerts(top),
        gazetteers=_gazetteers(top),
        categories=tuple(_category(table) for table in top.tables("categories")),
        sources=tuple(_source(table) for table in top.tables("sources")),
        orders=tuple(read_order(table) for table in top.tables("orders")),
        fields=read_fields(top),
        retention=read_retention(top),
    )
    top.nothing_else()
    _check_categories(definition.categories)
    _check_references(definition)
    return definition


# --- its parts -----------------------------------------------------------------------------------------------------


def _slug(top: Table) -> str:
    slug = top.text("slug", None, SLUG, "with small letters, digits and hyphens")
    if slug in RESERVED_SLUGS:
        raise top.bad("slug", f"{slug!r} is an address of rapport itself; choose another")
    return slug


def _time_zone(top: Table) -> str:
    name = top.text("time_zone")
    try:
        time_zone(name)
    except BadDefinition as fault:
        raise top.bad("time_zone", str(fault)) from fault
    return name


def _box(top: Table) -> Box:
    remedy = "write four numbers in degrees: west, south, east, north"
    values = top.get("bbox")
    if not isinstance(values, list) or len(values) != 4 or not all(is_number(value) for value in values):
        raise top.bad("bbox", remedy)
    west, south, east, north = (float(value) for value in values)
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south < north <= 90):
        raise top.bad("bbox", f"{remedy}; south is below north, latitude within 90, longitude within 180")
    return Box(west, south, east, north)


def _replies(top: Table) -> Mapping[str, Mapping[str, str]]:
    replies = top.table("replies")
    if replies is None:
        return {}
    found = {}
    for language in replies.data:
        inner = replies.table(language)
        if inner is not None and checked_language(replies, language):
            found[language] = {key: _sms(inner, key) for key in REPLIES}
            inner.nothing_else()
    return found


def _sms(table: Table, key: str) -> str:
    text = table.text(key)
    if len(text) > SMS_CHARACTERS:
        raise table.bad(key, f"has {len(text)} characters, an SMS holds {SMS_CHARACTERS}; shorten it")
    return text


def _queue(top: Table) -> Mapping[str, float]:
    """Weights of the queue's order, in hours of waiting, and shares of them, 0 to 1 (desk/queue/priority.py)."""
    table = top.table("queue")
    if table is None:
        return {}
    weights = {key: table.number(key, 0, 10_000) for key in QUEUE_WEIGHTS if key in table.data}
    shares = {key: table.number(key, 0, 1) for key in QUEUE_SHARES if key in table.data}
    table.known += (*QUEUE_WEIGHTS, *QUEUE_SHARES)
    table.nothing_else()
    return {**weights, **shares}


def _sending(top: Table) -> Mapping[str, Json]:
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


def _licence(top: Table) -> Mapping[str, str]:
    """Under which licence what readers take may be used: name, and optionally title and path."""
    table = top.table("licence")
    if table is None:
        return {}
    made = {
        "name": table.text("name", None, _LICENCE, "as CC-BY-4.0, from the SPDX list"),
        "title": table.text("title", ""),
        "path": table.text("path", "", _ADDRESS, "as https://creativecommons.org/licenses/by/4.0/"),
    }
    table.nothing_else()
    return {key: text for key, text in made.items() if text}


def _alerts(top: Table) -> Mapping[str, Json]:
    """Who alerts in this operation's name, and whether two people must (desk/alerts/)."""
    table = top.table("alerts")
    if table is None:
        return {}
    made: dict[str, Json] = {
        "sender": table.text("sender", "", _SENDER, "as alerts@example.org: no space, comma, < or &"),
        "name": table.text("name", ""),
        "contact": table.text("contact", ""),
        "two_people": table.flag("two_people"),
    }
    table.nothing_else()
    return {key: value for key, value in made.items() if value}


def _gazetteers(top: Table) -> tuple[str, ...]:
    names = top.texts("gazetteers")
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise top.bad("gazetteers", f"{name!r} must lie beside this file or below it")
    return names


def _category(table: Table) -> CategoryDefinition:
    made = CategoryDefinition(
        code=table.text("code", None, CODE, "with letters, digits, dot and hyphen, at most 40"),
        names=by_language(table, "names", needed=True),
        parent=table.text("parent", ""),
        hxl=table.text("hxl", "", HXL, "as #affected+f"),
        persons_at_risk=table.flag("persons_at_risk"),
        urgency=table.whole("urgency", 0, 0, 3),
        labels=table.texts("labels"),
    )
    table.nothing_else()
    return made


def _source(table: Table) -> SourceDefinition:
    channels = (*OWN_CHANNELS, *sorted(plugins.CHANNELS), *sorted(plugins.POLLED))
    columns = table.table("columns")
    made = SourceDefinition(
        slug=table.text("slug", None, SLUG, "with small letters, digits and hyphens"),
        channel=table.one_of("channel", channels),
        names=by_language(table, "names", needed=True),
        language=table.text("language", "", LANGUAGE, "as fr"),
        trust=table.one_of("trust", TRUST, "unknown"),
        per_minute=table.whole("per_minute", 6000, 1, 1_000_000),
        out_per_minute=table.whole("out_per_minute", 60, 1, 1_000_000),
        columns=_columns(columns) if columns else None,
    )
    table.nothing_else()
    if (made.channel == "file") != (made.columns is not None):
        raise table.bad("columns", "a source of channel file needs this table, and no other may have it")
    return made


def _columns(table: Table) -> Columns:
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


# --- what must fit together ----------------------------------------------------------------------------------------


def _check_categories(categories: tuple[CategoryDefinition, ...]) -> None:
    parents = {category.code: category.parent for category in categories}
    once("categories", "code", [category.code for category in categories])
    once("categories", "labels", [label for category in categories for label in category.labels])
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
    once("sources", "slug", slugs)
    once("orders", "slug", [order.slug for order in definition.orders])
    for order in definition.orders:
        if order.rule["source"] not in slugs:
            raise BadDefinition(
                f"[orders] source: {order.slug} names {order.rule['source']!r}, which is no source's slug"
            )
