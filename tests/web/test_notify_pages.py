"""What people see of the messages that go out, and what they decide about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.cli.main import run
from rapport.desk.sending import outbox
from rapport.errors import Conflict, NotAllowed
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.operations.models import Operation, Source
from rapport.oversight.models import Decision, DecisionKind
from tests.web.outbox import message, writer

S = OutboxState
PAGE = "/sample/outbox/"


@pytest.fixture
def sms(operation: Operation) -> Source:
    return Source.objects.get(operation=operation, slug="sms")


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def put(at: Source, state: str, text: str = "Ki kote ou ye?", **more: object) -> OutboxMessage:
    row = message(at, text)
    OutboxMessage.objects.filter(pk=row.pk).update(state=state, **more)
    row.refresh_from_db()
    return row


def decided() -> list[str]:
    return [outbox.label(one) for one in Decision.objects.filter(kind=DecisionKind.SENDING).order_by("pk")]


def test_the_page_says_that_nothing_waits(volunteer: Person) -> None:
    text = signed_in(volunteer).get(PAGE).content.decode()
    assert "Nothing waits to be sent." in text
    assert "Stop all sending" not in text


def test_it_says_what_waits_and_until_when(volunteer: Person, sms: Source) -> None:
    for number in range(150):
        message(sms, f"Dlo {number}")
    text = signed_in(volunteer).get(PAGE).content.decode()
    assert "sms: 150 waiting, done in about 3 min at 60 a minute." in text
    assert "30 of 150 are shown." in text


def test_each_message_is_shown_with_its_text_and_reason_and_never_its_address(volunteer: Person, sms: Source) -> None:
    put(sms, S.FAILED, "<b>Kote?</b>", problem="The gateway answered 400.")
    put(sms, S.UNSURE, "Perhaps this", problem="The line broke.")
    put(sms, S.DELIVERED, "Came")
    text = signed_in(volunteer).get(PAGE).content.decode()
    for shown in ("&lt;b&gt;Kote?&lt;/b&gt;", "The gateway answered 400.", "Perhaps this", "The line broke.", "Came"):
        assert shown in text
    assert f"to {writer(sms.operation, sms).pk[:6]}" in text
    assert "50955500123" not in text
    assert writer(sms.operation, sms).pk not in text


def test_the_stop_button_stops_and_says_who(lead: Person, volunteer: Person, operation: Operation, sms: Source) -> None:
    client = signed_in(lead)
    assert client.post(f"{PAGE}stop/", {"reason": "wrong text"}).status_code == 302
    text = signed_in(volunteer).get(PAGE).content.decode()
    assert "lea stopped all sending, " in text
    assert "Resume sending" not in text, "a volunteer may not"
    operation.refresh_from_db()
    assert (operation.sending_stopped_at is not None, operation.sending_stopped_by) == (True, lead)
    client.post(f"{PAGE}stop/", {"reason": "again"})
    client.post(f"{PAGE}resume/", {"reason": "mended"})
    client.post(f"{PAGE}resume/")
    assert decided() == ["stopped all sending", "resumed sending"]
    assert list(Decision.objects.order_by("pk").values_list("reason", flat=True)) == ["wrong text", "mended"]
    assert "Nothing waits to be sent." in client.get(PAGE).content.decode()


def test_the_record_of_decisions_says_what_was_done(lead: Person) -> None:
    client = signed_in(lead)
    client.post(f"{PAGE}stop/", {"reason": "wrong text"})
    text = client.get("/sample/desk/decisions/").content.decode()
    assert "stopped all sending" in text
    assert "wrong text" in text


def test_a_volunteer_may_not_stop(volunteer: Person, operation: Operation) -> None:
    assert signed_in(volunteer).post(f"{PAGE}stop/").status_code == 403
    with pytest.raises(NotAllowed):
        outbox.stop_sending(volunteer, operation, "")
    operation.refresh_from_db()
    assert operation.sending_stopped_at is None


@pytest.mark.parametrize("state", [S.UNSURE, S.FAILED])
def test_a_message_is_sent_again_once(volunteer: Person, sms: Source, state: str) -> None:
    row = put(sms, state, attempts=8, gone=True, claim="x", problem="why", next_at=timezone.now() + timedelta(1))
    client = signed_in(volunteer)
    for _ in range(2):
        client.post(f"{PAGE}{row.pk}/again/")
    row.refresh_from_db()
    assert (row.state, row.attempts, row.gone, row.claim, row.next_at) == (S.WAITING, 0, False, "", None)
    assert decided() == ["sent a message again"]
    assert Decision.objects.get().before == {"message": row.pk, "state": state, "problem": "why"}


def test_what_was_perhaps_sent_can_be_left(volunteer: Person, sms: Source) -> None:
    row = put(sms, S.UNSURE, gone=True)
    signed_in(volunteer).post(f"{PAGE}{row.pk}/leave/")
    row.refresh_from_db()
    assert (row.state, row.problem) == (S.HANDED, "Perhaps sent; left so by vero.")
    assert decided() == ["left a message as perhaps sent"]


@pytest.mark.parametrize("state", [S.WAITING, S.SENDING, S.HANDED, S.SENT, S.DELIVERED, S.STOPPED, S.CANCELLED])
def test_nothing_else_is_sent_again(volunteer: Person, sms: Source, state: str) -> None:
    row = put(sms, state)
    for action in (outbox.send_again, outbox.leave):
        with pytest.raises(Conflict, match="somebody or something was first"):
            action(volunteer, row)
    row.refresh_from_db()
    assert row.state == state
    assert not Decision.objects.exists()


def test_a_translator_sees_the_page_and_sends_nothing_again(someone: Callable[..., Person], sms: Source) -> None:
    row = put(sms, S.UNSURE)
    client = signed_in(someone("tina", Role.TRANSLATOR))
    text = client.get(PAGE).content.decode()
    assert ("Perhaps sent" in text, "Send again" in text) == (True, False)
    assert client.post(f"{PAGE}{row.pk}/again/").status_code == 403


def test_another_operation_s_message_cannot_be_reached(volunteer: Person, sms: Source) -> None:
    row = put(sms, S.UNSURE)
    other = Operation.objects.get(pk=sms.operation_id)
    other.pk, other.slug = None, "other"
    other.save()
    OutboxMessage.objects.filter(pk=row.pk).update(operation=other)
    assert signed_in(volunteer).post(f"{PAGE}{row.pk}/again/").status_code == 404


def test_quiet_hours_are_said(volunteer: Person, operation: Operation, sms: Source) -> None:
    operation.sending = {"quiet_from": "00:00", "quiet_to": "00:00"}
    operation.save()
    message(sms)
    assert "Quiet hours until 00:00" in signed_in(volunteer).get(PAGE).content.decode()


def test_the_command_does_the_same(lead: Person, sms: Source, capsys: pytest.CaptureFixture[str]) -> None:
    put(sms, S.UNSURE)
    assert run(["sending", "stop", "sample", "--as", "lea", "--reason", "drill"]) == 0
    assert run(["sending", "stop", "sample", "--as", "lea"]) == 1
    assert "lea stopped all sending, " in capsys.readouterr().err
    assert run(["sending", "status", "sample", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["messages"]["unsure"] == 1
    assert found["stopped"].startswith("lea stopped all sending")
    assert run(["sending", "resume", "sample", "--as", "lea"]) == 0
    assert decided() == ["stopped all sending", "resumed sending"]


def test_what_waits_is_taken_back_at_once_and_never_goes_out(lead: Person, sms: Source) -> None:
    waits, tried, under_way = put(sms, S.WAITING), put(sms, S.WAITING, gone=True), put(sms, S.SENDING)
    client = signed_in(lead)
    client.post(f"{PAGE}stop/")
    assert "Take back all that wait" in client.get(PAGE).content.decode()
    client.post(f"{PAGE}all/", {"what": "cancel", "reason": "wrong text"})
    client.post(f"{PAGE}resume/")
    for row in (waits, tried, under_way):
        row.refresh_from_db()
    assert (waits.state, tried.state, under_way.state) == (S.CANCELLED, S.UNSURE, S.SENDING)
    assert decided() == ["stopped all sending", "took back 2 messages that waited", "resumed sending"]
    with pytest.raises(Conflict, match="No message is waiting now"):
        outbox.settle_all(lead, sms.operation, "cancel", "")


@pytest.mark.parametrize(
    ("what", "became", "told"),
    [("again", S.WAITING, "sent 2 messages again"), ("leave", S.HANDED, "left 2 messages as perhaps sent")],
)
def test_all_that_was_perhaps_sent_is_decided_at_once(
    what: str, became: str, told: str, lead: Person, sms: Source
) -> None:
    for state in (S.UNSURE, S.UNSURE, S.FAILED):
        put(sms, state, gone=True)
    client = signed_in(lead)
    assert "All of them at once" in client.get(PAGE).content.decode()
    client.post(f"{PAGE}all/", {"what": what})
    assert list(OutboxMessage.objects.order_by("pk").values_list("state", flat=True)) == [became, became, S.FAILED]
    assert decided() == [told]


def test_who_may_not_stop_sending_takes_nothing_back(volunteer: Person, sms: Source) -> None:
    row = put(sms, S.WAITING)
    client = signed_in(volunteer)
    assert "Take back all that wait" not in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}all/", {"what": "cancel"}).status_code == 403
    row.refresh_from_db()
    assert row.state == S.WAITING


def test_the_command_takes_back_what_waits(lead: Person, sms: Source, capsys: pytest.CaptureFixture[str]) -> None:
    message(sms)
    assert run(["sending", "cancel", "sample", "--as", "lea", "--reason", "wrong text"]) == 0
    assert "1 messages that waited in sample are taken back." in capsys.readouterr().out
    assert run(["sending", "cancel", "sample", "--as", "lea"]) == 1


def test_a_setting_with_choices_takes_no_other(someone: Callable[..., Person], sms: Source) -> None:
    client = signed_in(someone("ada", Role.ADMIN))
    assert '<select id="sms-results"' in client.get("/sample/sources/").content.decode()
    answer = client.post("/sample/sources/sms/settings/", {"setting-results": "perhaps"})
    assert (answer.status_code, "results is one of on, off" in answer.content.decode()) == (400, True)
    assert client.post("/sample/sources/sms/settings/", {"setting-results": "on"}).status_code == 302
