"""The look that `personal.py` takes at a text before anything is judged: where numbers, coordinates and addresses could
be, and which phrases of a vocabulary the text holds. `kernels/look.py` does the same for many texts at once.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

#: What a place in a text may be.
NUMBER, LINKED_NUMBER, COORDINATES, EMAIL, ACCOUNT = 1, 2, 3, 4, 5
#: Digits from which on they are looked at, and how many of them must be none of the letters that look like one [ours].
LEAST_DIGITS, LEAST_REAL = 7, 3
#: Characters between two digits of one number: " - ", ") ", never a comma, a colon or a line's end [ours].
WIDEST_GAP = 3
#: Characters between the two numbers of a position: "° N, longitude -" [ours].
WIDEST_BETWEEN = 12
#: The marks of phrases that the look sets itself or acts upon; the rest of the 64 bits belong to the vocabulary.
MARK_LINK, MARK_MAIL, MARK_DEGREES, MARK_PLUS_CODE = 1 << 0, 1 << 1, 1 << 2, 1 << 3
#: For a word that says a digit: how many digits it stands for, in these two bits.
DIGITS_SHIFT = 62
#: Of a phrase, at most.
MOST_WORDS = 3
#: What stands for a digit: the letters O, o, l and I, also in Greek and Cyrillic and in full width.
LOOKS_LIKE_DIGIT = {**dict.fromkeys("OoОоΟοＯｏ", "0"), **dict.fromkeys("lIІｌＩ", "1")}
#: The signs of Open Location Codes.
CODE_SIGNS = "23456789CFGHJMPQRVWX"
#: Kinds of characters.
OTHER, LETTER, LOOKS, DIGIT, HIDDEN, BLANK, BETWEEN, STOP = 1, 2, 3, 4, 5, 6, 7, 8

_SEPARATORS = frozenset(" \u00a0\u2007\u2009\u202f\u3000.．·•-()（）/／_*~+＋‐‑‒–—―−﹣－")
_WORD = (LETTER, LOOKS, DIGIT)
_KNOWN = 4_096  # characters remembered at a time [ours]

Place = tuple[int, int, int]  # start, end, what


@lru_cache(_KNOWN)
def kind_of(character: str) -> int:
    category = unicodedata.category(character)
    if character in LOOKS_LIKE_DIGIT:
        return LOOKS
    if unicodedata.digit(character, None) is not None:
        return DIGIT
    if character in _SEPARATORS:
        return BLANK if character.isspace() else BETWEEN
    if character.isspace() or category == "Cc":
        return STOP
    if category[0] in "LN":
        return LETTER
    if category[0] == "M" or category == "Cf":
        return HIDDEN
    return BETWEEN if category in ("So", "Sk") else OTHER


@lru_cache(_KNOWN)
def folded_letter(character: str) -> str:
    """The first letter of what a character becomes without case and accents."""
    return unicodedata.normalize("NFKD", character.casefold())[0]


def folded_word(word: str) -> str:
    return "".join(folded_letter(letter) for letter in word if kind_of(letter) != HIDDEN)


def folded_phrases(phrases: Mapping[str, int]) -> dict[tuple[str, ...], int]:
    """Phrases as a look finds them: one to three words each, folded."""
    folded: dict[tuple[str, ...], int] = {}
    for phrase, marks in phrases.items():
        words = tuple(map(folded_word, phrase.split()))
        if not 0 < len(words) <= MOST_WORDS:
            raise ValueError(f"a phrase has one to {MOST_WORDS} words: {phrase!r}")
        folded[words] = folded.get(words, 0) | marks
    return folded


class _Run:
    """A number that is being read. `gap`: the characters since its last digit; `word`: whether that one was a word."""

    def __init__(self, places: list[Place]) -> None:
        self.places = places
        self.start = -1
        self.end = self.digits = self.real = self.gap = 0
        self.word = False

    def add(self, start: int, end: int, digits: int, real: int, word: bool = False) -> None:
        if self.start < 0:
            self.start, self.digits, self.real = start, 0, 0
        self.end, self.gap, self.word = end, 0, word
        self.digits += digits
        self.real += real

    def flush(self, linked: bool) -> None:
        """The number ends here, and is worth a look if it has enough digits."""
        if self.start >= 0 and self.digits >= LEAST_DIGITS and self.real >= LEAST_REAL:
            self.places.append((self.start, self.end, LINKED_NUMBER if linked else NUMBER))
        self.start = -1


def look(text: str, phrases: Mapping[tuple[str, ...], int]) -> tuple[int, list[Place]]:
    """The marks of the text's phrases, and the places worth judging in the order in which they end. Linear."""
    marks, places, linked, at = 0, list[Place](), False, 0
    run = _Run(places)
    words: tuple[str, ...] = ()  # the two before, as far as they may begin a phrase
    whole, point = (-1, -1), (-1, -1)  # the last token of up to three digits, and number of three decimals
    while at < len(text):
        character = text[at]
        kind = kind_of(character)
        if kind in _WORD:
            begin, at, last = at, *_token(text, at)
            token = [(index, kind_of(text[index])) for index in range(begin, last) if kind_of(text[index]) != HIDDEN]
            kinds = [kind for _, kind in token]
            if DIGIT not in kinds:
                words = (*words[-2:], folded_word(text[begin:last]))
                found = 0
                for first in range(len(words)):
                    found |= phrases.get(words[first:], 0)
                linked = linked or text.startswith("://", at) or bool(found & MARK_LINK and text.startswith(".", at))
                marks |= found
                if says := found >> DIGITS_SHIFT:
                    run.add(begin, last, says, says, word=True)
                elif LETTER not in kinds:
                    run.add(begin, last, len(kinds), 0)
                else:
                    run.flush(linked)
                continue
            words = ()
            if LETTER in kinds:
                _stretches(token, run, linked)
            else:
                run.add(begin, last, len(kinds), kinds.count(DIGIT))
            leading = next((count for count, kind in enumerate(kinds) if kind != DIGIT), len(kinds))
            if leading >= 3 and whole[0] >= 0 and whole[1] + 1 == begin and text[begin - 1] == ".":
                if point[0] >= 0 and 0 < whole[0] - point[1] <= WIDEST_BETWEEN:
                    places.append((point[0], begin + leading, COORDINATES))
                    point = (-1, begin + leading)
                else:
                    point = (whole[0], begin + leading)
            whole = (begin, last) if kinds.count(DIGIT) == last - begin <= 3 else (-1, -1)
            continue
        if kind == HIDDEN:
            at += 1
            continue
        if character in "@＠":
            run.flush(linked)
            if address := _address(text, at):
                places.append(address)
        elif character in "([{":
            inside = at + 1 + text.startswith(" ", at + 1)
            if text[inside : inside + 2].lower() == "at":
                marks |= MARK_MAIL
        elif character in "°º":
            marks |= MARK_DEGREES
        elif character == "+" and at > 3 and text[at - 1] in CODE_SIGNS and text[at + 1 : at + 2] in [*CODE_SIGNS]:
            marks |= MARK_PLUS_CODE
        if linked and kind in (STOP, BLANK):
            run.flush(linked)
            linked = False
        if run.start >= 0:
            run.gap += 1
            begins_anew = character in "+＋" and run.digits >= LEAST_DIGITS
            goes_on = kind in (BLANK, BETWEEN) or (run.word and character in ",;")
            if begins_anew or run.gap > WIDEST_GAP or not goes_on:
                run.flush(linked)
        at += 1
    run.flush(linked)
    return marks, places


def _token(text: str, at: int) -> tuple[int, int]:
    """Where a run of letters and digits with its hidden marks ends, and its last letter or digit."""
    last = at
    while at < len(text) and (kind := kind_of(text[at])) in (*_WORD, HIDDEN):
        at += 1
        last = last if kind == HIDDEN else at
    return at, last


def _stretches(token: list[tuple[int, int]], run: _Run, linked: bool) -> None:
    """The digits of a word that has letters too ("tel5550123"). A letter that looks like a digit is one between digits
    and at the word's own ends, not beside another letter."""
    start, real_end, after, digits, real, pending, beside = -1, -1, -1, 0, 0, 0, False
    for index, kind in token:
        if kind == DIGIT:
            start = index if start < 0 else start
            digits, real, pending, real_end = digits + 1 + pending, real + 1, 0, index + 1
        elif kind == LOOKS and (start >= 0 or not beside):
            start = index if start < 0 else start
            pending, after = pending + 1, index + 1
        elif kind == LETTER:
            if real:
                run.add(start, real_end, digits, real)
            run.flush(linked)
            start, digits, real, pending, beside = -1, 0, 0, 0, True
    if real:
        run.add(start, after if pending else real_end, digits + pending, real)


def _address(text: str, at: int) -> Place | None:
    """The e-mail address or the account's name around an @ sign. A space may stand on either side of an address's sign.
    Before and behind it is read up to the next @ at most, so that the whole stays linear."""
    stop, named = _host(text, at + 1)
    if not stop and text.startswith(" ", at + 1):
        stop, _ = _host(text, at + 2)
    if stop:
        start = _local(text, at)
        if start == at and text[at - 1 : at] == " " and at:
            start = _local(text, at - 1)
            start = at if start == at - 1 else start
        if start < at:
            return start, stop, EMAIL
    before = text[at - 1 : at] if at else ""
    if before and (before in "._@＠" or kind_of(before) in _WORD):
        return None
    return (at, named, ACCOUNT) if named - at > 2 else None


def _host(text: str, at: int) -> tuple[int, int]:
    """Where a host name with a dot ends that begins here, 0 for none; and where an account's name does: digits alone
    are none before a decimal point."""
    stop, label, letters, dots, named, naming, has_letter = 0, 0, 0, 0, at, True, False
    while at < len(text):
        character, kind = text[at], kind_of(text[at])
        if kind in _WORD:
            label += 1
            letters += kind != DIGIT and letters == label - 1
            has_letter = has_letter or (naming and kind != DIGIT)
            if dots and letters == label >= 2:
                stop = at + 1
        elif character in "_-":
            label += 1
            naming = naming and character == "_"
            has_letter = has_letter or naming
        elif character in ".．" and label:
            dots += 1
            label, letters, naming = 0, 0, False
        elif kind != HIDDEN:
            break
        at += 1
        if naming and kind != HIDDEN:
            named = at
    return stop, named if has_letter or naming else 0


def _local(text: str, at: int) -> int:
    """Where the part of an address before its sign begins."""
    while at and (kind_of(text[at - 1]) in (*_WORD, HIDDEN) or text[at - 1] in "._%+-"):
        at -= 1
    return at
