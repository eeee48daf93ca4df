"""A message read aloud over the phone and written down at the other end is it, or it is told that it is none."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.kinds import NOT_AGREEING, Kind, Said
from rapport.contacts.lowtech.entries import TEXT_MOST
from rapport.contacts.lowtech.spoken import heard, script
from rapport.errors import Refused
from rapport.values import Marking
from tests.pure.office_messages import example, messages, twice_as_many

_CONTENT = re.compile(r"(<(?:[^*<>]|\*.)*>)", re.DOTALL)


@twice_as_many
@given(messages(list(Marking)))
def test_what_is_read_aloud_and_written_down_is_the_message(said: Said) -> None:
    assert heard(script(said)) == said


def written_down(text: str, chance: Random) -> str:
    """As somebody writes who listens: fixed words small or large, lines broken anywhere, blanks more or fewer."""
    pieces = _CONTENT.split(text)
    for place, piece in enumerate(pieces):
        words = piece.split(" ")
        if place % 2 == 0:
            words = [chance.choice([str.lower, str.upper, str])(word) for word in words]
        pieces[place] = "".join(word + chance.choice([" ", "  ", "\n", "\r\n"]) for word in words[:-1]) + words[-1]
    return "".join(pieces)


@twice_as_many
@given(messages(list(Marking)), st.randoms(use_true_random=False))
def test_it_may_be_written_down_in_other_lines_and_letters(said: Said, chance: Random) -> None:
    assert heard(written_down(script(said), chance)) == said


@pytest.mark.parametrize("kind", Kind)
def test_labels_and_texts_alone_are_enough(kind: Kind) -> None:
    said = example(kind)
    down = re.findall(r"^([^<>\n]*): (<.*>)", script(said), re.MULTILINE)
    assert heard("\n".join(f"{label.lower()} {text}" for label, text in down)) == said


@pytest.mark.parametrize("kind", Kind)
def test_the_caller_says_that_the_call_agrees_to_nothing_and_asks_to_read_back(kind: Kind) -> None:
    text = script(example(kind))
    assert text.startswith("This is the technical office of EE, calling the technical office of LV.\n")
    assert f"This call agrees to nothing. {NOT_AGREEING}\n" in text
    assert "spelled: Delta Alfa X-ray Seven Dash Zero Two.\n" in text
    assert text.endswith("Please read back.\n")
    assert "EXERCISE" not in text


def test_an_exercise_is_said_first_and_last() -> None:
    lines = script(example(Kind.PING, exercise=True)).splitlines()
    assert lines[0] == lines[-1] == "EXERCISE EXERCISE EXERCISE."


def test_an_exercise_never_becomes_a_real_message() -> None:
    text = script(example(Kind.PING, exercise=True))
    with pytest.raises(Refused, match="EXERCISE stands first or last only: ask whether this is an exercise"):
        heard(text.removeprefix("EXERCISE EXERCISE EXERCISE."))
    with pytest.raises(Refused, match="The check words do not fit"):
        heard(text.replace("EXERCISE", ""))


def test_a_red_message_is_read_to_one_person_who_is_alone() -> None:
    assert "marked TLP:RED: it is for you alone. Are you alone" in script(example(Kind.PING, marking=Marking.RED))
    assert "alone" not in script(example(Kind.PING, marking=Marking.AMBER))


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        (
            "<2026-11-27T05:10Z>",
            "<2026-11-27T06:10Z>",
            "The check words do not fit: something was heard, read or typed",
        ),
        ("stand still", "stand stiff", "The check words do not fit"),
        ("From: <", "From: ", "A mark is missing"),
        ("What happened: <", "Well: <", "“well” is nothing|No label stands before this mark: “.*Well:<”"),
        ("<notification>", "<notice>", "Kind: Write <ping>, <notification>"),
        ("<notification>", "<ping>", "“what happened” is nothing that a ping says"),
        ("Kind: <notification>", "", "Kind: Write <ping>"),
        ("Whose systems", "What happened", "“what happened” stands twice: leave one"),
        ("<DAX7>", "<DAX 7>", "Case: It has at most 16 capital letters"),
        ("<TLP:AMBER>", "<amber>", "Marking: “amber” is none of: TLP:CLEAR"),
        ("<2026-11-27T06:32Z>", "<half past six>", "Time: Write it as 2026-11-27T06:32Z"),
        ("still.", "still. *", r"“\* ” means nothing|The check words do not fit"),
        ("still.", "still. *q", r"“\*q” means nothing: look at the stars again"),
        ("still.", "still. *uFFFFFF;", r"means nothing: look at the stars again"),
    ],
)
def test_what_was_written_down_wrongly_is_told(was: str, becomes: str, told: str) -> None:
    text = script(example(Kind.NOTIFICATION))
    assert was in text
    with pytest.raises(Refused, match=told):
        heard(text.replace(was, becomes))


@pytest.mark.parametrize("label", ["Reference", "From", "To", "Time", "Marking", "Check words"])
def test_what_was_left_out_is_named(label: str) -> None:
    text = re.sub(rf"^{label}: .*\n", "", script(example(Kind.PING)), flags=re.MULTILINE)
    with pytest.raises(Refused, match=f"“{label}” (is|are) missing"):
        heard(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "good morning",
        "<",
        "<" * 50_000,
        "<*" * 50_000,
        "<>" * 50_000,
        ">" * 50_000,
        "kind: <ping>" * 9_000,
        "kind <" + "*" * 100_000,
        "a " * 90_000,
    ],
)
def test_what_is_no_script_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        heard(text)


def test_a_text_longer_than_any_message_is_not_read() -> None:
    with pytest.raises(Refused, match="at most 400,000 characters are read"):
        heard("x" * (TEXT_MOST + 1))
