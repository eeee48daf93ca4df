"""Pure: which items belong together. What could be meant in two ways is put together by nobody but a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rapport.registry.crosswalk.model import Conflict, Link, Listing, Match, Member, plainly


@dataclass(slots=True, eq=False)
class Group:
    """Items that stand together, by their number among all, and the slugs of their listings."""

    items: list[int]
    slugs: frozenset[str]
    matched: set[Match] = field(default_factory=set)
    said_by: set[str] = field(default_factory=set)

    @property
    def several(self) -> bool:
        return len(self.slugs) < len(self.items)


class Matching:
    """The items of all listings, each in its group. Every step looks at all keys, leaves out what can be meant in two
    ways, and only then joins: so the order of the listings means nothing."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self.members = [Member(one.slug, item) for one in listings for item in one.items]
        self.codes = [plainly(one.item.code) for one in self.members]
        self.labels = [plainly(one.item.label) for one in self.members]
        self._slugs = frozenset(one.slug for one in listings)
        self._group = [Group([at], frozenset([one.slug])) for at, one in enumerate(self.members)]
        self._told: dict[tuple[int, ...], Conflict] = {}
        self._tell_codes_twice()

    def groups(self) -> list[Group]:
        """In the order of their first items."""
        return list(dict.fromkeys(self._group))

    def together(self, one: int, other: int) -> bool:
        return self._group[one] is self._group[other]

    def conflicts(self) -> tuple[Conflict, ...]:
        return tuple(conflict for _, conflict in sorted(self._told.items(), key=lambda told: told[0]))

    # --- the steps, the surest first -------------------------------------------------------------------------------

    def by_links(self, links: Iterable[Link]) -> tuple[Conflict, ...]:
        """What people say. Told is a code that is not there, or there twice; what a link says of other listings than
        these is passed over."""
        places = self._keyed(lambda at: (self.members[at].slug, self.codes[at]))
        wrong: list[Conflict] = []
        for link in links:
            named = [(slug, code) for slug, codes in link.codes.items() if slug in self._slugs for code in codes]
            found = [(slug, code, self._named(code, places.get((slug, plainly(code)), []))) for slug, code in named]
            if len({slug for slug, _ in named}) < 2:
                continue
            wrong += [self._bad_link(link, slug, code, items) for slug, code, items in found if len(items) != 1]
            clear = [items[0] for _, _, items in found if len(items) == 1]
            if len({self.members[at].slug for at in clear}) > 1:
                self._join([self._group[at] for at in clear], "link", link.said_by)
        for group in self.groups():
            if group.several:
                self._tell(group.items, "By links, several items of one listing: their values are not compared.")
        return tuple(wrong)

    def by_code_and_label(self) -> None:
        self._by_keys("code and label", self._keyed(lambda at: self.codes[at] and (self.codes[at], self.labels[at])))

    def by_label(self) -> None:
        self._by_keys("label", self._keyed(lambda at: self.labels[at]))

    def by_code(self) -> None:
        """Where the code alone speaks for it, and none of the items stands with another code elsewhere."""
        alone: dict[Hashable, list[int]] = {}
        for code, items in self._keyed(lambda at: self.codes[at]).items():
            beside = {self.codes[at] for item in items for at in self._group[item].items}
            if beside <= {code, ""}:
                alone[code] = items
            elif len({self.members[at].slug for at in items}) > 1 and len({self._group[at] for at in items}) > 1:
                written = self.members[items[0]].item.code
                self._tell(
                    items, f"The code {written} has other labels here, and one of these has another code elsewhere."
                )
        self._by_keys("code", alone)

    def _by_keys(self, match: Match, keys: Mapping[Hashable, list[int]]) -> None:
        """Join the groups that meet in a key, unless two of them have items of the same listing."""
        meetings: list[list[Group]] = []
        for items in keys.values():
            groups = list(dict.fromkeys(self._group[at] for at in items))
            times = Counter(slug for group in groups for slug in group.slugs)
            clear = [one for one in groups if not one.several and all(times[slug] == 1 for slug in one.slugs)]
            if len(clear) < len(groups):
                self._tell_clash(match, items, groups)
            meetings.append(clear)
        for chain in _chains(meetings):
            if len(frozenset[str]().union(*(one.slugs for one in chain))) == sum(len(one.slugs) for one in chain):
                self._join(chain, match)
            else:
                items = [at for group in chain for at in group.items]
                self._tell(items, f"By their {match} these would be one, with two items of a listing: link them.")

    # --- what the steps have in common -----------------------------------------------------------------------------

    def _keyed(self, key: Callable[[int], Hashable]) -> dict[Hashable, list[int]]:
        """The items by their key, those without one left out."""
        found: dict[Hashable, list[int]] = {}
        for at in range(len(self.members)):
            if of := key(at):
                found.setdefault(of, []).append(at)
        return found

    def _join(self, groups: Sequence[Group], match: Match, said_by: str = "") -> None:
        different = list(dict.fromkeys(groups))
        first = different[0]
        first.said_by |= {said_by} - {""}
        if len(different) > 1:
            first.matched.add(match)
        for other in different[1:]:
            first.items += other.items
            first.slugs |= other.slugs
            first.matched |= other.matched
            first.said_by |= other.said_by
            for at in other.items:
                self._group[at] = first
        first.items.sort()

    def _tell(self, items: Iterable[int], said: str) -> None:
        """Once about the same items: what is told first is the surest."""
        about = tuple(sorted(items))
        self._told.setdefault(about, Conflict(said, tuple(self.members[at] for at in about)))

    def _tell_clash(self, match: Match, items: Sequence[int], groups: Sequence[Group]) -> None:
        if any("link" in one.matched for one in groups):
            self._tell(items, f"These have the same {match}, but a link puts one of them elsewhere.")
        elif _could_join(groups):
            self._tell(items, f"Which of these belong together cannot be told by their {match}: link them.")

    def _tell_codes_twice(self) -> None:
        for items in self._keyed(lambda at: self.codes[at] and (self.members[at].slug, self.codes[at])).values():
            if len(items) > 1:
                one = self.members[items[0]]
                self._tell(items, f"The code {one.item.code} stands {len(items)} times in {one.slug}.")

    def _named(self, code: str, items: Sequence[int]) -> Sequence[int]:
        """Those whose code is written so, if there are any, else all."""
        return [at for at in items if self.members[at].item.code == code] or items

    def _bad_link(self, link: Link, slug: str, code: str, items: Sequence[int]) -> Conflict:
        place = f"stands {len(items)} times in {slug}" if items else f"is not in {slug}"
        said = f"A link by {link.said_by} names the code {code}, which {place}."
        return Conflict(said, tuple(self.members[at] for at in items))


def _could_join(groups: Sequence[Group]) -> bool:
    """Whether two of them have no listing in common."""
    kinds = list({group.slugs for group in groups})
    return any(one.isdisjoint(other) for at, one in enumerate(kinds) for other in kinds[:at])


def _chains(meetings: Iterable[Sequence[Group]]) -> list[list[Group]]:
    """The groups that meet, with those that meet one of them elsewhere."""
    chain_of: dict[Group, list[Group]] = {}
    for groups in meetings:
        if len(groups) > 1:
            chains = {id(chain): chain for chain in (chain_of.get(one, [one]) for one in groups)}
            joined = [group for chain in chains.values() for group in chain]
            chain_of |= dict.fromkeys(joined, joined)
    return list({id(chain): chain for chain in chain_of.values()}.values())
