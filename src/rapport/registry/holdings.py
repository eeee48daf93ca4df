"""What an operation's files say now, with what people have confirmed of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from rapport.registry import file
from rapport.registry.checking import checked, confirmed
from rapport.registry.model import Framework, Registered, Source
from rapport.registry.models import Confirmation, RegistryFile


@dataclass(frozen=True, slots=True)
class Held:
    """One file that counts. `whole` has what nobody has checked still in it, for editors; `sure` is for readers."""

    number: int
    loaded_at: datetime
    whole: Registered

    @property
    def sure(self) -> Registered:
        return checked(self.whole)


def held(operation_id: int) -> list[Held]:
    """The files of an operation, by title."""
    files = RegistryFile.objects.filter(operation_id=operation_id, replaced_at=None)
    by = confirmations(operation_id)
    rows = files.values_list("pk", "digest", "loaded_at")
    found = [Held(pk, at, confirmed(_parsed(pk, digest), by)) for pk, digest, at in rows]
    return sorted(found, key=lambda one: one.whole.title)


def frameworks(operation_id: int) -> dict[str, Framework]:
    """As readers may have them, by slug."""
    return {one.sure.slug: one.sure.framework for one in held(operation_id) if one.sure.framework}


def doubtful(operation_id: int) -> set[tuple[str, str]]:
    """Provisions that a file names and nobody has checked, or nobody stands by any more: (slug, code)."""
    frames = (one.whole.framework for one in held(operation_id))
    return {(frame.slug, row.code) for frame in frames if frame for row in frame.provisions if row.unverified}


def confirmations(operation_id: int) -> Mapping[str, Source]:
    """Where people read what a file marks as unverified: key of the doubt → source."""
    rows = Confirmation.objects.filter(operation_id=operation_id, taken_back_at=None)
    return {
        key: Source("confirmed", title, address) for key, title, address in rows.values_list("key", "title", "address")
    }


@lru_cache(maxsize=64)
def _parsed(number: int, digest: str) -> Registered:
    """A file's text never changes: it is known by its digest."""
    return file.read(RegistryFile.objects.values_list("text", flat=True).get(pk=number))
