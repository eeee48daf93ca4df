"""A message as it came: what it says, what is wrong with how it is written, and its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from rapport.formats.cap.finding import Finding
from rapport.formats.cap.model import Alert


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element as it stands in the file."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One alert of a file. `alert` is None where it cannot be made out; `findings` are the schema's and of how values
    are written (validation.validate knows the others). `leaves` are its elements by path, `data` the bytes of the
    alert. A shape that cannot be read is not in the Alert: `moved` says where in the file those after it stand."""

    version: str
    alert: Alert | None
    findings: tuple[Finding, ...]
    data: bytes = field(repr=False)
    path: str = "/alert"
    signatures: int = 0
    leaves: Mapping[str, Leaf] = field(default_factory=dict, repr=False)
    moved: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds: one message, or those of an EDXL-DE envelope, with `links` to alerts that stand elsewhere."""

    messages: tuple[Message, ...]
    links: tuple[str, ...] = ()
