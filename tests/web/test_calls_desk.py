"""People look at comments and answer them: all of them before the synthesis, with those of a minority kept."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.intake import limits, refusals
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.registry.calls import actions, moderation
from rapport.registry.calls.actions import missing, state
from rapport.registry.models import Call
from tests.web.calls import (
    NEW,
    OFFICE,
    address,
    answered,
    marked,
    now,
    opened,
    page,
    said,
    shown,
    sum_up,
    written,
)
from tests.web.registry import watch

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    limits.forget()
    refusals.forget()


@pytest.fixture
def call(operation: Operation, lead: Person) -> Call:
    return opened(operation, lead)


# --- answers, minority views, the synthesis ------------------------------------------------------------------------


def test_the_synthesis_waits_until_every_comment_has_an_answer_and_names_those_without(
    client: Client, call: Call, lead: Person, verifier: Person
) -> None:
    one, other = said(client, call), said(client, call, text="Hours are right.", form_id="f" * 20)
    with pytest.raises(Refused, match="Close the call first"):
        actions.publish_synthesis(lead, call, state(now(call)))
    actions.close(lead, call)
    with pytest.raises(Refused, match="wait to be looked at") as wrong:
        actions.publish_synthesis(lead, call, state(now(call)))
    assert one.ref in wrong.value.remedy
    one, other = answered(verifier, shown(verifier, one)), shown(verifier, other)
    with pytest.raises(Refused, match="have no answer") as wrong:
        actions.publish_synthesis(lead, call, state(now(call)))
    assert f"{other.ref} (N-f, \u2068An operators' association\u2069)" in wrong.value.remedy
    assert one.ref not in wrong.value.remedy
    answered(verifier, other, "not taken up", "Most said otherwise.")
    with pytest.raises(Refused, match="no synthesis: N-f"):
        actions.publish_synthesis(lead, call, state(now(call)))
    written(verifier, call, "synthesis", "Most want more time.")
    assert "Most want more time." not in page(client, address(call))
    with pytest.raises(NotAllowed):
        actions.publish_synthesis(verifier, call, state(now(call)))
    actions.publish_synthesis(lead, call, state(now(call)))
    told = page(client, address(call))
    top = told.split('id="synthesis"')[1].split("</section>")[0]
    assert "Most want more time." in top
    assert re.findall(r'href="#c-(\w+)"', top) == [one.ref, other.ref], "every comment is reached from the synthesis"
    assert top.index("taken up in part") < top.index(one.ref) < top.index("not taken up") < top.index(other.ref)
    assert "We doubled them." in told
    with pytest.raises(Conflict, match="published already"):
        actions.publish_synthesis(lead, call, state(now(call)))
    with pytest.raises(Conflict, match="Open another call"):
        written(lead, call, "text", NEW)


def test_whom_somebody_speaks_for_does_not_turn_the_references_around_it(client: Client, call: Call) -> None:
    turned = "\u2069\u202egro.elpmaxe"
    one = said(client, call, affiliation=turned)
    client.force_login(call.made_by)
    told = page(client, f"/sample/desk/registry/calls/{call.ref}/")
    assert f"{one.ref} (N-f, \u2068gro.elpmaxe\u2069)." in told, "a reference that is read backwards is found nowhere"


def test_after_the_synthesis_nothing_unanswered_can_be_shown(client: Client, call: Call, lead: Person) -> None:
    late = said(client, call)
    late = moderation.not_show(lead, late, "Not about the text.", moderation.state(late))
    actions.close(lead, call)
    actions.publish_synthesis(lead, call, state(now(call)))
    with pytest.raises(Refused, match="answer this comment first"):
        shown(lead, late)
    shown(lead, answered(lead, late))
    assert "We doubled them." in page(client, address(call))


def test_a_minority_view_stands_in_its_own_section_and_is_never_dropped(
    client: Client, call: Call, lead: Person
) -> None:
    section = r'id="minority">.*?</section>'
    assert "None so far" in re.search(section, page(client, address(call)), re.DOTALL)[0]  # type: ignore[index]
    made = said(client, call, text="Leave it as it is.", passage=OFFICE)
    with pytest.raises(Conflict, match="Only a comment that is shown"):
        marked(lead, made)
    made = marked(lead, answered(lead, shown(lead, made), "not taken up", "Nobody else said so."))
    written(lead, call, "text", NEW)
    sum_up(lead, call)
    told = page(client, address(call))
    found = re.search(section, told, re.DOTALL)[0]  # type: ignore[index]
    assert "Leave it as it is." in found
    assert "The passage is gone" in found, "though its passage went"
    assert told.count(f'id="c-{made.ref}"') == 1
    with pytest.raises(Refused, match="those are kept"):
        moderation.not_show(lead, made, "Unwelcome.", moderation.state(made))
    row = next(csv.DictReader(io.StringIO(page(client, "/sample/registry/data/comments.csv"))))
    assert (row["minority"], row["outcome"], row["affiliation"]) == (
        "true",
        "not taken up",
        "An operators' association",
    )


def test_two_who_decide_about_one_comment_do_not_write_over_each_other(
    client: Client, call: Call, lead: Person, verifier: Person
) -> None:
    made = shown(lead, said(client, call))
    seen = moderation.state(made)
    moderation.answer(lead, made, "taken up", "Yes.", seen)
    client.force_login(verifier)
    typed = {"outcome": "not taken up", "answer": "my-long-answer", "seen": seen}
    answer = client.post(f"/sample/desk/registry/comments/{made.ref}/answer/", typed)
    assert answer.status_code == 422
    told = answer.content.decode()
    assert "Somebody else has decided about this comment" in told
    assert "my-long-answer" in told
    made.refresh_from_db()
    assert (made.outcome, made.answer, made.answered_by) == ("taken up", "Yes.", lead)
    for outcome, text in (("", "Yes."), ("maybe", "Yes."), ("taken up", ""), ("taken up", "x" * 5_001)):
        with pytest.raises(Refused):
            answered(lead, made, outcome, text)


def test_everything_that_people_decide_stands_in_the_record_without_a_word_of_the_author(
    client: Client, call: Call, lead: Person
) -> None:
    made = said(client, call)
    moderation.not_show(lead, made, "Rude.", moderation.state(made))
    made.refresh_from_db()
    marked(lead, answered(lead, shown(lead, made)))
    sum_up(lead, call)
    lines = [(one.after["said"], str(one.before), str(one.after)) for one in Decision.objects.order_by("pk")]
    did = [line.split(" the c")[0] for line, _, _ in lines if "call" in line or "comment" in line]
    assert did == [
        "drafted", "wrote the text about N-f, version 1, of", "published", "did not show", "showed", "answered",
        "marked as a minority view", "closed", "wrote the synthesis about N-f, version 1, of",
        "published the synthesis of",
    ]  # fmt: skip
    assert all("Reyes" not in words and "too few" not in words for line in lines for words in line)
    assert set(Decision.objects.values_list("kind", flat=True)) == {DecisionKind.REGISTRY}


# --- the desk's pages ----------------------------------------------------------------------------------------------


def test_on_the_desk_a_call_is_opened_answered_and_summed_up(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    client.force_login(lead)
    desk = "/sample/desk/registry/calls/"
    assert "11 provisions" in page(client, f"{desk}new/")
    new = f"{desk}new/?framework=un-norms"
    assert page(client, new).count(" checked") == 11
    typed = {"title": "On norm f", "about": "Tell us.", "closes_on": "1999-01-01", "codes": ["N-f"]}
    wrong = client.post(new, typed)
    assert wrong.status_code == 422
    assert "Choose a day from today on" in wrong.content.decode()
    assert client.post(new, {**typed, "closes_on": "", "codes": []}).status_code == 422
    one = client.post(new, {**typed, "closes_on": ""}).headers["Location"]
    call = Call.objects.get()
    assert client.post(f"{one}edit/", {"title": "On f", "seen": state(call)}).headers["Location"] == one
    client.post(f"{one}publish/", {"seen": state(now(call))})
    comment = said(Client(), call)
    row = f"/sample/desk/registry/comments/{comment.ref}/"
    assert "1 to look at" in page(client, desk)
    assert "An operators' association" in page(client, one)
    client.post(f"{row}show/", {"seen": moderation.state(comment)})
    comment.refresh_from_db()
    assert "1 without an answer" in page(client, desk)
    client.post(f"{row}mark/", {"minority": "1", "seen": moderation.state(comment)})
    comment.refresh_from_db()
    client.post(f"{row}answer/", {"outcome": "taken up", "answer": "Yes.", "seen": moderation.state(comment)})
    assert missing(call).sentences == ["These provisions have comments and no synthesis: N-f."]
    lost = client.post(f"{one}provisions/N-f/text/", {"body": "my-new-text", "seen": "then"})
    assert lost.status_code == 422
    assert "my-new-text" in lost.content.decode()
    assert client.post(f"{one}provisions/N-f/synthesis/", {"body": "All well.", "seen": ""}).status_code == 302
    client.post(f"{one}synthesis/", {"seen": state(now(call))})
    assert now(call).synthesis_at is None
    assert "Close the call first" in page(client, one)
    client.post(f"{one}close/")
    client.post(f"{one}synthesis/", {"seen": state(now(call))})
    assert "synthesis published" in page(client, desk)
    assert "All well." in page(Client(), address(call))
