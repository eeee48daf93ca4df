"""Released events as columns in memory: filters, counts, clusters and timelines of a million events in milliseconds.

Pure: arrays in, arrays out. An `Index` never changes; `updated()` gives the next one. Events are ordered along a Morton
curve of their map position, so that the cells of every zoom are runs of neighbours and one pass over a selection gives
its clusters exactly: each event is counted in one cell, and the counts of the cells add up to the events in the box.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rapport.values import Box, Precision

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

DEPTH = 26  # bits an axis: a cell of the finest grid is 0.6 m wide at the equator
CELL_PIXELS = 64  # side of a cluster's cell on the screen, a power of two
_TILE_PIXELS = 256
_CELL_BITS = (_TILE_PIXELS // CELL_PIXELS).bit_length() - 1  # a tile has 2 to the power of it cells along each axis
MOST_CLUSTERS = 5_000  # in one answer: more would be neither read nor drawn
MAX_LATITUDE = 85.051129  # the edge of the web Mercator square
_PRECISIONS = tuple(str(number) for number in range(max(Precision) + 1))
NO_TIME = int(np.iinfo(np.int64).min)


@dataclass(frozen=True, slots=True)
class Rows:
    """Events as they are put in: one entry an event in each list. Unmapped events have NaN coordinates."""

    ids: Sequence[int]
    lon: Sequence[float]
    lat: Sequence[float]
    at: Sequence[int]  # seconds since 1970, by which lists are ordered and times filtered
    status: Sequence[str]
    precision: Sequence[int]  # 0 for unmapped
    radius_m: Sequence[int]
    pcode: Sequence[str]
    words: Sequence[str]  # what a search looks through
    categories: Mapping[str, Sequence[int]]  # code → ids of its events and of those of the categories below it
    sources: Mapping[str, Sequence[int]]  # slug → ids
    response: Sequence[str]
    choices: Mapping[str, Mapping[str, Sequence[int]]]  # extra field → choice → ids


@dataclass(frozen=True, slots=True)
class Wanted:
    """A selection: empty means all. Codes within one tuple are joined by or."""

    text: str = ""
    categories: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    precisions: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    responses: tuple[str, ...] = ()
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()  # extra field, choices; fields are joined by and
    since: int | None = None
    until: int | None = None  # exclusive
    box: Box | None = None
    pcode: str = ""  # this area and all below it: P-codes nest by prefix


@dataclass(frozen=True, slots=True)
class Cluster:
    """Events close together on the map. `event_id` is set for one event alone; `radius_m` (the largest) and `precision`
    (the coarsest) where all of them lie on one point, else 0."""

    lon: float
    lat: float
    count: int
    event_id: int | None
    radius_m: int
    precision: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts by name; precisions by number as text, "0" for unmapped."""

    categories: Mapping[str, int]
    sources: Mapping[str, int]
    statuses: Mapping[str, int]
    precisions: Mapping[str, int]
    responses: Mapping[str, int]
    choices: Mapping[str, Mapping[str, int]]  # extra field → choice → how many


def fold(text: str) -> str:
    """Text as it is searched: case and accents taken off, white space single."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(bare.split())


@dataclass(frozen=True)
class Block:
    """Events in Morton order. All arrays have one entry an event, in that order."""

    ids: Ints
    lon: Floats
    lat: Floats
    code: Ints  # Morton code; unmapped events last, with the largest code
    at: Ints
    status: npt.NDArray[np.int8]
    precision: npt.NDArray[np.int8]
    radius_m: npt.NDArray[np.int32]
    pcode: npt.NDArray[np.int32]
    pcodes: tuple[str, ...]  # what `pcode` numbers
    statuses: tuple[str, ...]
    mapped: int  # how many of them have a place: they come first
    words: str  # folded, one event a line
    categories: Mapping[str, Ints]  # code → positions
    sources: Mapping[str, Ints]
    response: npt.NDArray[np.int8]
    responses: tuple[str, ...]
    choices: Mapping[str, Mapping[str, Ints]]

    @classmethod
    def build(cls, rows: Rows) -> Block:
        ids = np.asarray(rows.ids, dtype=np.int64)
        lon = np.asarray(rows.lon, dtype=np.float64)
        lat = np.asarray(rows.lat, dtype=np.float64)
        code = morton(lon, lat)
        order = np.argsort(code, kind="stable")
        ids = ids[order]
        statuses, status = _numbered(rows.status)
        pcodes, pcode = _numbered(rows.pcode)
        responses, response = _numbered(rows.response)
        lines = [fold(words) for words in rows.words]
        return cls(
            ids=ids,
            lon=lon[order],
            lat=lat[order],
            code=code[order],
            at=np.asarray(rows.at, dtype=np.int64)[order],
            status=status.astype(np.int8)[order],
            precision=np.asarray(rows.precision, dtype=np.int8)[order],
            radius_m=np.asarray(rows.radius_m, dtype=np.int32)[order],
            pcode=pcode.astype(np.int32)[order],
            pcodes=pcodes,
            statuses=statuses,
            mapped=int((~np.isnan(lon)).sum()),
            words="\n".join(lines[position] for position in order),
            categories={name: positions(ids, some) for name, some in rows.categories.items()},
            sources={name: positions(ids, some) for name, some in rows.sources.items()},
            response=response.astype(np.int8)[order],
            responses=responses,
            choices={
                name: {choice: positions(ids, some) for choice, some in chosen.items()}
                for name, chosen in rows.choices.items()
            },
        )

    @cached_property
    def line_starts(self) -> Ints:
        """Where the line of each event begins in `words`."""
        ends = np.fromiter((found.start() for found in re.finditer("\n", self.words)), dtype=np.int64)
        return np.concatenate([np.zeros(1, dtype=np.int64), ends + 1])

    def select(self, wanted: Wanted, dead: Ints) -> Mask:
        """Which events are wanted; `dead` are positions that a newer block has taken over."""
        mask = np.ones(len(self.ids), dtype=np.bool_)
        mask[dead] = False
        if wanted.categories:
            mask &= self._in(self.categories, wanted.categories)
        if wanted.sources:
            mask &= self._in(self.sources, wanted.sources)
        if wanted.statuses:
            mask &= np.isin(self.status, [i for i, name in enumerate(self.statuses) if name in wanted.statuses])
        if wanted.responses:
            mask &= np.isin(self.response, [i for i, name in enumerate(self.responses) if name in wanted.responses])
        for name, choices in wanted.choices:
            mask &= self._in(self.choices.get(name, {}), choices)
        if wanted.precisions:
            mask &= np.isin(self.precision, wanted.precisions)
        if wanted.since is not None:
            mask &= self.at >= wanted.since
        if wanted.until is not None:
            mask &= (self.at < wanted.until) & (self.at != NO_TIME)
        if wanted.box is not None:
            mask &= self.inside(wanted.box)
        if wanted.pcode:
            below = [i for i, code in enumerate(self.pcodes) if code.startswith(wanted.pcode)]
            mask &= np.isin(self.pcode, below)
        for word in fold(wanted.text).split():
            mask &= self._said(word)
        return mask

    def inside(self, box: Box) -> Mask:
        """Which events lie in the box, edges included; unmapped ones never do."""
        if box.west <= box.east:
            across = (self.lon >= box.west) & (self.lon <= box.east)
        else:
            across = (self.lon >= box.west) | (self.lon <= box.east)
        return across & (self.lat >= box.south) & (self.lat <= box.north)

    def _in(self, lists: Mapping[str, Ints], names: Sequence[str]) -> Mask:
        mask = np.zeros(len(self.ids), dtype=np.bool_)
        for name in names:
            if name in lists:
                mask[lists[name]] = True
        return mask

    def _said(self, word: str) -> Mask:
        mask = np.zeros(len(self.ids), dtype=np.bool_)
        starts = np.fromiter((m.start() for m in re.finditer(re.escape(word), self.words)), dtype=np.int64)
        mask[np.searchsorted(self.line_starts, starts, side="right") - 1] = True
        return mask


@dataclass(frozen=True)
class Index:
    """All events released to one audience: a large block, and a small one with what changed since it was built."""

    main: Block
    tail: Block
    dead: Ints  # positions in `main` that are gone or stand anew in `tail`
    seq: int  # the release log's position this state corresponds to

    @classmethod
    def build(cls, rows: Rows, seq: int) -> Index:
        return cls(Block.build(rows), EMPTY, np.empty(0, dtype=np.int64), seq)

    @property
    def size(self) -> int:
        """How many events there are."""
        return len(self.main.ids) - len(self.dead) + len(self.tail.ids)

    def updated(self, rows: Rows, gone: Sequence[int], seq: int) -> Index:
        """The index after these events changed: `rows` as they are now and everything of the tail that stays,
        `gone` no longer released. The caller gives the tail's other events again among `rows`."""
        dead = np.union1d(self.dead, positions(self.main.ids, (*rows.ids, *gone)))
        return Index(self.main, Block.build(rows), dead, seq)

    def select(self, wanted: Wanted) -> Selection:
        none = np.empty(0, dtype=np.int64)
        return Selection(self, self.main.select(wanted, self.dead), self.tail.select(wanted, none))


@dataclass(frozen=True)
class Selection:
    """The events of an index that a reader asked for."""

    index: Index
    in_main: Mask
    in_tail: Mask

    @property
    def seq(self) -> int:
        return self.index.seq

    @property
    def _parts(self) -> tuple[tuple[Block, Mask], tuple[Block, Mask]]:
        return (self.index.main, self.in_main), (self.index.tail, self.in_tail)

    @cached_property
    def total(self) -> int:
        return sum(int(np.count_nonzero(mask)) for _, mask in self._parts)

    @cached_property
    def unmapped(self) -> int:
        return sum(int(np.count_nonzero(mask[block.mapped :])) for block, mask in self._parts)

    def beyond(self, box: Box) -> int:
        """How many have a place that lies outside the box."""
        mapped = self.total - self.unmapped
        return mapped - sum(int(np.count_nonzero(mask & block.inside(box))) for block, mask in self._parts)

    @cached_property
    def _newest_first(self) -> Ints:
        ids = np.concatenate([block.ids[mask] for block, mask in self._parts])
        at = np.concatenate([block.at[mask] for block, mask in self._parts])
        return ids[np.lexsort((-ids, -at))] if len(ids) else ids

    def ids(self, offset: int = 0, limit: int | None = None) -> list[int]:
        """Event ids, the newest first; events without a time last."""
        if limit is not None and offset + limit < self.total // 4:
            return self._top(offset + limit)[offset:]
        end = None if limit is None else offset + limit
        return [int(event_id) for event_id in self._newest_first[offset:end]]

    def _top(self, count: int) -> list[int]:
        """The newest `count` ids without ordering all of them."""
        ids = np.concatenate([block.ids[mask] for block, mask in self._parts])
        at = np.concatenate([block.at[mask] for block, mask in self._parts])
        edge = np.partition(at, len(at) - count)[len(at) - count] if count else 0
        near = np.flatnonzero(at >= edge)
        ids, at = ids[near], at[near]
        return [int(event_id) for event_id in ids[np.lexsort((-ids, -at))][:count]]

    def in_box(self, box: Box) -> int:
        """How many of them lie in the box."""
        return sum(int(np.count_nonzero(mask & block.inside(box))) for block, mask in self._parts)

    def clusters(self, box: Box, zoom: int) -> list[Cluster]:
        """The events in the box, grouped by the cells of a grid of CELL_PIXELS at that zoom. Exact: the counts add up
        to `in_box(box)`. Where that would give more than MOST_CLUSTERS, a coarser zoom's cells are taken."""
        chosen = [
            (block, np.flatnonzero(mask[: block.mapped] & block.inside(box)[: block.mapped]))
            for block, mask in self._parts
        ]
        runs = _runs(chosen, zoom)
        while zoom > 0 and sum(len(starts) for _, starts in runs) > MOST_CLUSTERS:
            zoom -= 1
            runs = _runs(chosen, zoom)
        found: dict[int, _Sum] = {}
        for (block, some), (cells, starts) in zip(chosen, runs, strict=True):
            for cell, part in zip(cells, _sums(block, some, starts), strict=True):
                found[cell] = found[cell] + part if cell in found else part
        return [part.cluster() for part in found.values()]

    def timeline(self, bin_seconds: int = 86_400, offset_seconds: int = 0) -> list[tuple[int, int]]:
        """How many per bin, as (start of the bin in seconds since 1970, count), in order; empty bins are left out.
        `offset_seconds` is the time zone's offset from UTC, so that bins are local days."""
        at = np.concatenate([block.at[mask] for block, mask in self._parts])
        bins, counts = np.unique((at[at != NO_TIME] + offset_seconds) // bin_seconds, return_counts=True)
        return [(int(b) * bin_seconds - offset_seconds, int(n)) for b, n in zip(bins, counts, strict=True)]

    @cached_property
    def facets(self) -> Facets:
        """How many of them have each category, source, status, precision, response and choice."""
        return Facets(
            categories=self._counted(lambda block: block.categories),
            sources=self._counted(lambda block: block.sources),
            statuses=self._tallied(lambda block: (block.status, block.statuses)),
            precisions=self._tallied(lambda block: (block.precision, _PRECISIONS)),
            responses=self._tallied(lambda block: (block.response, block.responses)),
            choices={name: self._chosen(name) for name in {name for block, _ in self._parts for name in block.choices}},
        )

    def _chosen(self, name: str) -> dict[str, int]:
        return self._counted(lambda block: block.choices.get(name, {}))

    def _counted(self, lists: Callable[[Block], Mapping[str, Ints]]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for block, mask in self._parts:
            for name, positions in lists(block).items():
                counts[name] = counts.get(name, 0) + int(np.count_nonzero(mask[positions]))
        return counts

    def _tallied(self, column: Callable[[Block], tuple[npt.NDArray[np.int8], tuple[str, ...]]]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for block, mask in self._parts:
            values, names = column(block)
            for number, count in enumerate(np.bincount(values[mask], minlength=len(names)).tolist()):
                counts[names[number]] = counts.get(names[number], 0) + count
        return counts


def morton(lon: Floats, lat: Floats) -> Ints:
    """Morton codes of web Mercator positions, DEPTH bits an axis; the largest value of all for NaN."""
    x = (lon + 180.0) / 360.0
    radians = np.radians(np.clip(lat, -MAX_LATITUDE, MAX_LATITUDE))
    y = 0.5 - np.arcsinh(np.tan(radians)) / (2 * np.pi)
    missing = np.isnan(x) | np.isnan(y)
    side = 1 << DEPTH
    with np.errstate(invalid="ignore"):
        columns = np.clip(np.where(missing, 0, x) * side, 0, side - 1).astype(np.uint64)
        rows = np.clip(np.where(missing, 0, y) * side, 0, side - 1).astype(np.uint64)
    code = (_spread(columns) | (_spread(rows) << np.uint64(1))).astype(np.int64)
    return np.where(missing, np.iinfo(np.int64).max, code)


def _spread(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A zero bit put between each two bits (the usual masks of Morton coding)."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        values = (values | (values << np.uint64(shift))) & np.uint64(mask)
    return values


@dataclass(frozen=True, slots=True)
class _Sum:
    """What is added up of one cell: enough to join the main block's part with the tail's."""

    count: int
    lon: float  # sums
    lat: float
    first_id: int
    one_point: tuple[float, float] | None  # where all of them lie, if on one point
    radius_m: int
    precision: int

    def __add__(self, other: _Sum) -> _Sum:
        return _Sum(
            self.count + other.count,
            self.lon + other.lon,
            self.lat + other.lat,
            self.first_id,
            self.one_point if self.one_point == other.one_point else None,
            max(self.radius_m, other.radius_m),
            max(self.precision, other.precision),
        )

    def cluster(self) -> Cluster:
        lon, lat = self.one_point or (self.lon / self.count, self.lat / self.count)
        shared = self.one_point is not None
        return Cluster(
            lon,
            lat,
            self.count,
            self.first_id if self.count == 1 else None,
            self.radius_m if shared else 0,
            self.precision if shared else 0,
        )


def _runs(chosen: Sequence[tuple[Block, Ints]], zoom: int) -> list[tuple[list[int], Ints]]:
    """For each block's chosen positions: the cells they lie in at that zoom, and where each cell's run begins."""
    shift = 2 * max(0, DEPTH - (max(0, zoom) + _CELL_BITS))
    runs = []
    for block, some in chosen:
        cells = block.code[some] >> shift
        starts = np.concatenate([[0], np.flatnonzero(np.diff(cells)) + 1]) if len(some) else some
        runs.append((cells[starts].tolist(), starts))
    return runs


def _sums(block: Block, chosen: Ints, starts: Ints) -> list[_Sum]:
    if not len(chosen):
        return []
    lon, lat = block.lon[chosen], block.lat[chosen]
    counts = np.diff(np.concatenate([starts, [len(chosen)]]))
    same = (np.maximum.reduceat(lon, starts) == np.minimum.reduceat(lon, starts)) & (
        np.maximum.reduceat(lat, starts) == np.minimum.reduceat(lat, starts)
    )
    columns = (
        counts,
        np.add.reduceat(lon, starts),
        np.add.reduceat(lat, starts),
        block.ids[chosen][starts],
        same,
        lon[starts],
        lat[starts],
        np.maximum.reduceat(block.radius_m[chosen], starts),
        np.maximum.reduceat(block.precision[chosen], starts),
    )
    return [
        _Sum(count, lons, lats, first, (x, y) if together else None, radius, precision)
        for count, lons, lats, first, together, x, y, radius, precision in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]


def _numbered(words: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    numbers: dict[str, int] = {}
    column = np.fromiter((numbers.setdefault(word, len(numbers)) for word in words), dtype=np.int64, count=len(words))
    return tuple(numbers), column


def positions(ids: Ints, some: Sequence[int]) -> Ints:
    """Where some ids stand in `ids`, in rising order; those that are not there are left out."""
    order = np.argsort(ids)
    wanted = np.asarray(some, dtype=np.int64)
    found = np.searchsorted(ids, wanted, sorter=order)
    hits = order[np.clip(found, 0, max(0, len(ids) - 1))] if len(ids) else order
    return np.unique(hits[ids[hits] == wanted]) if len(ids) else order


NOTHING = Rows((), (), (), (), (), (), (), (), (), {}, {}, (), {})
EMPTY = Block.build(NOTHING)
