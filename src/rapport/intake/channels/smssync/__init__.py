"""SMSSync: an Android phone that posts each SMS it receives to us, and sends the replies that stand in our answer, or
that it fetches.

Fetching takes two steps where "Message Results" is ticked on the phone: GET ?task=send brings the messages, POST
?task=sent names those it took in, and it sends the ones that our answer names again. GET and POST ?task=result bring
what became of them. (As the phone's source does it: addhen/smssync, ProcessMessageResult.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.plugins import REPLIES, Channel, Setting, WayOut
from rapport.values import (
    Answer,
    Asked,
    Awaited,
    Confirm,
    DeliveryReport,
    Fetch,
    Inbound,
    Json,
    Kept,
    Message,
    Outgoing,
    Reported,
)

#: Messages named in one request at most: a phone sends about one SMS in two seconds [ours].
MOST = 200
#: What the phone says of a message it could not send (constants of Android's SmsManager).
_NOT_SENT = {1: "The phone could not send it.", 2: "The phone's radio is off.", 3: "The phone could not send it.",
             4: "The phone has no service."}  # fmt: skip


def verify(inbound: Inbound, settings: Mapping[str, str]) -> None:
    """The secret set on the phone must come with every request; with ?task=sent, where the phone leaves it out, a
    wrong one must not: it names messages by ids that only the phone was told."""
    expected = wire.secret(settings, "secret")
    named = wire.query(inbound)
    given = named.get("secret", "") if "task" in named else wire.fields(inbound).get("secret", "")
    if not given and inbound.method == "POST" and named.get("task") == "sent":
        return
    if not wire.same(given, expected):
        raise Refused("bad_secret", "The secret does not match; compare it with the one on the phone.", status=403)


def parse(inbound: Inbound, settings: Mapping[str, str]) -> Sequence[Message]:
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
        {"to": one.reply_to.value, "message": one.reply, "uuid": one.reply_uuid}
        for one in kept
        if one.reply and one.reply_to is not None and wire.can_answer(one.reply_to)
    ]
    if replies:
        payload |= {"task": "send", "messages": replies}
    return _json(200, {"payload": payload})


# --- messages that the phone fetches -------------------------------------------------------------------------------


def lacks(settings: Mapping[str, str]) -> str:
    return "" if settings.get("secret") else "Fill in the secret of this source."


def confirms(settings: Mapping[str, str]) -> bool:
    """Whether the phone confirms what it fetched before it sends it."""
    return settings.get("results") == "on"


def asked(inbound: Inbound) -> Asked | None:
    """What the `task` in the address asks; None for a message, which has none."""
    task = wire.query(inbound).get("task", "")
    match inbound.method, task:
        case "GET", "send":
            return Fetch()
        case "GET", "result":
            return Awaited()
        case "POST", "sent":
            return Confirm(tuple(_texts(wire.json_object(inbound.body).get("queued_messages"))))
        case "POST", "result":
            return Reported(tuple(_results(wire.json_object(inbound.body).get("message_result"))))
        case "POST", _:
            return None
    raise Refused("unknown_task", "Ask with ?task=send or ?task=result, or POST a message.")


def _texts(value: Json) -> list[str]:
    return [text for text in value[:MOST] if isinstance(text, str)] if isinstance(value, list) else []


def _results(value: Json) -> Iterator[DeliveryReport]:
    for row in value[:MOST] if isinstance(value, list) else []:
        if isinstance(row, dict) and isinstance(uuid := row.get("uuid"), str):
            report = _result(uuid, row.get("sent_result_code"), row.get("delivered_result_code"))
            if report is not None:
                yield report


def _result(uuid: str, sent: Json, delivered: Json) -> DeliveryReport | None:
    """0 is success in both; what the phone does not know yet is left out or -1."""
    if delivered == 0 and sent in (0, None):
        return DeliveryReport("delivered", uuid)
    if sent == 0:
        return DeliveryReport("sent", uuid)
    if isinstance(sent, int) and sent > 0:
        return DeliveryReport("failed", uuid, reason=_NOT_SENT.get(sent, f"The phone could not send it (code {sent})."))
    return None


def told(settings: Mapping[str, str], asked: Asked, messages: Sequence[Outgoing], uuids: Sequence[str]) -> Answer:
    """The secret goes back with the messages: the phone sends for nobody else."""
    match asked:
        case Fetch() if messages:
            rows: list[Json] = [{"to": one.to.value, "message": one.text, "uuid": one.uuid} for one in messages]
            return _json(200, {"payload": {"task": "send", "secret": settings.get("secret", ""), "messages": rows}})
        case Confirm() | Awaited():
            return _json(200, {"message_uuids": list(uuids)})
        case _:
            return _json(200, {"payload": {"success": True, "error": None}})


def refuse(refused: Refused) -> Answer:
    return _json(refused.status, {"payload": {"success": False, "error": str(refused)}})


def _json(status: int, value: Json) -> Answer:
    return Answer(status, msgspec.json.encode(value), "application/json")


CHANNEL = Channel(
    name="smssync",
    title="SMSSync",
    proof="the secret set on the phone, in every request",
    settings=(
        Setting("secret", "The secret key entered on the phone, under Sync URL.", secret=True),
        REPLIES,
        Setting(
            "results",
            "Whether Message Results is ticked on the phone (on); without it nobody learns what became of a message.",
            required=False,
            choices=("on", "off"),
        ),
    ),
    verify=verify,
    parse=parse,
    answer=answer,
    refuse=refuse,
    methods=("POST", "GET"),
    replies_inline=True,
)

WAY_OUT = WayOut(name="smssync", kinds=frozenset({"tel"}), lacks=lacks, repeatable=confirms, asked=asked, told=told)
