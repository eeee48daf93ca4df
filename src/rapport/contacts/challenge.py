"""Pure: pairs of words by which a caller shows to be who they say, each used once.

Two sides exchange one secret of 32 bytes when they meet, and both derive the same pairs from it (HMAC-SHA-256,
RFC 2104): nothing else has to be copied by hand, and a wrong copy shows at once (`mark`, on both sheets). The pairs are
then kept as they are and printed for the safe: another list of words in a later version changes none of them.
Each side asks with pairs of its own, so both may ask at the same time and no pair is used twice.

What it is worth: an answer is two words out of a list. With 256 words, one in 65,536 guesses is right, and three wrong
ones lock the set. Somebody who sits between two calls can pass on question and answer: ask only on a call that you made
yourself, to the number in the directory.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rapport.errors import Refused
from rapport.text.fold import fold
from rapport.values import Sentence

PAIRS = 50
#: Wrong answers after each other that lock a set [ours].
MOST_WRONG = 3
#: How long a question waits for its answer: after a call that broke off it is not answered on the next one [ours].
WAITS = timedelta(minutes=10)
SECRET = 32  # bytes
_FEWEST_WORDS = 128
_LONGEST = 200  # characters of an answer


@dataclass(frozen=True, slots=True)
class Pair:
    number: int
    challenge: str
    answer: str

    def __repr__(self) -> str:
        return f"Pair({self.number}, …)"  # never into a log


@dataclass(frozen=True, slots=True)
class Book:
    """The pairs with which `asker` asks `answerer`, and what has become of them.

    used      numbers that were asked, whatever was answered
    waiting   number → when it was asked, while no answer has come
    wrong     wrong answers since the last right one
    mark      the same on both sides if both have the same pairs
    """

    asker: str
    answerer: str
    pairs: tuple[Pair, ...]
    mark: str
    most_wrong: int = MOST_WRONG
    used: frozenset[int] = frozenset()
    waiting: Mapping[int, datetime] = field(default_factory=dict)
    wrong: int = 0

    @property
    def locked(self) -> bool:
        return self.wrong >= self.most_wrong

    @property
    def left(self) -> int:
        return len(self.pairs) - len(self.used)


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"  # no answer is looked at any more
    NOT_ASKED = "not asked"  # or asked too long ago, or answered already


@dataclass(frozen=True, slots=True)
class Checked:
    """`alarm`: this answer locked the set, and somebody must be told now."""

    verdict: Verdict
    alarm: bool
    left: int
    said: str


def book(secret: bytes, *, asker: str, answerer: str, words: Sequence[str], count: int = PAIRS) -> Book:
    """The pairs that both sides derive. `words` are to be told apart on a bad line (lowtech/words.py). ValueError for a
    secret or a list that is too short to be one."""
    if len(secret) < SECRET:
        raise ValueError(f"A secret has {SECRET} bytes.")
    if len(set(map(_heard, words))) < max(_FEWEST_WORDS, len(words)):
        raise ValueError(f"At least {_FEWEST_WORDS} words are needed, no two of which sound the same.")
    pairs = tuple(_pair(secret, asker, answerer, number, words) for number in range(1, count + 1))
    listed = "\n".join(f"{one.number} {one.challenge} {one.answer}" for one in pairs)
    return Book(asker, answerer, pairs, _derived(secret, "mark", asker, answerer, listed)[:4].hex())


def _pair(secret: bytes, asker: str, answerer: str, number: int, words: Sequence[str]) -> Pair:
    drawn = _derived(secret, "pair", asker, answerer, str(number))
    # Eight bytes a word: what the remainder favours is less than one in 2**50.
    one, two, three = (words[int.from_bytes(drawn[at : at + 8]) % len(words)] for at in (0, 8, 16))
    return Pair(number, one, f"{two} {three}")


def _derived(secret: bytes, *parts: str) -> bytes:
    return hmac.digest(secret, "\x1f".join(("rapport-challenge-1", *parts)).encode(), "sha256")


def ask(book: Book, now: datetime) -> tuple[Pair, Book]:
    """The next pair, and the book in which it is used: it is never asked again, even if nobody answers. Tell the caller
    its number and its challenge only. Refused when the set is locked or used up."""
    if book.locked:
        why = Sentence("%(n)s answers were wrong: the set is locked. Agree on a new secret in person.", n=book.wrong)
        raise Refused("locked", why)
    pair = next((one for one in book.pairs if one.number not in book.used), None)
    if pair is None:
        raise Refused("used_up", "All pairs are used. Agree on a new secret in person.")
    return pair, replace(book, used=book.used | {pair.number}, waiting={**book.waiting, pair.number: now})


def check(book: Book, number: int, given: str, now: datetime) -> tuple[Checked, Book]:
    """What an answer is worth, and the book after it. A question has one answer: none can be tried again."""
    if book.locked:
        return _checked(book, Verdict.LOCKED, "The set is locked. Trust no word of this call."), book
    asked = book.waiting.get(number)
    after = replace(book, waiting={one: at for one, at in book.waiting.items() if one != number})
    if asked is None or not timedelta(0) <= now - asked <= WAITS:
        said = Sentence("Nobody waits for an answer to %(number)s. Ask a new question.", number=number)
        return _checked(after, Verdict.NOT_ASKED, said), after
    pair = next(one for one in book.pairs if one.number == number)
    if _same(pair.answer, given):
        after = replace(after, wrong=0)
        return _checked(after, Verdict.RIGHT, Sentence("Right. Pairs left: %(n)s.", n=after.left)), after
    after = replace(after, wrong=book.wrong + 1)
    if after.locked:
        return _checked(
            after, Verdict.WRONG, "Wrong, and the set is locked now. End the call; tell the lead.", True
        ), after
    return _checked(after, Verdict.WRONG, "Wrong. End the call, and call the number in the directory."), after


def tell(book: Book, number: int, challenge: str) -> tuple[str, Book]:
    """On the side that is asked: the answer, and the book in which this pair and all before it are used; "" for a pair
    that is used, and for a challenge that is not its own: whoever asks so does not have the sheet. That many of these
    lock the book."""
    pair = next((one for one in book.pairs if one.number == number and number not in book.used), None)
    if book.locked or pair is None:
        return "", book
    if not _same(pair.challenge, challenge):
        return "", replace(book, wrong=book.wrong + 1)
    return pair.answer, replace(book, used=book.used | set(range(1, number + 1)), wrong=0)


def _checked(book: Book, verdict: Verdict, said: str, alarm: bool = False) -> Checked:
    return Checked(verdict, alarm, book.left, said)


def _same(one: str, other: str) -> bool:
    """Takes the same time wherever they differ: what is compared always has the same length."""
    key = b"heard"
    return hmac.compare_digest(*(hmac.digest(key, _heard(text[:_LONGEST]).encode(), "sha256") for text in (one, other)))


def _heard(text: str) -> str:
    """As one hears it: no case, no accents, nothing between the words."""
    return "".join(fold(text).split())


def sheet(book: Book) -> str:
    """The set on paper, for the safe: at most 80 columns."""
    return "\n".join(_sheet(book)) + "\n"


def _sheet(book: Book) -> Iterator[str]:
    yield "SECRET. KEEP IN THE SAFE."
    yield f"{book.asker} asks, {book.answerer} answers. {len(book.pairs)} pairs, in this order."
    yield f"Both sheets bear the mark {book.mark}. If the other one does not, use neither."
    yield ""
    yield "Asking: say number and question, never the answer. Cross the pair out at once,"
    yield "whatever is answered: each is used once. After a wrong answer end the call."
    yield f"After {book.most_wrong} wrong answers use none of them any more."
    yield "Answering: only if number and question stand together and are not crossed out."
    yield "Then cross out this pair and all before it."
    yield ""
    widest = max((len(one.challenge) for one in book.pairs), default=0)
    for one in book.pairs:
        gone = "x" if one.number in book.used else " "
        yield f"[{gone}] {one.number:>3}  {one.challenge:<{widest}}  ->  {one.answer}"
