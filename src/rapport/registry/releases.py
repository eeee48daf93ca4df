"""The registry for one reader: Items of its rows, and what the protocol releases of them. Nothing that nobody has
checked becomes an Item."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import F, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.utils import timezone

from rapport.operations.models import Operation
from rapport.registry.holdings import Held, held
from rapport.registry.model import (
    Contradiction,
    Dialogue,
    Framework,
    Happening,
    Instrument,
    Row,
    Term,
    View,
)
from rapport.registry.models import Submission
from rapport.registry.rows import ProvisionRow
from rapport.registry.said import Said
from rapport.sharing import given
from rapport.sharing.active import policy_of
from rapport.sharing.items import Facts, RowItem
from rapport.sharing.release import release_rows
from rapport.values import Publication, Purpose, Reader, RowRelease, Sensitivity, Status

T = TypeVar("T")
#: What its kind is called in protocols.
REGISTRY, SUBMISSION, RESULT = "registry", "submission", "result"


@dataclass(frozen=True, slots=True)
class Shown:
    """What readers get of an operation's files, a table each."""

    provisions: tuple[RowRelease[ProvisionRow], ...]
    events: tuple[RowRelease[Happening], ...]
    dialogues: tuple[RowRelease[Dialogue], ...]
    contradictions: tuple[RowRelease[Contradiction], ...]
    instruments: tuple[RowRelease[Instrument], ...]
    terms: tuple[RowRelease[Term], ...]
    views: tuple[RowRelease[View], ...]

    @property
    def frameworks(self) -> list[Framework]:
        """Each once, those of norms first; its provisions are released one by one."""
        found = {one.row.framework.slug: one.row.framework for one in self.provisions}
        return sorted(found.values(), key=lambda one: (one.kind != "norms", one.title))

    def of(self, framework: str) -> list[RowRelease[ProvisionRow]]:
        return [one for one in self.provisions if one.row.framework.slug == framework]


def shown(operation: Operation, who: Reader, purpose: Purpose = Purpose.VIEW) -> Shown:
    """All that the files say, as far as this reader gets it."""
    items = [item for one in held(operation.pk) for item in _items(operation, one)]
    made = released(operation, who, purpose, REGISTRY, items)
    tables: dict[str, list[RowRelease[Any]]] = {one.name: [] for one in fields(Shown)}
    for one in made:
        tables[one.table].append(one)
    return Shown(**{name: tuple(rows) for name, rows in tables.items()})


def released(
    operation: Operation, who: Reader, purpose: Purpose, kind: str, items: Iterable[RowItem[T]]
) -> list[RowRelease[T]]:
    """What this reader gets of these rows of one kind, in their order. What goes to a named reader is written down
    first."""
    policy, now = policy_of(operation.pk), timezone.now()
    left = list(release_rows(policy, items, who, purpose, now))
    given.record_rows(operation.pk, policy.protocol, who, kind, {item.number: one for item, one in left})
    return [one for _, one in left]


def facts(operation: Operation, kind: str, at: datetime, **more: Any) -> Facts:
    """Of a row that a person has checked or published: it names nobody but offices, and says so."""
    return Facts(
        kind=kind,
        data_type="none",
        published_at=at,
        finest="none",
        names="no",
        consent="yes",
        personal_data="no",
        domain="crisis" if operation.kind == "crisis" else "cyber",
        **{"aggregation": "record", **more},
    )


def _items(operation: Operation, one: Held) -> Iterator[RowItem[Any]]:
    sure = one.sure
    known = facts(operation, REGISTRY, one.loaded_at, status=Status.VERIFIED)
    if sure.framework is not None:
        rows = [(row, ProvisionRow(sure.framework, row)) for row in sure.framework.provisions]
        yield from (_item("provisions", sure.slug, row, placed, known, one.loaded_at) for row, placed in rows)
    for table in ("events", "dialogues", "contradictions", "instruments", "terms", "views"):
        yield from (_item(table, sure.slug, row, row, known, one.loaded_at) for row in getattr(sure, table))


def _item(table: str, slug: str, row: Row, payload: T, known: Facts, at: datetime) -> RowItem[T]:
    ref = f"{slug}/{row.ident}"
    return RowItem(table, ref, number_of(table, ref), known, payload, at)


def number_of(table: str, ref: str) -> int:
    """The same for a row in all its versions, and another than in other tables of its kind: 48 bits of a digest."""
    return int.from_bytes(hashlib.sha256(f"{table}/{ref}".encode()).digest()[:6])


# --- what each says about it ---------------------------------------------------------------------------------------


def submissions(
    operation: Operation, who: Reader, rows: QuerySet[Submission], purpose: Purpose = Purpose.VIEW, *,
    counting: bool = False,
) -> list[RowRelease[Said]]:  # fmt: skip
    """What was said, in the order of `rows`, as far as this reader gets it. Of one that was withdrawn only that it
    was. `counting`: nothing but the status of each, for thousands at once."""
    there = rows.exclude(publication=Publication.DRAFT.value)
    # The database picks the status out of its JSON, and no models are made: a page may ask for all that 193 States
    # have said.
    content = KT("content__status") if counting else F("content")
    values = there.values_list(*_COLUMNS, Coalesce("published_at", "drafted_at"), content)
    remembered: dict[tuple[str, str, datetime], Facts] = {}

    def known(level: str, owner: str, at: datetime) -> Facts:
        key = (level, owner, at)
        if key not in remembered:
            remembered[key] = facts(operation, SUBMISSION, at, sensitivity=Sensitivity(level), organisation=owner)
        return remembered[key]

    return released(operation, who, purpose, SUBMISSION, (_said(row, known) for row in values.iterator(2_000)))


_COLUMNS = (
    "pk", "ref", "framework", "code", "actor__code", "actor__name", "actor__organisation__slug", "said_by", "sayer",
    "wave", "withdrawn_at", "latest", "level", "publication",
)  # fmt: skip


def _said(values: tuple[Any, ...], known: Callable[[str, str, datetime], Facts]) -> RowItem[Said]:
    (pk, ref, framework, code, actor, name, organisation, said_by, sayer, wave, withdrawn_at, latest, level,
     publication, at, content) = values  # fmt: skip
    if publication == Publication.WITHDRAWN.value or content is None:
        content = {}
    elif isinstance(content, str):
        content = {"status": content}
    row = Said(ref, framework, code, actor, name, said_by, sayer, wave, content, at, withdrawn_at, latest)
    return RowItem("submissions", ref, pk, known(level, organisation or actor, at), row, withdrawn_at or at)
