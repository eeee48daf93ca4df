"""What waits goes out: once, when it may, and with a reason where it does not. Against real servers on this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from rapport.intake import doors, limits
from rapport.notify import calls, claims, hours, mail, send
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.notify.ways import Lane
from rapport.operations.load import set_source_settings
from rapport.operations.models import Operation, Source
from rapport.reports.models import Report, Sender
from tests.contracts.gateways_out import (
    BROKEN,
    DROP,
    HOST,
    LATER,
    NEVER,
    TAKE,
    TAKE_AND_DROP,
    Door,
    Post,
    door,
    post,
)
from tests.web.outbox import MAIL_FROM, message, plain, send_all, source, writer, wrote

S = OutboxState
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    doors.forget()
    limits.forget()


@pytest.fixture
def gateway() -> Iterator[Door]:
    with door() as made:
        yield made


@pytest.fixture
def mails() -> Iterator[Post]:
    with post() as made, override_settings(SMTP=mail.Server(HOST, made.port, False), MAIL_FROM=MAIL_FROM):
        yield made


def now_is(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(timezone, "now", lambda: at)


def fresh(row: OutboxMessage) -> OutboxMessage:
    row.refresh_from_db()
    return row


def wait_is_over() -> None:
    OutboxMessage.objects.update(next_at=None)


# --- a gateway that is called --------------------------------------------------------------------------------------


def test_a_message_is_sent_once_and_its_text_is_kept(operation: Operation, gateway: Door) -> None:
    row = message(plain(operation, gateway.url))
    assert send_all() == 1
    assert send_all() == 0
    assert gateway.took == {"Ki kote ou ye?": 1}
    assert gateway.calls[0].fields == {"to": "+50955500123", "text": "Ki kote ou ye?", "id": str(row.uuid)}
    assert gateway.calls[0].headers["idempotency-key"] == str(row.uuid)
    assert (fresh(row).state, row.gateway_id, row.body, row.attempts) == (S.HANDED, "g-1", "Ki kote ou ye?", 1)


def test_what_the_gateway_cannot_take_now_is_tried_again_later_and_later(operation: Operation, gateway: Door) -> None:
    gateway.behave = lambda call: LATER
    row = message(plain(operation, gateway.url))
    waits = []
    for _ in range(claims.ATTEMPTS):
        send_all()
        assert send_all() == 0, "it must wait before it is tried again"
        if fresh(row).state == S.WAITING and row.next_at is not None:
            waits.append((row.next_at - timezone.now()).total_seconds() / 60)
        wait_is_over()
    assert [round(minutes, -1) for minutes in waits] == pytest.approx([0, 10, 20, 60, 240, 240, 240], abs=70)
    assert waits[0] < 2 < waits[1] < waits[2] < waits[3] < waits[4]
    assert fresh(row).state == S.FAILED
    assert row.problem == "Given up after 8 tries. The gateway answered 503."
    assert gateway.took == {}


def test_what_the_gateway_will_never_take_fails_with_the_reason(operation: Operation, gateway: Door) -> None:
    gateway.behave = lambda call: NEVER
    row = message(plain(operation, gateway.url))
    assert send_all() == 1
    assert (fresh(row).state, row.problem) == (S.FAILED, "The gateway answered 400.")


@pytest.mark.parametrize("how", [TAKE_AND_DROP, DROP, BROKEN])
def test_a_line_that_breaks_after_the_request_leaves_it_to_a_person(
    operation: Operation, gateway: Door, how: str
) -> None:
    gateway.behave = lambda call: how
    row = message(plain(operation, gateway.url))
    assert send_all() == 1
    wait_is_over()
    assert send_all() == 0
    assert fresh(row).state == S.UNSURE
    assert row.problem


def test_where_a_repetition_is_safe_it_is_simply_repeated(operation: Operation, gateway: Door) -> None:
    behaviour = [TAKE_AND_DROP, BROKEN, TAKE]
    gateway.behave = lambda call: behaviour.pop(0)
    gateway.repeats = True
    settings = {"secret": "s", "send_url": gateway.url, "send_again": "safe"}
    row = message(source(operation, "plain", settings))
    for _ in range(3):
        send_all()
        wait_is_over()
    assert gateway.took == {"Ki kote ou ye?": 1}
    assert (fresh(row).state, row.attempts) == (S.HANDED, 3)


def test_a_gateway_that_is_away_is_tried_again(operation: Operation) -> None:
    with door() as gone:
        url = gone.url
    row = message(plain(operation, url))
    assert send_all() == 1
    assert (fresh(row).state, row.gone) == (S.WAITING, False)
    assert row.problem == "No connection to the gateway: it does not accept connections."


def test_a_gateway_that_stalls_is_left_after_the_time_allowed(
    operation: Operation, gateway: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "TOTAL_S", 0.3)
    gateway.behave, gateway.stall_s = (lambda call: "stall"), 3
    row = message(plain(operation, gateway.url))
    began = time.monotonic()
    send_all()
    assert time.monotonic() - began < 2
    assert fresh(row).state == S.UNSURE


def test_a_gateway_that_stalls_keeps_no_other_waiting(operation: Operation, gateway: Door) -> None:
    """Each source has a few calls under way and no more; the others' go on."""
    begun: list[str] = []
    with door() as other:
        slow, quick = plain(operation, gateway.url, slug="slow"), plain(operation, other.url, slug="quick")
        for number in range(20):
            message(slow, f"slow {number}")
        message(quick, "quick")
        held = send._Calls()
        monkey = pytest.MonkeyPatch()
        monkey.setattr(send, "_calls", held)

        def begin(lane: Any, step: Any) -> None:
            begun.append(lane.source.slug)
            held._under_way[lane.source.pk] += 1

        send.send(begin)
        send.send(begin)
        monkey.undo()
    assert sorted(begun) == ["quick"] + ["slow"] * send.PER_LANE


def test_nothing_follows_a_redirect(operation: Operation, gateway: Door) -> None:
    """A gateway must not send our secrets on to another host."""
    with door() as elsewhere:
        settings = {"secret": "s", "send_url": f"{gateway.url}/send", "send_authorization": "Bearer t"}
        row = message(source(operation, "plain", settings))
        gateway.behave = lambda call: "redirect"
        gateway.redirect = f"{elsewhere.url}/"
        send_all()
        assert elsewhere.calls == []
    assert (fresh(row).state, row.problem) == (S.FAILED, "The gateway answered 302.")


def test_no_database_is_held_while_the_other_side_takes_its_time(
    operation: Operation, gateway: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []
    monkeypatch.setattr(send, "_let_go", lambda: held.append(True))

    def behave(call: Any) -> str:
        assert held, "the connection was to be given back before the call"
        return TAKE

    gateway.behave = behave
    message(plain(operation, gateway.url))
    send_all()
    assert gateway.took
    assert len(held) >= 2  # before the call, and again before its last step


def test_no_more_goes_than_the_rate_allows(
    operation: Operation, gateway: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = plain(operation, gateway.url, out_per_minute=3)
    for number in range(7):
        message(slow, f"Dlo {number}")
    begin = timezone.now()
    for minute, sent in ((0, 3), (0.9, 3), (1.1, 6), (1.9, 6), (2.3, 7)):
        now_is(monkeypatch, begin + timedelta(minutes=minute))
        send_all()
        assert gateway.took.total() == sent
    assert [call.fields["text"] for call in gateway.calls][:3] == ["Dlo 0", "Dlo 1", "Dlo 2"]


# --- what may not go -----------------------------------------------------------------------------------------------


def test_whoever_said_stop_or_is_blocked_gets_nothing(operation: Operation, gateway: Door) -> None:
    at = plain(operation, gateway.url)
    stopped, blocked = (writer(operation, at, number) for number in ("+50955500001", "+50955500002"))
    rows = [message(at, "stopped", stopped), message(at, "blocked", blocked)]
    Sender.objects.filter(pk=stopped.pk).update(stopped_at=timezone.now())
    Sender.objects.filter(pk=blocked.pk).update(trust="blocked")
    heard = message(at, "You will get no more.", stopped, purpose="stopped")
    send_all()
    assert gateway.took == {"You will get no more.": 1}
    assert [fresh(row).state for row in rows] == [S.STOPPED, S.STOPPED]
    assert fresh(heard).state == S.HANDED


def test_nobody_is_written_to_who_never_wrote(operation: Operation, gateway: Door) -> None:
    at = plain(operation, gateway.url)
    stranger = writer(operation, at)
    Report.objects.filter(sender=stranger).delete()
    row = message(at, to=stranger)
    send_all()
    assert (gateway.calls, fresh(row).state) == ([], S.STOPPED)


def test_the_stop_button_holds_even_what_is_already_on_its_way(operation: Operation, gateway: Door) -> None:
    at = plain(operation, gateway.url)
    row = message(at)
    steps: list[Any] = []
    send.send(lambda lane, step: steps.append(step))
    assert fresh(row).state == S.SENDING
    Operation.objects.update(sending_stopped_at=timezone.now())
    steps[0]()
    assert (fresh(row).state, row.attempts, gateway.took) == (S.WAITING, 0, {})
    assert send_all() == 0
    Operation.objects.update(sending_stopped_at=None)
    send_all()
    assert gateway.took.total() == 1


def test_a_stop_that_comes_while_the_message_is_on_its_way_holds_it(operation: Operation, gateway: Door) -> None:
    row = message(plain(operation, gateway.url))
    steps: list[Any] = []
    send.send(lambda lane, step: steps.append(step))
    Sender.objects.update(stopped_at=timezone.now())
    steps[0]()
    send_all()
    assert (fresh(row).state, gateway.took) == (S.STOPPED, {})


def test_in_quiet_hours_only_who_has_just_written_is_answered(
    operation: Operation, gateway: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation.sending = {"quiet_from": "22:00", "quiet_to": "06:00"}
    operation.save()
    at = plain(operation, gateway.url)
    night = datetime(2010, 1, 23, 8, tzinfo=UTC)  # 03:00 in Port-au-Prince
    asleep, awake = (writer(operation, at, number) for number in ("+50955500001", "+50955500002"))
    now_is(monkeypatch, night)
    Report.objects.all().delete()
    wrote(awake, at, night - hours.JUST_WROTE + timedelta(minutes=1))
    wrote(asleep, at, night - timedelta(hours=5))
    message(at, "to who sleeps", asleep)
    message(at, "to who is awake", awake)
    send_all()
    assert gateway.took == {"to who is awake": 1}
    now_is(monkeypatch, night + timedelta(hours=3))  # 06:00
    send_all()
    assert gateway.took.total() == 2


def test_without_a_way_out_it_waits_and_says_why(operation: Operation) -> None:
    web = Source.objects.get(operation=operation, slug="web")
    Source.objects.filter(slug="sms").update(active=False)
    row, letter = message(web), message(web, to=writer(operation, web, "rose@example.org", "email"))
    assert send_all() == 0
    assert fresh(row).state == S.WAITING
    assert row.problem == "No gateway of this operation can reach this sender: set one up among the ways in."
    assert fresh(letter).problem == "E-mail is not set up: see RAPPORT_SMTP_URL and RAPPORT_MAIL_FROM."


def test_who_wrote_by_the_form_is_reached_through_a_gateway(operation: Operation, gateway: Door) -> None:
    Source.objects.filter(slug="sms").update(active=False)
    through = plain(operation, gateway.url)
    row = message(Source.objects.get(operation=operation, slug="web"))
    send_all()
    assert gateway.took.total() == 1
    assert fresh(row).source == through


# --- killed in the middle ------------------------------------------------------------------------------------------


def left_behind(row: OutboxMessage, gone: bool) -> None:
    """As a killed process leaves it."""
    OutboxMessage.objects.filter(pk=row.pk).update(
        state=S.SENDING, claim="of a dead one", claimed_at=timezone.now() - claims.STALE * 2, gone=gone, attempts=1
    )


def test_what_had_not_gone_is_sent_again_and_what_may_have_gone_is_not(operation: Operation, gateway: Door) -> None:
    at = plain(operation, gateway.url)
    before, after = message(at, "before"), message(at, "after")
    left_behind(before, gone=False)
    left_behind(after, gone=True)
    assert claims.recover(timezone.now()) == 2
    send_all()
    assert gateway.took == {"before": 1}
    assert (fresh(after).state, after.problem) == (S.UNSURE, "We were interrupted while it went out.")


def test_a_claim_that_another_still_holds_is_left_alone(operation: Operation, gateway: Door) -> None:
    row = message(plain(operation, gateway.url))
    send.send(lambda lane, step: None)
    assert claims.recover(timezone.now() + claims.STALE * 0.9) == 0
    assert send_all() == 0
    assert fresh(row).state == S.SENDING


def test_a_process_that_lost_its_claim_sends_nothing(operation: Operation, gateway: Door) -> None:
    """It was asleep for longer than its claim held, and another one has sent the message since."""
    row = message(plain(operation, gateway.url))
    steps: list[Any] = []
    send.send(lambda lane, step: steps.append(step))
    claims.recover(timezone.now() + claims.STALE * 2)
    send_all()
    steps[0]()
    assert gateway.took.total() == 1
    assert fresh(row).state == S.HANDED


# --- e-mail --------------------------------------------------------------------------------------------------------


def letter_to(operation: Operation, address: str = "rose@example.org", **more: Any) -> OutboxMessage:
    web = Source.objects.get(operation=operation, slug="web")
    return message(web, "Ki kote ou ye?\n.\nMèsi", writer(operation, web, address, "email"), **more)


def test_a_letter_is_plain_and_says_that_no_answer_by_machine_is_wanted(operation: Operation, mails: Post) -> None:
    row = letter_to(operation)
    send_all()
    (letter,) = mails.letters
    assert fresh(row).state == S.SENT
    assert row.sent_at is not None
    assert letter.get_content().strip().replace("\r", "") == "Ki kote ou ye?\n.\nMèsi"
    assert (letter["To"], letter["From"], letter["Subject"]) == ("rose@example.org", MAIL_FROM, "Egzanp")
    assert letter["Message-ID"] == f"<{row.uuid}@example.org>"
    assert (letter["Auto-Submitted"], letter["Content-Language"]) == ("auto-replied", "ht")
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content_charset() == "utf-8"


@pytest.mark.parametrize(
    ("how", "state"), [(LATER, S.WAITING), (NEVER, S.FAILED), (DROP, S.UNSURE), (TAKE_AND_DROP, S.UNSURE)]
)
def test_a_mail_server_that_does_not_take_it(operation: Operation, mails: Post, how: str, state: str) -> None:
    mails.behave = lambda letter: how
    row = letter_to(operation)
    send_all()
    wait_is_over()
    assert fresh(row).state == state
    assert row.problem
    assert mails.took.total() <= 1


def test_a_fault_before_the_last_step_leaves_nothing_to_a_person(operation: Operation, mails: Post) -> None:
    row = letter_to(operation)

    def without_its_server(_: Lane, step: Callable[[], None]) -> None:
        with override_settings(SMTP=None):  # as if something of ours went wrong after the way was chosen
            step()

    assert send.send(without_its_server) == 1
    assert (fresh(row).state, row.gone) == (S.WAITING, False)
    wait_is_over()
    assert send_all() == 1
    assert (fresh(row).state, mails.took.total()) == (S.SENT, 1)


@pytest.mark.parametrize(("answer", "state"), [("450 busy", S.WAITING), ("550 unknown", S.FAILED)])
def test_an_address_that_is_refused(operation: Operation, mails: Post, answer: str, state: str) -> None:
    mails.refuse_address = answer
    row = letter_to(operation)
    send_all()
    assert (fresh(row).state, mails.took) == (state, {})
    assert "the address" in row.problem
    assert "rose" not in row.problem


@pytest.mark.parametrize("address", ["nobody", "a@b\r\nBcc: c@d", "a@b, c@d", "@", ""])
def test_what_is_no_address_gets_nothing(operation: Operation, mails: Post, address: str) -> None:
    row = letter_to(operation, address)
    send_all()
    assert (fresh(row).state, mails.letters) == (S.FAILED, [])


def test_the_stop_button_holds_a_letter_at_the_last_moment(operation: Operation, mails: Post) -> None:
    row = letter_to(operation)
    steps: list[Any] = []
    send.send(lambda lane, step: steps.append(step))
    Operation.objects.update(sending_stopped_at=timezone.now())
    steps[0]()
    assert (fresh(row).state, mails.letters) == (S.WAITING, [])


def test_no_address_and_no_secret_reaches_the_log(
    operation: Operation, mails: Post, gateway: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "deliver", lambda *_: 1 / 0)
    letter_to(operation)
    settings = {"secret": "a secret", "send_url": f"{gateway.url}/", "send_authorization": "Bearer of-the-gateway"}
    message(source(operation, "plain", settings))
    monkeypatch.setattr(calls, "call", lambda request, *_: (_ for _ in ()).throw(RuntimeError("broken")))
    send_all()
    assert "failed" in caplog.text
    for hidden in ("rose@", "50955500123", "a secret", "of-the-gateway"):
        assert hidden not in caplog.text


# --- the phone that fetches ----------------------------------------------------------------------------------------


class Phone:
    """A phone with SMSSync, as its source shows that it behaves with Message Results ticked."""

    def __init__(self, at: Source) -> None:
        self.path = f"/in/smssync/token-{at.slug}/"
        self.client = Client(raise_request_exception=False)
        self.sent: list[str] = []

    def fetch(self) -> list[dict[str, str]]:
        answer = self.client.get(f"{self.path}?task=send&secret=s")
        assert answer.status_code == 200
        payload = answer.json()["payload"]
        assert payload.get("secret", "s") == "s"
        return list(payload.get("messages", []))

    def confirm(self, messages: list[dict[str, str]]) -> list[str]:
        body = json.dumps({"queued_messages": [one["uuid"] for one in messages]})
        answer = self.client.post(f"{self.path}?task=sent", body, content_type="application/json")
        return list(answer.json()["message_uuids"])

    def work(self) -> None:
        messages = self.fetch()
        allowed = self.confirm(messages) if messages else []
        self.sent += [one["message"] for one in messages if one["uuid"] in allowed]

    def result(self, uuid: str, **codes: int) -> None:
        body = json.dumps({"message_result": [{"uuid": uuid, **codes}]})
        url = f"{self.path}?task=result&secret=s"
        assert self.client.post(url, body, content_type="application/json").status_code == 200

    def awaited(self) -> list[str]:
        return list(self.client.get(f"{self.path}?task=result&secret=s").json()["message_uuids"])


@pytest.fixture
def at_phone(operation: Operation) -> Source:
    return source(operation, "smssync", {"secret": "s", "results": "on", "replies": "later"}, slug="phone")


def test_a_phone_fetches_confirms_and_sends_each_once(at_phone: Source) -> None:
    rows = [message(at_phone, text) for text in ("one", "two")]
    phone = Phone(at_phone)
    for _ in range(3):
        phone.work()
    assert phone.sent == ["one", "two"]
    assert {fresh(row).state for row in rows} == {S.HANDED}
    assert send_all() == 0, "the worker leaves to the phone what the phone fetches"


def test_messages_whose_answer_was_lost_are_offered_again(at_phone: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    message(at_phone, "one")
    phone = Phone(at_phone)
    assert [one["message"] for one in phone.fetch()] == ["one"]  # and the line breaks
    assert phone.fetch() == []
    claims.recover(timezone.now() + claims.STALE * 2)
    phone.work()
    assert phone.sent == ["one"]


def test_a_confirmation_that_comes_twice_counts_once(at_phone: Source) -> None:
    message(at_phone, "one")
    phone = Phone(at_phone)
    offered = phone.fetch()
    assert len(phone.confirm(offered)) == 1
    assert phone.confirm(offered) == []


def test_a_phone_that_takes_a_message_and_falls_silent_leaves_it_to_a_person(at_phone: Source) -> None:
    row = message(at_phone, "one")
    phone = Phone(at_phone)
    phone.work()
    claims.recover(timezone.now() + claims.SILENT * 1.1)
    assert (fresh(row).state, row.problem) == (S.UNSURE, "The phone took it and has said nothing since.")
    phone.result(str(row.uuid), sent_result_code=0, delivered_result_code=0)
    assert fresh(row).state == S.DELIVERED


def test_the_phone_is_asked_until_it_has_said_the_last_word(at_phone: Source) -> None:
    row = message(at_phone, "one")
    phone = Phone(at_phone)
    phone.work()
    assert phone.awaited() == [str(row.uuid)]
    phone.result(str(row.uuid), sent_result_code=0, delivered_result_code=-1)
    assert (fresh(row).state, phone.awaited()) == (S.SENT, [str(row.uuid)])
    phone.result(str(row.uuid), sent_result_code=0, delivered_result_code=0)
    assert (fresh(row).state, phone.awaited()) == (S.DELIVERED, [])
    assert row.delivered_at is not None


def test_a_phone_that_does_not_confirm_gets_each_message_once(operation: Operation) -> None:
    at = source(operation, "smssync", {"secret": "s"}, slug="phone")
    row = message(at, "one")
    phone = Phone(at)
    assert len(phone.fetch()) == 1
    claims.recover(timezone.now() + claims.SILENT * 2)
    assert phone.fetch() == []
    assert fresh(row).state == S.HANDED


def test_the_stop_button_holds_what_the_phone_has_fetched_and_not_confirmed(at_phone: Source) -> None:
    row = message(at_phone, "one")
    phone = Phone(at_phone)
    offered = phone.fetch()
    Operation.objects.update(sending_stopped_at=timezone.now())
    assert phone.confirm(offered) == []
    assert phone.fetch() == []
    assert fresh(row).gone is False


# --- replies: in our answer, or later ------------------------------------------------------------------------------


def says(client: Client, slug: str, text: str = "Dlo nan Delmas", number: str = "1") -> dict[str, Any]:
    fields = {"from": "+50955500777", "message": text, "message_id": number, "secret": "s"}
    payload: dict[str, Any] = client.post(f"/in/smssync/token-{slug}/", urlencode(fields), FORM).json()["payload"]
    return payload


def test_a_reply_goes_in_the_answer_or_later_and_never_both(operation: Operation, client: Client) -> None:
    at = source(operation, "smssync", {"secret": "s"}, slug="phone")
    inline = says(client, "phone")["messages"]
    assert [one["uuid"] for one in inline] == [str(OutboxMessage.objects.get().uuid)]
    assert Phone(at).fetch() == []
    set_source_settings(at, {"secret": "s", "results": "on", "replies": "later"})
    doors.forget()
    assert says(client, "phone", number="1")["messages"] == inline, "a repetition is answered as the first time"
    assert "messages" not in says(client, "phone", number="2")
    assert "messages" not in says(client, "phone", number="2")
    phone = Phone(at)
    phone.work()
    phone.work()
    assert len(phone.sent) == 1


def test_while_sending_is_stopped_no_reply_goes_in_an_answer(operation: Operation, client: Client) -> None:
    source(operation, "smssync", {"secret": "s"}, slug="phone")
    Operation.objects.update(sending_stopped_at=timezone.now())
    assert "messages" not in says(client, "phone")
    assert OutboxMessage.objects.get().state == S.WAITING


# --- delivery reports ----------------------------------------------------------------------------------------------


def reported(client: Client, **fields: str) -> int:
    return client.post("/in/plain/token-plain-out/", urlencode({"secret": "s", **fields}), FORM).status_code


@pytest.fixture
def handed(operation: Operation, gateway: Door) -> OutboxMessage:
    row = message(plain(operation, gateway.url, slug="plain-out"))
    send_all()
    return fresh(row)


def test_reports_go_forward_only_late_or_repeated(handed: OutboxMessage, client: Client) -> None:
    said = []
    for status in ("queued", "sent", "sent", "queued", "delivered", "delivered", "sent", "failed", "queued"):
        assert reported(client, id=handed.gateway_id, status=status) == 200
        said.append(fresh(handed).state)
    assert said == ["handed", "sent", "sent", "sent"] + ["delivered"] * 5
    assert not Report.objects.filter(text="").exists(), "a delivery report is no message"


def test_a_failure_is_told_with_its_reason_and_a_late_delivery_is_believed(
    handed: OutboxMessage, client: Client
) -> None:
    reported(client, uuid=str(handed.uuid), status="failed", reason="No such number")
    assert (fresh(handed).state, handed.problem) == (S.FAILED, "No such number")
    reported(client, uuid=str(handed.uuid), status="sent")
    assert fresh(handed).state == S.FAILED
    reported(client, uuid=str(handed.uuid), status="delivered")
    assert (fresh(handed).state, handed.problem) == (S.DELIVERED, "")


def test_a_report_settles_what_was_unsure(operation: Operation, gateway: Door, client: Client) -> None:
    gateway.behave = lambda call: TAKE_AND_DROP
    row = message(plain(operation, gateway.url, slug="plain-out"))
    send_all()
    assert fresh(row).state == S.UNSURE
    reported(client, uuid=str(row.uuid), status="sent")
    assert fresh(row).state == S.SENT


def test_a_report_about_nothing_of_ours_changes_nothing(handed: OutboxMessage, client: Client) -> None:
    other = plain(handed.operation, "http://127.0.0.1:9", slug="other")
    theirs = message(other)
    OutboxMessage.objects.filter(pk=theirs.pk).update(state=S.HANDED, gateway_id="x")
    about: tuple[dict[str, str], ...] = ({"id": "x"}, {"uuid": str(theirs.uuid)}, {"uuid": "no uuid"}, {"id": ""}, {})
    for fields in about:
        assert reported(client, status="delivered", **fields) == 200
    assert fresh(theirs).state == S.HANDED
    assert fresh(handed).state == S.HANDED


# --- an exercise ---------------------------------------------------------------------------------------------------


def test_in_an_exercise_nobody_is_reached_whose_address_came_with_a_replay_or_a_form(
    operation: Operation, gateway: Door, mails: Post
) -> None:
    Operation.objects.update(exercise=True)
    plain(operation, gateway.url)
    web = Source.objects.get(operation=operation, slug="web")
    by_phone, by_mail = message(web), message(web, to=writer(operation, web, "rose@example.org", "email"))
    assert send_all() == 0
    assert (gateway.calls, mails.letters) == ([], [])
    for row in (by_phone, by_mail):
        assert fresh(row).state == S.WAITING
        assert row.problem.startswith("This is an exercise: only who writes to one of its gateways gets a message")


def test_in_an_exercise_who_wrote_to_a_gateway_is_answered_by_it(operation: Operation, gateway: Door) -> None:
    Operation.objects.update(exercise=True)
    row = message(plain(operation, gateway.url))
    assert send_all() == 1
    assert fresh(row).state == S.HANDED
