"""Pure: what an actor does about one provision, as somebody says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rapport.values import Json

#: The parts of what is said, each the last part of a question's code (forms/build.py): name → what a page calls it.
PARTS: Mapping[str, str] = {
    "status": "Status",
    "measures": "Measures",
    "evidence": "Evidence",
    "challenges": "Challenges",
    "needs": "Needs",
    "offers": "Offers",
    "good-practice": "Good practice",
}
#: Parts that are lists of records.
LISTS = ("measures", "evidence")
#: There is none for "not implemented": who says nothing has not said that.
STATUSES: Mapping[str, str] = {"planned": "planned", "partial": "partly in place", "in-place": "in place"}


@dataclass(frozen=True, slots=True)
class Said:
    """`content` has the parts that were answered, and no others. `said_by` is `self` or `third party`; then `sayer`
    says who. One that was withdrawn has no content."""

    ref: str
    framework: str  # slug
    code: str  # of the provision
    actor: str  # code
    name: str  # of the actor
    said_by: str
    sayer: str
    wave: str
    content: Mapping[str, Json]
    published_at: datetime
    withdrawn_at: datetime | None = None
    latest: bool = True

    @property
    def status(self) -> str:
        """ "" is no information."""
        return str(self.content.get("status", ""))

    @property
    def from_itself(self) -> bool:
        return self.said_by == "self"
