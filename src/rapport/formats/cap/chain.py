"""What several messages mean together: which follows which, and what is in force at a moment (CAP 1.2, 3.2.1,
msgType, references).

An Update replaces the messages it names, a Cancel ends them. Only a message of the same sender does so, and of the
same status: a stranger cancels nothing, and an exercise no real warning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

from rapport.formats.cap.message import Message
from rapport.formats.cap.model import Alert, MsgType, Reference

#: Messages left out by one Update or Cancel that are listed, and looked at [ours].
MOST_LEFT_OUT = 100

ActsFor = Callable[[str, str], bool]


class Standing(StrEnum):
    """Where a message stands at a moment."""

    UNSENT = "not sent yet"
    COMING = "not yet effective"
    IN_FORCE = "in force"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    NOTICE = "about others"  # a Cancel, Ack or Error warns of nothing itself


@dataclass(frozen=True, slots=True)
class Thread:
    """Messages that are joined by references, in the order they were sent.

    `missing`: named and not here. `loops`: messages that name each other in a ring; there nobody replaces anybody.
    `powerless`: (who, whom) where an Update or Cancel names a message that it may not change. `left_out`: (who, whom)
    where it does not name one that is still in force. `conflicts`: identities under which there is more than one
    message; the first that came counts.
    """

    alerts: tuple[Alert, ...]
    missing: tuple[Reference, ...]
    loops: tuple[Reference, ...]
    powerless: tuple[tuple[Reference, Reference], ...]
    left_out: tuple[tuple[Reference, Reference], ...]
    conflicts: tuple[Reference, ...]
    changed_by: Mapping[Reference, tuple[Alert, ...]]

    def standing(self, alert: Alert, moment: datetime) -> Standing:
        """Where one of its messages stands. What was sent after the moment is not known then."""
        if alert.sent > moment:
            return Standing.UNSENT
        done = {one.msg_type for one in self.changed_by.get(alert.identity, ()) if one.sent <= moment}
        if MsgType.CANCEL in done:
            return Standing.CANCELLED
        if MsgType.UPDATE in done:
            return Standing.SUPERSEDED
        if alert.msg_type not in (MsgType.ALERT, MsgType.UPDATE):
            return Standing.NOTICE
        if has_expired(alert, moment):
            return Standing.EXPIRED
        begins = [info.effective or alert.sent for info in alert.infos]
        return Standing.COMING if begins and min(begins) > moment else Standing.IN_FORCE

    def in_force(self, moment: datetime) -> tuple[Alert, ...]:
        return tuple(one for one in self.alerts if self.standing(one, moment) is Standing.IN_FORCE)


def has_expired(alert: Alert, moment: datetime) -> bool:
    """Whether all its infos are over. One without expires never is: that is for each receiver to say."""
    return bool(alert.infos) and all(info.expires is not None and info.expires <= moment for info in alert.infos)


def threads(
    messages: Iterable[Message], acts_for: ActsFor = lambda sender, other: sender == other
) -> tuple[Thread, ...]:
    """The threads of these messages, the one that began first at the head. Messages without an Alert are left aside;
    one that came twice counts once. `acts_for(sender, other)` says whether a sender may change what another sent."""
    there: dict[Reference, Alert] = {}
    first_bytes: dict[Reference, str] = {}
    doubled: set[Reference] = set()
    for message in messages:
        if message.alert is None:
            continue
        identity = message.alert.identity
        there.setdefault(identity, message.alert)
        if first_bytes.setdefault(identity, message.sha256) != message.sha256:
            doubled.add(identity)
    found = [_thread(group, there, doubled, acts_for) for group in _groups(there)]
    return tuple(sorted(found, key=lambda one: one.alerts[0].sent))


def _groups(there: Mapping[Reference, Alert]) -> Iterator[list[Alert]]:
    """Messages that references join, whichever way, also over one that is missing."""
    beside: dict[Reference, list[Reference]] = defaultdict(list)
    for alert in there.values():
        for other in alert.references:
            beside[alert.identity].append(other)
            beside[other].append(alert.identity)
    seen: set[Reference] = set()
    for start in there:
        group, waiting = [], [start]
        while waiting:
            one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            if one in there:
                group.append(there[one])
            waiting += beside[one]
        if group:
            yield sorted(group, key=lambda one: (one.sent, one.sender, one.identifier))


def _thread(
    alerts: list[Alert], there: Mapping[Reference, Alert], doubled: set[Reference], acts_for: ActsFor
) -> Thread:
    loops = _loops(alerts, there)
    changed_by: dict[Reference, list[Alert]] = defaultdict(list)
    powerless = []
    for alert in alerts:
        if alert.msg_type not in (MsgType.UPDATE, MsgType.CANCEL):
            continue
        for other in dict.fromkeys(alert.references):
            named = there.get(other)
            if named is None or (alert.identity in loops and other in loops):
                continue
            if acts_for(alert.sender, named.sender) and alert.status is named.status and named.sent <= alert.sent:
                changed_by[other].append(alert)
            else:
                powerless.append((alert.identity, other))
    missing = dict.fromkeys(other for alert in alerts for other in alert.references if other not in there)
    return Thread(
        alerts=tuple(alerts), missing=tuple(missing), powerless=tuple(powerless),
        loops=tuple(one.identity for one in alerts if one.identity in loops),
        left_out=tuple(_left_out(alerts, changed_by)),
        conflicts=tuple(one.identity for one in alerts if one.identity in doubled),
        changed_by={other: tuple(by) for other, by in changed_by.items()},
    )  # fmt: skip


def _loops(alerts: Sequence[Alert], there: Mapping[Reference, Alert]) -> set[Reference]:
    """Messages that lead back to themselves: what is left when those that lead nowhere, or come from nowhere, are
    taken away one after the other."""
    to = {one.identity: {other for other in one.references if other in there} for one in alerts}
    back: dict[Reference, set[Reference]] = defaultdict(set)
    for one, others in to.items():
        for other in others:
            back[other].add(one)
    waiting = [one for one in to if not to[one] or not back[one]]
    left = set(to)
    while waiting:
        one = waiting.pop()
        if one not in left:
            continue
        left.discard(one)
        for other in to[one]:
            back[other].discard(one)
        for other in back[one]:
            to[other].discard(one)
        waiting += [other for other in (*to[one], *back[one]) if other in left and not (to[other] and back[other])]
    return left


def _left_out(
    alerts: Sequence[Alert], changed_by: Mapping[Reference, Sequence[Alert]]
) -> Iterator[tuple[Reference, Reference]]:
    """What an Update or Cancel should have named: earlier messages of its sender that still counted when it was
    sent."""
    counting: dict[Reference, Alert] = {}
    for alert in alerts:
        if alert.msg_type in (MsgType.UPDATE, MsgType.CANCEL):
            changed = [other for other in alert.references if alert in changed_by.get(other, ())]
            for other in changed:
                counting.pop(other, None)
            for other, earlier in list(islice(counting.items(), MOST_LEFT_OUT)) if changed else ():
                if has_expired(earlier, alert.sent):
                    del counting[other]
                elif earlier.sender == alert.sender and earlier.status is alert.status:
                    yield alert.identity, other
        if alert.msg_type in (MsgType.ALERT, MsgType.UPDATE):
            counting[alert.identity] = alert
