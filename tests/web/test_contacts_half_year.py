"""Half a year of a network, day by day, with the clock in our hands: every ping has exactly one outcome, every record
that nobody confirms is flagged on day 181, and the totals are those of the ledger."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts import work
from rapport.contacts.directory import nominating
from rapport.contacts.model import Channel, Means, Role
from rapport.contacts.models import Campaign, Office, Ping
from rapport.contacts.pings import answering, results, running, starting
from rapport.contacts.pings.starting import Terms
from rapport.errors import Conflict
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.operations.models import Operation
from rapport.oversight.models import EntryKind, KeptEntry
from rapport.registry.models import Actor
from tests.web.contacts import WHY, network, of_team, record
from tests.web.test_pings import MAIL

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
DAYS, DEAD, TURNOVER = 183, 0.10, 0.20  # days; share of channels; share of offices a year whose people change
ANSWERS = (("in time", 0.70), ("late", 0.08), ("wrong", 0.04), ("never", 0.18))


@pytest.mark.parametrize("states", [pytest.param(8, marks=pytest.mark.long), pytest.param(193, marks=pytest.mark.soak)])
def test_half_a_year_of_pings_and_records(
    states: int, operation: Operation, lead: Person, someone: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [BEGIN]
    monkeypatch.setattr(timezone, "now", lambda: clock[0])
    dice = random.Random(20261127)
    custodian = someone("carol", Held.CUSTODIAN)
    network(operation, lead, custodian)
    team, other = of_team(lead, operation), of_team(custodian, operation)
    actors = [
        Actor.objects.create(operation=operation, code=f"s{n:03}", name=f"State {n}", kind="state")
        for n in range(states)
    ]
    for actor in actors:
        for role in Role:
            ways = (Channel(Means.EMAIL, f"{role}@{actor.code}.example"),)
            nominating.approve(other, nominating.nominate(team, actor, record(actor.code, role, channels=ways), WHY))
    # When each was last known to be right lies some way back, so that some grow old in every month.
    for one in Office.objects.all():
        Office.objects.filter(pk=one.pk).update(verified_at=BEGIN - timedelta(days=dice.randrange(170)))
    dead = set(list(Office.objects.values_list("pk", flat=True))[:: round(1 / DEAD)])
    planned: dict[int, tuple[datetime, str]] = {}
    stale_on: dict[int, int] = {}
    with MAIL:
        for day in range(DAYS):
            clock[0] = BEGIN + timedelta(days=day)
            if day % 30 == 0 and day < 180:
                terms = Terms(f"Round {day // 30}", clock[0], clock[0] + timedelta(days=20), 48, frozenset(Role),
                              frozenset({Means.EMAIL}))  # fmt: skip
                starting.start(team, terms)
            for _ in range(2):  # two workers come by
                while running.send_due(clock[0]):
                    pass
                running.bounce(clock[0])
                assert running.take_back(clock[0]) == 0
                while running.decide_due(clock[0]):
                    pass
                assert running.leave_out(clock[0]) == 0
                results.tell_due(clock[0])
                work.tell_of_age(clock[0])
            _outside(dice, dead, planned, clock[0])
            for office in Office.objects.exclude(verified_at=None):
                age = (clock[0] - office.verified_at) / timedelta(days=1)
                assert (office.told in {"STALE", "SUSPENDED"}) == (age >= 181), (office.pk, age, office.told)
                if office.told == "STALE":
                    stale_on.setdefault(office.pk, int(age))
                if dice.random() < TURNOVER / 365:
                    ways = (Channel(Means.EMAIL, f"new{day}@{office.actor.code}.example"),)
                    newer = record(office.actor.code, Role(office.role), channels=ways)
                    nominating.approve(other, nominating.nominate(team, office.actor, newer, "New people"))
        clock[0] = BEGIN + timedelta(days=DAYS + 40)
        while running.decide_due(clock[0]):
            pass
        results.tell_due(clock[0])
    assert set(stale_on.values()) == {181}
    outcomes = Counter(Ping.objects.values_list("outcome", flat=True))
    assert "" not in outcomes
    assert sum(outcomes.values()) == Ping.objects.count() == 6 * 3 * states
    ledger = Counter[str]()
    for body in KeptEntry.objects.filter(kind=EntryKind.CONTACT).values_list("body", flat=True):
        said = json.loads(body)
        if "outcome" in said:
            ledger[said["outcome"]] += 1
            ledger[said.get("instead_of", "")] -= 1
    del ledger[""]
    assert ledger == outcomes
    told = Counter[str]()
    for campaign in Campaign.objects.all():
        told.update({outcome.value: count for outcome, count in results.totals(campaign).all.items()})
    assert +told == outcomes
    once = Counter[str]()
    for campaign in Campaign.objects.all():
        read = results.told(campaign)
        assert read is not None
        once.update({outcome.value: count for outcome, count in read.all.items()})
    assert sum(once.values()) == sum(outcomes.values())
    assert once["silent"] - outcomes["silent"] == outcomes["late"] - once["late"] > 0, (
        "what came later is told to nobody"
    )
    assert not Campaign.objects.filter(told__isnull=True).exists()
    print(f"{states} States: {dict(outcomes)}, stale on day 181: {len(stale_on)}")  # noqa: T201


def _outside(dice: random.Random, dead: set[int], planned: dict[int, tuple[datetime, str]], now: datetime) -> None:
    """What mail servers and people in offices do until tomorrow."""
    for ping in Ping.objects.filter(sent_at__isnull=False, message__isnull=False).exclude(pk__in=planned):
        if ping.office_id in dead:
            OutboxMessage.objects.filter(pk=ping.message_id).update(
                state=OutboxState.FAILED, problem="No such mailbox."
            )
            planned[ping.pk] = (now, "never")
            continue
        OutboxMessage.objects.filter(pk=ping.message_id).update(state=OutboxState.SENT)
        (answers,) = dice.choices([name for name, _ in ANSWERS], [share for _, share in ANSWERS])
        delay = timedelta(hours=dice.uniform(49, 400) if answers == "late" else dice.uniform(0, 47))
        assert ping.sent_at is not None
        planned[ping.pk] = (ping.sent_at + delay, answers)
    for pk, (at, answers) in planned.items():
        if answers == "never" or at > now:
            continue
        ping = Ping.objects.select_related("campaign__operation", "message").get(pk=pk)
        if ping.answered_at is None and ping.message is not None:
            found = answering.find(ping.campaign.operation_id, ping.message.body.rpartition("/ping/")[2].strip("/ \n"))
            assert found is not None
            assert found.pk == pk
            answering.by_link(found, wrong=answers == "wrong")
            with pytest.raises(Conflict):
                answering.by_link(found, wrong=False)
