"""Pure: a message as text messages: a notice that there is one, or all of it in parts; and the parts joined again.

A part is `DAX7-01 2/5 Q7X-K7PM …`, with EXERCISE first where it is one. Q7X is the same in all parts of one message,
K7PM checks this part: what stands before it and what follows. [ours] Each is cut from a SHA-256, of the whole text and
of the part (15 and 20 bits); the 32 signs leave out those that are taken for each other (0 and O, 1 and I). They
tell slips of people and lines, not forgers: whoever must know who wrote calls back.

Parts of a message marked TLP:RED are not made: text messages lie readable on phones and in networks, and RED is for
those who are there. The notice is made, and says nothing of what the message says: one calls back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from rapport.contacts.kinds import TITLES, Field, Said, moment
from rapport.contacts.lowtech.entries import EXERCISE, REF, Entry, assembled, entries, not_red
from rapport.contacts.lowtech.written import broken, escaped, together, unescaped
from rapport.errors import Refused
from rapport.text.sms import length
from rapport.values import Marking

_ONE = 160  # letters in one SMS
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_OF_ALL, _OF_PART = 3, 4  # signs
PARTS_MOST = 999
_PART = re.compile(
    rf"(?:(?P<exercise>{EXERCISE}) )?(?P<ref>[A-Z0-9-]{{1,16}}) (?P<number>[0-9]{{1,3}}) ?/ ?(?P<total>[0-9]{{1,3}}) "
    rf"(?P<all>[A-Z0-9]{{{_OF_ALL}}}) ?-? ?(?P<check>[A-Z0-9]{{{_OF_PART}}}) (?P<body>.+)",
    re.IGNORECASE,
)
#: Characters of a text that is typed in as one part, and how many of them are read at once [ours: parts have 160, and
#: are typed more than once].
TEXT_MOST, TEXTS_MOST = 1_000, 3 * PARTS_MOST
_ENTRY = re.compile(r"(?:^| )\*([A-Z0-9])(?= |$)")
_CALL_BACK = re.compile(r"\+?[0-9]{2,15}")  # ITU-T E.164: at most fifteen figures
_CALL_BACK_MOST = 40  # with blanks and brackets between
_CODE = re.compile(r"[A-Za-z0-9-]{1,16}")  # what a notice repeats of a field: no sentence that somebody slips in


# --- that there is a message -----------------------------------------------------------------------------------------


def notice(said: Said, call_back: str) -> str:
    """One text message of at most 160 letters of the GSM alphabet: that there is a message, and whom to call.

    Of the fields it has times, references and codes, each whole or not at all; for TLP:RED none. Where they need the
    room, the offices stand without their roles. Refused for a number that is none, and for what no form can bear.
    """
    found = entries(said)
    number = re.sub(r"[ ().-]", "", call_back[:_CALL_BACK_MOST])
    if len(call_back) > _CALL_BACK_MOST or not _CALL_BACK.fullmatch(number):
        raise Refused("call-back", "Give a number to call back, as +509 3700 0000.", field="call_back")
    told = [] if said.marking is Marking.RED else _told(found)
    text = _notice(said, said.sender, said.to, told, number)
    if any(one.required and sentence not in text for one, sentence in told):
        return _notice(said, said.sender.partition("/")[0], said.to.partition("/")[0], told, number)
    return text


def _notice(said: Said, sender: str, to: str, told: Sequence[tuple[Field, str]], number: str) -> str:
    """With as many of the sentences as there is room for."""
    start = f"{EXERCISE} " if said.exercise else ""
    start += f"{TITLES[said.kind]} {said.ref} {sender} to {to} {said.marking}."
    for _, sentence in told:
        if length(f"{start} {sentence} Call {number}").units <= _ONE:
            start += f" {sentence}"
    return f"{start} Call {number}"


def _told(found: Sequence[Entry]) -> list[tuple[Field, str]]:
    """A time to answer by, what else the kind requires, the rest: each as a sentence."""
    fields = [(one.field, one.value.strip()) for one in found if one.field is not None and one.field.told]
    fields.sort(key=lambda one: (not one[0].required, not one[0].moment))
    return [(field, f"{field.told} {words}") for field, value in fields if (words := _in_words(field, value))]


def _in_words(field: Field, value: str) -> str:
    if field.moment:
        at = moment(value)
        return f"{at:%Y-%m-%d %H:%MZ}." if at else ""
    if field.choices is not None:
        return field.choices.get(value, "")
    return f"{value}." if _CODE.fullmatch(value) else ""


# --- all of it, in parts ---------------------------------------------------------------------------------------------


def parts(said: Said) -> list[str]:
    """The whole message; each part is one SMS: 160 letters of the GSM alphabet, or 70 with others in it.

    Refused for TLP:RED, and for what would take more than 999 parts.
    """
    not_red(said, "text message")
    text = _text(said)
    mark = _check(text, _OF_ALL)
    for figures in (1, 2, 3):
        longest = "9" * figures
        head = f"{_head(said, longest, longest, mark)}-{_check('', _OF_PART)} "
        bodies = broken(text, partial(_fits, head))
        total = str(len(bodies))
        if len(total) <= figures:
            return [_part(said, str(number), total, mark, body) for number, body in enumerate(bodies, 1)]
    raise Refused("too-long", f"This takes more than {PARTS_MOST} text messages: read it aloud, or send it as a form.")


def _text(said: Said) -> str:
    return " ".join(f"*{one.code} {escaped(one.value)}".rstrip() for one in entries(said) if one.code != REF)


def _fits(head: str, body: str) -> bool:
    return length(head + body).parts == 1


def _part(said: Said, number: str, total: str, mark: str, body: str) -> str:
    head = _head(said, number, total, mark)
    return f"{head}-{_check(f'{head} {body}', _OF_PART)} {body}"


def _head(of: Said | _Part, number: str, total: str, mark: str) -> str:
    start = f"{EXERCISE} " if of.exercise else ""
    return f"{start}{of.ref} {number}/{total} {mark}"


def _check(text: str, count: int) -> str:
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8])
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(count))


# --- joined again ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wrong:
    """A text that is no part, or not as it was sent. `place` counts the texts as they were given, from 1."""

    place: int
    said: str


@dataclass(frozen=True, slots=True)
class Lacking:
    """What must come, or be typed again, before the message is whole. `total` is 0 while no part checks."""

    total: int
    missing: tuple[int, ...]
    wrong: tuple[Wrong, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        start = [f"Part {number} of {self.total} is missing." for number in self.missing]
        if not self.total:
            start = ["No part of a message is among these that checks."]
        return (*start, *(f"Text {one.place}: {one.said}" for one in self.wrong))


@dataclass(frozen=True, slots=True)
class _Part:
    exercise: bool
    ref: str
    number: int
    total: int
    mark: str
    body: str

    @property
    def whose(self) -> tuple[bool, str, int, str]:
        return self.exercise, self.ref, self.total, self.mark


def joined(texts: Sequence[str]) -> Said | Lacking:
    """The message of these parts, in any order, with any of them repeated; or what is lacking.

    In the head of a part small letters, blanks and ends of lines do no harm; in the text blanks and ends of lines.
    Texts that do not check are left aside where a good copy is there. Refused where parts that check are of more than
    one message, of two versions of one, or of an exercise and a real case: nothing is made of a mixture.
    """
    if len(texts) > TEXTS_MOST:
        raise Refused("too-many", f"At most {TEXTS_MOST:,} texts are joined at once.")
    found = [_read(place, text) for place, text in enumerate(texts, 1)]
    good = {(one.whose, one.number): one for one in found if isinstance(one, _Part)}
    whose = sorted({one for one, _ in good})
    if len(whose) > 1:
        raise _mixture(whose)
    wrong = tuple(one for one in found if isinstance(one, Wrong))
    if not whose:
        return Lacking(0, (), wrong)
    total = whose[0][2]
    missing = tuple(number for number in range(1, total + 1) if (whose[0], number) not in good)
    if missing:
        return Lacking(total, missing, wrong)
    whole = [good[whose[0], number] for number in range(1, total + 1)]
    return _whole(" ".join(one.body for one in whole), whole[0])


def _read(place: int, text: str) -> _Part | Wrong:
    typed = _PART.fullmatch(together(text)) if len(text) <= TEXT_MOST else None
    if typed is None:
        return Wrong(place, "This is no part of a message. A part begins as DAX7-01 2/5 Q7X-K7PM, or with EXERCISE.")
    exercise, number, total = typed["exercise"] is not None, int(typed["number"]), int(typed["total"])
    found = _Part(exercise, typed["ref"].upper(), number, total, typed["all"].upper(), typed["body"])
    head = _head(found, str(number), str(total), found.mark)
    if _check(f"{head} {found.body}", _OF_PART) != typed["check"].upper():
        return Wrong(place, f"Part {number} is not as it was sent: compare it sign by sign, or ask for it again.")
    if not 1 <= number <= total:
        return Wrong(place, f"There is no part {number} of {total}.")
    return found


def _mixture(whose: Sequence[tuple[bool, str, int, str]]) -> Refused:
    refs = sorted({ref for _, ref, _, _ in whose})
    if len({exercise for exercise, *_ in whose}) > 1:
        return Refused("mixed-exercise", "Parts of an EXERCISE and of a real case lie together: join each by itself.")
    if len(refs) > 1:
        told = ", ".join(refs[:5])
        return Refused("mixed", f"Parts of more than one message lie together ({told}): join each by itself.")
    marks = ", ".join(sorted({mark for *_, mark in whose}))
    return Refused(
        "mixed-versions",
        f"Two versions of {refs[0]} lie together: join those with the same three signs ({marks}), and ask which holds.",
    )


def _whole(text: str, whose: _Part) -> Said:
    _, *pairs = _ENTRY.split(text)
    values = {code: unescaped(value) for code, value in zip(pairs[::2], pairs[1::2], strict=True)}
    said = assembled({REF: whose.ref, **values}, exercise=whose.exercise)
    if _check(_text(said), _OF_ALL) != whose.mark:
        raise Refused("check", "Each part checks, but not all of them together: ask for the message again.")
    return said
