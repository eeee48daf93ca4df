"""Pure: the comments on one text, with their numbers, and where the passage of each stands in its version now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapport.registry.anchors import Anchor, Found, found, marked
from rapport.registry.calls.model import OUTCOMES, CommentRow, TextRow
from rapport.values import RowRelease


@dataclass(frozen=True, slots=True)
class Placed:
    """A comment that is shown, as it is numbered on its page. `how` its passage was found in the text now: `whole` (it
    is about all of the text), `exact`, `moved`, `changed` or `gone`."""

    number: int
    release: RowRelease[CommentRow]
    how: str
    found: Found | None
    now: str  # the passage's words now
    earlier: bool  # it is about an earlier version of the text

    @property
    def row(self) -> CommentRow:
        return self.release.row


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text. `of`: how many comments are about it; `ends`: those whose passages end with it."""

    text: str
    of: int
    ends: tuple[Placed, ...]


def placed(text: TextRow, comments: Sequence[RowRelease[CommentRow]]) -> list[Placed]:
    """Those that are shown, numbered in their order."""
    shown = (one for one in comments if not one.row.not_shown)
    return [_placed(number, one, text) for number, one in enumerate(shown, 1)]


def pieces(text: TextRow, comments: Sequence[Placed]) -> list[Piece]:
    """The text with the passages that somebody commented on: joined the pieces are the text."""
    by_number = {one.number: one for one in comments}
    segments = marked(text.body, {one.number: one.found for one in comments if one.found})
    numbers = [*(one.of for one in segments), frozenset[int]()]
    ends = [tuple(by_number[number] for number in sorted(now - then)) for now, then in pairwise(numbers)]
    return [Piece(one.text, len(one.of), last) for one, last in zip(segments, ends, strict=True)]


def by_outcome(comments: Sequence[Placed]) -> Iterator[tuple[str, list[Placed]]]:
    """(outcome, comments) for each outcome that somebody's comment had; "" for those without an answer, last."""
    for outcome in (*OUTCOMES, ""):
        if some := [one for one in comments if one.row.outcome == outcome]:
            yield outcome, some


def _placed(number: int, release: RowRelease[CommentRow], text: TextRow) -> Placed:
    row = release.row
    earlier = row.version != text.version
    if row.anchor is None:
        return Placed(number, release, "whole", None, "", earlier)
    where = _where(row.anchor, text.body) if earlier else _stands(row.anchor)
    now = text.body[where.start : where.end] if where else ""
    return Placed(number, release, where.how if where else "gone", where, now, earlier)


def _stands(anchor: Anchor) -> Found:
    """In the version that was commented on."""
    return Found(anchor.start, anchor.start + len(anchor.quote), "exact")


@lru_cache(maxsize=1_000)
def _where(anchor: Anchor, text: str) -> Found | None:
    """Looking for a long passage that was changed takes a while, and every reader asks for the same."""
    return found(anchor, text)
