"""What a text holds of persons: ways to reach them, numbers of their documents, exact places, names; and whether it
tells of a person at risk, so that the whole of it is kept back and not only these words.

One look (`look.py`; compiled, at a whole batch) finds the few texts and places where there can be anything;
only these are judged one by one, by phones.py and here. Linear time on hostile text. It errs towards yes: what it
guards goes to the public. Not marked, though people count them as personal too: street addresses (places.py reads
them), IPv4 addresses (what cyber reports are about), names that no phrase introduces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
import re2

from rapport.text.columns import Texts, in_lists
from rapport.text.cues import BETWEEN_NEGATED, ID_PHRASES, NAME_PHRASES, PHRASES, Mark
from rapport.text.differences import NEGATED_PAIRS, NEGATIONS
from rapport.text.fold import fold, fold_with_positions
from rapport.text.look import COORDINATES, EMAIL, LINKED_NUMBER, MOST_WORDS, Place, folded_phrases, look
from rapport.text.phones import judged

Array = npt.NDArray[Any]
Kind = Literal["coordinates", "id", "email", "phone", "account", "name"]
#: In the order in which one wins where two meet; spans that meet become one.
KINDS: tuple[Kind, ...] = ("coordinates", "id", "email", "phone", "account", "name")
#: Ways to reach a person.
CONTACT: frozenset[Kind] = frozenset({"email", "phone", "account"})
#: Why a span is one. A column of spans holds the index.
REASONS = (
    "an @ between a name and a host", "an @ before a name", "a word for @", "the page of a person",
    "a link that calls", "digits in words", "a plus sign", "a word before it", "more digits than a number has",
    "how its digits stand", "more numbers than a message has",
    "a card number by its checksum", "a bank account by its checksum", "the form of a national id",
    "the word for a document before it", "degrees to 100 m or finer", "a plus code", "a phrase that introduces it",
)  # fmt: skip
#: Numbers of one text that are judged; what comes after them is taken for phone numbers unseen [ours].
MOST_JUDGED = 500
#: What to do with a message: nothing, mask its spans, keep back the whole.
TIERS = ("", "mask", "withhold")
#: The spans of a text in a table.
COLUMN = pl.List(pl.Struct({"kind": pl.String, "start": pl.Int64, "end": pl.Int64, "reason": pl.String}))


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` is personal."""

    kind: Kind
    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Spans:
    """The spans of a batch, in the order of rows and starts, none over another. `start` and `end` count characters of
    the text as it came; `kind` is an index into KINDS, `reason` into REASONS. `marks`: what phrases each text holds, as
    `at_risk` reads them, without those that it denies; uint64, one a text."""

    row: Array
    start: Array
    end: Array
    kind: Array
    reason: Array
    marks: Array

    def column(self) -> pl.Series:
        """The spans of each text as COLUMN has them."""
        table = pl.DataFrame({
            "row": self.row, "kind": pl.Series(KINDS).gather(self.kind), "start": self.start, "end": self.end,
            "reason": pl.Series(REASONS).gather(self.reason),
        })  # fmt: skip
        return in_lists(table, len(self.marks), "personal_data").cast(COLUMN)

    def by_row(self) -> list[list[Span]]:
        """The spans of each text."""
        rows: list[list[Span]] = [[] for _ in range(len(self.marks))]
        columns = (self.row, self.start, self.end, self.kind, self.reason)
        for row, start, end, kind, reason in zip(*(column.tolist() for column in columns), strict=True):
            rows[row].append(Span(KINDS[kind], start, end, REASONS[reason]))
        return rows


@dataclass(frozen=True, slots=True)
class Risks:
    """For each text of a batch an index into TIERS, and what it tells of persons as Marks, uint64."""

    tier: Array
    kinds: Array

    def columns(self) -> tuple[pl.Series, pl.Series]:
        """The tiers, and for each text the reasons in words."""
        different, which = np.unique(self.kinds, return_inverse=True)
        reasons = pl.Series([_reasons(kinds) for kinds in different.tolist()], dtype=pl.List(pl.String))
        return pl.Series(TIERS).gather(self.tier), reasons.gather(which)


_KIND: dict[str, int] = {kind: at for at, kind in enumerate(KINDS)}
_REASON = {reason: at for at, reason in enumerate(REASONS)}
_PHRASES = folded_phrases(PHRASES)
_JUDGED = Mark.MAIL | Mark.NAME | Mark.ID | Mark.PROFILE | Mark.DEGREES | Mark.PLUS_CODE

Found = tuple[int, int, int, int]  # start, end, kind, reason


def spans(texts: Texts) -> Spans:
    """The personal data of a batch."""
    marks, places = _compiled_look()(texts)
    _deny(texts, marks)
    what = places[:, 3]
    sure = what >= EMAIL
    rows = np.unique(np.concatenate([places[~sure, 0], np.flatnonzero(marks & np.uint64(_JUDGED))]))
    if not len(places) and not len(rows):
        none = np.empty(0, np.int64)
        return Spans(none, none, none, none, none, marks)
    told = np.zeros(len(texts), bool)
    told[rows] = True
    plain = places[sure & ~told[places[:, 0]]]
    found = np.empty((len(plain), 5), np.int64)
    found[:, :3] = plain[:, :3]
    found[:, 3] = np.where(plain[:, 3] == EMAIL, _KIND["email"], _KIND["account"])
    found[:, 4] = np.where(plain[:, 3] == EMAIL, 0, 1)
    bounds = np.searchsorted(places[:, 0], np.stack([rows, rows + 1])).T.tolist()
    more = [
        (row, *one)
        for row, (begin, end) in zip(rows.tolist(), bounds, strict=True)
        for one in _joined(_judged(texts[row], Mark(int(marks[row]) & 0xFFFFFFFF), places[begin:end, 1:].tolist()))
    ]
    whole = np.concatenate([found, np.array(more, np.int64).reshape(-1, 5)])
    whole = whole[np.lexsort((whole[:, 1], whole[:, 0]))]
    return Spans(whole[:, 0], whole[:, 1], whole[:, 2], whole[:, 3], whole[:, 4], marks)


@cache
def _compiled_look() -> Callable[[Texts], tuple[Array, Array]]:
    """The compiler is heavy: who asks of single texts never loads it."""
    from rapport.text.kernels.look import Vocabulary, looked_at

    return partial(looked_at, vocabulary=Vocabulary(_PHRASES))


def spans_of(text: str) -> tuple[Span, ...]:
    """The personal data of one text. Lone surrogates count as question marks."""
    text = text.encode(errors="replace").decode()
    marks, places = look(text, _PHRASES)
    found = _joined(_judged(text, Mark(marks & 0xFFFFFFFF), places))
    return tuple(Span(KINDS[kind], start, end, REASONS[reason]) for start, end, kind, reason in found)


def masked(text: str, found: Iterable[Span]) -> str:
    """The text with each span replaced by its kind: "call [phone]"."""
    shown, at = [], 0
    for span in sorted(found, key=lambda one: one.start):
        shown += [text[at : span.start], f"[{span.kind}]"]
        at = span.end
    return "".join([*shown, text[at:]])


def has_contact_data(text: str) -> bool:
    """Whether a phone number, an e-mail address or an account's name is in the text."""
    return any(span.kind in CONTACT for span in spans_of(text))


# --- what is judged one by one ---------------------------------------------------------------------------------------


def _judged(text: str, marks: Mark, places: Sequence[Place]) -> Iterator[Found]:
    for count, (start, end, what) in enumerate(places):
        if what >= EMAIL:
            yield (start, end, _KIND["email"], 0) if what == EMAIL else (start, end, _KIND["account"], 1)
        elif what == COORDINATES:
            yield from _coordinates(text, start, end)
        elif count >= MOST_JUDGED:
            yield start, end, _KIND["phone"], _REASON["more numbers than a message has"]
        else:
            one = judged(text, start, end, linked=what == LINKED_NUMBER)
            if one.kind:
                yield one.start, one.end, _KIND["phone" if one.kind == "phone" else "id"], _REASON[one.reason]
    if marks & (Mark.NAME | Mark.ID):
        yield from _introduced(text)
    for mark, pattern, kind, reason in _PATTERNS:
        if marks & mark:
            for match in pattern.finditer(text):
                yield match.start(1), match.end(1), _KIND[kind], _REASON[reason]


def _joined(found: Iterable[Found]) -> list[Found]:
    """In order, those that meet made one, of the kind that wins."""
    joined: list[Found] = []
    for start, end, kind, reason in sorted(found):
        if joined and start < joined[-1][1]:
            before = joined.pop()
            winner = min((before[2], before[3]), (kind, reason))
            joined.append((before[0], max(before[1], end), *winner))
        else:
            joined.append((start, end, kind, reason))
    return joined


_DOT = r"(?:dot|point|punto|pwen)"
_MAIL = re2.compile(
    r"(?i)([\p{L}\p{Nd}._%+\-]+\s?(?:[\(\[{]\s?at\s?[\)\]}]|\s(?:at|arobase?|arobas|arr?oba)\s)\s?[\p{L}\p{Nd}\-]+"
    rf"(?:\s?(?:\.|[\(\[{{]\s?{_DOT}\s?[\)\]}}]|\s{_DOT}\s)\s?\p{{L}}\p{{L}}+)+)"
)
_PROFILE = re2.compile(
    r"(?i)((?:https?://)?(?:[a-z\-]+\.)?(?:facebook\.com|fb\.com|fb\.me|instagram\.com|t\.me|telegram\.me|tiktok\.com|"
    r"twitter\.com|x\.com|linkedin\.com/in|vk\.com|wa\.me|snapchat\.com/add)/[@+]?[\p{L}\p{Nd}_.=?\-]+)"
)
_MINUTES = r"[0-9]{1,2}[.,][0-9]{2,8}\s?['’′]?"  # two decimals of a minute are 19 m
_SECONDS = r"""[0-9]{1,2}\s?['’′]\s?[0-9]{1,2}(?:[.,][0-9]{1,6})?\s?(?:["”″]|'')?"""
_SIDE = rf"[0-9]{{1,3}}\s?[°º]\s?(?:{_MINUTES}|{_SECONDS})"
_DEGREES = re2.compile(rf"(?i)([NSEWO]?\s?{_SIDE}\s?[NSEWO]?[\s,;/]{{0,3}}[NSEWO]?\s?{_SIDE}(?:\s?[NSEWO]\b)?)")
_CODE = "23456789CFGHJMPQRVWX"
_PLUS_CODE = re2.compile(rf"\b((?:[{_CODE}]{{4}})?[2-9]{{0,3}}[CFGHJMPQRVWX][{_CODE}]{{0,3}}\+[{_CODE}]{{2,3}})\b")
_PATTERNS = (
    (Mark.MAIL, _MAIL, "email", "a word for @"),
    (Mark.PROFILE, _PROFILE, "account", "the page of a person"),
    (Mark.DEGREES, _DEGREES, "coordinates", "degrees to 100 m or finer"),
    (Mark.PLUS_CODE, _PLUS_CODE, "coordinates", "a plus code"),
)

#: Characters around two decimals in which the rest of a position stands: signs, letters, whole degrees.
_AROUND = 8
_POINTS = re.compile(
    r"(?:[NSEWOnsewo]\s?)?[-+−]?(?:\d{1,3}\s)?\d{1,3}\.\d{3,15}(?:\s?°?\s?[NSEWOnsewo]\b[\s,;/|&]{0,3}|\s?°?[\s,;/|&]{1,3})(?:lon\w*\s?[:=]?\s?)?"
    r"(?:[NSEWOnsewo]\s?)?[-+−]?(?:\d{1,3}\s)?\d{1,3}\.\d{3,15}(?:\s?°)?(?:\s?[NSEWOnsewo]\b)?"
)
_DECIMAL = re.compile(r"\d{1,3}\.\d{3,15}")


def _coordinates(text: str, start: int, end: int) -> Iterator[Found]:
    """Three decimals are 100 m; with fewer nobody is found at home [ours]."""
    begin = max(0, start - _AROUND)
    found = _POINTS.search(text[begin : end + _AROUND])
    if found is None:
        return
    first, second = (float(number) for number in _DECIMAL.findall(found.group())[:2])
    if min(first, second) <= 90 and max(first, second) <= 180:
        yield begin + found.start(), begin + found.end(), _KIND["coordinates"], _REASON["degrees to 100 m or finer"]


def _alternatives(phrases: Iterable[str]) -> str:
    return "|".join(map(re2.escape, sorted({fold(phrase) for phrase in phrases}, key=len, reverse=True)))


_INTRODUCED = re2.compile(rf"(?:^| )(?:({_alternatives(NAME_PHRASES)})|({_alternatives(ID_PHRASES)})|\x00)(?: |$)")
#: Characters behind such a phrase that are read [ours].
_READ = 64
_NUMBER = re.compile(r"[^\w]{0,4}(?:(?:no|nr|num|numero|number|nimewo|is|est|se|es|#)\b[^\w]{0,4}){0,2}"
                     r"([A-Z]{0,3}[\s-]?\d(?:[\s./-]?[A-Z\d]){4,24})(?![^\W\d_])", re.IGNORECASE)  # fmt: skip
_WORD = re.compile(r"[\s:=,'’\"“”«»()\-–.]{0,4}([^\s\d.,;:!?()\"“”«»@/\[\]{}<>*#+=]{2,40})")
_LINKING_SAID = "is est es se ni waa ko ay e mr mrs ms miss mme mlle monsieur madame madam msye dr doctor pastor pas"
#: Between the phrase and the name.
_LINKING = frozenset(_LINKING_SAID.split())
_NO_NAMES_SAID = (
    "a an the and or but not no in on at of to for from with i we you he she it they my your his her our their "
    "this that who what where when how why there here are is am was were have has had need needs please live "
    "lives lost dead unknown called listed known also just still only all any some one le la les l un une des "
    "du de et ou mais pas ne je tu il elle nous vous ils mon ma mes ce cette qui que dans sur pour avec au aux "
    "a en j habite suis avons besoin mwen m ou li nou yo pou nan ak sou men pa se ki sa yon la lan ap te gen "
    "bezwen tanpri rele kote lakay ka fe moun el los las un una y o pero mi su que en por para con soy vivo "
    "tengo necesito called hurricane cyclone storm street rue ta tavle tap fanmi fanmiy fanmim anmwey anmwe mesi "
    "sekou kounye komin bondye ede zanmi papa manman pitit ok"
)
#: What follows such phrases and is no name, folded.
_NO_NAMES = frozenset(_NO_NAMES_SAID.split())


def _introduced(text: str) -> Iterator[Found]:
    """Names and documents' numbers behind the phrases that introduce them."""
    folded, positions = fold_with_positions(text)
    for match in _INTRODUCED.finditer(folded):
        is_name = match.group(1) is not None
        begin = positions[match.end(1 if is_name else 2) - 1] + 1
        behind = text[begin : begin + _READ]
        if is_name:
            if name := _name(behind):
                yield begin + name[0], begin + name[1], _KIND["name"], _REASON["a phrase that introduces it"]
        elif number := _NUMBER.match(behind):
            yield (
                begin + number.start(1), begin + number.end(1), _KIND["id"],
                _REASON["the word for a document before it"],
            )  # fmt: skip


def _name(behind: str) -> tuple[int, int] | None:
    """Where a name of up to three words stands at the beginning of what follows."""
    start, end, words, small, at = 0, 0, 0, False, 0
    while words < 3 and (found := _WORD.match(behind, at)):
        word, folded = found.group(1), fold(found.group(1))
        at = found.end()
        if not words and folded in _LINKING:
            continue
        is_small = word[0].islower()
        if not word[0].isalpha() or folded in _NO_NAMES or (words and is_small and not small):
            break
        if words and re.search(r"[^\s'’-]", behind[end : found.start(1)]):
            break  # something stands between
        small = small or is_small
        start = start if words else found.start(1)
        end, words = found.end(1), words + 1
    return (start, end) if words else None


# --- persons at risk -------------------------------------------------------------------------------------------------

#: What a text may tell of persons, in words.
RISKS = {
    Mark.TRAPPED: "somebody is trapped", Mark.SEXUAL: "sexual violence", Mark.ASSAULT: "an assault or a kidnapping",
    Mark.THREAT: "somebody is threatened", Mark.MEDICAL: "somebody's health", Mark.ALONE: "children alone",
    Mark.MISSING: "somebody is missing",
}  # fmt: skip
#: Which risk a label of the message stands for, as if its words had been found.
LABELS: Mapping[str, Mark] = {
    "search_and_rescue": Mark.TRAPPED, "missing_people": Mark.MISSING, "medical_help": Mark.MEDICAL,
    "security": Mark.THREAT,
}  # fmt: skip
#: Risks of which a denial is believed, and that are enough by themselves; not THREAT: "suicide" is in the news.
_DENIED = (Mark.TRAPPED, Mark.SEXUAL, Mark.ASSAULT)
_ANY_DENIED = int(sum(_DENIED))
#: Words before a risk that are searched for a negation [ours].
_MOST_BETWEEN = 6
_SENTENCE_ENDS = frozenset(".,;:!?\n…()¡¿")
_LOCATING = [_KIND[kind] for kind in ("coordinates", "id", "phone", "name")]


def at_risk(found: Spans, labels: Mapping[str, Array] | None = None) -> Risks:
    """For each text of the batch whether to keep it back as a whole.

    Phrases alone decide, unless `labels` has for one of LABELS which texts bear it (bool, one a text). Withheld: words
    that say that somebody is trapped or was attacked; who writes, or one person, is threatened or missing, or trapped
    by its label; children alone; somebody's health, where a name, a number or an address says whose. News that tells
    of the health of many is to be masked, not withheld.
    """
    marks = found.marks.copy()
    for label, borne in (labels or {}).items():
        marks[borne] |= np.uint64(LABELS[label])
    named = np.zeros(len(marks), bool)
    named[found.row[np.isin(found.kind, _LOCATING)]] = True
    some = np.zeros(len(marks), bool)
    some[found.row] = True

    def holds(mark: Mark) -> Array:
        return (marks & np.uint64(mark)) != 0  # type: ignore[no-any-return]

    own, located = holds(Mark.OWN), holds(Mark.ADDRESS) | named
    alone = holds(Mark.ALONE) | (holds(Mark.CHILD) & holds(Mark.WITHOUT))
    marks[alone] |= np.uint64(Mark.ALONE)
    risks = marks & np.uint64(sum(RISKS))
    withheld = (
        ((found.marks & np.uint64(sum(_DENIED))) != 0)
        | (holds(Mark.TRAPPED | Mark.MISSING) & (own | located))
        | (holds(Mark.THREAT) & own)
        | (alone & (own | located))
        | (holds(Mark.MEDICAL) & own & located)
    )
    return Risks(np.where(withheld, 2, np.where(some | (risks != 0), 1, 0)), risks)


def believed(found: Spans, labels: Sequence[str], given: Array) -> Array:
    """`given` (bool: texts, labels) without the labels that speak of somebody trapped where the words deny it."""
    denied = np.flatnonzero((found.marks & np.uint64(Mark.NOT_TRAPPED)) != 0)
    if not len(denied):
        return given
    kept = given.copy()
    for at, label in enumerate(labels):
        if LABELS.get(label) == Mark.TRAPPED:
            kept[denied, at] = False
    return kept


def _deny(texts: Texts, marks: Array) -> None:
    """Take from the marks the risks that a text only denies: "no one is trapped". Only texts with words for both are
    judged one by one."""
    denied = np.uint64(sum(_DENIED))
    for row in np.flatnonzero(((marks & denied) != 0) & ((marks & np.uint64(Mark.NEGATION)) != 0)).tolist():
        text = texts[row]
        if not _may_deny(fold(text).split()):
            continue
        said = list(_risks_said(text))
        affirmed = {mark for mark, _, _, negated in said if not negated}
        for mark in {mark for mark, _, _, negated in said if negated} - affirmed:
            if int(marks[row]) & mark:
                marks[row] &= ~np.uint64(mark)
                marks[row] |= np.uint64(Mark.NOT_TRAPPED if mark == Mark.TRAPPED else 0)


def _may_deny(words: Sequence[str]) -> bool:
    """Whether a risk may stand behind a negation: a quick look, for the texts where it does not."""
    for at, word in enumerate(words):
        if word in NEGATIONS or (at and (words[at - 1], word) in NEGATED_PAIRS):
            for first in range(at + 1, min(at + 2 + _MOST_BETWEEN, len(words))):
                said = (_PHRASES.get(tuple(words[first : first + count]), 0) for count in range(1, MOST_WORDS + 1))
                if any(marks & _ANY_DENIED for marks in said):
                    return True
                if words[first] not in BETWEEN_NEGATED:
                    break
    return False


def risk_words(text: str, risk: str) -> Iterator[tuple[int, int]]:
    """Where the words of one of RISKS stand in a text that does not deny them."""
    for mark, start, end, negated in _risks_said(text):
        if RISKS[mark] == risk and not negated:
            yield start, end


def _risks_said(text: str) -> Iterator[tuple[Mark, int, int, bool]]:
    """The risks that a text has words for, where these stand, and whether they are denied."""
    folded, positions = fold_with_positions(text)
    words, at = folded.split(), 0
    starts, ends = [], []
    for word in words:
        starts.append(positions[at])
        ends.append(positions[at + len(word) - 1] + 1)
        at += len(word) + 1
    denied = dict.fromkeys(_DENIED, 0)  # up to which word each is denied
    for first in range(len(words)):
        for count in range(1, min(MOST_WORDS, len(words) - first) + 1):
            marks = _PHRASES.get(tuple(words[first : first + count]), 0)
            for mark in RISKS:
                if marks & mark:
                    # "no one is trapped | under the rubble"
                    goes_on = 0 < first <= denied.get(mark, 0) and not _ends(text, starts, ends, first)
                    negated = mark in denied and (goes_on or _negated(text, words, starts, ends, first))
                    if negated:
                        denied[mark] = max(denied[mark], first + count)
                    yield mark, starts[first], ends[first + count - 1], negated


def _ends(text: str, starts: Sequence[int], ends: Sequence[int], at: int) -> bool:
    """Whether a sentence ends before this word."""
    return at > 0 and not _SENTENCE_ENDS.isdisjoint(text[ends[at - 1] : starts[at]])


def _negated(text: str, words: Sequence[str], starts: Sequence[int], ends: Sequence[int], at: int) -> bool:
    """Whether a negation before this word is of it: in its sentence, with nothing between that could be meant."""
    for index in range(at - 1, max(at - 1 - _MOST_BETWEEN, -1), -1):
        if _ends(text, starts, ends, index + 1):
            return False
        if words[index] in NEGATIONS or (index and (words[index - 1], words[index]) in NEGATED_PAIRS):
            return True
        if words[index] not in BETWEEN_NEGATED:
            return False
    return False


def _reasons(kinds: int) -> list[str]:
    return [reason for mark, reason in RISKS.items() if kinds & mark]
