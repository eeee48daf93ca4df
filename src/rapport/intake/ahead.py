"""What reports seem to say, and which ones are like them, worked out while the ones before are written down: the
engine's stages do not need Python's lock, and neither does the database while it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

import polars as pl

from rapport.events.matching import Candidate
from rapport.intake import fresh, memory
from rapport.intake.fresh import Fresh
from rapport.intake.memory import Memory
from rapport.intake.overload import behind
from rapport.intake.suggestions import Context, Row, Suggested, of_words
from rapport.operations.gazetteer import knowledge
from rapport.operations.models import Operation
from rapport.oversight.switches import stopped
from rapport.text import chain
from rapport.text.distinct import first_same
from rapport.text.knowledge import Knowledge
from rapport.text.labels import categories

#: Functions of the register → what a row of the text chain says while one is stopped: nothing.
_SILENT: Mapping[str, Row] = {"language": {"language": ""}, "urgency": {"urgency": None}, "places": {"places": []}}
_COLUMNS = ("language", "labels", "urgency", "places", "signature", "risks")  # of the text chain


@dataclass(frozen=True, slots=True)
class Read:
    """Of each of some reports what it seems to say, as rows of the text chain, and its near-duplicates."""

    said: Sequence[Row]
    words: Sequence[list[Suggested]]  # what the words of each suggest, places apart
    near: Mapping[int, Sequence[Candidate]]
    repeated: Sequence[bool]  # which were not read, but got what is said of one with the same plain text
    off: Set[str] = frozenset()  # the functions that were stopped when it was begun

    def part(self, rows: slice) -> Read:
        """Of some of the reports; the near-duplicates stay those of all."""
        return replace(self, said=self.said[rows], words=self.words[rows], repeated=self.repeated[rows])


def read(
    reports: Sequence[Fresh],
    known: Knowledge,
    meant: Mapping[str, Sequence[str]],
    remembered: Memory,
    once: bool,
    off: Set[str] = frozenset(),
) -> Read:
    """The whole text chain, what its words suggest, and what is remembered; they are remembered too. Needs no database.
    `meant` as in Context; `once`: of those with the same plain text only the first is read; `off`: functions of the
    register of which nothing is to be said."""
    batch = chain.Batch.of(pl.Series([report.text for report in reports], dtype=pl.String))
    first = first_same(batch.plain).tolist() if once else range(len(reports))
    own = [at for at, other in enumerate(first) if at == other]
    rows = dict(zip(own, _rows([reports[at] for at in own], known, None if once else batch), strict=True))
    silent = {key: value for one in off for key, value in _SILENT.get(one, {}).items()}
    said = [{**rows[at], **silent} for at in first] if silent else [rows[at] for at in first]
    context = Context({} if "categories" in off else meant, known.model.id)
    words = [list(of_words(report.pk, row, context)) for report, row in zip(reports, said, strict=True)]
    signed = [row["signature"] for row in said]
    if "near-duplicates" in off:
        near: Mapping[int, Sequence[Candidate]] = {}
        remembered.add(reports, batch.plain, signed)
    else:
        near = remembered.near(reports, batch.plain, signed)
    return Read(said, words, near, [at != other for at, other in enumerate(first)], off)


def _rows(reports: Sequence[Fresh], known: Knowledge, batch: chain.Batch | None) -> Sequence[Row]:
    ids = pl.Series([report.pk for report in reports], dtype=pl.Int64)
    texts = pl.Series([report.text for report in reports], dtype=pl.String)
    return chain.analyse(pl.DataFrame({"id": ids, "text": texts}), known, batch).select(_COLUMNS).to_dicts()


class Ahead:
    """The batch that comes after the present one, and what is being worked out about it."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._reports: Sequence[Fresh] = ()
        self._reading: Future[Read] | None = None

    def reports(self, ids: Sequence[int]) -> Sequence[Fresh]:
        """The reports with these ids: those that were looked at ahead, if it is they."""
        return self._reports if ids == [one.pk for one in self._reports] else fresh.of(ids)

    def read(self, operation: Operation, remembered: Memory, reports: Sequence[Fresh], limit: int) -> Read:
        """What these seem to say. Meanwhile work is begun on those behind them, up to `limit`."""
        reading = self._reading if reports is self._reports else None
        if reading is None:
            memory.unlearn(self.forget())  # they may be another operation's
        self._reports, self._reading = (), None
        if limit and (after := fresh.behind(reports[-1], limit)):
            reading = reading or self._begun(operation, remembered, reports)
            self._reports, self._reading = after, self._begun(operation, remembered, after)
        if reading:
            return reading.result()
        off = stopped(operation.pk)
        return read(reports, knowledge(operation), _meant(operation), remembered, behind(reports), off)

    def forget(self) -> Sequence[Fresh]:
        """What was looked at ahead is not wanted. Which reports these are: they are remembered by now."""
        reports, reading = self._reports, self._reading
        self._reports, self._reading = (), None
        if reading is not None:
            wait([reading])
        return reports

    def _begun(self, operation: Operation, remembered: Memory, reports: Sequence[Fresh]) -> Future[Read]:
        self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix="reading ahead")
        known, meant, off = knowledge(operation), _meant(operation), stopped(operation.pk)
        return self._pool.submit(read, reports, known, meant, remembered, behind(reports), off)


def _meant(operation: Operation) -> Mapping[str, Sequence[str]]:
    return categories.meant(dict(operation.categories.values_list("code", "hxl")))
