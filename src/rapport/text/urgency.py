"""How soon somebody should look at a message, by what it speaks of: 0 none, 1 soon, 2 urgent, 3 life in danger.

A rule that a person can read, over the labels and the words for a person at risk (personal.py): there are no messages
with a known urgency to learn one from. It orders the queue and nothing else; what it is wrong about, the next person on
the desk sees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rapport.text.columns import Array
from rapport.text.cues import Mark
from rapport.text.personal import RISKS

ASKS = ("request", "direct_report")
#: What a request must speak of beside to be of this urgency [ours].
LEVELS: Mapping[int, tuple[str, ...]] = {
    3: ("search_and_rescue", "medical_help"),
    2: ("water", "food", "shelter", "medical_products", "missing_people", "security", "fire", "hospitals"),
    1: ASKS,
}
#: What words for a person at risk make of a message by themselves, whether it asks or not [ours].
OF_RISKS: Mapping[Mark, int] = {Mark.TRAPPED: 3, Mark.SEXUAL: 2, Mark.ASSAULT: 2, Mark.THREAT: 2}


def urgencies(labels: Sequence[str], given: Array) -> Array:
    """Of texts with these labels, bool (texts, labels): int8 (texts)."""
    asks = _any(labels, given, ASKS)
    found = np.zeros(len(given), np.int8)
    for level, speaks_of in sorted(LEVELS.items()):
        found[asks & _any(labels, given, speaks_of)] = level
    return found


def deciding(level: int, spoken: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """What made a text's urgency this level, 1 to 3, of its `labels` (chain.py), the surest first: what it speaks of,
    and for the higher levels that it asks as well. Empty where these labels make no such level."""
    asks = next((one for one in spoken if one["label"] in ASKS), None)
    speaks_of = next((one for one in spoken if one["label"] in LEVELS[level]), None)
    if asks is None or speaks_of is None:
        return ()
    return (speaks_of,) if asks is speaks_of else (speaks_of, asks)


def of_risks(marks: Array) -> Array:
    """Of texts whose words bear these marks (personal.Spans): int8 (texts), 0 where they tell of no such risk."""
    found = np.zeros(len(marks), np.int8)
    for mark, level in OF_RISKS.items():
        np.maximum(found, level, out=found, where=(marks & np.uint64(mark)) != 0)
    return found


def deciding_risk(level: int, risks: Sequence[str]) -> str:
    """Which of a text's `risks` (chain.py) made its urgency this level, where its labels did not; "" for none. No label
    stands for a risk that comes before another of the same level, so the first one is in the words."""
    levels = {RISKS[mark]: of_it for mark, of_it in OF_RISKS.items()}
    return next((risk for risk in risks if levels.get(risk) == level), "")


def said(risk: str) -> str:
    """That a text's words tell of a risk, as a reason."""
    return f"its words {'say that' if risk.startswith('somebody is') else 'tell of'} {risk}"


def _any(labels: Sequence[str], given: Array, wanted: Sequence[str]) -> Array:
    own = [at for at, label in enumerate(labels) if label in wanted]
    made: Array = np.asarray(given[:, own].any(axis=1))
    return made
