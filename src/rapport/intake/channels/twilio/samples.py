"""Requests as Twilio sends them."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from rapport.intake.channels import wire
from rapport.intake.channels.samples import Samples
from rapport.intake.channels.twilio import signature
from rapport.values import Inbound

_TOKEN = b"a token of the samples"


def _request(url: str, text: bytes, *, sender: str, id: str) -> Inbound:
    fields: dict[str, str | bytes] = {
        "ToCountry": "HT",
        "MessageSid": id,
        "SmsSid": id,
        "AccountSid": "AC00000000000000000000000000000000",
        "From": sender,
        "To": "+50955500999",
        "Body": text,
        "NumMedia": "0",
        "ApiVersion": "2010-04-01",
    }
    sent = {name: value for name, value in fields.items() if value or name == "Body"}
    body = urlencode(sent).encode()
    signed = b"".join(name + value for name, value in sorted(wire.pairs(body)))
    return Inbound("POST", url, {"x-twilio-signature": signature(_TOKEN, url, signed)}, body, wire.FORM)


def _unproven(inbound: Inbound) -> Inbound:
    return replace(inbound, headers={"x-twilio-signature": signature(b"another token", inbound.url)})


SAMPLES = Samples({"auth_token": _TOKEN.decode()}, _request, _unproven)
