"""A call for comment: who speaks is told, nothing is shown before a person has looked at it, and a comment finds its
passage again when the text has changed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.intake import limits, refusals
from rapport.operations.models import Operation
from rapport.registry import holdings
from rapport.registry.calls import actions, moderation
from rapport.registry.calls.actions import Terms, last_text, state, state_of
from rapport.registry.checking import doubts
from rapport.registry.editing import files
from rapport.registry.models import Call, Comment
from rapport.registry.recommended import today_in
from rapport.sharing import activation
from rapport.sharing.protocol.library import text_of
from tests.web.calls import (
    HOURS,
    NEW,
    OFFICE,
    OLD,
    TYPED,
    address,
    answered,
    now,
    opened,
    page,
    said,
    send,
    shown,
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


# --- who speaks, and what is shown ---------------------------------------------------------------------------------


def test_a_comment_waits_for_a_person_and_then_says_for_whom_its_author_speaks(
    client: Client, call: Call, verifier: Person
) -> None:
    answer = send(client, call, interest="Our members would pay for it.", passage=HOURS)
    told = page(client, answer.headers["Location"])
    made = Comment.objects.get()
    assert "waits for a person to look at it" in told
    assert made.ref in told
    everywhere = [address(call), f"/sample/registry/calls/{call.ref}/", "/sample/registry/calls/", "/sample/",
                  "/sample/registry/norms/un-norms/N-f/", "/sample/registry/data/comments.csv",
                  "/sample/registry/data/registry.json", answer.headers["Location"]]  # fmt: skip
    for path in everywhere:
        assert "too few" not in page(client, path), path
        assert "Ana Reyes" not in page(client, path), path
    client.force_login(verifier)
    assert "too few" not in page(client, address(call)), "on readers' pages not for the team either"
    assert "too few" in page(client, f"/sample/desk/registry/calls/{call.ref}/")
    client.logout()
    shown(verifier, made)
    told = page(client, address(call))
    for words in ("Ana Reyes", "An operators' association", "Our members would pay for it.", "on version 1", HOURS):
        assert words in told
    assert f'href="{address(call)}#c-{made.ref}"' in page(client, answer.headers["Location"])


def test_without_an_affiliation_a_comment_is_not_taken_and_nothing_typed_is_lost(client: Client, call: Call) -> None:
    for typed, sentence in (
        ({"affiliation": " "}, "Write for whom you work or speak."),
        ({"affiliation": "\u200b\u2060"}, "Write for whom you work or speak."),
        ({"name": ""}, "Write your name"),
        ({"text": ""}, "Write your comment."),
        ({"text": "x" * 5_001}, "Shorten this to 5000 characters; it has 5001."),
        ({"interest": "x" * 301}, "Shorten this to 300 characters"),
        ({"text": "nul\0"}, "a character that cannot be kept"),
        ({"passage": "words of somebody else"}, "These words do not stand in the text."),
        ({"passage": "They should"}, "stand in the text more than once"),
        ({"passage": "x" * 1_001}, "Shorten this to 1000 characters"),
    ):
        answer = send(client, call, **{"interest": "none-of-yours", **typed})
        told = unescape(answer.content.decode())
        assert answer.status_code == 400, typed
        assert sentence in told, typed
        assert {"name": "Ana Reyes", **typed}["name"] in told
        assert "none-of-yours" in told or "interest" in typed
    assert not Comment.objects.exists()


def test_no_browser_cuts_a_long_text_without_a_word(client: Client, call: Call) -> None:
    fields = re.findall(r"<textarea[^>]*>", page(client, address(call)))
    assert len(fields) == 2
    assert not any("maxlength" in field for field in fields), "what is pasted would end in the middle of a sentence"


def test_a_passage_is_found_by_its_words_or_by_where_it_was_selected(client: Client, call: Call) -> None:
    second = OLD.index("They should", OLD.index("They should") + 1)
    chosen = said(client, call, passage="They should", start=second)
    assert chosen.anchor["start"] == second
    typed = said(client, call, passage="of  an attack\nwithin 24 hours", start=second, form_id="f" * 20)
    assert (typed.anchor["quote"], typed.anchor["start"]) == (HOURS, OLD.index(HOURS))
    assert said(client, call, form_id="g" * 20).anchor is None


def test_sent_twice_over_a_bad_line_it_is_one_comment(client: Client, call: Call) -> None:
    first, again = send(client, call), send(client, call)
    assert first.headers["Location"] == again.headers["Location"]
    assert Comment.objects.count() == 1
    other = send(client, call, text="Hours are too few, and days too.")
    assert other.headers["Location"] != first.headers["Location"], "what was changed before it was sent again is kept"
    assert Comment.objects.count() == 2


def test_what_people_did_not_show_says_why_and_nothing_else(client: Client, call: Call, verifier: Person) -> None:
    made = said(client, call, text="buy-my-pills")
    for reason in ("", "x" * 301):
        with pytest.raises(Refused, match="Say why"):
            moderation.not_show(verifier, made, reason, moderation.state(made))
    moderation.not_show(verifier, made, "It sells something.", moderation.state(made))
    for path in (address(call), f"/sample/registry/comments/{made.ref}/", "/sample/registry/data/comments.csv"):
        told = page(client, path)
        assert "It sells something." in told, path
        assert "buy-my-pills" not in told
        assert "Ana Reyes" not in told


def test_hostile_words_stay_words(client: Client, call: Call, lead: Person) -> None:
    script = "<script>alert(1)</script>"
    written(lead, call, "text", f"{OLD} {script} </div> {{{{ call }}}}")
    made = said(
        client, call, version=2, text=f'{script}"><img src=x onerror=alert(2)>', name=f"{script}\u202e", passage=script,
        affiliation="=HYPERLINK(1)", interest="</bdi></p>",
    )  # fmt: skip
    answered(lead, shown(lead, made), "taken up", script)
    actions.close(lead, call)
    written(lead, call, "synthesis", script)
    actions.publish_synthesis(lead, call, state(now(call)))
    client.force_login(lead)
    desk = f"/sample/desk/registry/calls/{call.ref}/"
    for path in (address(call), f"{address(call)}versions/2/", desk, f"{desk}provisions/N-f/"):
        told = client.get(path).content.decode()
        assert "<script>alert" not in told, path
        assert "<img src=x" not in told
    assert "<mark>&lt;script&gt;alert(1)&lt;/script&gt;</mark>" in client.get(address(call)).content.decode()
    header, row = csv.reader(io.StringIO(page(client, "/sample/registry/data/comments.csv")))
    assert row[header.index("affiliation")] == "'=HYPERLINK(1)"


# --- versions ------------------------------------------------------------------------------------------------------


def test_a_comment_finds_its_passage_again_in_a_new_version_or_says_that_it_is_gone(
    client: Client, call: Call, lead: Person
) -> None:
    kept, changed, gone, whole = (
        shown(lead, said(client, call, passage=passage, text=f"On {passage[:9]}", form_id=f"form-{n}-1234567890"))
        for n, passage in enumerate(("States should protect", HOURS, OFFICE, ""))
    )
    told = page(client, address(call))
    for passage in (HOURS, OFFICE):
        assert f"<mark>{passage}</mark>" in told
    assert "version 1" in told
    written(lead, call, "text", NEW)
    told = page(client, address(call))

    def about(one: Comment) -> str:
        return told.split(f'id="c-{one.ref}"')[1].split("</article>")[0]

    assert "stands in the text as it did" in about(kept)
    assert "The passage was changed since." in about(changed)
    assert HOURS in about(changed)
    assert f"<mark>{HOURS.replace('24', '72')}</mark>" in told
    assert "The passage is gone from the text." in about(gone)
    assert OFFICE in about(gone)
    assert "On the whole text" in about(whole)
    assert all("on version 1" in about(one) for one in (kept, changed, gone, whole))
    told = page(client, f"{address(call)}versions/2/")
    assert re.search(r"<del>.*?24</del><ins>.*?72</ins>", told)
    assert OLD in page(client, f"{address(call)}versions/1/")
    assert client.get(f"{address(call)}versions/3/").status_code == 404


def test_who_began_to_write_before_the_text_changed_comments_on_what_they_read(
    client: Client, call: Call, lead: Person
) -> None:
    written(lead, call, "text", NEW)
    assert said(client, call, passage=OFFICE).text.version == 1
    wrong = unescape(send(client, call, name="").content.decode())
    assert "The text has changed since you began" in wrong
    assert send(client, call, version=9).status_code == 404


def test_what_readers_have_seen_is_not_rewritten_and_nobody_writes_over_another(
    call: Call, lead: Person, verifier: Person, volunteer: Person
) -> None:
    seen = state_of(last_text(call, "text", "N-f"))
    actions.write(verifier, call, "text", "N-f", NEW, seen)
    assert list(call.texts.values_list("version", "body")) == [(1, OLD), (2, NEW)]
    with pytest.raises(Conflict, match="changed this text since"):
        actions.write(lead, call, "text", "N-f", "Mine", seen)
    for body in ("", " \u200b", "x" * 10_001, NEW):
        with pytest.raises(Refused):
            written(lead, call, "text", body)
    with pytest.raises(NotAllowed):
        written(volunteer, call, "text", "Mine")
    with pytest.raises(Refused, match="no text about that provision"):
        actions.write(lead, call, "text", "N-x", "Mine", "")


# --- who may, and how much -----------------------------------------------------------------------------------------


def test_leads_open_publish_and_close_verifiers_look_and_answer(
    client: Client, operation: Operation, call: Call, lead: Person, verifier: Person, volunteer: Person
) -> None:
    made = said(client, call)
    seen = moderation.state(made)
    for refused in (
        lambda: actions.open_call(verifier, operation, "un-norms", ["N-a"], Terms("T")),
        lambda: actions.change(verifier, call, Terms("T"), state(call)),
        lambda: actions.close(verifier, call),
        lambda: moderation.show(volunteer, made, seen),
        lambda: moderation.not_show(volunteer, made, "No.", seen),
        lambda: moderation.mark(volunteer, made, True, seen),
        lambda: moderation.answer(volunteer, made, "taken up", "Yes.", seen),
    ):
        with pytest.raises(NotAllowed):
            refused()
    client.force_login(volunteer)
    told = page(client, f"/sample/desk/registry/calls/{call.ref}/")
    assert "too few" in told
    assert "/show/" not in told, "who may not decide has no buttons for it"
    assert "/close/" not in told


def test_only_so_many_comments_a_minute_are_taken_and_what_was_typed_stays(
    client: Client, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "COMMENTS_PER_MINUTE", 2)
    answers = [send(client, call, form_id=f"form-{n}-1234567890") for n in range(3)]
    assert [one.status_code for one in answers] == [302, 302, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert "too few" in answers[2].content.decode()
    assert send(client, call, text="x" * 200_000).status_code == 413


def test_it_needs_no_cookie(call: Call) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert not strict.get(address(call)).cookies
    assert send(strict, call).status_code == 302


def test_a_call_that_is_over_takes_nothing_and_keeps_what_was_typed(
    client: Client, operation: Operation, call: Call, lead: Person
) -> None:
    yesterday = today_in(operation) - timedelta(days=1)
    Call.objects.filter(pk=call.pk).update(closes_on=yesterday)
    answer = send(client, call)
    assert answer.status_code == 400
    assert "takes no comments any more" in answer.content.decode()
    assert "too few" in answer.content.decode()
    assert 'name="passage"' not in page(client, address(call))
    later = Terms("Guidance on norm f", closes_on=today_in(operation))
    with pytest.raises(Conflict, match="changed this call since"):
        actions.change(lead, call, later, "then")
    actions.change(lead, call, later, state(now(call)))
    assert send(client, call).status_code == 302, "the last day counts"
    actions.close(lead, call)
    assert send(client, call, form_id="f" * 20).status_code == 400
    with pytest.raises(Conflict, match="closed"):
        actions.change(lead, call, later, state(now(call)))


def test_a_draft_and_what_nobody_has_checked_are_the_desks_alone(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    with pytest.raises(Refused, match="somebody has checked"):
        actions.open_call(lead, operation, "oas-measures", ["7-11"], Terms("On 7-11"))
    draft = actions.open_call(lead, operation, "un-norms", ["N-f", "N-a"], Terms("Secret draft"))
    assert actions.open_call(lead, operation, "un-norms", ["N-a", "N-f"], Terms("Secret draft")) == draft
    for path in ("/sample/registry/calls/", "/sample/registry/norms/un-norms/N-f/"):
        assert "Secret draft" not in page(client, path)
    assert client.get(address(draft)).status_code == 404
    assert send(client, draft).status_code == 404
    seen = state(draft)
    written(lead, draft, "text", "Other words")
    assert list(draft.texts.filter(code="N-f").values_list("version", "body")) == [(1, "Other words")]
    with pytest.raises(Conflict, match="changed this call since"):
        actions.publish(lead, draft, seen)
    actions.publish(lead, draft, state(now(draft)))
    assert "Secret draft" in page(client, "/sample/registry/norms/un-norms/N-f/")
    assert draft.texts.get(code="N-a").body in page(client, address(draft, "N-a")), "it begins with what is asked"


def test_when_nobody_stands_by_the_words_any_more_neither_their_text_nor_comments_on_it_are_shown(
    client: Client, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    doubt = next(one for held in holdings.held(operation.pk) for one in doubts(held.whole) if one.row == "7-11")
    sure = files.confirm(lead, operation, doubt.key, "CICTE/RES.1/22", "")
    made = actions.open_call(lead, operation, "oas-measures", ["7-11", "1"], Terms("On later measures"))
    made = actions.publish(lead, made, state(made))
    words = made.texts.get(code="7-11").body
    about = address(made, "7-11")
    client.post(about, {**TYPED, "passage": words[:20]})
    shown(lead, Comment.objects.get(call=made))
    assert words[:20] in page(client, about)
    files.take_back(lead, sure)
    for path in (about, f"{about}versions/1/"):
        assert client.get(path).status_code == 404
    assert client.post(about, TYPED).status_code == 404
    for path in (f"/sample/registry/calls/{made.ref}/", "/sample/registry/data/registry.json"):
        assert words[:20] not in page(client, path)
    assert page(client, address(made, "1")), "what people stand by stays"
    files.confirm(lead, operation, doubt.key, "CICTE/RES.1/22", "")
    assert "Hours are too few." in page(client, about)


def test_a_call_of_another_operation_has_no_address_here(client: Client, call: Call, lead: Person) -> None:
    other = Operation.objects.create(
        slug="other", names={"en": "Other"}, west=0, south=0, east=1, north=1, time_zone="UTC", definition_hash=""
    )
    made = shown(lead, said(client, call))
    for path in (address(call), f"/sample/registry/calls/{call.ref}/", f"/sample/registry/comments/{made.ref}/"):
        assert client.get(path).status_code == 200
        assert client.get(path.replace("/sample/", f"/{other.slug}/")).status_code == 404
    assert client.post(address(call).replace("/sample/", f"/{other.slug}/"), {"version": 1}).status_code == 404


def test_readers_get_as_much_as_the_protocol_gives_of_comments(
    client: Client, operation: Operation, call: Call, lead: Person, someone: Callable[..., Person]
) -> None:
    """A protocol that says nothing of comments keeps them within the team."""
    shown(lead, said(client, call))
    assert "too few" in page(client, address(call))
    text = text_of("house").replace('name = "house"', 'name = "quiet"').replace(', "comment"', "")
    activation.activate(someone("cara", Role.CUSTODIAN), activation.propose(lead, operation, text, "agreed"), "")
    told = page(client, address(call))
    assert "critical systems" in told, "the text is of the registry"
    assert "too few" not in told
    assert "too few" not in page(client, "/sample/registry/data/comments.csv")
