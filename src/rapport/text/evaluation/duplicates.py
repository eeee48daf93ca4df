"""How well near-duplicates are found: edited copies of disaster messages in a stream of them, and pairs of reports.

Bases are drawn with a seed. What groups.py chose by looking at figures was chosen on the even half of them; reported
is the odd half.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import polars as pl

from rapport.text import signature
from rapport.text.columns import Texts
from rapport.text.evaluation.messages import Messages
from rapport.text.groups import Window
from rapport.text.kernels.plain import made_plain

Edit = Callable[[str, random.Random], str]

_BASES = 2_000
_SHORTEST = 30  # characters of a plain text that is drawn from
_MEMBERS = 1_500  # looked at for purity
_LINK = re.compile(r"https?://\S+|www\.\S+")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_EMOJI = "😢🙏🔥💔🚨🌊"
_IN_FRONT = ("OMG this is so sad", "please share now", "BREAKING news:", "pataje mesaj sa a")
_BEHIND = ("pray for them", "#help #pray", "via facebook")
_CYRILLIC = str.maketrans("aeo", "аео")
_HIDDEN = "\u200b"


def _new_link(text: str, rng: random.Random) -> str:
    return f"{_LINK.sub('', text)} https://t.co/{''.join(rng.choice(_LETTERS) for _ in range(8))}"


def _loud(text: str, rng: random.Random) -> str:
    return "".join(rng.choice(_EMOJI) for _ in range(3)) + text.upper() + " !!!"


def _words_deleted(text: str, rng: random.Random) -> str:
    words = text.split()
    for _ in range(max(1, len(words) // 10)):
        if len(words) > 3:
            del words[rng.randrange(len(words))]
    return " ".join(words)


def _letters_replaced(text: str, rng: random.Random) -> str:
    letters = list(text)
    for _ in range(max(1, len(letters) // 25)):
        letters[rng.randrange(len(letters))] = rng.choice("aeioust")
    return "".join(letters)


#: Each as measured in comparison with other recipes; the first three are one row there.
ORDINARY: Mapping[str, Edit] = {
    "passed on": lambda text, rng: f"RT @user_123: {text}",
    "new link": _new_link,
    "loud": _loud,
    "cut to 70 %": lambda text, rng: text[: len(text) * 7 // 10] + "…",
    "passed on, cut at 140": lambda text, rng: f"RT @somebody_else: {text}"[:140],
    "words deleted": _words_deleted,
    "words added": lambda text, rng: f"{rng.choice(_IN_FRONT)} {text} {rng.choice(_BEHIND)}",
    "letters replaced": _letters_replaced,
}
EVASIONS: Mapping[str, Edit] = {
    "look-alikes": lambda text, rng: text.translate(_CYRILLIC),
    "invisible for spaces": lambda text, rng: text.replace(" ", _HIDDEN),
    "invisible between letters": lambda text, rng: _HIDDEN.join(text),
}


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Shares, 0 to 1. `recall`: of each edit, of the odd half of the bases, how often the copy gets its base's group;
    `chosen_on`: the same of the even half. `purity`: of members that are not the first of their group, those with a
    third of their pieces or more in common with it, or that lie within it by .6, or it within them."""

    texts: int
    recall: Mapping[str, float]
    chosen_on: Mapping[str, float]
    purity: float

    @property
    def duplicates_worst_recall(self) -> float:
        return min(self.recall[edit] for edit in ORDINARY)

    @property
    def evasions_recall(self) -> float:
        return min(self.recall[edit] for edit in EVASIONS)


def open_set(messages: Messages) -> list[str]:
    """The texts that differ when made plain, of _SHORTEST characters at least. As they came."""
    texts = messages.texts()
    plain = made_plain(Texts.of(pl.Series(texts)))[0]
    first: dict[str, str] = {}
    for at, text in enumerate(texts):
        first.setdefault(plain[at], text)
    return [text for known, text in first.items() if len(known) >= _SHORTEST]


def duplicates(messages: Messages, seed: int = 3) -> Duplicates:
    """Stream the open set through a window, then try each edit of each base alone on it."""
    texts = open_set(messages)
    rng = random.Random(seed)  # noqa: S311  draws examples
    bases = rng.sample(range(len(texts)), min(_BASES, len(texts)))
    edits = {**ORDINARY, **EVASIONS}
    window = Window(len(texts) + len(edits) * len(bases))  # what was removed takes room too
    plain, bins = _signed(texts)
    entered = window.add(plain, bins)
    recall: dict[str, float] = {}
    chosen_on: dict[str, float] = {}
    for name, edit in edits.items():
        copies = [edit(texts[base], rng) for base in bases]
        own = entered.groups[bases].tolist()
        found = [alone == group for alone, group in zip(_tried_alone(window, copies), own, strict=True)]
        chosen_on[name], recall[name] = (sum(half) / len(half) for half in (found[::2], found[1::2]))
    members = [at for at in range(len(texts)) if entered.groups[at] != entered.numbers[at]]
    rng.shuffle(members)
    looked_at = members[:_MEMBERS]
    pure = sum(_belongs(plain[at], plain[int(entered.groups[at]) - 1]) for at in looked_at)
    return Duplicates(len(texts), recall, chosen_on, pure / len(looked_at))


def _signed(texts: Sequence[str]) -> tuple[Texts, signature.Array]:
    plain = made_plain(Texts.of(pl.Series(texts, dtype=pl.String)))[0]
    return plain, signature.bins(plain)


def _tried_alone(window: Window, copies: Sequence[str]) -> list[int]:
    """The group of each copy, the window being as if none of the others had been there."""
    plain, bins = _signed(copies)
    groups = []
    for at in range(len(copies)):
        begin, end = plain.starts[at : at + 2]
        entered = window.add(Texts(plain.data[begin:end], plain.starts[at : at + 2] - begin), bins[at : at + 1])
        groups.append(int(entered.groups[0]))
        window.remove(int(entered.numbers[0]))
    return groups


def _belongs(member: str, head: str) -> bool:
    mine, theirs = _pieces(member), _pieces(head)
    common = len(mine & theirs)
    return common / len(mine | theirs) >= 0.35 or common / min(len(mine), len(theirs)) >= 0.6


def _pieces(plain: str) -> set[str]:
    """Its runs of six characters, spaces among them."""
    return {plain[at : at + 6] for at in range(max(len(plain) - 5, 1))}


# --- pairs of reports --------------------------------------------------------------------------------------------


def similar_pairs(texts: Sequence[str], least: float = 0.7) -> set[tuple[int, int]]:
    """All pairs of texts, the earlier one first, whose plain words as a set are alike by `least` (Jaccard); exact.

    Two sets can only be so alike if they share one of the few rarest words of each: all but `least` of them, and one
    more. Texts without words are in no pair."""
    plain = made_plain(Texts.of(pl.Series(texts, dtype=pl.String)))[0]
    words = [frozenset(plain[at].split()) for at in range(len(plain))]
    counts: dict[str, int] = defaultdict(int)
    for said in words:
        for word in said:
            counts[word] += 1
    found: set[tuple[int, int]] = set()
    having: dict[str, list[int]] = defaultdict(list)
    for at, said in enumerate(words):
        ordered = sorted(said, key=lambda word: (counts[word], word))
        rarest = ordered[: len(said) - ceil(least * len(said)) + 1]
        for other in {one for word in rarest for one in having[word]}:
            if len(said & words[other]) >= least * len(said | words[other]):
                found.add((other, at))
        for word in rarest:
            having[word].append(at)
    return found


def pairs_found(
    texts: Sequence[str], offered: Sequence[Collection[int]], groups: Sequence[int], least: float = 0.7
) -> tuple[float, float]:
    """Of the similar pairs the share in which the later text was offered beside the earlier one; and in which it was,
    or both are in one group. `offered`: for each text the indexes that were put beside it; `groups`: its group."""
    pairs = similar_pairs(texts, least)
    beside = {(one, other) for one, other in pairs if one in offered[other]}
    together = {(one, other) for one, other in pairs if groups[one] == groups[other]}
    return len(beside) / len(pairs), len(beside | together) / len(pairs)
