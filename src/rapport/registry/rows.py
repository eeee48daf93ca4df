"""Pure: what a row of the registry is where a table puts more into it than its file does."""

from __future__ import annotations

from dataclasses import dataclass

from rapport.registry.model import Framework, Provision


@dataclass(frozen=True, slots=True)
class ProvisionRow:
    framework: Framework
    provision: Provision
