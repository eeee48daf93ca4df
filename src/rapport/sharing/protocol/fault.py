"""Pure: one thing to look at in a protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rapport.values import Json

Kind = Literal["overlap", "contradiction", "unreachable", "undefined", "unknown-name"]


@dataclass(frozen=True, slots=True)
class Fault:
    """An error cannot have been meant, a warning is a question to people, a note is good to know. `rules` are the names
    of entries, grants, limits or audiences that it is about; `text` says what is to be done."""

    kind: Kind
    severity: Literal["error", "warning", "note"]
    rules: tuple[str, ...]
    text: str

    def as_json(self) -> dict[str, Json]:
        return {"kind": self.kind, "severity": self.severity, "rules": [*self.rules], "text": self.text}
