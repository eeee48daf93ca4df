"""What is typed to recommend something, made into a draft."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms

from rapport.desk.forms import ToldForm
from rapport.desk.standing_orders.rules import if_visible
from rapport.formats.characters import clean
from rapport.operations.models import Operation
from rapport.registry.editing.recommendations import OWNER_LENGTH, TEXT_LENGTH, Draft
from rapport.registry.holdings import frameworks
from rapport.registry.models import Actor, Recommendation, Round

_NOTHING = ("", "nothing in particular")


def _day(label: str, help_text: str, *, required: bool) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, help_text=help_text, required=required, widget=widget)


class RecommendationForm(ToldForm):
    """`draft` makes a Draft of it, once it is valid."""

    text = forms.CharField(
        max_length=TEXT_LENGTH,
        label="What should be done",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="In your own words, so that somebody can say later whether it was done.",
    )
    owner = forms.CharField(
        max_length=OWNER_LENGTH,
        label="Who should do it",
        widget=forms.TextInput(attrs={"list": "owners", "autocomplete": "off"}),
        help_text="An office or an actor, not a person: offices stay.",
    )
    due_on = _day("Until when", "It is overdue from the day after.", required=True)
    about = forms.ChoiceField(required=False, label="Which norm, measure or step it is about")
    round = forms.ModelChoiceField(
        required=False,
        queryset=Round.objects.none(),
        label="From which round it follows",
        empty_label=_NOTHING[1],
        help_text="Readers get it as far as they get the results of that round.",
    )
    evidence = forms.CharField(
        required=False,
        max_length=TEXT_LENGTH,
        label="On what evidence",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A source a line. An address on a line of its own becomes a link.",
    )
    review_on = _day("When to look at it again", "Empty: no day was agreed.", required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, operation: Operation, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.owners = Actor.objects.filter(operation=operation).values_list("name", flat=True)
        self.fields["about"].choices = [_NOTHING, *_provisions(operation)]  # type: ignore[attr-defined]
        rounds = Round.objects.filter(operation=operation).order_by("-opened_at")
        self.fields["round"].queryset = rounds  # type: ignore[attr-defined]

    def look_at(self, seen: str) -> None:
        """What was typed stays; it is about the draft as it is shown now."""
        self.data = {**{name: self.data.get(name) for name in self.data}, "seen": seen}

    @property
    def draft(self) -> Draft:
        typed = self.cleaned_data
        framework, _, code = typed["about"].partition("/")
        return Draft(
            text=_words(typed["text"]),
            owner=" ".join(_words(typed["owner"]).split()),
            due_on=typed["due_on"],
            evidence=_words(typed["evidence"]),
            review_on=typed["review_on"],
            framework=framework,
            code=code,
            round=typed["round"],
        )


def initial(one: Recommendation) -> dict[str, Any]:
    """A draft as the form shows it."""
    return {
        "text": one.text,
        "owner": one.owner,
        "due_on": one.due_on,
        "about": f"{one.framework}/{one.code}" if one.framework else "",
        "round": one.round_id,
        "evidence": one.evidence,
        "review_on": one.review_on,
    }


def _provisions(operation: Operation) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """(title of a framework, its provisions) as a list with groups has them."""
    for one in frameworks(operation.pk).values():
        yield one.title, [(f"{one.slug}/{row.code}", f"{row.code} {row.label}") for row in one.provisions]


def _words(text: str) -> str:
    return if_visible(clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip())
