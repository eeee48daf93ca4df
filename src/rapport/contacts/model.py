"""Pure: an office that can be reached, and what a network of such offices has agreed.

What an office must have is asked by `checking.py`; these values hold whatever was written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum


class Role(StrEnum):
    """What an office may speak about. The UN's directory knows the first two; OSCE and OAS a policy contact too."""

    DIPLOMATIC = "diplomatic"
    TECHNICAL = "technical"
    POLICY = "policy"


class Means(StrEnum):
    """By what somebody is reached."""

    PHONE = "phone"
    EMAIL = "email"
    SMS = "sms"
    SIGNAL = "signal"
    FAX = "fax"
    RADIO = "radio"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to reach somebody. `value` is a number in international form (+509…), an address of e-mail, a call sign
    or a postal address; `note` what one must know to use it."""

    means: Means
    value: str
    note: str = ""

    @property
    def address(self) -> tuple[Means, str]:
        """Channels of one address are one channel, whatever their notes say."""
        return self.means, self.value

    def __repr__(self) -> str:
        return f"Channel({self.means}, …)"  # never into a log


@dataclass(frozen=True, slots=True)
class Post:
    """Who answers: a post that somebody fills, named or not. Channels in the order in which they are to be tried."""

    title: str
    name: str = ""
    languages: tuple[str, ...] = ()  # BCP 47, the best first
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """A public key by which messages of an office can be told from forged ones, as its fingerprint in hexadecimal."""

    kind: str  # openpgp, ed25519, x509
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Office:
    """A point of contact.

    party      code of the State or organisation that it speaks for
    posts      the primary first, then two alternates or more, in the order in which they are to be tried
    channels   of the office itself (a duty line), tried before those of its posts
    hours      when it is staffed, as hours.py reads it: `24/7`, or `mon-fri 08:00-17:00; sat 09:00-12:00`
    time_zone  in which its hours are (IANA)
    authority  what it may say and decide by itself, in its own words
    note       the note by which it was nominated: its number, its date
    """

    party: str
    role: Role
    title: str
    posts: tuple[Post, ...]
    channels: tuple[Channel, ...] = ()
    languages: tuple[str, ...] = ()
    hours: str = "24/7"
    time_zone: str = "UTC"
    authority: str = ""
    keys: tuple[Key, ...] = ()
    note: str = ""
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def code(self) -> str:
        """As messages name it: `EE/technical`."""
        return f"{self.party}/{self.role}"

    def answering(self) -> tuple[tuple[str, tuple[Channel, ...]], ...]:
        """Who answers, and by which channels, in the order in which they are to be tried: itself, then its posts."""
        return ((self.title, self.channels), *((post.title, post.channels) for post in self.posts))

    def reached_by(self) -> Iterator[tuple[str, Channel]]:
        """All channels in that order, each once, with who answers there first."""
        seen: set[tuple[Means, str]] = set()
        for who, channels in self.answering():
            for channel in channels:
                if channel.address not in seen:
                    seen.add(channel.address)
                    yield who, channel


@dataclass(frozen=True, slots=True)
class Times:
    """Four clocks of a kind of message; None where the network agreed on none.

    deliver      until it has reached somebody
    acknowledge  until somebody there has said that they have it
    substance    until an answer to what it says
    update       until the next word, again and again while the case is open
    office_hours whether the first three run only while the office that is to answer is staffed
    """

    deliver: timedelta | None = None
    acknowledge: timedelta | None = None
    substance: timedelta | None = None
    update: timedelta | None = None
    office_hours: bool = False


@dataclass(frozen=True, slots=True)
class Upkeep:
    """After how many days without verification what becomes of an office's record. A reminder goes out on day `remind`;
    until day `good` it counts, the day after it is stale; on day `suspend` nobody is pointed to it any more."""

    remind: int = 150
    good: int = 180
    suspend: int = 240
    said_by: str = ""  # who agreed on these days, and where; empty where they are rapport's own [ours]


@dataclass(frozen=True, slots=True)
class Network:
    """What members of a network agreed, as its file says. Every time has its source: no official values are known to
    us, those that come with rapport are examples."""

    slug: str
    title: str
    source: str
    roles: tuple[Role, ...]
    upkeep: Upkeep
    times: Mapping[str, Times]  # by kind of message
    said_by: Mapping[str, str] = field(default_factory=dict)  # kind → who agreed on its times, and where
    mission: str = ""  # to whom the next goes after the offices: a role in words, such as the permanent mission
    third_parties: tuple[str, ...] = ()  # codes of parties that all agreed on
