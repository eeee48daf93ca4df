"""Pure: what a caller reads aloud to give a message over the phone, and what the other side wrote down.

All that the message says stands between `<` and `>`, after its label; the rest is said so that people understand each
other. A script for TLP:RED is made: one person reads it to another, which RED allows (FIRST, TLP 2.0), and it says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rapport.contacts.kinds import FIELDS, NOT_AGREEING, TITLES, Kind, Said
from rapport.contacts.lowtech.entries import (
    AT,
    CASE,
    CHECK,
    CHECK_LABEL,
    EXERCISE,
    HEAD,
    KIND,
    REF,
    SENDER,
    TO,
    Entry,
    entries,
    read_limit,
)
from rapport.contacts.lowtech.words import can_be_spelled, check_words, confirmed, spelled
from rapport.contacts.lowtech.written import LEGEND, escaped, together, unescaped
from rapport.errors import Refused
from rapport.values import Marking

_CONTENT = re.compile(r"<((?:[^*<>]|\*.)*+)(>?)", re.DOTALL)  # found, not sought on, where the second mark is missing
_WORD = re.compile(r"\w+")
_SPELLED_MOST = 40  # characters [ours: a time has at most 27]


# --- to be read aloud ----------------------------------------------------------------------------------------------


def script(said: Said) -> str:
    """Sentence by sentence, one a line. Refused for what no form can bear."""
    contents = [(one, escaped(one.value)) for one in entries(said)]
    lines = [*_opening(said)]
    if any("*" in content for _, content in contents):
        lines.append(f"How signs are written: {LEGEND}")
    lines += [f"{one.label}: <{content}>{_after(one)}." for one, content in contents]
    lines += [f"{CHECK_LABEL}: <{' '.join(check_words(said))}>.", "Please read back.", *_exercise(said)]
    return "\n".join(lines) + "\n"


def _opening(said: Said) -> Iterator[str]:
    yield from _exercise(said)
    sender, to = (party.partition("/") for party in (said.sender, said.to))
    yield f"This is the {sender[2]} office of {sender[0]}, calling the {to[2]} office of {to[0]}."
    yield f"I have a message for you: {TITLES[said.kind]}."
    yield f"This call agrees to nothing. {NOT_AGREEING}"
    if said.marking is Marking.RED:
        yield f"It is marked {said.marking}: it is for you alone. Are you alone, and may nobody else hear or read it?"
    yield "Please write down what stands between the marks, with the marks and with the label before each."


def _exercise(said: Said) -> list[str]:
    return [f"{EXERCISE} {EXERCISE} {EXERCISE}."] if said.exercise else []


def _after(one: Entry) -> str:
    """What the caller says after it, that it is understood."""
    if one.code == KIND:
        return f", a {TITLES[Kind(one.value)].lower()}"
    if one.in_words:
        return f", that is: {one.in_words.rstrip('.')}"
    if to_spell := _to_spell(one):
        return f", spelled: {spelled(to_spell)}"
    return ""


def _to_spell(one: Entry) -> str:
    """References, times and codes, and those of parties: where one wrong letter is another thing."""
    if one.code in {SENDER, TO}:
        return one.value.partition("/")[0]
    exact = one.code in {REF, CASE, AT} or (one.field is not None and (one.field.moment or one.field.told))
    return one.value if exact and len(one.value) <= _SPELLED_MOST and can_be_spelled(one.value) else ""


# --- as it was written down ----------------------------------------------------------------------------------------


def _spoken(label: str) -> str:
    """Words only, small: what is left of a label however it was written down."""
    return " ".join(_WORD.findall(label.casefold()))


#: Every label → its code, by kind: the same words mean another thing in another kind.
_LABELS: Mapping[str, Mapping[str, str]] = {
    kind.value: {
        **{_spoken(label): code for code, label in HEAD.items()},
        _spoken(CHECK_LABEL): CHECK,
        **{_spoken(one.label): one.short for one in fields},
    }
    for kind, fields in FIELDS.items()
}
_ANY = frozenset(label for labels in _LABELS.values() for label in labels)


def heard(text: str) -> Said:
    """The message that a script reads out, from the script or from what was written down of it.

    Fixed words may be written otherwise, small or large, and lines broken anywhere; before each `<` its label must
    stand. Refused names what is missing, stands twice or does not check.
    """
    read_limit(text)
    fixed, contents = _apart(text)
    pairs = [(_label(before), unescaped(content)) for before, content in zip(fixed, contents, strict=False)]
    kind = next((content for label, content in pairs if label == _spoken(HEAD[KIND])), "")
    labels = _LABELS.get(kind)
    if labels is None:
        raise Refused("kind", f"Write <{'>, <'.join(_LABELS)}>: one of these, after “{HEAD[KIND]}:”.", field=HEAD[KIND])
    values: dict[str, str] = {}
    for label, content in pairs:
        if label not in labels:
            raise Refused("label", f"“{label}” is nothing that a {kind} says: look at the label and at the kind.")
        if labels[label] in values:
            raise Refused("twice", f"“{label}” stands twice: leave one.")
        values[labels[label]] = content
    return confirmed(values, exercise=_is_exercise(fixed[0], fixed[-1]))


def _apart(text: str) -> tuple[list[str], list[str]]:
    """The fixed words before each text and after the last, and the texts between the marks."""
    fixed, contents, done = [], [], 0
    for found in _CONTENT.finditer(text):
        if not found[2]:
            raise _mark_missing(found[0])
        fixed.append(text[done : found.start()])
        contents.append(found[1])
        done = found.end()
    fixed.append(text[done:])
    for between in fixed:
        if ">" in between:
            raise _mark_missing(between)
    return fixed, contents


def _mark_missing(near: str) -> Refused:
    return Refused("marks", f"A mark is missing: each text stands between < and >. Look at: “{together(near)[:60]}”.")


def _label(before: str) -> str:
    """The longest label with which the words before a mark end."""
    words = _spoken(before).split()[-12:]
    for start in range(len(words)):
        if (label := " ".join(words[start:])) in _ANY:
            return label
    raise Refused("label", f"No label stands before this mark: “{together(before)[-60:]}<”. Write it, as “From:”.")


def _is_exercise(start: str, end: str) -> bool:
    first, last = _spoken(start).startswith(_spoken(EXERCISE)), _spoken(end).endswith(_spoken(EXERCISE))
    if first != last:
        raise Refused("exercise", f"{EXERCISE} stands first or last only: ask whether this is an exercise.")
    return first
