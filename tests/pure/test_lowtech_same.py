"""A message that was taken up by phone and comes again over the line is there once; another version is told."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import given

from rapport.contacts.kinds import Kind, Said
from rapport.contacts.lowtech.fax import form, read
from rapport.contacts.lowtech.same import Sameness, content, same
from rapport.contacts.lowtech.sms import joined, parts
from rapport.contacts.lowtech.spoken import heard, script
from rapport.values import Marking
from tests.pure.office_messages import example, messages


@given(messages())
def test_by_whatever_way_it_came_it_is_the_same(said: Said) -> None:
    typed = joined(parts(said))
    assert isinstance(typed, Said)
    for came in (typed, heard(script(said)), read(form(said)).said):
        assert same(said, came) is Sameness.SAME


def test_what_gets_lost_in_speaking_makes_no_second_message() -> None:
    said = example(Kind.REPLY, fields={"about": "DAX7-01", "answer": "received", "text": "Merci à vous.\nÀ demain."})
    spoken = replace(
        said,
        at=said.at.astimezone(timezone(timedelta(hours=4))),
        fields={
            "next_at": " ",
            "text": unicodedata.normalize("NFD", " Merci à vous.\r\nÀ demain.\n"),
            "answer": "received",
            "about": "DAX7-01",
        },
    )
    assert same(said, spoken) is Sameness.SAME


@pytest.mark.parametrize(
    "changes",
    [
        {"case": "DAX8"},
        {"kind": Kind.CORRECTION},
        {"sender": "EE/policy"},
        {"to": "LT/technical"},
        {"at": example(Kind.PING).at + timedelta(microseconds=1)},
        {"fields": {"about": "DAX7-01", "reason": "now"}},
        {"marking": Marking.GREEN},
        {"caveats": "not for the press"},
        {"exercise": True},
    ],
)
def test_another_version_under_the_same_reference_is_a_conflict(changes: dict[str, object]) -> None:
    said = example(Kind.WITHDRAWAL)
    assert same(said, example(Kind.WITHDRAWAL, **changes)) is Sameness.CONFLICT


def test_under_another_reference_it_is_another_message() -> None:
    said = example(Kind.WITHDRAWAL)
    assert same(said, replace(said, ref="DAX7-03")) is Sameness.DIFFERENT


def test_a_text_moved_from_one_field_to_the_next_is_another_content() -> None:
    one = example(Kind.WITHDRAWAL, fields={"about": "a", "reason": "b"})
    assert content(one) != content(replace(one, fields={"about": "b", "reason": "a"}))
    assert content(one) != content(replace(one, fields={"about": "a", "reason": ""}, caveats="b"))
