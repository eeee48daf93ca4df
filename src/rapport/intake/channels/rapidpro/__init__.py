"""RapidPro and TextIt: a flow calls us with JSON, by its action "Call Webhook".

Two bodies are read: the one that our how-to tells a flow's author to write, and that of a resthook, which the engine
writes itself (nyaruka/goflow, flows/actions/testdata/TestResthookPayload_resthook_payload.snap). Both have `contact`,
`input` and `results`. The body that the editor proposes has no `input` (nyaruka/floweditor, DEFAULT_BODY), so neither
words nor an id: then the answers of the flow are the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.plugins import Channel, Setting
from rapport.values import Address, Answer, Inbound, Json, Kept, Message


def verify(inbound: Inbound, settings: Mapping[str, str]) -> None:
    """`Authorization: Token …`, the header that the flow's author sets."""
    expected = wire.secret(settings, "token")
    if not wire.same(inbound.headers.get("authorization", ""), f"Token {expected}"):
        raise Refused("bad_token", "The token does not match; compare it with the flow's header.", status=403)


def parse(inbound: Inbound, settings: Mapping[str, str]) -> Sequence[Message]:
    """One message. A run may call us more than once, so its id alone is no key: `input.uuid` is."""
    if inbound.content_type.partition(";")[0].strip().lower() != wire.JSON:
        raise Refused("content_type", f"Send the body as {wire.JSON}.", status=415)
    body = wire.json_object(inbound.body)
    values = wire.leaves(body)
    sender = _sender(values)
    return [
        Message(
            text=values["input.text"] if "input.text" in values else _answers(body),
            gateway_id=values.get("input.uuid", ""),
            sender=sender,
            sent_at=wire.written(values.get("input.created_on", "")),
            fields=wire.rest(values, ("input.text", *_URNS), sender),
        )
    ]


#: Where the sender stands: in a message `urn` is one text, in the input of a resthook it comes in parts.
_URNS = ("contact.urn", "input.urn", "input.urn.path", "input.urn.scheme", "input.urn.display")


def _sender(values: Mapping[str, str]) -> Address:
    """The urn of the message, else the contact's: tel:+509…, whatsapp:509…, each with its scheme."""
    urn = values.get("input.urn", "")
    if path := values.get("input.urn.path", ""):
        urn = f"{values.get('input.urn.scheme', 'tel')}:{path}"
    urn = urn or wire.required(values, "contact.urn")
    scheme, _, rest = urn.partition(":")
    # RFC 3986: what follows ? or # is no part of the path; the engine writes display names and channels there
    path = rest.partition("?")[0].partition("#")[0]
    if not path.strip():
        raise Refused("missing_field", "Send the field 'contact.urn'.", field="contact.urn")
    return wire.address(f"{scheme}:{path}")


def _answers(body: Mapping[str, Json]) -> str:
    """What was answered in the flow, one result a line, as `name: value`."""
    results = body.get("results")
    lines = []
    for name, result in results.items() if isinstance(results, dict) else ():
        value = result.get("value") if isinstance(result, dict) else result
        if isinstance(value, (str, int, float)) and value != "":
            lines.append(f"{name}: {value}")
    if not lines:
        raise Refused("missing_field", "Send the field 'input.text'.", field="input.text")
    return wire.shown("\n".join(lines))


def answer(inbound: Inbound, kept: Sequence[Kept]) -> Answer:
    """An object, so that the flow can go on by it."""
    return Answer(200, b'{"ok": true}', wire.JSON)


CHANNEL = Channel(
    name="rapidpro",
    title="RapidPro, TextIt",
    proof="the token in the Authorization header of the flow's webhook",
    settings=(Setting("token", "What the flow sends as Authorization: Token …", secret=True),),
    verify=verify,
    parse=parse,
    answer=answer,
    refuse=wire.plain,
)
