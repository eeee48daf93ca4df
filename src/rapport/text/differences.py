"""What differs between two texts that say nearly the same: a number, a date, a negation, a place. Shown, never smoothed
over, and not covered by what was decided about the other.

"Three people trapped" and "five people trapped" are near-duplicates and may be two houses; "the bridge is open" and
"the bridge is not open" are a correction. Words are aligned; where a copy was only cut or has words put in front or
behind, nothing is said. Apostrophes are spaces in a plain text: "isn't" is read as "isn t". Other words that turn a
message round ("open", "closed") are not known: what differs in them alone is not seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from rapport.text.place_evidence import COMMON_WORDS
from rapport.text.plain import plain

Kind = Literal["number", "date", "negation", "place"]
KINDS: tuple[Kind, ...] = ("number", "date", "negation", "place")
#: Characters and words of each text that are compared: aligning takes the square of the words [ours].
MOST = 4_000
MOST_WORDS = 300
#: More words than these at an end were cut off, or put there by whoever passed it on [ours].
SHORT = 2
#: Words of the longest place name that is looked for [ours].
_LONGEST_NAME = 5
#: So alike (as difflib counts it) to the name in its place, a word is that name misspelt [ours].
_MISSPELT = 0.7

#: Folded, in English, French, Kreyòl and Spanish; without words that are common as something else ("may", "personne").
_SAID: dict[str, str] = {
    "number": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand "
    "thousands dozen dozens million millions first second third fourth fifth sixth seventh eighth ninth tenth half "
    "twice deux trois quatre cinq sept huit neuf dix onze douze treize quatorze quinze seize vingt trente quarante "
    "cinquante soixante cent cents centaine centaines dizaine dizaines douzaine mille milliers premier premiere "
    "premiers premieres deuxieme troisieme quatrieme cinquieme moitie "
    "twa kat senk sis uit wit nef dis onz douz trez katoz kenz sez diset dizuit diznef ven venn vennsenk trant "
    "karant senkant swasant san mil milye milyon dizen douzen santen premye dezyem twazyem katriyem senkyem mwatye "
    "dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis veinte veinticinco "
    "treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento cientos decenas docena docenas miles "
    "millon millones primero primera segundo segunda tercero tercera cuarto quinto mitad",
    "date": "today tomorrow yesterday tonight monday tuesday wednesday thursday friday saturday sunday "
    "tue tues wed thu thur thurs fri sat sun "
    "january february march april june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec "
    "aujourd demain hier lundi mardi mercredi jeudi vendredi samedi dimanche "
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre "
    "jodi jodia demen aye lendi madi mekredi jedi vandredi samdi dimanch "
    "janvye fevriye avril jen jiye out septanm oktob novanm desanm "
    "hoy manana ayer lunes martes miercoles jueves viernes sabado domingo "
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "negation": "not no never none nobody nothing without cannot cant dont didnt isnt arent wasnt wont neither nor "
    "ne pas jamais aucun aucune sans rien ni pa pap pat pagen paka pajwenn poko janm okenn anyen "
    "nunca sin nada nadie ningun ninguna tampoco",
}
_WORDS = {kind: frozenset(words.split()) for kind, words in _SAID.items()}
NEGATIONS = _WORDS["negation"]
#: What stands before the "t" of a contracted "not".
_CONTRACTED = frozenset({
    "isn", "aren", "wasn", "weren", "don", "doesn", "didn", "can", "couldn", "won", "wouldn", "shouldn", "hasn",
    "haven", "hadn",
})  # fmt: skip
#: What follows the "n" of an elided "ne"; before other words it is Kreyòl "we". What follows a "p" that is "pa".
_AFTER_N = frozenset({
    "a", "ai", "as", "avons", "avez", "ont", "avait", "avaient", "aura", "est", "es", "etes", "etait", "etaient", "y",
    "en", "arrive",
})  # fmt: skip
_AFTER_P = frozenset({"ap", "at"})
#: Two words that make a negation.
NEGATED_PAIRS = frozenset({
    *((word, "t") for word in _CONTRACTED), *(("n", word) for word in _AFTER_N), *(("p", word) for word in _AFTER_P),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """`one` and `other` are the words of each text, plain; "" where it has none."""

    kind: Kind
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Aligned:
    """Two texts word by word, MOST_WORDS of each. `here` and `there`: where each word stands in its text as it came.
    `same`: of each run of equal words the first one here, the first one there, and how many. `differs`: what differs,
    and among which words of each."""

    here: tuple[tuple[int, int], ...]
    there: tuple[tuple[int, int], ...]
    same: tuple[tuple[int, int, int], ...]
    differs: tuple[tuple[Difference, range, range], ...]


#: Folded names, and which places each may mean: Gazetteer.by_name.
Names = Mapping[str, Collection[int]]
_NO_NAMES: Names = {}


@dataclass(frozen=True, slots=True)
class _Text:
    """`places`: for the index of each word that names a place, the whole name, and what it may mean."""

    words: tuple[str, ...]
    places: dict[int, tuple[str, frozenset[int]]]


def differences(one: str, other: str, names: Names = _NO_NAMES) -> tuple[Difference, ...]:
    """What differs between two nearly equal texts, in their order. Where one of them begins later or ends earlier by
    more than SHORT words, what it leaves out is no difference. `names`: the places that are known."""
    return () if one == other else tuple(_found(_read(one, names), _read(other, names), added=False))


def aligned(one: str, other: str, names: Names = _NO_NAMES) -> Aligned:
    """Where two nearly equal texts are the same, and where they differ in what `differences` says."""
    mine, theirs = _read(one, names), _read(other, names)
    steps = _steps(mine, theirs)
    return Aligned(
        tuple((start, end) for _, start, end in _placed(one)),
        tuple((start, end) for _, start, end in _placed(other)),
        tuple((begin, at, end - begin) for step, begin, end, at, _ in steps if step == "equal"),
        tuple(_differing(mine, theirs, steps, added=False)),
    )


def covered(text: str, head: str, names: Names = _NO_NAMES) -> bool:
    """Whether what was decided about `head` may be decided about a near-duplicate at once: they differ in nothing, and
    the text adds no number, date, negation or place at its ends either. A text that is too long to be compared whole is
    covered by an equal one alone."""
    if text == head:
        return True
    if any(len(one) > MOST or len(_words(one)) == MOST_WORDS for one in (text, head)):
        return False
    return not beyond(text, head, names)


def beyond(text: str, head: str, names: Names = _NO_NAMES) -> tuple[Difference, ...]:
    """What a decision about `head` does not cover: what differs (`one`: in the text, `other`: in the head), and what
    the text adds at its ends."""
    return () if text == head else tuple(_found(_read(text, names), _read(head, names), added=True))


def _found(mine: _Text, theirs: _Text, *, added: bool) -> Iterator[Difference]:
    """`added`: what mine has at an end and theirs has not is a difference too."""
    return (difference for difference, _, _ in _differing(mine, theirs, _steps(mine, theirs), added=added))


_Step = tuple[str, int, int, int, int]  # what it is, from which word to which here, and there


def _steps(mine: _Text, theirs: _Text) -> list[_Step]:
    return [*SequenceMatcher(None, mine.words, theirs.words, autojunk=False).get_opcodes()]


def _differing(
    mine: _Text, theirs: _Text, steps: Iterable[_Step], *, added: bool
) -> Iterator[tuple[Difference, range, range]]:
    for step, begin, end, at, to in steps:
        if step == "equal":
            continue
        outside = begin == at == 0 or (end == len(mine.words) and to == len(theirs.words))
        left_out = outside and max(end - begin, to - at) > SHORT
        for difference in _of(mine, range(begin, end), theirs, range(at, to)):
            if not left_out or (difference.one and (difference.other or added)):
                yield difference, range(begin, end), range(at, to)


@lru_cache(1_000)  # a report is compared with several, and the next one with the same again
def _words(text: str) -> tuple[str, ...]:
    return tuple(plain(text[:MOST]).text.split()[:MOST_WORDS])


def _placed(text: str) -> tuple[tuple[str, int, int], ...]:
    return plain(text[:MOST]).words[:MOST_WORDS]


def _read(text: str, names: Names) -> _Text:
    words = _words(text)
    places: dict[int, tuple[str, frozenset[int]]] = {}
    at = 0
    while names and at < len(words):
        for count in range(min(_LONGEST_NAME, len(words) - at), 0, -1):
            name = " ".join(words[at : at + count])
            if name in names:
                places |= dict.fromkeys(range(at, at + count), (name, frozenset(names[name])))
                at += count - 1
                break
        at += 1
    return _Text(words, places)


def _of(mine: _Text, here: range, theirs: _Text, there: range) -> Iterator[Difference]:
    for kind in KINDS:
        if kind == "place":
            one, other = _named(mine, here, theirs, there), _named(theirs, there, mine, here)
        else:
            one, other = (_said(text, at, kind) for text, at in ((mine, here), (theirs, there)))
        if one != other:
            yield Difference(kind, one, other)


def _said(text: _Text, at: range, kind: Kind) -> str:
    return " ".join(text.words[index] for index in at if _kind(text, index) == kind)


def _named(mine: _Text, here: range, theirs: _Text, there: range) -> str:
    """The places named there, without those that the other names too, by whichever name, or misspells. A name that is a
    word as well ("centre") is a place where the other has a place instead."""
    others = _at(theirs, there)
    known = {meant for _, means in others for meant in means}
    spelt = [theirs.words[index] for index in there if index not in theirs.places]
    said = [
        name
        for name, means in _at(mine, here)
        if not means & known and not _misspelt(name, spelt) and (others or name not in COMMON_WORDS)
    ]
    return " ".join(dict.fromkeys(said))


def _at(text: _Text, at: range) -> list[tuple[str, frozenset[int]]]:
    return [text.places[index] for index in at if index in text.places]


def _misspelt(name: str, words: Collection[str]) -> bool:
    """Whether one of its words stands there with another letter or two."""
    return any(
        SequenceMatcher(None, part, word, autojunk=False).ratio() >= _MISSPELT
        for part in name.split()
        for word in words
    )


def _kind(text: _Text, at: int) -> Kind | None:
    word = text.words[at]
    before = text.words[at - 1] if at else ""
    following = text.words[at + 1] if at + 1 < len(text.words) else ""
    if (word == "t" and (before, word) in NEGATED_PAIRS) or (word in "np" and (word, following) in NEGATED_PAIRS):
        return "negation"
    if any(letter.isdigit() for letter in word):
        return "number"
    return next((kind for kind in KINDS if word in _WORDS.get(kind, ())), None)
