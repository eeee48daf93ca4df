"""The one walk up the taxonomy: what a category says of an event, those above it say too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rapport.operations.models import Category

#: Category id → the category, the one above it, and so on up to the root.
Lines = Mapping[int, tuple[Category, ...]]


def lines(categories: Iterable[Category]) -> Lines:
    """The line of each of an operation's categories; all of them must be given."""
    by_id = {category.pk: category for category in categories}
    return {pk: _line(category, by_id) for pk, category in by_id.items()}


def _line(category: Category, by_id: Mapping[int, Category]) -> tuple[Category, ...]:
    line = [category]
    while (above := line[-1].parent_id) is not None:
        line.append(by_id[above])
    return tuple(line)


def at_risk(line: Iterable[Category]) -> bool:
    """Whether the category of this line, or one above it, speaks of persons at risk."""
    return any(category.persons_at_risk for category in line)
