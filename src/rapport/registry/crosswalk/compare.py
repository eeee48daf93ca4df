"""Pure: listings of several agencies side by side: START HERE, `crosswalk`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rapport.errors import BadDefinition
from rapport.registry.crosswalk.matching import Group, Matching
from rapport.registry.crosswalk.model import (
    MATCHES,
    STATUSES,
    Column,
    Crosswalk,
    Difference,
    Link,
    Listing,
    Member,
    Row,
    Suggestion,
    Summary,
    plainly,
)
from rapport.registry.crosswalk.near import near

FEWEST, MOST = 2, 8  # listings side by side [ours: more no page shows]


def crosswalk(listings: Sequence[Listing], links: Sequence[Link] = ()) -> Crosswalk:
    """What belongs together, and what of it differs. BadDefinition for fewer listings than two, more than eight, or two
    of the same slug."""
    _check(listings)
    matching = Matching(listings)
    wrong_links = matching.by_links(links)  # 1. what people say
    matching.by_code_and_label()  # 2. then what is called the same and numbered the same
    matching.by_label()  # 3. then what is called the same
    pairs, left_out = near(matching, len(listings))  # 4. what is called nearly the same is only suggested
    matching.by_code()  # 5. what is only numbered the same may be something else: a person confirms it
    columns = _columns(listings)  # 6. and what differs
    members = matching.members
    return Crosswalk(
        listings=tuple(listings),
        columns=columns,
        rows=tuple(_row(group, members, listings, columns) for group in matching.groups()),
        conflicts=(*wrong_links, *matching.conflicts()),
        suggestions=tuple(
            Suggestion(members[min(one, other)], members[max(one, other)], score)
            for one, other, score in pairs
            if not matching.together(one, other)
        ),
        not_compared=left_out,
    )


def summary(made: Crosswalk) -> Summary:
    """How many rows are the same, differ, or are only somewhere."""
    slugs = [one.slug for one in made.listings]
    by_status = Counter(row.status for row in made.rows)
    only = Counter(row.members[0].slug for row in made.rows if row.status == "only")
    lacking = Counter(slug for row in made.rows for slug in row.lacking)
    return Summary(
        rows=len(made.rows),
        by_status={status: by_status[status] for status in STATUSES},
        in_all=sum(not row.lacking for row in made.rows),
        only={slug: only[slug] for slug in slugs},
        lacking={slug: lacking[slug] for slug in slugs},
        conflicts=len(made.conflicts),
        suggestions=len(made.suggestions),
    )


def _check(listings: Sequence[Listing]) -> None:
    if not FEWEST <= len(listings) <= MOST:
        raise BadDefinition(f"Compare {FEWEST} to {MOST} listings; here are {len(listings)}.")
    for slug, times in Counter(one.slug for one in listings).items():
        if times > 1:
            raise BadDefinition(
                f"{times} listings have the slug {slug}: give each its own, or a table another file name."
            )


def _columns(listings: Sequence[Listing]) -> tuple[Column, ...]:
    """Columns whose names differ in case and spacing only are one."""
    called: dict[str, dict[str, str]] = {}
    for one in listings:
        for column in one.columns:
            called.setdefault(plainly(column), {})[one.slug] = column
    return tuple(Column(min(names.values()), names) for names in called.values())


def _row(group: Group, members: Sequence[Member], listings: Sequence[Listing], columns: Sequence[Column]) -> Row:
    some = tuple(members[at] for at in group.items)
    return Row(
        members=some,
        matched=tuple(match for match in MATCHES if match in group.matched),
        said_by=tuple(sorted(group.said_by)),
        lacking=tuple(one.slug for one in listings if one.slug not in group.slugs),
        differences=() if group.several or len(some) == 1 else tuple(_differences(some, columns)),
    )


def _differences(members: Sequence[Member], columns: Sequence[Column]) -> Iterator[Difference]:
    said: dict[str, dict[str, str | None]] = {
        "code": {one.slug: one.item.code for one in members if one.item.code},
        "label": {one.slug: one.item.label for one in members},
    }
    for column in columns:
        some = (one for one in members if one.slug in column.called)
        said[column.name] = {one.slug: one.item.values.get(column.called[one.slug]) for one in some}
    for name, values in said.items():
        if difference := _difference(name, values):
            yield difference


def _difference(column: str, values: Mapping[str, str | None]) -> Difference | None:
    """None where all that have the column say the same, letter for letter."""
    if len(set(values.values())) < 2:
        return None
    plain = {plainly(value or "") for value in values.values()}
    if len(plain - {""}) > 1:
        return Difference(column, values, "differs")
    return Difference(column, values, "gap" if "" in plain else "case or spacing")
