"""Which language a text is in, out of those an operation expects: CLD2, with a count of small words where it is unsure.

A closed list is an assumption: what is in none of the operation's languages comes out as "" rather than as the
nearest of them, unless its small words say otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import pycld2

from rapport.text.fold import fold

#: The commonest words of a language that are rare in its neighbours, folded [ours].
_SMALL_WORDS = {
    "ht": "mwen nou yo gen nan ak tanpri bezwen kote moun dlo ede ka ki pou manje anpil tout pa sou lakay jwenn kay "
    "timoun grangou nap ap gwo fe mesi pitit yon se mouri anba souple voye",
    "fr": "je vous nous les des est une le dans pour avec sur qui que pas sont aux besoin avons il y eau svp merci du "
    "sommes sous au nourriture aide",
    "en": "the and is are we have need of to in for with please help people water food my you this there no from at",
    "es": "el los las que por con para una del es estamos necesitamos agua ayuda hay favor en de nosotros",
}
_WORDS = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}
_LONGEST = 4_000  # characters that CLD2 is given: enough to be sure, and bounded


def detect(text: str, languages: Sequence[str]) -> str:
    """The ISO 639-1 code out of `languages`; "" when unsure, or when it is none of them."""
    said, sure = _cld2(text[:_LONGEST])
    if sure and said in languages:
        return said
    return _by_small_words(text, languages)


def _cld2(text: str) -> tuple[str, bool]:
    try:
        reliable, _, details = pycld2.detect(text, isPlainText=True)
    except (pycld2.error, UnicodeEncodeError):  # it refuses control characters and half surrogate pairs
        printable = "".join(character if character.isprintable() else " " for character in text)
        reliable, _, details = pycld2.detect(printable, isPlainText=True)
    return str(details[0][1]), bool(reliable)


def _by_small_words(text: str, languages: Sequence[str]) -> str:
    """The language that has two small words more than any other in the text, or all that there are."""
    words = fold(text[:_LONGEST]).split()
    counts = sorted(
        ((sum(w in _WORDS[code] for w in words), code) for code in languages if code in _WORDS), reverse=True
    )
    if not counts or counts[0][0] == 0:
        return ""
    second = counts[1][0] if len(counts) > 1 else 0
    return counts[0][1] if counts[0][0] >= second + 2 or (second == 0 and len(words) <= 3) else ""
