"""Requests as a plain gateway sends them."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from rapport.intake.channels import wire
from rapport.intake.channels.samples import Samples
from rapport.values import Inbound

_SECRET = "a secret of the samples"  # noqa: S105 - of the samples


def _request(url: str, text: bytes, *, sender: str, id: str) -> Inbound:
    fields: dict[str, str | bytes] = {"from": sender, "text": text, "id": id}
    body = urlencode({name: value for name, value in fields.items() if value or name == "text"}).encode()
    return Inbound("POST", url, {"authorization": f"Bearer {_SECRET}"}, body, wire.FORM)


def _unproven(inbound: Inbound) -> Inbound:
    return replace(inbound, headers={"authorization": "Bearer a guess"})


SAMPLES = Samples({"secret": _SECRET}, _request, _unproven)
