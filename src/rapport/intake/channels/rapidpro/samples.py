"""Requests as a flow of RapidPro sends them with the body of our how-to."""

from __future__ import annotations

import json
from dataclasses import replace

from rapport.intake.channels import wire
from rapport.intake.channels.samples import Samples
from rapport.values import Inbound

_TOKEN = b"a token of the samples"


def _request(url: str, text: bytes, *, sender: str, id: str) -> Inbound:
    said = json.dumps(text.decode("utf-8", "surrogateescape"), ensure_ascii=False).encode("utf-8", "surrogateescape")
    contact = {"uuid": "5d76d86b-3bb9-4d5a-b822-c9d86f5d8e4f", "name": "", "urn": f"tel:{sender}" if sender else None}
    uuid = b'"uuid": %s, ' % json.dumps(id).encode() if id else b""
    body = (
        b'{"contact": %s, "flow": {"uuid": "50c3706e-fedb-42c0-8eab-dda3335714b7", "name": "Rapo"}, '
        b'"input": {%s"text": %s, "created_on": "2017-12-31T11:35:09.123456Z"}, '
        b'"results": {"kote": {"value": "Delmas", "category": "All Responses"}}}'
    ) % (json.dumps(contact).encode(), uuid, said)
    return Inbound("POST", url, {"authorization": f"Token {_TOKEN.decode()}"}, body, wire.JSON)


def _unproven(inbound: Inbound) -> Inbound:
    return replace(inbound, headers={"authorization": "Token a guess"})


SAMPLES = Samples({"token": _TOKEN.decode()}, _request, _unproven)
