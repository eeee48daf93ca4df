"""Pure: what a ping and other short texts to offices say, in the languages of the United Nations."""

from __future__ import annotations

import secrets
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

from rapport.contacts import letters
from rapport.contacts.model import Role
from rapport.text.sms import length

WORDS = tomllib.loads((files("rapport.data") / "contacts" / "letters.toml").read_text(encoding="utf-8"))
LANGUAGES = tuple(WORDS["ping"])
_GSM = frozenset({"en", "fr", "es"})  # languages whose SMS is written in letters of the GSM alphabet


@dataclass(frozen=True, slots=True)
class Codes:
    """What proves that a ping arrived: to be typed, and in a link. Nobody but whoever is pinged ever sees them."""

    typed: str
    link: str


@dataclass(frozen=True, slots=True)
class Whom:
    """Who asks, and which office of whom: whoever reads it must know whether they are that office."""

    network: str
    party: str
    role: Role


def drawn() -> Codes:
    return Codes(f"{letters.drawn(4)}-{letters.drawn(4)}", secrets.token_urlsafe(18))


def language_of(spoken: Sequence[str]) -> str:
    """The first language of an office in which a ping can be written; English where there is none."""
    return next((one[:2] for one in spoken if one[:2] in LANGUAGES), "en")


def letter(language: str, whom: Whom, codes: Codes, until: datetime, address: str, *, exercise: bool) -> str:
    """Its first line is its subject. `address`: the link, "" where there is none to give."""
    said = _filled("ping", language, whom, codes, until, exercise)
    return f"{said}\n\n{WORDS['link'][language]}\n{address}" if address else said


def sms(language: str, whom: Whom, codes: Codes, until: datetime, *, exercise: bool) -> str:
    """One SMS: long names are cut, that of the network before that of the party."""
    network, party = whom.network, whom.party

    def said() -> str:
        text = _filled("sms", language, Whom(network, party, whom.role), codes, until, exercise)
        return _in_gsm(text) if language in _GSM else text

    while length(said()).parts > 1 and len(party) > 2:
        if len(network) > 3 and 2 * len(network) > len(party):
            network = _shorter(network)
        else:
            party = _shorter(party)
    return said()


def _filled(form: str, language: str, whom: Whom, codes: Codes, until: datetime, exercise: bool) -> str:
    roles = WORDS["role"] | (WORDS["short"] if form == "sms" else {})
    return str(WORDS[form][language]).format(
        drill="EXERCISE. " if exercise else "",
        network=whom.network,
        party=whom.party,
        role=roles[language][whom.role],
        code=codes.typed,
        until=until.astimezone(UTC).strftime("%d.%m. %H:%M"),
        wrong=WORDS["wrong"][language][0],
    )


def _in_gsm(text: str) -> str:
    """One letter outside the GSM alphabet makes three SMS of one."""
    return "".join(_plain(one) for one in unicodedata.normalize("NFC", text))


def _plain(letter: str) -> str:
    if length(letter).alphabet == "GSM-7":
        return letter
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if length(base).alphabet == "GSM-7" else "?"


def _shorter(name: str) -> str:
    """The same with a letter less, and a dot that says so."""
    return name.removesuffix(".")[: -1 if name.endswith(".") else -2].rstrip() + "."


def remind(language: str, network: str) -> str:
    """That a record grows old, and what is to be done about it. Its first line is its subject."""
    return str(WORDS["remind"][language]).format(network=network)


def second(language: str, network: str, case: str, draft: int, *, exercise: bool) -> str:
    """That a draft waits for a second person. One line: it is a letter and an SMS."""
    drill = "EXERCISE. " if exercise else ""
    text = str(WORDS["second"][language]).format(drill=drill, network=network, case=case, draft=draft)
    return _in_gsm(text) if language in _GSM else text
