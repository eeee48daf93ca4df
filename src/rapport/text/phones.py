"""Is a row of digits in a text a phone number, the number of a person's document, or neither?

The rules look at how the digits stand (a plus sign, groups, what is between them) and at the words around them. They
know no country's numbering plan: numbers of crises come from everywhere, local ones without a prefix, and in disguises
that a plan's grammar refuses. Where they err, they err towards a number of a person; but years, dates, ranges, sums
and counts, of which news is full, must come through.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapport.text.cues import COUNTED, DIGIT_WORDS, PHONE_WORDS, SUMS
from rapport.text.fold import fold
from rapport.text.look import LOOKS_LIKE_DIGIT

#: Digits of a number of the plan E.164 with its country code; fewer than seven reach nobody but a service.
LEAST, MOST = 7, 15
#: Characters before and behind that are read for words which say what the digits are [ours].
BEFORE, BEHIND = 32, 16
#: Words before the digits that may say so, the nearest ones [ours].
NEAREST = 4
#: A row of digits longer than so many characters is taken for numbers unread [ours].
LONGEST = 400

_DATE = r"""(?x)
    (?: (?:1[89]|2[01])\d\d ([-/. ]) (?:0?[1-9]|1[0-2]) \1 (?:3[01]|[0-2]?\d)
      | (?:3[01]|[0-2]?\d) ([-/.]) (?:3[01]|[0-2]?\d) \2 (?:(?:1[89]|2[01])\d\d|\d\d) )
"""
_DATE_FIRST = re.compile(_DATE + r"(?![-/.]?\d)\D*")
_DATE_LAST = re.compile(r"\D*[^-/.\d]" + _DATE.removeprefix("(?x)") + r"$", re.VERBOSE)
_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6})?")
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_HOST = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_CALLS = re.compile(r"(?i)(?:wa\.me/|phone=|tel:)\+?$")
_NATIONAL_ID = re.compile(r"\d{5}-\d{7}-\d|\d{3}-\d{2}-\d{4}")  # Pakistan; the United States
_CARD = re.compile(r"\d{16}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}|3[47]\d{2}([ -]?)\d{6}\2\d{5}")
_COUNTRY = re.compile(r"(?<![^\W\d_])[A-Z]{2}$")
_IBAN = (15, 34)  # signs of a bank account's number, the country's two letters included
_MONEY = re.compile(r"(?:[$€£¥₹₨]|=A3)\s?$")
_RINGS = re.compile(r"[#☎✆📞📱📲🤙]\W{0,3}$")
_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_ASCII = dict(zip("．（）／＋＿•·‐‑‒–—―−﹣－", ".()/+_..---------", strict=True))


@dataclass(frozen=True, slots=True)
class Judged:
    """`kind`: "phone", "id" or "" for neither; `text[start:end]` with its plus sign."""

    kind: str
    reason: str
    start: int
    end: int


def judged(text: str, start: int, end: int, *, linked: bool = False) -> Judged:
    """What the row of digits in `text[start:end]` is; `linked`: it stands in a link."""
    before = text[max(0, start - BEFORE) : start]
    if linked:
        return Judged(*(("phone", "a link that calls") if _CALLS.search(before) else ("", "")), start, end)
    if end - start > LONGEST:
        return Judged("phone", "more digits than a number has", start, end)
    piece = text[start:end]
    plus = _plus(text, start)
    words = [word for word in map(fold, _WORD.findall(piece)) if word in DIGIT_WORDS]
    if words:
        steady = not _DIGIT.search(piece) and _steady([DIGIT_WORDS[word] for word in words])
        counts = steady or _first_word(text, end) in SUMS
        return Judged(*(("", "") if counts else ("phone", "digits in words")), plus, _with_marks(text, end))
    bare, at = _bare(piece)
    first, last = (0, len(bare)) if plus < start else _without_neighbours(piece, bare, at)
    if last < len(bare):
        end = start + at[last - 1] + 1
    if first:
        start = plus = start + at[first]
        before = text[max(0, start - BEFORE) : start]
    if (country := _COUNTRY.search(before)) and _iban(country.group() + re.sub(r"\D", "", bare)):
        return Judged("id", "a bank account by its checksum", start - 2, _with_marks(text, end))
    kind, reason = _kind(bare[first:last], before, _first_word(text, end), plus < start)
    if ")" in bare.partition("(")[0] and text[plus - 1 : plus] == "(":
        plus -= 1
    return Judged(kind, reason, plus, _with_marks(text, end))


def _plus(text: str, start: int) -> int:
    """Where the plus sign before the digits is, with only brackets, dashes and marks between; else `start`."""
    for at in range(start - 1, max(-1, start - 6), -1):
        if text[at] in "+＋﹢":
            return at
        if _plain(text[at]) not in ("", "-", "(", " "):
            break
    return start


def _bare(piece: str) -> tuple[str, list[int]]:
    """The visible characters with their digits and separators in ASCII, and where each stands."""
    shown = [(_plain(character), at) for at, character in enumerate(piece)]
    return "".join(one for one, _ in shown), [at for one, at in shown if one]


@lru_cache(4_096)
def _plain(character: str) -> str:
    if character in LOOKS_LIKE_DIGIT:
        return LOOKS_LIKE_DIGIT[character]
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    if character.isspace():
        return " "
    hidden = unicodedata.category(character)[0] == "M" or unicodedata.category(character) == "Cf"
    return "" if hidden else _ASCII.get(character, character if character.isascii() else "*")


def _without_neighbours(piece: str, bare: str, at: Sequence[int]) -> tuple[int, int]:
    """From where to where in `bare` once a date before or behind is left out, and words like "I" and "Il"."""
    first, last = 0, len(bare)
    groups = [match.span() for match in re.finditer(r"\d+", bare)]
    if len(groups) > 1:
        (begin, stop), (then, until) = groups[0], groups[1]
        if _letters(piece, at, begin, stop) and bare[stop:then].isspace() and stop - begin != until - then:
            first = then
        (begin, stop), (then, until) = groups[-2], groups[-1]
        if _letters(piece, at, then, until) and bare[stop:then].isspace() and stop - begin != until - then:
            last = stop
    while found := _DATE_FIRST.match(bare, first, last):
        if found.end() == last:
            break
        first = found.end()
    if found := _DATE_LAST.search(bare, first, last):
        last = found.start()
    return first, last


def _letters(piece: str, at: Sequence[int], begin: int, stop: int) -> bool:
    return all(piece[at[index]] in LOOKS_LIKE_DIGIT for index in range(begin, stop))


def _kind(bare: str, before: str, behind: str, plus: bool) -> tuple[str, str]:
    digits = re.sub(r"\D", "", bare)
    if len(digits) < LEAST:
        return "", ""
    groups, between = re.findall(r"\d+", bare), re.findall(r"\D+", bare.strip(" .-()/"))
    if _CARD.fullmatch(bare) and _luhn(digits):
        return "id", "a card number by its checksum"
    if _NATIONAL_ID.fullmatch(bare):
        return "id", "the form of a national id"
    if plus and len(digits) > LEAST:
        return "phone", "a plus sign"
    nearest = fold(before).split()[-NEAREST:]
    if _MONEY.search(before) or (nearest and nearest[-1] in SUMS) or re.fullmatch(_DATE, bare) or _HOST.fullmatch(bare):
        return "", ""
    if all(map(_YEAR.fullmatch, groups)) or (len(groups[0]) < 5 and _steady([int(group[:9]) for group in groups])):
        return "", ""
    if not PHONE_WORDS.isdisjoint(nearest) or _RINGS.search(before):
        return "phone", "a word before it"
    if behind in COUNTED or behind in SUMS:
        return "", ""
    if len(digits) > MOST:
        return "phone", "more digits than a number has"
    return ("phone", "how its digits stand") if _stands(groups, between, digits) else ("", "")


def _stands(groups: Sequence[str], between: Sequence[str], digits: str) -> bool:
    """Whether digits without a word or sign beside them stand as phone numbers do, and not as counts or ranges."""
    sizes = [len(group) for group in groups]
    if len(groups) == 1:
        return not _DAY.fullmatch(digits) and (digits.startswith("0") or not digits.endswith("000"))
    if sizes.count(1) == len(sizes):
        return True  # digits one by one
    trunk = digits.startswith("0")
    if len(groups) == 2 and not trunk:
        if between[0] == "." and min(sizes) < 4:
            return False  # a decimal
        if len(between[0]) > 1 and "-" in between[0]:
            return False  # a range ("555 - 3761")
    if sizes[1:] == [3] * (len(sizes) - 1) and not trunk and (sizes[0] < 3 or digits.endswith("000")):
        return False  # thousands
    if len(digits) == LEAST:
        return sizes in ([3, 4], [3, 2, 2])
    if trunk and len(digits) > LEAST + 1:
        return True
    return sizes.count(1) <= 1 and len({one.strip() for one in between[1:]}) <= 1


def _steady(values: Sequence[int]) -> bool:
    """1 2 3 4 5 6 7; 10 20 30 40."""
    steps = {after - one for one, after in pairwise(values)}
    return len(values) > 3 and len(steps) == 1 and steps != {0}


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _iban(account: str) -> bool:
    """ISO 7064, modulo 97, for accounts whose signs are digits behind the country."""
    if not _IBAN[0] <= len(account) <= _IBAN[1]:
        return False
    return int("".join(str(int(sign, 36)) for sign in account[4:] + account[:4])) % 97 == 1


def _first_word(text: str, end: int) -> str:
    """The word that follows at once, folded: what the digits count."""
    found = re.match(r"\s?(%|[^\W\d_]+(?!\w))", text[end : end + BEHIND])
    return (fold(found.group(1)) or "%") if found else ""


def _with_marks(text: str, end: int) -> int:
    """With the marks that belong to the last digit, as in a keycap."""
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return end
