"""What readers get of alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rapport.formats.cap.model import Alert, Info
from rapport.values import Marking


@dataclass(frozen=True, slots=True)
class AlertRelease:
    """An alert for one reader: the whole message, or there is none. Half a warning is none, and what stands under an
    address never changes. Made by `sharing/release.py` and nowhere else."""

    ref: str  # of its thread
    version: int
    audience: str  # as the protocol calls it
    alert: Alert
    data: bytes  # the CAP file
    rule: str  # names of the rules, with a blank between them
    reasons: tuple[str, ...]  # sentences
    protocol: str = ""  # name and version
    marking: Marking | None = None

    @property
    def sent(self) -> datetime:
        return self.alert.sent

    @property
    def expires(self) -> datetime:
        """When the last of its infos does; those that rapport writes all say when."""
        return max(info.expires for info in self.alert.infos if info.expires is not None)

    def info(self, *languages: str) -> Info:
        """What it says, in the first of these languages that it has."""
        return self.alert.in_language(*languages)[0]
