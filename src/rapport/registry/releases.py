"""The registry for one reader: Items of its rows, and what the protocol releases of them. Nothing that nobody has
checked becomes an Item."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import QuerySet
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
from rapport.sharing.release import release_row
from rapport.values import Publication, Purpose, Reader, RowRelease, Sensitivity, Status

T = TypeVar("T")
#: What its kind is called in protocols.
REGISTRY, SUBMISSION = "registry", "submission"


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
    made = [(one.number, release_row(policy, one, who, purpose, now)) for one in items]
    left = [(number, one) for number, one in made if one is not None]
    given.record_rows(operation.pk, policy.protocol, who, kind, dict(left))
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
    operation: Operation, who: Reader, rows: QuerySet[Submission], purpose: Purpose = Purpose.VIEW
) -> list[RowRelease[Said]]:
    """What was said, in the order of `rows`, as far as this reader gets it. Of one that was withdrawn only that it
    was."""
    there = rows.exclude(publication=Publication.DRAFT.value).select_related("actor__organisation")
    return released(operation, who, purpose, SUBMISSION, [_said(operation, one) for one in there])


def _said(operation: Operation, one: Submission) -> RowItem[Said]:
    gone, at = one.publication == Publication.WITHDRAWN.value, one.published_at or one.drafted_at
    row = Said(
        ref=one.ref,
        framework=one.framework,
        code=one.code,
        actor=one.actor.code,
        name=one.actor.name,
        said_by=one.said_by,
        sayer=one.sayer,
        wave=one.wave,
        content={} if gone else one.content,
        published_at=at,
        withdrawn_at=one.withdrawn_at,
        latest=one.latest,
    )
    owner = one.actor.organisation.slug if one.actor.organisation else one.actor.code
    known = facts(operation, SUBMISSION, at, sensitivity=Sensitivity(one.level), organisation=owner)
    return RowItem("submissions", one.ref, one.pk, known, row, one.withdrawn_at or at)
