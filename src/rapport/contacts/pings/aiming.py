"""Which way of an office a ping takes: as a record names it, and by the record that counts when it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rapport.contacts.agreed import network_of
from rapport.contacts.directory.listing import state_of
from rapport.contacts.directory.nominating import approved
from rapport.contacts.model import Channel
from rapport.contacts.model import Office as Record
from rapport.contacts.models import Nomination, Office, Ping
from rapport.contacts.records import opened
from rapport.contacts.upkeep import State as Upkept

_NOT_PINGED = {Upkept.LAPSED, Upkept.NOT_YET}  # what is suspended is pinged: an answer brings it back


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a ping goes. `answers`: who answers there."""

    nomination: Nomination
    record: Record
    place: str
    answers: str
    channel: Channel


def place_of(record: Record, channel: Channel) -> str:
    """Where a channel stands in a record: what the database keeps of it."""
    for number, (_, channels) in enumerate(record.answering()):
        for index, one in enumerate(channels):
            if one.address == channel.address:
                return f"{number}.{index}"
    raise ValueError("the channel is one of the office's")


def channel_of(record: Record, place: str) -> tuple[str, Channel]:
    """The channel at a place, and who answers there."""
    number, index = (int(part) for part in place.split("."))
    who, channels = record.answering()[number]
    return who, channels[index]


def is_pinged(office: Office, now: datetime) -> bool:
    """Whether its record counts now."""
    return state_of(office, network_of(office.operation_id).upkeep, now) not in _NOT_PINGED


def taken(ping: Ping) -> Aim:
    """The way that it took, or was to take when its round began."""
    record = opened(ping.nomination.sealed)
    return Aim(ping.nomination, record, ping.place, *channel_of(record, ping.place))


def now_of(ping: Ping, now: datetime) -> Aim | None:
    """The way that it takes now. None: the office is closed, its record counts no more, or every way of this kind that
    it still has is the way of another ping of the round."""
    counts = approved(ping.office)
    if counts is None or counts.closes or not is_pinged(ping.office, now):
        return None
    was = taken(ping)
    if counts.pk == ping.nomination_id:
        return was
    record = opened(counts.sealed)
    ways = [(who, one) for who, one in record.reached_by() if one.means.value == ping.means]
    others = Ping.objects.filter(campaign=ping.campaign_id, office=ping.office_id, means=ping.means)
    used = {taken(one).channel.address for one in others.exclude(pk=ping.pk).select_related("nomination")}
    left = [(who, one) for who, one in ways if one.address not in used]
    same = [(who, one) for who, one in left if one.address == was.channel.address]
    who, channel = next(iter(same or left), ("", None))
    return Aim(counts, record, place_of(record, channel), who, channel) if channel else None
