"""How the registry's pages say what was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from django import template
from django.utils.translation import gettext, gettext_lazy, ngettext

from rapport.registry.dates import Dated, Known
from rapport.registry.models import Recommendation
from rapport.registry.pages.drawn import spread_of
from rapport.registry.recommended import OPEN, Recommended
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
    "same": gettext_lazy("the same"), "case or spacing": gettext_lazy("differs in case or spacing only"),
    "differs": gettext_lazy("differs"), "to confirm": gettext_lazy("the same code with another label: to confirm"),
    "several": gettext_lazy("several items of one listing"), "only": gettext_lazy("only one has it"),
    "everybody": gettext_lazy("everybody"),
    "the members of the network": gettext_lazy("the members of the network"),
    "the team of this operation alone": gettext_lazy("the team of this operation alone"),
    "done": gettext_lazy("done"), "dropped": gettext_lazy("dropped"), "withdrawn": gettext_lazy("withdrawn"),
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


register.simple_tag(spread_of)


@register.filter
def code_in(name: str, codes: Mapping[str, str]) -> str:
    return codes.get(name, name)


@register.filter
def times(count: int) -> range:
    """So often, in a loop of a template."""
    return range(count)


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


@register.filter
def stands(one: Recommended | Recommendation, today: date) -> str:
    """Where a recommendation stands on a day, in words."""
    if one.state != OPEN or one.due_on is None:
        return worded(one.state)
    days = (today - one.due_on).days
    if days == 0:
        return gettext("due today")
    if days > 0:
        return ngettext("%(days)s day overdue", "%(days)s days overdue", days) % {"days": days}
    return ngettext("due in %(days)s day", "due in %(days)s days", -days) % {"days": -days}
