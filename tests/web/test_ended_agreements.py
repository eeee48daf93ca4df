"""A State whose agreement has ended answers what is there; it begins nothing, and learns nothing of any office."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts.cases import going, taking, trying, writing
from rapport.contacts.cases.models import Attempt, Dispatch
from rapport.contacts.cases.writing import Words
from rapport.contacts.directory import nominating
from rapport.contacts.kinds import Answer, Kind
from rapport.contacts.lowtech.same import Sameness
from rapport.contacts.members import Member
from rapport.contacts.models import Look
from rapport.contacts.records import opened
from rapport.errors import Refused
from rapport.operations.models import Operation
from rapport.sharing.models import Agreement
from tests.web.contacts import network, speaking
from tests.web.test_cases import NOTICED, Side, later, replied, sent, spoken

pytestmark = pytest.mark.django_db


@pytest.fixture
def kenya(operation: Operation, lead: Person, someone: Callable[..., Person]) -> Side:
    custodian = someone("carol", Held.CUSTODIAN)
    network(operation, lead, custodian)
    return Side(operation, lead, custodian, "Kenya")


@pytest.fixture
def peru(kenya: Side, operation: Operation, lead: Person) -> Side:
    return Side(operation, lead, Person.objects.get(username="carol"), "Peru")


def ended(side: Side) -> tuple[Member, Member]:
    """Both of its people, as the next request finds them."""
    Agreement.objects.filter(receiver=side.actor.organisation).update(ended_at=timezone.now())
    side.one, side.two = (speaking(one.person, side.actor) for one in (side.one, side.two))
    return side.one, side.two


def page(person: Person, path: str, status: int = 200) -> str:
    client = Client()
    client.force_login(person)
    answer = client.get(f"/sample/contacts/{path}")
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


def test_it_begins_no_case_and_one_that_was_drafted_before_does_not_go(kenya: Side, peru: Side) -> None:
    words = Words(Kind.NOTIFICATION, NOTICED)
    draft = writing.begin(kenya.one, kenya.office, peru.office, words, exercise=False)
    waits = going.ready(
        kenya.one, writing.begin(kenya.one, kenya.office, peru.office, words, exercise=False)
    )  # fmt: skip
    one, two = ended(kenya)
    for act in (
        lambda: writing.begin(one, kenya.office, peru.office, words, exercise=False),
        lambda: going.ready(one, draft),
        lambda: going.release(two, waits),
    ):
        with pytest.raises(Refused, match="Your agreement with the network is not in force"):
            act()
    assert not Dispatch.objects.exclude(ref="").exists()
    writing.discard(one, draft)


def test_it_begins_none_by_typing_in_what_nobody_said(kenya: Side, peru: Side) -> None:
    there = sent(peru, kenya).case.ref
    one, _two = ended(kenya)
    with pytest.raises(Refused, match="you cannot begin a case with it"):
        taking.by_hand(one, spoken(peru, kenya, "NEVERX-01"))
    assert taking.by_hand(one, spoken(peru, kenya, f"{there}-03")).became is Sameness.DIFFERENT


def test_in_cases_that_are_there_it_replies_corrects_withdraws_and_closes(kenya: Side, peru: Side) -> None:
    first, second = sent(peru, kenya), sent(kenya, peru)
    ended(kenya)
    replied(kenya, first, Answer.RECEIVED)
    replied(kenya, first, Answer.ANSWER, "We look into it.")
    later(kenya, second.case, Kind.CORRECTION, about=second.ref, reason="A slip", text="Another port.")
    later(kenya, second.case, Kind.WITHDRAWAL, about=second.ref, reason="It was nothing.")
    later(kenya, first.case, Kind.CLOSURE, about=first.case.ref, outcome="Solved")
    assert first.case.dispatches.count() == 4
    replied(peru, second, Answer.RECEIVED)


def test_no_page_tells_it_which_offices_others_have(kenya: Side, peru: Side) -> None:
    one = kenya.one.person
    assert "peru/diplomatic" in page(one, "cases/new/")
    assert "offices/peru/diplomatic/" in page(one, "callers/peru/")
    ended(kenya)
    for path in ("cases/new/", "cases/new/?to=peru/technical&kind=notification", "callers/peru/", "", "exports/"):
        told = page(one, path)
        assert "peru/technical" not in told.replace("to=peru/technical", "")
        assert "peru/diplomatic" not in told
    page(one, "offices/peru/technical/", 404)


def test_whom_to_call_is_one_step_without_posts_means_or_counts(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    full = trying.plan(kenya.one, first, timezone.now() + timedelta(hours=3))
    one, _two = ended(kenya)
    Look.objects.all().delete()
    plan = trying.plan(one, first, timezone.now() + timedelta(hours=3))
    assert [step.target for step in plan.steps if step.target.startswith("peru/")] == ["peru/technical"]
    assert len(full.steps) > len(plan.steps) + 3
    told = page(one.person, f"cases/{first.case.ref}/messages/{first.ref}/tries/")
    assert "the office: its numbers are not given to you" in told
    current = nominating.approved(peru.office)
    assert current is not None
    for post in opened(current.sealed).posts:
        assert post.title not in told
    assert not plan.there
    assert not any(tried.means or tried.value for tried in plan.attempts)
    assert not Look.objects.exists()
    assert plan.number == 0
    trying.note(one, first, 0, "reached", "They called us")
    assert Attempt.objects.latest("pk").target == "peru/technical"
    assert trying.plan(one, first, timezone.now()).reached
