"""Where there is no line but SMS: one text says that there is a message; whoever types all parts in again has it."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.kinds import FIELDS, MOST, TITLES, Answer, Kind, Said, problems
from rapport.contacts.lowtech.sms import Lacking, joined, notice, parts
from rapport.errors import Refused
from rapport.text.sms import length
from rapport.values import Marking
from tests.pure.office_messages import OPEN, TEXTS, example, messages, twice_as_many

NUMBER = "+372 (5555) 01-00"


# --- the notice ----------------------------------------------------------------------------------------------------


def one_sms(text: str) -> bool:
    counted = length(text)
    return counted.alphabet == "GSM-7" and counted.units <= 160


@pytest.mark.parametrize("marking", Marking)
@pytest.mark.parametrize("kind", Kind)
def test_a_notice_is_one_sms_and_says_what_one_must_know(kind: Kind, marking: Marking) -> None:
    said = example(kind, marking=marking, exercise=True)
    text = notice(said, NUMBER)
    assert one_sms(text)
    assert text.startswith(f"EXERCISE {TITLES[kind]} DAX7-02 EE/technical to LV/technical {marking}.")
    assert text.endswith("Call +37255550100")
    assert "EXERCISE" not in notice(replace(said, exercise=False), NUMBER)


@twice_as_many
@given(messages(list(Marking)), st.from_regex(r"\+[0-9]{2,15}", fullmatch=True))
def test_any_notice_is_one_sms(said: Said, number: str) -> None:
    text = notice(said, number)
    assert one_sms(text)
    assert text.startswith("EXERCISE ") == said.exercise
    for part in (said.ref, said.sender.split("/")[0], said.to.split("/")[0], said.marking, number):
        assert part in text


@pytest.mark.parametrize(("kind", "until"), [(Kind.PING, "2026-11-29 06:32Z"), (Kind.INFORMATION, "2026-11-28 12:00Z")])
def test_the_time_to_answer_by_stands_in_it_however_long_all_else_is(kind: Kind, until: str) -> None:
    longest = {"ref": "X" * 16, "sender": "A" * 16 + "/diplomatic", "to": "B" * 16 + "/diplomatic"}
    text = notice(example(kind, marking=Marking.AMBER_STRICT, exercise=True, **longest), "+123456789012345")
    assert f"Answer by {until}." in text
    assert one_sms(text)


@given(st.sampled_from(Kind), TEXTS)
def test_of_a_red_message_it_says_that_there_is_one_and_nothing_of_what_it_says(kind: Kind, text: str) -> None:
    red = example(kind, marking=Marking.RED)
    other = replace(red, fields={one.name: text for one in FIELDS[kind]}, caveats=text)
    assert notice(red, NUMBER) == notice(other, NUMBER)


@pytest.mark.parametrize("exercise", [True, False])
@pytest.mark.parametrize("marking", OPEN)
def test_a_reply_says_that_it_agrees_to_nothing(marking: Marking, exercise: bool) -> None:
    text = notice(example(Kind.REPLY, marking=marking, exercise=exercise), NUMBER)
    assert "To DAX7-01. It says: Received. This agrees to nothing." in text


@pytest.mark.parametrize("until", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "1899-12-31T23:59Z", "soon"])
def test_a_time_that_no_clock_shows_stands_in_no_notice_and_goes_in_no_message(until: str) -> None:
    ping = example(Kind.PING)
    fields = {**ping.fields, "deadline": until}
    assert "Answer by" not in notice(replace(ping, fields=fields), NUMBER)
    assert [one.field for one in problems(Kind.PING, fields)] == ["deadline"]


def test_what_somebody_wrote_into_a_field_is_no_sentence_of_the_notice() -> None:
    forged = example(Kind.WITHDRAWAL, fields={"about": "all of it. Call +999", "reason": "now"})
    assert "999" not in notice(forged, NUMBER)


@pytest.mark.parametrize("number", ["", "our duty line", "+", "+1234567890123456", "٣٧٢٥٥٥٥", "1" * 50])
def test_a_number_that_nobody_can_call_is_refused(number: str) -> None:
    with pytest.raises(Refused, match="Give a number to call back"):
        notice(example(Kind.PING), number)


# --- in parts, and joined ------------------------------------------------------------------------------------------


@twice_as_many
@given(messages(), st.randoms(use_true_random=False))
def test_all_parts_in_any_order_some_twice_are_the_message(said: Said, chance: Random) -> None:
    sent = parts(said)
    assert all(length(part).parts == 1 for part in sent)
    assert all(part.startswith("EXERCISE ") == said.exercise for part in sent)
    came = [*sent, *chance.sample(sent, len(sent) // 2)]
    chance.shuffle(came)
    assert joined(came) == said


@pytest.mark.parametrize("marking", OPEN)
@pytest.mark.parametrize("kind", Kind)
def test_each_kind_goes_in_parts_and_comes_back(kind: Kind, marking: Marking) -> None:
    said = example(kind, marking=marking, caveats="For your team.", exercise=marking is Marking.GREEN)
    assert joined(parts(said)) == said


def typed(part: str, chance: Random) -> str:
    """As somebody types it from a phone's screen: the head small, lines broken where the screen breaks them."""
    words = part.split(" ")
    last = 3 if words[0] == "EXERCISE" else 2
    head = "  ".join(words[: last + 1]).lower().replace("/", " / ")
    blanks = [" ", "  ", "\n", " \r\n ", "\t"]
    return "\n " + head + "".join(chance.choice(blanks) + word for word in words[last + 1 :]) + " \n"


@twice_as_many
@given(messages(), st.randoms(use_true_random=False))
def test_small_letters_in_the_head_and_stray_blanks_do_no_harm(said: Said, chance: Random) -> None:
    assert joined([typed(part, chance) for part in parts(said)]) == said


@given(messages(), st.data())
def test_missing_parts_are_named(said: Said, data: st.DataObject) -> None:
    sent = parts(said)
    left_out = data.draw(st.sets(st.integers(1, len(sent)), min_size=1, max_size=len(sent) - 1)) if sent[1:] else {1}
    found = joined([part for number, part in enumerate(sent, 1) if number not in left_out])
    assert isinstance(found, Lacking)
    if sent[1:]:
        assert found.missing == tuple(sorted(left_out))
        assert f"Part {min(left_out)} of {len(sent)} is missing." in found.sentences
    else:
        assert found.sentences == ("No part of a message is among these that checks.",)


@twice_as_many
@given(messages(), st.data())
def test_a_sign_typed_wrongly_is_told_and_never_makes_another_message(said: Said, data: st.DataObject) -> None:
    sent = parts(said)
    place = data.draw(st.integers(0, len(sent) - 1))
    at = data.draw(st.integers(0, len(sent[place]) - 1))
    sign = data.draw(st.one_of(st.characters(codec="utf-8"), st.sampled_from(string.printable)))
    wrong = sent[place][:at] + sign + sent[place][at + 1 :]
    found = joined([*sent[:place], wrong, *sent[place + 1 :]])
    if found != said:  # a blank for a line's end, a small letter in the head
        assert isinstance(found, Lacking)
        assert [one.place for one in found.wrong] == [place + 1]
        assert found.missing in [(place + 1,), ()]


@pytest.mark.parametrize("exercise", [True, False])
def test_of_all_single_wrong_letters_in_a_message_none_passes(exercise: bool) -> None:
    said = example(Kind.NOTIFICATION, exercise=exercise)
    sent = parts(said)
    tried = passed = 0
    for place, part in enumerate(sent):
        for at, was in enumerate(part):
            for sign in "aeinorstAEINORST0123456789 -/*":
                if sign != was:
                    tried += 1
                    wrong = part[:at] + sign + part[at + 1 :]
                    found = joined([*sent[:place], wrong, *sent[place + 1 :]])
                    passed += not isinstance(found, Lacking) and found != said
    assert tried > 5_000
    assert passed == 0


def test_a_wrong_copy_does_not_matter_where_a_good_one_is() -> None:
    said = example(Kind.TERRITORY)
    sent = parts(said)
    assert joined([sent[0].replace("observed", "obsreved"), "good morning", *sent]) == said


def test_an_exercise_typed_without_the_word_is_no_real_message() -> None:
    sent = parts(example(Kind.TERRITORY, exercise=True))
    found = joined([part.removeprefix("EXERCISE ") for part in sent])
    assert isinstance(found, Lacking)
    assert [one.said for one in found.wrong] == [
        f"Part {number} is not as it was sent: compare it sign by sign, or ask for it again."
        for number in range(1, len(sent) + 1)
    ]


def test_nothing_is_made_of_parts_of_two_messages() -> None:
    one = example(Kind.TERRITORY)
    with pytest.raises(Refused, match=r"more than one message lie together \(DAX7-02, DAX7-03\)"):
        joined([*parts(one), *parts(replace(one, ref="DAX7-03"))])
    with pytest.raises(Refused, match="Parts of an EXERCISE and of a real case"):
        joined([*parts(one)[:1], *parts(replace(one, exercise=True))[1:]])
    with pytest.raises(Refused, match="Two versions of DAX7-02"):
        joined([*parts(one)[:1], *parts(replace(one, fields={**one.fields, "asked": "That it stops."}))[1:]])


def test_a_red_message_goes_in_no_text_messages() -> None:
    with pytest.raises(Refused, match="TLP:RED goes into no text message: send the notice"):
        parts(example(Kind.PING, marking=Marking.RED))


def test_what_would_take_a_thousand_texts_is_refused_with_another_way() -> None:
    long = {one.name: "水\U000e0041" * (MOST // 2) for one in FIELDS[Kind.CONSULTATION]}
    with pytest.raises(Refused, match="more than 999 text messages: read it aloud, or send it as a form"):
        parts(example(Kind.CONSULTATION, ref="X" * 16, fields=long, exercise=True))


@pytest.mark.parametrize(
    "text", ["", "DAX7-01", "x" * 2_000, "DAX7-01 1/1 AAA-AAAA *1", "9-" * 400, "EXERCISE " * 100, "DAX7-01 0/0 " * 80]
)
def test_what_is_no_part_is_told_by_its_place(text: str) -> None:
    found = joined(["good morning", text])
    assert isinstance(found, Lacking)
    assert [one.place for one in found.wrong] == [1, 2]
    assert len(found.sentences) == 3


def test_no_more_texts_are_joined_than_a_message_can_have() -> None:
    with pytest.raises(Refused, match="At most 2,997 texts"):
        joined(["x"] * 3_000)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ref": "dax7 01"}, "Reference: It has at most 16 capital letters"),
        ({"sender": "Estonia"}, "From: Write a code of at most 16 letters, a slash and one of diplomatic"),
        ({"fields": {"who": "them"}}, "who: A reply has no such field: leave it out."),
        ({"fields": {"text": "x" * (MOST + 1)}}, "Answer: It has more than 2,000 characters: shorten it."),
        (
            {"at": datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))},
            "Time: A message says when it was written, with its zone.",
        ),
        (
            {"at": datetime(2026, 11, 27)},
            "Time: A message says when it was written, with its zone.",
        ),
    ],
)
def test_what_no_form_can_bear_is_refused_by_the_name_of_the_field(changes: dict[str, object], told: str) -> None:
    said = example(Kind.REPLY, **changes)
    for send in (parts, lambda said: notice(said, NUMBER)):
        with pytest.raises(Refused) as refused:
            send(said)
        assert str(refused.value).startswith(told)


def test_the_kinds_of_reply_have_words_that_fit_into_a_notice() -> None:
    for answer in Answer:
        text = notice(example(Kind.REPLY, fields={"about": "DAX7-01", "answer": answer}), NUMBER)
        assert "It says: " in text
