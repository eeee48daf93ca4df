"""Pure: what stands on a copy, with its watermark on every entry; as text and as PDF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapport.contacts.cards import CARD, SHEET, Copied, card_blocks, known, tree_blocks
from rapport.contacts.model import Network
from rapport.contacts.offline import Directory, Export, blocks
from rapport.contacts.rows import Block, Row, written
from rapport.contacts.sheets import layout, pdf


class Form(StrEnum):
    TEXT = "text"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class File:
    data: bytes
    name: str
    content_type: str


def card(one: Copied, mark: Export, form: Form) -> File:
    first, *others = card_blocks(one.office, mark.made_at.date())
    marked = [Block(first.title, (*first.rows, *known(one), *_marks(mark))), *others]
    return _file(marked, mark, form, CARD, layout.WALLET, f"card-{one.office.party}-{one.office.role}")


def tree(copied: Sequence[Copied], network: Network, names: Mapping[str, str], mark: Export, form: Form) -> File:
    """Of one party: whom to try, in order. `names`: of parties, by code."""
    head, *parties, last = tree_blocks([one.office for one in copied], network, mark.made_at.date(), names)
    confirmed = tuple(row for one in copied for row in known(one, f", {one.office.role}"))
    marked = [Block(one.title, (*one.rows, *confirmed, *_marks(mark))) for one in parties]
    return _file([head, *marked, last], mark, form, SHEET, layout.SHEET, f"phone-tree-{copied[0].office.party}")


def directory(data: bytes, read: Directory, form: Form) -> File:
    """The signed file itself, or what it says as PDF: that can be printed, and proves nothing."""
    if form is Form.TEXT:
        return File(data, f"directory-{read.export.number}.txt", "text/plain; charset=utf-8")
    found = list(blocks(read.entries, read.export))
    return _file(found, read.export, form, SHEET, layout.SHEET, f"directory-{read.export.number}")


def _marks(mark: Export) -> tuple[Row, ...]:
    return Row("", mark.said), Row("Expires", mark.expires_at.date().isoformat())


def _file(sheet: Iterable[Block], mark: Export, form: Form, columns: int, paper: layout.Paper, name: str) -> File:
    if form is Form.TEXT:
        return File(written(sheet, columns).encode(), f"{name}.txt", "text/plain; charset=utf-8")
    foot = f"{mark.said}. Expires {mark.expires_at:%Y-%m-%d}."
    data = pdf.made(sheet, paper, title=f"{name}: {mark.said}", foot=foot, at=mark.made_at)
    return File(data, f"{name}.pdf", "application/pdf")
