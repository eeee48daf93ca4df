"""Pure: what an office's record must have before anybody nominates it, and how it is kept and read again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from zoneinfo import available_timezones

import msgspec

from rapport.contacts import hours
from rapport.contacts.kinds import Problem
from rapport.contacts.model import Channel, Means, Office, Post
from rapport.contacts.sound import unsound
from rapport.errors import BadDefinition

#: Who answers when the first does not: a record of one person is none (P1 of the requirements, [ours]).
ALTERNATES = 2
#: Most of each, and the longest text [ours: what a page and a card can bear].
POSTS, CHANNELS, LANGUAGES, KEYS, WORDS = 8, 8, 8, 6, 300

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164: fifteen digits at most
_MAIL = re.compile(r"[^\s@<>\"(),;:\\]{1,64}@[A-Za-z0-9.-]{1,250}\.[A-Za-z0-9-]{2,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_FINGERPRINT = re.compile(r"[0-9A-F]{32,128}")
_NUMBERED = frozenset({Means.PHONE, Means.SMS, Means.SIGNAL, Means.FAX})
_KEYS = ("openpgp", "ed25519", "x509")


def problems(office: Office) -> Sequence[Problem]:
    """What is missing or cannot be, the first field first, each with its remedy; nothing if it may be nominated. Names
    of fields are those of the form: `posts.1.title`, `channels.0`."""
    return list(_problems(office))


def _problems(office: Office) -> Iterator[Problem]:
    yield from _words("title", office.title, "Say how the office is called.")
    if len(office.posts) <= ALTERNATES:
        yield Problem("posts", f"Name one who answers first and at least {ALTERNATES} who answer in their place.")
    if len(office.posts) > POSTS:
        yield Problem("posts", f"At most {POSTS} posts are kept.")
    for number, post in enumerate(office.posts):
        yield from _post(f"posts.{number}", post)
    if len(office.posts) > ALTERNATES and (shared := _shared(office)):
        yield Problem("posts", f"{shared} stands at every post: if it is dead, nobody is reached. Give another one.")
    yield from _channels("channels", office.channels)
    yield from _languages("languages", office.languages)
    if not office.languages:
        yield Problem("languages", "Say in which languages the office answers.")
    yield from _hours(office)
    yield from _words(
        "authority", office.authority, "Say what the office may decide by itself, or that it may nothing."
    )
    yield from _words("note", office.note, "Say by which note it is nominated: its number and date.")
    if len(office.keys) > KEYS:
        yield Problem("keys", f"At most {KEYS} keys are kept.")
    for number, key in enumerate(office.keys):
        if key.kind not in _KEYS or not _FINGERPRINT.fullmatch(key.fingerprint):
            yield Problem(f"keys.{number}", "Write a kind (openpgp, ed25519, x509) and its fingerprint in hexadecimal.")
    if office.valid_from and office.valid_until and office.valid_until < office.valid_from:
        yield Problem("valid_until", "It ends before it begins.")


def _post(at: str, post: Post) -> Iterator[Problem]:
    yield from _words(f"{at}.title", post.title, "Say which post it is: an office outlasts the people in it.")
    yield from _shown(f"{at}.name", post.name)
    if not post.channels:
        yield Problem(f"{at}.channels", "Say how this post is reached.")
    yield from _channels(f"{at}.channels", post.channels)
    yield from _languages(f"{at}.languages", post.languages)


def _shared(office: Office) -> str:
    """A way to reach somebody that is the only one of all of its posts."""
    only = {post.channels[0].value if len(post.channels) == 1 else "" for post in office.posts}
    return next(iter(only)) if len(only) == 1 else ""


def _channels(at: str, channels: Sequence[Channel]) -> Iterator[Problem]:
    if len(channels) > CHANNELS:
        yield Problem(at, f"At most {CHANNELS} are kept.")
    for number, one in enumerate(channels):
        if one.means in _NUMBERED and not _NUMBER.fullmatch(one.value):
            remedy = "Write the number in international form, as +50937000000."
            yield Problem(f"{at}.{number}", f"{remedy} Leave the (0) out." if "(0)" in one.value else remedy)
        elif one.means is Means.EMAIL and not is_mail(one.value):
            yield Problem(f"{at}.{number}", "Write an address like duty@example.org.")
        elif not one.value.strip() or len(one.value) > WORDS or len(one.note) > WORDS:
            yield Problem(f"{at}.{number}", f"Write 1 to {WORDS} characters.")
        else:
            yield from _shown(f"{at}.{number}", one.value)
            yield from _shown(f"{at}.{number}", one.note)


def _languages(at: str, languages: Sequence[str]) -> Iterator[Problem]:
    if len(languages) > LANGUAGES:
        yield Problem(at, f"At most {LANGUAGES} are kept.")
    for one in languages:
        if not _LANGUAGE.fullmatch(one):
            yield Problem(at, f"“{one[:20]}” is no code of a language: write en, fr, pt-BR.")


def _words(at: str, text: str, remedy: str) -> Iterator[Problem]:
    if not any(sign.isalnum() for sign in text):  # blanks that no page shows are no words
        yield Problem(at, remedy)
    else:
        yield from _shown(at, text)


def _shown(at: str, text: str) -> Iterator[Problem]:
    if len(text) > WORDS:
        yield Problem(at, f"At most {WORDS} characters.")
    elif unsound(text):
        yield Problem(at, "It holds signs that no page shows, or that turn letters around: take them out.")


def _hours(office: Office) -> Iterator[Problem]:
    if not _placed(office.time_zone):
        yield Problem("time_zone", "Choose the time zone of a place by its name, such as Africa/Nairobi, or UTC.")
    try:
        hours.read(office.hours, "UTC")
    except BadDefinition as bad:
        yield Problem("hours", str(bad))


def _placed(zone: str) -> bool:
    """Whether a zone is one of a place (or UTC): the database has names of other kinds too, such as `localtime`, which
    mean another time on every machine."""
    return zone == "UTC" or ("/" in zone and zone in _zones())


@lru_cache(1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


# --- kept and read again -------------------------------------------------------------------------------------------


def written(office: Office) -> bytes:
    """As JSON, the same bytes for the same office."""
    return msgspec.json.encode(office, order="deterministic")


def read(data: bytes) -> Office:
    """What `written` wrote."""
    return msgspec.json.decode(data, type=Office)


def is_mail(text: str) -> bool:
    """Whether a letter can go there, and whoever reads the address sees the same one: none that holds signs which no
    page shows or which turn letters around (Unicode's control and format characters)."""
    return (
        bool(_MAIL.fullmatch(text))
        and ".." not in text
        and not any(unicodedata.category(one) in {"Cc", "Cf", "Cs"} for one in text)
    )


def tidy(number: str) -> str:
    """A number as people write it, without its spaces, dots, dashes and brackets; 00 in front as +. One with a nought
    in brackets stays as it is: that is dialled at home alone, and a person takes it out."""
    if "(0)" in number:
        return number
    bare = re.sub(r"[\s().\-\u00a0\u2010-\u2015/]", "", number)
    return f"+{bare[2:]}" if bare.startswith("00") else bare


# --- what lists of several networks say ----------------------------------------------------------------------------


def unreadable(office: Office) -> Sequence[Problem]:
    """What cannot be in what another network's list says of an office. Lists say less than ours asks for: what one
    says nothing of is left empty and is no problem."""
    if not (office.title.strip() or office.channels or office.posts):
        return [Problem("title", "Write what the list says: a name, a post or a number.")]
    return [one for one in _problems(office) if not _left_empty(office, one.field)]


def _left_empty(office: Office, field: str) -> bool:
    if field == "posts":
        return len(office.posts) <= POSTS
    if found := re.fullmatch(r"posts\.(\d+)\.(title|channels)", field):
        post = office.posts[int(found[1])]
        return not (post.title.strip() if found[2] == "title" else post.channels)
    return field in _MAY_BE_EMPTY and not getattr(office, field)


_MAY_BE_EMPTY = ("title", "languages", "hours", "time_zone", "authority", "note")
