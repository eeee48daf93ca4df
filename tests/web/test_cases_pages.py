"""The pages of cases: who reads them, what a second person sends, short answers, what came in, the duty view."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts.cases import clockwork, duty, going, taking, trying, writing
from rapport.contacts.cases.models import Attempt, Case, Dispatch, State
from rapport.contacts.cases.reading import said_of
from rapport.contacts.cases.writing import Words
from rapport.contacts.clocks import Which
from rapport.contacts.directory import looking
from rapport.contacts.kinds import Answer, Kind, Said
from rapport.contacts.lowtech import fax, spoken
from rapport.contacts.lowtech.words import check_words
from rapport.contacts.models import Alarm
from rapport.contacts.pings.aiming import channel_of
from rapport.contacts.records import opened
from rapport.contacts.templatetags.contacts import spaced
from rapport.desk import actions
from rapport.desk.sending import outbox
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight import switches
from rapport.registry.models import Actor
from rapport.values import Marking, Status
from tests.pure.office_messages import example
from tests.web.contacts import named, network, of_team, office, officer
from tests.web.test_cases import NOTICED, Side, later, published, replied, sent
from tests.web.test_pings import MAIL

pytestmark = pytest.mark.django_db
TYPED = {f"f-{name}": value.removesuffix("Z") for name, value in NOTICED.items()}


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


@pytest.fixture
def chile(peru: Side, operation: Operation, lead: Person, custodian: Person) -> Side:
    return Side(operation, lead, custodian, "Chile")


def at_work(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(person: Person, path: str, status: int = 200) -> str:
    answer = at_work(person).get(f"/sample/contacts/{path}")
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


def post(person: Person, path: str, **data: str) -> str:
    """What the person reads afterwards."""
    answer = at_work(person).post(f"/sample/contacts/{path}", data, follow=True)
    return str(answer.content.decode())


def shown_mark(told: str) -> str:
    found = re.search(r'name="read" value="([0-9a-f]{64})"', told)
    assert found is not None
    return found[1]


def draft(by: Side, to: Side, **words: str) -> Dispatch:
    made = writing.begin(by.one, by.office, to.office, Words(Kind.NOTIFICATION, {**NOTICED, **words}), exercise=False)
    return going.ready(by.one, made)


# --- who reads them ------------------------------------------------------------------------------------------------


def test_the_pages_of_a_case_are_there_for_its_two_sides_alone(
    kenya: Side, peru: Side, chile: Side, lead: Person, custodian: Person
) -> None:
    one, unsent = sent(kenya, peru), draft(kenya, peru)
    message = f"cases/{one.case.ref}/messages/{one.ref}"
    own = [f"{message}/tries/", f"{message}/without-a-line/", f"drafts/{named(unsent)}/"]
    for path in [f"cases/{one.case.ref}/", *own]:
        page(kenya.two.person, path)
        page(chile.one.person, path, 404)
        for each in (lead, custodian):
            assert at_work(each).get(f"/sample/contacts/{path}").status_code in {403, 404}
    page(peru.one.person, f"cases/{one.case.ref}/")
    for path in own:
        page(peru.one.person, path, 404)
    assert one.case.ref not in page(chile.one.person, "cases/") + page(chile.one.person, "duty/")


@pytest.mark.parametrize("action", ["", "ready/", "send/", "discard/"])
def test_nobody_of_another_side_touches_a_draft(kenya: Side, peru: Side, action: str) -> None:
    unsent = draft(kenya, peru)
    answer = at_work(peru.one.person).post(f"/sample/contacts/drafts/{named(unsent)}/{action}", TYPED)
    assert answer.status_code == 404
    unsent.refresh_from_db()
    assert unsent.state == State.READY


def test_nothing_of_a_case_is_done_by_a_page_of_another_site(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    client = Client(enforce_csrf_checks=True)
    client.force_login(peru.one.person)
    data = {"kind": "reply", "about": one.ref, "f-answer": "received", "now": "1"}
    assert client.post(f"/sample/contacts/cases/{one.case.ref}/write/", data).status_code == 403
    assert Dispatch.objects.count() == 1


def test_the_teams_record_tells_neither_what_was_sent_nor_in_which_case(kenya: Side, peru: Side, lead: Person) -> None:
    one = sent(kenya, peru)
    told = at_work(lead).get("/sample/desk/decisions/").content.decode()
    assert "sent a message to another office" in told
    assert one.case.ref not in told
    assert "notification" not in told.lower()


# --- two people, and the same words --------------------------------------------------------------------------------


def test_a_second_person_sends_only_the_words_that_they_have_read(kenya: Side, peru: Side) -> None:
    unsent = draft(kenya, peru)
    read = shown_mark(page(kenya.two.person, f"drafts/{named(unsent)}/"))
    writing.change(kenya.one, unsent, Words(Kind.NOTIFICATION, {**NOTICED, "what": "Something else"}))
    going.ready(kenya.one, unsent)
    told = post(kenya.two.person, f"drafts/{named(unsent)}/send/", read=read)
    assert "It was changed after you opened it" in told
    assert "Something else" in told
    assert Dispatch.objects.get().state == State.READY
    post(kenya.two.person, f"drafts/{named(unsent)}/send/", read=shown_mark(told))
    assert Dispatch.objects.get().state == State.SENT


def test_an_event_that_changes_before_its_message_goes_is_read_again(
    kenya: Side, peru: Side, operation: Operation, lead: Person
) -> None:
    ref = published(operation, lead)
    unsent = draft(kenya, peru, event=ref)
    told = page(kenya.two.person, f"drafts/{named(unsent)}/")
    assert "Harbour systems down" in told
    actions.set_status(lead, Event.objects.get(ref=ref), Status.REFUTED, "It was a drill", "The port said so")
    again = post(kenya.two.person, f"drafts/{named(unsent)}/send/", read=shown_mark(told))
    assert "read it again" in again
    assert Dispatch.objects.get().state == State.READY


def test_a_send_button_without_what_was_read_sends_nothing(kenya: Side, peru: Side) -> None:
    unsent = draft(kenya, peru)
    assert "read it again" in post(kenya.two.person, f"drafts/{named(unsent)}/send/")
    assert Dispatch.objects.get().state == State.READY


def test_two_who_write_at_once_lose_nothing(kenya: Side, peru: Side) -> None:
    unsent = draft(kenya, peru)
    read = shown_mark(page(kenya.one.person, f"drafts/{named(unsent)}/"))
    post(kenya.two.person, f"drafts/{named(unsent)}/", **{**TYPED, "f-what": "What the second wrote"}, read=read)
    told = post(kenya.one.person, f"drafts/{named(unsent)}/", **{**TYPED, "f-what": "What the first wrote"}, read=read)
    assert "It was changed meanwhile" in told
    assert "What the first wrote" in told
    assert "What the second wrote" in told
    assert said_of(Dispatch.objects.get()).fields["what"] == "What the second wrote"


def test_an_unfinished_draft_goes_when_its_writer_says_so(kenya: Side, peru: Side) -> None:
    words = Words(Kind.NOTIFICATION, NOTICED)
    unsent = writing.begin(kenya.one, kenya.office, peru.office, words, exercise=False)
    assert "It can go" not in page(kenya.two.person, f"drafts/{named(unsent)}/")
    assert "Somebody else writes this still" in post(kenya.two.person, f"drafts/{named(unsent)}/ready/")
    assert Dispatch.objects.get().state == State.DRAFT


def test_whoever_sends_is_told_of_a_time_that_is_still_to_come(kenya: Side, peru: Side) -> None:
    """A slip in the year: both of them see it before it goes."""
    assert "still to come" not in page(kenya.two.person, f"drafts/{named(draft(kenya, peru))}/")
    tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%MZ")
    assert "still to come" in page(kenya.two.person, f"drafts/{named(draft(kenya, peru, seen_at=tomorrow))}/")


def test_a_draft_that_cannot_go_yet_tells_all_that_is_missing_and_opens_its_form(kenya: Side, peru: Side) -> None:
    told = post(kenya.one.person, "cases/new/", to="peru/technical", kind="notification")
    one = Dispatch.objects.get()
    assert "It cannot go yet:" in told
    missing = ("what", "seen_at", "systems", "confidence", "unknown")
    for name in missing:
        assert re.search(rf'<a href="#f-{name}">“[^<]*” is missing.</a>', told), name
        assert re.search(rf'id="f-{name}"[^>]* aria-describedby="f-{name}\.wrong', told), "and it is said at the field"
    assert '<details class="more" open><summary>Change it' in told
    told = post(kenya.one.person, f"drafts/{named(one)}/ready/")
    (refused,) = re.findall(r'<p class="note error">([^<]*)</p>', told)
    assert refused.count("is missing.") == len(missing)
    told = post(kenya.one.person, f"drafts/{named(one)}/", **TYPED, read=shown_mark(told))
    assert "It cannot go yet" not in told
    assert '<details class="more"><summary>Change it' in told


def test_what_stands_in_the_way_leads_to_where_it_is_mended(kenya: Side, peru: Side) -> None:
    words = Words(Kind.NOTIFICATION, {**NOTICED, "event": "e-nothing"}, caveats="Not \u202e on")
    unsent = writing.begin(kenya.one, kenya.office, peru.office, words, exercise=False)
    told = page(kenya.one.person, f"drafts/{named(unsent)}/")
    assert '<a href="#caveats">This holds characters that no page shows' in told
    assert '<a href="#f-event">The protocol gives Peru, or you, nothing of an event e-nothing' in told


def test_a_draft_that_waits_names_those_who_can_send_it(kenya: Side, peru: Side) -> None:
    """At night somebody has to know whom to wake."""
    third = officer(kenya.actor, "kenya-three")
    observer = officer(kenya.actor, "kenya-observer")
    Membership.objects.filter(person=observer).delete()
    unsent = draft(kenya, peru)
    told = page(kenya.one.person, f"drafts/{named(unsent)}/").split("Who can send it")[1].split("</p>")[0]
    assert re.findall(r"\(([^)]*)\)", told) == ["kenya-three", "kenya-two"]
    for person in (third, kenya.two.person):
        Person.objects.filter(pk=person.pk).update(is_active=False)
    told = page(kenya.one.person, f"drafts/{named(unsent)}/")
    assert "Who can send it" not in told
    assert "Nobody else of your side can send it now" in told


def test_a_draft_says_that_it_is_not_sent_from_whom_it_comes_and_when_that_is_in_utc(kenya: Side, peru: Side) -> None:
    told = page(kenya.two.person, f"drafts/{named(draft(kenya, peru))}/")
    assert "Not sent yet" in told
    assert re.search(r"<dt>From</dt><dd><bdi>Kenya</bdi>,\s+technical", told)
    assert "2026-11-27T02:10Z" in told
    assert "Fri 27 Nov 2026 05:10" in told, "as a clock in Nairobi shows it"


def test_whoever_sends_reads_whether_it_is_real(kenya: Side, peru: Side) -> None:
    real = draft(kenya, peru)
    drill = writing.begin(kenya.one, kenya.office, peru.office, Words(Kind.NOTIFICATION, NOTICED), exercise=True)
    going.ready(kenya.one, drill)
    for one, there, other in ((real, "This is no exercise", "EXERCISE"), (drill, "EXERCISE", "This is no exercise")):
        told = page(kenya.two.person, f"drafts/{named(one)}/")
        assert there in told
        assert other not in told


def test_nobody_is_written_to_who_was_not_chosen(kenya: Side, peru: Side, chile: Side) -> None:
    told = page(kenya.one.person, "cases/new/")
    first = re.search(r"<select id=\"to\"[^>]*><option value=\"([^\"]*)\"", told)
    assert first is not None
    assert first[1] == ""
    assert "<textarea" not in page(kenya.one.person, "cases/new/?to=&kind=notification")


@pytest.mark.parametrize("role", ["technical", "diplomatic"])
def test_the_office_of_the_same_role_writes(kenya: Side, peru: Side, role: str) -> None:
    told = page(kenya.one.person, f"cases/new/?to=peru/{role}&kind=notification")
    assert f'<option value="kenya/{role}" selected>' in told
    post(kenya.one.person, "cases/new/", to=f"peru/{role}", kind="notification", **TYPED)
    assert Dispatch.objects.get().sender.code == f"kenya/{role}"


def test_a_form_that_is_sent_back_keeps_what_was_typed(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    data = {
        "kind": "reply",
        "about": "QQ22-01",
        "f-answer": "answer",
        "f-text": "Zwei Rechner <b>",
        "marking": "TLP:RED",
    }
    told = post(peru.one.person, f"cases/{one.case.ref}/write/", **data)
    assert escape("Zwei Rechner <b>") in told
    assert '<option value="TLP:RED" selected>' in told
    assert Dispatch.objects.count() == 1


# --- short answers -------------------------------------------------------------------------------------------------


def short(by: Side, to: Dispatch, answer: Answer) -> str:
    data = {"kind": "reply", "about": to.ref, "now": "1", "f-answer": answer.value}
    return post(by.one.person, f"cases/{to.case.ref}/write/", **data)


def test_received_is_said_with_one_tap_and_once(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    told = short(peru, one, Answer.RECEIVED)
    assert "Sent." in told
    assert 'value="received"' not in told, "what was said is not offered again"
    assert 'value="not-now"' in told
    assert "Your side has said so already" in short(peru, one, Answer.RECEIVED)
    assert Dispatch.objects.count() == 2, "neither a double nor a draft"


def test_nobody_acknowledges_an_acknowledgement(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    replied(peru, one, Answer.RECEIVED)
    assert 'value="received"' not in page(kenya.one.person, f"cases/{one.case.ref}/")
    replied(peru, one, Answer.ANSWER, "Two hosts")
    assert 'value="received"' in page(kenya.one.person, f"cases/{one.case.ref}/")


def test_an_answer_with_words_never_goes_by_one_person(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    data = {"kind": "reply", "about": one.ref, "now": "1", "f-answer": "answer", "f-text": "We did it"}
    assert "This goes by two people" in post(peru.one.person, f"cases/{one.case.ref}/write/", **data)
    assert Dispatch.objects.count() == 1


def test_whoever_corrects_or_asks_has_the_message_before_them(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    mine = page(kenya.one.person, f"cases/{one.case.ref}/write/?kind=correction&about={one.ref}")
    theirs = page(peru.one.person, f"cases/{one.case.ref}/write/?kind=clarification&about={one.ref}")
    for told, other in ((mine, "Peru"), (theirs, "Kenya")):
        assert escape(NOTICED["what"]) in told
        assert re.search(rf"<h1>[^<]* → <bdi>{other}</bdi>", told)


@pytest.mark.parametrize("kind", list(Kind))
def test_the_labels_of_a_message_are_true_for_both_sides(kind: Kind) -> None:
    """Who reads “our own” or “when you will write” takes it for their own."""
    for field in writing.FIELDS[kind]:
        said = f" {field.label} {' '.join((field.choices or {}).values()) if field.name != 'answer' else ''} ".lower()
        assert not re.search(r"\b(you|your|our|ours|we)\b", said), field.label


def test_whoever_closes_a_case_reads_what_their_side_owes_still(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    form = f"cases/{one.case.ref}/write/?kind=closure"
    owes = "Closing does not end what your side owes."
    told = page(peru.one.person, form)
    assert owes in told
    assert f'cases/{one.case.ref}/#{one.ref}">Notification <bdi>{one.ref}</bdi></a>' in told
    assert "answer what it says" in told
    words = Words(Kind.CLOSURE, {"about": one.case.ref, "outcome": "Solved"})
    unsent = going.ready(peru.one, writing.draft(peru.one, one.case, words))
    assert owes in page(peru.two.person, f"drafts/{named(unsent)}/"), "the second person too"
    assert owes not in page(kenya.one.person, form), "they owe nothing"
    replied(peru, one, Answer.ANSWER, "Two hosts")
    assert owes not in page(peru.one.person, form)


# --- whom to call --------------------------------------------------------------------------------------------------


def test_each_try_says_whom_and_a_slip_ends_nothing(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    path = f"cases/{one.case.ref}/messages/{one.ref}/tries/"
    assert "The office is staffed now." in page(kenya.one.person, path)
    number = re.search(r'name="step" value="(\d+)"', page(kenya.one.person, path))
    assert number is not None
    told = post(kenya.one.person, f"{path}note/", step=number[1], result="reached", note="night guard")
    made = Attempt.objects.filter(result="reached").get()
    assert made.record is not None
    assert "If that was a slip" in told
    tried = told.split("<h2>Tried</h2>")[1].split("</ul>")[0]
    who, channel = channel_of(opened(made.record.sealed), made.place)
    assert f"{spaced(channel.value)}</bdi> <bdi>{who}</bdi>" in tried, "the number that was called, and whose it is"
    again = re.search(r'href="\?step=(\d+)"', told)
    assert again is not None
    assert f'name="step" value="{again[1]}"' in page(kenya.one.person, f"{path}?step={again[1]}")


def test_whoever_looks_whom_to_call_reads_that_the_other_side_has_opened_it(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    path = f"cases/{one.case.ref}/messages/{one.ref}/tries/"
    assert "They opened it" not in page(kenya.one.person, path)
    assert "Peru sees when" not in page(kenya.one.person, f"cases/{one.case.ref}/"), "nothing has come from them"
    assert "Kenya sees when your side first opened what they sent." in page(
        peru.one.person, f"cases/{one.case.ref}/"
    ), "and whoever opens it knows that this is told"
    opened_at = timezone.localtime(timezone.now(), ZoneInfo("Africa/Nairobi"))
    Dispatch.objects.update(delivered_at=opened_at)
    assert f"They opened it {opened_at:%a %H:%M}: somebody there can read it." in page(kenya.one.person, path)


def test_that_nobody_is_left_stands_in_no_list_of_what_can_be_tried(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    path = f"cases/{one.case.ref}/messages/{one.ref}/tries/"
    told = page(kenya.one.person, path)
    entries = told.split('<ol class="tries">')[1].split("</ol>")[0]
    assert "Nobody is left" not in told
    assert (
        entries.count("<li>")
        == entries.count("Try this one")
        == len(trying.plan(kenya.one, one, timezone.now()).steps) - 1
    )
    for number in range(entries.count("<li>")):
        trying.note(kenya.one, one, number, "no answer", "")
    assert "Nobody is left to try. Tell whoever decides on your side." in page(kenya.one.person, path)


@pytest.mark.parametrize("step", ["99", "-1", "x", "٣", "1" * 400])
def test_a_step_that_is_not_there_is_the_next_one(kenya: Side, peru: Side, step: str) -> None:
    one = sent(kenya, peru)
    path = f"cases/{one.case.ref}/messages/{one.ref}/tries/"
    first = re.search(r'name="step" value="(\d+)"', page(kenya.one.person, path))
    found = re.search(r'name="step" value="(\d+)"', page(kenya.one.person, f"{path}?step={step}"))
    assert first is not None
    assert found is not None
    assert found[1] == first[1]


def test_a_notice_that_was_taken_back_is_said_where_one_looks_whom_to_call(
    kenya: Side, peru: Side, lead: Person
) -> None:
    with MAIL:
        one = sent(kenya, peru)
    path = f"cases/{one.case.ref}/messages/{one.ref}/tries/"
    assert "Tell them yourself" not in page(kenya.one.person, path)
    outbox.settle_all(lead, kenya.actor.operation, "cancel", "")
    told = page(kenya.one.person, path)
    assert "Nobody read that. Tell them yourself." in told
    assert "<strong>taken back: nobody was told</strong>" in told


@pytest.mark.parametrize(
    ("stops", "words"),
    [
        ({"sending"}, "Nothing is sent by itself now: the team has stopped all sending. Call."),
        ({"clocks"}, "Look at the clocks yourself."),
        ({"sending", "clocks"}, "Nothing is sent by itself now, and no clock is announced: the team has stopped"),
    ],
)  # fmt: skip
def test_what_the_team_has_stopped_stands_first_where_people_wait_for_an_answer(
    kenya: Side, peru: Side, lead: Person, stops: set[str], words: str
) -> None:
    """Quiet is no peace: whoever is on duty must not take it for that."""
    one = sent(kenya, peru)
    path = f"cases/{one.case.ref}/"
    pages = ("duty/", path, f"{path}messages/{one.ref}/tries/")
    for each in pages:
        assert "the team has stopped" not in page(kenya.one.person, each)
    if "sending" in stops:
        outbox.stop_sending(lead, kenya.actor.operation, "")
    if "clocks" in stops:
        switches.stop(lead, kenya.actor.operation.pk, "contacts", "quiet please")
    for each in pages:
        assert words in page(kenya.one.person, each)


# --- the duty view -------------------------------------------------------------------------------------------------


def test_what_came_in_stands_on_the_duty_view_until_somebody_opens_it(kenya: Side, peru: Side) -> None:
    """Also what no clock asks for, and what came in a case that is closed."""
    one = sent(kenya, peru)
    page(peru.one.person, f"cases/{one.case.ref}/")
    assert "nobody here has opened it" not in page(peru.one.person, "duty/")
    wrong = later(kenya, one.case, Kind.CORRECTION, about=one.ref, reason="A slip", text="At 01:10")
    end = later(kenya, one.case, Kind.CLOSURE, about=one.case.ref, outcome="Solved")
    told = page(peru.two.person, "duty/")
    assert "nobody here has opened it" in told
    assert wrong.ref in told
    assert end.ref in told
    assert "Nothing waits" not in told
    assert len(re.search(r'data-alarms="([^"]*)"', told)[1].split()) == 2, "the page sounds for them"
    page(peru.two.person, f"cases/{one.case.ref}/")
    assert "Nothing waits" in page(peru.one.person, "duty/")


def test_whom_the_other_side_told_on_the_telephone_may_have_told_nobody(kenya: Side, peru: Side) -> None:
    """A slip on one side, or a guard at night, takes nothing from the other side's page."""
    one = sent(kenya, peru)
    trying.note(kenya.one, one, 2, "reached", "a night guard")
    assert "reached them" in page(kenya.one.person, f"cases/{one.case.ref}/")
    assert "nobody here has opened it" in page(peru.one.person, "duty/")
    Dispatch.objects.update(times={"deliver": 3600.0, "office_hours": False})
    deliver = [clock for clock in clockwork.of_case(one.case, timezone.now())[0].clocks if clock.which is Which.DELIVER]
    assert [clock.stopped_at is not None for clock in deliver] == [True], "the side that called has done its part"


def test_each_side_reads_for_whom_it_waits(kenya: Side, peru: Side) -> None:
    sent(kenya, peru)
    for side, other in ((kenya, "Peru"), (peru, "Kenya")):
        awaited = page(side.one.person, "duty/").split("<h2>You wait for them</h2>")[1].split("</section>")[0]
        assert f"<bdi>{other}</bdi></li>" in awaited


def test_a_clock_that_ran_out_long_ago_says_on_which_day(kenya: Side, peru: Side) -> None:
    """A weekday alone is every week's."""
    one = sent(kenya, peru)
    there = ZoneInfo("Africa/Nairobi")
    for days, told in ((0, "%a %H:%M"), (8, "%a {} %b %H:%M")):
        sent_at = timezone.now().replace(second=0, microsecond=0) - timedelta(days=days)
        Dispatch.objects.update(sent_at=sent_at, times={"substance": 3600.0, "office_hours": False})
        due = timezone.localtime(sent_at + timedelta(hours=1), there)
        words = f"answer what it says, {due:{told.format(due.day)}}</span>"
        assert words in page(peru.one.person, "duty/")
        assert words in page(peru.one.person, f"cases/{one.case.ref}/")


def test_a_promise_that_was_not_kept_stays_after_its_alarm_is_silent(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    soon = (timezone.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%MZ")
    replied(peru, one, Answer.ANSWER, "We look into it", next_at=soon)
    Dispatch.objects.filter(kind="reply").update(next_at=timezone.now() - timedelta(hours=1))
    late = timezone.now() + timedelta(hours=2)
    assert clockwork.fire(late) >= 1
    for fired in duty.alarms(kenya.one, late):
        duty.hear(kenya.one, fired)
    assert [found.over for found in duty.duty(kenya.one, late).awaited] == [True]


def test_the_duty_is_handed_over_to_another_person_who_takes_it(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    told = post(kenya.one.person, "duty/hand-over/", actor="kenya", note="Call Lima at 22:00")
    assert "You handed over" in told
    assert "hands over to you" not in told
    theirs = page(kenya.two.person, "duty/")
    assert "hands over to you" in theirs
    assert "Call Lima at 22:00" in theirs
    assert f"cases/{one.case.ref}/" in theirs
    assert "Call Lima" not in page(peru.one.person, "duty/")
    number = re.search(r"duty/(\w+)/take-over/", theirs)
    assert number is not None
    assert at_work(peru.one.person).post(f"/sample/contacts/duty/{number[1]}/take-over/").status_code == 404
    assert "You are on duty." in post(kenya.two.person, f"duty/{number[1]}/take-over/")
    assert (
        at_work(peru.one.person).post("/sample/contacts/duty/hand-over/", {"actor": "kenya", "note": "x"}).status_code
        == 403
    )


# --- typed in ------------------------------------------------------------------------------------------------------


def test_what_was_read_out_is_looked_at_first_and_a_slip_keeps_what_was_typed(kenya: Side, peru: Side) -> None:
    script = spoken.script(said_of(sent(kenya, peru)))
    wrong = post(peru.one.person, "take/", text=script.replace("Wiper", "Viper"))
    assert "check words do not fit" in wrong
    assert escape("<Viper on a port's network>") in wrong
    looked = post(peru.one.person, "take/", text=script)
    assert "Take it in" in looked
    assert "Nov 2026 05:10" in looked, "times on the reader's own clock"
    assert "there is one of it" in post(peru.one.person, "take/", text=script, sure="1")
    assert Dispatch.objects.count() == 1


def test_a_form_filled_in_by_hand_is_taken_without_check_words_after_saying_that_nothing_proves_it(
    kenya: Side, peru: Side
) -> None:
    said = said_of(sent(kenya, peru))
    words = " ".join(check_words(said))
    paper = fax.form(said).replace(f"    | {words}", f"    | {'_' * 40}")
    looked = post(peru.one.person, "take/", text=paper)
    assert "It has no check words: nothing proves that it was copied without a slip" in looked
    assert "Its check words are right" not in looked
    assert "there is one of it" in post(peru.one.person, "take/", text=paper, sure="1")
    assert "Its check words are right" in post(peru.one.person, "take/", text=fax.form(said))
    wrong = post(peru.one.person, "take/", text=fax.form(said).replace(words, "acorn acorn acorn"), sure="1")
    assert "check words do not fit" in wrong


def test_what_was_read_out_is_not_taken_without_check_words(kenya: Side, peru: Side) -> None:
    script = spoken.script(said_of(sent(kenya, peru)))
    without = "\n".join(line for line in script.splitlines() if not line.startswith("Check words"))
    assert "are missing: nobody can know that all was heard" in post(peru.one.person, "take/", text=without, sure="1")


def test_a_form_in_which_somebody_wrote_marks_is_taken_for_a_form(kenya: Side, peru: Side) -> None:
    said = said_of(sent(kenya, peru, fields={**NOTICED, "what": "Load <1 % before, > 90 % now"}))
    assert "Take it in" in post(peru.one.person, "take/", text=fax.form(said))


def test_what_is_for_another_side_is_not_taken_and_not_lost(kenya: Side, peru: Side, chile: Side) -> None:
    script = spoken.script(said_of(sent(kenya, peru, marking=Marking.RED)))
    told = post(chile.one.person, "take/", text=script, sure="1")
    assert "This message is for Peru" in told
    assert escape("<Wiper on a port's network>") in told
    assert Case.objects.count() == 1


def test_who_types_in_messages_and_answers_them_alone_does_not_get_the_whole_directory_by_it(
    kenya: Side, operation: Operation, lead: Person, custodian: Person
) -> None:
    """`tries` shows all numbers of the other side; a reply that one person sends alone opens it no further than the
    directory."""
    team, other = of_team(lead, operation), of_team(custodian, operation)
    reached = set()
    for number in range(looking.MEMBER.most + 3):
        state = Actor.objects.create(operation=operation, code=f"s{number}", name=f"State {number}", kind="state")
        there = office(state, team, other)
        case = f"QQ{number + 10}"
        heard = Said(
            f"{case}-01", case, Kind.NOTIFICATION, there.code, kenya.office.code,
            datetime(2026, 11, 27, 2, tzinfo=UTC), NOTICED,
        )  # fmt: skip
        taken = taking.by_hand(kenya.one, heard)
        reply = replied(kenya, taken.dispatch, Answer.RECEIVED)
        answer = at_work(kenya.one.person).get(f"/sample/contacts/cases/{case}/messages/{reply.ref}/tries/")
        if f"duty@s{number}.example" in answer.content.decode():
            reached.add(number)
        else:
            assert answer.status_code == 429
    assert len(reached) == looking.MEMBER.most
    assert set(Alarm.objects.values_list("kind", flat=True)) == {Alarm.MANY, Alarm.STOPPED}


def test_who_looks_up_many_parties_by_messages_of_two_people_is_not_stopped_and_the_team_is_told(
    kenya: Side, operation: Operation, lead: Person, custodian: Person
) -> None:
    team, other = of_team(lead, operation), of_team(custodian, operation)
    for number in range(looking.MEMBER.most + 1):
        assert not Alarm.objects.exists()
        state = Actor.objects.create(operation=operation, code=f"s{number}", name=f"State {number}", kind="state")
        there = office(state, team, other)
        made = writing.begin(kenya.one, kenya.office, there, Words(Kind.NOTIFICATION, NOTICED), exercise=True)
        going.ready(kenya.one, made)
        sent_now = going.release(kenya.two, made)
        page(kenya.one.person, f"cases/{sent_now.case.ref}/messages/{sent_now.ref}/tries/")
    assert set(Alarm.objects.values_list("kind", flat=True)) == {Alarm.MANY}


def test_a_state_sees_at_once_what_another_one_typed_in_in_its_name(kenya: Side, peru: Side) -> None:
    """One person of Peru alone can write what Kenya is to have said."""
    first = sent(kenya, peru)
    case = first.case.ref
    told = Said(
        f"{case}-03", case, Kind.CORRECTION, kenya.office.code, peru.office.code, datetime(2026, 11, 27, 2, tzinfo=UTC),
        {"about": first.ref, "reason": "A slip", "text": "It was us"},
    )  # fmt: skip
    assert "as your words" not in page(kenya.one.person, "duty/")
    taking.by_hand(peru.one, told)
    on_duty = page(kenya.one.person, "duty/")
    assert "Typed in by others as your words" in on_duty
    assert "typed in by Peru" in on_duty
    assert f"cases/{case}/" in on_duty
    assert "Nothing waits" not in on_duty
    assert "as your words" not in page(peru.one.person, "duty/")
    assert "has not confirmed that they said this" in page(peru.one.person, f"cases/{case}/")
    assert "Yes, we said this" in page(kenya.one.person, f"cases/{case}/")
    told_no = post(kenya.one.person, f"cases/{case}/messages/{told.ref}/own/", said="no")
    assert "says that nobody there said this" in told_no
    assert "It counts for nothing" in page(peru.one.person, f"cases/{case}/")
    assert "as your words" not in page(kenya.two.person, "duty/")


def test_whoever_reads_a_message_where_it_is_answered_has_it(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    assert "Wiper on a port" in page(peru.one.person, f"cases/{first.case.ref}/write/?kind=reply&about={first.ref}")
    first.refresh_from_db()
    assert first.delivered_at is not None


def test_what_is_real_stands_before_any_exercise_and_what_ends_first_before_the_rest(kenya: Side, peru: Side) -> None:
    drill = sent(kenya, peru, exercise=True)
    slow, quick = sent(kenya, peru, Kind.CONSULTATION, dict(example(Kind.CONSULTATION).fields)), sent(kenya, peru)
    found = duty.duty(peru.one, timezone.now())
    assert [one.dispatch.pk for one in found.owed] == [quick.pk, slow.pk, drill.pk]
    assert found.new[-1].pk == drill.pk


def test_the_second_person_reads_what_a_draft_is_about_and_what_else_was_said(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    written = [
        going.ready(
            by, writing.draft(by, first.case, Words(Kind.REPLY, {"about": first.ref, "answer": "answer", "text": said}))
        )
        for by, said in ((peru.one, "We confirm"), (peru.two, "Not from us"))
    ]
    told = page(peru.two.person, f"drafts/{named(written[0])}/")
    assert "Wiper on a port" in told, "the message that is answered"
    assert "another draft in this case" in told
    going.release(peru.two, written[0])
    told = page(peru.one.person, f"drafts/{named(written[1])}/")
    assert "your side has answered this already" in told
    withdrawn = going.ready(kenya.one, writing.draft(
        kenya.one, first.case, Words(Kind.WITHDRAWAL, {"about": first.ref, "reason": "A slip"})))  # fmt: skip
    told = page(kenya.two.person, f"drafts/{named(withdrawn)}/")
    assert f"about {first.ref}" in told
    assert "How it came in" in told
    read = shown_mark(told)
    going.release(peru.one, written[1])
    assert "or a message came" in post(kenya.two.person, f"drafts/{named(withdrawn)}/send/", read=read)
    assert "came after this was written" in page(kenya.two.person, f"drafts/{named(withdrawn)}/")


# --- who has nothing owes nothing, and what nobody said counts for nothing -----------------------------------------


def told_of(side: Side) -> list[str]:
    """Each alarm of a side as its page says it."""
    shown = page(side.one.person, "duty/").partition("Not done in time</h2>")[2].partition("</section>")[0]
    return [" ".join(re.sub("<[^>]*>", " ", one).split()) for one in re.findall("(?s)<li>(.*?)</li>", shown)]


def test_nobody_is_blamed_for_what_is_not_known_to_have_reached_them(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    Dispatch.objects.filter(pk=one.pk).update(sent_at=timezone.now() - timedelta(days=2))
    clockwork.fire(timezone.now())
    assert any("it is not known to have reached Peru by then" in said for said in told_of(kenya))
    assert not any("Peru owed it" in said for said in told_of(kenya))
    Dispatch.objects.filter(pk=one.pk).update(delivered_at=timezone.now() - timedelta(days=2))
    assert any("Peru owed it by" in said for said in told_of(kenya))


def test_an_alarm_that_turned_out_to_be_none_is_shown_no_more(kenya: Side, peru: Side) -> None:
    """The clock of the machine was two days ahead for a while."""
    one = sent(kenya, peru)
    replied(peru, one, Answer.RECEIVED)
    assert clockwork.fire(timezone.now() + timedelta(days=2)) > 0
    assert told_of(kenya) == []
    assert told_of(peru) == []


def typed_in(by: Side, of: Side, at: datetime) -> Dispatch:
    said = Said("ABCDEF-01", "ABCDEF", Kind.NOTIFICATION, of.office.code, by.office.code, at, NOTICED)
    return taking.by_hand(by.one, said).dispatch


def test_what_a_side_never_said_starts_no_clock_and_raises_no_alarm_there(kenya: Side, peru: Side) -> None:
    one = typed_in(kenya, peru, timezone.now() - timedelta(days=8))
    assert clockwork.fire(timezone.now()) > 0
    assert told_of(peru) == [], "they may never have said it"
    assert told_of(kenya) != [], "whoever took it in owes an answer, if it is real"
    case = f"cases/{one.case.ref}/"
    assert "Withdraw it" not in page(peru.one.person, case)
    post(peru.one.person, f"{case}messages/{one.ref}/own/", said="no")
    assert told_of(kenya) == []
    assert "Withdraw it" not in page(peru.one.person, case)
    for shown in (page(kenya.one.person, "duty/"), page(peru.one.person, "duty/")):
        assert "They wait for you" not in shown
        assert "You wait for them" not in shown
    assert "Nobody there said this" in page(kenya.one.person, "duty/")
    assert "Nobody there said this" not in page(peru.one.person, "duty/")


def test_an_office_that_nobody_has_confirmed_for_long_is_marked_and_tried_last(kenya: Side, peru: Side) -> None:
    one = sent(kenya, peru)
    peru.office.refresh_from_db()
    type(peru.office).objects.filter(pk=peru.office.pk).update(verified_at=timezone.now() - timedelta(days=250))
    choice = page(kenya.one.person, "cases/new/")
    assert re.search(r"Peru, technical \(do not rely on it\)</option>", choice)
    assert re.search(r"Peru, diplomatic</option>", choice)
    plan = trying.plan(kenya.one, one, timezone.now())
    targets = [step.target for step in plan.steps]
    assert targets.index("peru/diplomatic") < targets.index("peru/technical")
    told = page(
        kenya.one.person, f"cases/{one.case.ref}/messages/{one.ref}/tries/?step={targets.index('peru/technical')}"
    )
    assert "Nobody of theirs has confirmed these numbers for long" in told
