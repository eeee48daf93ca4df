"""Archive files of public posts come in like tables, without a person having to say what each name means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rapport.errors import Refused
from rapport.intake.imports.about import Context
from rapport.intake.imports.guess import propose
from rapport.intake.imports.judge import judging
from rapport.intake.imports.reading import LONGEST_LINE, rows
from rapport.values import Address, Box, Message

ABOUT = Context(
    zone="America/Port-au-Prince",
    now=datetime(2026, 1, 1, tzinfo=UTC),
    languages=("ht", "fr", "en"),
    box=Box(-74.6, 17.9, -71.5, 20.2),
    labels={},
    categories=(),
    fields=(),
)


def tweet(number: int) -> dict[str, object]:
    return {
        "id": 10**17 + number,
        "id_str": str(10**17 + number),
        "created_at": f"Tue Jan 12 21:53:{number % 60:02d} +0000 2010",
        "full_text": f"Nou bezwen dlo nan Delmas {number} #ayiti",
        "user": {"screen_name": f"moun{number}", "name": "Yon moun", "description": "m ap viv"},
        "coordinates": {"type": "Point", "coordinates": [-72.3, 18.5]},
        "retweet_count": number,
        "lang": "ht",
    }


def toot(number: int) -> dict[str, object]:
    return {
        "id": str(number),
        "uri": f"https://social.example.org/users/moun{number}/statuses/{number}",
        "url": f"https://social.example.org/@moun{number}/{number}",
        "created_at": "2010-01-12T21:53:00.000Z",
        "content": f"<p>Nou bezwen dlo<br>nan Delmas {number}</p>",
        "visibility": "public",
        "account": {"acct": f"moun{number}@social.example.org", "display_name": "Yon moun"},
        "tags": [{"name": "ayiti"}],
        "language": "ht",
    }


def read(path: Path) -> list[Message | Refused]:
    plan = propose(path, ABOUT).plan
    judge = judging(plan, ABOUT)
    return [judge(row) for row in rows(path, plan)]


def file(folder: Path, *lines: object) -> Path:
    path = folder / "posts.ndjson"
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return path


def test_tweets_come_in_with_their_account_as_sender_and_nothing_else_of_the_person(tmp_path: Path) -> None:
    found = read(file(tmp_path, *map(tweet, range(30))))
    first = found[0]
    assert isinstance(first, Message)
    assert (first.text, first.gateway_id) == ("Nou bezwen dlo nan Delmas 0 #ayiti", "100000000000000000")
    assert (first.sender, first.language) == (Address("name", "moun0"), "ht")
    assert first.sent_at == datetime(2010, 1, 12, 21, 53, tzinfo=UTC)
    assert first.place is not None
    assert (first.place.lon, first.place.lat) == (-72.3, 18.5)
    assert first.fields["retweet_count"] == "0"
    assert "moun" not in json.dumps(dict(first.fields))


def test_posts_of_mastodon_come_in_without_markup_and_their_account_is_no_mail(tmp_path: Path) -> None:
    found = read(file(tmp_path, *map(toot, range(30))))
    first = found[0]
    assert isinstance(first, Message)
    assert first.text == "Nou bezwen dlo\nnan Delmas 0"
    assert first.sender == Address("name", "moun0@social.example.org")
    assert first.categories == ()
    assert "moun" not in json.dumps(dict(first.fields))


def test_what_a_later_line_tells_of_a_person_is_left_out_too(tmp_path: Path) -> None:
    later = tweet(5_001)
    later["user"] = {"screen_name": "moun", "location": "lari Delmas 33"}
    found = read(file(tmp_path, *map(tweet, range(5_001)), later))
    assert isinstance(found[-1], Message)
    assert "lari" not in json.dumps(dict(found[-1].fields))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{not json}\n", "unreadable"),
        ("[1]\n", "unreadable"),
        ('{"id_str": "' + "9" * LONGEST_LINE + '"}\n', "too_large"),
        ('{"a": ' + "[" * 60 + "]" * 60 + "}\n", "too_deep"),
    ],
)
def test_a_line_that_is_no_post_is_named_by_its_number_and_the_others_come_in(
    line: str, reason: str, tmp_path: Path
) -> None:
    found = read(file(tmp_path, tweet(1), line, tweet(2)))
    assert [isinstance(one, Message) for one in found] == [True, False, True]
    assert isinstance(found[1], Refused)
    assert (found[1].reason, found[1].row) == (reason, 2)
