"""Pure: whether a message can be sent as it is: its own parts, and what its kind must say.

A case is named by two to eight capital letters and digits, `DAX7`; a case of an exercise has `X-` before it,
`X-DAX7`. So every reference tells by itself whether it is one of an exercise, in a text message and on the phone too,
and no reference can be taken for one of the other sort [ours].
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from rapport.contacts.kinds import MOST, Problem, Said, problems
from rapport.contacts.model import Role
from rapport.operations.strict import CODE, OVERRIDES
from rapport.values import EARLIEST

EXERCISE = "X-"
CASE = re.compile(rf"(?:{EXERCISE})?[A-Z0-9]{{2,8}}")
REF = re.compile(rf"({CASE.pattern})-[0-9]{{2,4}}")
_LINES = "\t\n\r"


def is_exercise(named: str) -> bool:
    """Whether a case or a reference belongs to an exercise."""
    return named.startswith(EXERCISE)


def unsound(text: str) -> bool:
    """Whether a text holds what no page shows (control characters, halves of a character) or what shows another text
    than is there. Marks and isolates of right-to-left writing are welcome."""
    return any((one in OVERRIDES or unicodedata.category(one) in {"Cc", "Cs"}) and one not in _LINES for one in text)


def party_of(office: str) -> str:
    """The side that an office speaks for: `EE` of `EE/technical`. Any of its offices may answer for it."""
    return office.partition("/")[0]


def faults(said: Said) -> Sequence[Problem]:
    """What stands in the way of sending this, the message's own parts first; nothing if it can go."""
    return [*_own(said), *problems(said.kind, said.fields), *_texts(said)]


def _own(said: Said) -> Iterator[Problem]:
    if not CASE.fullmatch(said.case):
        yield Problem(
            "case", "A case is named by 2 to 8 capital letters and digits, as DAX7; X- before it: an exercise."
        )
    elif is_exercise(said.case) != said.exercise:
        yield Problem("case", f"Cases of exercises begin with {EXERCISE}, and no others do.")
    named = REF.fullmatch(said.ref)
    if named is None or named[1] != said.case:
        yield Problem("ref", "A reference is that of its case and a number of 2 to 4 digits, as DAX7-01.")
    for name, office in (("from", said.sender), ("to", said.to)):
        party, _, role = office.partition("/")
        if not CODE.fullmatch(party) or role not in list(Role):
            yield Problem(name, "An office is the code of its party and its role, as EE/technical.")
    if said.at.tzinfo is None or said.at < EARLIEST:
        yield Problem("at", "The time does not say its zone, or lies before anybody can have written.")
    about = said.fields.get("about")
    if about is not None and is_exercise(about.strip()) != said.exercise:
        yield Problem("about", "A message of an exercise is never about a real one, nor the other way round.")


def _texts(said: Said) -> Iterator[Problem]:
    if len(said.caveats) > MOST:
        yield Problem("caveats", f"The caveats have more than {MOST:,} characters.")
    for name, text in (("caveats", said.caveats), *said.fields.items()):
        if unsound(text):
            yield Problem(name, "This holds characters that no page shows, or that turn letters around: take them out.")
