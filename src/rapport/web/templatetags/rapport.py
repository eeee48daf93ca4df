"""What the templates need to say things in the reader's language and the operation's time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, pgettext

from rapport.accounts.permissions import Permission
from rapport.formats.dictionary.fields import PUBLICATIONS, RESPONSES, STATUSES, meaning_of
from rapport.operations.languages import own_name
from rapport.operations.models import Operation
from rapport.operations.translated import translated
from rapport.values import (
    CategoryName,
    ExtraValue,
    Precision,
    Publication,
    Purpose,
    Range,
    Release,
    Response,
    Status,
    named,
)

register = template.Library()
register.filter("said", translated)

#: From this age on (30 days, in seconds) a reader is better served by the date itself.
OLD = 30 * 86_400


def _language() -> str:
    return get_language() or "en"


@register.filter
def local_name(thing: Operation | CategoryName | Mapping[str, str]) -> str:
    """The name of an operation or category, or of a mapping of names, in the reader's language."""
    return named(thing if isinstance(thing, Mapping) else thing.names, _language())


@register.filter
def headline(release: Release) -> str:
    return release.headline(_language())


@register.simple_tag
def language_name(code: str) -> str:
    """The own name of a language, of ours or any other; the code where nobody knows it."""
    return own_name(code)


@register.filter
def works_in(user: Any, operation: Operation) -> bool:
    """Whether the person signed in may read the operation's desk."""
    return bool(user and user.is_authenticated and operation and user.may(Permission.DESK_REPORT_READ, operation.pk))


@register.filter
def name_of(names: Mapping[str, Mapping[str, str]], slug: str) -> str:
    """The name of the source with that slug; the slug where it has none."""
    return named(names.get(slug, {}), _language()) or slug


@register.filter
def number(count: int) -> str:
    """A whole number with the reader's separator of thousands."""
    return number_format(count, force_grouping=True)


@register.filter
def day(at: date) -> str:
    return date_format(at, "j F Y")


@register.filter
def publication_word(publication: Publication) -> str:
    return {
        Publication.DRAFT: gettext("draft"),
        Publication.PUBLISHED: gettext("published"),
        Publication.WITHDRAWN: gettext("withdrawn"),
    }[Publication(publication)]


@register.filter
def publication_meaning(publication: Publication) -> str:
    return gettext(meaning_of(PUBLICATIONS, Publication(publication).value))


@register.filter
def status_word(status: Status | str) -> str:
    return {
        Status.UNVERIFIED: gettext("unverified"),
        Status.CORROBORATED: gettext("corroborated"),
        Status.VERIFIED: gettext("verified"),
        Status.REFUTED: gettext("refuted"),
        Status.UNVERIFIABLE: gettext("unverifiable"),
    }[Status(status)]


@register.filter
def status_meaning(status: Status | str) -> str:
    return gettext(meaning_of(STATUSES, Status(status).value))


@register.filter
def response_word(response: Response | str) -> str:
    return {
        Response.OPEN: pgettext("response", "open"),
        Response.ASSIGNED: pgettext("response", "assigned"),
        Response.DONE: pgettext("response", "done"),
        Response.EXPIRED: pgettext("response", "expired"),
    }[Response(response)]


@register.filter
def response_meaning(response: Response | str) -> str:
    return gettext(meaning_of(RESPONSES, Response(response).value))


@register.filter
def precision_word(precision: int) -> str:
    return {
        Precision.EXACT: gettext("exact place"),
        Precision.STREET: gettext("street"),
        Precision.LOCALITY: gettext("town or neighbourhood"),
        Precision.ADM3: gettext("section of a commune"),
        Precision.ADM2: gettext("commune"),
        Precision.ADM1: gettext("department"),
        Precision.COUNTRY: gettext("country"),
    }[Precision(precision)]


@register.filter
def purpose_word(purpose: Purpose) -> str:
    return {
        Purpose.VIEW: gettext("to look at"),
        Purpose.EXPORT: gettext("as a file"),
        Purpose.ALERT: gettext("as an alert"),
        Purpose.PUSH: gettext("sent to them"),
        Purpose.WORK: gettext("at the desk"),
    }[Purpose(purpose)]


@register.filter
def precision_code(precision: int) -> str:
    return Precision(precision).word


@register.filter
def distance(metres: int) -> str:
    """A radius in words: metres below 1 km, else kilometres without false exactness."""
    if metres < 1000:
        return gettext("%(n)s m") % {"n": metres}
    decimals = 0 if metres >= 10_000 or metres % 1000 == 0 else 1
    return gettext("%(n)s km") % {"n": number_format(metres / 1000, decimals)}


@register.filter
def people(count: Range) -> str:
    """A range of people affected, in words."""
    if count.high is None:
        text = ngettext("at least %(low)s person", "at least %(low)s people", count.low)
    elif count.low == count.high:
        text = ngettext("%(low)s person", "%(low)s people", count.low)
    else:
        text = ngettext("%(low)s to %(high)s person", "%(low)s to %(high)s people", count.high)
    return text % {"low": count.low, "high": count.high}


@register.filter
def answer(extra: ExtraValue) -> str:
    """The value of an extra field, in the reader's language."""
    value = extra.value
    if extra.kind == "choice":
        codes = value if isinstance(value, list) else [value]
        return ", ".join(named(extra.labels.get(str(code), {}), _language()) or str(code) for code in codes)
    if extra.kind == "number" and isinstance(value, int | float):
        return number_format(value, force_grouping=True)
    if extra.kind == "date" and isinstance(value, str):
        return day(date.fromisoformat(value))
    return str(value)


def _local(at: datetime, context: Mapping[str, Any]) -> datetime:
    operation = context.get("operation")
    return at.astimezone(ZoneInfo(operation.time_zone) if operation else None)


def _exact(at: datetime, context: Mapping[str, Any]) -> str:
    local = _local(at, context)
    return f"{date_format(local, 'j F Y, H:i')} {local.tzname()}"


@register.simple_tag(takes_context=True)
def exact(context: Mapping[str, Any], at: datetime) -> SafeString:
    """A moment as date and time of day in the operation's time zone."""
    return format_html(
        '<time datetime="{}">{}</time>', _local(at, context).isoformat("T", "minutes"), _exact(at, context)
    )


@register.simple_tag(takes_context=True)
def ago(context: Mapping[str, Any], at: datetime) -> SafeString:
    """How long ago, with the exact moment on demand and for screen readers; the date itself from 30 days on."""
    seconds = (timezone.now() - at).total_seconds()
    stamp, precisely = _local(at, context).isoformat("T", "minutes"), _exact(at, context)
    if not 0 <= seconds < OLD:
        return format_html('<time datetime="{}" title="{}">{}</time>', stamp, precisely, _day(at, context))
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}<span class="visually-hidden"> ({})</span></time>',
        stamp, precisely, since(int(seconds)), precisely,
    )  # fmt: skip


def _day(at: datetime, context: Mapping[str, Any]) -> str:
    return date_format(_local(at, context), "j F Y")


def since(seconds: int) -> str:
    """An age in its largest unit. The page's script counts on with the same texts."""
    if seconds < 60:
        return gettext("just now")
    if seconds < 3600:
        return pgettext("age", "{n} min ago").replace("{n}", str(seconds // 60))
    if seconds < 86_400:
        return pgettext("age", "{n} h ago").replace("{n}", str(seconds // 3600))
    return pgettext("age", "{n} d ago").replace("{n}", str(seconds // 86_400))
