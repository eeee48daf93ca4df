"""Forms that the names of places take in languages that put "in", "to" and "from" at the end of a name, or before it
without a space: "කොළඹට", "யாழ்ப்பாணத்தில்", "Antakyada", "Amedê", "Nairobini".

Not a grammar: the few endings that say where something is, where to and where from, and the commonest change of the
stem before them [ours]. A form that is the name of another place too is that name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rapport.text.fold import fold


@dataclass(frozen=True, slots=True)
class _Rule:
    """A name that ends with `stem` (without it, if `drop`) takes `endings`. The first rule that fits is taken."""

    stem: str
    endings: tuple[str, ...]
    drop: bool = False


def _rules(*rows: tuple[str, str, bool]) -> tuple[_Rule, ...]:
    return tuple(_Rule(fold(stem), tuple(map(fold, endings.split())), drop) for stem, endings, drop in rows)


_SINHALA = _rules(("", "ට ටත් ේ ෙන් යේ ය යට යෙන් වේ වෙන් හි සිට ත්", False))
_TAMIL = _rules(
    ("ம்", "த்தில் த்திற்கு த்துக்கு த்திலிருந்து த்தின் த்தை த்திலும்", True),
    ("ு", "ில் ுக்கு ிற்கு ிலிருந்து ின் ிலும்", True),
    ("ி", "யில் க்கு யிலிருந்து யின் யிலும்", False),
    ("ை", "யில் க்கு யிலிருந்து யின் யிலும்", False),
    ("ா", "வில் வுக்கு விற்கு விலிருந்து வின்", False),
    ("்", "ில் ுக்கு ிற்கு ிலிருந்து ின்", True),
    ("", "வில் வுக்கு இல் க்கு விலிருந்து யில்", False),
)
_TURKISH = _rules(("", "da de ta te dan den tan ten daki deki taki teki ya ye yi na ne a e nin nun in un li lu", False))
_KURDISH = _rules(("", "ê yê da de re ra ye an", False))
_FINNISH = _rules(("", "ssa ssä sta stä lla llä lta ltä lle an en in on", False))
_BANTU = _rules(("", "ni", False))
_BY_LANGUAGE = {"tr": _TURKISH, "az": _TURKISH, "ku": _KURDISH, "kmr": _KURDISH, "fi": _FINNISH, "sw": _BANTU,
                "zu": _BANTU, "xh": _BANTU}  # fmt: skip
#: Arabic writes "in", "to", "and" and "from" as letters before the word; "to the" swallows the article's first letter.
_BEFORE = ("ب", "ل", "و", "ف", "ك")
_LEAST = 4  # letters of a Latin name: a shorter one with an ending is another word more often


def forms(name: str, languages: Collection[str]) -> Iterator[tuple[str, str]]:
    """(form, what was put to it) of a folded name. Sinhala, Tamil and Arabic are told by their letters; the endings of
    the Latin script only where one of `languages` (ISO 639 codes) has them."""
    last = name[-1:]
    if "\u0d80" <= last <= "\u0dff":
        yield from _ended(name, _SINHALA)
    elif "\u0b80" <= last <= "\u0bff":
        yield from _ended(name, _TAMIL)
    elif "\u0620" <= last <= "\u06ff":
        yield from _begun(name)
    elif "a" <= last <= "z" and len(name) >= _LEAST:
        for rules in {id(rules): rules for code in sorted(languages) if (rules := _BY_LANGUAGE.get(code))}.values():
            yield from _ended(name, rules)


def _ended(name: str, rules: tuple[_Rule, ...]) -> Iterator[tuple[str, str]]:
    rule = next((rule for rule in rules if name.endswith(rule.stem)), None)
    if rule:
        stem = name[: len(name) - len(rule.stem)] if rule.drop else name
        for ending in rule.endings:
            yield stem + ending, ending


def _begun(name: str) -> Iterator[tuple[str, str]]:
    for letter in _BEFORE:
        yield letter + name, letter
    if name.startswith("ال"):
        yield "لل" + name[2:], "ل"
