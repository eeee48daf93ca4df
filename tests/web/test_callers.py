"""Who calls? Words that were agreed on tell, each once; wrong ones lock the set, and somebody is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts import challenge
from rapport.contacts.callers import books
from rapport.contacts.callers.models import ChallengeBook
from rapport.contacts.challenge import Verdict
from rapport.contacts.models import Alarm, Look
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.operations.models import Operation
from tests.web.contacts import network
from tests.web.test_cases import Side
from tests.web.test_directory import enter

pytestmark = pytest.mark.django_db
SECRET = "0f" * 32


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Held.CUSTODIAN)


@pytest.fixture
def kenya(operation: Operation, lead: Person, custodian: Person) -> Side:
    network(operation, lead, custodian)
    return Side(operation, lead, custodian, "Kenya")


@pytest.fixture
def peru(kenya: Side, operation: Operation, lead: Person, custodian: Person) -> Side:
    return Side(operation, lead, custodian, "Peru")


def agreed(one: Side, other: Side, secret: str = SECRET) -> None:
    """Both sides enter the secret, and a second person of each compares the marks."""
    for own, far in ((one, other), (other, one)):
        books.make(own.one, own.actor, far.actor, secret)
    for own, far in ((one, other), (other, one)):
        marks = " ".join(ChallengeBook.objects.filter(own=far.actor).values_list("mark", flat=True))
        books.confirm(own.two, own.actor, far.actor, marks)


def answer_of(side: Side, far: Side, number: int) -> str:
    """What stands on the sheet of the side that is asked."""
    row = ChallengeBook.objects.get(own=side.actor, other=far.actor, asks=False)
    return next(one.answer for one in books.book_of(row).pairs if one.number == number)


def test_a_set_is_made_by_two_people_of_each_side_from_one_secret(kenya: Side, peru: Side) -> None:
    made = books.make(kenya.one, kenya.actor, peru.actor, f" {SECRET[:8].upper()} {SECRET[8:]}")
    marks = " ".join(one.mark for one in made)
    with pytest.raises(Refused, match="another person"):
        books.confirm(kenya.one, kenya.actor, peru.actor, marks)
    with pytest.raises(NotAllowed):
        books.confirm(peru.one, kenya.actor, peru.actor, marks)
    other = books.make(peru.one, peru.actor, kenya.actor, "1f" * 32)
    with pytest.raises(Refused, match="typed wrongly"):
        books.confirm(kenya.two, kenya.actor, peru.actor, " ".join(one.mark for one in other))
    with pytest.raises(Conflict):
        books.make(kenya.one, kenya.actor, peru.actor, SECRET)
    with pytest.raises(Refused, match="No set"):
        books.ask(kenya.one, kenya.actor, peru.actor)
    books.confirm(kenya.two, kenya.actor, peru.actor, marks)
    assert books.ask(kenya.one, kenya.actor, peru.actor).number == 1


def test_words_that_were_used_once_are_never_words_again(kenya: Side, peru: Side) -> None:
    """Whoever overheard an answer would have the right one."""
    agreed(kenya, peru)
    pair = books.ask(kenya.one, kenya.actor, peru.actor)
    books.check(kenya.one, kenya.actor, peru.actor, pair.number, pair.answer)
    with pytest.raises(Refused, match="have been used: agree on new ones"):
        books.make(kenya.one, kenya.actor, peru.actor, SECRET)
    books.make(kenya.one, kenya.actor, peru.actor, "1f" * 32)
    with pytest.raises(Refused, match="have been used"):
        books.make(kenya.one, kenya.actor, peru.actor, SECRET)
    books.end(kenya.one, kenya.actor, peru.actor)
    for secret in (SECRET, "1f" * 32):
        with pytest.raises(Refused, match="have been used"):
            books.make(kenya.two, kenya.actor, peru.actor, secret)
    assert books.make(kenya.two, kenya.actor, peru.actor, "2f" * 32), "a new one is taken"


def test_a_set_that_waited_with_used_words_is_not_confirmed(kenya: Side, peru: Side) -> None:
    agreed(kenya, peru)
    known = ChallengeBook.objects.filter(own=kenya.actor)
    marks = " ".join(known.values_list("mark", flat=True))
    for one in known:  # as it was entered before anybody looked
        one.pk, one.state, one.confirmed_by, one.used = None, "waiting", None, []
        one.save()
    with pytest.raises(Refused, match="have been used"):
        books.confirm(kenya.two, kenya.actor, peru.actor, marks)


@pytest.mark.parametrize("typed", ["{0} {1}", "{1}, {0}", "{0} and {1}", "{0}{1}", "{a} {b} {c} {d}"])
def test_marks_are_typed_as_they_are_heard(kenya: Side, peru: Side, typed: str) -> None:
    books.make(peru.one, peru.actor, kenya.actor, SECRET)
    books.make(kenya.one, kenya.actor, peru.actor, SECRET)
    read = list(ChallengeBook.objects.filter(own=peru.actor).values_list("mark", flat=True))
    parts = dict(zip("abcd", [read[0][:4], read[0][4:], read[1][:4], read[1][4:]], strict=True))
    for wrong in (read[0], f"{read[0]} {read[0]}", " ".join([*read, read[0]]), ""):
        with pytest.raises(Refused, match="other marks"):
            books.confirm(kenya.two, kenya.actor, peru.actor, wrong)
    books.confirm(kenya.two, kenya.actor, peru.actor, typed.format(*read, **parts).upper())
    assert ChallengeBook.objects.filter(own=kenya.actor, state="active").count() == 2


def test_whoever_confirms_does_not_see_the_marks_and_a_slip_is_thrown_away(
    kenya: Side, peru: Side, client: Client
) -> None:
    at = "/sample/contacts/callers/peru/"
    made = books.make(kenya.one, kenya.actor, peru.actor, SECRET)
    enter(client, kenya.one.person)
    page = client.get(at).content.decode()
    assert all(one.mark in page for one in made), "who entered the secret reads them to the other side"
    assert 'name="marks"' not in page
    enter(client, kenya.two.person)
    for page in (
        client.get(at).content.decode(),
        client.post(f"{at}confirm/", {"marks": "0f0f0f0f 1f1f1f1f"}, follow=True).content.decode(),
    ):
        assert not any(one.mark in page for one in made), "whoever can copy compares nothing"
        assert 'name="marks"' in page
    client.post(f"{at}end/", {"waiting": "1"})
    assert not ChallengeBook.objects.filter(own=kenya.actor, state="waiting").exists()
    assert "Agree on new words" in client.get(at).content.decode()


def test_throwing_away_what_waits_leaves_what_counts(kenya: Side, peru: Side) -> None:
    agreed(kenya, peru)
    books.make(kenya.one, kenya.actor, peru.actor, "1f" * 32)
    books.end(kenya.two, kenya.actor, peru.actor, waiting=True)
    assert books.ask(kenya.one, kenya.actor, peru.actor).number == 1
    with pytest.raises(Conflict):
        books.end(kenya.two, kenya.actor, peru.actor, waiting=True)


@pytest.mark.parametrize("secret", ["", "0f", "zz" * 32, "0f" * 33])
def test_what_is_no_secret_is_refused(kenya: Side, peru: Side, secret: str) -> None:
    with pytest.raises(Refused, match="64 signs"):
        books.make(kenya.one, kenya.actor, peru.actor, secret)


def test_what_one_side_asks_the_other_answers_and_no_pair_is_used_twice(kenya: Side, peru: Side) -> None:
    agreed(kenya, peru)
    pair = books.ask(kenya.one, kenya.actor, peru.actor)
    said = books.tell(peru.one, peru.actor, kenya.actor, pair.number, pair.challenge.upper())
    assert said == pair.answer
    assert books.check(kenya.two, kenya.actor, peru.actor, pair.number, said).verdict is Verdict.RIGHT
    again = books.check(kenya.one, kenya.actor, peru.actor, pair.number, said)
    assert again.verdict is Verdict.NOT_ASKED, "whoever listened in has nothing"
    assert books.tell(peru.one, peru.actor, kenya.actor, pair.number, pair.challenge) == ""
    assert books.ask(kenya.one, kenya.actor, peru.actor).number == 2


def test_a_question_waits_ten_minutes_and_no_longer(kenya: Side, peru: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    agreed(kenya, peru)
    pair = books.ask(kenya.one, kenya.actor, peru.actor)
    later = timezone.now() + challenge.WAITS + timedelta(seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert books.check(kenya.one, kenya.actor, peru.actor, pair.number, pair.answer).verdict is Verdict.NOT_ASKED


def test_three_wrong_answers_lock_the_set_and_the_team_and_the_duty_are_told(
    kenya: Side, peru: Side, client: Client, lead: Person
) -> None:
    agreed(kenya, peru)
    for _ in range(3):
        pair = books.ask(kenya.one, kenya.actor, peru.actor)
        found = books.check(kenya.one, kenya.actor, peru.actor, pair.number, "acorn acorn acorn")
        assert found.verdict is Verdict.WRONG
    assert found.alarm
    with pytest.raises(Refused, match="locked"):
        books.ask(kenya.one, kenya.actor, peru.actor)
    assert Alarm.objects.get().kind == Alarm.CALLER
    assert [one.other for one in books.locked(kenya.two.actors)] == [peru.actor]
    assert books.locked(peru.one.actors) == []
    enter(client, lead)
    assert "wrong words by a caller" in client.get("/sample/contacts/alarms/").content.decode()
    enter(client, kenya.two.person)
    for page in ("callers", "duty"):
        assert "locked since" in client.get(f"/sample/contacts/{page}/").content.decode()


def test_whoever_asks_without_the_sheet_locks_it_as_well(kenya: Side, peru: Side) -> None:
    agreed(kenya, peru)
    said = [books.tell(peru.one, peru.actor, kenya.actor, 1, "zigzag nothing") for _ in range(3)]
    assert said == ["", "", ""]
    assert Alarm.objects.count() == 1
    assert (
        books.tell(peru.one, peru.actor, kenya.actor, 2, books.ask(kenya.one, kenya.actor, peru.actor).challenge) == ""
    )


def test_only_who_speaks_for_a_side_has_its_words(kenya: Side, peru: Side, client: Client, lead: Person) -> None:
    agreed(kenya, peru)
    for action in (books.ask, books.sheet, books.end):
        with pytest.raises(NotAllowed):
            action(peru.one, kenya.actor, peru.actor)
    enter(client, lead)
    for path in ("", "peru/"):
        assert client.get(f"/sample/contacts/callers/{path}").status_code == 403


def test_the_words_stand_nowhere_open_in_the_database(kenya: Side, peru: Side) -> None:
    agreed(kenya, peru)
    answer = answer_of(peru, kenya, 1).encode()
    assert all(answer not in bytes(one.sealed) for one in ChallengeBook.objects.all())


def test_the_page_leads_from_the_call_to_the_verdict_and_always_says_to_call_back(
    kenya: Side, peru: Side, client: Client
) -> None:
    at, advice = "/sample/contacts/callers/peru/", "call back on the number in the directory"
    enter(client, kenya.one.person)
    page = client.get(at).content.decode()
    assert (advice in page, "No words are agreed" in page) == (True, True)
    assert "Write this down" in client.post(f"{at}make/", {"fresh": "1"}).content.decode()
    agreed(kenya, peru)
    page = client.post(f"{at}ask/").content.decode()
    pair = books.book_of(ChallengeBook.objects.get(own=kenya.actor, asks=True)).pairs[0]
    assert (f"Number 1: {pair.challenge}" in page, pair.answer in page, advice in page) == (True, False, True)
    assert "tel:+254" in page
    assert Look.objects.filter(office__actor=peru.actor).exists(), "what is shown of the directory is noted as ever"
    page = client.post(f"{at}check/", {"number": "1", "answer": pair.answer}).content.decode()
    assert ("Right." in page, advice in page) == (True, True)
    page = client.post(f"{at}check/", {"number": "x", "answer": "?"}).content.decode()
    assert "Nobody waits for an answer" in page
    ours = books.book_of(ChallengeBook.objects.get(own=kenya.actor, asks=False)).pairs[0]
    page = client.post(f"{at}tell/", {"number": "1", "question": ours.challenge}).content.decode()
    assert f"Answer: {ours.answer}" in page
    assert "Say nothing" in client.post(f"{at}tell/", {"number": "1", "question": ours.challenge}).content.decode()
    sheet = client.post(f"{at}sheet/").content.decode()
    assert sheet.count("KEEP IN THE SAFE") == 2
    assert "[x]   1" in sheet
    client.post(f"{at}end/")
    assert "No words are agreed" in client.get(at).content.decode()
