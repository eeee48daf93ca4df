"""The short answer a sender gets, in their language."""

from __future__ import annotations

from dataclasses import dataclass

from rapport.operations.gazetteer import knowledge
from rapport.operations.models import Operation, Source
from rapport.plugins import CHANNELS
from rapport.text.keywords import is_stop
from rapport.text.language import detect
from rapport.text.places import find
from rapport.values import ANSWERABLE, Message


@dataclass(frozen=True, slots=True)
class Reply:
    """`purpose` is the template's name in the operation's file: received, ask_place or stopped."""

    purpose: str
    language: str
    body: str


def reply_to(source: Source, message: Message) -> Reply | None:
    """What the sender of this message is told; None where there is no way back or nothing to say.

    Only gateways have a way back. A partner's system that reports for somebody answers them itself.
    """
    if source.channel not in CHANNELS or message.sender is None or message.sender.kind not in ANSWERABLE:
        return None
    operation = source.operation
    language = message.language or detect(message.text, operation.languages) or source.language or operation.language
    purpose = _purpose(operation, message)
    templates = operation.replies.get(language) or operation.replies.get(operation.language) or {}
    body = templates.get(purpose, "")
    return Reply(purpose, language, body) if body else None


def _purpose(operation: Operation, message: Message) -> str:
    if is_stop(message.text):
        return "stopped"
    return "received" if names_place(operation, message) else "ask_place"


def names_place(operation: Operation, message: Message) -> bool:
    """Whether a place came with the message, or its text names one that the operation knows."""
    place = message.place
    if place is not None and (place.lon is not None or place.name):
        return True
    return bool(find(message.text, knowledge(operation).gazetteer))
