"""Pure: many events at once, as far as a protocol tells them apart: what a page plays a protocol against.

Events of one kind are ruled alike but for when they were published, so that a hundred thousand of them are a few
hundred rulings. Nothing is ruled here: kinds bring to `policy.py` what it asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rapport.sharing.items import Facts, Item
from rapport.values import Precision, Spot

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kind:
    """All that a protocol can tell of an event, and whether there is anything of which it could leave less."""

    facts: Facts  # without the time of publication
    precision: int  # of the place, 0 for none
    commune: bool  # whether the place's admin 2 is known, and its admin 1
    region: bool
    has: frozenset[str]  # those of model.FIELDS in which something stands
    extra_public: bool  # whether any extra field is one that the operation shows to everybody
    shared: bool = False  # whether a person wrote words to stand in place of title and summary

    @property
    def spot(self) -> Spot | None:
        """A place of this precision; where it lies, and how wide it is said to be, is left out."""
        return Spot(0, 0, Precision(self.precision), 0) if self.precision else None


@dataclass(frozen=True, slots=True)
class Crowd:
    """Events, the newest first, each of one of the kinds."""

    ids: Ints  # of samples: their number in the list of items
    kind: Ints  # position in `kinds`
    published: Floats  # seconds since 1970, NaN for never
    kinds: Sequence[Kind]
    older: int = 0  # so many more there are, not looked at

    def __len__(self) -> int:
        return len(self.ids)

    def only(self, wanted: Callable[[Kind], bool]) -> Crowd:
        """Those of the events whose kind is wanted."""
        mask = np.array([wanted(kind) for kind in self.kinds], dtype=np.bool_)
        some = np.flatnonzero(mask[self.kind])
        return replace(self, ids=self.ids[some], kind=self.kind[some], published=self.published[some])


def of_items(items: Iterable[Item]) -> Crowd:
    """A crowd of these items, in their order."""
    listed = list(items)
    return crowd(
        range(len(listed)),
        [kind_of(one) for one in listed],
        [at.timestamp() if (at := one.event.published_at) else float("nan") for one in listed],
    )


def crowd(ids: Iterable[int], kinds: Sequence[Kind], published: Sequence[float], older: int = 0) -> Crowd:
    """A crowd from one entry an event in each list."""
    numbers: dict[Kind, int] = {}
    of_each = np.fromiter((numbers.setdefault(one, len(numbers)) for one in kinds), dtype=np.int64, count=len(kinds))
    return Crowd(
        np.fromiter(ids, dtype=np.int64), of_each, np.asarray(published, dtype=np.float64), tuple(numbers), older
    )


def kind_of(item: Item) -> Kind:
    """The kind of one item."""
    event, spot = item.event, item.event.spot
    values = {
        "title": event.title, "summary": event.summary, "occurred_at": event.occurred_at, "place": spot,
        "affected": event.affected, "sources": event.sources, "reports": event.reports, "response": True,
        "extra": event.extra, "files": event.files,
    }  # fmt: skip
    return Kind(
        facts=replace(item.facts, published_at=None),
        precision=int(spot.precision) if spot else 0,
        commune=event.commune is not None,
        region=event.region is not None,
        has=frozenset(name for name, value in values.items() if value),
        extra_public=any(one.public for one in event.extra),
        shared=bool(event.shared),
    )
