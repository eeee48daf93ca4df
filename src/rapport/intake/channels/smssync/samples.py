"""Requests as an SMSSync phone sends them."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from rapport.intake.channels import wire
from rapport.intake.channels.samples import Samples
from rapport.values import Inbound

_SECRET = "open sesame"  # noqa: S105 - of the samples


def _request(url: str, text: bytes, *, sender: str, id: str) -> Inbound:
    fields: dict[str, str | bytes] = {
        "from": sender,
        "message": text,
        "message_id": id,
        "sent_to": "4636",
        "secret": _SECRET,
        "device_id": "phone-1",
        "sent_timestamp": "1263333180000",
    }
    body = urlencode({name: value for name, value in fields.items() if value or name == "message"}).encode()
    return Inbound("POST", url, {}, body, wire.FORM)


def _unproven(inbound: Inbound) -> Inbound:
    return replace(inbound, body=inbound.body.replace(b"open+sesame", b"open+sesami"))


SAMPLES = Samples({"secret": _SECRET}, _request, _unproven)
