"""Pure: which category or language a word of a file means. Nothing is ever made of a word nobody knows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from rapport.intake.imports.about import Context
from rapport.operations.fields import Field, parts
from rapport.text.fold import fold

#: Languages as files name them beside their codes: ISO 639-2 and names, folded, in English, French, Spanish, Creole.
_LANGUAGES = {
    "en": ("eng", "english", "anglais", "ingles", "angle"),
    "fr": ("fra", "fre", "french", "francais", "frances", "franse"),
    "ht": (
        "hat",
        "haitian",
        "haitian creole",
        "creole",
        "kreyol",
        "kreyol ayisyen",
        "creole haitien",
        "criollo haitiano",
    ),
    "es": ("spa", "spanish", "espanol", "espagnol", "panyol"),
    "pt": ("por", "portuguese", "portugais", "portugues"),
    "ar": ("ara", "arabic", "arabe"),
    "sw": ("swa", "swahili", "kiswahili"),
    "ur": ("urd", "urdu"),
    "my": ("mya", "bur", "burmese"),
    "uk": ("ukr", "ukrainian", "ukrainien"),
    "ru": ("rus", "russian", "russe"),
}
_CODE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{2,8})*", re.ASCII)
_LANGUAGE_OF = {name: code for code, names in _LANGUAGES.items() for name in (code, *names)}


def language_code(said: str) -> str:
    """The code of a language as a cell names it: fr, fr-HT, fra, French, Français; "" for none that we know."""
    text = said.strip()
    if found := _LANGUAGE_OF.get(fold(text)):
        return found
    found_code = _CODE.fullmatch(text)
    return found_code[1].lower() if found_code else ""


def known_labels(about: Context, chosen: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every text that names a category → its code: the plan's own table, the operation's whole labels, and, folded,
    codes, names in all languages and labels. What names two categories names none."""
    folded: dict[str, set[str]] = {}
    for category in about.categories:
        for name in (category.code, *category.names.values()):
            folded.setdefault(fold(name), set()).add(category.code)
    for label, code in about.labels.items():
        folded.setdefault(fold(label), set()).add(code)
    known = {name: codes.pop() for name, codes in folded.items() if name and len(codes) == 1}
    codes = {category.code for category in about.categories} | set(about.labels.values())
    return known | {code: code for code in codes} | dict(about.labels) | dict(chosen or {})


def code_of(label: str, known: Mapping[str, str]) -> str:
    """The code that a label names: as it stands, else folded; "" for one nobody knows."""
    return known.get(label) or known.get(fold(label), "")


def labels_in(cell: str, separator: str, known: Mapping[str, str]) -> list[str]:
    """The labels in one cell. A label may hold the separator: the whole cell, or a list of JSON, comes first. At the
    end of a cell the separator may have lost its blank."""
    whole = cell.strip()
    if not whole:
        return []
    if whole in known:
        return [whole]
    if whole[0] == "[" and (listed := _json_list(whole)) is not None:
        return listed
    bare = separator.strip()
    divided = (part.strip().rstrip(bare) if bare else part.strip() for part in whole.split(separator))
    return [part for part in divided if part]


def _json_list(cell: str) -> list[str] | None:
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return [str(one).strip() for one in found if str(one).strip()] if isinstance(found, list) else None


def choices_in(said: str, one: Field, separator: str, table: Mapping[str, str]) -> list[str]:
    """The labels in one cell of a field of choices. A whole cell that a person gave a choice comes first."""
    if not one.several or said in table:
        return [said]
    if said.startswith("["):
        return labels_in(said, separator, {})
    return [str(part) for part in parts(one, said)]


def best_separator(cells: Iterable[str], known: Mapping[str, str]) -> tuple[str, int, int]:
    """What stands between the labels of a column: the separator by which most labels are known, then the one that says
    least unknown. With it the counts of known and of unknown labels."""
    sample = [cell for cell in cells if cell.strip()]
    scored = []
    for order, separator in enumerate((",", ", ", ";", "|", "/", "\n", " ")):
        if order and not any(separator in cell for cell in sample):
            continue
        found = [part for cell in sample for part in labels_in(cell, separator, known)]
        good = sum(1 for part in found if code_of(part, known))
        if not good and separator == " ":
            continue  # words of sentences come again too
        # Where none is known, the fewer different labels there are, the more they look like labels.
        worth = (good - (len(found) - good), -len(found)) if good else (0, -len(set(found)))
        scored.append((*worth, -order, separator, good, len(found) - good))
    _, _, _, separator, good, bad = max(scored, default=(0, 0, 0, ",", 0, 0))
    return separator, good, bad
