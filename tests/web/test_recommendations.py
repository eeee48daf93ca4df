"""People recommend what somebody should do by when; readers see what is overdue, and nothing that nobody published."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.registry.checking import doubts
from rapport.registry.editing import files
from rapport.registry.editing import recommendations as acts
from rapport.registry.editing.recommendations import Draft, digest
from rapport.registry.holdings import held
from rapport.registry.models import Recommendation, Round
from rapport.registry.pages.overdue import PAST
from rapport.registry.recommended import Recommended, recommendations, today_in
from rapport.sharing import activation
from rapport.sharing.models import NamedRelease
from rapport.sharing.protocol.library import text_of
from rapport.values import PUBLIC, Publication, Purpose, Reader, Sensitivity
from tests.web.registry import watch

pytestmark = pytest.mark.django_db
NORM = {"framework": "un-norms", "code": "N-f"}


def drafted(person: Person, operation: Operation, days: int = 10, **more: Any) -> Recommendation:
    """Due in so many days."""
    usual = {
        "text": "Name a point of contact.",
        "owner": "The ministry",
        "due_on": today_in(operation) + timedelta(days),
    }
    return acts.write(person, operation, Draft(**{**usual, **more}))


def published(person: Person, operation: Operation, days: int = 10, **more: Any) -> Recommendation:
    one = drafted(person, operation, days, **more)
    return acts.publish(person, one, digest(one))


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("colin", Role.CUSTODIAN)


def page(client: Client, path: str) -> str:
    answer = client.get(f"/sample/{path}")
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def stood(text: str) -> str:
    """The sentence that counts."""
    found = re.search(r'<p role="status">([^<]+)', text)
    return found[1] if found else ""


# --- what readers get ----------------------------------------------------------------------------------------------


def test_readers_see_what_is_overdue_first_with_how_many_days(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    published(lead, operation, 5, text="Is due.")
    published(lead, operation, -3, text="Three days late.", **NORM)
    published(lead, operation, -40, text="Forty days late.")
    published(lead, operation, 0, text="Of today.")
    done = published(lead, operation, -90, text="Was done.")
    acts.end(lead, done, "done", "The notice of 3 May says so.")
    told = page(client, "registry/overdue/")
    assert "2 overdue, 2 due later, 1 ended" in stood(told)
    order = [told.index(words) for words in ("Forty days", "Three days", "Of today", "Is due", "Was done")]
    assert order == sorted(order)
    for words in ("40 days overdue", "3 days overdue", "due today", "due in 5 days", "The notice of 3 May says so."):
        assert words in told
    assert '/norms/un-norms/N-f/"' in told
    assert "Three days late." in page(client, "registry/norms/un-norms/N-f/")
    assert "Forty days late." not in page(client, "registry/norms/un-norms/N-f/")


def test_due_is_due_by_the_end_of_the_day_where_the_operation_is() -> None:
    at = datetime(2026, 3, 2, tzinfo=ZoneInfo("UTC"))
    one = Recommended("x", at, None, "open", due_on=date(2026, 3, 1))
    assert [one.days_late(date(2026, 2, 28)), one.days_late(date(2026, 3, 1)), one.days_late(date(2026, 3, 2))] == [
        0,
        0,
        1,
    ]
    assert Recommended("x", at, at, "done", due_on=date(2026, 3, 1)).days_late(date(2026, 4, 1)) == 0


def test_today_is_the_operations_today(operation: Operation) -> None:
    operation.time_zone = "Pacific/Kiritimati"  # 25 hours before the other: never on the same day
    early = today_in(operation)
    operation.time_zone = "Pacific/Pago_Pago"
    assert early > today_in(operation)


def test_the_list_is_narrowed_by_who_should_do_it(client: Client, operation: Operation, lead: Person) -> None:
    published(lead, operation, owner="The ministry", text="For the ministry.")
    published(lead, operation, owner="Ruritania <b>", text="For Ruritania.")
    told = page(client, "registry/overdue/?owner=The+ministry")
    assert "For the ministry." in told
    assert "For Ruritania." not in told
    assert "Ruritania &lt;b&gt;" in told, "all are there to choose from"
    assert "Nobody of this name" in page(client, "registry/overdue/?owner=nobody")


def test_of_what_has_ended_the_page_shows_the_last(client: Client, operation: Operation, lead: Person) -> None:
    at = timezone.now()
    Recommendation.objects.bulk_create(
        Recommendation(
            operation=operation, text=f"Number {n}.", owner="The ministry", due_on=at.date(), written_by=lead,
            publication="published", published_at=at, state="done", said="So.", ended_at=at + timedelta(seconds=n),
        )
        for n in range(PAST + 3)
    )  # fmt: skip
    told = page(client, "registry/overdue/")
    assert told.count("<article") == PAST
    assert "3 that ended earlier are in the data." in told
    assert "Number 3." in told
    assert "Number 2." not in told, "the earliest are left out"


def test_an_empty_list_says_how_it_is_filled(client: Client, operation: Operation, lead: Person) -> None:
    drafted(lead, operation, text="not-yet-published")
    told = page(client, "registry/overdue/")
    assert "Nothing is recommended yet" in told
    assert "not-yet-published" not in told


def test_nobody_reads_a_draft_nor_a_dropped_one_nor_what_was_withdrawn(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    drafted(lead, operation, text="draft-words", **NORM)
    acts.end(lead, drafted(lead, operation, text="dropped-words", **NORM), "dropped", "It was a slip.")
    acts.withdraw(
        lead, published(lead, operation, text="gone-words", owner="gone-office", **NORM), "It named somebody."
    )
    client.force_login(lead)
    for path in ("registry/overdue/", "registry/norms/un-norms/N-f/"):
        for words in ("draft-words", "dropped-words", "gone-words", "gone-office", "It named somebody"):
            assert words not in page(client, path), (path, words)
    assert "0 overdue, 0 due later, 1 ended" in stood(page(client, "registry/overdue/"))
    [left] = recommendations(operation, PUBLIC)
    assert (left.row.state, left.row.text, left.row.due_on) == ("withdrawn", "", None)


def test_what_nobody_has_checked_any_more_is_not_named(client: Client, operation: Operation, lead: Person) -> None:
    watch(operation, lead)
    doubt = next(one for found in held(operation.pk) for one in doubts(found.whole) if one.row == "7-11")
    about = {"framework": "oas-measures", "code": "7-11"}
    with pytest.raises(Refused, match="nobody has checked it"):
        drafted(lead, operation, **about)
    confirmed = files.confirm(lead, operation, doubt.key, "CICTE/RES.1/22", "")
    published(lead, operation, **about)
    assert "7-11" in page(client, "registry/overdue/")
    files.take_back(lead, confirmed)
    told = page(client, "registry/overdue/")
    assert "7-11" not in told
    assert "Name a point of contact." in told


def test_it_is_as_sensitive_as_the_results_from_which_it_follows(operation: Operation, lead: Person) -> None:
    asked = Round.objects.create(
        operation=operation, purpose="stocktaking", series="s", title="The round of 2026", form={}, form_digest="",
        opened_by=lead, results_level=Sensitivity.HIGH.value,
    )  # fmt: skip
    published(lead, operation, round=asked)
    assert recommendations(operation, PUBLIC) == []
    asked.results_level = Sensitivity.LOW.value
    asked.save()
    assert [one.row.round for one in recommendations(operation, PUBLIC)] == [""], "nobody knows of the round yet"
    asked.results = Publication.PUBLISHED.value
    asked.save()
    assert [one.row.round for one in recommendations(operation, PUBLIC)] == ["The round of 2026"]


@pytest.mark.parametrize("name", ["default", "network"])
def test_protocols_that_come_with_rapport_give_everybody_what_was_published(
    operation: Operation, lead: Person, custodian: Person, name: str
) -> None:
    activation.activate(custodian, activation.propose(lead, operation, text_of(name), ""), "")
    published(lead, operation)
    assert [one.audience for one in recommendations(operation, PUBLIC)] == ["public"]


def test_what_a_member_was_given_is_written_down_again_when_it_has_changed(
    operation: Operation, lead: Person, custodian: Person
) -> None:
    activation.activate(custodian, activation.propose(lead, operation, text_of("network"), ""), "")
    member = Reader(organisation="ruritania", organisation_kind="state", agreed=frozenset(Purpose))
    one, written = published(lead, operation), NamedRelease.objects.filter(kind="result")
    for _ in range(2):
        assert [each.audience for each in recommendations(operation, member)] == ["members"]
    assert written.count() == 1
    one = acts.review(lead, one, "Not begun.", today_in(operation) + timedelta(days=90))
    recommendations(operation, member)
    assert written.count() == 2
    acts.end(lead, one, "done", "By the note of 3 May.")
    recommendations(operation, member)
    assert written.count() == 3


def test_they_go_out_as_csv_and_json(client: Client, operation: Operation, lead: Person) -> None:
    watch(operation, lead)
    one = published(lead, operation, text="=1+1", **NORM)
    drafted(lead, operation, text="draft-words")
    [row] = client.get("/sample/registry/data/registry.json").json()["recommendations"]
    assert (row["ref"], row["text"], row["code"], row["due_on"]) == (one.ref, "=1+1", "N-f", one.due_on.isoformat())
    table = client.get("/sample/registry/data/recommendations.csv").content.decode()
    assert "'=1+1" in table
    assert "draft-words" not in table


# --- what people do ------------------------------------------------------------------------------------------------


def test_each_step_is_a_decision_of_the_person_who_took_it(
    operation: Operation, lead: Person, verifier: Person, volunteer: Person
) -> None:
    with pytest.raises(NotAllowed):
        drafted(volunteer, operation)
    one = drafted(verifier, operation)
    one = acts.rewrite(lead, one, Draft("Name two.", "The ministry", one.due_on), digest(one))
    one = acts.publish(verifier, one, digest(one))
    one = acts.review(verifier, one, "Not begun.", today_in(operation) + timedelta(days=90))
    one = acts.end(lead, one, "done", "By the note of 3 May.")
    one = acts.reopen(verifier, one, "One of them left.")
    assert (one.state, one.said, one.ended_at, one.text) == ("open", "", None, "Name two.")
    made = Decision.objects.filter(operation=operation, kind=DecisionKind.REGISTRY).order_by("id")
    assert [(each.person.username, each.after["said"].split(" the ")[0]) for each in made] == [
        ("vincent", "drafted"), ("lea", "rewrote"), ("vincent", "published"), ("vincent", "reviewed"),
        ("lea", "ended (done)"), ("vincent", "reopened"),
    ]  # fmt: skip
    assert [each.reason for each in made][3:] == ["Not begun.", "", "One of them left."]
    assert made[4].after["words"] == made[5].before["words"] == "By the note of 3 May."


def test_the_same_form_twice_is_one_draft(operation: Operation, lead: Person, verifier: Person) -> None:
    one = drafted(lead, operation)
    assert drafted(lead, operation) == one
    assert drafted(verifier, operation) != one
    assert Decision.objects.filter(kind=DecisionKind.REGISTRY).count() == 2


def test_nobody_publishes_or_overwrites_what_they_have_not_seen(
    operation: Operation, lead: Person, verifier: Person
) -> None:
    one = drafted(verifier, operation)
    looked = digest(one)
    acts.rewrite(lead, one, Draft("Something else.", "The ministry", one.due_on), looked)
    with pytest.raises(Conflict, match="lea changed the draft"):
        acts.publish(verifier, one, looked)
    with pytest.raises(Conflict, match="lea changed the draft"):
        acts.rewrite(verifier, one, Draft("Mine.", "The ministry", one.due_on), looked)
    assert Recommendation.objects.get().text == "Something else."


def test_who_comes_second_sees_both_and_loses_nothing(
    client: Client, operation: Operation, lead: Person, verifier: Person
) -> None:
    one = drafted(verifier, operation)
    sent = {"text": "Mine.", "owner": "An office", "due_on": str(one.due_on), "seen": digest(one)}
    acts.rewrite(lead, one, Draft("Theirs.", "The ministry", one.due_on), digest(one))
    client.force_login(verifier)
    late = client.post(f"{DESK}{one.ref}/edit/", sent)
    assert late.status_code == 409
    told = late.content.decode()
    assert ("Theirs." in told, "Mine.</textarea>" in told) == (True, True)
    again = {**sent, "seen": late.context["form"]["seen"].value()}
    assert client.post(f"{DESK}{one.ref}/edit/", again).status_code == 302, "who has seen both may choose"
    one.refresh_from_db()
    acts.publish(lead, one, digest(one))
    acts.end(lead, one, "done", "By a note.")
    refused = client.post(f"{DESK}{one.ref}/end/", {"said": "Nobody has the money.", "state": "dropped"})
    assert refused.status_code == 422
    assert "reopen it first" in refused.content.decode()
    assert "Nobody has the money." in refused.content.decode()
    day = client.post(f"{DESK}{one.ref}/review/", {"said": "Half of it stands.", "review_on": "2020-01-01"})
    assert "Half of it stands." in day.content.decode(), "a wrong day costs nobody what they found"


def test_what_was_published_is_not_rewritten(operation: Operation, lead: Person) -> None:
    one = published(lead, operation)
    with pytest.raises(Conflict, match="not rewritten"):
        acts.rewrite(lead, one, Draft("Other.", "The ministry", one.due_on), digest(one))
    with pytest.raises(Conflict, match="published already"):
        acts.publish(lead, one, digest(one))


def test_each_step_is_refused_in_plain_words_where_it_cannot_be(operation: Operation, lead: Person) -> None:
    draft, out = drafted(lead, operation), published(lead, operation, text="Other.")
    for state, said, words in (
        ("forgotten", "x", "done or dropped"),
        ("done", " ", "Say how"),
        ("done", "Ask +41 22 917 1234.", "number or an address"),
        ("done", "x" * 2_001, "too many"),
    ):
        with pytest.raises(Refused, match=words):
            acts.end(lead, out, state, said)
    with pytest.raises(Refused, match="Publish it first"):
        acts.end(lead, draft, "done", "Done.")
    with pytest.raises(Conflict, match="open already"):
        acts.reopen(lead, out, "x")
    with pytest.raises(Refused, match="a day to come"):
        acts.review(lead, out, "x", today_in(operation))
    with pytest.raises(Conflict, match="Only what is published"):
        acts.review(lead, draft, "x", None)
    with pytest.raises(Conflict, match="not published"):
        acts.withdraw(lead, draft, "x")
    gone = acts.withdraw(lead, out, "A slip.")
    for act in (lambda: acts.end(lead, gone, "done", "x"), lambda: acts.reopen(lead, gone, "x")):
        with pytest.raises(Conflict, match="withdrawn"):
            act()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", " "), ("text", "x" * 2_001), ("text", "Write to a@example.org."), ("owner", ""), ("owner", "x" * 201),
        ("evidence", "Call +41 22 917 1234."), ("framework", "no-such"),
    ],
)  # fmt: skip
def test_what_cannot_stand_is_refused(operation: Operation, lead: Person, field: str, value: str) -> None:
    with pytest.raises(Refused):
        drafted(lead, operation, **{field: value})
    assert not Recommendation.objects.exists()


# --- the desk ------------------------------------------------------------------------------------------------------

DESK = "/sample/desk/registry/recommendations/"


def test_a_verifier_writes_publishes_and_ends_one_on_the_desk(
    client: Client, operation: Operation, lead: Person, verifier: Person
) -> None:
    watch(operation, lead)
    client.force_login(verifier)
    assert "?about=un-norms/N-f" in page(client, "registry/norms/un-norms/N-f/")
    assert 'value="un-norms/N-f" selected' in client.get(f"{DESK}new/?about=un-norms/N-f").content.decode()
    sent = {"text": "Name <b>two</b>.", "owner": " The  ministry", "due_on": "2026-03-01", "about": "un-norms/N-f",
            "evidence": "https://example.org/report\nA/76/135", "review_on": ""}  # fmt: skip
    assert client.post(f"{DESK}new/", {**sent, "due_on": "soon"}).status_code == 422
    assert client.post(f"{DESK}new/", {**sent, "text": "Ask a@example.org"}).status_code == 422
    assert client.post(f"{DESK}new/", {**sent, "about": "un-norms/none"}).status_code == 422
    made = client.post(f"{DESK}new/", sent)
    one = Recommendation.objects.get()
    assert (made.headers["Location"], one.owner, one.code) == (f"{DESK}{one.ref}/", "The ministry", "N-f")
    seen = {"seen": digest(one)}
    assert client.post(f"{DESK}{one.ref}/edit/", {**sent, "text": "Name two.", "seen": "other"}).status_code == 409
    client.post(f"{DESK}{one.ref}/publish/", seen)
    told = page(client, "registry/overdue/")
    assert "Name &lt;b&gt;two&lt;/b&gt;." in told
    assert '<a href="https://example.org/report" rel="noopener noreferrer">' in told
    client.post(f"{DESK}{one.ref}/review/", {"said": "Not begun.", "review_on": "never"})
    client.post(f"{DESK}{one.ref}/end/", {"said": "By a note.", "state": "done"})
    one.refresh_from_db()
    assert (one.publication, one.state, one.review_on) == ("published", "done", None)
    assert "By a note." in client.get(f"{DESK}{one.ref}/").content.decode()


def test_the_desk_s_list_has_each_where_it_stands(
    client: Client, operation: Operation, volunteer: Person, lead: Person
) -> None:
    client.force_login(volunteer)
    assert "Nobody has recommended anything" in client.get(DESK).content.decode()
    drafted(lead, operation, text="A draft.")
    published(lead, operation, -1, text="Late.", review_on=today_in(operation))
    published(lead, operation, 30, text="Soon.")
    published(lead, operation, 31, text="Later.")
    acts.end(lead, published(lead, operation, text="Done."), "done", "So.")
    told = client.get(DESK).content.decode()
    heads = re.findall(r'<h2 id="g-\d">([^<]+?) <span class="count">(\d)', told)
    assert [count for _, count in heads] == ["1"] * 6
    assert [name.split(":")[0].split(",")[0] for name, _ in heads] == [
        "Drafts", "Overdue", "Due within 30 days", "Due later", "To be looked at again", "Done",
    ]  # fmt: skip
    assert "Write one</a>" not in told, "a volunteer reads it"
    assert client.get(f"{DESK}new/").status_code == 403


def test_another_operation_s_recommendation_is_not_found(client: Client, operation: Operation, lead: Person) -> None:
    one = drafted(lead, operation)
    other = Operation.objects.get(pk=operation.pk)
    other.pk, other.slug = None, "other"
    other.save()
    client.force_login(lead)
    assert client.get(f"{DESK}{one.ref}/").status_code == 200
    Recommendation.objects.filter(pk=one.pk).update(operation=other)
    assert client.get(f"{DESK}{one.ref}/").status_code == 404
