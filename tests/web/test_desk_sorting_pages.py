"""The desk's smaller forms, without script: urgency, passing on, senders, questions, filters, notes, translators."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions, senders
from rapport.desk.models import Lease, SavedFilter
from rapport.desk.queue import escalation, figures, handover, leases, saved
from rapport.desk.standing_orders import orders
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Operation, StandingOrder
from rapport.oversight.models import Decision
from rapport.reports.models import Report, Suggestion
from rapport.values import Trust
from tests.pure.test_orders import RULE
from tests.web.desk import DRAFT, report

ROSE = "50937001122"


@pytest.fixture
def vero(volunteer: Person) -> Client:
    return signed_in(volunteer)


@pytest.fixture
def vincent(verifier: Person) -> Client:
    return signed_in(verifier)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def path(told: Report, *rest: str) -> str:
    return "/".join([f"/sample/desk/reports/{told.ref}", *rest]) + "/"


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", str(answer.content.decode()))


def test_the_page_says_why_this_one_is_next(vero: Client, operation: Operation) -> None:
    told = report(operation, urgency=1, people=40)
    page = text(vero.get(path(told)))
    assert "30.5 points: urgency 1 × 24 + people log10(1 + 40) × 4 + 0 min waited" in page
    assert "24 × urgency (0 to 3; × 0.5 where only the words suggest it) + 4 × log10(1 + people) + 2 for a" in page


def test_an_urgency_that_words_suggest_is_shown_as_such_until_a_person_has_set_it(
    vero: Client, operation: Operation
) -> None:
    told = report(operation, urgency_heard=3)
    Suggestion.objects.create(
        report=told, kind="urgency", value={"level": 3}, score=0.91, function="crisis-1 x",
        reasons=["its words speak of medical help: 91 % sure", "its words speak of request: 88 % sure"],
    )  # fmt: skip
    page = text(vero.get(path(told)))
    assert "urgency 3 as its words suggest, not confirmed, × 24 × 0.5" in page
    assert "its words speak of medical help: 91 % sure" in page
    assert "Nobody has confirmed it" in page
    assert "life in danger, say its words" in page
    assert "life in danger, say its words" in text(vero.get("/sample/desk/"))
    part = text(vero.post(path(told, "urgency"), {"urgency": "0"}, headers={"x-part": "1"}))
    assert "A person has set the urgency, which alone counts." in part
    assert "say its words" not in part + text(vero.get("/sample/desk/"))


def test_urgency_is_set_on_the_page_and_undone_from_the_record(vero: Client, operation: Operation) -> None:
    told = report(operation)
    vero.post(path(told, "urgency"), {"urgency": "2"})
    assert "urgent" in text(vero.get("/sample/desk/?part=urgent"))
    vero.post(path(told, "urgency"), {"urgency": "7"})
    told.refresh_from_db()
    assert told.urgency == 2
    vero.post(f"/sample/desk/decisions/{Decision.objects.get().pk}/undo/")
    told.refresh_from_db()
    assert told.urgency == 0


def test_the_script_gets_only_the_part_that_changed(vero: Client, operation: Operation) -> None:
    told = report(operation)
    part = text(vero.post(path(told, "urgency"), {"urgency": "2"}, headers={"x-part": "1"}))
    assert part.startswith(" <section") or part.startswith("<section")
    assert 'aria-pressed="true">2 urgent' in part
    assert "<html" not in part
    again = vero.post(path(told, "urgency"), {"urgency": "2"}, headers={"x-part": "1"})
    assert again.status_code == 400
    assert "already" in text(again)


def test_passed_to_a_verifier_the_next_report_opens(vero: Client, vincent: Client, operation: Operation) -> None:
    told, other = report(operation), report(operation)
    assert vero.post(path(told, "to-verifier"), {"reason": ""})["Location"] == path(told)
    assert vero.post(path(told, "to-verifier"), {"reason": "Two names: is it true?"})["Location"] == path(other)
    assert vincent.post("/sample/desk/next/")["Location"] == path(told)
    page = text(vincent.get(path(told)))
    assert "For a verifier: Two names: is it true?" in page
    assert "Verifiers are given it before everything else." in page
    assert "In its turn" not in page


def test_a_translator_works_through_what_the_desk_cannot_read(
    operation: Operation, someone: Any, volunteer: Person
) -> None:
    kreyol, english = (
        report(operation, "Nou grangou", language_said="ht"),
        report(operation, "Fire", language_said="en"),
    )
    passed = report(operation, "???", language_said="en")
    escalation.to_translators(volunteer, passed)
    tina = signed_in(someone("tina", Role.TRANSLATOR))
    page = text(tina.get("/sample/desk/translators/?read=en"))
    assert "Nou grangou" in page
    assert "Fire" not in page
    assert english.standing == "waiting"
    first = tina.post("/sample/desk/translators/next/")
    assert first["Location"] == path(kreyol) + "?from=translators"
    form = {"from": "translators", "language": "en", "text": "We are hungry"}
    assert tina.post(path(kreyol, "translate"), form)["Location"] == path(passed) + "?from=translators"
    assert leases.holder(kreyol) is None
    form["text"] = "Unreadable"
    assert tina.post(path(passed, "translate"), form)["Location"] == "/sample/desk/translators/"
    passed.refresh_from_db()
    assert not passed.for_translator
    assert "Nothing to translate" in text(tina.get("/sample/desk/translators/"))


def test_a_translator_keeps_a_report_for_longer_or_leaves_it_to_others(operation: Operation, someone: Any) -> None:
    kreyol = report(operation, "Nou grangou", language_said="ht")
    tina = signed_in(someone("tina", Role.TRANSLATOR))
    tina.post("/sample/desk/translators/next/")
    page = tina.get(path(kreyol) + "?from=translators").content.decode()
    assert "10 more minutes" in page
    assert "Leave it" in page
    soon = timezone.now() + timedelta(minutes=1)
    Lease.objects.update(until=soon)
    from_there = {"from": "translators"}
    assert tina.post(path(kreyol, "take"), from_there)["Location"] == path(kreyol) + "?from=translators"
    assert Lease.objects.get().until > soon + timedelta(minutes=5)
    assert tina.post(path(kreyol, "release"), from_there)["Location"] == "/sample/desk/translators/"
    assert leases.holder(kreyol) is None


def test_a_translator_holds_nothing_to_decide_about_it_and_leaves_nothing_of_others(
    vero: Client, operation: Operation, someone: Any
) -> None:
    one = report(operation)
    tina = signed_in(someone("tina", Role.TRANSLATOR))
    assert tina.post(path(one, "take")).status_code == 403
    vero.post(path(one, "take"))
    tina.post(path(one, "release"), {"from": "translators"})
    assert leases.holder(one) is not None


def test_the_record_says_who_took_care_of_an_event(vero: Client, operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT, publish=True)
    page = f"/sample/desk/events/{event.ref}/"
    vero.post(page + "response/", {"response": "assigned", "by": "Red Cross"})
    assert "assigned</span> to Red Cross" in text(vero.get(page))
    vero.post(page + "response/", {"response": "done", "by": ""})
    assert "response assigned (Red Cross) → done" in text(vero.get(page))


def test_a_language_that_is_not_one_of_ours_is_named(vero: Client, operation: Operation) -> None:
    assert "العربيّة (said)" in text(vero.get(path(report(operation, "ماء", language_said="ar"))))
    assert "Español (said)" in text(vero.get(path(report(operation, "agua", language_said="es"))))


def test_a_sender_is_blocked_with_a_reason_and_shown_as_such(
    vero: Client, vincent: Client, operation: Operation, volunteer: Person
) -> None:
    actions.reject(volunteer, report(operation, "Vann machin", number=ROSE), "Advertisement")
    told = report(operation, "Vann kay", number=ROSE)
    page = text(vero.get(path(told)))
    assert "2 reports: 0 in events, 1 rejected, 1 waiting" in page
    assert vero.post(path(told, "sender"), {"trust": "blocked", "reason": "Sells"}).status_code == 403
    assert "Write the reason" in text(vincent.post(path(told, "sender"), {"trust": "blocked", "reason": ""}))
    vincent.post(path(told, "sender"), {"trust": "blocked", "reason": "Sells cars"})
    assert "<strong>blocked</strong>: Sells cars" in text(vero.get(path(told)))
    assert told.sender is not None
    said = f"sender {told.sender.pk[:6]} unknown → blocked"
    assert said in text(vero.get("/sample/desk/decisions/")), "the record says who was blocked"
    queue = text(vero.get("/sample/desk/"))
    assert "Vann kay" not in queue
    assert "1 kept, offered to nobody" in queue
    assert "Vann kay" in text(vero.get("/sample/desk/?part=blocked"))
    assert vero.post("/sample/desk/next/")["Location"] == "/sample/desk/?part=blocked"


def test_the_conversation_shows_both_sides_and_a_question_is_asked_once(vero: Client, operation: Operation) -> None:
    told = report(operation, "Nou bezwen dlo", number=ROSE)
    page = text(vero.get(path(told)))
    found = re.search(r'name="form_id" value="([0-9a-f-]+)"', page)
    assert found is not None
    form = {"form_id": found[1], "ready": "ht", "question": "", "language": "en"}
    for _ in range(2):
        assert vero.post(path(told, "ask"), form).status_code == 302
    message = OutboxMessage.objects.get()
    assert (message.body, message.language) == ("Mèsi. Ki kote ou ye?", "ht")
    page = text(vero.get(path(told)))
    assert page.index("Nou bezwen dlo</p>") < page.index("Mèsi. Ki kote ou ye?</p>")
    assert re.search(r"vero, <time.{1,200}</time> · waiting", page)


def test_a_question_that_cannot_be_sent_stays_in_its_field(vero: Client, operation: Operation) -> None:
    told = report(operation, number=ROSE)
    answer = vero.post(path(told, "ask"), {"question": "x" * 161, "language": "ht"})
    assert answer.status_code == 400
    assert "Write 1 to 160 characters" in text(answer)
    assert "x" * 161 in text(answer)
    assert ">" + "There is nobody" not in text(answer)


def test_filters_are_saved_for_oneself_or_for_everybody(
    vero: Client, vincent: Client, operation: Operation, volunteer: Person, verifier: Person
) -> None:
    vero.post("/sample/desk/filters/", {"name": "Water", "text": "dlo"})
    vero.post("/sample/desk/filters/", {"name": "Urgent", "part": "urgent", "source": "sms", "shared": "1"})
    assert 'href="?source=sms&amp;part=urgent"' in text(vincent.get("/sample/desk/"))
    assert "Water" not in text(vincent.get("/sample/desk/"))
    assert 'href="?text=dlo"' in text(vero.get("/sample/desk/"))
    urgent = SavedFilter.objects.get(name="Urgent")
    vincent.post(f"/sample/desk/filters/{urgent.pk}/delete/")
    assert [one.name for one in saved.shown(operation, verifier)] == ["Urgent"]
    answer = vero.post(f"/sample/desk/filters/{urgent.pk}/delete/", follow=True)
    assert f"The saved filters “{urgent.name}” are deleted." in text(answer)
    assert not saved.shown(operation, verifier).exists()


def test_a_note_is_left_for_the_next_shift(vero: Client, vincent: Client, operation: Operation) -> None:
    for _ in range(2):
        vero.post("/sample/desk/hand-over/", {"text": "Delmas is done."})
    vero.post("/sample/desk/hand-over/", {"text": "Watch Jacmel."})
    assert "Watch Jacmel." in text(vincent.get("/sample/desk/"))
    history = text(vincent.get("/sample/desk/hand-over/"))
    assert history.count("Delmas is done.") == 1
    assert vero.post("/sample/desk/hand-over/", {"text": " "}).status_code == 400
    assert handover.newest(operation).text == "Watch Jacmel."  # type: ignore[union-attr]


@pytest.mark.parametrize("note", ["Delmas is closed. " * 220, "a\n" * 1_000, "x" * 4_000])
def test_a_long_note_is_opened_by_who_wants_all_of_it(vero: Client, operation: Operation, note: str) -> None:
    vero.post("/sample/desk/hand-over/", {"text": note})
    page = text(vero.get("/sample/desk/"))
    shown = page.split('<details class="opening"><summary>')[1].split("</summary>")[0]
    assert "Read all" in shown
    assert len(shown) < 400
    assert shown.count("<br>") < 5
    assert page.count(note.strip()[-1]) > 200, "and the whole of it behind that"
    vero.post("/sample/desk/hand-over/", {"text": "Delmas is closed.\r\nJacmel is open."})
    assert '<details class="opening"' not in text(vero.get("/sample/desk/"))


def test_the_figures_say_when_the_queue_is_empty(operation: Operation, volunteer: Person) -> None:
    assert figures.of(operation).outlook == "Nothing waits."
    for number in range(6):
        report(operation, f"Report {number}")
    assert figures.of(operation).outlook == "Nobody has decided anything in the last hour."
    actions.accept(volunteer, Report.objects.earliest("id"), DRAFT)
    now = figures.of(operation)
    assert (now.waiting, now.came, now.decided) == (5, 6, 1)
    assert now.outlook == "The queue grows by 5 an hour."
    assert figures.Figures(30, 0, 60, 30, 10, 40).outlook == "Empty in about 1 h at the pace of the last hour."


def test_the_figures_are_of_what_people_are_offered(
    vero: Client, operation: Operation, lead: Person, verifier: Person, volunteer: Person
) -> None:
    order = StandingOrder.objects.create(operation=operation, slug="old-map", text="…", rule={**RULE, "source": "sms"})
    approved = {"lon": -72.3, "lat": 18.54, "fields": {"APPROVED": "YES"}}
    assert orders.apply([orders.sign(lead, order)], [report(operation, **approved) for _ in range(5)]) == 5
    long_ago = report(operation, number=ROSE, received_at=timezone.now() - timedelta(days=3))
    senders.set_trust(verifier, long_ago.sender, Trust.BLOCKED, "Abuse.")  # type: ignore[arg-type]
    for _ in range(2):
        report(operation)
    actions.reject(volunteer, Report.objects.filter(standing="waiting", sender=None).earliest("id"), "A test.")
    now = figures.of(operation)
    assert (now.waiting, now.blocked, now.came, now.by_orders, now.decided) == (1, 1, 2, 5, 1)
    assert now.outlook == "The queue grows by 1 an hour."
    assert (now.oldest_s or 0) < 60  # not that of the blocked sender, which nobody is offered
    assert vero.get("/sample/desk/pulse").json()["oldest_s"] < 60
    assert "and 5 that standing orders decided" in text(vero.get("/sample/desk/"))


def test_events_are_found_by_words_for_the_script(vero: Client, operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    found = vero.get("/sample/desk/find-events", {"q": "delmas"}).json()["events"]
    assert found == [
        {
            "ref": event.ref,
            "called": "No water at Delmas 33",
            "place": "Delmas 33",
            "status": "unverified",
            "publication": "published",
            "closed": False,
        }
    ]
    assert vero.get("/sample/desk/find-events", {"q": ""}).json() == {"events": []}


def test_the_reason_used_last_is_offered_again(vero: Client, operation: Operation) -> None:
    first, second = report(operation), report(operation)
    assert "Reject: No information that can be acted upon" in text(vero.get(path(first)))
    vero.post(path(first, "reject"), {"reason": "Advertisement"})
    assert "Reject: Advertisement" in text(vero.get(path(second)))


def test_trusted_is_seen_in_the_queue(vero: Client, operation: Operation) -> None:
    told = report(operation, number=ROSE)
    told.sender.trust = Trust.TRUSTED  # type: ignore[union-attr]
    told.sender.save()  # type: ignore[union-attr]
    assert "trusted sender" in text(vero.get("/sample/desk/?part=trusted"))


def test_who_may_not_translate_is_not_led_there(vero: Client, operation: Operation, someone: Any) -> None:
    assert "To translate" in text(vero.get("/sample/desk/"))
    custodian = signed_in(someone("cora", Role.CUSTODIAN))
    assert "To translate" not in text(custodian.get("/sample/desk/"))
    assert custodian.get("/sample/desk/translators/").status_code == 403
