"""Requests as Africa's Talking sends them."""

from __future__ import annotations

from urllib.parse import urlencode

from rapport.intake.channels import wire
from rapport.intake.channels.samples import Samples
from rapport.values import Inbound


def _request(url: str, text: bytes, *, sender: str, id: str) -> Inbound:
    fields: dict[str, str | bytes] = {
        "linkId": "03090445075804249226",
        "text": text,
        "to": "21512",
        "id": id,
        "date": "2017-05-03 06:04:45",
        "from": sender,
    }
    body = urlencode({name: value for name, value in fields.items() if value or name == "text"}).encode()
    return Inbound("POST", url, {}, body, wire.FORM)


SAMPLES = Samples({}, _request, None)
