"""Which way a message to a sender goes: by e-mail, through its own source's gateway, or through another one's."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from rapport import plugins
from rapport.operations.load import source_settings
from rapport.operations.models import Source
from rapport.plugins import WayOut

MAIL = frozenset({"email"})
#: Replays and imports bring addresses of people who never heard of the exercise; a gateway's sender has just written.
_EXERCISE = "This is an exercise: only who writes to one of its gateways gets a message, by that gateway."


@dataclass(frozen=True, slots=True)
class Lane:
    """A source through which messages to some kinds of address go out. `way` None is e-mail."""

    source: Source
    kinds: Set[str]
    way: WayOut | None
    settings: Mapping[str, Any]

    @property
    def fetched(self) -> bool:
        """The gateway fetches its messages: the worker leaves them to it."""
        return self.way is not None and self.way.request is None

    @property
    def repeatable(self) -> bool:
        """The other side takes a message that it has already as the same one."""
        return self.way is not None and self.way.repeatable(self.settings)


def lane(source: Source, kind: str) -> Lane | str:
    """How a message that belongs to this source reaches an address of that kind; or why it cannot now, in words.

    A sender known from the form or the API is reached through a gateway of the same operation; in an exercise nobody
    is but by the gateway that they wrote to.
    """
    if source.operation.exercise and (kind in MAIL or source.channel not in plugins.CHANNELS_OUT):
        return _EXERCISE
    if kind in MAIL:
        if settings.SMTP is None or not settings.MAIL_FROM:
            return "E-mail is not set up: see RAPPORT_SMTP_URL and RAPPORT_MAIL_FROM."
        return Lane(source, MAIL, None, {})
    if source.channel in plugins.CHANNELS_OUT:
        return through(source, kind)
    others = Source.objects.filter(
        operation_id=source.operation_id, channel__in=sorted(plugins.CHANNELS_OUT), active=True
    )
    for other in others.select_related("operation").order_by("pk"):
        if isinstance(found := through(other, kind), Lane):
            return found
    return "No gateway of this operation can reach this sender: set one up among the ways in."


def through(source: Source, kind: str) -> Lane | str:
    """The lane through this source's own gateway, or what stands in its way."""
    way = plugins.way_out(source.channel)
    if way is None or kind not in way.kinds:
        return f"The source {source.slug} cannot reach addresses of the kind {kind}."
    if not source.active:
        return f"The source {source.slug} is paused."
    given = source_settings(source)
    if lacking := way.lacks(given):
        return f"The source {source.slug} cannot send yet. {lacking}"
    return Lane(source, way.kinds, way, given)


def out_of_reach(source: Source, kind: str) -> str:
    """Why nobody can be written to by this source at an address of that kind; "" if one can."""
    found = lane(source, kind)
    return found if isinstance(found, str) else ""
