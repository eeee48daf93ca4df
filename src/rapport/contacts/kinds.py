"""Pure: the kinds of message between offices, and what each must say.

No field of any kind asks who is behind an incident: whoever reports one need not accuse anybody. An acknowledgement
agrees to nothing, and "cannot discuss now" is a reply like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from rapport.values import EARLIEST, Marking, Sentence


class Kind(StrEnum):
    PING = "ping"
    NOTIFICATION = "notification"
    INFORMATION = "information"  # a request for it
    ASSISTANCE = "assistance"  # a request for it
    TERRITORY = "territory"  # a notice of something that seems to come from there
    CLARIFICATION = "clarification"
    CONSULTATION = "consultation"  # a request for one
    REPLY = "reply"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"
    CLOSURE = "closure"


#: How a kind is called on pages and in letters.
TITLES: Mapping[Kind, str] = {
    Kind.PING: "Ping",
    Kind.NOTIFICATION: "Notification",
    Kind.INFORMATION: "Request for information",
    Kind.ASSISTANCE: "Request for assistance",
    Kind.TERRITORY: "Territory notice",
    Kind.CLARIFICATION: "Request for clarification",
    Kind.CONSULTATION: "Request for consultation",
    Kind.REPLY: "Reply",
    Kind.CORRECTION: "Correction",
    Kind.WITHDRAWAL: "Withdrawal",
    Kind.CLOSURE: "Closure",
}

#: Kinds that begin a case; the others belong to a message that is there.
BEGIN = frozenset({
    Kind.NOTIFICATION, Kind.INFORMATION, Kind.ASSISTANCE, Kind.TERRITORY, Kind.CONSULTATION, Kind.PING,
})  # fmt: skip

#: On every form for a reply, and on every letter that asks for one.
NOT_AGREEING = "Acknowledging is not agreeing: it says only that the message has arrived."


class Answer(StrEnum):
    """What a reply is."""

    RECEIVED = "received"
    ANSWER = "answer"
    NOT_NOW = "not-now"
    WRONG = "wrong-addressee"


ANSWERS: Mapping[Answer, str] = {
    Answer.RECEIVED: "Received. This agrees to nothing.",
    Answer.ANSWER: "Our answer",
    Answer.NOT_NOW: "We cannot discuss this now.",
    Answer.WRONG: "We are not the right office for this.",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a kind. `label`: the same words for whoever writes it and whoever reads it, so never "you" or "our";
    `choices`: value → words, where it is one of these; `moment`: a time in UTC, as 2026-11-27T06:32Z; `short`: its
    letter in text messages and on forms, no other's within the kind; `told`: the words before its value in the notice
    of one text message, where it stands there at all."""

    name: str
    label: str
    help: str = ""
    required: bool = True
    choices: Mapping[str, str] | None = None
    moment: bool = False
    short: str = ""
    told: str = ""


_CONFIDENCE = {"low": "low", "moderate": "moderate", "high": "high"}
_CONSENT = {"no": "nothing may be passed on", "helpers": "with those who help", "all": "with all members"}

#: What each kind says. Fields that all have (from, to, time, marking, reply to) are the message's own.
FIELDS: Mapping[Kind, tuple[Field, ...]] = {
    Kind.PING: (
        Field("token", "Code", "Send it back: it works once.", short="T", told="Code"),
        Field("campaign", "Round of pings", short="R"),
        Field("deadline", "Answer until", moment=True, short="U", told="Answer by"),
    ),
    Kind.NOTIFICATION: (
        Field("what", "What happened", "What is seen, not who is behind it.", short="W"),
        Field("seen_at", "When it was first seen", moment=True, short="S"),
        Field(
            "systems",
            "Whose systems",
            choices={
                "own": "the sender's own",
                "others": "those of others",
                "both": "the sender's and those of others",
            },
            short="Y",
        ),
        Field("confidence", "How sure the sender is of it", choices=_CONFIDENCE, short="C"),
        Field("unknown", "What is not known", "Write what you would ask yourself.", short="N"),
        Field(
            "event",
            "Event that goes with it",
            "Its reference. What the protocol gives the other side of it is added.",
            required=False,
            short="E",
        ),
    ),
    Kind.INFORMATION: (
        Field("question", "Question", short="Q"),
        Field("why", "Why it is asked", short="Y"),
        Field("by", "By when", moment=True, short="U", told="Answer by"),
        Field("shares", "What is shared in return", "Write “nothing” if it is nothing.", short="G"),
    ),
    Kind.ASSISTANCE: (
        Field("affected", "What is affected", "Which service, for whom; no names of persons.", short="A"),
        Field("help", "What kind of help", short="H"),
        Field("basis", "On which legal basis", "A treaty, a memorandum, or none.", short="B"),
        Field("consent", "What helpers may pass on", choices=_CONSENT, short="P"),
    ),
    Kind.TERRITORY: (
        Field("observed", "What was observed", "Activity, not intent.", short="W"),
        Field("where", "Addresses and times", "Addresses of machines, each with its times in UTC.", short="L"),
        Field("asked", "What is asked for", short="Q"),
    ),
    Kind.CLARIFICATION: (
        Field("about", "About which message", short="M", told="About"),
        Field("point", "Which point of it", short="Q"),
    ),
    Kind.CONSULTATION: (
        Field("topic", "Topic", short="W"),
        Field(
            "level",
            "At which level",
            choices={"technical": "technical", "policy": "policy", "political": "political"},
            short="V",
        ),
        Field("place", "Where, or by which channel", short="L"),
        Field("dates", "Dates that are proposed", short="D"),
        Field("third", "Third party, if any", required=False, short="T"),
    ),
    Kind.REPLY: (
        Field("about", "To which message", short="M", told="To"),
        Field(
            "answer",
            "What this is",
            choices={one.value: said for one, said in ANSWERS.items()},
            short="K",
            told="It says:",
        ),
        Field("text", "Answer", "May be empty, except for an answer.", required=False, short="W"),
        Field(
            "next_at", "When the sender will write again", required=False, moment=True, short="U", told="Next word by"
        ),
    ),
    Kind.CORRECTION: (
        Field("about", "Which message it corrects", "The old one stays readable.", short="M", told="Corrects"),
        Field("reason", "Why", short="Y"),
        Field("text", "What is right", short="W"),
    ),
    Kind.WITHDRAWAL: (
        Field("about", "Which message is withdrawn", "It stays readable.", short="M", told="Withdraws"),
        Field("reason", "Why", short="Y"),
    ),
    Kind.CLOSURE: (
        Field("about", "Which case", short="M", told="Case"),
        Field("outcome", "How the sender's side sees the outcome", "The other side may see it otherwise.", short="W"),
    ),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it goes from one office to another.

    ref        its own, the same wherever it is known: `DAX7-01`, the case and the number in it
    case       of the case that it belongs to
    to, sender codes of parties, with the role of the office: `EE/technical`
    caveats    what its sender says about passing it on, beside the marking
    exercise   it belongs to an exercise; no message of one ever belongs to a real case
    """

    ref: str
    case: str
    kind: Kind
    sender: str
    to: str
    at: datetime
    fields: Mapping[str, str]
    marking: Marking = Marking.AMBER
    caveats: str = ""
    exercise: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field, in words."""

    field: str
    said: str


#: The longest text of a field, in characters [ours: what a fax page and a spoken message can bear].
MOST = 2_000


def problems(kind: Kind, fields: Mapping[str, str]) -> Sequence[Problem]:
    """What stands in the way of sending this, the first field first; nothing if it can go."""
    return list(_problems(kind, fields))


def _problems(kind: Kind, fields: Mapping[str, str]) -> Iterator[Problem]:
    known = {one.name for one in FIELDS[kind]}
    for name in fields:
        if name not in known:
            yield Problem("fields", f"A {TITLES[kind].lower()} has no field {name[:60]!r}.")
    for one in FIELDS[kind]:
        value, label = fields.get(one.name, "").strip(), Sentence(one.label)
        if not value:
            if one.required:
                yield Problem(one.name, Sentence("“%(label)s” is missing.", label=label))
        elif len(value) > MOST:
            yield Problem(
                one.name, Sentence("“%(label)s” has more than %(most)s characters.", label=label, most=f"{MOST:,}")
            )
        elif one.choices is not None and value not in one.choices:
            choices = ", ".join(one.choices)
            yield Problem(one.name, Sentence("“%(label)s” is one of: %(choices)s.", label=label, choices=choices))
        elif one.moment and moment(value) is None:
            yield Problem(one.name, Sentence("“%(label)s” is a time in UTC, as 2026-11-27T06:32Z.", label=label))
    if kind is Kind.REPLY and fields.get("answer") == Answer.ANSWER and not fields.get("text", "").strip():
        yield Problem("text", "An answer says something: write it, or choose another kind of reply.")


def moment(text: str) -> datetime | None:
    """A time that says its zone, in UTC; None for anything else, and for what lies before anybody can have seen it."""
    try:
        found = datetime.fromisoformat(text.strip())
        return found.astimezone(UTC) if found.tzinfo is not None and found >= EARLIEST else None
    except (ValueError, OverflowError):
        return None
