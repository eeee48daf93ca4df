"""What the pages of contacts say of values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django import template
from django.utils import formats, timezone
from django.utils.translation import gettext

from rapport.contacts import clocks, converters
from rapport.contacts.cards import grouped
from rapport.contacts.cases import reading, trying
from rapport.contacts.cases.models import Attempt, Case, Fired, Handover
from rapport.contacts.clocks import Clock, Which
from rapport.contacts.directory.listing import Column, Line, Listed
from rapport.contacts.directory.memberships import Listing
from rapport.contacts.escalation import Result
from rapport.contacts.model import Means
from rapport.contacts.opaque import Numbered
from rapport.contacts.pinging import Outcome
from rapport.notify.models import OutboxState
from rapport.operations.translated import translated

_NEAR = timedelta(hours=36)

register = template.Library()
register.filter(grouped)


@register.filter
def opaque(number: int, of: str) -> str:
    """The number of a row in a form or a query, where it tells nothing."""
    return converters.written(Numbered(of), number)


@register.filter
def means(one: Means) -> str:
    """By what somebody is reached, in words."""
    return {
        Means.PHONE: gettext("Telephone"),
        Means.EMAIL: gettext("E-mail"),
        Means.SMS: gettext("SMS"),
        Means.SIGNAL: gettext("Signal"),
        Means.FAX: gettext("Fax"),
        Means.RADIO: gettext("Radio"),
        Means.POST: gettext("Letter by post"),
    }[one]


@register.filter
def spaced(value: str) -> str:
    """A number in groups that can be read aloud; anything else as it is."""
    if not re.fullmatch(r"\+\d{7,15}", value):
        return value
    digits = value[1:]
    groups = [digits[max(0, end - 3) : end] for end in range(len(digits), 0, -3)]
    return "+" + " ".join(reversed(groups))


@register.filter
def wall(at: datetime) -> str:
    """A time as a clock there shows it: not turned into the reader's own zone."""
    return formats.date_format(at.replace(tzinfo=None), "l H:i")


@register.filter(expects_localtime=True)
def zoned(at: datetime) -> str:
    """A time with its zone, for whoever may have another one on their clock than the page."""
    return f"{formats.date_format(at, 'j M Y H:i')} ({timezone.get_current_timezone_name()})"


@register.filter
def at(said: Mapping[str, str], name: str) -> str:
    """What is wrong with a field."""
    return said.get(name, "")


@register.filter
def at_part(said: Mapping[str, str], name: str) -> str:
    """What is wrong with the ways to reach a post."""
    return said.get(f"{name}.channels", "")


@register.filter
def anchor(field: str) -> str:
    """The element that a field's problem is shown at: of a row, its number or address."""
    return f"{field}.value" if re.fullmatch(r"(posts\.\d+\.)?channels\.\d+", field) else field


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def means_of(value: str) -> str:
    """The same of what the database keeps."""
    return means(Means(value))


@register.filter
def outcome(one: Outcome) -> str:
    """What became of a ping, in words."""
    return {
        Outcome.ACKNOWLEDGED: gettext("answered in time"),
        Outcome.LATE: gettext("answered late"),
        Outcome.WRONG: gettext("reached the wrong office"),
        Outcome.BOUNCED: gettext("could not be delivered"),
        Outcome.SILENT: gettext("no answer"),
    }[one]


@register.filter
def outcome_of(value: str) -> str:
    return outcome(Outcome(value))


@register.filter
def pairs(counts: Mapping[object, object]) -> list[tuple[object, object]]:
    return list(counts.items())


# --- cases ---------------------------------------------------------------------------------------------------------


@register.filter
def left(clock: Clock, now: datetime) -> str:
    """How long until it is due, or since."""
    return translated(clocks.left(clock, now))


@register.filter(expects_localtime=True)
def near(at: datetime, now: datetime) -> str:
    """A time: by its weekday alone within a day or so, with its date further away, where a weekday names many days."""
    return formats.date_format(at, "D H:i" if abs(at - now) <= _NEAR else "D j M H:i")


@register.filter
def which(one: str) -> str:
    """What a clock is about, in words."""
    return {
        Which.DELIVER: gettext("reach somebody"),
        Which.ACKNOWLEDGE: gettext("say that it has arrived"),
        Which.SUBSTANCE: gettext("answer what it says"),
        Which.UPDATE: gettext("write again, also if nothing is new"),
    }[Which(one)]


@register.filter
def party(code: str, case: Case) -> str:
    """What a side of a case is called."""
    return case.begun_by.name if case.begun_by.code == code else case.with_actor.name


@register.filter
def arrived(one: Fired) -> bool:
    """Whether the message had reached the other side when a clock of theirs was due, as far as is known here: who has
    nothing owes nothing."""
    reached = reading.reached_at(one.dispatch)
    return one.by == one.dispatch.sender.actor.code or (reached is not None and reached <= one.due)


@register.filter
def became(one: Attempt) -> str:
    """What came of a try, in words."""
    found = trying.result_of(one)
    if found is Result.NOT_SENT:
        return _not_sent(one)
    if one.message is not None and not one.result:
        return translated(str(one.message.get_state_display()))
    if found is Result.BOUNCED and one.by is None:
        return gettext("did not go: nobody was told")
    return {
        "": gettext("nothing known yet"),
        Result.REACHED: gettext("reached"),
        Result.BOUNCED: gettext("dead"),
        Result.NO_ANSWER: gettext("no answer"),
        Result.WRONG: gettext("wrong person"),
    }[found or ""]


def _not_sent(one: Attempt) -> str:
    match one.message and one.message.state:
        case OutboxState.CANCELLED:
            return gettext("taken back: nobody was told")
        case OutboxState.WAITING:
            return gettext("waits, since all sending is stopped: nobody was told")
        case _:
            return gettext("did not go: nobody was told")


@register.filter
def handed(one: Handover) -> str:
    """What the next one on duty must know."""
    return reading.note_of(one)


@register.filter
def cells(line: Line, columns: Sequence[Column]) -> list[tuple[str, Listed | None]]:
    """What stands in a row of the directory, column by column."""
    return [(one.role, line.office_of(one.role)) for one in columns]


# --- lists and copies ----------------------------------------------------------------------------------------------


@register.filter
def disagreeing(listings: Sequence[Listing]) -> list[str]:
    """Networks whose list says otherwise than our record."""
    return [one.entry.network for one in listings if one.disagrees]


@register.filter
def looked(kind: str) -> str:
    """As what somebody was shown an office, in words."""
    return {
        "page": gettext("on its page"),
        "card": gettext("card"),
        "tree": gettext("phone tree"),
        "export": gettext("signed directory"),
        "directory": gettext("signed directory"),
        "case": gettext("for a message to it"),
        "reply": gettext("for a message to it"),
        "ping": gettext("for a ping"),
        "deciding": gettext("with a nomination that waits"),
        "changing": gettext("in order to change it"),
        "list": gettext("with the lists of other networks"),
    }[kind]
