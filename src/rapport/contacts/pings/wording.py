"""Pure: what a ping says, in the languages of the United Nations, and which words of an answer say that it reached the
wrong office."""

from __future__ import annotations

import re
import secrets
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

from rapport.contacts import letters

_FOUR = f"([{letters.LETTERS}]{{4}})"
#: Capital or small, with a hyphen, a dash, a space or nothing between the fours. Looked for at every word: of two words
#: and a code the last two of three fours are the code.
_CODE = re.compile(rf"(?<![0-9A-Za-z])(?={_FOUR}[-\u2010-\u2014 ]?{_FOUR}(?![0-9A-Za-z]))", re.IGNORECASE | re.ASCII)
_MOST_CODES = 500  # words of a message that are looked up as codes [ours: words of four or eight letters look like one]

_WORDS = tomllib.loads((files("rapport.data") / "contacts" / "letters.toml").read_text(encoding="utf-8"))
LANGUAGES = tuple(_WORDS["ping"])


@dataclass(frozen=True, slots=True)
class Codes:
    """What proves that a ping arrived: to be typed, and in a link. Nobody but whoever is pinged ever sees them."""

    typed: str
    link: str


def drawn() -> Codes:
    return Codes(f"{letters.drawn(4)}-{letters.drawn(4)}", secrets.token_urlsafe(18))


def language_of(spoken: Sequence[str]) -> str:
    """The first language of an office in which a ping can be written; English where there is none."""
    return next((one[:2] for one in spoken if one[:2] in LANGUAGES), "en")


def text(language: str, network: str, codes: Codes, until: datetime, address: str, *, exercise: bool) -> str:
    """`address`: the link, "" where none is to be given, as in a text message."""
    short = str(_WORDS["ping"][language]).format(
        drill="EXERCISE. " if exercise else "",
        network=network,
        code=codes.typed,
        until=until.astimezone(UTC).strftime("%d.%m. %H:%M"),
        wrong=_WORDS["wrong"][language][0],
    )
    return f"{short}\n\n{_WORDS['link'][language]}\n{address}" if address else short


def codes_in(said: str) -> list[str]:
    """What may be codes in a text that somebody wrote, as `drawn` writes them, in their order."""
    found = (f"{one[1]}-{one[2]}".upper() for one in _CODE.finditer(said[:20_000]))
    return list(dict.fromkeys(found))[:_MOST_CODES]


def says_wrong(said: str) -> bool:
    """Whether an answer begins with one of the words for the wrong office. Only how it begins counts: what is quoted
    below names the word too."""
    first = said.strip().strip("\"'«»“”*").upper()
    return any(first.startswith(word) for words in _WORDS["wrong"].values() for word in words)


def remind(language: str, network: str) -> str:
    """That a record grows old, and what is to be done about it."""
    return str(_WORDS["remind"][language]).format(network=network)
