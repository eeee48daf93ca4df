"""What the filter form offers, with how many events each choice would give, and what is chosen now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rapport.events.filters import Filters
from rapport.events.index import Facets
from rapport.events.live import View
from rapport.operations.fields import PREFIX, Field
from rapport.operations.gazetteer import areas
from rapport.operations.models import Category, Operation, Place, Source
from rapport.values import Precision, Response, Status

#: More areas than this make a page too heavy for a bad line: then only the larger ones are offered [ours].
MAX_AREAS = 300


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a filter. A status, precision or response stands in `word`; anything else has names by language."""

    value: str
    chosen: bool
    count: int | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    word: Status | Precision | Response | None = None
    depth: int = 0
    group: str = ""  # of an area: the name of the one it lies in, or its own


@dataclass(frozen=True, slots=True)
class Facet:
    name: str  # as in the address
    choices: Sequence[Choice]
    names: Mapping[str, str] = field(default_factory=dict)  # of an extra field


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on: what it says, and the address's query without it."""

    name: str
    query: str
    text: str = ""
    choice: Choice | None = None
    names: Mapping[str, str] = field(default_factory=dict)  # of the extra field whose choice it is


def facets(operation: Operation, view: View, filters: Filters, extra: Sequence[Field] = ()) -> dict[str, Facet]:
    """Every filter that is a choice among known values, by its name in the address. The counts of one filter leave
    that filter out, so that they say what a further choice would add. `extra` are the extra fields by which this reader
    can filter."""

    def counts(name: str) -> Facets:
        return view.select(filters.without(name)).facets

    found = (
        Facet("category", _categories(operation, counts("category").categories, filters)),
        Facet("status", _statuses(counts("status").statuses, filters)),
        Facet("precision", _precisions(counts("precision").precisions, filters)),
        Facet("source", _sources(operation, counts("source").sources, filters)),
        Facet("response", _responses(counts("response").responses, filters)),
        *(Facet(one.name, _extra(one, counts(one.name).choices, filters), one.names) for one in extra),
        Facet("area", _areas(operation, filters)),
    )
    return {facet.name: facet for facet in found}


def _categories(operation: Operation, counts: Mapping[str, int], filters: Filters) -> list[Choice]:
    below: dict[int | None, list[Category]] = {}
    for node in operation.categories.all():
        below.setdefault(node.parent_id, []).append(node)

    def walk(parent: int | None, depth: int) -> Iterable[Choice]:
        for node in below.get(parent, []):
            chosen = node.code in filters.categories
            yield Choice(node.code, chosen, counts.get(node.code, 0), node.names, depth=depth)
            yield from walk(node.pk, depth + 1)

    return list(walk(None, 0))


def _statuses(counts: Mapping[str, int], filters: Filters) -> list[Choice]:
    return [Choice(s.value, s in filters.statuses, counts.get(s.value, 0), word=s) for s in Status]


def _precisions(counts: Mapping[str, int], filters: Filters) -> list[Choice]:
    return [Choice(p.word, p in filters.precisions, counts.get(str(p.value), 0), word=p) for p in Precision]


def _sources(operation: Operation, counts: Mapping[str, int], filters: Filters) -> list[Choice]:
    sources = Source.objects.filter(operation=operation).order_by("slug")
    return [Choice(s.slug, s.slug in filters.sources, counts.get(s.slug, 0), s.names) for s in sources]


def _responses(counts: Mapping[str, int], filters: Filters) -> list[Choice]:
    return [Choice(r.value, r in filters.responses, counts.get(r.value, 0), word=r) for r in Response]


def _extra(one: Field, counts: Mapping[str, Mapping[str, int]], filters: Filters) -> list[Choice]:
    """The choices of an extra field; a former one as long as events have it."""
    known, chosen = counts.get(one.code, {}), dict(filters.extra).get(one.code, ())
    offered = (c for c in one.choices if not c.retired or known.get(c.code) or c.code in chosen)
    return [Choice(c.code, c.code in chosen, known.get(c.code, 0), c.names) for c in offered]


def _areas(operation: Operation, filters: Filters) -> list[Choice]:
    """The areas by name, each department before its communes; those of no known department are a group by themselves,
    the last."""
    places = list(areas(operation).only("pcode", "parent_pcode", "name", "precision"))
    if len(places) > MAX_AREAS:
        places = [place for place in places if place.precision == Precision.ADM1 or place.pcode == filters.pcode]
    departments = {place.pcode: place.name for place in places if place.precision == Precision.ADM1}

    def group(place: Place) -> str:
        return departments.get(place.pcode) or departments.get(place.parent_pcode, "")

    ordered = sorted(places, key=lambda place: (not group(place), group(place), -place.precision, place.name))
    return [Choice(p.pcode, p.pcode == filters.pcode, names={"": p.name}, group=group(p)) for p in ordered]


def chips(filters: Filters, offered: Mapping[str, Facet]) -> list[Chip]:
    """Every filter that is on, each value by itself, in the order of the form."""
    return [*_written(filters), *_chosen(filters, offered)]


def _written(filters: Filters) -> Iterable[Chip]:
    days = {"from": filters.since_day, "to": filters.until_day}
    if filters.text:
        yield Chip("q", filters.without("q").query(), filters.text)
    for name, day in days.items():
        if day:
            yield Chip(name, filters.without(name).query(), day.isoformat())
    if filters.box:
        yield Chip("box", filters.without("area").query())


def _chosen(filters: Filters, offered: Mapping[str, Facet]) -> Iterable[Chip]:
    for facet in offered.values():
        for choice in facet.choices:
            if choice.chosen:
                yield Chip(
                    facet.name, _less(filters, facet.name, choice.value).query(), choice=choice, names=facet.names
                )


def _less(filters: Filters, name: str, value: str) -> Filters:
    """The filters with one value taken out of one of them."""
    match name:
        case "category":
            return replace(filters, categories=tuple(code for code in filters.categories if code != value))
        case "status":
            return replace(filters, statuses=tuple(status for status in filters.statuses if status.value != value))
        case "precision":
            return replace(filters, precisions=tuple(p for p in filters.precisions if p.word != value))
        case "source":
            return replace(filters, sources=tuple(slug for slug in filters.sources if slug != value))
        case "response":
            return replace(filters, responses=tuple(r for r in filters.responses if r.value != value))
    if name.startswith(PREFIX):
        kept = ((code, tuple(c for c in some if PREFIX + code != name or c != value)) for code, some in filters.extra)
        return replace(filters, extra=tuple(pair for pair in kept if pair[1]))
    return filters.without(name)
