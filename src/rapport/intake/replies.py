"""The short answer a sender gets, in their language."""

from __future__ import annotations

from dataclasses import dataclass

from rapport.operations.gazetteer import knowledge
from rapport.operations.models import Operation, Source
from rapport.oversight.switches import is_stopped
from rapport.plugins import CHANNELS
from rapport.text.keywords import is_carriers_word, is_stop
from rapport.text.language import language_of
from rapport.text.places import find
from rapport.text.ready import preparing
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
    if is_stopped("replies", source.operation_id):
        return None
    if source.channel not in CHANNELS or message.sender is None or message.sender.kind not in ANSWERABLE:
        return None
    operation = source.operation
    said = message.language or _language(message.text, operation)
    purpose = _purpose(operation, message)
    # Better answered in another language of the place than not at all, above all after STOP.
    for language in (said, source.language, *operation.languages):
        if body := operation.replies.get(language or "", {}).get(purpose, ""):
            return Reply(purpose, language, body)
    return None


def _purpose(operation: Operation, message: Message) -> str:
    if is_stop(message.text):
        return "stopped"
    return "received" if preparing() or names_place(operation, message) else "ask_place"


def _language(text: str, operation: Operation) -> str:
    """The language a text is in; "" where that does not show, or what tells it is not ready yet or stopped: a sender
    is answered at once, in the source's language then."""
    unknown = preparing() or is_carriers_word(text) or is_stopped("language", operation.pk)
    return "" if unknown else language_of(text, operation.languages)


def names_place(operation: Operation, message: Message) -> bool:
    """Whether a place came with the message, or its text names one that the operation knows. True while nobody looks
    for places: then nobody is asked for one."""
    place = message.place
    if place is not None and (place.lon is not None or place.name):
        return True
    return is_stopped("places", operation.pk) or bool(find(message.text, knowledge(operation).gazetteer))
