"""Standing orders on the database: signed, applied, revoked, and each effect somebody's decision."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.queue.leases import take
from rapport.desk.record.undo import undo
from rapport.desk.standing_orders import orders
from rapport.errors import BadDefinition, Conflict, NotAllowed, Refused
from rapport.events.models import Event
from rapport.operations.models import Operation, StandingOrder
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report
from tests.pure.test_orders import RULE
from tests.web.desk import books, report


@pytest.fixture
def order(operation: Operation) -> StandingOrder:
    return StandingOrder.objects.create(
        operation=operation, slug="historic", text="Publish what the old map had.", rule={**RULE, "source": "sms"}
    )


@pytest.fixture
def signed(order: StandingOrder, lead: Person) -> StandingOrder:
    return orders.sign(lead, order)


def row(operation: Operation, **changes: Any) -> Report:
    fields = {"APPROVED": "YES", "VERIFIED": "NO", "INCIDENT TITLE": "Water needed", **changes.pop("fields", {})}
    given = {"lon": -72.3, "lat": 18.54, "place_said": "Delmas 33", "categories_said": ["2b", "zz"], **changes}
    return report(operation, fields=fields, **given)


def test_the_effects_are_the_signers_decisions(operation: Operation, signed: StandingOrder, lead: Person) -> None:
    sent_at = timezone.now() - timedelta(days=1)
    told = row(operation, sent_at=sent_at, fields={"VERIFIED": "YES"})
    assert orders.apply([signed], [told]) == 1
    event = Event.objects.get()
    assert (event.title, event.publication, event.status) == ("Water needed", "published", "verified")
    assert (event.lon, event.lat, event.place_name, event.occurred_at) == (-72.3, 18.54, "Delmas 33", sent_at)
    assert [category.code for category in event.categories.all()] == ["2b"]
    decision = Decision.objects.get(kind=DecisionKind.ACCEPT)
    assert (decision.person, decision.order_id, decision.report_id) == (lead, signed.pk, told.pk)
    assert decision.after["status"] == "verified"
    assert decision.reason.startswith("source is sms, APPROVED is YES")
    assert "VERIFIED is YES (verified)" in decision.reason


def test_what_the_order_does_not_name_waits(operation: Operation, signed: StandingOrder) -> None:
    outside, not_approved = row(operation, lon=2.3, lat=48.9), row(operation, fields={"APPROVED": "NO"})
    nowhere = row(operation, lon=None, lat=None)
    assert orders.apply([signed], [outside, not_approved, nowhere]) == 0
    assert books(operation) == {"waiting": 3}


def test_a_title_with_a_number_is_composed_instead(operation: Operation, signed: StandingOrder) -> None:
    orders.apply([signed], [row(operation, fields={"INCIDENT TITLE": "Call +509 5550 1234"})])
    assert Event.objects.get().title == ""


def test_a_time_in_the_future_is_not_believed(operation: Operation, signed: StandingOrder) -> None:
    orders.apply([signed], [row(operation, sent_at=timezone.now() + timedelta(days=300))])
    assert Event.objects.get().occurred_at is None


def test_unsigned_or_revoked_it_does_nothing(operation: Operation, order: StandingOrder, lead: Person) -> None:
    told = row(operation)
    assert orders.apply([order], [told]) == 0
    signed = orders.sign(lead, order)
    revoked = orders.revoke(lead, signed, "Seen enough.")
    assert orders.apply([revoked], [told]) == 0
    assert orders.apply([signed], [told]) == 0, "read before it was revoked"
    assert [d.kind for d in Decision.objects.order_by("id")] == ["sign", "revoke"]
    assert orders.apply([orders.sign(lead, order)], [told]) == 1


def test_a_revoked_order_comes_back_in_no_name_that_did_not_sign(
    signed: StandingOrder, lead: Person, someone: Callable[..., Person]
) -> None:
    other = someone("other", Role.LEAD)
    signature = Decision.objects.get(kind=DecisionKind.SIGN)
    orders.revoke(lead, signed)
    for person in (lead, other):
        with pytest.raises(Conflict, match="sign the order anew"):
            undo(person, Decision.objects.get(kind=DecisionKind.REVOKE))
        with pytest.raises(Conflict, match="does not stand any more"):
            undo(person, signature)
    signed.refresh_from_db()
    assert not signed.in_force
    assert orders.sign(other, signed).signed_by == other


def test_a_signature_is_taken_back_only_from_what_was_signed(signed: StandingOrder, lead: Person) -> None:
    signature = Decision.objects.get(kind=DecisionKind.SIGN)
    for field, changed in (("text", "Publish everything."), ("rule", {**signed.rule, "when": []})):
        kept = getattr(signed, field)
        StandingOrder.objects.update(**{field: changed})
        with pytest.raises(Conflict, match="has changed since"):
            undo(lead, signature)
        StandingOrder.objects.update(**{field: kept})
    undo(lead, signature)
    signed.refresh_from_db()
    assert signed.signed_by is None


def test_an_order_rests_when_its_signer_has_left(operation: Operation, signed: StandingOrder, lead: Person) -> None:
    Membership.objects.filter(person=lead).delete()
    assert orders.apply([StandingOrder.objects.get()], [row(operation)]) == 0
    assert books(operation) == {"waiting": 1}


def test_what_a_person_decided_meanwhile_stands(operation: Operation, signed: StandingOrder, volunteer: Person) -> None:
    first, second = row(operation), row(operation)
    stale = Report.objects.get(pk=first.pk)
    actions.reject(volunteer, first, "A test message.")
    assert orders.apply([signed], [stale, second]) == 1
    assert books(operation) == {"rejected": 1, "in_event": 1}


def test_an_effect_is_undone_like_any_decision(operation: Operation, signed: StandingOrder, volunteer: Person) -> None:
    orders.apply([signed], [row(operation)])
    undo(volunteer, Decision.objects.get(kind=DecisionKind.ACCEPT))
    assert books(operation) == {"waiting": 1}


def test_an_order_ends_the_lease_of_what_it_takes(
    operation: Operation, signed: StandingOrder, volunteer: Person
) -> None:
    told = row(operation)
    take(volunteer, told)
    orders.apply([signed], [told])
    assert not volunteer.leases.exists()


def test_who_may_not_sign_does_not(order: StandingOrder, volunteer: Person, verifier: Person) -> None:
    for person in (volunteer, verifier):
        with pytest.raises(NotAllowed, match="operations:order:sign"):
            orders.sign(person, order)


def test_nobody_signs_twice_or_revokes_nothing(order: StandingOrder, lead: Person) -> None:
    with pytest.raises(Conflict, match="not in force"):
        orders.revoke(lead, order)
    orders.sign(lead, order)
    with pytest.raises(Conflict, match="lea signed this order"):
        orders.sign(lead, order)


def test_a_rule_that_cannot_be_is_not_signed(order: StandingOrder, lead: Person) -> None:
    order.rule = {**deepcopy(RULE), "then": []}
    with pytest.raises(BadDefinition, match="add accept"):
        orders.sign(lead, order)
    order.rule = {**deepcopy(RULE), "also": [{"when": [], "status": "corroborated"}]}
    with pytest.raises(Refused, match="never corroborated"):
        orders.sign(lead, order)


def test_a_batch_takes_few_queries(
    operation: Operation, signed: StandingOrder, django_assert_max_num_queries: Any
) -> None:
    reports = [row(operation) for _ in range(200)]
    with django_assert_max_num_queries(60):
        assert orders.apply([StandingOrder.objects.select_related("signed_by", "operation").get()], reports) == 200
    assert books(operation) == {"in_event": 200}
    assert Decision.objects.filter(order_id=signed.pk, kind=DecisionKind.ACCEPT).count() == 200
