"""Pure: what a person says of one thing, beside its content, so that a protocol can rule on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import get_args

from rapport.sharing.protocol.model import Known
from rapport.values import Sensitivity

UNKNOWN = "unknown"
KNOWN: tuple[str, ...] = get_args(Known)
LEVELS = tuple(Sensitivity)


@dataclass(frozen=True, slots=True)
class Handling:
    """One attribute a dimension that only a person can tell (protocol/model.py:DIMENSIONS), as text, and `shared`: the
    words that a person wrote to stand in place of title and summary."""

    sensitivity: str = Sensitivity.LOW.value  # nobody can say that it is less than the protocol's lists say
    names: str = UNKNOWN
    consent: str = UNKNOWN
    personal_data: str = UNKNOWN
    control: str = UNKNOWN  # who holds the area, in the protocol's words
    organisation: str = UNKNOWN  # whose it is, by short name
    shared: str = ""

    def looser_than(self, other: Handling) -> bool:
        """Whether anything that the other says for keeping back is not said here: a level, a refused consent, names or
        personal data in it, who holds the area, whose it is."""
        kept_back = (("consent", "no"), ("names", "yes"), ("personal_data", "yes"))
        return (
            LEVELS.index(Sensitivity(self.sensitivity)) < LEVELS.index(Sensitivity(other.sensitivity))
            or any(getattr(other, name) == value != getattr(self, name) for name, value in kept_back)
            or other.control not in {UNKNOWN, self.control}
            or other.organisation not in {UNKNOWN, self.organisation}
        )

    def as_json(self) -> dict[str, str]:
        """What differs from saying nothing."""
        said = {one.name: str(getattr(self, one.name)) for one in fields(self)}
        return {name: value for name, value in said.items() if value != getattr(NOTHING_SAID, name)}

    @classmethod
    def from_json(cls, kept: Mapping[str, str]) -> Handling:
        return cls(**kept)


NOTHING_SAID = Handling()
