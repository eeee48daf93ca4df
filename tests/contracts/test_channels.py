"""What every channel keeps to. A new one adds its folder, its line in plugins.CHANNELS and samples.py."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from rapport import plugins
from rapport.errors import Refused
from rapport.intake import doors, limits, refusals
from rapport.intake.channels import wire
from rapport.intake.models import RefusalCount
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Operation, Source
from rapport.oversight import keys
from rapport.reports.models import Report
from rapport.values import Inbound
from tests.contracts.gateways import SENDER, TOKEN, Gateway, gateway, no_table, samples

CHANNELS = sorted(plugins.CHANNELS)
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "channels.md"


@pytest.fixture(params=CHANNELS)
def door(request: pytest.FixtureRequest, operation: Operation) -> Gateway:
    refusals.forget()
    limits.forget()
    return gateway(request.param, operation)


def refused(door: Gateway) -> dict[str, int]:
    refusals.flush()
    return dict(RefusalCount.objects.filter(source=door.source).values_list("reason", "count"))


# --- one message ---------------------------------------------------------------------------------------------------


def test_a_message_becomes_one_report(door: Gateway) -> None:
    answer = door.says("Nou bezwen dlo nan Delmas")
    report = Report.objects.get()
    assert answer.status_code == 200
    assert (report.text, report.source) == ("Nou bezwen dlo nan Delmas", door.source)
    assert report.sender is not None
    assert report.sender.address.value == SENDER


def test_the_request_is_kept_byte_for_byte(door: Gateway) -> None:
    sent = door.request("Nou bezwen dlo")
    door.send(sent)
    sealed = Report.objects.get().original_sealed
    assert sealed is not None
    assert keys.unseal("addresses", bytes(sealed)) == sent.body


def test_address_and_secrets_stand_nowhere_in_the_open(door: Gateway) -> None:
    door.says("Nou bezwen dlo")
    shown = json.dumps(Report.objects.values("text", "fields", "ref", "place_said").get())
    secrets = [one.name for one in plugins.channel(door.channel).settings if one.secret]
    for secret in (
        SENDER.lstrip("+"),
        *(door.samples.settings[name] for name in secrets if name in door.samples.settings),
    ):
        assert secret not in shown


def test_a_replay_answers_byte_for_byte_and_changes_nothing(door: Gateway) -> None:
    sent = door.request("Nou bezwen dlo")
    first = door.send(sent)
    again = [door.send(sent) for _ in range(3)]
    assert {(one.status_code, one.content) for one in again} == {(first.status_code, first.content)}
    assert Report.objects.count() == 1
    assert OutboxMessage.objects.count() <= 1


def test_the_same_words_under_another_id_are_another_message(door: Gateway) -> None:
    door.says("Nou bezwen dlo", id="message-1")
    door.says("Nou bezwen dlo", id="message-2")
    assert Report.objects.count() == 2


def test_without_an_id_the_same_words_at_once_are_one_message(door: Gateway) -> None:
    for words in ("Nou bezwen dlo", "Nou bezwen dlo", "Nou bezwen manje"):
        assert door.says(words, id="").status_code == 200
    assert Report.objects.count() == 2


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"", ""),
        ("ኢትዮጵያ မြန်မာ سلام 🚑".encode(), "ኢትዮጵያ မြန်မာ سلام 🚑"),
        (b"before\0after", "before\u2400after"),
        (b"caf\xe9 ferm\xe9", "caf\ufffd ferm\ufffd"),
        (b"m" * 1_600, "m" * 1_600),
        (b"a & b <c> = d; e+f %41", "a & b <c> = d; e+f %41"),
        (b"two\r\nlines", "two\r\nlines"),
    ],
    ids=["empty", "many scripts", "NUL", "not UTF-8", "1,600 characters", "signs of markup", "lines"],
)
def test_no_text_is_lost(door: Gateway, sent: bytes, read: str) -> None:
    assert door.says(sent).status_code == 200
    assert Report.objects.get().text == read


@pytest.mark.parametrize("name", ["MTN", "Digicel 4Biznis", "4636"])
def test_a_sender_that_is_no_phone_is_kept_and_not_answered(door: Gateway, name: str) -> None:
    answer = door.says("Promo!", sender=name)
    sender = Report.objects.get().sender
    assert sender is not None
    assert (answer.status_code, sender.kind, sender.address.value) == (200, "name", name)
    assert not OutboxMessage.objects.exists()
    assert name.encode() not in answer.content


def test_the_sender_is_answered_in_the_gateways_own_reply(door: Gateway) -> None:
    answer = door.says("Nou bezwen dlo")
    reply = OutboxMessage.objects.get()
    assert (reply.body.encode() in answer.content) == plugins.channel(door.channel).replies_inline


# --- what is not taken ---------------------------------------------------------------------------------------------


def test_a_request_without_proof_is_turned_away_and_counted(door: Gateway) -> None:
    answer = door.send(door.unproven("Nou bezwen dlo"))
    assert answer.status_code == 403
    assert not Report.objects.exists()
    assert sum(refused(door).values()) == 1


@pytest.mark.parametrize("value", [None, ""])
def test_a_source_without_its_secrets_takes_nothing_and_says_try_again(door: Gateway, value: str | None) -> None:
    if not any(setting.secret for setting in plugins.channel(door.channel).settings):
        pytest.skip("the channel has no secrets")
    empty = {} if value is None else dict.fromkeys(door.samples.settings, value)
    door.source.settings_sealed = keys.seal("channels", json.dumps(empty).encode())
    door.source.save()
    answer = door.says("Nou bezwen dlo")
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert not Report.objects.exists()
    assert refused(door) == {"not_set_up": 1}


def test_a_huge_message_is_turned_away_unread(door: Gateway) -> None:
    answer = door.says(b"m" * 10_000_000)
    assert answer.status_code == 413
    assert not Report.objects.exists()
    assert refused(door) == {"too_large": 1}


def test_a_message_from_nobody_is_turned_away_unless_the_channel_takes_such(door: Gateway) -> None:
    answer = door.says("Nou bezwen dlo", sender="")
    if plugins.channel(door.channel).nameless:
        assert (answer.status_code, Report.objects.get().sender) == (200, None)
    else:
        assert answer.status_code == 400
        assert refused(door) == {"missing_field": 1}


def test_another_method_is_turned_away(door: Gateway) -> None:
    sent = door.request("Nou bezwen dlo")
    answer = door.send(Inbound("PUT", sent.url, sent.headers, sent.body, sent.content_type))
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)


def test_a_source_that_sends_too_fast_is_told_to_wait(door: Gateway) -> None:
    door.source.per_minute = 3
    door.source.save()
    answers = [door.says("Nou bezwen dlo", id=f"fast-{number}") for number in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert Report.objects.count() == 3


@pytest.mark.parametrize("change", ["token", "paused", "closed"])
def test_a_door_that_is_not_there_tells_nothing(door: Gateway, change: str) -> None:
    if change == "token":
        door.source.token_hash = keys.token_hash("another")
    door.source.active = change != "paused"
    door.source.save()
    door.source.operation.open = change != "closed"
    door.source.operation.save()
    answer = door.says("Nou bezwen dlo")
    assert (answer.status_code, answer.content) == (404, b"not found\n")
    assert not Report.objects.exists()


def test_a_change_of_the_source_counts_within_a_second(door: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "GOOD_FOR", 0.05)

    def status_after(id: str, **change: object) -> int:
        Source.objects.filter(pk=door.source.pk).update(**change)
        time.sleep(0.06)
        return door.says("Nou bezwen dlo", id=id).status_code

    assert status_after("1") == 200
    assert status_after("2", per_minute=1) == 200
    assert status_after("3") == 429
    assert status_after("4", per_minute=600) == 200
    assert status_after("5", active=False) == 404
    assert status_after("6", active=True, language="fr") == 200
    assert status_after("7", token_hash=keys.token_hash("another")) == 404


def test_no_token_is_logged(door: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    door.send(door.unproven("Nou bezwen dlo"))
    door.source.delete()
    doors.forget()
    door.says("Nou bezwen dlo")
    assert TOKEN not in caplog.text


# --- many at once --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("channel", CHANNELS)
def test_copies_that_arrive_at_once_are_one_report(channel: str, operation: Operation) -> None:
    door = gateway(channel, operation)
    sent = door.request("Nou bezwen dlo")

    def send(_: int) -> tuple[int, bytes]:
        try:
            answer = door.send(sent)
            return answer.status_code, answer.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(send, range(40)))
    assert [status for status, _ in answers] == [200]
    assert Report.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("channel", CHANNELS)
def test_while_the_database_cannot_write_the_gateway_is_told_to_come_again(channel: str, operation: Operation) -> None:
    door = gateway(channel, operation)
    with no_table("reports_report"):
        answer = door.says("Nou bezwen dlo")
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert door.says("Nou bezwen dlo").status_code == 200
    assert Report.objects.count() == 1


# --- the channel itself --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_describes_itself(name: str) -> None:
    channel = plugins.channel(name)
    assert channel.name == name
    assert channel.title
    assert channel.proof, "say how a request proves its origin"
    assert (channel.proof == wire.NO_PROOF) == (samples(name).unproven is None)
    required = {setting.name for setting in channel.settings if setting.required}
    assert required <= set(samples(name).settings) <= {setting.name for setting in channel.settings}
    assert all(setting.help for setting in channel.settings)


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_stands_in_the_reference(name: str) -> None:
    channel, text = plugins.channel(name), REFERENCE.read_text()
    for word in (name, channel.title, channel.proof, *(setting.name for setting in channel.settings)):
        assert word in text, f"{word} is missing in docs/reference/channels.md"


@pytest.mark.parametrize("levels", [1_000, 30_000])  # as many as the smallest request holds
@pytest.mark.parametrize("name", CHANNELS)
def test_json_without_a_bottom_is_refused_and_says_so(name: str, levels: int) -> None:
    channel, brought = plugins.channel(name), samples(name)
    sent = brought.request("http://testserver/in/x/y/", b"dlo", sender=SENDER, id="1")
    body = b'{"from": %s%s}' % (b"[" * levels, b"]" * levels)
    deep = replace(sent, body=body, content_type=wire.JSON)
    answer = _refusal(lambda: channel.parse(deep, brought.settings))
    assert answer is not None
    assert answer.reason == "too_deep"


@pytest.mark.parametrize("name", CHANNELS)
@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from(
        [wire.FORM, wire.JSON, "", "text/xml", "application/json; charset=\x00utf-16", "a;charset=zip"]
    ),
    query=st.text(alphabet="ab=&%?#/\ud800é", max_size=20),
)
def test_noise_is_refused_and_breaks_nothing(name: str, body: bytes, kind: str, query: str) -> None:
    channel, brought = plugins.channel(name), samples(name)
    inbound = Inbound("POST", f"http://testserver/in/x/y/?{query}", {}, body, kind)
    for step in (lambda: channel.verify(inbound, brought.settings), lambda: channel.parse(inbound, brought.settings)):
        answer = _refusal(step)
        if answer is not None:
            assert 400 <= channel.refuse(answer).status < 500


def _refusal(step: Callable[[], object]) -> Refused | None:
    try:
        step()
    except Refused as refused:
        return refused
    return None


@given(per_minute=st.integers(1, 600), gaps=st.lists(st.floats(0, 30), min_size=1, max_size=200))
def test_a_bucket_never_lets_through_more_than_a_minute_and_its_rate(per_minute: int, gaps: list[float]) -> None:
    buckets, now, through = limits.Buckets(), 0.0, 0
    for gap in gaps:
        now += gap
        through += buckets.take("a", per_minute, now=now) == 0.0
    assert through <= per_minute + now * per_minute / 60 + 1
