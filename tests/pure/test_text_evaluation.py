"""The measures of near-duplicates and of their differences, on the reports of the Haiti map."""

from __future__ import annotations

import pytest

from rapport.cli.text_evaluation import reports
from rapport.text.differences import covered
from rapport.text.evaluation import differences as differing
from rapport.text.evaluation.duplicates import duplicates, open_set
from rapport.text.evaluation.messages import Message, Messages


@pytest.fixture
def messages() -> Messages:
    """A thousand reports as messages, each the translation of its title; two of them say the same."""
    said = [(one.description, one.title) for one in reports()[:1_000]]
    return Messages((), tuple(Message(at, "test", "direct", *pair, ()) for at, pair in enumerate([*said, said[0]])))


def test_edited_copies_find_their_group(messages: Messages) -> None:
    measured = duplicates(messages)
    texts = open_set(messages)
    assert measured.texts == len(texts)
    assert len(set(texts)) == len(texts)
    assert measured.duplicates_worst_recall >= 0.85  # half of the texts are titles, and two thirds of one say little
    assert measured.purity >= 0.95
    assert measured.evasions_recall >= 0.99


def test_changed_facts_are_seen_and_copies_are_not_held_back(messages: Messages) -> None:
    names = {"delmas": [1], "jacmel": [2], "leogane": [3], "carrefour": [4], "petit goave": [5]}
    measured = differing.evaluate(messages, names)
    assert {kind for kind, _ in measured.cases} == {"number", "date", "negation", "place"}
    assert measured.differences_caught >= 0.98
    assert measured.held_back["passed on"] <= 0.01
    assert measured.held_back["words added"] <= 0.01


def test_a_case_is_one_change_that_a_decision_does_not_cover() -> None:
    base = "We are in Delmas and we have 40 people without water since Monday, this is for the camp of the school"
    made = differing.cases([base], {"delmas": [1], "jacmel": [2]}, seed=1)
    assert {case.kind for case in made} >= {"date", "negation", "place"}
    for case in made:
        assert case.language == "en"
        assert case.changed != base
        assert not covered(case.changed, base, {"delmas": [1], "jacmel": [2]})
