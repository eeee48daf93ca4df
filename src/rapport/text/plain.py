"""A text made plain: what every stage of the chain reads, with a way back to the characters as they came.

Links, account names, what is invisible, letters spaced out or borrowed from another script are undone: people and
programs use them to say the same in a way that a search misses. What was undone is kept with its place: it is evidence.
`kernels/plain.py` does the same for many texts at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

from rapport.text.fold import folded_character

#: One between words is used as a space; one between single letters is there to hide a word. They carry no sound.
INVISIBLE = frozenset("\u200b\u200e\u200f\u2060\ufeff\u00ad")
#: So many letters alone, one after another, are a word spelt out; Kreyòl and English have three in a row [ours].
SPELT_OUT = 4
#: Letters of other scripts that look like Latin ones, folded.
LOOKS_LIKE = dict(zip("аеорсухіјѕкмтнвԁԛԝɡοανρτυκι", "aeopcyxijskmthbdqwgoavptuki", strict=True))
_MARK = "\x01"
_SCHEMES = ("http://", "https://", "www.")
_FIRST = ("h", "H", "w", "W")


class Undone(IntFlag):
    """What was done to a text beside folding."""

    LINK = 1
    ACCOUNT = 2
    INVISIBLE = 4
    SPELT_OUT = 8
    LOOKALIKE = 16
    CUT = 32


@dataclass(frozen=True, slots=True)
class Plain:
    """`text`: folded words, one space between them. `positions`: for each of its characters the index in the original
    that it came from. `undone`: what of the original, from where to where."""

    text: str
    positions: tuple[int, ...]
    undone: tuple[tuple[Undone, int, int], ...]

    @property
    def words(self) -> tuple[tuple[str, int, int], ...]:
        """Each word, and where it stands in the original: its first character, and the one behind its last."""
        found, at = [], 0
        for word in self.text.split():
            end = at + len(word)
            found.append((word, self.positions[at], self.positions[end - 1] + 1))
            at = end + 1
        return tuple(found)

    @property
    def kinds(self) -> Undone:
        whole = Undone(0)
        for kind, _, _ in self.undone:
            whole |= kind
        return whole


Letter = tuple[str, int]  # a folded character, and where in the original it came from


def plain(text: str) -> Plain:
    """1 links, accounts and letters, one by one · 2 the word that was cut · 3 what is invisible · 4 words spelt out
    · 5 letters that look like others."""
    undone: list[tuple[Undone, int, int]] = []
    letters = _read(text, undone)  # 1
    if text.rstrip().endswith("\u2026"):
        letters = _without_last_word(letters, len(text), undone)  # 2
    words = _words(_visible(letters, undone))  # 3
    words = _joined(words, undone)  # 4
    words = [_unmasked(word, undone) for word in words]  # 5
    folded = [letter for word in words for letter in ((" ", word[0][1]), *word)][1:]
    return Plain(
        "".join(letter for letter, _ in folded),
        tuple(at for _, at in folded),
        tuple(sorted(undone, key=lambda one: one[1:])),
    )


def _read(text: str, undone: list[tuple[Undone, int, int]]) -> list[Letter]:
    letters: list[Letter] = []
    at, within = 0, False  # within: the character before belongs to a word
    while at < len(text):
        if not within and (end := _link(text, at) or _account(text, at)):
            begin = at
            if text[at] != "@":
                undone.append((Undone.LINK, at, end))
            else:
                begin = _without_forwarded(letters, at)
                undone.append((Undone.ACCOUNT, begin, end))
            letters.append((" ", begin))
            at = end
        elif text[at] in INVISIBLE:
            letters.append((_MARK, at))
            within = False
            at += 1
        else:
            letters += [(letter, at) for letter in folded_character(text[at])]
            within = _of_a_word(text[at])
            at += 1
    return letters


def _of_a_word(character: str) -> bool:
    return folded_character(character)[-1:] not in ("", " ")


def _link(text: str, at: int) -> int:
    """Where a link that begins here ends; 0 if none does."""
    if not text.startswith(_FIRST, at) or not text[at : at + 8].lower().startswith(_SCHEMES):
        return 0
    while at < len(text) and not text[at].isspace():
        at += 1
    return at


def _account(text: str, at: int) -> int:
    """Where the name of an account that begins here ends, with a colon behind it; 0 if none does."""
    end = at + 1
    if text[at] != "@" or end >= len(text) or not (text[end] == "_" or _of_a_word(text[end])):
        return 0
    while end < len(text) and (text[end] == "_" or _of_a_word(text[end])):
        end += 1
    return end + 1 if text[end : end + 1] == ":" else end


def _without_forwarded(letters: list[Letter], at: int) -> int:
    """Take the word "rt" off the end, by which people pass on what an account said; where it began, or `at`."""
    end = len(letters)
    while end and letters[end - 1][0] == " ":
        end -= 1
    if end < 2 or letters[end - 2][0] + letters[end - 1][0] != "rt" or (end > 2 and letters[end - 3][0] != " "):
        return at
    begin = letters[end - 2][1]
    del letters[end - 2 :]
    return begin


def _without_last_word(letters: list[Letter], length: int, undone: list[tuple[Undone, int, int]]) -> list[Letter]:
    """The last word is half a word where a text was cut; the only one stays."""
    end = len(letters)
    while end and letters[end - 1][0] == " ":
        end -= 1
    begin = end
    while begin and letters[begin - 1][0] != " ":
        begin -= 1
    if not begin or all(letter == " " for letter, _ in letters[:begin]):
        return letters
    undone.append((Undone.CUT, letters[begin][1], length))
    return letters[:begin]


def _visible(letters: list[Letter], undone: list[tuple[Undone, int, int]]) -> list[Letter]:
    """What is invisible between whole words is a space; between letters alone it is nothing."""
    shown: list[Letter] = []
    for run in _words(letters):
        pieces = "".join(letter for letter, _ in run).split(_MARK)
        hidden = sum(map(len, pieces)) < 2 * sum(1 for piece in pieces if piece)
        for letter, at in run:
            if letter != _MARK:
                shown.append((letter, at))
                continue
            undone.append((Undone.INVISIBLE, at, at + 1))
            if not hidden:
                shown.append((" ", at))
        shown.append((" ", -1))
    return shown


def _words(letters: list[Letter]) -> list[list[Letter]]:
    words: list[list[Letter]] = [[]]
    for letter, at in letters:
        if letter != " ":
            words[-1].append((letter, at))
        elif words[-1]:
            words.append([])
    return words if words[-1] else words[:-1]


def _joined(words: list[list[Letter]], undone: list[tuple[Undone, int, int]]) -> list[list[Letter]]:
    """Latin letters that stand alone, SPELT_OUT or more in a row, are one word."""
    joined: list[list[Letter]] = []
    alone: list[list[Letter]] = []
    for word in [*words, []]:
        if len(word) == 1 and "a" <= word[0][0] <= "z":
            alone.append(word)
            continue
        if len(alone) >= SPELT_OUT:
            undone.append((Undone.SPELT_OUT, alone[0][0][1], alone[-1][0][1] + 1))
            alone = [[letter for one in alone for letter in one]]
        joined += alone
        alone = []
        if word:
            joined.append(word)
    return joined


def _unmasked(word: list[Letter], undone: list[tuple[Undone, int, int]]) -> list[Letter]:
    """Letters that look like Latin ones become these, in a word that has Latin letters too."""
    if not any("a" <= letter <= "z" for letter, _ in word) or not any(letter in LOOKS_LIKE for letter, _ in word):
        return word
    undone.append((Undone.LOOKALIKE, word[0][1], word[-1][1] + 1))
    return [(LOOKS_LIKE.get(letter, letter), at) for letter, at in word]
