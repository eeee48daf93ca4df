"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """The exit status of `rapport doctor` is the worst of them."""

    FINE = 0
    LOOK = 1  # works, and somebody should look at it
    WRONG = 2  # does not work, or will not for long

    @property
    def word(self) -> str:
        return ("fine", "look at", "wrong")[self]


@dataclass(frozen=True, slots=True)
class Finding:
    """`about` is a short stable word for programs; `remedy` says what to do, "" where all is well."""

    level: Level
    about: str
    said: str
    remedy: str = ""


def fine(about: str, said: str) -> Finding:
    return Finding(Level.FINE, about, said)


def look(about: str, said: str, remedy: str) -> Finding:
    return Finding(Level.LOOK, about, said, remedy)


def wrong(about: str, said: str, remedy: str) -> Finding:
    return Finding(Level.WRONG, about, said, remedy)
