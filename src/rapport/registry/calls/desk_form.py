"""What is typed on the desk to call for comments."""

from __future__ import annotations

from typing import Any

from django import forms

from rapport.desk.forms import ToldForm
from rapport.desk.standing_orders.rules import if_visible
from rapport.formats.characters import clean
from rapport.registry.calls.actions import ABOUT_LENGTH, TITLE_LENGTH, Terms
from rapport.registry.model import Framework


class CallForm(ToldForm):
    """`terms` makes Terms of it, once it is valid."""

    title = forms.CharField(max_length=TITLE_LENGTH)
    about = forms.CharField(
        required=False,
        max_length=ABOUT_LENGTH,
        label="What readers should know first",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Why you ask, and what will be done with the comments.",
    )
    closes_on = forms.DateField(
        required=False,
        label="Last day for comments",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="Empty: until somebody closes the call.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def terms(self) -> Terms:
        typed = self.cleaned_data
        about = typed["about"].replace("\r\n", "\n")
        return Terms(if_visible(clean(typed["title"])), if_visible(clean(about)), typed["closes_on"])


class NewCallForm(CallForm):
    """With the provisions that it is about."""

    codes = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label="About")

    def __init__(self, framework: Framework, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(row.code, f"{row.code} {row.label}") for row in framework.provisions]
        self.fields["codes"].choices = choices  # type: ignore[attr-defined]
        self.fields["codes"].initial = [code for code, _ in choices]
