"""What is typed to warn people, made into a draft of an alert."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext

from rapport.alerts.draft import AlertDraft, Unit, Wording
from rapport.desk import places
from rapport.desk.draft import LARGEST_RADIUS_M
from rapport.desk.forms import ToldForm, filled_in
from rapport.errors import Refused
from rapport.formats.cap.model import Category, Certainty, MsgType, Point, ResponseType, Severity, Urgency
from rapport.formats.cap.rings import Effort, TooMuch, first_meeting
from rapport.formats.characters import clean
from rapport.operations.languages import own_name
from rapport.operations.models import Operation, Place
from rapport.text.fold import fold
from rapport.values import DEFAULT_RADIUS_M, Box, Precision, Spot, place_problem

#: Words for the lists of CAP 1.2 (3.2.2), for who chooses.
CATEGORY_WORDS: Mapping[Category, str] = {
    Category.GEO: "earth: earthquake, landslide, volcano",
    Category.MET: "weather and flood",
    Category.SAFETY: "public safety in general",
    Category.SECURITY: "security: police, military, attacks",
    Category.RESCUE: "rescue",
    Category.FIRE: "fire",
    Category.HEALTH: "health, epidemics",
    Category.ENV: "environment, pollution",
    Category.TRANSPORT: "roads, ports, air",
    Category.INFRA: "water, power, phones, networks",
    Category.CBRNE: "chemical, biological, nuclear, explosive",
    Category.OTHER: "other",
}
RESPONSE_WORDS: Mapping[ResponseType, str] = {
    ResponseType.SHELTER: "take shelter where they are",
    ResponseType.EVACUATE: "leave the area",
    ResponseType.PREPARE: "prepare",
    ResponseType.EXECUTE: "do what was planned for this case",
    ResponseType.AVOID: "avoid it",
    ResponseType.MONITOR: "listen for more",
    ResponseType.ALL_CLEAR: "no danger any more",
    ResponseType.NONE: "nothing",
}
URGENCY_WORDS: Mapping[Urgency, str] = {
    Urgency.IMMEDIATE: "immediate: act now",
    Urgency.EXPECTED: "expected: act within the next hour",
    Urgency.FUTURE: "future: act in the near future",
    Urgency.PAST: "past: no action any more",
    Urgency.UNKNOWN: "not known",
}
SEVERITY_WORDS: Mapping[Severity, str] = {
    Severity.EXTREME: "extreme threat to life or property",
    Severity.SEVERE: "severe: significant threat",
    Severity.MODERATE: "moderate: possible threat",
    Severity.MINOR: "minor: hardly any threat",
    Severity.UNKNOWN: "not known",
}
CERTAINTY_WORDS: Mapping[Certainty, str] = {
    Certainty.OBSERVED: "observed: it has happened, or is happening",
    Certainty.LIKELY: "likely: more than half",
    Certainty.POSSIBLE: "possible: up to half",
    Certainty.UNLIKELY: "unlikely",
    Certainty.UNKNOWN: "not known",
}
#: How long an alert counts where nobody says otherwise [ours: a day, so that somebody looks at it again].
USUAL_LENGTH = timedelta(hours=24)
LONGEST = timedelta(days=31)
MOST_CORNERS = 200
SWAPPED = "Latitude and longitude are exchanged: latitude comes first."
HEADLINE_LENGTH = 139  # Google asks for less than 140
AREA_LENGTH = 49  # and for less than 50
TEXT_LENGTH = 2_000
_MINUTES = "%Y-%m-%dT%H:%M"
_PARTS = ("event", "headline", "description", "instruction")
_CORNER = re.compile(r"(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class InLanguage:
    """The fields in one language."""

    code: str
    name: str
    fields: Sequence[forms.BoundField]

    @property
    def wrong(self) -> bool:
        return any(field.errors for field in self.fields)


class AlertForm(ToldForm):
    """`draft` makes a draft of it. `said`: what it follows or changes. `fixed`: of a cancellation nothing but its words
    is typed; it is about the area, and counts until the time, of what it cancels."""

    categories = forms.MultipleChoiceField(
        choices=[(one.value, words) for one, words in CATEGORY_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        label="What it is about",
    )
    urgency = forms.ChoiceField(choices=[(one.value, words) for one, words in URGENCY_WORDS.items()])
    severity = forms.ChoiceField(choices=[(one.value, words) for one, words in SEVERITY_WORDS.items()])
    certainty = forms.ChoiceField(choices=[(one.value, words) for one, words in CERTAINTY_WORDS.items()])
    responses = forms.MultipleChoiceField(
        required=False,
        choices=[(one.value, words) for one, words in RESPONSE_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        label="What people should do",
    )
    expires = forms.DateTimeField(
        label="It counts until",
        widget=forms.DateTimeInput(format=_MINUTES, attrs={"type": "datetime-local"}),
        input_formats=[_MINUTES, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        help_text="The alert, not the danger. Readers see it no more after that; update it if it must go on.",
    )
    onset = forms.DateTimeField(
        required=False,
        label="When the danger begins",
        widget=forms.DateTimeInput(format=_MINUTES, attrs={"type": "datetime-local"}),
        input_formats=[_MINUTES, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        help_text="Empty: it is there, or nobody knows.",
    )
    place_name = forms.CharField(
        max_length=AREA_LENGTH,
        label="Area, as people call it",
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
    )
    lat = forms.FloatField(required=False, label="Latitude", widget=forms.NumberInput(attrs={"step": "any"}))
    lon = forms.FloatField(required=False, label="Longitude", widget=forms.NumberInput(attrs={"step": "any"}))
    radius_m = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST_RADIUS_M, label="Radius, m", help_text="Of the circle."
    )
    ring = forms.CharField(
        required=False,
        label="Or an outline",
        widget=forms.Textarea(attrs={"rows": 2, "dir": "ltr", "spellcheck": "false"}),
        help_text="Its corners in order, each latitude,longitude, with blanks between: 18.50,-72.40 18.60,-72.40 "
        "18.55,-72.20. It stands in place of the circle.",
    )
    precision = forms.CharField(required=False, widget=forms.HiddenInput)
    pcode = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    suggestion = forms.CharField(required=False, widget=forms.HiddenInput)
    filled_in = forms.CharField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(
        required=False,
        max_length=500,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For the record, and for those who pass it on.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        operation: Operation,
        kind: MsgType,
        *args: Any,
        fixed: AlertDraft | None = None,
        said: AlertDraft | None = None,
        **more: Any,
    ):
        super().__init__(*args, **more)
        self.operation, self.kind, self.fixed = operation, kind, fixed
        # A language that the operation has no more: who was warned in it must be told in it.
        before = [one.language for one in said.wordings] if said else []
        self.codes = list(dict.fromkeys([*operation.languages, *before]))
        for code in self.codes:
            self.fields.update({f"{part}_{code}": _words_field(part) for part in _PARTS})
        if kind is not MsgType.ALERT:
            self.fields["note"].required = True
        if fixed is not None:
            for name in ("categories", "urgency", "severity", "certainty", "responses", "expires", "place_name"):
                self.fields[name].required = False

    @property
    def languages(self) -> list[InLanguage]:
        return [InLanguage(code, own_name(code), [self[f"{part}_{code}"] for part in _PARTS]) for code in self.codes]

    def draft(self) -> AlertDraft | None:
        """The draft; None if something is wrong, which then stands at its field."""
        if not self.is_valid():
            return None
        try:
            return self._cancelling(self.fixed) if self.fixed else self._warning()
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.remedy)
            return None

    def _warning(self) -> AlertDraft:
        typed = self.cleaned_data
        ring = _ring(typed["ring"], self.operation.box)
        if ring and typed["lat"] is not None:
            raise Refused("ring", "Give a circle or an outline: empty latitude and longitude, or this.", field="ring")
        spot = None if ring else self._spot()
        return AlertDraft(
            msg_type=self.kind,
            categories=tuple(map(Category, typed["categories"])),
            urgency=Urgency(typed["urgency"]),
            severity=Severity(typed["severity"]),
            certainty=Certainty(typed["certainty"]),
            responses=tuple(map(ResponseType, typed["responses"])),
            expires=_expires(typed["expires"]),
            onset=_onset(typed["onset"], typed["expires"]),
            area=self._area(),
            centre=Point(spot.lat, spot.lon) if spot else None,
            radius_m=spot.radius_m if spot else 0,
            unit=_unit(self.operation, spot) if spot else None,
            ring=ring,
            wordings=self._wordings(),
            note=_plain(typed["note"]),
        )

    def _area(self) -> str:
        area = " ".join(_plain(self.cleaned_data["place_name"]).split())
        if not area:
            raise Refused("area", "Write the area as people call it.", field="place_name")
        return area

    def _cancelling(self, was: AlertDraft) -> AlertDraft:
        return replace(
            was,
            msg_type=self.kind,
            urgency=Urgency.PAST,
            responses=(ResponseType.ALL_CLEAR,),
            onset=None,
            wordings=self._wordings(),
            note=_plain(self.cleaned_data["note"]),
        )

    def _wordings(self) -> tuple[Wording, ...]:
        """Of each language that has any words, all that are needed; one language at least."""
        typed = self.cleaned_data
        found: list[Wording] = []
        for code in self.codes:
            words = {part: _plain(typed[f"{part}_{code}"]) for part in _PARTS}
            if not any(words.values()):
                continue
            for part in _PARTS[:3]:
                if not words[part]:
                    raise Refused(part, f"Write it in {own_name(code)} too, or nothing at all.", field=f"{part}_{code}")
            found.append(Wording(code, **words))
        if not found:
            first = self.operation.language
            raise Refused("wording", "Say in one language at least what people must know.", field=f"headline_{first}")
        return tuple(found)

    def _spot(self) -> Spot:
        typed = self.cleaned_data
        lon, lat, radius = typed["lon"], typed["lat"], typed["radius_m"]
        if lon is None and lat is None:
            named = places.named(self.operation, typed["place_name"])
            return named if radius is None else Spot(named.lon, named.lat, named.precision, radius, named.name)
        if lon is None or lat is None:
            raise Refused("coordinates", "Latitude and longitude go together: write both or neither.", field="lat")
        problem = place_problem(lon, lat, self.operation.box)
        if problem == "swapped":
            raise Refused("coordinates", SWAPPED, field="lat")
        if problem not in {"", "outside"}:
            raise Refused("coordinates", "This is no place on earth: latitude up to 90, longitude to 180.", field="lat")
        if radius is None:
            raise Refused("radius", "Say how far it reaches around the point, in metres.", field="radius_m")
        spot = Spot(lon, lat, Precision.EXACT, radius, typed["place_name"], typed["pcode"])
        return self._renamed(spot)

    def _renamed(self, spot: Spot) -> Spot:
        """Whoever writes another place's name over that of the point which was filled in means that place: a warning
        that names one commune and draws another warns neither. A name that no place has is one for this area."""
        point, _, former = self.cleaned_data["filled_in"].partition(" ")
        if not former or point != filled_in(spot).partition(" ")[0] or fold(former) == fold(spot.name):
            return spot
        known = any(fold(one.name) == fold(spot.name) for one in places.search(self.operation, spot.name))
        if known and not places.is_there(self.operation, spot):
            return places.named(self.operation, spot.name)
        return replace(spot, pcode="")


def _words_field(part: str) -> forms.CharField:
    lengths = {"event": 60, "headline": HEADLINE_LENGTH}
    rows = {"description": 4, "instruction": 3}
    labels = {
        "event": "What happens, in a word or two",
        "headline": "Headline",
        "description": "What people must know",
        "instruction": "What to do",
    }
    widget = forms.Textarea(attrs={"rows": rows[part], "dir": "auto"}) if part in rows else forms.TextInput(
        attrs={"dir": "auto"}
    )  # fmt: skip
    return forms.CharField(required=False, max_length=lengths.get(part, TEXT_LENGTH), label=labels[part], widget=widget)


def _plain(text: str) -> str:
    """Without the characters that XML forbids, and with line ends as everywhere."""
    return clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _onset(typed: datetime | None, expires: datetime) -> datetime | None:
    if typed is None:
        return None
    if not timezone.now() - LONGEST <= typed <= expires:
        remedy = f"The danger begins before the alert expires, and at most {LONGEST.days} days ago."
        raise Refused("onset", remedy, field="onset")
    return timezone.localtime(typed)


def _expires(typed: datetime) -> datetime:
    now = timezone.now()
    if typed <= now:
        raise Refused("expires", "This is past: choose a later time.", field="expires")
    if typed > now + LONGEST:
        raise Refused("expires", f"At most {LONGEST.days} days on; update it if it goes on.", field="expires")
    return timezone.localtime(typed)


def _ring(text: str, box: Box) -> tuple[Point, ...]:
    """The corners, closed; Refused names the one that is none, or that the outline crosses itself."""
    if not text.strip():
        return ()
    corners = re.sub(r"\s*,\s*", ",", text.strip()).split()
    if len(corners) > MOST_CORNERS:
        raise Refused("ring", f"An outline has at most {MOST_CORNERS} corners.", field="ring")
    points: list[Point] = []
    for number, corner in enumerate(corners, start=1):
        found = _CORNER.fullmatch(corner)
        point = Point(round(float(found[1]), 6), round(float(found[2]), 6)) if found else None
        if point is None or abs(point.lat) > 90 or abs(point.lon) > 180:
            remedy = f"Corner {number}, “{corner[:40]}”, is no latitude,longitude in degrees: write 18.50,-72.40."
            raise Refused("ring", remedy, field="ring")
        if place_problem(point.lon, point.lat, box) == "swapped":
            raise Refused("ring", f"Corner {number}: {SWAPPED}", field="ring")
        points.append(point)
    if points[0] != points[-1]:
        points.append(points[0])
    if len(set(points)) < 3:
        raise Refused("ring", "An outline has three corners at least.", field="ring")
    if any(abs(one.lon - after.lon) > 180 for one, after in pairwise(points)):
        remedy = "The outline crosses the 180th meridian, which CAP cannot say: use a circle, or one alert each side."
        raise Refused("ring", remedy, field="ring")
    _check_simple(tuple(points))
    return tuple(points)


def _check_simple(points: tuple[Point, ...]) -> None:
    try:
        meeting = first_meeting(points, Effort())
    except TooMuch:
        raise Refused(
            "ring", "This outline is too tangled to be looked at: draw a simpler one.", field="ring"
        ) from None
    if meeting is not None:
        raise Refused("ring", "The outline meets itself: give its corners in order, once around.", field="ring")


def _unit(operation: Operation, spot: Spot) -> Unit | None:
    """The administrative unit whose circle it is, exactly as the gazetteer has it."""
    if not spot.pcode:
        return None
    there = Place.objects.filter(operation=operation, pcode=spot.pcode, precision__gte=Precision.ADM3)
    for place in there:
        known = place.spot
        same = known and (round(known.lon, 6), round(known.lat, 6)) == (round(spot.lon, 6), round(spot.lat, 6))
        if known and same and known.radius_m == spot.radius_m:
            return Unit(spot.pcode, known.precision)
    return None


# --- what stands in it first ---------------------------------------------------------------------------------------


def initial(draft: AlertDraft) -> dict[str, Any]:
    """A draft as the form shows it."""
    shown: dict[str, Any] = {
        "categories": [one.value for one in draft.categories],
        "urgency": draft.urgency.value,
        "severity": draft.severity.value,
        "certainty": draft.certainty.value,
        "responses": [one.value for one in draft.responses],
        "expires": timezone.localtime(draft.expires),
        "onset": draft.onset and timezone.localtime(draft.onset),
        "place_name": draft.area,
        "ring": " ".join(f"{one.lat},{one.lon}" for one in draft.ring),
        "note": draft.note,
    }
    if not draft.ring:
        shown |= placed(draft.spot)
    for wording in draft.wordings:
        shown |= {f"{part}_{wording.language}": getattr(wording, part) for part in _PARTS}
    return shown


def placed(spot: Spot) -> dict[str, Any]:
    return {
        "lon": round(spot.lon, 6),
        "lat": round(spot.lat, 6),
        "radius_m": spot.radius_m or DEFAULT_RADIUS_M[spot.precision],
        "precision": int(spot.precision),
        "pcode": spot.pcode,
        "place_name": spot.name[:AREA_LENGTH],
        "filled_in": filled_in(spot),
    }


def usual() -> dict[str, Any]:
    """What a new alert says where nobody has said anything."""
    later = timezone.localtime(timezone.now() + USUAL_LENGTH).replace(minute=0, second=0, microsecond=0)
    return {
        "expires": later,
        "urgency": Urgency.EXPECTED.value,
        "severity": Severity.MODERATE.value,
        "certainty": Certainty.OBSERVED.value,
        "precision": int(Precision.LOCALITY),
    }


def cancelled(draft: AlertDraft) -> dict[str, Any]:
    """The words of a cancellation, in each language of what it cancels."""
    shown: dict[str, Any] = {}
    ours = {code for code, _ in settings.LANGUAGES}
    for wording in draft.wordings:
        shown[f"event_{wording.language}"] = wording.event
        if wording.language not in ours:
            continue  # English words are no Arabic
        with translation.override(wording.language):
            headline = gettext("Cancelled: %(headline)s") % {"headline": wording.headline}
            description = gettext("This alert is cancelled.")
        shown |= {
            f"headline_{wording.language}": headline[:HEADLINE_LENGTH],
            f"description_{wording.language}": description,
        }
    return shown
