"""Pure: a call for comment, the texts that it puts to comment, and what people say of them, as readers get them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from rapport.registry.anchors import Anchor

TEXT, SYNTHESIS = "text", "synthesis"
#: What became of a comment, in the order in which a synthesis lists them.
OUTCOMES = ("taken up", "in part", "not taken up")


@dataclass(frozen=True, slots=True)
class CallRow:
    ref: str
    framework: str  # slug
    title: str
    about: str
    closes_on: date | None
    published_at: datetime
    closed_at: datetime | None
    synthesis_at: datetime | None

    def takes_comments(self, today: date) -> bool:
        return open_on(today, self.closed_at, self.closes_on)


def open_on(today: date, closed_at: datetime | None, closes_on: date | None) -> bool:
    """Whether comments are taken: nobody has closed it, and its last day is not over."""
    return closed_at is None and (closes_on is None or today <= closes_on)


@dataclass(frozen=True, slots=True)
class TextRow:
    """One version of the text about a provision, or of the synthesis of what was said about it."""

    call: str  # ref
    kind: str  # text, synthesis
    code: str  # of the provision
    version: int
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CommentRow:
    """`version`: of the text that was commented on; `anchor`: of the passage, None for the whole text. One that is not
    shown has nothing but its number and the reason."""

    ref: str
    call: str  # ref
    framework: str  # slug
    code: str  # of the provision
    version: int
    made_at: datetime
    published_at: datetime | None = None
    not_shown: str = ""
    anchor: Anchor | None = None
    body: str = ""
    name: str = ""
    affiliation: str = ""
    interest: str = ""
    minority: bool = False
    outcome: str = ""  # one of OUTCOMES; "" while nobody has answered
    answer: str = ""
    answered_at: datetime | None = None

    @property
    def passage(self) -> str:
        return self.anchor.quote if self.anchor else ""
