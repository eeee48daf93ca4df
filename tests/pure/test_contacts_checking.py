"""What an office's record must have before anybody nominates it: nobody is deceived by what is shown of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.checking import is_mail, problems, read, tidy, unreadable, written
from rapport.contacts.model import Channel, Means, Office, Post, Role

PHONE = Channel(Means.PHONE, "+254700000101")
OFFICE = Office(
    "kenya", Role.TECHNICAL, "Response team",
    tuple(Post(title, "", (), (Channel(Means.PHONE, f"+25470000010{n}"),)) for n, title in enumerate(("A", "B", "C"))),
    (PHONE,), languages=("en",), hours="24/7", time_zone="Africa/Nairobi", authority="May shut a port", note="12/2026",
)  # fmt: skip


def fields(**more: object) -> list[str]:
    return [one.field for one in problems(replace(OFFICE, **more))]  # type: ignore[arg-type]


def by(means: Means, value: str) -> list[str]:
    return fields(channels=(Channel(means, value),))


def test_a_whole_record_has_no_problem_and_is_read_as_it_was_written() -> None:
    assert fields() == []
    assert read(written(OFFICE)) == OFFICE


@pytest.mark.parametrize(
    "value", ["\u202emoc.elpmaxe@x.example", "du\u200bty@x.example", "duty@x..example", "a\x1b@x.example", "duty@x"]
)
def test_an_address_that_reads_otherwise_than_it_is_written_to_is_refused(value: str) -> None:
    assert by(Means.EMAIL, value) == ["channels.0"]


@pytest.mark.parametrize("text", ["\u200b", "  ", "\u202eelpmaxe", "Te\x07am", "—"])
def test_a_title_that_nobody_reads_or_that_is_turned_around_is_refused(text: str) -> None:
    assert fields(title=text) == ["title"]
    assert fields(title="فريق الاستجابة \u200f") == []


@pytest.mark.parametrize("zone", ["localtime", "Factory", "EST5EDT", "Africa/Nowhere", ""])
def test_a_clock_that_is_of_no_place_is_refused_of_our_records_and_of_what_lists_say(zone: str) -> None:
    assert fields(time_zone=zone) == ["time_zone"]
    assert [one.field for one in unreadable(replace(OFFICE, time_zone=zone))] == (["time_zone"] if zone else [])


@pytest.mark.parametrize("typed", ["+49 (0)30 1234567", "+44(0)20 7946 0000"])
def test_a_nought_that_is_dialled_at_home_alone_is_never_put_into_a_number(typed: str) -> None:
    assert by(Means.PHONE, tidy(typed)) == ["channels.0"]
    (problem,) = problems(replace(OFFICE, channels=(Channel(Means.PHONE, tidy(typed)),)))
    assert "Leave the (0) out" in problem.said


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), st.lists(st.sampled_from(" .-/()\u00a0"), max_size=20))
def test_signs_between_figures_change_no_number(number: str, signs: list[str]) -> None:
    typed = number[0] + "".join(a + b for a, b in zip(number[1:], [*signs, *[""] * len(number)], strict=False))
    assert tidy(typed) in (number, typed)
    assert "(0)" in typed or tidy(typed) == number


@given(st.emails())
def test_whoever_has_a_usual_address_may_give_it(address: str) -> None:
    name, _, host = address.partition("@")
    if name.replace(".", "").isalnum() and host.isascii() and not host.startswith("[") and not host[-1].isdigit():
        assert is_mail(address) or ".." in address or len(host.rpartition(".")[2]) < 2
