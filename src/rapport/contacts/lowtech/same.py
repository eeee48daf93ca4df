"""Pure: whether a message that comes in again, by another way, is one that is there."""

from __future__ import annotations

import hashlib
import unicodedata
from enum import StrEnum

from rapport.contacts.kinds import Said
from rapport.oversight.ledger.chain import canonical, moment

FORM = "rapport message 1"


class Sameness(StrEnum):
    """What two messages are to each other. A conflict is told to people; neither version is thrown away."""

    SAME = "same"
    CONFLICT = "conflict"  # other words, or an exercise here and a real case there, under one reference
    DIFFERENT = "different"


def same(one: Said, other: Said) -> Sameness:
    if one.ref != other.ref:
        return Sameness.DIFFERENT
    return Sameness.SAME if content(one) == content(other) else Sameness.CONFLICT


def content(said: Said) -> str:
    """SHA-256, in hexadecimal, of what a message says: the same after it went over the phone.

    So a blank field is as good as none, blanks at either end of a text do not count, the ends of lines are one sign,
    and a letter with an accent is the same however a keyboard makes it (Unicode Standard Annex 15, form C).
    """
    fields = {name: text for name, value in said.fields.items() if (text := _plain(value))}
    head = [said.ref, said.case, said.kind.value, said.sender, said.to, moment(said.at), said.marking.value]
    whole = canonical([FORM, *head, _plain(said.caveats), said.exercise, fields])
    return hashlib.sha256(whole.encode()).hexdigest()


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
