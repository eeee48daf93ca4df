"""A text is counted as the network counts it."""

from __future__ import annotations

import pytest

from rapport.text.sms import Length, length


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("", Length("GSM-7", 0, 1)),
        ("a" * 160, Length("GSM-7", 160, 1)),
        ("a" * 161, Length("GSM-7", 161, 2)),
        ("€" * 80, Length("GSM-7", 160, 1)),
        ("é à ù", Length("GSM-7", 5, 1)),
        ("ê" * 70, Length("UCS-2", 70, 1)),
        ("ê" + "a" * 70, Length("UCS-2", 71, 2)),
        ("🌊" * 35, Length("UCS-2", 70, 1)),
    ],
)
def test_letters_outside_the_alphabet_halve_the_room(text: str, counted: Length) -> None:
    assert length(text) == counted
