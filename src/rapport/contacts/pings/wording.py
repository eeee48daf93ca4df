"""Pure: what a ping says, in the languages of the United Nations, and which words of an answer say that it reached the
wrong office. Written by us; not yet read by native speakers of all six."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

#: Letters and digits that nobody takes for another (no I, L, O, U, 0, 1), as in Crockford's base 32.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE = re.compile(r"(?<![0-9A-Za-z])([2-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{4})[-\u2010-\u2014 ]?([2-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{4})(?![0-9A-Za-z])")  # fmt: skip
_MOST_CODES = 20  # words of a message that are looked up as codes [ours: a letter quotes one]

#: Whoever begins an answer with one of these says that the ping reached the wrong office.
WRONG: Mapping[str, Sequence[str]] = {
    "en": ("WRONG",), "fr": ("FAUX",), "es": ("ERROR",), "ru": ("НЕВЕРНО",), "ar": ("خطأ",), "zh": ("错误", "錯誤"),
}  # fmt: skip

_SHORT: Mapping[str, str] = {
    "en": "{drill}TEST of contacts, {network}. Nothing has happened. Answer with {code} by {until} UTC; if this is not "
    "the right office, with {wrong} {code}. It agrees to nothing.",
    "fr": "{drill}ESSAI des contacts, {network}. Il ne s'est rien passé. Répondez {code} avant {until} UTC; si ce n'est "
    "pas le bon bureau, {wrong} {code}. Cela n'engage à rien.",
    "es": "{drill}PRUEBA de contactos, {network}. No ha pasado nada. Responda {code} antes de {until} UTC; si no es la "
    "oficina correcta, {wrong} {code}. No compromete a nada.",
    "ru": "{drill}ПРОВЕРКА связи, {network}. Ничего не случилось. Ответьте {code} до {until} UTC; если это не то "
    "ведомство: {wrong} {code}. Ответ ни к чему не обязывает.",
    "ar": "{drill}اختبار لجهات الاتصال، {network}. لم يحدث شيء. أجيبوا بالرمز {code} قبل {until} UTC، وإن لم تكونوا "
    "المكتب المقصود: {wrong} {code}. الرد لا يعني الموافقة على شيء.",
    "zh": "{drill}联络点测试，{network}。没有发生任何事件。请在 UTC {until} 之前回复 {code}；如果不是正确的机构，请回复 {wrong} {code}。"
    "回复不表示同意任何内容。",
}
_LINK: Mapping[str, str] = {
    "en": "Or open this address and say so there:",
    "fr": "Ou ouvrez cette adresse et dites-le là :",
    "es": "O abra esta dirección y dígalo allí:",
    "ru": "Или откройте этот адрес и ответьте там:",
    "ar": "أو افتحوا هذا العنوان وأجيبوا هناك:",
    "zh": "或打开此网址并在那里回复：",
}
LANGUAGES = tuple(_SHORT)


@dataclass(frozen=True, slots=True)
class Codes:
    """What proves that a ping arrived: to be typed, and in a link. Each is shown to whoever is pinged and nobody else."""

    typed: str
    link: str


def drawn() -> Codes:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return Codes(f"{letters[:4]}-{letters[4:]}", secrets.token_urlsafe(18))


def language_of(spoken: Sequence[str]) -> str:
    """The first language of an office in which a ping can be written; English where there is none."""
    return next((one[:2] for one in spoken if one[:2] in _SHORT), "en")


def text(language: str, network: str, codes: Codes, until: datetime, address: str, *, exercise: bool) -> str:
    """`address`: the link, "" where none is to be given, as in a text message."""
    short = _SHORT[language].format(
        drill="EXERCISE. " if exercise else "",
        network=network,
        code=codes.typed,
        until=until.astimezone(UTC).strftime("%d.%m. %H:%M"),
        wrong=WRONG[language][0],
    )
    return f"{short}\n\n{_LINK[language]}\n{address}" if address else short


def codes_in(said: str) -> list[str]:
    """What may be codes in a text that somebody wrote, as `drawn` writes them, in their order."""
    found = (f"{one[1]}-{one[2]}".upper() for one in _CODE.finditer(said[:20_000]))
    return list(dict.fromkeys(found))[:_MOST_CODES]


def says_wrong(said: str) -> bool:
    """Whether an answer begins with one of the words for the wrong office. Only how it begins counts: what is quoted
    below names the word too."""
    first = said.strip().strip("\"'«»“”*").upper()
    return any(first.startswith(word) for words in WRONG.values() for word in words)
