"""The extra fields of an operation as fields of a form: what a person types comes out as the typed value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from rapport.operations import fields
from rapport.operations.fields import Field
from rapport.values import Json, named

#: The list of names that a place's field offers; the page that shows the form has it.
PLACES = "places"


class Question(forms.Field):
    """One extra field. `about` is its definition, `had` the value it has: of former choices only that one is offered.
    An error says what to write, in the reader's language."""

    def __init__(self, about: Field, had: object = None, *, required: bool = False) -> None:
        language = get_language() or "en"
        super().__init__(
            required=required,
            label=named(about.names, language),
            help_text=named(about.help, language),
            widget=_widget(about, _choices(about, language, had)),
            error_messages={"required": _("This must be filled in.")},
        )
        self.about = about

    def clean(self, value: Any) -> Json:
        self.validate(value)
        try:
            return fields.read(self.about, value)
        except fields.BadValue as bad:
            sentence = gettext(bad.sentence)
            raise ValidationError(sentence % bad.values if bad.values else sentence, code="invalid") from bad


def _widget(about: Field, choices: list[tuple[str, str]]) -> forms.Widget:
    match about.kind:
        case "choice" if about.several:
            return forms.CheckboxSelectMultiple(choices=choices)
        case "choice":
            return forms.Select(choices=[("", _("no answer")), *choices])
        case "number":
            return forms.TextInput(attrs={"inputmode": "numeric" if about.whole else "decimal", "autocomplete": "off"})
        case "date":
            return forms.DateInput(attrs={"type": "date"})
        case "place":
            return forms.TextInput(attrs={"list": PLACES, "maxlength": fields.PLACE_LENGTH, "autocomplete": "off"})
    return forms.Textarea(attrs={"rows": 2, "maxlength": fields.TEXT_LENGTH})


def _choices(about: Field, language: str, had: object) -> list[tuple[str, str]]:
    kept = had if isinstance(had, list) else [had]
    return [(c.code, named(c.names, language) or c.code) for c in about.choices if not c.retired or c.code in kept]


def questions(asked: Iterable[Field], had: Mapping[str, object], *, binding: bool) -> dict[str, Question]:
    """Form fields for these fields, by their name in the form; `had` are values under the same names, `binding` makes
    those required that must be answered."""
    return {
        one.name: Question(one, had.get(one.name), required=binding and one.required) for one in fields.asked(asked)
    }


def answers(asked: Iterable[Field], cleaned: Mapping[str, Any]) -> dict[str, Json]:
    """The typed values in a form's cleaned data, by code."""
    found = {one.code: cleaned.get(one.name) for one in fields.asked(asked)}
    return {code: value for code, value in found.items() if value is not None}


def initial(values: Mapping[str, Json]) -> dict[str, Json]:
    """Typed values as a form starts from them."""
    return {fields.PREFIX + code: value for code, value in values.items()}
