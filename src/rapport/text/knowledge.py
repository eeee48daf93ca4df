"""What an operation brings to its texts."""

from __future__ import annotations

from dataclasses import dataclass, field

from rapport.text.labels.model import SHIPPED, Model, loaded
from rapport.text.places import Gazetteer


@dataclass(frozen=True, slots=True)
class Knowledge:
    """`languages`: ISO 639-1 codes, those that people are expected to write in. `gazetteer`: its places.
    `model` says what messages speak of."""

    languages: tuple[str, ...]
    gazetteer: Gazetteer
    model: Model = field(default_factory=lambda: loaded(SHIPPED))
