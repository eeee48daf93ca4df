"""Pure: what each format keeps of an event, what it changes and what it leaves out. The page before an export shows it,
and tests/pure/test_losses.py holds every format to it: generated events are written, read by other people's programs,
and are then exactly what stands here.

An event is taken here as its fields in the data dictionary, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from rapport.formats import ical, xlsx
from rapport.formats.characters import clean
from rapport.formats.context import FeedContext
from rapport.formats.dictionary.fields import Entry, Export, _
from rapport.formats.geojson import DECIMALS
from rapport.formats.table import BETWEEN
from rapport.values import Release, named

Value = str | int | float | datetime | list[str] | None
Record = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Change:
    """What a format does to a value, in words, and as a function of it and of the whole event."""

    said: str
    made: Callable[[Value, Record], Value]


@dataclass(frozen=True, slots=True)
class Loss:
    """What becomes of one field in one format: `kept` or not, and then what is changed, a sentence each."""

    entry: Entry
    kept: bool
    changes: Sequence[Change]


# --- what is done to values ----------------------------------------------------------------------------------------


def _each(change: Callable[[str], str]) -> Callable[[Value, Record], Value]:
    """The change of a text, made of each text of a list."""

    def made(value: Value, _record: Record) -> Value:
        if isinstance(value, list):
            return [change(one) for one in value]
        return change(value) if isinstance(value, str) else value

    return made


def _seconds(value: Value, _record: Record) -> Value:
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


def _six_decimals(value: Value, _record: Record) -> Value:
    return round(value, DECIMALS) if isinstance(value, float) else value


def _fifteen_digits(value: Value, _record: Record) -> Value:
    return xlsx.number_of(value) if isinstance(value, int | float) else value


CLEANED = Change(_("Control characters are left out."), _each(clean))
WHOLE_SECONDS = Change(_("Times are given to the second."), _seconds)
SIX_DECIMALS = Change(_("Coordinates have six decimals of a degree, which is 11 cm."), _six_decimals)
LINE_ENDS = Change(_("Line ends are all written alike."), _each(ical.text_of))
IN_A_CELL = Change(_("Line ends are all written alike, and a text ends after 32,767 characters."), _each(xlsx.text_of))
DIGITS = Change(_("To fifteen digits."), _fifteen_digits)
NO_NOUGHT = Change(_("Left out where it is 0."), lambda value, _record: value or None)
HEADLINE_INSTEAD = Change(
    _("Where there is none, the headline stands in its place."),
    lambda value, record: value or clean(str(record["headline"])),
)
NAME_OR_CODE = Change(
    _("A category without a name is given by its code."),
    lambda value, record: [
        name or code for name, code in zip(_list(value), _list(record["category_codes"]), strict=True)
    ],
)
PARTED = Change(
    _("A name with a vertical bar in it reads as two."),
    lambda value, _record: joined.split(BETWEEN) if (joined := BETWEEN.join(_list(value))) else [],
)
PUBLISHED_INSTEAD = Change(
    _("Where it is not known, the time of publication stands in its place, and that is said."),
    lambda value, _record: value,
)
CHANGED_INSTEAD = Change(
    _("Where it is not known, the time of the last change stands in its place."),
    lambda value, record: value or _seconds(record["updated_at"], record),
)

#: What every format does.
EVERYWHERE = (CLEANED, WHOLE_SECONDS, SIX_DECIMALS)
#: To which fields, by their type in the dictionary, and by their name.
_BY_TYPE: Mapping[str, Sequence[Change]] = {"string": (CLEANED,), "datetime": (WHOLE_SECONDS,)}
_BY_NAME: Mapping[str, Sequence[Change]] = {"lat": (SIX_DECIMALS,), "lon": (SIX_DECIMALS,)}
#: What one format does to words that people write, to numbers of any size, and by the name of a field.
_WORDS: Mapping[Export, Sequence[Change]] = {"xlsx": (IN_A_CELL,), "ics": (LINE_ENDS,)}
_NUMBERS: Mapping[Export, Sequence[Change]] = {"xlsx": (DIGITS,)}
_FORMATS_BY_NAME: Mapping[Export, Mapping[str, Sequence[Change]]] = {
    "csv": {"categories": (PARTED,)},
    "hxl.csv": {"categories": (PARTED,)},
    "xlsx": {"categories": (PARTED,)},
    "kml": {"categories": (PARTED,)},
    "rss": {
        "summary": (HEADLINE_INSTEAD,),
        "categories": (NAME_OR_CODE,),
        "published_at": (CHANGED_INSTEAD,),
        "radius_m": (NO_NOUGHT,),
    },
    "atom": {"radius_m": (NO_NOUGHT,)},
    "ics": {"occurred_at": (PUBLISHED_INSTEAD,), "categories": (NAME_OR_CODE,)},
}


# --- the report ----------------------------------------------------------------------------------------------------


def losses(entries: Sequence[Entry], export: Export) -> list[Loss]:
    """What becomes of each field in a format, in the order of the dictionary. Of what a format has no place for nothing
    is said but that."""
    return [Loss(one, export in one.found, _changes(one, export) if export in one.found else ()) for one in entries]


def left(record: Record, entries: Sequence[Entry], export: Export) -> Record:
    """What of an event comes back out of a file of that format."""
    found: dict[str, Value] = {}
    for loss in losses(entries, export):
        if loss.kept:
            value = record.get(loss.entry.name)
            for change in loss.changes:
                value = change.made(value, record)
            found[loss.entry.name] = value
    return found


def record(release: Release, context: FeedContext) -> Record:
    """A release as the fields of the dictionary, nothing lost; None where nothing is known."""
    place, affected = release.place, release.affected
    known: dict[str, Value] = {
        "ref": release.ref,
        "headline": release.headline(context.language),
        "summary": release.summary,
        "category_codes": [one.code for one in release.categories],
        "categories": [named(one.names, context.language) for one in release.categories],
        "status": release.status.value,
        "occurred_at": release.occurred_at,
        "published_at": release.published_at,
        "updated_at": release.updated_at,
        "lat": place.lat if place else None,
        "lon": place.lon if place else None,
        "precision": place.precision.word if place else None,
        "radius_m": place.radius_m if place else None,
        "place": place.name if place else None,
        "pcode": place.pcode if place else None,
        "affected_low": affected.low if affected else None,
        "affected_high": affected.high if affected else None,
        "reports": release.reports,
        "url": context.event_url(release.ref),
        "response": release.response.value if release.response else None,
        "why": context.why_url(release.ref),
        "marking": release.marking.value if release.marking else None,
        "files": [context.file_url(release.ref, file.ref) for file in release.files],
        "publication": release.publication.value,
        "sources": list(release.sources),
    }
    said = {one.code: cast("Value", one.value) for one in release.extra}
    return known | {column.name: said.get(column.code) for column in context.extra}


def _changes(entry: Entry, export: Export) -> Sequence[Change]:
    return (
        *_BY_TYPE.get(entry.type, ()),
        *_BY_NAME.get(entry.name, ()),
        *(_WORDS.get(export, ()) if _is_words(entry) else ()),
        *(_NUMBERS.get(export, ()) if entry.type == "number" and entry.name not in _BY_NAME else ()),
        *_FORMATS_BY_NAME.get(export, {}).get(entry.name, ()),
    )


def _is_words(entry: Entry) -> bool:
    """Whether anything may stand in it: it is no code, no address and no reference."""
    bound = entry.codes and not entry.named
    return entry.type == "string" and not bound and entry.format == "default" and not entry.constraints


def _list(value: Value) -> list[str]:
    return value if isinstance(value, list) else []
