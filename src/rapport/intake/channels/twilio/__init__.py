"""Twilio: SMS and WhatsApp messages, posted by Twilio and signed with the account's token, and sent by its REST API."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from xml.sax.saxutils import escape

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.plugins import REPLIES, Channel, Setting, WayOut
from rapport.values import (
    ANSWERABLE,
    Answer,
    Asked,
    DeliveryReport,
    GivenPlace,
    HttpRequest,
    Inbound,
    Kept,
    Message,
    Outcome,
    Outgoing,
    Reported,
    place_problem,
)

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


def parse(inbound: Inbound, settings: Mapping[str, str]) -> Sequence[Message]:
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


# --- messages that go out ------------------------------------------------------------------------------------------

API = "https://api.twilio.com"
#: What Twilio calls the states of a message (its guide "Message status"); those left out say nothing new.
_BECAME: Mapping[str, Literal["handed", "sent", "delivered", "failed"]] = {
    "accepted": "handed", "scheduled": "handed", "queued": "handed", "sending": "handed",
    "sent": "sent", "delivered": "delivered", "read": "delivered",
    "failed": "failed", "undelivered": "failed", "canceled": "failed",
}  # fmt: skip


def lacks(settings: Mapping[str, str]) -> str:
    missing = [name for name in ("auth_token", "account_sid", "number") if not settings.get(name)]
    return f"Fill in {' and '.join(missing)} of this source." if missing else ""


def never(settings: Mapping[str, str]) -> bool:
    """Twilio knows no id of ours: the same call twice is two messages."""
    return False


def request(settings: Mapping[str, str], message: Outgoing) -> HttpRequest:
    """POST …/Messages.json. Its reports come to `status_address`, with our uuid in the address: they are matched even
    if we never learned Twilio's own id."""
    prefix = "whatsapp:" if message.to.kind == "whatsapp" else ""
    number = settings["number"].strip()
    fields = {"To": prefix + message.to.value, "Body": message.text}
    fields |= {"MessagingServiceSid": number} if number.startswith("MG") else {"From": prefix + number}
    if address := settings.get("status_address", "").strip():
        fields["StatusCallback"] = f"{address}{'&' if '?' in address else '?'}uuid={message.uuid}"
    account = settings["account_sid"].strip()
    pair = b64encode(f"{account}:{settings['auth_token']}".encode()).decode()
    return HttpRequest(
        "POST",
        f"{(settings.get('api') or API).rstrip('/')}/2010-04-01/Accounts/{quote(account, safe='')}/Messages.json",
        {"Authorization": f"Basic {pair}", "Content-Type": wire.FORM, "Accept": wire.JSON},
        urlencode(fields).encode(),
    )


def read(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """201 with a sid is taken. A wrong token may be mended, so it is tried again; a wrong number is wrong for ever."""
    answer = wire.object_or_empty(body)
    if 200 <= status < 300 and isinstance(sid := answer.get("sid"), str) and sid:
        return Outcome("handed", gateway_id=wire.shown(sid)[:120])
    code = answer.get("code")
    why = f"Twilio answered {status}" + (f", error {code}." if isinstance(code, int) else ".")
    return wire.refusal(status, headers, why)


def asked(inbound: Inbound) -> Asked | None:
    """A status callback has a MessageStatus and no Body."""
    values = wire.fields(inbound)
    if "MessageStatus" not in values or "Body" in values:
        return None
    became = _BECAME.get(values["MessageStatus"].lower())
    if became is None:
        return Reported(())
    code = values.get("ErrorCode", "")
    reason = f"Twilio could not deliver it{f', error {code[:10]}' if code else ''}." if became == "failed" else ""
    uuid = wire.query(inbound).get("uuid", "")
    sid = values.get("MessageSid") or values.get("SmsSid", "")
    return Reported((DeliveryReport(became, uuid, sid, reason),))


def told(settings: Mapping[str, str], asked: Asked, messages: Sequence[Outgoing], uuids: Sequence[str]) -> Answer:
    return Answer(200, b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml; charset=utf-8")


CHANNEL = Channel(
    name="twilio",
    title="Twilio",
    proof="the X-Twilio-Signature header, made with the account's token",
    settings=(
        Setting("auth_token", "The account's auth token, from the Twilio console.", secret=True),
        REPLIES,
        Setting("account_sid", "To send: the account's SID, AC and 32 letters and digits.", required=False),
        Setting(
            "number",
            "To send: the number messages come from, as +50955500100, or a messaging service's SID (MG…).",
            required=False,
        ),
        Setting(
            "status_address",
            "To send: this source's own address with scheme and host, so that Twilio reports what became of a message.",
            secret=True,
            required=False,
        ),
        Setting(
            "api",
            "To send: another host for Twilio's API; empty means https://api.twilio.com.",
            required=False,
            carries="auth_token",
        ),
    ),
    verify=verify,
    parse=parse,
    answer=answer,
    refuse=wire.plain,
    replies_inline=True,
)

WAY_OUT = WayOut(
    name="twilio",
    kinds=ANSWERABLE,
    lacks=lacks,
    repeatable=never,
    asked=asked,
    told=told,
    request=request,
    read=read,
)
