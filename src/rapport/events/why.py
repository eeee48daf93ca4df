"""Why a reader sees an event: which rules of which protocol, who signed it, and what the rules leave of it.

What is said to have been left out is what the rules say, never what this event had: a title "is left out" whether there
was one or not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from rapport.events.gone import gone, part_of
from rapport.events.releases import given_by_ref, released_items
from rapport.formats.dictionary.fields import MARKINGS, meaning_of
from rapport.operations.access import address, public
from rapport.operations.models import Operation
from rapport.sharing.activation import last_activated
from rapport.sharing.active import policy_of
from rapport.sharing.items import Item, Ruling
from rapport.sharing.models import ProtocolVersion
from rapport.sharing.policy import Policy, decide
from rapport.sharing.protocol.model import FIELDS, Area, Audience, Left, Protocol, Rounding, Words
from rapport.sharing.readers import reader
from rapport.values import Marking, Purpose, Reader, Release, Sensitivity


@dataclass(frozen=True, slots=True)
class Explained:
    """A release, and everything by which it came about."""

    release: Release
    ruling: Ruling
    item: Item
    policy: Policy
    now: datetime

    @property
    def audience(self) -> Audience:
        return self.policy.protocol.audience(self.release.audience)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A grant, a limit, or an entry of the lists that gave the level."""

    kind: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Other:
    """What another audience gets of the same event."""

    audience: Audience
    shown: bool
    counted: bool  # in totals only
    spoken: Sequence[Spoken]
    left: Sequence[str]
    reasons: Sequence[str]


@public
@require_safe
def show(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """To everybody the reasons; to who is known by name also the rules' names and who signed; to the team what every
    other audience gets. Who does not get the event is told what its own page tells."""
    who = reader(request, operation)
    if (now := part_of(operation, who, ref)) is not None:
        return HttpResponseRedirect(address(operation, "events", now, "why"))
    signed = last_activated(operation.pk)  # before the policy: should another one come between, nobody is named
    found = explained(operation, who, ref)
    if found is None:
        return gone(request, operation, who, ref)
    named = not who.anonymous
    context = {
        "operation": operation,
        "release": found.release,
        "audience": found.audience,
        "protocol": found.policy.protocol,
        "version": _version(signed, found.policy.protocol),
        "withdrawn": signed if signed and signed.withdrawn_at else None,
        "left": left_words(found.ruling.left, found.audience, operation),
        "level": level_words(found.release.level),
        "marking": marking_words(found.release.marking) if found.release.marking else "",
        "named": named,
        "spoken": spoken(found.policy.protocol, found.ruling.rules) if named else [],
        "others": others(operation, found) if who.team else [],
    }
    answer = render(request, "events/why.html", context)
    if named:
        patch_cache_control(answer, private=True, no_cache=True)
    return answer


def explained(operation: Operation, who: Reader, ref: str) -> Explained | None:
    """The release of an event as its page shows it, with its ruling; None where this reader does not get it."""
    policy, now = policy_of(operation.pk), timezone.now()
    event_id = given_by_ref(operation, who, Purpose.VIEW, ref)
    ids = [event_id] if event_id else []
    for item, made in released_items(operation, policy, who, Purpose.VIEW, ids, now):
        return Explained(made, decide(policy, who, item, Purpose.VIEW, now), item, policy, now)
    return None


def spoken(protocol: Protocol, names: Sequence[str]) -> list[Spoken]:
    """What bears these names, in their order: rules first, as a ruling names them."""
    rules = {one.name: Spoken("grant" if one.grant else "limit", one.name, one.why) for one in protocol.rules}
    entries = {one.name: Spoken("level", one.name, one.why) for one in protocol.entries}
    return [found for name in dict.fromkeys(names) for found in (rules.get(name), entries.get(name)) if found]


def others(operation: Operation, found: Explained) -> list[Other]:
    """What each audience but the reader's own gets of the event on its page, the nearest first."""
    audiences = [one for one in found.policy.protocol.audiences if one != found.audience]
    return [_other(operation, found, one) for one in audiences]


def _other(operation: Operation, found: Explained, audience: Audience) -> Other:
    ruling = found.policy.ruling(audience.name, found.item.facts, Purpose.VIEW, found.now)
    gets = ruling.allow and not ruling.left.counted_only
    return Other(
        audience,
        gets,
        ruling.allow and not gets,
        spoken(found.policy.protocol, ruling.rules),
        left_words(ruling.left, audience, operation) if gets else [],
        ruling.reasons,
    )


def _version(last: ProtocolVersion | None, protocol: Protocol) -> ProtocolVersion | None:
    """The row of the protocol that holds, with who signed it; None for one that came with rapport."""
    return last if last is not None and last.digest == protocol.digest else None


# --- in words ------------------------------------------------------------------------------------------------------


def left_words(left: Left, audience: Audience, operation: Operation) -> list[str]:
    """What the rules leave out or make coarser for an audience, a sentence each; none where they leave everything."""
    some_answers = "extra" in left.fields and bool(operation.extra_fields) and not audience.team
    said = [
        _area(left.area) if "place" in left.fields else "",
        _radius(left.radius_m) if "place" in left.fields else "",
        _delay(left.delay_s),
        _rounding(left.rounding),
        _texts(left.words),
        _without(left),
        gettext("Of the answers to further questions, those that the operation makes public.") if some_answers else "",
    ]
    return [sentence for sentence in said if sentence]


def _area(area: Area) -> str:
    return {
        Area.AS_IT_IS: "",
        Area.ADM3: gettext("The place is given by section of a commune, or coarser."),
        Area.ADM2: gettext("The place is given by commune, or coarser."),
        Area.ADM1: gettext("The place is given by department, or coarser."),
        Area.COUNTRY: gettext("No place within the country is given."),
        Area.NONE: gettext("No place is given."),
    }[area]


def _radius(metres: int) -> str:
    if not metres:
        return ""
    if metres < 1000:
        return gettext("The place is moved, by less than %(n)s m.") % {"n": metres}
    return gettext("The place is moved, by less than %(n)s km.") % {"n": metres // 1000}


def _delay(seconds: int) -> str:
    hours = -(-seconds // 3600)
    text = ngettext(
        "It is given %(n)s hour after it was published.", "It is given %(n)s hours after it was published.", hours
    )
    return text % {"n": hours} if hours else ""


def _rounding(rounding: Rounding) -> str:
    return {
        Rounding.NONE: "",
        Rounding.HOUR: gettext("Times are given by the hour."),
        Rounding.DAY: gettext("Times are given by the day."),
        Rounding.WEEK: gettext("Times are given by the week."),
        Rounding.MONTH: gettext("Times are given by the month."),
    }[rounding]


def _texts(words: Words) -> str:
    return {
        Words.OWN: "",
        Words.MASKED: gettext("Personal data in texts is masked."),
        Words.SUMMARY: gettext("Of texts only what a person wrote to be shared is given."),
        Words.NONE: gettext("No texts are given."),
    }[words]


def _without(left: Left) -> str:
    missing = part_words(FIELDS - left.fields)
    return gettext("Left out: %(fields)s.") % {"fields": missing} if missing else ""


def part_words(parts: Collection[str]) -> str:
    """Parts of an event, as rules keep them or leave them out, in the reader's words."""
    names: Mapping[str, str] = {
        "title": gettext("title"),
        "summary": gettext("summary"),
        "occurred_at": gettext("when it happened"),
        "place": gettext("place"),
        "affected": gettext("people affected"),
        "sources": gettext("sources"),
        "reports": gettext("number of reports"),
        "response": gettext("what is done about it"),
        "extra": gettext("answers to further questions"),
        "files": gettext("photos and files"),
    }
    return ", ".join(name for part, name in names.items() if part in parts)


def level_words(level: Sensitivity) -> str:
    return {
        Sensitivity.LOW: gettext("low: showing it does no harm, or hardly any"),
        Sensitivity.MODERATE: gettext("moderate: showing it may do a little harm, or it may be misread"),
        Sensitivity.HIGH: gettext("high: showing it may do serious harm to people or to the response"),
        Sensitivity.SEVERE: gettext("severe: showing it may cost somebody's life, body or dignity"),
    }[level]


def marking_words(marking: Marking) -> str:
    """How far whoever gets it may pass it on."""
    return gettext(meaning_of(MARKINGS, marking.value))
