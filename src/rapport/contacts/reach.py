"""How an office is reached now: what time it is there, whether it is staffed, whom to try in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rapport.contacts import hours, upkeep
from rapport.contacts.agreed import network_of
from rapport.contacts.directory.listing import state_of
from rapport.contacts.model import Channel, Means
from rapport.contacts.model import Office as Record
from rapport.contacts.models import Office

#: What a browser opens for a channel.
_SCHEMES = {Means.PHONE: "tel:", Means.SMS: "sms:", Means.EMAIL: "mailto:"}


@dataclass(frozen=True, slots=True)
class Try:
    """One thing to try, the next after the one before."""

    channel: Channel
    post: str  # "" for the office's own
    name: str
    languages: Sequence[str]

    @property
    def href(self) -> str:
        """What opens it, "" where nothing does."""
        scheme = _SCHEMES.get(self.channel.means, "")
        return f"{scheme}{self.channel.value}" if scheme else ""


@dataclass(frozen=True, slots=True)
class Reach:
    """`opens`: when it is staffed again, None while it is; `closes`: None if it never does."""

    state: upkeep.State
    local: datetime  # the time there
    opens: datetime | None
    closes: datetime | None
    tries: Sequence[Try]


def reach(record: Record, office: Office, now: datetime) -> Reach:
    staffed = hours.read(record.hours, record.time_zone)
    is_open = staffed.is_open(now)
    own = [Try(one, "", "", record.languages) for one in record.channels]
    posts = [
        Try(one, post.title, post.name, post.languages or record.languages)
        for post in record.posts
        for one in post.channels
    ]
    return Reach(
        state_of(office, network_of(office.operation_id).upkeep, now),
        now.astimezone(ZoneInfo(record.time_zone)),
        None if is_open else staffed.opens_next(now),
        staffed.closes_next(now) if is_open else None,
        [*own, *posts],
    )
