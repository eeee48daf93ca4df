"""Requests as a REST service of KoboToolbox sends them."""

from __future__ import annotations

import json
from dataclasses import replace

from rapport.intake.channels import wire
from rapport.intake.channels.samples import Samples
from rapport.values import Inbound

_SECRET = b"a secret of the samples"


def _request(url: str, text: bytes, *, sender: str, id: str) -> Inbound:
    said = json.dumps(text.decode("utf-8", "surrogateescape"), ensure_ascii=False).encode("utf-8", "surrogateescape")
    own = {
        "_id": 889409,
        "formhub/uuid": "6f5773a110b046cb97e3d71f6c04e7a6",
        "_xform_id_string": "groups",
        "_submission_time": "2016-04-22T06:38:20",
        "_submitted_by": None,
        "_geolocation": [18.55, -72.3],
        "_tags": [],
        "_attachments": [{"mimetype": "image/jpeg", "filename": "desk/attachments/kay.jpg"}],
    }
    if id:
        own["_uuid"] = id
        own["meta/instanceID"] = f"uuid:{id}"
    if sender:
        own["who/phone"] = sender
    body = b'{"what/message": %s, %s' % (said, json.dumps(own).encode()[1:])
    return Inbound("POST", url, {"authorization": f"Bearer {_SECRET.decode()}"}, body, wire.JSON)


def _unproven(inbound: Inbound) -> Inbound:
    return replace(inbound, headers={"authorization": "Bearer a guess"})


SAMPLES = Samples({"secret": _SECRET.decode(), "text": "message", "sender": "phone"}, _request, _unproven)
