"""The pages about events: merge, split, many at once, the ladder, the response; forms without script."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.desk import actions, many
from rapport.desk.event import merging
from rapport.desk.record.undo import undo
from rapport.desk.standing_orders import orders
from rapport.errors import Conflict
from rapport.events.models import Event
from rapport.operations.models import Operation, StandingOrder
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report
from rapport.values import Publication, Status
from tests.pure.test_orders import RULE
from tests.web.desk import DRAFT, books, report
from tests.web.test_desk_pages import enter, form, text

__all__ = ["enter"]
DESK = "/sample/desk"


@pytest.fixture
def vero(enter: Any, volunteer: Person) -> Client:
    client: Client = enter(volunteer)
    return client


@pytest.fixture
def pair(operation: Operation, volunteer: Person) -> tuple[Event, Event]:
    """Two events that are one, each with its reports; readers have both."""
    first = actions.accept(volunteer, report(operation, "Ponp lan kraze", number="+50955500001"), DRAFT)
    actions.attach(volunteer, report(operation, "Pa gen dlo", number="+50955500002"), first)
    return first, actions.accept(volunteer, report(operation, "Nou swaf", number="+50955500003"), DRAFT)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


def test_two_events_are_shown_side_by_side_then_merged_and_readers_are_led_on(
    vero: Client, operation: Operation, volunteer: Person, pair: tuple[Event, Event]
) -> None:
    kept, other = pair
    offered = text(vero.get(f"{DESK}/events/{kept.ref}/merge/"))
    assert f"?with={other.ref}" in offered
    assert "at the same place" in offered
    preview = text(vero.get(f"{DESK}/events/{kept.ref}/merge/?with={other.ref}"))
    assert "with all 3 reports" in preview
    assert "3 independent senders together" in preview
    assert Event.objects.filter(merged_into__isnull=False).count() == 0, "a preview changes nothing"
    for _ in range(2):  # sent twice
        vero.post(f"{DESK}/events/{kept.ref}/merge/decide/", {"with": other.ref, "reason": "The same pump."})
    merged = Decision.objects.get(kind=DecisionKind.MERGE)
    public = Client()
    assert public.get(f"/sample/events/{other.ref}/")["Location"] == f"/sample/events/{kept.ref}/"
    page = text(vero.get(f"{DESK}/events/{other.ref}/"))
    assert "This event is part of" in page
    answer = vero.post(f"{DESK}/events/{other.ref}/response/", {"response": "done"}, follow=True)
    assert "has become part of" in text(answer)
    undo(volunteer, merged)
    assert public.get(f"/sample/events/{other.ref}/").status_code == 200


def test_what_is_part_of_another_event_already_is_not_offered_to_be_merged(
    vero: Client, volunteer: Person, pair: tuple[Event, Event]
) -> None:
    kept, other = pair
    merging.merge(volunteer, kept, other)
    for asked, there in (
        (f"{other.ref}/merge/?with={kept.ref}", f"{other.ref}/"),
        (f"{other.ref}/merge/", f"{other.ref}/"),
        (f"{kept.ref}/merge/?with={other.ref}", f"{kept.ref}/merge/"),
    ):
        answer = vero.get(f"{DESK}/events/{asked}", follow=True)
        assert answer.redirect_chain == [(f"{DESK}/events/{there}", 302)]
        assert "“No water at Delmas 33” is part of “No water at Delmas 33” already." in text(answer)


def test_the_team_too_has_merged_events_once_and_those_taken_back_not_at_all(
    vero: Client, operation: Operation, volunteer: Person, pair: tuple[Event, Event]
) -> None:
    kept, other = pair

    def listed() -> set[str]:
        answer: Any = vero.get("/sample/events.geojson")
        features = json.loads(b"".join(answer.streaming_content))["features"]
        return {feature["properties"]["ref"] for feature in features}

    assert listed() == {kept.ref, other.ref}
    merged = vero.post(f"{DESK}/events/{kept.ref}/merge/decide/", {"with": other.ref})
    assert merged.status_code == 302
    assert listed() == {kept.ref}
    assert vero.get(f"/sample/events/{other.ref}/")["Location"] == f"/sample/events/{kept.ref}/"
    undo(volunteer, Decision.objects.get(kind=DecisionKind.MERGE))
    assert listed() == {kept.ref, other.ref}
    actions.publish(volunteer, other, Publication.WITHDRAWN, "Not there any more.")
    assert listed() == {kept.ref, other.ref}  # withdrawn by a person's word: the team still has it, marked
    undo(volunteer, Decision.objects.get(kind=DecisionKind.PUBLISH))
    undo(volunteer, Decision.objects.get(kind=DecisionKind.ACCEPT, event_id=other.pk))
    assert listed() == {kept.ref}


def test_what_was_never_public_leads_nowhere(
    operation: Operation, volunteer: Person, pair: tuple[Event, Event]
) -> None:
    draft = actions.accept(volunteer, report(operation), DRAFT, publish=False)
    merging.merge(volunteer, pair[0], draft)
    assert Client().get(f"/sample/events/{draft.ref}/").status_code == 404


def test_reports_are_split_off_with_the_new_event_filled_in(
    vero: Client, operation: Operation, pair: tuple[Event, Event]
) -> None:
    event = pair[0]
    told = Report.objects.get(text="Pa gen dlo")
    page = text(vero.post(f"{DESK}/events/{event.ref}/split/", {"report": told.ref}))
    assert 'value="No water at Delmas 33"' in page
    assert hidden(page, "refs") == told.ref
    answer = vero.post(
        f"{DESK}/events/{event.ref}/split/", {**form(title="Dirty water"), "refs": told.ref, "do": "publish"}
    )
    new = Event.objects.get(title="Dirty water")
    assert answer["Location"] == f"{DESK}/events/{new.ref}/"
    assert [link.report for link in new.links.all()] == [told]
    again = vero.post(
        f"{DESK}/events/{event.ref}/split/", {**form(title="Dirty water"), "refs": told.ref, "do": "publish"}
    )
    assert again.status_code == 400
    assert Event.objects.filter(title="Dirty water").count() == 1


def test_what_a_split_leaves_unasked_goes_with_it(
    vero: Client, operation: Operation, pair: tuple[Event, Event]
) -> None:
    operation.extra_fields = [
        {"code": "wells", "kind": "number", "names": {"en": "Wells"}, "choices": [], "retired": True}
    ]
    operation.save()
    event, at = pair[0], datetime(2026, 1, 31, 14, 30, 17, tzinfo=UTC)
    Event.objects.filter(pk=event.pk).update(extra={"wells": 3}, occurred_at=at)
    told = Report.objects.get(text="Pa gen dlo")
    page = text(vero.post(f"{DESK}/events/{event.ref}/split/", {"report": told.ref}))
    shown = re.search(r'name="occurred_at" value="([^"]+)"', page)
    assert shown
    typed = form(title="Dirty water", occurred_at=shown[1])
    vero.post(f"{DESK}/events/{event.ref}/split/", {**typed, "refs": told.ref, "do": "draft"})
    new = Event.objects.get(title="Dirty water")
    assert (new.extra, new.occurred_at) == ({"wells": 3}, at), "shown on neither form, and not taken out by anybody"


def test_a_selection_of_the_queue_is_previewed_decided_and_undone_as_one(vero: Client, operation: Operation) -> None:
    chosen = [report(operation, f"Reklam {n}") for n in range(3)]
    vero.get(f"{DESK}/?text=Reklam")
    report(operation, "Pa gen dlo")
    preview = text(vero.post(f"{DESK}/selection/reports/", {"all": "1"}))
    assert "3 reports chosen" in preview
    assert books(operation) == {"waiting": 4}
    refs = hidden(preview, "refs")
    assert set(refs.split()) == {one.ref for one in chosen}
    sent = {"refs": refs, "do": "reject", "reason": "Advertisement"}
    said = text(vero.post(f"{DESK}/selection/reports/decide/", sent, follow=True))
    assert "Rejected 3 reports" in said
    assert vero.post(f"{DESK}/selection/reports/decide/", sent).status_code == 409, "sent twice"
    page = text(vero.get(f"{DESK}/decisions/"))
    assert "rejected 3 reports" in page
    assert "3 decisions in it" in page
    bulk = Decision.objects.get(kind=DecisionKind.BULK)
    assert text(vero.get(f"{DESK}/decisions/?batch={bulk.pk}")).count("Advertisement") == 3
    vero.post(f"{DESK}/decisions/{bulk.pk}/undo/")
    assert books(operation) == {"waiting": 4}


def test_a_selection_becomes_one_event_or_joins_one(vero: Client, operation: Operation) -> None:
    chosen = " ".join(report(operation, f"Dlo {n}").ref for n in range(4))
    vero.post(f"{DESK}/selection/reports/decide/", {**form(title="Water"), "refs": chosen[:53], "do": "together"})
    event = Event.objects.get()
    assert (event.title, event.links.count(), event.publication) == ("Water", 2, "published")
    found = text(vero.post(f"{DESK}/selection/reports/decide/", {"refs": chosen, "do": "find", "find": "Water"}))
    assert "2 cannot, and will be left alone" in found
    vero.post(f"{DESK}/selection/reports/decide/", {"refs": chosen, "do": "attach", "event": event.ref})
    assert event.links.count() == 4


def test_the_list_of_events_filters_and_decides(
    vero: Client, operation: Operation, volunteer: Person, pair: tuple[Event, Event]
) -> None:
    old = actions.accept(volunteer, report(operation), DRAFT, publish=False)
    Event.objects.filter(pk=old.pk).update(title="Bridge down", created_at=timezone.now() - timedelta(days=3, hours=1))
    page = text(vero.get(f"{DESK}/events/"))
    assert "open for 3 days" in page
    for query in ("q=bridge", "publication=draft", "response=overdue"):
        page = text(vero.get(f"{DESK}/events/?{query}"))
        assert "Bridge down" in page
        assert "No water at Delmas 33" not in page
    assert "No event fits" in text(vero.get(f"{DESK}/events/?category=1a"))
    preview = text(vero.post(f"{DESK}/selection/events/", {"all": "1", "category": "2"}))
    assert "3 events chosen" in preview
    refs = hidden(preview, "refs")
    vero.post(
        f"{DESK}/selection/events/decide/", {"refs": refs, "do": "respond", "response": "assigned", "by": "Team 1"}
    )
    assert set(Event.objects.values_list("response", "response_by")) == {("assigned", "Team 1")}
    said = vero.post(f"{DESK}/selection/events/decide/", {"refs": refs, "do": "merge", "into": old.ref}, follow=True)
    assert "2 events. One undo" in text(said)
    assert "part of another event" in text(vero.get(f"{DESK}/events/?publication=merged"))


def test_after_a_decision_about_many_one_is_where_one_chose_them(
    vero: Client, operation: Operation, pair: tuple[Event, Event]
) -> None:
    told = report(operation, "Yon tès")
    vero.get(f"{DESK}/?text=tès")
    preview = text(vero.post(f"{DESK}/selection/reports/", {"report": told.ref}))
    assert f'href="{DESK}/?text=t%C3%A8s"' in preview
    answer = vero.post(f"{DESK}/selection/reports/decide/", {"refs": told.ref, "do": "reject", "reason": "A test."})
    assert answer["Location"] == f"{DESK}/?text=t%C3%A8s"
    where = {"q": "Delmas & more", "response": "open"}
    preview = text(vero.post(f"{DESK}/selection/events/", {**where, "event": pair[0].ref}))
    assert hidden(preview, "list") == "q=Delmas+%26+more&amp;response=open"
    there = "q=Delmas+%26+more&response=open"
    chosen = {"refs": pair[0].ref, "do": "respond", "response": "done", "list": there}
    assert vero.post(f"{DESK}/selection/events/decide/", chosen)["Location"] == f"{DESK}/events/?{there}"
    refused = vero.post(f"{DESK}/selection/events/decide/", {**chosen, "do": "withdraw"})
    assert hidden(text(refused), "list") == there.replace("&", "&amp;")


def test_the_ladder_says_what_is_missing_and_shows_evidence_without_fetching(
    vero: Client, operation: Operation, verifier: Person, pair: tuple[Event, Event]
) -> None:
    page = text(vero.get(f"{DESK}/events/{pair[1].ref}/"))
    assert "Told by 1 independent sender. Corroborated needs 1 more" in page
    evidence = "https://example.org/photo?a=1&b=2\nNote of the call, 14:10\njavascript:alert(1)"
    actions.set_status(verifier, pair[1], Status.VERIFIED, "Called the health post.", evidence)
    page = text(vero.get(f"{DESK}/events/{pair[1].ref}/"))
    assert '<a href="https://example.org/photo?a=1&amp;b=2" rel="noopener nofollow noreferrer">' in page
    assert "<li>javascript:alert(1)</li>" in page
    assert "unverified → verified" in page


def test_all_that_an_order_did_is_taken_back_in_one_step(
    enter: Any, operation: Operation, lead: Person, volunteer: Person
) -> None:
    order = StandingOrder.objects.create(operation=operation, slug="old-map", text="…", rule={**RULE, "source": "sms"})
    signed = orders.sign(lead, order)
    told = [
        report(operation, lon=-72.3, lat=18.54, fields={"APPROVED": "YES", "INCIDENT TITLE": f"Water {n}"})
        for n in range(4)
    ]
    assert orders.apply([signed], told) == 4
    built_on = Event.objects.get(title="Water 2")
    actions.edit(volunteer, built_on, DRAFT)
    client = enter(lead)
    assert "Undo what it did" in text(client.get(f"{DESK}/orders/"))
    preview = text(client.get(f"{DESK}/orders/old-map/undo/"))
    assert "3 reports will wait on the desk again" in preview
    assert "1 touched since will be left alone" in preview
    sent = {name: hidden(preview, name) for name in ("first", "last")}
    client.post(f"{DESK}/orders/old-map/undo/decide/", sent)
    assert books(operation) == {"waiting": 3, "in_event": 1}
    client.post(f"{DESK}/orders/old-map/undo/decide/", sent)
    assert books(operation) == {"waiting": 3, "in_event": 1}
    assert list(Event.objects.filter(publication="published")) == [built_on]
    page = text(client.get(f"{DESK}/decisions/"))
    assert "undid: what the standing order old-map did (3 of them; 1 touched since and left alone)" in page


def test_only_a_decision_about_many_says_how_many_it_holds(
    vero: Client, operation: Operation, pair: tuple[Event, Event]
) -> None:
    for page in (f"{DESK}/", f"{DESK}/decisions/", f"{DESK}/events/{pair[0].ref}/"):
        assert "in it</a>" not in text(vero.get(page))


def test_what_an_undo_of_many_left_alone_is_named_with_what_stands_in_its_way(
    vero: Client, operation: Operation, volunteer: Person
) -> None:
    waiting = [report(operation, f"Nou bezwen dlo {n}", number=f"+5095550010{n}") for n in range(3)]
    done = many.together(volunteer, operation, [one.ref for one in waiting], DRAFT, publish=True).decision
    event = Event.objects.get()
    actions.edit(volunteer, event, replace(DRAFT, title="No water at all"))
    answer = vero.post(f"{DESK}/decisions/{done.pk}/undo/", follow=True)
    page = text(answer)
    assert books(operation) == {"waiting": 2, "in_event": 1}
    assert "(2 of them; 1 touched since and left alone)" in text(vero.get(f"{DESK}/decisions/"))
    left = page[page.index("Left alone, because it was touched since (1)") :]
    assert f"/reports/{waiting[0].ref}/" in left
    assert re.search(r"Undo that first: vero edited, [^,]*, “No water at all” \(" + event.ref, left)
    undo(volunteer, Decision.objects.get(kind=DecisionKind.EDIT))
    rest = text(vero.get(answer.redirect_chain[0][0]))
    assert "Nothing stands in its way any more." in rest
    undo(volunteer, Decision.objects.get(kind=DecisionKind.ACCEPT))
    assert "Left alone" not in text(vero.get(answer.redirect_chain[0][0]))


def test_a_merge_and_a_split_name_both_events_wherever_they_are_listed(
    vero: Client, operation: Operation, volunteer: Person, pair: tuple[Event, Event]
) -> None:
    kept, other = pair
    actions.edit(volunteer, other, replace(DRAFT, title="The second pump"))
    merging.merge(volunteer, kept, other)
    page = text(vero.get(f"{DESK}/decisions/"))
    assert f'merged two events · <a href="{DESK}/events/{other.ref}/">The second pump</a> into <a' in page
    accepted = Decision.objects.get(kind=DecisionKind.ACCEPT, event_id=other.pk)
    with pytest.raises(Conflict, match=rf"“The second pump” \({other.ref}\) into .*\({kept.ref}\)"):
        undo(volunteer, accepted)


def test_what_was_typed_about_the_status_stays_when_something_is_missing(
    enter: Any, verifier: Person, pair: tuple[Event, Event]
) -> None:
    sent = {"status": "verified", "reason": "", "evidence": "Photo of 14:10, in the folder"}
    answer = enter(verifier).post(f"{DESK}/events/{pair[1].ref}/status/", sent)
    page = text(answer)
    assert answer.status_code == 400
    assert "Write the reason" in page
    assert "Photo of 14:10, in the folder</textarea>" in page
    assert 'value="verified" required checked' in page
