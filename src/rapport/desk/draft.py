"""What a person says an event is: checked, and written into the event's columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from rapport.accounts.models import Organisation
from rapport.desk.standing_orders.rules import TITLE_LENGTH
from rapport.errors import Refused
from rapport.events.models import Event
from rapport.operations import fields
from rapport.operations.categories import Lines, at_risk, lines
from rapport.operations.gazetteer import commune_of
from rapport.operations.models import Category, Operation
from rapport.sharing.handling import NOTHING_SAID, UNKNOWN, Handling
from rapport.text.personal import has_contact_data
from rapport.values import EARLIEST, Box, Json, Precision, Range, Spot, place_problem

SUMMARY_LENGTH = 5_000
PLACE_NAME_LENGTH = 300
#: Largest radius of a place in metres, and largest number of people [ours: beyond any country and any crisis].
LARGEST_RADIUS_M = 1_000_000
LARGEST_NUMBER = 2_000_000_000
#: How far a clock of the other side may run ahead of ours before its time is called the future [ours].
CLOCK_SLACK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class EventDraft:
    """What an event is to say. An empty title is composed of category and place for each reader, in their language."""

    title: str = ""
    summary: str = ""
    categories: tuple[str, ...] = ()  # codes
    spot: Spot | None = None
    occurred_at: datetime | None = None
    affected: Range | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)  # the operation's extra fields: code → typed value
    handling: Handling = NOTHING_SAID
    outside_confirmed: bool = False  # the place lies outside the operation's area, and that is meant


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The categories of an operation, read once for many drafts."""

    by_code: Mapping[str, Category]
    lines: Lines

    @classmethod
    def of(cls, operation: Operation) -> Taxonomy:
        categories = list(Category.objects.filter(operation=operation))
        return cls({c.code: c for c in categories}, lines(categories))

    def chosen(self, codes: Iterable[str]) -> list[Category]:
        """The categories of these codes, each once; Refused for a code that the operation does not have."""
        codes = list(dict.fromkeys(codes))
        if unknown := [code for code in codes if code not in self.by_code]:
            raise Refused("category", f"There is no category {unknown[0]} in this operation.", field="categories")
        return [self.by_code[code] for code in codes]

    def at_risk(self, categories: Iterable[Category]) -> bool:
        """Whether any of them, or a category above it, speaks of persons at risk."""
        return any(at_risk(self.lines[category.pk]) for category in categories)


def check(operation: Operation, draft: EventDraft) -> None:
    """Refused, with the field and the remedy, if the draft cannot be an event of this operation."""
    _check_words(draft)
    if draft.occurred_at is not None and draft.occurred_at < EARLIEST:
        raise Refused("too early", f"This lies before {EARLIEST.year}: correct date and time.", field="occurred_at")
    if draft.spot is not None:
        check_spot(operation.box, draft.spot, outside_confirmed=draft.outside_confirmed)
        _check_code(operation, draft.spot.pcode)
    if draft.occurred_at is not None and draft.occurred_at > timezone.now() + CLOCK_SLACK:
        raise Refused("future", "This lies in the future: correct date and time.", field="occurred_at")
    if draft.affected is not None:
        _check_affected(draft.affected)
    _check_extra(operation, draft.extra)
    _check_organisation(draft.handling.organisation)


def _check_words(draft: EventDraft) -> None:
    name = draft.spot.name if draft.spot else ""
    for shown_at, text, longest in (
        ("title", draft.title, TITLE_LENGTH),
        ("summary", draft.summary, SUMMARY_LENGTH),
        ("shared", draft.handling.shared, SUMMARY_LENGTH),
        ("place_name", name, PLACE_NAME_LENGTH),
    ):
        if len(text) > longest:
            raise Refused("too long", f"{len(text)} characters are too many: at most {longest}.", field=shown_at)
        if "\0" in text:
            raise Refused("nul", "It contains a NUL byte: type it anew.", field=shown_at)
        if has_contact_data(text):
            raise Refused(
                "contact data", "Readers would see a number or an address of a person: take it out.", field=shown_at
            )


def _check_extra(operation: Operation, extra: Mapping[str, Json]) -> None:
    """Each value fits its field, and none that everybody may see shows how to reach a person."""
    if not extra:
        return
    known = fields.stored(operation.extra_fields)
    by_code = {one.code: one for one in known}
    for code, value in extra.items():
        if code not in by_code:
            raise Refused("extra field", f"This operation has no field {code}: leave it out.", field=code)
        try:
            fields.read(by_code[code], value)
        except fields.BadValue as bad:
            raise Refused("extra field", bad.remedy, field=by_code[code].name) from bad
    for code, words in fields.free_words(known, extra).items():
        if has_contact_data(words):
            remedy = "Readers would see a number or an address of a person: take it out."
            raise Refused("contact data", remedy, field=by_code[code].name)


def _check_organisation(slug: str) -> None:
    """A slip here would set a limit aside that speaks of what is theirs."""
    if slug != UNKNOWN and not Organisation.objects.filter(slug=slug).exists():
        raise Refused("organisation", f"There is no organisation {slug} here: choose another.", field="organisation")


def _check_code(operation: Operation, pcode: str) -> None:
    if pcode and not operation.places.filter(pcode=pcode).exists():
        raise Refused(
            "pcode", "This P-code is not in the operation's gazetteer: choose a place, or leave it out.", field="place"
        )


def check_spot(box: Box, spot: Spot, *, outside_confirmed: bool) -> None:
    """Refused unless the place can be meant: no 0, 0, nothing off the globe, not swapped, not outside unconfirmed."""
    problem = place_problem(spot.lon, spot.lat, box)
    if problem == "zero":
        raise Refused("null island", "0, 0 lies in the Atlantic: click on the map, or leave both empty.", field="place")
    if problem == "swapped":
        raise Refused("swapped", "Latitude and longitude are swapped: exchange them.", field="place")
    if problem == "not_a_coordinate":
        raise Refused("coordinates", "Latitude goes from -90 to 90, longitude from -180 to 180.", field="place")
    if problem == "outside" and not outside_confirmed:
        raise Refused(
            "outside", "This lies outside the operation's area: move it, or confirm that it is meant.", field="place"
        )
    if not 0 <= spot.radius_m <= LARGEST_RADIUS_M:
        raise Refused("radius", f"The radius goes from 0 to {LARGEST_RADIUS_M:,} m.", field="radius_m")


def _check_affected(affected: Range) -> None:
    high = affected.low if affected.high is None else affected.high
    if not 0 <= affected.low <= high <= LARGEST_NUMBER:
        raise Refused("affected", "Write the lower number first, and none below 0.", field="affected")


def fill(event: Event, draft: EventDraft, *, at_risk: bool, commune: Spot | None) -> None:
    """Sets the event's columns from the draft; `commune` is the place coarsened to admin 2, None if unknown."""
    spot = draft.spot
    event.title, event.summary, event.occurred_at = draft.title, draft.summary, draft.occurred_at
    event.lon, event.lat = (spot.lon, spot.lat) if spot else (None, None)
    event.precision, event.radius_m = (int(spot.precision), spot.radius_m) if spot else (None, 0)
    event.place_name, event.pcode = (spot.name, spot.pcode[:20]) if spot else ("", "")
    event.affected_low = draft.affected.low if draft.affected else None
    event.affected_high = draft.affected.high if draft.affected else None
    event.extra = dict(draft.extra)
    event.handling = draft.handling
    event.persons_at_risk = at_risk
    event.commune_lon, event.commune_lat = (commune.lon, commune.lat) if commune else (None, None)
    event.commune_radius_m = commune.radius_m if commune else 0
    event.commune_name, event.commune_pcode = (commune.name, commune.pcode) if commune else ("", "")
    event.updated_at = timezone.now()


def coarse_enough(spot: Spot) -> bool:
    """Whether a commune says less than the place itself: of a department's centre it would say more than is known."""
    return spot.precision <= Precision.ADM2


def save(event: Event, draft: EventDraft) -> None:
    """Writes the draft into one event, new or old, with its categories; call inside a transaction."""
    taxonomy = Taxonomy.of(event.operation)
    categories = taxonomy.chosen(draft.categories)
    spot = draft.spot
    commune = commune_of(event.operation, spot.lon, spot.lat) if spot and coarse_enough(spot) else None
    fill(event, draft, at_risk=taxonomy.at_risk(categories), commune=commune)
    event.save()
    event.categories.set(categories)


def of_event(event: Event) -> EventDraft:
    """What the event says now."""
    return EventDraft(
        title=event.title,
        summary=event.summary,
        categories=tuple(event.categories.values_list("code", flat=True)),
        spot=event.spot,
        occurred_at=event.occurred_at,
        affected=event.affected,
        extra=dict(event.extra),
        handling=event.handling,
        outside_confirmed=True,
    )


def to_json(draft: EventDraft) -> dict[str, Any]:
    """A draft as a decision keeps it."""
    spot, affected = draft.spot, draft.affected
    return {
        "title": draft.title,
        "summary": draft.summary,
        "categories": list(draft.categories),
        "spot": spot and [spot.lon, spot.lat, int(spot.precision), spot.radius_m, spot.name, spot.pcode],
        "occurred_at": draft.occurred_at and draft.occurred_at.isoformat(),
        "affected": affected and [affected.low, affected.high],
        "extra": dict(draft.extra),
        "handling": draft.handling.as_json(),
    }


def from_json(kept: Mapping[str, Any], known: Sequence[str]) -> EventDraft:
    """The draft that a decision kept, with those categories that the operation still has."""
    spot, affected = kept["spot"], kept["affected"]
    return EventDraft(
        title=kept["title"],
        summary=kept["summary"],
        categories=tuple(code for code in kept["categories"] if code in known),
        spot=Spot(spot[0], spot[1], Precision(spot[2]), *spot[3:]) if spot else None,
        occurred_at=parse_datetime(kept["occurred_at"]) if kept["occurred_at"] else None,
        affected=Range(*affected) if affected else None,
        extra=kept.get("extra", {}),  # what was decided before there were extra fields has none
        handling=Handling.from_json(kept.get("handling", {})),
        outside_confirmed=True,
    )
