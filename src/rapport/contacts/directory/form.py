"""Pure: an office's record as a form gives it, and as a form shows it: some rows beyond what is filled, so that no
script is needed to add one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rapport.contacts.checking import CHANNELS, KEYS, POSTS, tidy
from rapport.contacts.kinds import Problem
from rapport.contacts.model import Channel, Key, Means, Office, Post, Role

#: Rows shown beyond what is filled.
POSTS_SHOWN, CHANNELS_SHOWN, KEYS_SHOWN = 4, 3, 2
_NUMBERED = {Means.PHONE, Means.SMS, Means.SIGNAL, Means.FAX}


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post on the form. `at` begins the names of its fields."""

    at: str
    number: int
    post: Post
    channels: Sequence[tuple[str, Channel | None]]


def office_of(data: Mapping[str, str], party: str, role: Role) -> tuple[Office, Sequence[Problem]]:
    """What was typed, with what cannot be read of it. Rows that are empty are left out, so that the next one takes
    their place."""
    wrong: list[Problem] = []
    posts = [_post(data, f"posts.{n}", wrong) for n in range(POSTS)]
    made = Office(
        party=party,
        role=role,
        title=_text(data, "title"),
        posts=tuple(one for one in posts if one != Post("")),
        channels=_channels(data, "channels", wrong),
        languages=_codes(data, "languages"),
        hours=_text(data, "hours"),
        time_zone=_text(data, "time_zone"),
        authority=_text(data, "authority"),
        keys=_keys(data),
        note=_text(data, "note"),
        valid_from=_day(data, "valid_from", wrong),
        valid_until=_day(data, "valid_until", wrong),
    )
    return made, wrong


def post_rows(office: Office) -> list[PostRow]:
    """The posts of an office and some empty ones, as the form shows them."""
    count = min(POSTS, max(POSTS_SHOWN, len(office.posts) + 1))
    there = [*office.posts, *[Post("")] * (count - len(office.posts))]
    return [
        PostRow(f"posts.{n}", n, one, channel_rows(f"posts.{n}.channels", one.channels)) for n, one in enumerate(there)
    ]


def channel_rows(at: str, channels: Sequence[Channel]) -> list[tuple[str, Channel | None]]:
    count = min(CHANNELS, max(CHANNELS_SHOWN, len(channels) + 1))
    return [(f"{at}.{n}", channels[n] if n < len(channels) else None) for n in range(count)]


def key_rows(keys: Sequence[Key]) -> list[tuple[str, Key | None]]:
    count = min(KEYS, max(KEYS_SHOWN, len(keys) + 1))
    return [(f"keys.{n}", keys[n] if n < len(keys) else None) for n in range(count)]


def shown(record: Office, wrong: Sequence[Problem]) -> dict[str, object]:
    """What the fields of a record on a page are filled with (templates/contacts/_record.html)."""
    return {
        "record": record,
        "posts": post_rows(record),
        "channels": channel_rows("channels", record.channels),
        "keys": key_rows(record.keys),
        "means": list(Means),
        "wrong": wrong,
        "by_field": {one.field: one.said for one in reversed(wrong)},
    }


def _text(data: Mapping[str, str], name: str) -> str:
    return " ".join(data.get(name, "").split())


def _codes(data: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Codes of languages, with commas or spaces between them."""
    return tuple(dict.fromkeys(data.get(name, "").replace(",", " ").replace(";", " ").split()))


def _post(data: Mapping[str, str], at: str, wrong: list[Problem]) -> Post:
    channels = _channels(data, f"{at}.channels", wrong)
    return Post(_text(data, f"{at}.title"), _text(data, f"{at}.name"), _codes(data, f"{at}.languages"), channels)


def _channels(data: Mapping[str, str], at: str, wrong: list[Problem]) -> tuple[Channel, ...]:
    found = []
    for n in range(CHANNELS):
        value, means, note = (_text(data, f"{at}.{n}.{part}") for part in ("value", "means", "note"))
        if not value and not note:
            continue
        if means not in set(Means):
            wrong.append(Problem(f"{at}.{n}", "Choose by what it is: phone, e-mail …"))
            continue
        by = Means(means)
        found.append(Channel(by, tidy(value) if by in _NUMBERED else value, note))
    return tuple(found)


def _keys(data: Mapping[str, str]) -> tuple[Key, ...]:
    rows = [(_text(data, f"keys.{n}.kind"), _text(data, f"keys.{n}.fingerprint")) for n in range(KEYS)]
    return tuple(Key(kind, mark.replace(" ", "").replace(":", "").upper()) for kind, mark in rows if mark)


def _day(data: Mapping[str, str], name: str, wrong: list[Problem]) -> date | None:
    text = _text(data, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        wrong.append(Problem(name, "Write a day as 2027-01-31, or none."))
        return None


# --- what another nomination changes -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the record that is otherwise now: "" where there was or is none."""

    name: str
    before: str
    after: str


def lines(office: Office) -> dict[str, str]:
    """Every line of a record, by what it is called: what a second person reads before approving."""
    found = {
        "Name of the office": office.title,
        "Languages": ", ".join(office.languages),
        "Hours": office.hours,
        "Time zone": office.time_zone,
        "May decide by itself": office.authority,
        "Note": office.note,
        "Valid from": office.valid_from.isoformat() if office.valid_from else "",
        "Valid until": office.valid_until.isoformat() if office.valid_until else "",
    }
    found |= {f"Office, {n}": channel_line(one) for n, one in enumerate(office.channels, 1)}
    for number, post in enumerate(office.posts):
        called = "Primary" if number == 0 else f"Alternate {number}"
        found[called] = ", ".join(filter(None, (post.title, post.name, " ".join(post.languages))))
        found |= {f"{called}, {n}": channel_line(one) for n, one in enumerate(post.channels, 1)}
    return found | {f"Key {n}": f"{one.kind} {one.fingerprint}" for n, one in enumerate(office.keys, 1)}


def channel_line(one: Channel) -> str:
    return f"{one.means.value} {one.value}" + (f" ({one.note})" if one.note else "")


def changes(before: Office | None, after: Office) -> list[Change]:
    """What is otherwise, line by line, in the order of the record."""
    old, new = (lines(before) if before else {}), lines(after)
    names = [*new, *(name for name in old if name not in new)]
    return [Change(one, old.get(one, ""), new.get(one, "")) for one in names if old.get(one, "") != new.get(one, "")]
