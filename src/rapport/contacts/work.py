"""What the worker does for contacts: sends pings at their moments, decides what became of them, tells offices that
their records grow old, forgets files of copies that have expired. Each once, whoever comes first."""

from __future__ import annotations

import time
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from rapport.contacts.agreed import network_of
from rapport.contacts.cases import clockwork, writing
from rapport.contacts.directory.listing import state_of
from rapport.contacts.exports import keeping
from rapport.contacts.model import Channel, Means, Upkeep
from rapport.contacts.models import Nomination, Office, State
from rapport.contacts.pings import post, results, running, wording
from rapport.contacts.pings.running import FUNCTION
from rapport.contacts.records import opened
from rapport.contacts.upkeep import State as Upkept
from rapport.oversight.ledger import entries
from rapport.oversight.switches import stopped_everywhere, stopped_in

#: Seconds between two looks at what is due, and at records growing old: they do so by days [ours].
_PINGS_EVERY, _UPKEEP_EVERY = 10.0, 600.0
_looked: dict[str, float] = {}


def step() -> int:
    """A piece of it; how much there was to do."""
    now, done = timezone.now(), 0
    if _is_time("copies", _UPKEEP_EVERY):
        done += keeping.forget(now) + writing.forget(now)
    if stopped_everywhere(FUNCTION):
        return done
    if _is_time("pings", _PINGS_EVERY):
        done += running.send_due(now) + running.bounce(now) + running.take_back(now) + running.decide_due(now)
        done += running.leave_out(now) + results.tell_due(now) + clockwork.fire(now)
    if _is_time("upkeep", _UPKEEP_EVERY):
        done += tell_of_age(now)
    return done


def _is_time(what: str, every: float) -> bool:
    if time.monotonic() - _looked.get(what, float("-inf")) < every:
        return False
    _looked[what] = time.monotonic()
    return True


def tell_of_age(now: datetime) -> int:
    """Offices whose record is in another state than they were last told: how many there were."""
    current = Nomination.objects.filter(state=State.APPROVED, closes=False).exclude(
        office__operation__in=stopped_in(FUNCTION)
    )
    agreed: dict[int, Upkeep] = {}
    told = 0
    for one in current.select_related("office__operation").defer("sealed"):
        operation_id = one.office.operation_id
        if operation_id not in agreed:
            agreed[operation_id] = network_of(operation_id).upkeep
        found = state_of(one.office, agreed[operation_id], now)
        if found.name != (one.office.told or Upkept.CURRENT.name):
            told += _told(one, found)
    return told


@transaction.atomic
def _told(nomination: Nomination, found: Upkept) -> bool:
    office = nomination.office
    mine = Office.objects.filter(pk=office.pk, told=office.told, verified_at=office.verified_at)
    if not mine.update(told=found.name):
        return False  # another worker was first, or somebody has verified it meanwhile
    entries.contact(office.operation_id, {"office": office.pk, "record": found.name.lower()})
    if found in _ASKED:
        _ask(nomination)
    return True


_ASKED = {Upkept.REMIND, Upkept.STALE}


def _ask(nomination: Nomination) -> None:
    """A letter to the office itself, where it has an address: to look whether every word is right still."""
    record = opened(nomination.sealed)
    mail = next(
        (one for _, channels in record.answering() for one in channels if one.means is Means.EMAIL),
        Channel(Means.POST, ""),
    )
    language = wording.language_of(record.languages)
    operation = nomination.office.operation
    post.put(operation, mail, wording.remind(language, operation.name_in(language)), language, "notice")
