"""Everything that is wrong with a message, with its line: schema, writing, meaning, and the profile asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Literal

from rapport.formats.cap import profiles, rules
from rapport.formats.cap.finding import Finding
from rapport.formats.cap.message import Message
from rapport.formats.cap.rules.area import Box
from rapport.formats.cap.schema import MOST_FINDINGS

Profile = Literal["google", "ifrc"]
_ORDER = ("error", "warning", "note")


def validate(
    message: Message, profile: Profile | None = None, now: datetime | None = None, home: Box | None = None
) -> tuple[Finding, ...]:
    """Errors first, then in the order of the file. Without `now` nothing has expired; without `home`, the box of the
    sender's country in degrees (south, west, north, east), no exchanged points are looked for. At most some hundreds
    are said."""
    found = list(message.findings)
    for one in _meant(message, profile, now, home):
        path = message.moved.get(one.path, one.path)
        found.append(replace(one, path=path, line=line_of(message, path)))
        if len(found) > 2 * MOST_FINDINGS:
            break
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (_ORDER.index(one.severity), one.line)))


def _meant(message: Message, profile: Profile | None, now: datetime | None, home: Box | None) -> Iterator[Finding]:
    if message.alert is not None:
        yield from rules.check(message.alert, home, message.path)
    if profile == "google":
        yield from profiles.google(message)
    elif profile == "ifrc":
        yield from profiles.ifrc(message, now)


def is_valid(findings: tuple[Finding, ...]) -> bool:
    return all(one.severity != "error" for one in findings)


def line_of(message: Message, path: str) -> int:
    """The line of an element; of what is missing, that of the element it should stand in."""
    while path:
        if path in message.leaves:
            return message.leaves[path].line
        path = path.rpartition("/")[0]
    return 0
