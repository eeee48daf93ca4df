"""What came of a round of pings: an office reads its own, the network's team all of it, all members totals, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db.models import Q

from rapport.contacts import pinging
from rapport.contacts.members import Member
from rapport.contacts.model import Role
from rapport.contacts.models import Campaign, Ping
from rapport.contacts.pinging import Outcome, Pinged, Totals
from rapport.contacts.pings.running import FUNCTION
from rapport.contacts.pings.starting import RUN
from rapport.oversight.switches import stopped_in


def of_member(who: Member, campaign: Campaign) -> Sequence[Ping]:
    """What came of one's own: private to the office. The network's team sees all of them."""
    pings = campaign.pings.select_related("office__actor", "nomination", "campaign", "message__sender").order_by(
        "office", "place"
    )
    return list(pings if who.may(RUN) else pings.filter(office__actor__in=[one.pk for one in who.actors]))


def totals(campaign: Campaign) -> Totals:
    """As they are now: for the team alone, which sees each ping too."""
    return pinging.totals(_decided(campaign))


def told(campaign: Campaign) -> Totals | None:
    """What all members are told; None while the round is not over, and where they are too few."""
    return msgspec.convert(campaign.told, Totals) if campaign.told else None


def _decided(campaign: Campaign) -> list[Pinged]:
    rows = campaign.pings.exclude(outcome="").values_list("office__actor__code", "office__role", "outcome")
    return [Pinged(party, Role(role), Outcome(outcome)) for party, role, outcome in rows]


# --- in the worker -------------------------------------------------------------------------------------------------


def tell_due(now: datetime) -> int:
    """Write down what members are told of each round that is over, with nothing left to decide; how many."""
    ended = Campaign.objects.filter(Q(closes_at__lt=now) | Q(stopped_at__lt=now), told__isnull=True)
    ended = ended.exclude(operation__in=stopped_in(FUNCTION)).exclude(pings__outcome="")
    return sum(_tell(one) for one in ended if one.over_at < now)


def _tell(campaign: Campaign) -> bool:
    """Once and for good. An answer that comes later changes what its office and the team read, and not this: whoever
    looks again would see that one came, and when."""
    found = pinging.told(_decided(campaign))
    kept = {} if found is None else msgspec.to_builtins(found)
    return bool(Campaign.objects.filter(pk=campaign.pk, told__isnull=True).update(told=kept))
