"""Any gateway that posts fields, or a flat JSON object, and takes calls that the operator describes.

For gateways without a channel of their own: a modem's software, a phone app, an aggregator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal
from urllib.parse import quote, urlencode, urlsplit

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.plugins import Channel, Setting, WayOut
from rapport.values import (
    ANSWERABLE,
    Answer,
    Asked,
    DeliveryReport,
    HttpRequest,
    Inbound,
    Json,
    Kept,
    Message,
    Outcome,
    Outgoing,
    Reported,
)

#: What is sent where the operator does not say otherwise.
FIELDS = '{"to": "{to}", "text": "{text}", "id": "{id}"}'
_PLACES = re.compile(r"\{(to|text|id)\}")
_IDS = ("id", "message_id", "messageId", "sid", "uuid")  # under one of these an answer names the message
_BECAME: Mapping[str, Literal["handed", "sent", "delivered", "failed"]] = {
    "queued": "handed", "accepted": "handed", "sent": "sent", "delivered": "delivered", "failed": "failed",
}  # fmt: skip


def verify(inbound: Inbound, settings: Mapping[str, str]) -> None:
    """The source's secret, as the field `secret` or as `Authorization: Bearer …`."""
    expected = wire.secret(settings, "secret")
    header = inbound.headers.get("authorization", "")
    given = header.removeprefix("Bearer ") if header else wire.fields(inbound).get("secret", "")
    if not wire.same(given, expected):
        raise Refused("bad_secret", "The secret does not match; compare it with the gateway's.", status=403)


def parse(inbound: Inbound, settings: Mapping[str, str]) -> Sequence[Message]:
    """One message: `from` or `sender`, `text` or `message`, and if there are any `id` and `time` or `date`."""
    values = wire.fields(inbound)
    sender = wire.address(wire.required(values, "from" if "sender" not in values else "sender"))
    text = next((values[name] for name in ("text", "message") if name in values), None)
    if text is None:
        raise Refused("missing_field", "Send the field 'text'.", field="text")
    said = values.get("time") or values.get("date", "")
    return [
        Message(
            text=text,
            gateway_id=values.get("id", ""),
            sender=sender,
            sent_at=wire.moment(said) or wire.written(said),
            fields=wire.rest(values, ("from", "sender", "text", "message", "secret"), sender),
        )
    ]


def answer(inbound: Inbound, kept: Sequence[Kept]) -> Answer:
    return _json({"ok": True})


def _json(value: Json) -> Answer:
    return Answer(200, json.dumps(value).encode(), wire.JSON)


# --- messages that go out ------------------------------------------------------------------------------------------


def lacks(settings: Mapping[str, str]) -> str:
    """The host must be the operator's own words: no part of a message may choose it."""
    url = settings.get("send_url", "")
    if not url:
        return "Fill in send_url of this source."
    if not _written_out(url) or not url.isascii() or not url.isprintable() or " " in url:
        return "send_url must be an address with its host written out, as https://gateway.example.org/send."
    if settings.get("send_as") != "get" and not isinstance(_described(settings), dict):
        return "send_fields must be a JSON object, as " + FIELDS
    return ""


def _written_out(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and "{" not in parts.netloc
        )
    except ValueError:  # half a bracket, a port beyond 65535
        return False


def _described(settings: Mapping[str, str]) -> Json:
    try:
        described: Json = json.loads(settings.get("send_fields") or FIELDS)
    except (ValueError, RecursionError):
        return None
    return None if wire.deeper(described, 8) else described


def repeatable(settings: Mapping[str, str]) -> bool:
    return settings.get("send_again") == "safe"


def request(settings: Mapping[str, str], message: Outgoing) -> HttpRequest:
    """The call as the operator describes it, with the message's uuid as Idempotency-Key."""
    headers = {"Idempotency-Key": message.uuid, "Accept": wire.JSON}
    if authorization := settings.get("send_authorization", ""):
        headers["Authorization"] = authorization
    url = _filled(settings["send_url"], message, lambda text: quote(text, safe=""))
    if settings.get("send_as") == "get":
        return HttpRequest("GET", url, headers)
    fields = _filled_in(_described(settings), message)
    if settings.get("send_as") == "json":
        return HttpRequest("POST", url, headers | {"Content-Type": wire.JSON}, json.dumps(fields).encode())
    pairs = fields.items() if isinstance(fields, dict) else ()
    body = urlencode([(name, value if isinstance(value, str) else json.dumps(value)) for name, value in pairs])
    return HttpRequest("POST", url, headers | {"Content-Type": wire.FORM}, body.encode())


def _filled(template: str, message: Outgoing, quoted: Callable[[str], str] = str) -> str:
    values = {"to": message.to.value, "text": message.text, "id": message.uuid}
    return _PLACES.sub(lambda found: quoted(values[found[1]]), template)


def _filled_in(value: Json, message: Outgoing) -> Json:
    if isinstance(value, str):
        return _filled(value, message)
    if isinstance(value, list):
        return [_filled_in(part, message) for part in value]
    if isinstance(value, dict):
        return {name: _filled_in(part, message) for name, part in value.items()}
    return value


def read(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """2xx is taken, whatever else it says."""
    if 200 <= status < 300:
        said = wire.object_or_empty(body)
        named = next((str(said[name]) for name in _IDS if isinstance(said.get(name), str | int)), "")
        return Outcome("handed", gateway_id=wire.shown(named)[:120])
    return wire.refusal(status, headers, f"The gateway answered {status}.")


def asked(inbound: Inbound) -> Asked | None:
    """A delivery report has a `status` and no text."""
    values = wire.fields(inbound)
    if "status" not in values or "text" in values or "message" in values:
        return None
    became = _BECAME.get(values["status"].strip().lower())
    if became is None:
        raise Refused("unknown_status", f"Send as status one of {', '.join(_BECAME)}.", field="status")
    reason = values.get("reason", "")[:200] if became == "failed" else ""
    return Reported((DeliveryReport(became, values.get("uuid", ""), values.get("id", ""), reason),))


def told(settings: Mapping[str, str], asked: Asked, messages: Sequence[Outgoing], uuids: Sequence[str]) -> Answer:
    return _json({"ok": True})


CHANNEL = Channel(
    name="plain",
    title="Any gateway, plain",
    proof="the source's secret, in the field secret or in the Authorization header",
    settings=(
        Setting("secret", "The secret that the gateway sends with every request; a long random one.", secret=True),
        Setting(
            "send_url",
            "To send: the gateway's address. {to}, {text} and {id} in it are filled in.",
            required=False,
            carries="send_authorization",
        ),
        Setting(
            "send_as", "To send: how (form, as by itself; json; get).", required=False, choices=("form", "json", "get")
        ),
        Setting("send_fields", f"To send: the fields as a JSON object; empty means {FIELDS}", required=False),
        Setting(
            "send_authorization",
            "To send: the Authorization header, as Bearer and a token.",
            secret=True,
            required=False,
        ),
        Setting(
            "send_again",
            "Whether a call may be repeated: safe where the gateway takes a repeated Idempotency-Key or id once.",
            required=False,
            choices=("unsafe", "safe"),
        ),
    ),
    verify=verify,
    parse=parse,
    answer=answer,
    refuse=wire.plain,
)

WAY_OUT = WayOut(
    name="plain",
    kinds=ANSWERABLE,
    lacks=lacks,
    repeatable=repeatable,
    asked=asked,
    told=told,
    request=request,
    read=read,
)
