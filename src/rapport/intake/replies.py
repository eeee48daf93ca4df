"""The short answer a sender gets, in their language."""

from __future__ import annotations

from dataclasses import dataclass

from rapport.operations.gazetteer import knowledge
from rapport.operations.models import Operation, Source
from rapport.text.keywords import is_stop
from rapport.text.language import detect
from rapport.text.places import find
from rapport.values import Message

REACHABLE = frozenset({"tel", "whatsapp"})  # kinds of address that a gateway can answer


@dataclass(frozen=True, slots=True)
class Reply:
    """`purpose` is the template's name in the operation's file: received, ask_place or stopped."""

    purpose: str
    language: str
    body: str


def reply_to(source: Source, message: Message) -> Reply | None:
    """What the sender of this message is told; None where there is no way back or nothing to say."""
    if message.sender is None or message.sender.kind not in REACHABLE:
        return None
    operation = source.operation
    language = message.language or detect(message.text, operation.languages) or source.language or operation.language
    purpose = _purpose(operation, message)
    body = _body(operation, language, purpose)
    return Reply(purpose, language, body) if body else None


def on_page(operation: Operation, message: Message, language: str) -> str:
    """What somebody reads who has sent this message by the web form, in the page's language; "" for nothing to say."""
    return _body(operation, language, _purpose(operation, message))


def _body(operation: Operation, language: str, purpose: str) -> str:
    templates = operation.replies.get(language) or operation.replies.get(operation.language) or {}
    return str(templates.get(purpose, ""))


def _purpose(operation: Operation, message: Message) -> str:
    if is_stop(message.text):
        return "stopped"
    place = message.place
    if place is not None and (place.lon is not None or place.name):
        return "received"
    return "received" if find(message.text, knowledge(operation).gazetteer) else "ask_place"
