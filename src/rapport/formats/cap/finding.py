"""One thing to look at in a CAP message, and the error of what cannot be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapport.errors import RapportError
from rapport.values import Json

Severity = Literal["error", "warning", "note"]
#: So much of a value is quoted; a polygon may be a megabyte.
MOST_QUOTED = 120


@dataclass(frozen=True, slots=True)
class Finding:
    """An error breaks the standard or the profile asked for, a warning goes against its advice, a note says what was
    read otherwise than it was written.

    `path` is the element, as /alert/info[2]/area[1]/polygon[1]; `line` of the file, 0 where there is none. `rule` is a
    short stable word, `value` what stands there, `remedy` what to do, `source` the standard and its section.
    """

    severity: Severity
    rule: str
    path: str
    remedy: str
    source: str
    value: str = ""
    line: int = 0

    def as_json(self) -> dict[str, Json]:
        return {
            "severity": self.severity, "rule": self.rule, "path": self.path, "line": self.line or None,
            "value": self.value, "remedy": self.remedy, "source": self.source,
        }  # fmt: skip

    def in_words(self) -> str:
        where = f"line {self.line}, " if self.line else ""
        value = f" {self.value!r}:" if self.value else ""
        return f"{self.severity}: {where}{self.path}:{value} {self.remedy} ({self.source})"


def quoted(value: str) -> str:
    """So much of a value as a finding quotes, on one line."""
    text = " ".join(value.split()) if len(value) <= MOST_QUOTED * 8 else " ".join(value[: MOST_QUOTED * 8].split())
    return text if len(text) <= MOST_QUOTED else f"{text[:MOST_QUOTED]}…"


class Unwritable(RapportError):
    """An Alert that would not be valid CAP 1.2; nothing was written."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        more = f" And {len(findings) - 1} more." if len(findings) > 1 else ""
        super().__init__(f"This alert is not valid CAP: {findings[0].path}: {findings[0].remedy}{more}")
