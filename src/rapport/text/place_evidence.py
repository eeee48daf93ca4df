"""What speaks for a name in a text meaning a place, and which of the places that share it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapport.values import Precision, Spot, km_between

#: Names that are words, first names or kinds of place as well, folded, by the language in which they are words; under
#: "" those that are names of people or of kinds of place in all of them.
_ALSO_WORDS = {
    "en": "cabaret, cap, cayes, center, centre, east, general hospital, north, north east, north west, okay, prince, "
    "pilate, saint martin, south, south east, west",
    "fr": "abricot, abricots, anglais, anse, asile, bon repos, bonbon, borgne, cabaret, cap, cayes, centre, corail, "
    "coteau, coteaux, est, gros morne, l asile, la chapelle, la plaine, la source, la vallee, la victoire, limonade, "
    "marchand, marigot, nord, nord est, nord ouest, ouest, perches, plaisance, prince, roseaux, sud, sud est",
    "ht": "ano, anglais, asile, bonbon, cabaret, cap, centre, corail, ensh, est, koto, lachapel, lavale, laviktwa, "
    "limonade, marigo, milo, mowon, nord, okay, ouest, payan, plaisance, prince, sant, santo, sud",
    "es": "caracol, este, norte, santo, sur, tiburon",
    "": "arnaud, beaumont, chantal, dondon, ferrier, moron, saint louis, saint martin, saint michel",
}
_WORDS_OF = {language: frozenset(words.split(", ")) for language, words in _ALSO_WORDS.items()}
COMMON_WORDS = frozenset().union(*_WORDS_OF.values())
_CUES = (
    "in at near from zone zon section seksyon commune komin ville vil city town katye quartier nan lavil bouk bourg "
    "cerca en"
)
#: Words after which a place is named, folded; English, French, Kreyòl, Spanish.
PLACE_FOLLOWS = frozenset(_CUES.split())
#: Two places are near if less than this lies between the circles that their radii draw [ours].
NEAR_KM = 10.0
ALSO_A_WORD = "a name that is also a word"
_BEFORE_A_SENTENCE = ".!?:\n"
_STOPS = "-–—,;()"
_WORDS_SAID = re.compile(r"[\s'’-]+")
_LONG, _SHORT, _SHORTEST = 0.64, 0.56, 0.44  # a name of several words or more than six letters; of five; of four
_WORD, _CUE, _HINT, _MOST_WORD = 0.2, 0.35, 0.15, 0.75  # a name that is a word, and what raises it
_SURE_CUE = 0.04
_SHARED, _ENDED = 0.7, 0.85
#: What raises a name that is no word: named first (a report begins with its own place), each further time, and being
#: finer than a commune [chosen on one half of Haiti's reports: evaluation/places.py].
_FIRST, _AGAIN, _MOST_AGAIN, _FINER = 0.05, 0.03, 3, 0.05
_COARSE, _COARSE_WORD = 0.24, 0.3
_ADM1, _ADM2 = int(Precision.ADM1), int(Precision.ADM2)
_MOST = 0.94  # below P-codes and coordinates


@dataclass(frozen=True, slots=True)
class Naming:
    """`text[start:end]` is, folded, the name `folded` of so many `places`; `before`: the folded word before it;
    `ending`: what the language has put to the name. `first`: no other name stands before it; `times`: how often the
    text has the name."""

    text: str
    start: int
    end: int
    folded: str
    before: str
    ending: str
    places: int
    first: bool = False
    times: int = 1

    @property
    def is_sure(self) -> bool:
        return self.places == 1 and not self.ending and self.folded not in COMMON_WORDS


@dataclass(frozen=True, slots=True)
class Judgement:
    score: float
    reason: str
    question: bool
    evidence: tuple[str, ...]


def judged(naming: Naming, spots: Sequence[Spot], others: Sequence[Spot], language: str) -> list[Judgement]:
    """How likely each of the places that have the name is meant. `others`: places named for certain in the same text.
    `language` of the text, "" if not known."""
    if naming.is_sure:
        return [Judgement(_at(_of_a_name(naming), spots[0]), "the name of a place", False, ())]
    score, reason, evidence = _of_a_question(naming, language)
    gaps = [min((gap_km(spot, other), other.name) for other in others) if others else None for spot in spots]
    nearest = min((gap[0] for gap in gaps if gap), default=NEAR_KM + 1)
    answers = []
    for spot, gap in zip(spots, gaps, strict=True):
        own, why = score, list(evidence)
        near = gap is not None and gap[0] == nearest <= NEAR_KM
        if near and gap:
            why.append(f"for: it lies near {gap[1] or 'the coordinates'}, named too")
        if naming.folded in COMMON_WORDS:
            own = min(own + (_HINT if near else 0), _MOST_WORD) + _FINER * (spot.precision <= Precision.LOCALITY)
            own -= _COARSE_WORD if spot.precision >= _ADM1 else 0
        else:
            own = _at(own, spot)
        if len(spots) > 1 and not near:
            own *= _SHARED
        shared = f", which {naming.places} places share" if naming.places > 1 else ""
        answers.append(Judgement(round(own, 3), reason + shared, True, tuple(why)))
    return answers


def _of_a_name(naming: Naming) -> float:
    name = naming.folded
    score = _LONG if len(name) > 6 or " " in name else _SHORT if len(name) > 4 else _SHORTEST
    score += _AGAIN * min(naming.times - 1, _MOST_AGAIN)
    return score + (_SURE_CUE if naming.before in PLACE_FOLLOWS else 0) + (_FIRST if naming.first else 0)


def _at(score: float, spot: Spot) -> float:
    """A name's score at a place of some precision."""
    finer = _ADM2 - spot.precision
    return round(min(score + _FINER * finer, _MOST) if finer >= 0 else score - _COARSE, 3)


def _of_a_question(naming: Naming, language: str) -> tuple[float, str, list[str]]:
    """Score, reason and evidence that are the same for all places of the name."""
    if naming.folded in COMMON_WORDS:
        return _of_a_word(naming, naming.before in PLACE_FOLLOWS, language)
    score = _of_a_name(naming)
    if naming.ending:
        return score * _ENDED, f"the name of a place with “{naming.ending}” put to it", []
    return score, "the name of a place", []


def _of_a_word(naming: Naming, cue: bool, language: str) -> tuple[float, str, list[str]]:
    score, evidence = _WORD, []
    if cue:
        score += _CUE
        evidence.append(f"for: “{naming.before}” before it says that a place follows")
    else:
        evidence.append("against: no word before it says that a place follows")
    capital = _capital(naming)
    if capital and _stands_alone(naming):
        score += _CUE - _HINT
        evidence.append("for: it stands alone between two stops")
    if capital:
        score += _HINT
        evidence.append("for: a capital letter within a sentence")
    elif capital is False:
        evidence.append("against: written small")
    if _goes_on(naming):
        score -= _HINT
        evidence.append("against: the next word has a capital too, as in a longer name")
    if language in _WORDS_OF and language and naming.folded not in _WORDS_OF[language] | _WORDS_OF[""]:
        score += _HINT
        evidence.append("for: it is no word of the text's language")
    elif language in _WORDS_OF and language:
        evidence.append("against: it is a word of the text's language")
    return score, ALSO_A_WORD, evidence


def _capital(naming: Naming) -> bool | None:
    """Whether the name begins with a capital where a word need not: behind a word with a small letter, behind a stop
    within a sentence, in its own second word. None where that says nothing: at the beginning of a sentence, among
    capitals, in a script without them."""
    said = naming.text[naming.start : naming.end]
    if said[0].islower():
        return False
    if not said[0].isupper() or said[1:2].isupper():
        return None
    words = _WORDS_SAID.split(said)
    if len(words) > 1 and all(word[:1].isupper() for word in words):
        return True
    before = naming.text[max(0, naming.start - 40) : naming.start].rstrip(" ")
    if not before or before[-1] in _BEFORE_A_SENTENCE:
        return None
    return before[-1] in _STOPS or (before.split() or [""])[-1][:1].islower() or None


def _goes_on(naming: Naming) -> bool:
    """A word with a capital and small letters comes right behind: "South Africa"."""
    behind = naming.text[naming.end : naming.end + 3]
    return len(behind) == 3 and behind[0] == " " and behind[1].isupper() and behind[2].islower()


def _stands_alone(naming: Naming) -> bool:
    """Behind a dash, a comma or a bracket, and before a stop or the end."""
    before = naming.text[max(0, naming.start - 4) : naming.start].rstrip(" ")[-1:]
    behind = naming.text[naming.end : naming.end + 4].lstrip(" ")[:1]
    return bool(before) and before in _STOPS and (not behind or behind in _STOPS or behind in _BEFORE_A_SENTENCE)


def gap_km(spot: Spot, other: Spot) -> float:
    """What lies between the circles of two places, 0 if they meet."""
    return max(0.0, km_between(spot.lon, spot.lat, other.lon, other.lat) - (spot.radius_m + other.radius_m) / 1000)
