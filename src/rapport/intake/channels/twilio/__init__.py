"""Twilio: SMS and WhatsApp messages, posted by Twilio and signed with the account's token."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.plugins import Channel, Setting
from rapport.values import Answer, GivenPlace, Inbound, Kept, Message, place_problem

_BASE64_FROM = 160  # Twilio has delivered longer texts in base64
_DEFAULT_PORTS = {"https": 443, "http": 80}


def verify(inbound: Inbound, settings: Mapping[str, str]) -> None:
    """HMAC-SHA1 of the exact public address and every field, sorted by name; for JSON, of the address alone, which
    then carries the body's SHA-256."""
    token = wire.secret(settings, "auth_token").encode()
    given = inbound.headers.get("x-twilio-signature", "")
    body_hash = parse_qs(urlsplit(inbound.url).query).get("bodySHA256", [""])[0]
    if body_hash:
        signed = b""
        genuine = wire.same(hashlib.sha256(inbound.body).hexdigest(), body_hash.lower())
    else:
        signed = b"".join(name + value for name, value in sorted(set(wire.pairs(inbound.body))))
        genuine = True
    # Every spelling is compared, so that the time taken tells nothing.
    matches = [wire.same(given, signature(token, url, signed)) for url in _spellings(inbound.url)]
    if not (genuine and any(matches)):
        raise Refused(
            "bad_signature",
            "The signature does not match; RAPPORT_PUBLIC_URL must be the address that Twilio calls.",
            status=403,
        )


def signature(token: bytes, url: str, signed: bytes = b"") -> str:
    """What Twilio puts into X-Twilio-Signature."""
    return b64encode(hmac.digest(token, url.encode("utf-8", "replace") + signed, "sha1")).decode()


def _spellings(url: str) -> Iterator[str]:
    """The address without and with the port: Twilio signs one or the other, depending on the kind of request."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].partition(":")[0]  # as it was written: Twilio signs capitals too
    try:
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 443)
    except ValueError as error:
        raise Refused("bad_signature", "The address that was called has no valid port.", status=403) from error
    yield parts._replace(netloc=host).geturl()
    yield parts._replace(netloc=f"{host}:{port}").geturl()


def parse(inbound: Inbound) -> Sequence[Message]:
    """One SMS or WhatsApp message; a photo or a position alone has an empty text."""
    values = wire.fields(inbound)
    sender = wire.address(wire.required(values, "From"))
    if "Body" not in values and not values.get("MessageSid"):
        raise Refused("missing_field", "Send the field 'Body' or 'MessageSid'.", field="Body")
    return [
        Message(
            text=_text(values.get("Body", "")),
            gateway_id=values.get("MessageSid") or values.get("SmsMessageSid") or values.get("SmsSid", ""),
            sender=sender,
            place=_place(values),
            fields=wire.rest(values, ("From", "Body", "WaId"), sender),
        )
    ]


def _text(body: str) -> str:
    """The text itself where it came in base64; a text without a space that decodes to readable text is no accident."""
    if len(body) < _BASE64_FROM or " " in body or len(body) % 4:
        return body
    try:
        decoded = b64decode(body, validate=True).decode()
    except ValueError:
        return body
    return wire.shown(decoded) if all(letter.isprintable() or letter in "\r\n\t" for letter in decoded) else body


def _place(values: Mapping[str, str]) -> GivenPlace | None:
    """The position of a WhatsApp message; None unless both coordinates are there and can be meant."""
    try:
        lon, lat = float(values["Longitude"]), float(values["Latitude"])
    except (KeyError, ValueError):
        return None
    if place_problem(lon, lat):
        return None
    return GivenPlace(lon, lat, (values.get("Label") or values.get("Address", ""))[:300])


def answer(inbound: Inbound, kept: Sequence[Kept]) -> Answer:
    """TwiML: each Message in it goes back to the sender, and is paid for."""
    replies = [one.reply for one in kept if one.reply and wire.can_answer(one.reply_to)]
    inside = "".join(f"<Message>{escape(reply)}</Message>" for reply in replies)
    xml = '<?xml version="1.0" encoding="UTF-8"?>' + (f"<Response>{inside}</Response>" if inside else "<Response/>")
    return Answer(200, xml.encode(), "text/xml; charset=utf-8")


CHANNEL = Channel(
    name="twilio",
    title="Twilio",
    proof="the X-Twilio-Signature header, made with the account's token",
    settings=(Setting("auth_token", "The account's auth token, from the Twilio console.", secret=True),),
    verify=verify,
    parse=parse,
    answer=answer,
    refuse=wire.plain,
    replies_inline=True,
)
