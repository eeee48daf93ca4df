"""Africa's Talking: SMS of short codes and numbers in many countries of Africa, as form fields.

Fields and times as its own guide says (docs.africastalking.com, "Incoming messages") and as RapidPro's gateway reads
them (nyaruka/courier, handlers/africastalking). No request is signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.plugins import Channel
from rapport.values import Answer, Inbound, Kept, Message


def verify(inbound: Inbound, settings: Mapping[str, str]) -> None:
    """Nothing to compare: whoever knows the address may send."""


def parse(inbound: Inbound, settings: Mapping[str, str]) -> Sequence[Message]:
    """One message. None for a delivery report (`status` and `phoneNumber`) or a notice that somebody subscribed, which
    come where somebody gave them the same address: they are answered, so that they are not sent for ever."""
    values = wire.fields(inbound)
    if "from" not in values and "phoneNumber" in values:
        return []
    sender = wire.address(wire.required(values, "from"))
    if "text" not in values and not values.get("id"):
        raise Refused("missing_field", "Send the field 'text'.", field="text")
    return [
        Message(
            text=values.get("text", ""),
            gateway_id=values.get("id", ""),
            sender=sender,
            sent_at=wire.written(values.get("date", "")),  # its second form has no zone; courier, too, takes it as UTC
            fields=wire.rest(values, ("from", "text"), sender),
        )
    ]


def answer(inbound: Inbound, kept: Sequence[Kept]) -> Answer:
    return Answer(200, b"OK\n", "text/plain; charset=utf-8")


CHANNEL = Channel(
    name="africastalking",
    title="Africa's Talking",
    proof=wire.NO_PROOF,
    settings=(),
    verify=verify,
    parse=parse,
    answer=answer,
    refuse=wire.plain,
)
