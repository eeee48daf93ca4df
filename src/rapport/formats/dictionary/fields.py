"""Pure: what each field is that rapport can release of an event. START HERE to add a field or to look one up.

An export writes no field that does not stand here, and none stands here that nothing writes: the guard
tests/guards/test_dictionary.py holds every export to it. Whoever changes a field counts VERSION up and enters the new
digest there; a field that is added says in `since` with which version it came. Names never change.

The texts are plain English; the public pages translate them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from rapport.values import Json, Marking, Precision, Publication, Response, Sensitivity, Status

#: Counted up whenever anything of rapport's own fields changes.
VERSION = 2

Export = Literal["csv", "hxl.csv", "xlsx", "geojson", "kml", "rss", "atom", "ics"]
EXPORTS: tuple[Export, ...] = get_args(Export)
#: Those that have a field under its own name: a column, a property, a `Data` of KML.
UNDER_ITS_NAME: tuple[Export, ...] = ("csv", "hxl.csv", "xlsx", "geojson", "kml")
#: A text in English that pages translate, or what an operation calls something: names by language.
Words = str | Mapping[str, str]


def _(text: str) -> str:
    """Marks a text that the pages translate: web/messages.py collects it."""
    return text


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a code list. Meanings of an operation's own codes are names by language."""

    value: str
    meaning: Words
    hxl: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One field.

    `type`, `format` and `constraints` are those of Table Schema. `several`: more than one value, joined by a vertical
    bar in CSV and a list in GeoJSON; `named`: there each is an object of `code` and `name`. `found`: where an export
    has it, for CSV and GeoJSON properties its own name. `on_page`: the event's page shows it. `of`: the attributes of a
    Release that it is made of. `goes_with`: the field by which a protocol keeps it or leaves it out, "" if it always
    stays. `may_become`: what else a protocol may do to it. `sensitivity`: the harm that its value could do as the desk
    wrote it, to judge a protocol by; the level of an event, by which a protocol rules, is another thing [ours].
    """

    name: str
    title: Words
    meaning: Words
    type: str
    of: tuple[str, ...]
    found: Mapping[Export, str]
    may_become: str
    goes_with: str = ""
    format: str = "default"
    constraints: Mapping[str, Json] = field(default_factory=dict)
    codes: tuple[Code, ...] = ()
    several: bool = False
    named: bool = False
    on_page: bool = True
    hxl: str = ""
    sensitivity: Sensitivity = Sensitivity.LOW
    since: int = 1
    remark: str = ""  # of an operation's field: what else there is to know

    def is_column(self, export: Export) -> bool:
        """Whether a table of that format has it under its own name."""
        return self.found.get(export) == self.name


#: What the levels mean of a field, after the country information-sharing protocols.
LEVELS: Mapping[Sensitivity, str] = {
    Sensitivity.LOW: _("low: it is unlikely to harm anybody"),
    Sensitivity.MODERATE: _("moderate: by itself it could do minor harm"),
    Sensitivity.HIGH: _("high: in the wrong hands it could do serious harm"),
    Sensitivity.SEVERE: _("severe: in the wrong hands it could cost lives"),
}

# --- what a protocol may do ----------------------------------------------------------------------------------------

STAYS = _("Always given with an event: a reader needs it to name the event and to keep it in order.")
LEFT_OUT = _("Can be left out.")
MASKED = _("Personal data in it can be masked, or it is left out.")
COARSER = _("Can be the place of a larger area, or a point moved by up to the stated radius, or left out.")
ROUNDED = _("Can be rounded down to the hour, day, week or month.")
ROUNDED_OR_OUT = _("Can be rounded down to the hour, day, week or month, or left out.")

# --- code lists ----------------------------------------------------------------------------------------------------

STATUSES = (
    Code(Status.UNVERIFIED.value, _("Somebody said so. Nobody has checked it yet.")),
    Code(Status.CORROBORATED.value, _("Several people said so independently. Nobody has checked it on the spot.")),
    Code(Status.VERIFIED.value, _("A verifier has checked it and found it true.")),
    Code(Status.REFUTED.value, _("A verifier has checked it and found it not true.")),
    Code(Status.UNVERIFIABLE.value, _("A verifier has tried, and it cannot be checked.")),
)
RESPONSES = (
    Code(Response.OPEN.value, _("Nobody is known to be dealing with it yet.")),
    Code(Response.ASSIGNED.value, _("Somebody is dealing with it.")),
    Code(Response.DONE.value, _("It has been dealt with.")),
    Code(Response.EXPIRED.value, _("It is too old to be acted upon.")),
)
PUBLICATIONS = (
    Code(Publication.DRAFT.value, _("A draft: only the team of this operation sees it.")),
    Code(Publication.PUBLISHED.value, _("Published: everybody may see it.")),
    Code(Publication.WITHDRAWN.value, _("Withdrawn: only the team of this operation still sees it.")),
)
MARKINGS = (
    Code(Marking.CLEAR.value, _("You may pass it on to anybody.")),
    Code(Marking.GREEN.value, _("You may pass it on within your community, not to the public.")),
    Code(Marking.AMBER.value, _("You may pass it on within your organisation and to its clients who need to know.")),
    Code(Marking.AMBER_STRICT.value, _("You may pass it on within your organisation only.")),
    Code(Marking.RED.value, _("You may pass it on to nobody.")),
)
PRECISIONS = (
    Code(Precision.EXACT.word, _("The spot itself, as a house.")),
    Code(Precision.STREET.word, _("A street or a block.")),
    Code(Precision.LOCALITY.word, _("A town, village or neighbourhood.")),
    Code(Precision.ADM3.word, _("An administrative area of level 3, as a section of a commune.")),
    Code(Precision.ADM2.word, _("An administrative area of level 2, as a commune or a district.")),
    Code(Precision.ADM1.word, _("An administrative area of level 1, as a department or a province.")),
    Code(Precision.COUNTRY.word, _("No more than the country.")),
)


def meaning_of(codes: tuple[Code, ...], value: str) -> str:
    """The meaning of one of rapport's own codes, in English. KeyError for a value that is none of them."""
    return str({one.value: one.meaning for one in codes}[value])


# --- the fields, in the order of the CSV's columns -----------------------------------------------------------------

_COUNT: Mapping[str, Json] = {"minimum": 0}
_POINT, _GEOMETRY, _PLACEMARK = "georss:point", "geometry.coordinates", "Point.coordinates"


def _table(name: str, **elsewhere: str) -> dict[Export, str]:
    """In tables, GeoJSON and KML under its name; `elsewhere` says where others have it, "" that one has it not."""
    found: dict[str, str] = {**dict.fromkeys(UNDER_ITS_NAME, name), **elsewhere}
    return {cast("Export", export): place for export, place in found.items() if place}


FIELDS: tuple[Entry, ...] = (
    Entry(
        name="ref",
        title=_("Reference"),
        meaning=_("The event's own id: eight letters and digits that never change and are never given again."),
        type="string",
        of=("ref",),
        found=_table("ref", rss="guid", atom="id", ics="X-RAPPORT-REF"),
        may_become=STAYS,
        constraints={"required": True, "unique": True, "pattern": "[0-9abcdefghjkmnpqrstvwxyz]{8}"},
        hxl="#event+id",
    ),
    Entry(
        name="headline",
        title=_("Headline"),
        meaning=_("The title that the desk wrote; where no words may be shown, its first category and its place."),
        type="string",
        of=("title", "categories", "place"),
        found=_table("headline", kml="name", rss="title", atom="title", ics="SUMMARY"),
        may_become=MASKED,
        goes_with="title",
        hxl="#event+name",
        sensitivity=Sensitivity.MODERATE,
    ),
    Entry(
        name="summary",
        title=_("Summary"),
        meaning=_("What happened, in the words of the desk and never in those of a sender."),
        type="string",
        of=("summary",),
        found=_table("summary", kml="description", rss="description", atom="summary", ics="DESCRIPTION"),
        may_become=MASKED,
        goes_with="summary",
        hxl="#description",
        sensitivity=Sensitivity.MODERATE,
    ),
    Entry(
        name="category_codes",
        title=_("Codes of the categories"),
        meaning=_("What it is about: codes of the operation's categories."),
        type="string",
        of=("categories",),
        found=_table("category_codes", geojson="categories.code", atom="category"),
        may_become=STAYS,
        several=True,
        on_page=False,
        hxl="#event+type+code",
    ),
    Entry(
        name="categories",
        title=_("Categories"),
        meaning=_("What it is about: names of the operation's categories in the language of the reader."),
        type="string",
        of=("categories",),
        found=_table("categories", rss="category", atom="category", ics="CATEGORIES"),
        may_become=STAYS,
        several=True,
        named=True,
        hxl="#event+type+name",
    ),
    Entry(
        name="status",
        title=_("What is known"),
        meaning=_("Whether anybody has checked what is said, and with what outcome."),
        type="string",
        of=("status",),
        found=_table("status", rss="category", atom="category", ics="X-RAPPORT-STATUS"),
        may_become=STAYS,
        constraints={"required": True},
        codes=STATUSES,
        hxl="#status+verification+code",
    ),
    Entry(
        name="occurred_at",
        title=_("Happened"),
        meaning=_("When it happened, in UTC, as far as it is known."),
        type="datetime",
        of=("occurred_at",),
        found=_table("occurred_at", kml="TimeStamp.when", ics="DTSTART"),
        may_become=ROUNDED_OR_OUT,
        goes_with="occurred_at",
        hxl="#date+occurred",
        sensitivity=Sensitivity.MODERATE,
    ),
    Entry(
        name="published_at",
        title=_("Published"),
        meaning=_("When the desk published it, in UTC; empty for a draft."),
        type="datetime",
        of=("published_at",),
        found=_table("published_at", rss="pubDate", atom="published", ics="CREATED"),
        may_become=ROUNDED,
        hxl="#date+published",
    ),
    Entry(
        name="updated_at",
        title=_("Last change"),
        meaning=_("When anything that is given of it last changed, in UTC."),
        type="datetime",
        of=("updated_at",),
        found=_table("updated_at", atom="updated", ics="LAST-MODIFIED"),
        may_become=ROUNDED,
        constraints={"required": True},
        hxl="#date+updated",
    ),
    Entry(
        name="lat",
        title=_("Latitude"),
        meaning=_("Degrees north of the equator (WGS 84); the place lies within the radius around it."),
        type="number",
        of=("place",),
        found=_table("lat", geojson=_GEOMETRY, kml=_PLACEMARK, rss=_POINT, atom=_POINT, ics="GEO"),
        may_become=COARSER,
        goes_with="place",
        constraints={"minimum": -90, "maximum": 90},
        on_page=False,
        hxl="#geo+lat",
        sensitivity=Sensitivity.HIGH,
    ),
    Entry(
        name="lon",
        title=_("Longitude"),
        meaning=_("Degrees east of Greenwich (WGS 84); the place lies within the radius around it."),
        type="number",
        of=("place",),
        found=_table("lon", geojson=_GEOMETRY, kml=_PLACEMARK, rss=_POINT, atom=_POINT, ics="GEO"),
        may_become=COARSER,
        goes_with="place",
        constraints={"minimum": -180, "maximum": 180},
        on_page=False,
        hxl="#geo+lon",
        sensitivity=Sensitivity.HIGH,
    ),
    Entry(
        name="precision",
        title=_("How exactly the place is known"),
        meaning=_("The kind of place that it is known as."),
        type="string",
        of=("place",),
        found=_table("precision"),
        may_become=COARSER,
        goes_with="place",
        codes=PRECISIONS,
        hxl="#geo+precision",
    ),
    Entry(
        name="radius_m",
        title=_("Radius"),
        meaning=_("Metres around the point within which the true place lies."),
        type="integer",
        of=("place",),
        found=_table("radius_m", rss="georss:radius", atom="georss:radius", ics="X-RAPPORT-RADIUS"),
        may_become=COARSER,
        goes_with="place",
        constraints=_COUNT,
        hxl="#geo+radius",
    ),
    Entry(
        name="place",
        title=_("Place"),
        meaning=_("The name of the place."),
        type="string",
        of=("place",),
        found=_table("place", rss="georss:featurename", atom="georss:featurename", ics="LOCATION"),
        may_become=COARSER,
        goes_with="place",
        hxl="#loc+name",
        sensitivity=Sensitivity.HIGH,
    ),
    Entry(
        name="pcode",
        title=_("P-code"),
        meaning=_("The code of the administrative area in which the place lies, or which it is."),
        type="string",
        of=("place",),
        found=_table("pcode"),
        may_become=COARSER,
        goes_with="place",
        constraints={"maxLength": 20},
        on_page=False,
        hxl="#loc+code+v_pcode",
        sensitivity=Sensitivity.MODERATE,
    ),
    Entry(
        name="affected_low",
        title=_("People affected, at least"),
        meaning=_("The smallest number of people affected that was told; alone it means at least so many."),
        type="integer",
        of=("affected",),
        found=_table("affected_low"),
        may_become=LEFT_OUT,
        goes_with="affected",
        constraints=_COUNT,
        hxl="#affected+min",
        sensitivity=Sensitivity.MODERATE,
    ),
    Entry(
        name="affected_high",
        title=_("People affected, at most"),
        meaning=_("The largest number of people affected that was told; empty where no upper bound is known."),
        type="integer",
        of=("affected",),
        found=_table("affected_high"),
        may_become=LEFT_OUT,
        goes_with="affected",
        constraints=_COUNT,
        hxl="#affected+max",
        sensitivity=Sensitivity.MODERATE,
    ),
    Entry(
        name="reports",
        title=_("Reports"),
        meaning=_("How many reports it was made of."),
        type="integer",
        of=("reports",),
        found=_table("reports"),
        may_become=LEFT_OUT,
        goes_with="reports",
        constraints=_COUNT,
        hxl="#meta+reports+num",
    ),
    Entry(
        name="url",
        title=_("Address of its page"),
        meaning=_("Where its page can be opened, as long as it is released."),
        type="string",
        of=("ref",),
        found=_table("url", rss="link", atom="link", ics="URL"),
        may_become=STAYS,
        format="uri",
        constraints={"required": True},
        on_page=False,
        hxl="#meta+url",
    ),
    Entry(
        name="response",
        title=_("What is done about it"),
        meaning=_("Whether anybody is known to be dealing with it."),
        type="string",
        of=("response",),
        found=_table("response"),
        may_become=LEFT_OUT,
        goes_with="response",
        codes=RESPONSES,
        hxl="#status+response+code",
    ),
    Entry(
        name="why",
        title=_("Why you see it"),
        meaning=_("The page that says by which rules of which protocol it is given."),
        type="string",
        of=("rule", "reasons", "protocol", "level"),
        found=_table("why", rss="atom:link", atom="link", ics="X-RAPPORT-WHY"),
        may_become=STAYS,
        format="uri",
        constraints={"required": True},
        on_page=False,
        hxl="#meta+why+url",
    ),
    Entry(
        name="marking",
        title=_("Marking"),
        meaning=_("How far you may pass it on, by the Traffic Light Protocol 2.0; empty where nothing was agreed."),
        type="string",
        of=("marking",),
        found=_table("marking", atom="rights", ics="X-RAPPORT-MARKING"),
        may_become=STAYS,
        codes=MARKINGS,
        hxl="#meta+marking+code",
    ),
    Entry(
        name="files",
        title=_("Photos and files"),
        meaning=_("Addresses of the cleaned photos, recordings and documents that a person published with it."),
        type="string",
        of=("files",),
        found={"geojson": "files"},
        may_become=LEFT_OUT,
        goes_with="files",
        several=True,
        hxl="#meta+file+url",
        sensitivity=Sensitivity.HIGH,
    ),
    Entry(
        name="publication",
        title=_("Publication"),
        meaning=_("Whether it is a draft, published or withdrawn."),
        type="string",
        of=("publication",),
        found={},
        may_become=STAYS,
        codes=PUBLICATIONS,
        hxl="#status+publication+code",
    ),
    Entry(
        name="sources",
        title=_("How its reports came"),
        meaning=_("By which ways its reports came, never from whom."),
        type="string",
        of=("sources",),
        found={},
        may_become=LEFT_OUT,
        goes_with="sources",
        several=True,
        hxl="#meta+source+code",
        sensitivity=Sensitivity.MODERATE,
    ),
)

#: What a Release holds that is no fact of the event: for whom it was made, and why.
NOT_FIELDS: Mapping[str, str] = {
    "kind": "always `event` here; no export writes it",
    "operation": "stands in the address of whatever gives it",
    "audience": "for whom it was released",
    "purpose": "for what it was released",
    "extra": "each of the operation's extra fields is an entry of its own",
}
