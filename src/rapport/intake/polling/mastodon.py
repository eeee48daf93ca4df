"""Public posts of Mastodon, by a tag or of an account, over its API for programs (docs.joinmastodon.org, methods
"timelines" and "accounts", entity "Status")."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.intake.polling.fetch import Unanswered
from rapport.intake.polling.plain import words
from rapport.plugins import EVERY, GetsPages, Polled, Setting
from rapport.values import Address, Fetched, Json, Message

MOST = 4 * 1024 * 1024  # bytes of an answer
A_PAGE = 40  # posts; the server gives no more at once
PAGES = 5  # of one visit; what is left comes with the next [ours]
_ID = re.compile(r"[0-9]{1,20}", re.ASCII)
_ACCOUNT = re.compile(r"@?([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?(@[A-Za-z0-9.-]+)?)")


def poll(settings: Mapping[str, str], state: dict[str, Json], web: GetsPages) -> Iterator[Fetched | Refused]:
    """Posts since the last visit, the oldest first; with the first one the newest forty."""
    server = settings["server"].strip().rstrip("/")
    of = settings["of"].strip()
    if state.get("of") != f"{server} {of}":  # another tag has other posts
        state.clear()
        state["of"] = f"{server} {of}"
    headers = {"Accept": "application/json"}
    if token := settings.get("token", ""):
        headers["Authorization"] = f"Bearer {token}"
    base = _timeline(server, of, state, web, headers)
    for _ in range(PAGES):
        last = state.get("last")
        since = f"&min_id={last}" if isinstance(last, str) else ""
        posts = _posts(web.get(f"{base}{since}", headers, MOST).body)
        for number, post in posts:
            yield _message(post, server)
            state["last"] = number
        if not since or len(posts) < A_PAGE:
            return


def _timeline(server: str, of: str, state: dict[str, Json], web: GetsPages, headers: Mapping[str, str]) -> str:
    """The address of the posts; an account is looked up once."""
    if of.startswith("#"):
        return f"{server}/api/v1/timelines/tag/{quote(of[1:], safe='')}?limit={A_PAGE}"
    account = _ACCOUNT.fullmatch(of)
    if account is None:
        raise Unanswered("Write #tag, or the name of an account as @name@host.")
    if "account" not in state:
        found = _json(web.get(f"{server}/api/v1/accounts/lookup?acct={quote(account[1])}", headers, MOST).body)
        number = found.get("id") if isinstance(found, dict) else None
        if not isinstance(number, str) or not _ID.fullmatch(number):
            raise Unanswered("The server does not know this account.")
        state["account"] = number
    return f"{server}/api/v1/accounts/{state['account']}/statuses?limit={A_PAGE}&exclude_reblogs=true"


def _json(body: bytes) -> Json:
    try:
        value: Json = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise Unanswered("It does not answer as a Mastodon server does.") from error
    if wire.deeper(value, wire.DEEPEST):
        raise Unanswered("It does not answer as a Mastodon server does.")
    return value


def _posts(body: bytes) -> list[tuple[str, dict[str, Json]]]:
    """The posts with their numbers, the oldest first. Numbers grow with time, and are texts, for they are long."""
    value = _json(body)
    if not isinstance(value, list):
        raise Unanswered("It does not answer as a Mastodon server does.")
    found = [(str(post.get("id")), post) for post in value[: 2 * A_PAGE] if isinstance(post, dict)]
    return sorted((one for one in found if _ID.fullmatch(one[0])), key=lambda one: int(one[0]))


def _message(post: Mapping[str, Json], server: str) -> Fetched | Refused:
    """A public post. Its page's address holds the name of who wrote it, so that stays sealed with the post; its number
    and the server stand in the fields, by which it can be found."""
    if post.get("visibility") != "public" or post.get("reblog"):
        return Refused("not_public", "The post is not public, or repeats another one.")
    said = {name: post.get(name) for name in ("content", "spoiler_text", "uri", "created_at", "language", "edited_at")}
    read = {name: wire.shown(value) for name, value in said.items() if isinstance(value, str)}
    text = "\n\n".join(part for part in (read.get("spoiler_text", ""), words(read.get("content", ""))) if part)
    fields: dict[str, Json] = {"id": str(post.get("id")), "server": server}
    fields |= {name: read[name] for name in ("language", "edited_at") if read.get(name)}
    fields |= {
        name: found
        for name, key in (("tags", "name"), ("media_attachments", "url"))
        if (found := _all(post, name, key))
    }
    uri = read.get("uri", "")
    message = Message(
        text=text,
        gateway_id=uri[:800] or f"{server} {post.get('id')}",
        sender=_sender(post.get("account"), server),
        sent_at=wire.written(read.get("created_at", "")),
        fields=fields,
    )
    return Fetched(message, json.dumps(post, ensure_ascii=True).encode())


def _all(post: Mapping[str, Json], name: str, key: str) -> list[Json]:
    """One value of each in a list: the names of tags, the addresses of pictures, which are not fetched."""
    listed = post.get(name)
    found = [one.get(key) for one in listed[:20] if isinstance(one, dict)] if isinstance(listed, list) else []
    return [wire.shown(value)[:500] for value in found if isinstance(value, str)]


def _sender(account: Json, server: str) -> Address | None:
    """name@host; people of the asked server come without their host."""
    name = account.get("acct") if isinstance(account, dict) else None
    if not isinstance(name, str) or not name:
        return None
    host = server.partition("://")[2].partition("/")[0].lower()
    return Address("name", wire.shown(name if "@" in name else f"{name}@{host}")[:300])


POLLED = Polled(
    name="mastodon",
    title="Public posts of Mastodon",
    proof="the server that was asked; names of accounts prove nothing about people",
    settings=(
        Setting("server", "The server that is asked, as https://mastodon.example.org.", carries="token"),
        Setting("of", "#tag, or an account as @name@host."),
        Setting(
            "token",
            "A token of the server, if it shows its posts only to those who have one.",
            secret=True,
            required=False,
        ),
        EVERY,
    ),
    poll=poll,
    every=5,
)
