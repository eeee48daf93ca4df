"""How the registry's pages say what was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django import template
from django.utils.translation import gettext, gettext_lazy

from rapport.registry.dates import Dated, Known
from rapport.registry.said import PARTS, STATUSES, Said
from rapport.values import Json

register = template.Library()

_WORDS = {
    "status": gettext_lazy("Status"), "measures": gettext_lazy("Measures"), "evidence": gettext_lazy("Evidence"),
    "challenges": gettext_lazy("Challenges"), "needs": gettext_lazy("Needs"), "offers": gettext_lazy("Offers"),
    "good-practice": gettext_lazy("Good practice"),
    "planned": gettext_lazy("planned"), "partial": gettext_lazy("partly in place"),
    "in-place": gettext_lazy("in place"),
    "norms": gettext_lazy("norms"), "measures-of": gettext_lazy("measures"),
    "commitments": gettext_lazy("commitments"), "steps": gettext_lazy("steps"),
    "do": gettext_lazy("do"), "do not": gettext_lazy("do not"),
    "draft": gettext_lazy("draft"), "adopted": gettext_lazy("adopted"), "in force": gettext_lazy("in force"),
    "taken up": gettext_lazy("taken up"), "in part": gettext_lazy("taken up in part"),
    "not taken up": gettext_lazy("not taken up"),
    "ended": gettext_lazy("ended"), "binding": gettext_lazy("binding"), "voluntary": gettext_lazy("voluntary"),
}  # fmt: skip


@register.filter
def worded(code: str) -> str:
    """What a page calls one of the registry's own codes."""
    return str(_WORDS.get(code, code))


@register.filter
def status_said(said: Said) -> str:
    return worded(said.status) if said.status in STATUSES else gettext("no information")


@register.filter
def parts(said: Said) -> Iterator[tuple[str, list[str]]]:
    """(name, paragraphs) of what was said beside the status, in the order of the form; of records a line each."""
    for part in PARTS:
        value = said.content.get(part)
        if part != "status" and value:
            yield worded(part), [_line(one) for one in value] if isinstance(value, list) else str(value).splitlines()


def _line(record: Json) -> str:
    values = record.values() if isinstance(record, Mapping) else [record]
    return " · ".join(str(value) for value in values if value)


@register.filter
def dated(date: Dated | None) -> str:
    """A date, no more exact than its source has it."""
    if date is None:
        return ""
    year = str(date.first.year)
    if date.known is Known.PART:
        part = {1: gettext("early"), 5: gettext("middle of"), 9: gettext("late")}[date.first.month]
        return f"{part} {year}"
    if date.known is Known.YEARS:
        return f"{year}–{date.last.year}"
    return date.written.replace("/", "–")
