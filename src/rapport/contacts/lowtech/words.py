"""Pure: words by which two people on the phone know that they have the same message; letters spelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rapport.contacts.kinds import Said
from rapport.contacts.lowtech.entries import CHECK, CHECK_LABEL, assembled
from rapport.contacts.lowtech.same import content
from rapport.contacts.lowtech.wordlist import WORDS
from rapport.errors import Refused
from rapport.values import Sentence

#: ITU Radio Regulations, appendix 14, and ICAO Annex 10, volume II, 5.2.1.3: the words for letters. Figures and signs
#: are said in plain English, as ICAO writes them; “Stop” is the full stop of appendix 14.
_LETTERS = """
Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra
Tango Uniform Victor Whiskey X-ray Yankee Zulu
"""
_FIGURES = "Zero One Two Three Four Five Six Seven Eight Nine"
_SIGNS = {"-": "Dash", "/": "Slash", ":": "Colon", ".": "Stop", "+": "Plus"}
SPOKEN: Mapping[str, str] = {
    **{word[0]: word for word in _LETTERS.split()},
    **{str(figure): word for figure, word in enumerate(_FIGURES.split())},
    **_SIGNS,
}


def check_words(said: Said, n: int = 3) -> list[str]:
    """Words from the first `n` bytes of the hash of what it says: of 16 million messages, one has the same three."""
    return [WORDS[byte] for byte in bytes.fromhex(content(said))[:n]]


@dataclass(frozen=True, slots=True)
class Copied:
    """A message as somebody typed it in. `checked`: its check words are right; without any, nothing proves that it was
    copied without a slip."""

    said: Said
    checked: bool


def copied(values: Mapping[str, str], *, exercise: bool) -> Copied:
    """The message of these entries, by code. Refused for check words that are not its own."""
    said = assembled({code: value for code, value in values.items() if code != CHECK}, exercise=exercise)
    words = values.get(CHECK, "").casefold().split()
    if words and words != check_words(said):
        raise Refused(
            "check", "The check words do not fit: something was heard, read or typed wrongly. Compare it again."
        )
    return Copied(said, bool(words))


def confirmed(values: Mapping[str, str], *, exercise: bool) -> Said:
    """The same of what a program made and people only repeated: Refused without check words, too."""
    found = copied(values, exercise=exercise)
    if not found.checked:
        why = Sentence("“%(label)s” are missing: nobody can know that all was heard. Ask for them.", label=CHECK_LABEL)
        raise Refused("missing", why)
    return found.said


def can_be_spelled(text: str) -> bool:
    return text.isascii() and all(sign in SPOKEN for sign in text.upper())


def spelled(text: str) -> str:
    """A word for each sign, with blanks between: Echo Echo Slash Tango. Small letters are spelled as capital ones.
    Refused for a sign that has no word: letters A to Z, figures and - / : . + have one."""
    for sign in text:
        if not can_be_spelled(sign):
            raise Refused("spelling", f"“{sign}” has no word to spell it: A to Z, 0 to 9 and - / : . + have one.")
    return " ".join(SPOKEN[sign] for sign in text.upper())
