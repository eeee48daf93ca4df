"""Pure: what the rule of a standing order makes of a report.

The rule, as the operation's file gives it:
    {"source": slug,
     "when": [{"field": "APPROVED", "is": "YES"}, {"inside": "operation"}],                      all must hold
     "then": [{"accept": {"title_from": "INCIDENT TITLE", "precision": "locality"}}, {"publish": true}],
     "also": [{"when": [{"field": "VERIFIED", "is": "YES"}], "status": "verified"}]}             the last that holds
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rapport.errors import BadDefinition
from rapport.text.personal import has_contact_data
from rapport.values import Json, Precision, Publication, Status

TITLE_LENGTH = 300
#: Letters and symbols that show nothing: the fillers of Hangul, Braille without a dot.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule looks at."""

    source: str
    fields: Mapping[str, Json]
    inside: bool  # the place given lies in the operation's area


@dataclass(frozen=True, slots=True)
class Effects:
    """What a rule does with a report that it applies to, and why it applies."""

    title_from: str
    precision: Precision
    publication: Publication
    status: Status
    reason: str


def effects(rule: Mapping[str, Any], facts: Facts) -> Effects | None:
    """What the rule does with these facts, None if it leaves them alone. BadDefinition for a rule that cannot be."""
    accept, publication = _then(rule)
    further = [(_conditions(part), _status(part)) for part in rule.get("also", [])]
    conditions = _conditions(rule)
    if facts.source != rule.get("source") or not all(_holds(c, facts) for c in conditions):
        return None
    status = Status.UNVERIFIED
    reasons = [f"source is {facts.source}", *map(_words, conditions)]
    for more, said in further:
        if all(_holds(c, facts) for c in more):
            status = said
            reasons += [f"{_words(c)} ({said.value})" for c in more]
    return Effects(
        title_from=str(accept.get("title_from", "")),
        precision=_precision(accept.get("precision", Precision.LOCALITY.word)),
        publication=publication,
        status=status,
        reason=", ".join(reasons),
    )


def statuses(rule: Mapping[str, Any]) -> set[Status]:
    """Every status that the rule may give."""
    return {_status(part) for part in rule.get("also", [])}


def publishes(rule: Mapping[str, Any]) -> bool:
    return _then(rule)[1] == Publication.PUBLISHED


def clean_line(raw: str) -> str:
    """What a file says in one field, as a title or the name of a place.

    HTML references and escaped quotes are resolved; one line, at most 300 characters.

    `??`, where accents were lost long ago, is left: nobody knows what stood there. Empty if it would show a person's
    number or address; readers then get category and place.
    """
    text = re.sub(r"\\(['\"])", r"\1", html.unescape(raw)).replace("\0", "")
    text = if_visible(" ".join(text.split())[:TITLE_LENGTH].strip())
    return "" if has_contact_data(text) else text


def if_visible(text: str) -> str:
    """The text, or "" if nothing of it can be seen: nothing but spaces, controls, joiners, marks without a letter."""
    return text if any(unicodedata.category(one)[0] in "LNPS" and one not in _BLANK for one in text) else ""


def _then(rule: Mapping[str, Any]) -> tuple[Mapping[str, Any], Publication]:
    accept: Mapping[str, Any] | None = None
    publication = Publication.DRAFT
    for effect in rule.get("then", []):
        if "accept" in effect:
            accept = effect["accept"]
        elif effect.get("publish") is True:
            publication = Publication.PUBLISHED
        else:
            raise BadDefinition(f"then: nobody knows the effect {effect}; write accept or publish = true")
    if accept is None:
        raise BadDefinition("then: an order without accept does nothing; add accept")
    return accept, publication


def _conditions(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    conditions: list[Mapping[str, Any]] = part.get("when", [])
    for condition in conditions:
        if condition.get("inside") != "operation" and not isinstance(condition.get("field"), str):
            raise BadDefinition(
                f'when: nobody knows the condition {condition}; write field and is, or inside = "operation"'
            )
    return conditions


def _holds(condition: Mapping[str, Any], facts: Facts) -> bool:
    if "inside" in condition:
        return facts.inside
    found = facts.fields.get(condition["field"])
    return found is not None and str(found).strip() == str(condition.get("is", ""))


def _words(condition: Mapping[str, Any]) -> str:
    if "inside" in condition:
        return "the place lies inside the operation"
    return f"{condition['field']} is {condition.get('is', '')}"


def _status(part: Mapping[str, Any]) -> Status:
    try:
        return Status(part.get("status", ""))
    except ValueError as error:
        raise BadDefinition(f"also: {part.get('status')!r} is no status; write one of {', '.join(Status)}") from error


def _precision(word: str) -> Precision:
    try:
        return Precision[word.upper()]
    except KeyError as error:
        raise BadDefinition(
            f"precision: {word!r} is none; write one of {', '.join(p.word for p in Precision)}"
        ) from error
