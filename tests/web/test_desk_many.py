"""One decision about many: what can be is done, what cannot is named, and one undo takes it back."""

from __future__ import annotations

import time
from typing import Any

import pytest

from rapport.accounts.models import Person
from rapport.desk import actions, many
from rapport.desk.event import merging
from rapport.desk.queue import leases
from rapport.desk.record.undo import undo
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events.models import Event, EventReport
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report
from rapport.values import Precision, Publication, Response, Status
from tests.web.desk import DRAFT, books, report


def some(operation: Operation, number: int = 4) -> list[Report]:
    return [report(operation, f"Dlo {n}", number=f"+5095550{n:04}") for n in range(number)]


def refs(reports: list[Report]) -> list[str]:
    return [one.ref for one in reports]


def test_one_reason_rejects_what_waits_and_names_the_rest(
    operation: Operation, volunteer: Person, verifier: Person
) -> None:
    chosen = some(operation)
    leases.take(verifier, chosen[0])
    actions.reject(verifier, chosen[1], "A test.")
    done = many.reject(volunteer, operation, refs(chosen), "Advertisement.")
    assert [unfit.why[:14] for unfit in done.left] == ["vincent works ", "This report is"]
    assert books(operation) == {"waiting": 1, "rejected": 3}
    assert done.decision.after["said"] == "rejected 2 reports"
    with pytest.raises(Conflict):
        many.reject(volunteer, operation, refs(chosen[1:]), "Advertisement.")  # the form sent twice
    undo(volunteer, done.decision)
    assert books(operation) == {"waiting": 3, "rejected": 1}
    with pytest.raises(Conflict, match="undone already"):
        undo(volunteer, done.decision)


def test_a_selection_that_others_have_decided_about_is_previewed_in_few_queries(
    operation: Operation, volunteer: Person, verifier: Person, django_assert_max_num_queries: Any
) -> None:
    chosen = some(operation, 30)
    many.reject(verifier, operation, refs(chosen), "A test.")
    with django_assert_max_num_queries(3):
        looked = many.look(volunteer, operation, refs(chosen))
    assert (len(looked.can), len(looked.cannot)) == (0, 30)
    assert "vincent rejected" in looked.cannot[0].why


def test_what_was_touched_since_is_left_alone(operation: Operation, volunteer: Person, verifier: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    chosen = some(operation)
    done = many.attach(volunteer, operation, refs(chosen), event)
    new = merging.split(verifier, event, [chosen[2].pk], DRAFT, publish=True)
    taken_back = undo(volunteer, done.decision)
    assert taken_back.after == {"undone": 3, "left": 1}
    assert books(operation) == {"waiting": 3, "in_event": 2}
    assert EventReport.objects.get(report=chosen[2]).event == new


def test_many_become_one_event_and_wait_again(operation: Operation, volunteer: Person) -> None:
    chosen = some(operation)
    done = many.together(volunteer, operation, refs(chosen), DRAFT, publish=True)
    event = Event.objects.get()
    assert (event.links.count(), event.publication) == (4, "published")
    undo(volunteer, done.decision)
    event.refresh_from_db()
    assert (books(operation), event.publication) == ({"waiting": 4}, "withdrawn")


def test_senders_of_a_corroborated_event_are_not_taken_away_in_bulk(operation: Operation, volunteer: Person) -> None:
    chosen = some(operation)
    done = many.together(volunteer, operation, refs(chosen), DRAFT, publish=True)
    actions.set_status(volunteer, Event.objects.get(), Status.CORROBORATED)
    with pytest.raises(Conflict, match="Undo that first"):
        undo(volunteer, done.decision)
    assert books(operation) == {"in_event": 4}


def test_urgency_verifier_and_translators(operation: Operation, volunteer: Person) -> None:
    chosen = some(operation, 3)
    for done in (
        many.prioritise(volunteer, operation, refs(chosen), 3),
        many.to_verifier(volunteer, operation, refs(chosen), "Needs a call."),
        many.to_translators(volunteer, operation, refs(chosen)),
    ):
        assert done.decision.parts.count() == 3
    column = Report.objects.values_list("urgency", "for_verifier", "for_translator")
    assert set(column) == {(3, True, True)}
    for bulk in Decision.objects.filter(kind=DecisionKind.BULK).order_by("-pk"):
        undo(volunteer, bulk)
    assert set(column.all()) == {(0, False, False)}


def test_events_are_published_withdrawn_answered_and_merged_at_once(
    operation: Operation, volunteer: Person, verifier: Person
) -> None:
    events = [actions.accept(volunteer, one, DRAFT) for one in some(operation)]
    actions.set_status(verifier, events[3], Status.VERIFIED, "Seen.", "A photograph.")
    chosen = [event.ref for event in events]
    with pytest.raises(Refused, match="reason"):
        many.publish(volunteer, operation, chosen, Publication.WITHDRAWN)
    withdrawn = many.publish(volunteer, operation, chosen, Publication.WITHDRAWN, "The wrong town.")
    undo(volunteer, withdrawn.decision)
    assert not Event.objects.exclude(publication="published").exists()
    with pytest.raises(Refused, match="who takes care"):
        many.respond(volunteer, operation, chosen, Response.ASSIGNED)
    answered = many.respond(volunteer, operation, chosen, Response.ASSIGNED, "The water team")
    merged = many.merge(volunteer, operation, chosen, events[0])
    assert [unfit.ref for unfit in merged.left] == [events[3].ref], "only a verifier merges what is verified"
    assert merged.decision.after["said"].endswith("2 events")
    undo(volunteer, merged.decision)
    undo(volunteer, answered.decision)
    assert set(Event.objects.values_list("response", "response_by", "merged_into")) == {("open", "", None)}


def test_five_hundred_reports_in_three_seconds(operation: Operation, volunteer: Person) -> None:
    chosen = refs(some(operation, 500))
    event = actions.accept(volunteer, report(operation), DRAFT)
    started = time.perf_counter()
    done = many.attach(volunteer, operation, chosen, event)
    middle = time.perf_counter()
    undo(volunteer, done.decision)
    ended = time.perf_counter()
    assert books(operation) == {"waiting": 500, "in_event": 1}
    assert middle - started < 3.0
    assert ended - middle < 3.0


def test_who_may_not_does_not(operation: Operation, outsider: Person) -> None:
    chosen = refs(some(operation))
    with pytest.raises(NotAllowed):
        many.reject(outsider, operation, chosen, "No.")
    with pytest.raises(NotAllowed):
        many.together(outsider, operation, chosen, DRAFT, publish=False)
    with pytest.raises(NotAllowed):
        many.apiece(outsider, operation, chosen, many.Way(), publish=False)
    assert books(operation) == {"waiting": 4}


def from_a_file(operation: Operation, text: str, **more: Any) -> Report:
    """As a row of a file comes in: with the category, the point and the columns that it has."""
    facts = {"categories_said": ["2b"], "lon": -72.53, "lat": 18.51, "place_said": "Leogane"} | more
    return report(operation, text, **facts)


def test_each_report_of_a_file_becomes_an_event_as_it_says_itself(operation: Operation, volunteer: Person) -> None:
    told = [from_a_file(operation, f"Dlo {n}", fields={"name": f"Well {n} is dry"}) for n in range(3)]
    lacking = [
        from_a_file(operation, "Moun blese", categories_said=[]),
        from_a_file(operation, "Moun blese tou", lon=None, lat=None),
        from_a_file(operation, "Nan lot peyi", lon=2.35, lat=48.85),
    ]
    way = many.Way(Precision.STREET, title_from="name")
    done = many.apiece(volunteer, operation, refs([*told, *lacking]), way, publish=True)
    assert [unfit.why.split(":")[0] for unfit in done.left] == [
        "No category of this operation came with it",
        "No coordinates came with it",
        "This lies outside the operation's area",
    ]
    events = Event.objects.order_by("title")
    assert [event.title for event in events] == ["Well 0 is dry", "Well 1 is dry", "Well 2 is dry"]
    assert {(one.publication, one.precision, one.place_name, one.summary) for one in events} == {
        ("published", Precision.STREET, "Leogane", "")
    }
    assert {link.report.text for link in EventReport.objects.select_related("report")} == {"Dlo 0", "Dlo 1", "Dlo 2"}
    assert books(operation) == {"in_event": 3, "waiting": 3}
    undo(volunteer, done.decision)
    assert books(operation) == {"waiting": 6}
    assert set(Event.objects.values_list("publication", flat=True)) == {"withdrawn"}
