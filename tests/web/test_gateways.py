"""What is particular to one gateway; what holds for all stands in tests/contracts/test_channels.py."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.test import Client, override_settings

from rapport.errors import Refused
from rapport.intake import limits, refusals
from rapport.intake.channels import smssync, twilio, wire
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Operation
from rapport.reports.models import Report
from rapport.values import Address, Inbound, Kept, Message
from tests.contracts.gateways import Gateway, gateway

URL = "https://map.example.org/in/twilio/token/"
TOKEN = b"a token of the samples"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    limits.forget()
    refusals.forget()


@pytest.fixture
def phone(operation: Operation) -> Gateway:
    return gateway("smssync", operation)


@pytest.fixture
def account(operation: Operation) -> Gateway:
    return gateway("twilio", operation)


def form(**fields: str) -> Inbound:
    return Inbound("POST", URL, {}, urlencode(fields).encode(), wire.FORM)


def only(messages: object) -> Message:
    (message,) = messages  # type: ignore[misc]
    assert isinstance(message, Message)
    return message


# --- SMSSync -------------------------------------------------------------------------------------------------------


def test_two_messages_that_share_an_id_are_both_kept(phone: Gateway) -> None:
    phone.says("Nou bezwen dlo", id="same")
    phone.says("Nou bezwen manje", id="same")
    phone.says("Nou bezwen dlo", id="same", sender="+50955500124")
    assert Report.objects.count() == 3


def test_the_phone_is_told_whom_to_answer(phone: Gateway) -> None:
    payload = json.loads(phone.says("Nou bezwen dlo").content)["payload"]
    assert (payload["success"], payload["error"], payload["task"]) == (True, None, "send")
    assert payload["messages"] == [
        {"to": "+50955500123", "message": "Mèsi. Ki kote ou ye?", "uuid": str(OutboxMessage.objects.get().uuid)}
    ]


def test_without_a_reply_there_is_nothing_to_send(phone: Gateway) -> None:
    assert json.loads(phone.says("Promo!", sender="MTN").content) == {"payload": {"success": True, "error": None}}


def test_a_refusal_says_why_in_the_phones_own_form(phone: Gateway) -> None:
    answer = phone.send(phone.unproven("Nou bezwen dlo"))
    payload = json.loads(answer.content)["payload"]
    assert payload["success"] is False
    assert "secret" in payload["error"]


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("1263333180", datetime(2010, 1, 12, 21, 53, tzinfo=UTC)),
        ("1263333180000", datetime(2010, 1, 12, 21, 53, tzinfo=UTC)),
        ("", None),
        ("0", None),
        ("yesterday", None),
        ("-1263333180", None),
        ("٣٣", None),
        ("9" * 30, None),
        (str(int((NOW + timedelta(hours=3)).timestamp())), NOW + timedelta(hours=3)),
        (str(int((NOW + timedelta(days=3)).timestamp())), None),
    ],
)
def test_a_time_is_read_in_seconds_or_milliseconds_and_never_in_the_future(raw: str, read: datetime | None) -> None:
    assert wire.moment(raw, NOW) == read


def test_a_time_that_is_not_believed_stays_among_the_fields() -> None:
    message = only(smssync.parse(form(**{"from": "+50955500123", "message": "a", "sent_timestamp": "9999999999"}), {}))
    assert (message.sent_at, message.fields["sent_timestamp"]) == (None, "9999999999")


def test_fields_that_hold_the_senders_number_are_dropped() -> None:
    message = only(
        smssync.parse(form(**{"from": "+509 5550-0123", "message": "a", "alias": "tel 509 5550 0123", "sim": "1"}), {})
    )
    assert message.sender == Address("tel", "+50955500123")
    assert message.fields == {"sim": "1"}


def test_a_phone_may_send_json(phone: Gateway) -> None:
    body = {"from": "+50955500123", "message": "Nou bezwen dlo", "message_id": 17, "secret": "open sesame", "sim": None}
    answer = Client().post(phone.path, json.dumps(body), content_type="application/json")
    assert (answer.status_code, Report.objects.get().text) == (200, "Nou bezwen dlo")


@pytest.mark.parametrize(
    ("content_type", "body", "read"),
    [
        ("application/x-www-form-urlencoded; charset=ISO-8859-1", b"caf%E9", "café"),
        ("application/x-www-form-urlencoded; charset=windows-1252", b"%80", "€"),
        ("application/x-www-form-urlencoded; charset=zip", b"caf%C3%A9", "café"),
        ("application/x-www-form-urlencoded; charset=unicode_escape", b"%5Cx41", "\\x41"),
        ("", "café".encode(), "café"),
        ("application/json", b'"a\\ud800 dlo"', "a\ufffd dlo"),
        ("application/json", b'"caf\\u00e9 \\ud83d\\ude00 \\u0000"', "café 😀 \u2400"),
    ],
)
def test_texts_are_read_in_the_character_set_they_come_in(content_type: str, body: bytes, read: str) -> None:
    wrapped = b'{"message": %s}' % body if "json" in content_type else b"message=" + body
    assert wire.fields(Inbound("POST", URL, {}, wrapped, content_type))["message"] == read


@pytest.mark.parametrize(
    ("inbound", "status"),
    [
        (Inbound("POST", URL, {}, b"<a/>", "text/xml"), 415),
        (Inbound("POST", URL, {}, b"[]", wire.JSON), 400),
        (Inbound("POST", URL, {}, b"{", wire.JSON), 400),
        (Inbound("POST", URL, {}, b"[" * 100_000, wire.JSON), 400),
        (Inbound("POST", URL, {}, b"a=1&" * 201, wire.FORM), 400),
        (Inbound("POST", URL, {}, json.dumps({str(n): 1 for n in range(201)}).encode(), wire.JSON), 400),
    ],
    ids=["another type", "a list", "half", "deep", "many fields", "many members"],
)
def test_what_cannot_be_read_is_refused(inbound: Inbound, status: int) -> None:
    with pytest.raises(Refused) as refused:
        wire.fields(inbound)
    assert refused.value.status == status


# --- Twilio --------------------------------------------------------------------------------------------------------


def signed(inbound: Inbound, url: str = "") -> Inbound:
    fields = b"".join(name + value for name, value in sorted(wire.pairs(inbound.body)))
    return replace(inbound, headers={"x-twilio-signature": twilio.signature(TOKEN, url or inbound.url, fields)})


def test_a_signature_known_from_elsewhere_matches() -> None:
    """Recomputed from the rule in Twilio's documentation with nothing of ours."""
    import base64
    import hmac

    url = "https://mycompany.example/myapp.php?foo=1&bar=2"
    text = url + "CallSidCA1234567890ABCDECaller+14158675309Digits1234From+14158675309To+18005551212"
    expected = base64.b64encode(hmac.new(b"12345", text.encode(), hashlib.sha1).digest()).decode()
    fields = {"Digits": "1234", "To": "+18005551212", "From": "+14158675309", "Caller": "+14158675309",
              "CallSid": "CA1234567890ABCDE"}  # fmt: skip
    inbound = Inbound("POST", url, {"x-twilio-signature": expected}, urlencode(fields).encode(), wire.FORM)
    twilio.verify(inbound, {"auth_token": "12345"})


@pytest.mark.parametrize("spelling", [URL, URL.replace(".org", ".org:443")])
@pytest.mark.parametrize("seen", [URL, URL.replace(".org", ".org:443")])
def test_the_address_is_signed_with_or_without_its_port(spelling: str, seen: str) -> None:
    twilio.verify(
        signed(replace(form(From="+50955500123", Body="a"), url=seen), spelling), {"auth_token": TOKEN.decode()}
    )


@pytest.mark.parametrize(
    "change",
    [
        {"url": URL + "?more=1"},
        {"url": URL.replace("https", "http")},
        {"body": b"From=%2B50955500123&Body=b"},
        {"body": b"From=%2B50955500123&Body=a&More=1"},
        {"headers": {}},
        {"headers": {"x-twilio-signature": "é"}},
    ],
    ids=str,
)
def test_a_changed_request_does_not_match(change: dict[str, object]) -> None:
    inbound = signed(form(From="+50955500123", Body="a"))
    with pytest.raises(Refused) as refused:
        twilio.verify(replace(inbound, **change), {"auth_token": TOKEN.decode()})  # type: ignore[arg-type]
    assert refused.value.status == 403


def as_json(body: bytes, digest: str) -> Inbound:
    url = f"{URL}?bodySHA256={digest}"
    return Inbound("POST", url, {"x-twilio-signature": twilio.signature(TOKEN, url)}, body, wire.JSON)


def test_json_is_proven_by_the_hash_in_its_address() -> None:
    body = b'{"From": "+50955500123", "Body": "a", "MessageSid": "SM1"}'
    inbound = as_json(body, hashlib.sha256(body).hexdigest())
    twilio.verify(inbound, {"auth_token": TOKEN.decode()})
    assert only(twilio.parse(inbound, {})).gateway_id == "SM1"
    for forged in (replace(inbound, body=body + b" "), as_json(body, "0" * 64), as_json(body, "é")):
        with pytest.raises(Refused, match="signature"):
            twilio.verify(forged, {"auth_token": TOKEN.decode()})


def test_behind_a_proxy_the_public_address_is_what_counts(account: Gateway) -> None:
    sent = account.request("Nou bezwen dlo", base="https://map.example.org")
    assert account.send(sent).status_code == 403
    with override_settings(PUBLIC_URL="https://map.example.org"):
        assert account.send(sent).status_code == 200


def test_a_position_by_whatsapp_is_a_place() -> None:
    fields = {
        "From": "whatsapp:+50955500123", "WaId": "50955500123", "ProfileName": "Rose", "Body": "", "MessageSid": "SM1",
        "Latitude": "18.545", "Longitude": "-72.303", "Label": "Delmas 33",
        "ChannelMetadata": '{"data": {"context": {"WaId": "50955500123"}}}',
    }  # fmt: skip
    message = only(twilio.parse(form(**fields), {}))
    assert message.sender == Address("whatsapp", "+50955500123")
    assert message.place is not None
    assert (message.place.lon, message.place.lat, message.place.name) == (-72.303, 18.545, "Delmas 33")
    assert "50955500123" not in json.dumps(dict(message.fields))


@pytest.mark.parametrize(
    ("lat", "lon"), [("nan", "1"), ("91", "1"), ("1", "181"), ("", "1"), ("1", "inf"), ("a", "b"), ("0", "0.0")]
)
def test_a_position_that_is_none_is_no_place(lat: str, lon: str) -> None:
    assert only(twilio.parse(form(From="+50955500123", Body="a", Latitude=lat, Longitude=lon), {})).place is None


def test_a_long_text_in_base64_is_read_and_others_are_left_alone() -> None:
    long = "Nou bezwen dlo. " * 20
    from base64 import b64encode

    for body, read in ((b64encode(long.encode()).decode(), long), ("m" * 200, "m" * 200), ("a b" * 100, "a b" * 100)):
        assert only(twilio.parse(form(From="+50955500123", Body=body), {})).text == read


def test_a_reply_is_markup_that_cannot_be_broken_out_of() -> None:
    kept = [Kept("ref", True, "Mèsi <b> & ]]>", Address("tel", "+50955500123")), Kept("ref", True, "never", None)]
    answer = twilio.CHANNEL.answer(form(), kept)
    assert [message.text for message in ElementTree.fromstring(answer.body)] == ["Mèsi <b> & ]]>"]


def test_without_a_reply_nothing_is_paid_for(account: Gateway) -> None:
    answer = account.says("Promo!", sender="MTN")
    assert answer.content.endswith(b"<Response/>")
    assert answer.headers["Content-Type"].startswith("text/xml")


# --- addresses of senders ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("+509 5550-0123", Address("tel", "+50955500123")),
        ("tel:+50955500123", Address("tel", "+50955500123")),
        ("55500123", Address("tel", "55500123")),
        ("whatsapp:+50955500123", Address("whatsapp", "+50955500123")),
        ("messenger:1234", Address("messenger", "1234")),
        ("MTN", Address("name", "MTN")),
        ("INFO: offers", Address("name", "INFO: offers")),
        ("4636", Address("name", "4636")),
        ("٥٥٥٠٠١٢٣", Address("name", "٥٥٥٠٠١٢٣")),
        ("+" + "5" * 40, Address("name", "+" + "5" * 40)),
        ("tel:", Address("name", "tel:")),
    ],
)
def test_an_address_keeps_its_scheme_and_a_name_is_no_number(raw: str, address: Address) -> None:
    assert wire.address(raw) == address


# --- what the channels share ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(wire.SCHEMES))
def test_only_a_phone_is_answered_and_every_address_but_a_name_is_hidden(kind: str) -> None:
    sender = Address(kind, "+50955500123")
    assert wire.can_answer(sender) == (kind in {"tel", "whatsapp"})
    assert wire.rest({"About": "call 509 5550 0123"}, (), sender) == (
        {"About": "call 509 5550 0123"} if kind == "name" else {}
    )


@pytest.mark.parametrize(("levels", "refused"), [(31, False), (32, True), (900, True), (100_000, True)])
def test_json_nested_too_deep_is_refused(levels: int, refused: bool) -> None:
    body = b'{"a": ' + b"[" * levels + b"]" * levels + b"}"
    if not refused:
        assert wire.json_object(body)
        return
    with pytest.raises(Refused) as told:
        wire.json_object(body)
    assert told.value.reason in {"too_deep", "unreadable"}
