"""What is typed to comment on a text. Error messages say what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rapport.desk.standing_orders.rules import if_visible
from rapport.errors import Refused
from rapport.formats.characters import clean
from rapport.intake.form import PlainText
from rapport.registry.calls import commenting
from rapport.registry.calls.commenting import Said

_TOO_LONG = _("Shorten this to %(limit_value)s characters; it has %(show_value)s.")
#: What is said of a passage or a call that is not taken, by the reason of the refusal.
_REFUSALS: Mapping[str, Any] = {
    "no_passage": _("These words do not stand in the text. Copy them from it, or leave this empty."),
    "which_passage": _("These words stand in the text more than once. Copy more of them, so that it is clear which."),
    "long_passage": _("This passage is too long. Choose a part of it, or leave this empty."),
    "closed": _("This call takes no comments any more. What you wrote is still here: copy it if you need it."),
}


class _Visible(PlainText):
    """Text of which something can be seen."""

    def to_python(self, value: Any) -> str:
        return if_visible(clean(super().to_python(value)))


def _words(longest: int, missing: Any = "") -> PlainText:
    messages = {"max_length": _TOO_LONG, **({"required": missing} if missing else {})}
    return _Visible(max_length=longest, required=bool(missing), error_messages=messages)


class CommentForm(forms.Form):
    passage = _words(commenting.LONGEST_PASSAGE)
    text = _words(commenting.LONGEST, _("Write your comment."))
    name = _words(commenting.NAME_LENGTH, _("Write your name: it stands with the comment."))
    affiliation = _words(
        commenting.AFFILIATION_LENGTH,
        _("Write for whom you work or speak. If you speak for yourself alone, write that."),
    )
    interest = _words(commenting.INTEREST_LENGTH)
    form_id = forms.RegexField(r"\A[A-Za-z0-9_-]{16,64}\Z", required=False)

    def said(self, start: int | None) -> Said:
        """Of a form that is valid. `start`: where the page's script found the passage."""
        typed = self.cleaned_data
        line = {name: " ".join(typed[name].split()) for name in ("name", "affiliation", "interest")}
        return Said(body=typed["text"], passage=typed["passage"], start=start, **line)

    def refused(self, refused: Refused) -> None:
        """Shows it with its field."""
        field = "passage" if refused.reason in _REFUSALS and refused.reason != "closed" else None
        self.add_error(field, _REFUSALS.get(refused.reason, refused.remedy))
