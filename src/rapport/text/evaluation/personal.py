"""How many phone numbers `personal.spans` finds in their usual disguises, and how many it sees in news where there are
next to none.

The numbers are made up on the way, from a seed: mobile numbers of twelve countries in the form that each country writes
them, in the national and the international form and as E.164 has it. Rules and words were chosen on the training split.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence

import polars as pl

from rapport.text.columns import Texts
from rapport.text.evaluation.messages import Messages, Split
from rapport.text.personal import spans

Disguise = Callable[[str], str]

#: Country code, what is dialled before a number within the country, and the form behind it; "#" is any digit.
COUNTRIES: Mapping[str, tuple[str, str, str]] = {
    "HT": ("509", "", "3### ####"), "KE": ("254", "0", "7## ### ###"), "LK": ("94", "0", "7# ### ####"),
    "MM": ("95", "0", "9 ### ### ###"), "IN": ("91", "", "9#### #####"), "PK": ("92", "0", "3## #######"),
    "FR": ("33", "0", "6 ## ## ## ##"), "US": ("1", "", "### 555 01##"), "NG": ("234", "0", "80# ### ####"),
    "SD": ("249", "0", "9# ### ####"), "PH": ("63", "0", "9## ### ####"), "BR": ("55", "", "11 9#### ####"),
}  # fmt: skip


def _digits(first: int) -> Disguise:
    return lambda number: number.translate({ord(str(digit)): chr(first + digit) for digit in range(10)})


def _spelt(words: str) -> Disguise:
    said = dict(zip("0123456789", words.split(), strict=True))
    return lambda number: " ".join(said[digit] for digit in number if digit in said)


#: The recipe of 180: each of the twelve numbers in three forms and five guises.
USUAL: Mapping[str, Disguise] = {
    "plain": lambda number: number,
    "no spaces": lambda number: number.replace(" ", ""),
    "dashes": lambda number: number.replace(" ", "-"),
    "Arabic-Indic digits": _digits(0x660),
    "letters for digits": lambda number: number.translate({ord("0"): "O", ord("1"): "l"}),
}
#: Ours, beyond it.
MORE: Mapping[str, Disguise] = {
    "dots": lambda number: number.replace(" ", "."),
    "slashes": lambda number: number.replace(" ", "/"),
    "underscores": lambda number: number.replace(" ", "_"),
    "spaced dashes": lambda number: number.replace(" ", " - "),
    "no-break spaces": lambda number: number.replace(" ", "\u202f"),
    "digits one by one": lambda number: " ".join(number.replace(" ", "")),
    "dashes between all": lambda number: "-".join(number.replace(" ", "")),
    "zero-width marks": lambda number: "\u200b".join(number),
    "struck through": lambda number: "".join(one + "\u0336" for one in number),
    "keycaps": lambda number: "".join(one + "\ufe0f\u20e3" if one.isdigit() else one for one in number),
    "emoji between": lambda number: number.replace(" ", "🔥"),
    "full width": lambda number: number.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    "mathematical": _digits(0x1D7CE),
    "circled": lambda number: number.translate({ord(str(d)): chr(0x2460 + d - 1) if d else "⓪" for d in range(10)}),
    "Persian digits": _digits(0x6F0),
    "Devanagari digits": _digits(0x966),
    "Bengali digits": _digits(0x9E6),
    "Burmese digits": _digits(0x1040),
    "in English words": _spelt("zero one two three four five six seven eight nine"),
    "in French words": _spelt("zéro un deux trois quatre cinq six sept huit neuf"),
    "in Kreyòl words": _spelt("zewo en de twa kat senk sis sèt uit nèf"),
    "in Spanish words": _spelt("cero uno dos tres cuatro cinco seis siete ocho nueve"),
    "half in words": lambda number: number[:-4] + " " + _spelt("zero one two three four five six seven eight nine")(
        number[-4:]
    ),
}  # fmt: skip
#: What stands around the number; nothing that says that it is one.
AROUND = (("", ""), ("Nou bezwen dlo ", " mèsi"), ("we need water 🙏 ", "."), ("j’ai écrit hier (", ")"))


def numbers(seed: int, guises: Mapping[str, Disguise]) -> Iterator[tuple[str, str, int, int]]:
    """For each guise the numbers of the twelve countries in three forms: the guise, a text, and from where to where in
    it the number stands."""
    chance = random.Random(seed)  # noqa: S311 - nobody guesses these
    for guise, disguised in guises.items():
        for code, trunk, form in COUNTRIES.values():
            local = "".join(str(chance.randint(0, 9)) if sign == "#" else sign for sign in form)
            for number in (trunk + local, f"+{code} {local}", f"+{code}{local.replace(' ', '')}"):
                written = disguised(number)
                before, behind = AROUND[chance.randrange(len(AROUND))]
                yield guise, before + written + behind, len(before), len(before) + len(written)


def recall(seed: int, guises: Mapping[str, Disguise]) -> dict[str, float]:
    """For each guise the share of numbers that one span covers whole, beginning and ending with it. A plus sign that is
    said in no word need not be covered."""
    made = list(numbers(seed, guises))
    found = spans(Texts.of(pl.Series([text for _, text, _, _ in made]))).by_row()
    hits = dict.fromkeys(guises, 0)
    for (guise, _, start, end), marked in zip(made, found, strict=True):
        hits[guise] += any((one.start, one.end) == (start, end) for one in marked if one.kind in ("phone", "id"))
    return {guise: hit * len(guises) / len(made) for guise, hit in hits.items()}


def alarms(texts: Sequence[str]) -> list[str]:
    """What is taken for phone numbers in the texts."""
    found = spans(Texts.of(pl.Series(texts, dtype=pl.String))).by_row()
    return [
        text[one.start : one.end]
        for text, marked in zip(texts, found, strict=True)
        for one in marked
        if one.kind == "phone"
    ]


def figures(messages: Messages, split: Split = "validation", seed: int = 1) -> dict[str, float]:
    """`phones_recall`: of the recipe of 180, drawn twenty times from seeds; `disguises_recall`: of MORE, the same.
    `phones_false_per_1000`: what is taken for phone numbers in a thousand messages of news. An upper bound: the few
    numbers that news prints for calling are counted as false too."""
    told = [one.message for one in messages.of(split) if one.genre == "news"]
    return {
        "phones_recall": _mean(USUAL, seed),
        "disguises_recall": _mean(MORE, seed),
        "phones_false_per_1000": 1000 * len(alarms(told)) / len(told),
    }


def _mean(guises: Mapping[str, Disguise], seed: int, draws: int = 20) -> float:
    shares = [share for draw in range(draws) for share in recall(seed * 1_000 + draw, guises).values()]
    return sum(shares) / len(shares)
