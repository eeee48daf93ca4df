"""KoboToolbox: each submission of a form is posted here by a REST service of the project.

The body is the submission as its API gives it, one flat object with the group before the question (`group/question`):
kobotoolbox/kpi, kobo/apps/hook/services/service_json.py, and the sample in OpenFn's guide to that service. What begins
with `_`, and `meta/`, is Kobo's own. Kobo sends custom headers, or user and password (Basic), as the project sets it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.plugins import Channel, Setting
from rapport.values import Address, Answer, GivenPlace, Inbound, Json, Kept, Message, place_problem

#: Answers of one submission; forms of hundreds of questions with repeated groups are real [ours].
MOST_ANSWERS = 2_000
#: Beside `_` and `meta/`: what the form's own program adds (XLSForm's metadata, and the ids of form and version).
_OWN = frozenset({"formhub/uuid", "start", "end", "today", "deviceid", "simserial", "subscriberid", "username"})


def verify(inbound: Inbound, settings: Mapping[str, str]) -> None:
    """The source's secret, as `Authorization: Bearer …` or as the password of Basic authentication."""
    expected = wire.secret(settings, "secret")
    if not wire.same(_given(inbound.headers.get("authorization", "")), expected):
        raise Refused("bad_secret", "The secret does not match; compare it with the REST service's.", status=403)


def _given(header: str) -> str:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "basic":
        return rest if scheme.lower() == "bearer" else ""
    try:
        return base64.b64decode(rest, validate=True).decode("utf-8", "replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def parse(inbound: Inbound, settings: Mapping[str, str]) -> Sequence[Message]:
    """One submission. Its text is the answer to the question that the source's setting names, or else all answers."""
    if inbound.content_type.partition(";")[0].strip().lower() != wire.JSON:
        raise Refused("content_type", f"Send the body as {wire.JSON}.", status=415)
    body = wire.json_object(inbound.body)
    values = wire.leaves(body, most=MOST_ANSWERS)
    if not values:
        raise Refused("missing_field", "Send the field '_uuid'.", field="_uuid")
    asked, of = settings.get("text", ""), settings.get("sender", "")
    sender = _sender(values, of)
    # Which questions are the text does not show in the fields, so all stand there, but for the one that is the text.
    text = values.get(_named(values, asked), "") if asked else _answers(values, of)
    return [
        Message(
            text=text,
            gateway_id=values.get("_uuid", ""),
            sender=sender,
            # When it reached Kobo, in UTC; when the form was filled in stands among the fields, by the phone's clock.
            sent_at=wire.written(values.get("_submission_time", "")),
            place=_place(body.get("_geolocation")),
            fields=_rest(values, {_named(values, asked), _named(values, of), "_submitted_by"}, sender),
        )
    ]


def _named(values: Mapping[str, str], question: str) -> str:
    """The name under which a question's answer came: with or without its groups; "" if it did not."""
    if not question or question in values:
        return question
    return next((name for name in values if name.endswith(f"/{question}")), "")


def _sender(values: Mapping[str, str], question: str) -> Address | None:
    """Who answered, if a question asks for their number; else the user of Kobo who sent it; None if nobody is named."""
    if number := values.get(_named(values, question), "").strip():
        return wire.address(number)
    user = values.get("_submitted_by", "").strip()
    return Address("name", user) if user else None


def _is_answer(name: str) -> bool:
    return not (name.startswith(("_", "meta/", "meta.")) or name in _OWN)


def _answers(values: Mapping[str, str], sender: str) -> str:
    """All answers, one a line, as `question: answer`."""
    left_out = _named(values, sender)
    return "\n".join(f"{name}: {value}" for name, value in values.items() if _is_answer(name) and name != left_out)


def _rest(values: Mapping[str, str], left_out: set[str], sender: Address | None) -> dict[str, Json]:
    if sender is not None:
        return wire.rest(values, left_out, sender)
    return {name: value for name, value in values.items() if name not in left_out}


def _place(given: Json) -> GivenPlace | None:
    """Kobo puts the form's first point there as latitude and longitude; null where it has none."""
    match given:
        case [int() | float() as lat, int() | float() as lon, *_] if -90 <= lat <= 90 and -180 <= lon <= 180:
            return None if place_problem(lon, lat) else GivenPlace(float(lon), float(lat))
        case _:
            return None


def answer(inbound: Inbound, kept: Sequence[Kept]) -> Answer:
    return Answer(200, b'{"ok": true}', wire.JSON)


CHANNEL = Channel(
    name="kobotoolbox",
    title="KoboToolbox",
    proof="the secret, as Authorization: Bearer … among the custom headers, or as the password of Basic authentication",
    settings=(
        Setting("secret", "A long random one; write it into the REST service too.", secret=True),
        Setting("text", "Name of the question whose answer is the text; empty: all answers.", required=False),
        Setting("sender", "Name of the question that asks for the phone number, if one does.", required=False),
    ),
    verify=verify,
    parse=parse,
    answer=answer,
    refuse=wire.plain,
    max_bytes=1024 * 1024,
    nameless=True,
)
