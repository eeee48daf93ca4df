"""What every way out keeps to. A new one adds its line in plugins.CHANNELS_OUT and its settings to `READY`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport import plugins
from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.values import Address, Awaited, Confirm, Fetch, HttpRequest, Inbound, Outgoing, Reported
from tests.contracts.gateways import SENDER, samples

WAYS = sorted(plugins.CHANNELS_OUT)
UUID = "8b7df143-d91c-4d5e-8a2f-3a0f6a3c1d10"
#: Settings with which each can send.
READY: Mapping[str, Mapping[str, str]] = {
    "plain": {"secret": "s", "send_url": "https://gateway.example.org/send"},
    "smssync": {"secret": "open sesame", "results": "on"},
    "twilio": {"auth_token": "t", "account_sid": "AC0123", "number": "+50955500999"},
}
CALLED = [name for name in WAYS if (way := plugins.way_out(name)) and way.request]
FETCHED = [name for name in WAYS if name not in CALLED]
HOSTILE = st.text(max_size=200) | st.sampled_from(
    ["@evil.example/", "\r\nHost: evil", "{text}{to}", "../../x?y=#z", "%00"]
)


def out(name: str) -> plugins.WayOut:
    found = plugins.way_out(name)
    assert found is not None
    return found


def outgoing(text: str = "Ki kote ou ye?", to: str = SENDER, kind: str = "tel") -> Outgoing:
    return Outgoing(UUID, Address(kind, to), text)


def call(name: str, message: Outgoing, **more: str) -> HttpRequest:
    request = out(name).request
    assert request is not None
    return request({**READY[name], **more}, message)


@pytest.mark.parametrize("name", WAYS)
def test_a_way_out_describes_itself(name: str) -> None:
    way, known = out(name), {setting.name for setting in plugins.channel(name).settings}
    assert way.name == name
    assert way.kinds
    assert set(READY[name]) <= known
    assert (way.request is None) == (way.read is None)


@pytest.mark.parametrize("name", sorted(plugins.CHANNELS))
def test_what_is_called_a_secret_is_kept_as_one(name: str) -> None:
    """The page of the ways in shows every setting that is not marked."""
    called = re.compile("secret|token|password|key|authorization", re.IGNORECASE)
    assert [s.name for s in plugins.channel(name).settings if called.search(s.name) and not s.secret] == []


@pytest.mark.parametrize("name", WAYS)
def test_it_says_what_lacks_until_it_can_send(name: str) -> None:
    way = out(name)
    assert way.lacks(READY[name]) == ""
    assert way.lacks({}).startswith("Fill in ")


@pytest.mark.parametrize(
    "url", ["gateway.example.org", "ftp://gateway.example.org", "https://{to}.example.org", "https://[::1", "http://x:99999/",
            "https:///send", "https://gateway.example.org/é", "https://gateway example.org"],
)  # fmt: skip
def test_an_address_that_is_none_is_said_and_nothing_else_stands_still_for_it(url: str) -> None:
    """The worker asks this of every source before it sends anything at all."""
    assert out("plain").lacks({**READY["plain"], "send_url": url}).startswith("send_url must be an address")


@pytest.mark.parametrize("name", WAYS)
def test_a_message_that_comes_in_asks_nothing_else(name: str) -> None:
    assert (
        out(name).asked(samples(name).request(f"http://testserver/in/{name}/t/", b"Dlo", sender=SENDER, id="1")) is None
    )


@pytest.mark.parametrize("name", CALLED)
@given(text=HOSTILE, to=HOSTILE)
def test_no_message_chooses_where_the_call_goes(name: str, text: str, to: str) -> None:
    text, to = (said.encode("utf-8", "replace").decode() for said in (text, to))
    plain, hostile = call(name, outgoing()), call(name, outgoing(text, to))
    for one in (plain, hostile):
        assert one.url.isascii()
        assert all("\n" not in value for value in one.headers.values())
    assert urlsplit(hostile.url)[:2] == urlsplit(plain.url)[:2]
    assert urlsplit(hostile.url).path == urlsplit(plain.url).path


@pytest.mark.parametrize("name", CALLED)
def test_the_words_arrive_as_they_are(name: str) -> None:
    text = "Kote ou ye? é ŋ 🚑 & = % + {to}\nlin 2"
    sent = dict(parse_qsl(call(name, outgoing(text)).body.decode()))
    assert text in sent.values()
    assert SENDER in sent.values()


@pytest.mark.parametrize("name", CALLED)
def test_the_same_message_is_the_same_call(name: str) -> None:
    assert call(name, outgoing()) == call(name, outgoing())


@pytest.mark.parametrize("name", CALLED)
@pytest.mark.parametrize(
    ("status", "went"),
    [(201, "handed"), (302, "failed"), (400, "failed"), (401, "later"), (404, "failed"), (429, "later"),
     (500, "unsure"), (502, "unsure"), (503, "later"), (504, "unsure")],
)  # fmt: skip
def test_an_answer_is_read_as_what_it_means_for_the_message(name: str, status: int, went: str) -> None:
    read = out(name).read
    assert read is not None
    outcome = read(status, {"retry-after": "90"}, b'{"sid": "SM1", "id": "g-1", "code": 21211}')
    assert outcome.went == went
    assert bool(outcome.reason) == (went != "handed")
    assert bool(outcome.gateway_id) == (went == "handed")
    assert outcome.wait_s == (90 if went == "later" else 0)


@pytest.mark.parametrize("name", CALLED)
@given(status=st.integers(100, 599), body=st.binary(max_size=300))
def test_any_answer_can_be_read(name: str, status: int, body: bytes) -> None:
    read = out(name).read
    assert read is not None
    assert read(status, {"retry-after": "soon"}, body).went in {"handed", "later", "failed", "unsure"}


@pytest.mark.parametrize("name", WAYS)
@given(
    method=st.sampled_from(["GET", "POST"]),
    query=st.sampled_from(["", "task=send", "task=sent", "task=result", "uuid=x", "task=%00", "status=sent"]),
    body=st.binary(max_size=200)
    | st.just(b'{"queued_messages": [1, null, "a"], "message_result": [1, {"uuid": 3}, {}]}'),
    kind=st.sampled_from([wire.FORM, wire.JSON, ""]),
)
def test_noise_is_refused_and_breaks_nothing(name: str, method: str, query: str, body: bytes, kind: str) -> None:
    inbound = Inbound(method, f"http://testserver/in/x/y/?{query}", {}, body, kind)
    try:
        asked = out(name).asked(inbound)
    except Refused as refused:
        status = refused.status
    else:
        status = out(name).told(READY[name], asked, [], []).status if asked is not None else 200
    assert 200 <= status < 500


# --- what is particular to one -------------------------------------------------------------------------------------


def test_twilio_takes_a_form_with_the_account_s_token() -> None:
    made = call("twilio", outgoing(), status_address="https://map.example.org/in/twilio/token/")
    assert made.url == "https://api.twilio.com/2010-04-01/Accounts/AC0123/Messages.json"
    assert made.headers["Authorization"] == "Basic QUMwMTIzOnQ="
    assert dict(parse_qsl(made.body.decode())) == {
        "To": SENDER,
        "From": "+50955500999",
        "Body": "Ki kote ou ye?",
        "StatusCallback": f"https://map.example.org/in/twilio/token/?uuid={UUID}",
    }


def test_twilio_sends_whatsapp_by_whatsapp_and_by_a_messaging_service() -> None:
    whatsapp = dict(parse_qsl(call("twilio", outgoing(kind="whatsapp")).body.decode()))
    assert (whatsapp["To"], whatsapp["From"]) == (f"whatsapp:{SENDER}", "whatsapp:+50955500999")
    service = dict(parse_qsl(call("twilio", outgoing(), number="MG0123").body.decode()))
    assert (service["MessagingServiceSid"], "From" in service) == ("MG0123", False)


@pytest.mark.parametrize(
    ("said", "became"),
    [("queued", "handed"), ("sent", "sent"), ("delivered", "delivered"), ("read", "delivered"),
     ("undelivered", "failed"), ("failed", "failed")],
)  # fmt: skip
def test_a_status_callback_of_twilio_is_a_delivery_report_and_no_message(said: str, became: str) -> None:
    body = f"MessageSid=SM1&MessageStatus={said}&ErrorCode=30003&To=%2B50955500123&From=%2B50955500999"
    asked = out("twilio").asked(Inbound("POST", f"https://x/in/twilio/t/?uuid={UUID}", {}, body.encode(), wire.FORM))
    assert isinstance(asked, Reported)
    (report,) = asked.reports
    assert (report.became, report.uuid, report.gateway_id) == (became, UUID, "SM1")
    assert ("30003" in report.reason) == (became == "failed")


def phone(method: str, query: str, value: object = None) -> Inbound:
    body = json.dumps(value).encode() if value is not None else b""
    return Inbound(method, f"https://x/in/smssync/t/?{query}", {}, body, wire.JSON if body else "")


def test_a_phone_fetches_confirms_and_reports() -> None:
    way = out("smssync")
    assert way.asked(phone("GET", "task=send")) == Fetch()
    assert way.asked(phone("POST", "task=sent", {"queued_messages": [UUID]})) == Confirm((UUID,))
    assert way.asked(phone("GET", "task=result")) == Awaited()
    rows = [
        {"uuid": "a", "sent_result_code": 0, "delivered_result_code": 0},
        {"uuid": "b", "sent_result_code": 0, "delivered_result_code": -1},
        {"uuid": "c", "sent_result_code": 4, "delivered_result_code": -1},
        {"uuid": "d"},
    ]
    asked = way.asked(phone("POST", "task=result", {"message_result": rows}))
    assert isinstance(asked, Reported)
    assert [(one.uuid, one.became) for one in asked.reports] == [("a", "delivered"), ("b", "sent"), ("c", "failed")]
    assert asked.reports[2].reason == "The phone has no service."


def test_the_phone_is_given_the_secret_back_with_the_messages() -> None:
    answer = json.loads(out("smssync").told(READY["smssync"], Fetch(), [outgoing()], []).body)
    assert answer == {
        "payload": {
            "task": "send",
            "secret": "open sesame",
            "messages": [{"to": SENDER, "message": "Ki kote ou ye?", "uuid": UUID}],
        }
    }
    assert json.loads(out("smssync").told(READY["smssync"], Confirm((UUID,)), [], [UUID]).body) == {
        "message_uuids": [UUID]
    }


@pytest.mark.parametrize("query", ["task=send", "task=send&secret=guess", "task=sent&secret=guess", "task=result"])
def test_a_phone_that_does_not_know_the_secret_gets_nothing(query: str) -> None:
    method = "POST" if "sent" in query else "GET"
    with pytest.raises(Refused, match="secret") as refused:
        plugins.channel("smssync").verify(phone(method, query, {} if method == "POST" else None), READY["smssync"])
    assert refused.value.status == 403


def test_a_plain_gateway_is_called_as_the_operator_says() -> None:
    json_call = call("plain", outgoing(), send_as="json", send_fields='{"m": [{"n": "{to}", "t": "{text}"}], "f": 1}')
    assert json.loads(json_call.body) == {"m": [{"n": SENDER, "t": "Ki kote ou ye?"}], "f": 1}
    assert json_call.headers["Idempotency-Key"] == UUID
    get = call("plain", outgoing(), send_as="get", send_url="https://g.example.org/cgi?to={to}&text={text}")
    assert (get.method, get.url) == ("GET", "https://g.example.org/cgi?to=%2B50955500123&text=Ki%20kote%20ou%20ye%3F")


@pytest.mark.parametrize(
    "more",
    [{"send_url": "https://{to}/"}, {"send_url": "ftp://x/"}, {"send_url": "https://x/\n"}, {"send_fields": "[]"}],
)
def test_a_plain_gateway_that_cannot_be_called_says_what_is_wrong(more: Mapping[str, str]) -> None:
    assert "must be" in out("plain").lacks({**READY["plain"], **more})


def test_a_plain_delivery_report_is_no_message() -> None:
    asked = out("plain").asked(Inbound("POST", "https://x/in/plain/t/", {}, b"id=g-1&status=delivered", wire.FORM))
    assert isinstance(asked, Reported)
    assert (asked.reports[0].became, asked.reports[0].gateway_id) == ("delivered", "g-1")
