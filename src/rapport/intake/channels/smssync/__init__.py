"""SMSSync: an Android phone that posts each SMS it receives to us, and sends the replies that stand in our answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.plugins import Channel, Setting
from rapport.values import Answer, Inbound, Json, Kept, Message


def verify(inbound: Inbound, settings: Mapping[str, str]) -> None:
    """The secret set on the phone must come with every request."""
    if not wire.same(wire.fields(inbound).get("secret", ""), wire.secret(settings, "secret")):
        raise Refused("bad_secret", "The secret does not match; compare it with the one on the phone.", status=403)


def parse(inbound: Inbound) -> Sequence[Message]:
    """One SMS. An empty text is a message too: somebody tried to reach us."""
    values = wire.fields(inbound)
    sender = wire.address(wire.required(values, "from"))
    if "message" not in values:
        raise Refused("missing_field", "Send the field 'message'.", field="message")
    text = values["message"]
    return [
        Message(
            text=text,
            gateway_id=_gateway_id(values, text),
            sender=sender,
            sent_at=wire.moment(values.get("sent_timestamp", "")),
            fields=wire.rest(values, ("from", "message", "secret"), sender),
        )
    ]


def _gateway_id(values: Mapping[str, str], text: str) -> str:
    """The phone's id of the message, with its text: two messages that came while a request hung have shared an id
    (SMSSync issue 60)."""
    message_id = values.get("message_id", "")
    if not message_id:
        return ""
    digest = hashlib.sha256("\x1f".join((values["from"], text)).encode()).hexdigest()[:32]
    return ":".join((values.get("device_id", ""), message_id, digest))


def answer(inbound: Inbound, kept: Sequence[Kept]) -> Answer:
    """Success, with the replies that the phone is to send."""
    payload: dict[str, Json] = {"success": True, "error": None}
    replies: list[Json] = [
        {"to": one.reply_to.value, "message": one.reply, "uuid": one.ref}
        for one in kept
        if one.reply and one.reply_to is not None and wire.can_answer(one.reply_to)
    ]
    if replies:
        payload |= {"task": "send", "messages": replies}
    return _json(200, {"payload": payload})


def refuse(refused: Refused) -> Answer:
    return _json(refused.status, {"payload": {"success": False, "error": str(refused)}})


def _json(status: int, value: Json) -> Answer:
    return Answer(status, msgspec.json.encode(value), "application/json")


CHANNEL = Channel(
    name="smssync",
    title="SMSSync",
    proof="the secret set on the phone, in every request",
    settings=(Setting("secret", "The secret key entered on the phone, under Sync URL.", secret=True),),
    verify=verify,
    parse=parse,
    answer=answer,
    refuse=refuse,
    replies_inline=True,
)
