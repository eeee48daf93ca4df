"""Cases whose answer is known: the protocols that come with rapport answer each of them rightly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rapport.errors import BadDefinition
from rapport.sharing.protocol import cases, file, library
from rapport.sharing.protocol.model import Protocol
from rapport.values import Sensitivity

TABLE = (Path(__file__).parents[1] / "data" / "isp" / "cases.csv").read_text(encoding="utf-8")
HEAD = "case_id,protocol,data_type,finest_admin_level,expected_level\n"


def shipped(name: str) -> Protocol:
    return file.read(library.text_of(name))


@pytest.mark.parametrize(("name", "count"), [("afghanistan", 38), ("default", 45), ("ukraine", 59)])
def test_every_case_is_answered_rightly(name: str, count: int) -> None:
    answers = cases.answered(shipped(name), [case for case in cases.read(TABLE) if case.protocol == name])
    assert [(one.case.id, one.case.expected, one.level, one.entries) for one in answers if not one.right] == []
    assert len(answers) == count
    assert cases.macro_f1(answers) == 1


def test_every_protocol_of_the_table_comes_with_rapport() -> None:
    assert {case.protocol for case in cases.read(TABLE)} <= set(library.names())


def test_precision_and_recall_say_which_level_is_wrong() -> None:
    case = cases.read(HEAD + "A,default,sea,adm1,severe\n")[0]
    answers = [
        cases.Answered(replace(case, expected=Sensitivity(expected)), Sensitivity(given), ())
        for expected, given in [("low", "low"), ("low", "severe"), ("severe", "severe"), ("severe", "severe")]
    ]
    found = cases.scores(answers)
    assert (found[Sensitivity.LOW].precision, found[Sensitivity.LOW].recall) == (1, 0.5)
    assert (found[Sensitivity.SEVERE].precision, found[Sensitivity.SEVERE].recall) == (2 / 3, 1)
    assert (found[Sensitivity.HIGH].precision, found[Sensitivity.HIGH].f1) == (None, None)
    assert cases.macro_f1(answers) == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert cases.macro_f1([]) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("case_id,protocol\n", "no column data_type"),
        (HEAD + "A,default,sea,adm1,secret\n", "Line 2: expected_level: 'secret' is not one of low,"),
        (HEAD + "A,default,sea,adm1\n", "Line 2: expected_level: ''"),
        (HEAD + "A,default,sea,adm9,low\n", "Line 2: finest: 'adm9' is not one of none,"),
        (HEAD + 'A,default,"sea,adm1,low\n', "This is not CSV: after line 1"),
    ],
)
def test_a_table_that_cannot_be_read_says_where(text: str, said: str) -> None:
    with pytest.raises(BadDefinition, match=said):
        cases.read(text)
