"""Pure: what the matrix and the graph of dialogues both show, and the words for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapport.registry.dialogues import Pair
from rapport.registry.pictures.labels import _, isolated


@dataclass(frozen=True, slots=True)
class Talks:
    """`heard`: parties whom the sources have an entry of. Of the others nobody knows with whom they say that they talk.

    `left_out`: parties with the fewest pairs, where there are more than a picture can show.
    """

    parties: tuple[str, ...]  # in alphabetical order, those not heard last
    pairs: tuple[Pair, ...]
    heard: frozenset[str]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What the pictures say, for translators; `%(…)s` are filled in."""

    title: str = _("Who talks to whom")
    told: str = _(
        "Parties: %(parties)s. Pairs: %(pairs)s; said by both sides: %(both)s; said by one side only: %(one)s; "
        "named as track 1: %(first)s."
    )
    both: str = _("said by both sides")
    one: str = _("said by %(who)s, not by %(other)s")
    unheard: str = _("said by %(who)s; %(other)s has no entry in the sources")
    track: str = _("track %(track)s")
    party: str = _("%(name)s; pairs: %(pairs)s")
    no_entry: str = _("no entry in the sources")
    row: str = _("said by the party of the row only")
    column: str = _("said by the party of the column only")
    blank: str = _("said by neither, which is not a no")
    unknown: str = _("the party of the row has no entry in the sources")
    arrow: str = _("said by one side only: the arrow starts there")
    first: str = _("named as track 1")
    silent: str = _("a party with no entry in the sources")


def talks(pairs: Sequence[Pair], most: int) -> Talks:
    """These pairs, among the `most` parties that have the most of them."""
    count = Counter(name for pair in pairs for name in (pair.one, pair.other))
    chosen = set(sorted(count, key=lambda name: (-count[name], name))[:most])
    heard = frozenset(name for pair in pairs for name in pair.said_by)
    parties = sorted(chosen, key=lambda name: (name not in heard, name))
    kept = tuple(pair for pair in pairs if {pair.one, pair.other} <= chosen)
    return Talks(tuple(parties), kept, heard, tuple(sorted(count.keys() - chosen)))


def sayer(pair: Pair) -> str:
    """Who names the other, where only one does."""
    return pair.one if pair.one in pair.said_by else pair.other


def told(pair: Pair, among: Talks, said: Words) -> str:
    """Who says of a pair that they talk, and on which track."""
    who = sayer(pair)
    other = pair.other if who == pair.one else pair.one
    names = {"who": isolated(who), "other": isolated(other)}
    by_one = said.one if other in among.heard else said.unheard
    track = [said.track % {"track": pair.track}] if pair.track else []
    return "; ".join([said.both if pair.reciprocated else by_one % names, *track])


def counted(among: Talks, said: Words) -> str:
    """The whole picture in one sentence."""
    both = sum(pair.reciprocated for pair in among.pairs)
    first = sum(pair.track == "1" for pair in among.pairs)
    one = len(among.pairs) - both
    return said.told % {
        "parties": len(among.parties), "pairs": len(among.pairs), "both": both, "one": one, "first": first
    }  # fmt: skip
