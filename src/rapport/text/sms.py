"""How many SMS a text takes: 160 letters of the GSM alphabet, or 70 with any other letter in it (3GPP TS 23.038)."""

from __future__ import annotations

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # each takes two places
_GSM, _UCS2 = (160, 153), (70, 67)  # in one SMS, and in each of several


@dataclass(frozen=True, slots=True)
class Length:
    """`units` of the alphabet that the text takes, and in how many SMS it goes out."""

    alphabet: str  # GSM-7 or UCS-2
    units: int
    parts: int


def length(text: str) -> Length:
    if all(letter in _BASIC or letter in _EXTENDED for letter in text):
        units = sum(2 if letter in _EXTENDED else 1 for letter in text)
        return Length("GSM-7", units, _parts(units, _GSM))
    units = len(text.encode("utf-16-le")) // 2
    return Length("UCS-2", units, _parts(units, _UCS2))


def _parts(units: int, room: tuple[int, int]) -> int:
    alone, each = room
    return 1 if units <= alone else -(-units // each)
