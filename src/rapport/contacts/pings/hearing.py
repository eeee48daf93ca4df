"""Pure: what somebody says in an answer to a ping: which words are theirs, which codes they name, whether they are
another office."""

from __future__ import annotations

import re

from rapport.contacts import letters
from rapport.contacts.pings.wording import WORDS

#: Eight letters of codes, capital or small, with blanks, dots or dashes between and around, as people and telephones
#: write them. Looked for at every word: of two words and a code the last two of three fours are the code.
_BETWEEN = r"[-\s._\u00a0\u202f\u2010-\u2014]{0,3}"
_CODE = re.compile(
    rf"(?<![0-9A-Za-z])(?=([{letters.LETTERS}](?:{_BETWEEN}[{letters.LETTERS}]){{7}})(?![0-9A-Za-z]))",
    re.IGNORECASE | re.ASCII,
)
_MOST = 20_000  # characters that are looked through [ours]
_MOST_CODES = 500  # that are looked up of a message [ours: words of eight letters in all look like one]

#: Lines that repeat another letter, below which somebody may have written.
_LAST_QUOTED = re.compile(r".*^>[^\n]*", re.DOTALL | re.MULTILINE)
#: A paragraph that companies put below every letter: "if you have received this in error" says nothing of a ping.
_NOTICE = re.compile(r"confiden|intended (?:recipient|solely|only)|destinat|конфиденциальн|vertraulich", re.IGNORECASE)
#: A subject that a program made of ours for an answer: Re, AW, SV, 答复. Longer words are those of notes of absence.
_REPLY = re.compile(r"(?:\s*[^\W\d_]{1,4}(?:\[\d+\])?\s?[:：]\s*)+")
_PASSED_ON = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|vs|pd|auto|转发|轉寄)\s?[:：]", re.IGNORECASE)
_AWAY = re.compile("|".join(re.escape(one) for words in WORDS["away"].values() for one in words), re.IGNORECASE)


def _wrong() -> re.Pattern[str]:
    """Whole words, but in Chinese, which has no blanks."""
    words = [re.escape(one) for some in WORDS["wrong"].values() for one in some]
    return re.compile("|".join(rf"\b{one}\b" if one[0] < "\u3000" else one for one in words), re.IGNORECASE)


def _ours() -> re.Pattern[str]:
    """A text of ours up to its code, wherever somebody repeats it without a mark."""
    found = []
    for form in ("ping", "sms"):
        for said in WORDS[form].values():
            before = said.removeprefix("{drill}").partition("{code}")[0]
            first, last = before.partition("{")[0], before.rpartition("}")[2]
            found.append(rf"{_loosely(first)}.{{0,300}}?{_loosely(last)}\s?(?={_CODE.pattern})")
    return re.compile("|".join(found), re.DOTALL | re.IGNORECASE | re.ASCII)


def _loosely(words: str) -> str:
    """Lines are broken elsewhere."""
    return r"\s+".join(re.escape(one) for one in words.split())


_WRONG, _OURS = _wrong(), _ours()


def own_words(said: str, quoted_at: int | None) -> str:
    """What the sender wrote: above the letter that is repeated, and below its last marked line. `quoted_at`: where a
    program of letters saw it begin (intake/polling/letter.py)."""
    above, rest = (said[:quoted_at], said[quoted_at:]) if quoted_at is not None else (said, "")
    if ours := _OURS.search(above[:_MOST]):
        above = above[: ours.start()]
    marked = _LAST_QUOTED.match(rest)
    below = rest[marked.end() :] if marked else ""
    return f"{above.strip()}\n\n{below.strip()}".strip()


def codes_in(said: str) -> list[str]:
    """What may be codes in a text that somebody wrote, as `wording.drawn` writes them: those with a figure first, as
    words have none."""
    plain = (re.sub(r"[^0-9A-Z]", "", one[1].upper()) for one in _CODE.finditer(said[:_MOST]))
    found = dict.fromkeys(f"{one[:4]}-{one[4:]}" for one in plain)
    return sorted(found, key=lambda one: not any(letter.isdigit() for letter in one))[:_MOST_CODES]


def says_wrong(own: str) -> bool:
    """Whether somebody's own words say that they are another office, wherever they say it."""
    paragraphs = re.split(r"\n[ \t]*\n", own[:_MOST])
    return any(_WRONG.search(one) for one in paragraphs if not _NOTICE.search(one))


def without_subject(own: str, subject: str) -> str:
    """Words without a subject that only repeats ours: a network may be called anything."""
    return own.removeprefix(subject).strip() if _REPLY.match(subject) else own


def is_reply(own: str, subject: str) -> bool:
    """Whether it reads as the answer of a person who pressed *Reply* and wrote a word or two: not as a letter passed
    on, nor as a note of absence. Whether it comes from whom we wrote to is another question."""
    answers = bool(_REPLY.match(subject)) and not _PASSED_ON.match(subject)
    return answers and bool(without_subject(own, subject)) and not _AWAY.search(own)
