"""Pure: archive files of public posts, one object a line as the network's API gave it: which names mean what, and which
tell of the person who wrote, of whom only the account is kept, sealed.

Names as in docs.joinmastodon.org, entity "Status", and in the tweet objects of X's API 1.1, in which its archives of
crises are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Layout:
    """How one network writes a post. `marks`: names that all stand in such a file; `private`: beginnings of names that
    tell of people; `markup`: its text is HTML; `date_format` as strptime's, "" where dates show their form."""

    name: str
    marks: frozenset[str]
    roles: Mapping[str, str]
    private: tuple[str, ...]
    markup: bool = False
    date_format: str = ""
    ignored: tuple[str, ...] = field(default=())  # whose names look like something else

    def tells_of_people(self, name: str) -> bool:
        return name.startswith(self.private) and name not in self.roles


LAYOUTS = (
    Layout(
        name="Mastodon",
        marks=frozenset({"account/acct", "content", "visibility"}),
        roles={
            "uri": "id", "content": "text", "created_at": "date", "account/acct": "sender", "language": "language",
            "tags": "ignore",
        },
        private=("account/", "mentions", "reblog/account/", "url"),
        markup=True,
        ignored=("id", "spoiler_text"),
    ),
    Layout(
        name="Twitter",
        marks=frozenset({"user/screen_name", "id_str", "created_at"}),
        roles={
            "id_str": "id", "full_text": "text", "text": "text", "created_at": "date", "user/screen_name": "sender",
            "lang": "language", "coordinates/coordinates": "coordinates",
        },
        private=("user/", "in_reply_to_screen_name", "in_reply_to_user", "entities/user_mentions",
                 "retweeted_status/user/", "quoted_status/user/"),
        date_format="%a %b %d %H:%M:%S %z %Y",
        ignored=("id", "coordinates/type", "geo/coordinates", "geo/type", "source"),
    ),
)  # fmt: skip


def layout_of(columns: Sequence[str]) -> Layout | None:
    """The network whose posts these are, by the names in the file; None for other files."""
    names = set(columns)
    return next((one for one in LAYOUTS if one.marks <= names), None)


def roles(layout: Layout, columns: Sequence[str]) -> dict[str, str]:
    """What its columns are, as far as the layout says. Of two texts the longer form is the text."""
    found = {name: role for name, role in layout.roles.items() if name in columns}
    if "full_text" in found and "text" in found:
        found["text"] = "left_out"
    found |= {name: "left_out" for name in columns if layout.tells_of_people(name)}
    return found | {name: "ignore" for name in layout.ignored if name in columns}
