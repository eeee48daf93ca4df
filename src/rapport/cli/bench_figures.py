"""A figure that a bench found: one shape for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rapport.values import Json


@dataclass(frozen=True, slots=True)
class Figure:
    """`aim` is what we want to reach; `peer` another program that did the same in the same run."""

    name: str
    value: float | int | None
    unit: str
    better: Literal["higher", "lower"]
    aim: float | int | None = None
    peer: str | None = None
    peer_value: float | int | None = None

    def as_json(self) -> dict[str, Json]:
        return {
            "name": self.name, "value": _rounded(self.value), "unit": self.unit, "aim": self.aim,
            "better": self.better, "peer": self.peer, "peer_value": _rounded(self.peer_value),
        }  # fmt: skip


def _rounded(value: float | int | None) -> float | int | None:
    """Three digits that count and no more: a bench does not know better."""
    if value is None or isinstance(value, int):
        return value
    size = abs(value)
    return round(value) if size >= 100 else round(value, 1 if size >= 10 else 2 if size >= 1 else 3)
