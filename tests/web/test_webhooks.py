"""What RapidPro, Africa's Talking and KoboToolbox send beyond what the contract suite asks of every channel."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.intake.channels import africastalking, kobotoolbox, rapidpro, wire
from rapport.values import Address, Inbound, Json, Message

URL = "http://testserver/in/x/y/"


def posted(value: Json) -> Inbound:
    return Inbound("POST", URL, {}, json.dumps(value).encode(), wire.JSON)


def flow(value: Json) -> Message:
    (message,) = rapidpro.parse(posted(value), {})
    return message


def submitted(value: Json, **settings: str) -> Message:
    (message,) = kobotoolbox.parse(posted(value), settings)
    return message


# --- RapidPro ------------------------------------------------------------------------------------------------------

RESTHOOK: dict[str, Json] = {
    "contact": {"name": "", "urn": "tel:+50955500124", "uuid": "5d76d86b"},
    "flow": {"name": "Registration", "revision": 123},
    "input": {
        "attachments": [{"content_type": "image/jpeg", "url": "https://media.example.org/test.jpg"}],
        "created_on": "2017-12-31T11:35:09.123456Z",
        "text": "Hi there",
        "urn": {"display": "5550-0123", "path": "+50955500123", "scheme": "tel"},
        "uuid": "0197b335-6ded-79a4-95a6-3af85b57f108",
    },
    "results": {"phone": {"value": "+50955500123"}, "colour": {"value": "red", "category": "Red"}},
}


def test_a_resthook_is_read_as_the_engine_writes_it() -> None:
    message = flow(RESTHOOK)
    assert (message.text, message.gateway_id) == ("Hi there", "0197b335-6ded-79a4-95a6-3af85b57f108")
    assert message.sender == Address("tel", "+50955500123")
    assert message.sent_at == datetime(2017, 12, 31, 11, 35, 9, 123456, tzinfo=UTC)
    assert message.fields["input.attachments.0.url"] == "https://media.example.org/test.jpg"
    assert message.fields["results.colour.value"] == "red"
    assert "55500123" not in json.dumps(dict(message.fields))


def test_a_flow_with_the_editors_own_body_brings_its_answers() -> None:
    message = flow(
        {"contact": {"urn": "tel:+50955500123"}, "results": {"kote": {"value": "Delmas"}, "moun": {"value": "12"}}}
    )
    assert message.text == "kote: Delmas\nmoun: 12"


def test_a_flow_that_brings_no_words_at_all_is_told_what_lacks() -> None:
    with pytest.raises(Refused, match=r"input\.text"):
        flow({"contact": {"urn": "tel:+50955500123"}, "results": {}})


@pytest.mark.parametrize(
    ("urn", "read"),
    [
        ("whatsapp:50955500123", Address("whatsapp", "50955500123")),
        ("tel:+50955500123?channel=57f1078f#(555) 00123", Address("tel", "+50955500123")),
        ("telegram:3527065#jean", Address("telegram", "3527065")),
        ("facebook:1122334455667788", Address("name", "facebook:1122334455667788")),
        ("tel:4636", Address("name", "4636")),
    ],
)
def test_an_urn_keeps_its_scheme(urn: str, read: Address) -> None:
    assert flow({"contact": {"urn": urn}, "input": {"text": "a"}}).sender == read


# --- Africa's Talking ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("date", ["2017-05-03T06:04:45Z", "2017-05-03 06:04:45"])
def test_both_forms_of_its_times_are_utc(date: str) -> None:
    body = f"from=%2B254791541111&text=Msg&id=1&date={date}&to=21512".encode()
    (message,) = africastalking.parse(Inbound("POST", URL, {}, body, wire.FORM), {})
    assert message.sent_at == datetime(2017, 5, 3, 6, 4, 45, tzinfo=UTC)
    assert message.fields["to"] == "21512"


def test_a_delivery_report_at_the_same_address_is_answered_and_not_kept() -> None:
    body = b"id=ATXid_1&status=Success&phoneNumber=%2B254791541111&networkCode=63902"
    assert africastalking.parse(Inbound("POST", URL, {}, body, wire.FORM), {}) == []


# --- KoboToolbox ---------------------------------------------------------------------------------------------------

SUBMISSION: dict[str, Json] = {
    "_id": 889409,
    "_uuid": "19d72997-8316-4e02-8016-4a8ddf6a2aa4",
    "_submission_time": "2016-04-22T06:38:20",
    "_submitted_by": None,
    "_geolocation": [18.55, -72.3],
    "_attachments": [{"mimetype": "image/jpeg", "filename": "desk/attachments/kay.jpg"}],
    "meta/instanceID": "uuid:19d72997-8316-4e02-8016-4a8ddf6a2aa4",
    "formhub/uuid": "6f5773a1",
    "end": "2016-04-22T02:30:00.000-04:00",
    "place/what": "Dlo",
    "place/how_many": "12",
    "who/phone": "+50955500123",
}


def test_without_a_question_for_the_text_all_answers_are_the_text() -> None:
    message = submitted(SUBMISSION, sender="phone")
    assert message.text == "place/what: Dlo\nplace/how_many: 12"
    assert message.sender == Address("tel", "+50955500123")
    assert "55500123" not in json.dumps(dict(message.fields))


def test_the_named_question_is_the_text_and_the_other_answers_are_fields() -> None:
    message = submitted(SUBMISSION, text="what")
    assert (message.text, message.fields["place/how_many"]) == ("Dlo", "12")
    assert message.sender is None
    assert message.sent_at == datetime(2016, 4, 22, 6, 38, 20, tzinfo=UTC)
    assert message.place is not None
    assert (message.place.lon, message.place.lat) == (-72.3, 18.55)
    assert message.fields["_attachments.0.filename"] == "desk/attachments/kay.jpg"


@pytest.mark.parametrize("given", [None, [], [None, None], [0, 0], [91, 0], ["a", "b"], [True], [10**400, 1], "18 -72"])
def test_a_point_that_cannot_be_meant_is_no_place(given: Json) -> None:
    assert submitted(SUBMISSION | {"_geolocation": given}).place is None


def test_the_user_of_kobo_is_a_name_whom_nobody_answers() -> None:
    assert submitted(SUBMISSION | {"_submitted_by": "enketè"}).sender == Address("name", "enketè")


@pytest.mark.parametrize(
    ("header", "passes"),
    [
        ("Bearer a secret", True),
        ("Basic " + base64.b64encode(b"anybody:a secret").decode(), True),
        ("Basic " + base64.b64encode(b"a secret").decode(), False),
        ("Basic %%%", False),
        ("Digest a secret", False),
        ("", False),
    ],
)
def test_kobo_proves_itself_by_header_or_password(header: str, passes: bool) -> None:
    inbound = Inbound("POST", URL, {"authorization": header}, b"{}", wire.JSON)
    if passes:
        kobotoolbox.verify(inbound, {"secret": "a secret"})
    else:
        with pytest.raises(Refused):
            kobotoolbox.verify(inbound, {"secret": "a secret"})


# --- any JSON ------------------------------------------------------------------------------------------------------

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["contact", "input", "results", "urn", "text", "uuid", "_uuid", "_geolocation", "a/b", "phone"])


@given(st.dictionaries(KEYS, JSONS | st.dictionaries(KEYS, JSONS, max_size=3), max_size=5))
def test_any_object_is_read_or_refused(value: dict[str, Json]) -> None:
    for read in (lambda: rapidpro.parse(posted(value), {}), lambda: kobotoolbox.parse(posted(value), {"text": "b"})):
        try:
            for message in read():
                assert isinstance(message.text, str)
                json.dumps(dict(message.fields)).encode()
        except Refused:
            continue
