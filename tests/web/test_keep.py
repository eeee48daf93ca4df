"""What keep() has returned is on disk, once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.utils.timezone import now as timezone_now

from rapport.errors import Refused, TryAgain
from rapport.intake.keep import MOST_ANSWERS, keep, stop
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Operation, Source
from rapport.reports.models import Report, Sender
from rapport.values import Address, GivenPlace, Json, Message

ROSE = Address("tel", "+50955500001")


def sms(operation: Operation) -> Source:
    return Source.objects.select_related("operation").get(operation=operation, slug="sms")


def test_a_repeated_message_is_answered_as_the_first_time(operation: Operation) -> None:
    source = sms(operation)
    message = Message("Nou bezwen dlo", gateway_id="7", sender=ROSE)
    (first,) = keep(source, [message])
    (again,) = keep(source, [message])
    assert (first.new, again.new) == (True, False)
    assert (first.ref, first.reply) == (again.ref, again.reply)
    assert Report.objects.count() == OutboxMessage.objects.count() == 1


def test_twins_in_one_call_are_one_report(operation: Operation) -> None:
    kept = keep(sms(operation), [Message("dlo", gateway_id="7", sender=ROSE)] * 3)
    assert [one.new for one in kept] == [True, False, False]
    assert len({one.ref for one in kept}) == Report.objects.count() == 1


def test_without_an_id_sender_text_and_minute_make_the_key(operation: Operation) -> None:
    source = sms(operation)
    noon = datetime(2026, 1, 1, 12, 0, 5, tzinfo=UTC)
    same = Message("dlo", sender=ROSE, sent_at=noon)
    keep(source, [same, Message("dlo", sender=ROSE, sent_at=noon.replace(second=40))])
    assert Report.objects.count() == 1
    keep(source, [Message("dlo", sender=Address("tel", "+50955500002"), sent_at=noon)])
    keep(source, [Message("dlo", sender=ROSE, sent_at=noon.replace(minute=1))])
    assert Report.objects.count() == 3


def test_the_same_id_from_two_sources_is_two_reports(operation: Operation) -> None:
    for slug in ("sms", "api"):
        keep(Source.objects.select_related("operation").get(slug=slug), [Message("dlo", gateway_id="7")])
    assert Report.objects.count() == 2


def test_the_address_is_nowhere_in_the_open(operation: Operation) -> None:
    keep(sms(operation), [Message("dlo", gateway_id="7", sender=ROSE)], original=b"from=%2B50955500001&message=dlo")
    for model in (Report, Sender, OutboxMessage):
        for row in model.objects.values():
            assert "50955500001" not in repr(row)
    assert Sender.objects.get().address == ROSE


def test_whoever_gives_no_place_is_asked_for_it(operation: Operation) -> None:
    source = sms(operation)
    (lost, found, placed) = keep(
        source,
        [
            Message("Nou bezwen dlo tanpri", gateway_id="1", sender=ROSE),
            Message("Nou bezwen dlo nan Jacmel", gateway_id="2", sender=ROSE),
            Message("Nou bezwen dlo tanpri", gateway_id="3", sender=ROSE, place=GivenPlace(-72.3, 18.5)),
        ],
    )
    assert lost.reply == "Mèsi. Ki kote ou ye?"
    assert found.reply == placed.reply == "Mèsi. Nou resevwa mesaj ou a."


def test_stop_is_honoured_until_start(operation: Operation) -> None:
    source = sms(operation)

    def send(number: int, text: str) -> str:
        return keep(source, [Message(text, gateway_id=str(number), sender=ROSE)])[0].reply

    assert send(1, "dlo nan Jacmel")
    assert send(2, "STOP") == "Ou p ap resevwa mesaj ankò."
    assert send(3, "dlo nan Jacmel") == ""
    assert send(4, "STOP") == ""
    assert send(5, "START")
    assert send(6, "dlo nan Jacmel")
    assert Report.objects.count() == 6, "what people say is kept all the same"


def test_stop_counts_for_what_comes_after_it_in_the_same_call(operation: Operation) -> None:
    kept = keep(
        sms(operation),
        [Message(text, gateway_id=str(n), sender=ROSE) for n, text in enumerate(["dlo", "STOP", "dlo", "START"])],
    )
    assert [bool(one.reply) for one in kept] == [True, True, False, True]


def test_who_writes_without_end_is_not_answered_without_end(operation: Operation) -> None:
    def answers(numbers: range, sender: Address = ROSE) -> int:
        return sum(bool(one.reply) for one in keep(source, [Message("dlo", str(n), sender=sender) for n in numbers]))

    source = sms(operation)
    assert answers(range(3)) == 3
    assert answers(range(3, 40)) == MOST_ANSWERS - 3, "two machines that answer each other come to an end"
    assert answers(range(40, 41)) == 0
    assert answers(range(41, 42), Address("tel", "+50955500002")) == 1, "others are answered as ever"
    assert keep(source, [Message("STOP", "50", sender=ROSE)])[0].reply, "that STOP was heard is said all the same"
    assert Report.objects.count() == 43, "what people say is kept all the same"
    assert keep(source, [Message("dlo", "0", sender=ROSE)])[0].new is False


def test_an_hour_later_a_sender_is_answered_again(operation: Operation) -> None:
    source = sms(operation)
    keep(source, [Message("dlo", str(n), sender=ROSE) for n in range(MOST_ANSWERS + 1)])
    OutboxMessage.objects.update(created_at=timezone_now() - timedelta(minutes=61))
    assert keep(source, [Message("dlo", "later", sender=ROSE)])[0].reply


def test_a_repeat_after_stop_is_not_answered(operation: Operation) -> None:
    first, stop_it = Message("dlo", gateway_id="1", sender=ROSE), Message("STOP", gateway_id="2", sender=ROSE)
    keep(sms(operation), [first])
    (stopped,) = keep(sms(operation), [stop_it])
    assert keep(sms(operation), [first])[0].reply == ""
    assert keep(sms(operation), [stop_it])[0].reply == stopped.reply != ""


def test_a_form_cannot_silence_a_number(operation: Operation) -> None:
    web = Source.objects.select_related("operation").get(operation=operation, slug="web")
    keep(sms(operation), [Message("dlo", gateway_id="1", sender=ROSE)])
    keep(web, [Message("STOP", gateway_id="2", sender=ROSE)])
    assert Sender.objects.get().stopped_at is None


def test_the_address_is_hidden_in_the_fields_too(operation: Operation) -> None:
    api = Source.objects.select_related("operation").get(operation=operation, slug="api")
    fields: dict[str, Json] = {"phone": ROSE.value, "note": ["call 50955500001 now"], "age": 7}
    keep(api, [Message("dlo", gateway_id="1", sender=ROSE, fields=fields)])
    assert Report.objects.get().fields == {"phone": "[sender]", "note": ["call [sender] now"], "age": 7}


def test_a_number_is_one_person_with_and_without_its_plus(operation: Operation) -> None:
    keep(sms(operation), [Message("dlo", gateway_id="1", sender=ROSE)])
    keep(sms(operation), [Message("dlo", gateway_id="2", sender=Address("tel", ROSE.value.lstrip("+")))])
    assert Sender.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_message_that_cannot_be_stored_hurts_nobody_else(operation: Operation) -> None:
    source = sms(operation)
    # What a channel lets through by mistake: SQLite's driver stumbles over the one, PostgreSQL over the other.
    before_christ = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    poison = (
        Message("dlo", gateway_id="poison", sent_at=before_christ)
        if connection.vendor == "sqlite"
        else Message("d\0lo", gateway_id="poison")
    )
    good = [Message("dlo", gateway_id=str(n)) for n in range(40)]
    failed: list[Exception] = []

    def send(message: Message) -> None:
        try:
            keep(source, [message])
        except Refused as error:
            failed.append(error)
        connection.close()

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(send, [*good[:20], poison, *good[20:], poison]))
    assert (len(failed), Report.objects.count()) == (2, 40)


def test_who_writes_in_a_language_without_answers_is_answered_in_another_one(operation: Operation) -> None:
    operation.replies = {"fr": {"received": "Merci.", "ask_place": "Où ?", "stopped": "Fini."}}
    source = sms(operation)
    source.operation = operation
    for number, (text, answer) in enumerate((("Nou bezwen dlo tanpri", "Où ?"), ("RETE", "Fini."))):
        (kept,) = keep(source, [Message(text, gateway_id=f"l{number}", sender=ROSE, language="ht")])
        assert kept.reply == answer
    assert set(OutboxMessage.objects.values_list("language", flat=True)) == {"fr"}


def test_a_name_as_sender_is_kept_and_not_answered(operation: Operation) -> None:
    (kept,) = keep(sms(operation), [Message("Recharge 2x", gateway_id="1", sender=Address("name", "MTN"))])
    assert (kept.reply, kept.reply_to, OutboxMessage.objects.count()) == ("", None, 0)


def test_the_database_itself_refuses_to_change_a_report(operation: Operation) -> None:
    keep(sms(operation), [Message("dlo", gateway_id="7", sender=ROSE)])
    with pytest.raises(DatabaseError, match="kept as it came"), transaction.atomic():
        Report.objects.update(text="manje")
    Report.objects.update(standing="rejected")


@pytest.mark.django_db(transaction=True)
def test_many_threads_with_the_same_messages_make_each_once(operation: Operation) -> None:
    source = sms(operation)
    messages = [Message(f"dlo {n}", gateway_id=str(n), sender=ROSE) for n in range(20)]
    new: list[bool] = []

    def send() -> None:
        for message in messages:
            new.append(keep(source, [message])[0].new)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(new), sum(new), Report.objects.count()) == (160, 20, 20)


@pytest.fixture
def limited() -> Iterator[Callable[[int], None]]:
    """Sets how many pages the database may have, for connections that are opened from now on."""
    limits: list[int] = []

    def limit(connection: BaseDatabaseWrapper, **_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count={limits[-1]}")

    def begin(pages: int) -> None:
        limits.append(pages)
        stop()

    connection_created.connect(limit)
    limits.append(1_073_741_823)
    yield begin
    connection_created.disconnect(limit)
    stop()


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_said_and_nothing_half_written_stays(
    operation: Operation, limited: Callable[[int], None]
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the page limit is SQLite's")
    source = sms(operation)
    keep(source, [Message("dlo", gateway_id="first", sender=ROSE)])
    with connection.cursor() as cursor:
        limited(cursor.execute("PRAGMA page_count").fetchone()[0])
    big = [Message("dlo " * 2000, gateway_id=str(n), sender=ROSE) for n in range(500)]
    with pytest.raises(TryAgain):
        keep(source, big)
    assert Report.objects.count() == 1
    limited(1_073_741_823)
    assert sum(one.new for one in keep(source, big)) == 500
