"""What is typed on the desk, made into a draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from rapport.accounts.models import Organisation
from rapport.desk import places
from rapport.desk.draft import LARGEST_NUMBER, LARGEST_RADIUS_M, SUMMARY_LENGTH, EventDraft, check
from rapport.desk.naming import names
from rapport.desk.standing_orders.rules import TITLE_LENGTH, if_visible
from rapport.errors import Refused
from rapport.operations import asking, fields
from rapport.operations.models import Category, Operation
from rapport.reports.models import Suggestion
from rapport.sharing.active import policy_of
from rapport.sharing.handling import NOTHING_SAID, UNKNOWN, Handling
from rapport.sharing.protocol.model import named_values
from rapport.text.fold import fold
from rapport.values import DEFAULT_RADIUS_M, Box, Json, Precision, Range, Sensitivity, Spot

PRECISIONS = [
    (Precision.EXACT, "exact: this house or spot"),
    (Precision.STREET, "street"),
    (Precision.LOCALITY, "town or neighbourhood"),
    (Precision.ADM3, "section of a commune"),
    (Precision.ADM2, "commune"),
    (Precision.ADM1, "department"),
    (Precision.COUNTRY, "country"),
]
_YES_NO = [(UNKNOWN, "nobody has said"), ("yes", "yes"), ("no", "no")]
_MINUTES = "%Y-%m-%dT%H:%M"
#: Which field of the form shows an error about a part of the draft.
_SHOWN_AT = {"place": "lat", "affected": "affected_low"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A sentence about a field: where on the page it is (none for the whole form), and what it is called."""

    anchor: str
    label: str
    sentence: str


class ToldForm(forms.Form):
    """A form that says at the top of its page what is wrong with it."""

    def mistakes(self) -> list[Mistake]:
        """What stands in the way, to be said at the top of a page whose fields may be far below."""
        return [
            Mistake(self[name].id_for_label or self[name].auto_id, str(self[name].label), str(sentence))
            if name in self.fields
            else Mistake("", "", str(sentence))
            for name, sentences in self.errors.items()
            for sentence in sentences
        ]


class DraftForm(ToldForm):
    """What an event is to say; all of it may be left empty."""

    title = forms.CharField(
        required=False,
        max_length=TITLE_LENGTH,
        widget=forms.TextInput(attrs={"data-key": "e"}),
        help_text="Leave it empty and each reader gets category and place, in their language.",
    )
    summary = forms.CharField(
        required=False,
        max_length=SUMMARY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="In your own words, for everybody: no names, numbers or addresses of people.",
    )
    categories = forms.MultipleChoiceField(required=False)
    place_name = forms.CharField(
        required=False,
        max_length=300,
        label="Place",
        widget=forms.TextInput(attrs={"list": "places", "data-key": "p", "autocomplete": "off"}),
    )
    pcode = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, label="Latitude", widget=forms.NumberInput(attrs={"step": "any"}))
    lon = forms.FloatField(required=False, label="Longitude", widget=forms.NumberInput(attrs={"step": "any"}))
    precision = forms.TypedChoiceField(
        choices=PRECISIONS, coerce=lambda value: Precision(int(value)), label="How exactly is it known?"
    )
    radius_m = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=LARGEST_RADIUS_M,
        label="Radius, m",
        help_text="Empty: the usual one.",
    )
    outside = forms.BooleanField(required=False, label="It does lie outside the operation's area")
    occurred_at = forms.DateTimeField(
        required=False,
        label="When it happened",
        widget=forms.DateTimeInput(format=_MINUTES, attrs={"type": "datetime-local"}),
        input_formats=[_MINUTES, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )
    affected_low = forms.IntegerField(
        required=False, min_value=0, max_value=LARGEST_NUMBER, label="People affected, at least"
    )
    affected_high = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_NUMBER, label="At most")
    sensitivity = forms.ChoiceField(
        required=False,
        choices=[(level.value, level.value) for level in Sensitivity],
        label="How sensitive is it?",
        help_text="Higher than the protocol's lists say, never lower. Only a verifier lowers it again.",
    )
    shared = forms.CharField(
        required=False,
        max_length=SUMMARY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Words for those who may not read the above",
        help_text="Where the protocol gives only a summary, these stand in place of title and summary.",
    )
    names = forms.ChoiceField(required=False, choices=_YES_NO, label="Can partners, persons or sites be named by it?")
    consent = forms.ChoiceField(required=False, choices=_YES_NO, label="Did those concerned agree to share it?")
    personal_data = forms.ChoiceField(required=False, choices=_YES_NO, label="Are personal data in it?")
    control = forms.ChoiceField(required=False, label="Who holds the area?")
    organisation = forms.ChoiceField(required=False, label="Whose is it?")
    suggestion = forms.IntegerField(required=False, widget=forms.HiddenInput)
    filled_in = forms.CharField(required=False, widget=forms.HiddenInput)  # the point and name that were put in
    renamed = forms.BooleanField(required=False, label="Place")
    remember = forms.BooleanField(required=False, label="Remember this name for this operation")
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, operation: Operation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.operation = operation
        self.nodes = list(Category.objects.filter(operation=operation))
        choices = [(node.code, node.code) for node in self.nodes]
        self.fields["categories"].choices = choices  # type: ignore[attr-defined]
        self._choose("control", named_values(policy_of(operation.pk).protocol, "control"))
        self._choose("organisation", Organisation.objects.order_by("slug").values_list("slug", flat=True))
        self.extra = fields.stored(operation.extra_fields)
        self.fields.update(asking.questions(self.extra, self.initial, binding=False))

    def _choose(self, field: str, known: Iterable[str]) -> None:
        """What can be chosen: nobody has said, what is known, and what the event says now."""
        now = str(self.initial.get(field) or self.data.get(field) or UNKNOWN)
        values = [one for one in dict.fromkeys((*known, now)) if one != UNKNOWN]
        self.fields[field].choices = [_YES_NO[0], *((one, one) for one in values)]  # type: ignore[attr-defined]

    @property
    def handling_fields(self) -> list[forms.BoundField]:
        """What the protocol asks about it: only what can be said here."""
        asked = ("names", "consent", "personal_data", "control", "organisation")
        return [self[name] for name in asked if len(self.fields[name].choices) > 1]  # type: ignore[attr-defined]

    @property
    def handling_said(self) -> bool:
        """Whether anything is said, or is wrong, so that it is shown."""
        names = [one.name for one in dataclass_fields(Handling)]
        said = any(self[name].value() not in {None, "", getattr(NOTHING_SAID, name)} for name in names)
        return said or any(self[name].errors for name in names)

    def to_remember(self, draft: EventDraft) -> Spot | None:
        """The place of the draft whose name is to be known from now on, if that was asked for."""
        return draft.spot if self.cleaned_data["remember"] else None

    @property
    def questions(self) -> list[forms.BoundField]:
        """The operation's extra fields."""
        return [self[one.name] for one in fields.asked(self.extra)]

    def draft(self, was: datetime | None = None, had: Mapping[str, Json] | None = None) -> EventDraft | None:
        """The draft, checked; None if something is wrong, which then stands at its field. `was` is the time the event
        has now: the form shows it to the minute, and unchanged it stays as it is. `had` are its extra values: those of
        fields that are not asked for any more stay."""
        if not self.is_valid():
            return None
        try:
            draft = self._draft(was, had or {})
            check(self.operation, draft)
            if self.cleaned_data["remember"]:
                names.check(self.operation, draft.spot)
        except Refused as refused:
            self.show(refused)
            return None
        return draft

    def show(self, refused: Refused) -> None:
        field = _SHOWN_AT.get(refused.field, refused.field)
        self.add_error(field if field in self.fields else None, refused.remedy)

    def _draft(self, was: datetime | None, had: Mapping[str, Json]) -> EventDraft:
        typed = self.cleaned_data
        former = {one.code: had[one.code] for one in self.extra if one.retired and one.code in had}
        return EventDraft(
            title=if_visible(" ".join(typed["title"].split())),
            summary=if_visible(typed["summary"].strip()),
            categories=tuple(node.code for node in self.nodes if node.code in typed["categories"]),
            spot=self._spot(),
            occurred_at=_unchanged(typed["occurred_at"], was),
            affected=_affected(typed["affected_low"], typed["affected_high"]),
            extra={**former, **asking.answers(self.extra, typed)},
            handling=_handling(typed),
            outside_confirmed=typed["outside"],
        )

    def _spot(self) -> Spot | None:
        typed = self.cleaned_data
        lon, lat, name = typed["lon"], typed["lat"], if_visible(" ".join(typed["place_name"].split()))
        if (lon is None) != (lat is None):
            raise Refused("coordinates", "Latitude and longitude go together: write both or neither.", field="place")
        if lon is None or lat is None:
            return places.named(self.operation, name) if name else None
        radius = typed["radius_m"] if typed["radius_m"] is not None else DEFAULT_RADIUS_M[typed["precision"]]
        spot = Spot(lon, lat, typed["precision"], radius, name, typed["pcode"])
        if not typed["renamed"]:
            self._check_renamed(spot, typed["filled_in"])
        return spot

    def _check_renamed(self, spot: Spot, filled_in: str) -> None:
        """Refused where somebody wrote another name over that of the point which was filled in, and the gazetteer does
        not have a place of that name there: the event would be shown where it did not happen."""
        at, _, former = filled_in.partition(" ")
        if not spot.name or not former or at != _at(spot) or fold(former) == fold(spot.name):
            return
        if places.is_there(self.operation, spot):
            return
        remedy = f"The point is still that of “{former}”: find “{spot.name}” by its name, click on the map, or empty "
        raise Refused(
            "renamed", remedy + "latitude and longitude. If only the name is new, check it here.", field="renamed"
        )


def _at(spot: Spot) -> str:
    """A point as `filled_in` names it; script and browsers write the same number in different ways."""
    return f"{float(spot.lon):.6f},{float(spot.lat):.6f}"


def filled_in(spot: Spot) -> str:
    """What stands beside a place that is put into the form: its point and its name."""
    return f"{_at(spot)} {spot.name}"


def _unchanged(typed: datetime | None, was: datetime | None) -> datetime | None:
    same = typed and was and typed == was.replace(second=0, microsecond=0)
    return was if same else typed


def _handling(typed: Mapping[str, Any]) -> Handling:
    """A form that does not ask leaves a field empty: nobody has said."""
    said = {one.name: typed[one.name].strip() or getattr(NOTHING_SAID, one.name) for one in dataclass_fields(Handling)}
    return Handling(**{**said, "shared": if_visible(said["shared"])})


def _affected(low: int | None, high: int | None) -> Range | None:
    if low is None and high is None:
        return None
    return Range(low or 0, high)


def initial(draft: EventDraft, box: Box) -> dict[str, Any]:
    """A draft as the form shows it; a place outside the operation's area has been confirmed before."""
    spot = draft.spot
    return {
        "title": draft.title,
        "summary": draft.summary,
        "categories": list(draft.categories),
        "occurred_at": draft.occurred_at and timezone.localtime(draft.occurred_at),
        "affected_low": draft.affected and draft.affected.low,
        "affected_high": draft.affected and draft.affected.high,
        "outside": spot is not None and not box.holds(spot.lon, spot.lat),
        **asdict(draft.handling),
        **asking.initial(draft.extra),
        **placed(spot),
    }


def typed_again(operation: Operation, typed: QueryDict) -> dict[str, Any]:
    """What was typed, to start the same form from."""
    several = [one.name for one in fields.stored(operation.extra_fields) if one.several]
    return {**typed.dict(), **{name: typed.getlist(name) for name in ("categories", *several)}}


def placed(spot: Spot | None) -> dict[str, Any]:
    """A place as the form shows it."""
    if spot is None:
        return {"precision": int(Precision.STREET)}
    return {
        "lon": spot.lon,
        "lat": spot.lat,
        "precision": int(spot.precision),
        "radius_m": spot.radius_m,
        "place_name": spot.name,
        "pcode": spot.pcode,
        "filled_in": filled_in(spot),
    }


@dataclass(frozen=True, slots=True)
class Choice:
    """A category as a checkbox: how deep it stands below the one before, and whether it is chosen. One that a machine
    suggests stands apart from its parent, which is named beside it."""

    category: Category
    depth: int
    chosen: bool
    suggestion: Suggestion | None = None
    parent: Category | None = None

    @property
    def reason(self) -> str:
        if self.suggestion is None:
            return ""
        return ", ".join(map(str, self.suggestion.reasons)) or "suggested"


def choices(form: DraftForm, suggested: Mapping[str, Suggestion] | None = None) -> dict[str, Any]:
    """For the template: `suggested`, the categories that a machine suggests, the surest first; `choices`, the taxonomy
    in its order, children below their parents; and `above`, the codes in it that can be chosen among the suggested."""
    chosen: Iterable[str] = form["categories"].value() or []
    by_id = {node.pk: node for node in form.nodes}
    by_code = {node.code: node for node in form.nodes}
    machine = {code: suggestion for code, suggestion in (suggested or {}).items() if code in by_code}

    def depth(node: Category) -> int:
        parent = by_id.get(node.parent_id or 0)
        return 0 if parent is None else 1 + depth(parent)

    def first(code: str, suggestion: Suggestion) -> Choice:
        node = by_code[code]
        return Choice(node, 0, code in chosen, suggestion, by_id.get(node.parent_id or 0))

    surest = sorted(machine.items(), key=lambda one: -one[1].score)
    return {
        "suggested": [first(code, suggestion) for code, suggestion in surest],
        "choices": [Choice(node, depth(node), node.code in chosen) for node in form.nodes],
        "above": list(machine),
    }
