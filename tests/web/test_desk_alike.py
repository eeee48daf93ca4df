"""Several reports that say nearly the same are decided about together; a changed fact is never decided on unseen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.desk import actions, alike, many
from rapport.desk.queue import leases
from rapport.desk.record.undo import undo
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report, Suggestion, SuggestionKind
from tests.web.desk import DRAFT, books, report
from tests.web.test_desk_pages import enter, path, text

__all__ = ["enter"]
SAID = "Three people are trapped under the school of Delmas 31, send help"
FIVE = SAID.replace("Three", "Five")
SELECTION = "/sample/desk/selection/reports/"


@pytest.fixture
def vero(enter: Any, volunteer: Person) -> Client:
    client: Client = enter(volunteer)
    return client


def like(here: Report, there: Report, score: float = 0.9) -> None:
    """A machine finds the later one nearly the same as the earlier."""
    Suggestion.objects.create(
        report=here, kind=SuggestionKind.NEAR_DUPLICATE, value={"report": there.pk}, named=there.pk, score=score,
        reasons=["words"],
        function="test 1",
    )  # fmt: skip


@pytest.fixture
def told(operation: Operation) -> list[Report]:
    """The one that is shown, a copy to the letter, one passed on by somebody, and one of five people."""
    texts = (SAID, SAID, f"RT @somebody: {SAID} !!!", FIVE)
    made = [report(operation, said, number=f"+5095550{n:04}") for n, said in enumerate(texts)]
    for other in made[1:]:
        like(other, made[0])
    return made


def refs(reports: list[Report]) -> list[str]:
    return [one.ref for one in reports]


def standing(reports: list[Report]) -> list[str]:
    return [Report.objects.get(pk=one.pk).standing for one in reports]


DECIDE = {
    "reject": lambda who, operation, chosen, ticked: many.reject(who, operation, chosen, "Told before.", ticked),
    "attach": lambda who, operation, chosen, ticked: many.attach(
        who, operation, chosen, actions.accept(who, report(operation), DRAFT), ticked
    ),
    "together": lambda who, operation, chosen, ticked: many.together(who, operation, chosen, DRAFT, True, ticked),
    "urgency": lambda who, operation, chosen, ticked: many.prioritise(who, operation, chosen, 3, ticked),
    "verifier": lambda who, operation, chosen, ticked: many.to_verifier(who, operation, chosen, "Call.", ticked),
    "translators": lambda who, operation, chosen, ticked: many.to_translators(who, operation, chosen, "", ticked),
}


@pytest.mark.parametrize("decide", DECIDE)
def test_a_changed_number_is_never_decided_on_unseen(
    operation: Operation, volunteer: Person, told: list[Report], decide: str
) -> None:
    def decided() -> set[int | None]:
        return set(Decision.objects.filter(batch=done.decision).values_list("report_id", flat=True))

    done = DECIDE[decide](volunteer, operation, refs(told), ())
    assert decided() == {one.pk for one in told[:3]}
    assert [unfit.why for unfit in done.left] == ["It differs: number: three → five. It was not ticked."]
    undo(volunteer, done.decision)
    assert standing(told) == ["waiting"] * 4, "one undo brings all of them back"
    done = DECIDE[decide](volunteer, operation, refs(told), [told[3].ref])
    assert decided() == {one.pk for one in told}
    assert done.left == []


def test_the_record_says_what_was_covered_and_what_was_not(
    vero: Client, operation: Operation, volunteer: Person, told: list[Report]
) -> None:
    after = many.reject(volunteer, operation, refs(told), "Told before.").decision.after
    assert after["covered"] == {told[1].ref: told[0].ref, told[2].ref: told[0].ref}
    assert after["apart"] == [{"report": told[3].ref, "of": told[0].ref, "differs": "number: three → five"}]
    assert after["ticked"] == []
    page = text(vero.get("/sample/desk/decisions/"))
    assert "Not covered, left in the queue" in page
    assert "number: three → five" in page


def test_the_one_that_was_named_first_is_the_one_that_was_read(
    operation: Operation, volunteer: Person, told: list[Report]
) -> None:
    looked = many.look(volunteer, operation, refs([told[3], *told[:3]]))
    assert looked.can == [told[3]]
    assert {one.report.pk for one in looked.apart} == {one.pk for one in told[:3]}
    assert {one.said for one in looked.apart} == {"number: five → three"}


def test_what_differs_stays_apart_when_somebody_else_takes_the_one_that_was_read(
    operation: Operation, volunteer: Person, verifier: Person, told: list[Report]
) -> None:
    leases.take(verifier, told[0])
    done = many.reject(volunteer, operation, refs(told), "Told before.")
    assert standing(told) == ["waiting", "rejected", "rejected", "waiting"]
    assert len(done.left) == 2


def test_reports_that_nobody_calls_alike_are_not_compared(operation: Operation, volunteer: Person) -> None:
    chosen = [report(operation, SAID), report(operation, FIVE)]
    like(chosen[1], chosen[0], score=0.4)  # possibly related, no more
    looked = many.look(volunteer, operation, refs(chosen))
    assert looked.apart == []
    assert "covered" not in many.reject(volunteer, operation, refs(chosen), "Spam.").decision.after


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (SAID.replace("Delmas", "Jacmel"), "place: delmas → jacmel"),
        (SAID.replace("are trapped", "are not trapped"), "negation: none → not"),
        (SAID.replace("send help", "send help tomorrow"), "date: none → tomorrow"),
        (f"{SAID}. Two more are in the church of the same street", "number: none → two"),
    ],
)
def test_another_place_date_or_negation_stands_apart_in_words(
    operation: Operation, volunteer: Person, other: str, said: str
) -> None:
    chosen = [report(operation, SAID), report(operation, other)]
    like(chosen[1], chosen[0])
    [apart] = many.look(volunteer, operation, refs(chosen)).apart
    assert apart.said == said
    marked = [piece.text.lower() for piece in apart.pieces if piece.differs]
    assert marked == [said.rpartition(" ")[2]]
    assert "".join(piece.text for piece in apart.pieces) == other


def test_the_way_from_a_report_to_all_that_say_nearly_the_same(
    vero: Client, operation: Operation, told: list[Report]
) -> None:
    page = text(vero.get(path(told[0])))
    assert "3 more say nearly the same: decide about all 4" in page, "also those that came after it"
    carried = re.search(r'name="refs" value="([^"]+)"', page)
    assert carried is not None
    chosen = carried[1]
    assert chosen.split()[0] == told[0].ref

    preview = text(vero.post(SELECTION, {"refs": chosen}))
    assert "3 reports chosen" in preview
    assert "1 says something else" in preview
    assert f'name="tick" value="{told[3].ref}">' in preview, "not ticked"
    assert "<mark>Five</mark> people" in preview

    vero.post(f"{SELECTION}decide/", {"refs": chosen, "ticked": "", "do": "reject", "reason": "Told before."})
    assert books(operation) == {"rejected": 3, "waiting": 1}
    undo(Person.objects.get(username="vero"), Decision.objects.get(kind=DecisionKind.BULK))
    assert books(operation) == {"waiting": 4}

    preview = text(vero.post(SELECTION, {"refs": chosen, "tick": told[3].ref}))
    assert "4 reports chosen" in preview
    assert f'name="tick" value="{told[3].ref}" checked>' in preview
    assert f'name="ticked" value="{told[3].ref}"' in preview
    sent = {"refs": chosen, "ticked": told[3].ref, "do": "reject", "reason": "Told before."}
    vero.post(f"{SELECTION}decide/", sent)
    assert books(operation) == {"rejected": 4}


def test_what_differs_can_be_ticked_though_nothing_else_can_be_decided(
    vero: Client, verifier: Person, told: list[Report]
) -> None:
    leases.take(verifier, told[0])
    preview = text(vero.post(SELECTION, {"refs": f"{told[0].ref} {told[3].ref}"}))
    assert f'name="tick" value="{told[3].ref}">' in preview
    carried = re.search(r'name="refs" value="([^"]+)"', preview)
    assert carried is not None
    preview = text(vero.post(SELECTION, {"refs": carried[1], "tick": told[3].ref}))
    assert "1 report chosen" in preview


def test_a_hostile_text_is_shown_and_does_nothing(vero: Client, operation: Operation) -> None:
    chosen = [report(operation, f"{SAID} <script>3</script>"), report(operation, f"{SAID} <script>5</script>")]
    like(chosen[1], chosen[0])
    preview = text(vero.post(SELECTION, {"refs": " ".join(refs(chosen))}))
    assert "&lt;script&gt;<mark>5</mark>&lt;/script&gt;" in preview
    assert "<script>5" not in preview


def test_whoever_says_nearly_the_same_is_found_both_ways_in_one_query(
    operation: Operation, told: list[Report], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        found = alike.near(told[0], [])
    assert set(found) == {one.pk for one in told[1:]}
    assert list(alike.near(told[3], list(told[3].suggestions.all()))) == [told[0].pk]


def chain(operation: Operation, copies: int, first: str = SAID) -> list[Report]:
    """What hundreds pass on: each names the five before it, and no more."""
    made = [report(operation, SAID if n else first) for n in range(copies)]
    Suggestion.objects.bulk_create(
        Suggestion(
            report=one, kind=SuggestionKind.NEAR_DUPLICATE, value={"report": other.pk}, named=other.pk, score=1.0,
            reasons=["words"], function="test 1",
        )
        for n, one in enumerate(made)
        for other in made[max(0, n - 5) : n]
    )  # fmt: skip
    return made


def test_whichever_copy_is_opened_all_others_are_offered(
    vero: Client, operation: Operation, volunteer: Person, django_assert_num_queries: Any
) -> None:
    copies = chain(operation, 40)
    report(operation, "Nou grangou")
    like(report(operation, "Possibly related"), copies[7], score=0.4)
    for one in copies:
        with django_assert_num_queries(1):
            found = alike.waiting(one)
        assert set(found.others) == set(refs(copies)) - {one.ref}
        assert not found.more
    assert "39 more say nearly the same: decide about all 40" in text(vero.get(path(copies[20])))
    many.reject(volunteer, operation, refs(copies[:3]), "Told before.")
    assert set(alike.waiting(copies[20]).others) == set(refs(copies[3:])) - {copies[20].ref}, "only those that wait"


def test_of_more_than_one_decision_takes_it_is_said_that_there_are_more(vero: Client, operation: Operation) -> None:
    copies = chain(operation, 501)
    assert len(alike.waiting(copies[0]).others) == 499
    assert "At least 500 say nearly the same: decide about 500 of them" in text(vero.get(path(copies[0])))


def test_what_hangs_together_over_others_alone_is_compared_with_the_one_that_was_read(
    operation: Operation, volunteer: Person
) -> None:
    copies = chain(operation, 12, first=FIVE)
    looked = many.look(volunteer, operation, [copies[11].ref, *alike.waiting(copies[11]).others])
    assert [one.report.pk for one in looked.apart] == [copies[0].pk]
