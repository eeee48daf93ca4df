"""Pure: when what is destroyed, as an operation's file says it ([retention]); kept as JSON in the operation's row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from rapport.values import Json

Kind = Literal["addresses", "texts", "attachments"]
KINDS: tuple[Kind, ...] = ("addresses", "texts", "attachments")
COUNTED_FROM = ("receipt", "closing")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Days until each kind is destroyed, 0 = never: from a report's receipt, or from the day on which the operation
    closed if that is later (with `counted_from` closing nothing is due before that day is written down).
    `backups_days`: for how long whoever runs the machine keeps backups, 0 = not said."""

    addresses_days: int = 0
    texts_days: int = 0
    attachments_days: int = 0
    counted_from: str = "receipt"
    closed: date | None = None
    backups_days: int = 0

    @property
    def empty(self) -> bool:
        return not any(self.days(kind) for kind in KINDS)

    def days(self, kind: Kind) -> int:
        return {"addresses": self.addresses_days, "texts": self.texts_days, "attachments": self.attachments_days}[kind]

    def before(self, now: datetime) -> dict[Kind, datetime]:
        """Of each kind that is destroyed at all, and of which something may be due: what came before this moment is."""
        return {kind: now - timedelta(days=self.days(kind)) for kind in KINDS if self._may(self.days(kind), now)}

    def _may(self, days: int, now: datetime) -> bool:
        if not days or self.counted_from == "receipt":
            return bool(days)
        if self.closed is None:
            return False
        return datetime.combine(self.closed, time(), UTC) + timedelta(days=days + 1) <= now  # the day is over

    def to_json(self) -> dict[str, Json]:
        return {**asdict(self), "closed": self.closed.isoformat() if self.closed else ""}


def of(kept: Mapping[str, Json]) -> Schedule:
    """As it was kept; {} is none."""
    if not kept:
        return Schedule()
    return Schedule(
        addresses_days=_days(kept, "addresses_days"),
        texts_days=_days(kept, "texts_days"),
        attachments_days=_days(kept, "attachments_days"),
        counted_from=str(kept["counted_from"]),
        closed=date.fromisoformat(str(kept["closed"])) if kept["closed"] else None,
        backups_days=_days(kept, "backups_days"),
    )


def _days(kept: Mapping[str, Json], key: str) -> int:
    days = kept[key]
    if not isinstance(days, int):
        raise TypeError(f"{key} is no number of days")
    return days
