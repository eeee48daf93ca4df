"""Every RAPPORT_* variable there is, parsed strictly. None is needed to start.

`VARIABLES` is also what docs/reference/settings.md is checked against.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from rapport.errors import BadDefinition
from rapport.notify import mail


def _flag(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError("write 1 or 0")
    return text == "1"


def _required(text: str) -> str:
    if text not in {"required", "optional"}:
        raise ValueError("write required or optional")
    return text


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("write a whole number from 1 on")
    return number


def _days(text: str) -> int:
    number = _whole(text)
    if number > 366:
        raise ValueError("write at most 366: a copy that nobody renews for longer is wrong")
    return number


def _hosts(text: str) -> frozenset[str]:
    hosts = frozenset(host.strip().lower() for host in text.split(",") if host.strip())
    if not all(re.fullmatch(r"[a-z0-9.\-:]+", host) for host in hosts):
        raise ValueError("write names or addresses of hosts, with a comma between them and without a port")
    return hosts


def _instance(text: str) -> str:
    if text and not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,61}[a-z0-9]", text):
        raise ValueError("write 2 to 63 small letters, digits, dots and hyphens, as crisis.example")
    return text


def _file(text: str) -> Path | None:
    if text and not Path(text).is_file():
        raise ValueError("there is no such file")
    return Path(text).absolute() if text else None


def _public_url(text: str) -> str:
    # parts.port raises ValueError by itself for what is no port.
    parts = urlsplit(text)
    bare = parts.hostname and re.fullmatch(r"[A-Za-z0-9.\-:\[\]]+", parts.netloc) and (parts.port or True)
    if parts.scheme not in {"http", "https"} or not bare or parts.path not in {"", "/"} or parts.query:
        raise ValueError("write scheme and host only, like https://map.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def _sqlite(file: Path) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}


def _database(text: str) -> dict[str, Any]:
    parts = urlsplit(text)
    if parts.query or parts.fragment:
        raise ValueError("an address of a database has no ? and no #; in a name write %3F and %23")
    if parts.scheme == "sqlite":
        # sqlite:///relative.db or sqlite:////absolute.db
        return _sqlite(Path(unquote(parts.path[1:])))
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
        }
    raise ValueError("write sqlite:////path/to/file or postgresql://user:password@host:port/name")


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    help: str
    default: str
    parse: Callable[[str], Any]
    secret: bool = False  # never shown, not even where it is wrong


VARIABLES: tuple[Variable, ...] = (
    Variable("RAPPORT_DATA_DIR", "Folder of database, keys and caches.", "var", Path),
    Variable("RAPPORT_DATABASE_URL", "Where the database is; empty means SQLite in the data folder.", "", str),
    Variable("RAPPORT_PUBLIC_URL", "Address readers and gateways use; signatures are checked against it.", "", str),
    Variable(
        "RAPPORT_INSTANCE", "How other instances call this one; empty means the host of the address.", "", _instance
    ),
    Variable("RAPPORT_DEBUG", "1 shows error pages with source code. Never on a public server.", "0", _flag),
    Variable("RAPPORT_TILE_URL", "A tile server, as https://host/{z}/{x}/{y}.png; empty means none.", "", str),
    Variable("RAPPORT_TRUST_PROXY", "1 believes X-Forwarded-For and -Proto of the proxy in front.", "0", _flag),
    Variable(
        "RAPPORT_SMTP_URL",
        "Server that takes our e-mail, smtp(s)://user:password@host:port; empty means no e-mail.",
        "",
        mail.server,
        secret=True,
    ),
    Variable("RAPPORT_MAIL_FROM", "Address that our e-mail comes from.", "", mail.mailbox),
    Variable(
        "RAPPORT_SECOND_FACTOR",
        "required: lead, custodian and admin sign in with a second factor; optional: who wants to.",
        "required",
        _required,
    ),
    Variable("RAPPORT_SESSION_IDLE_HOURS", "Hours without a page after which somebody is signed out.", "2", _whole),
    Variable("RAPPORT_SESSION_HOURS", "Hours after which everybody signs in anew.", "12", _whole),
    Variable(
        "RAPPORT_POLL_INSIDE",
        "Hosts inside our network that polled sources may ask, as mail.example.org,127.0.0.1; empty means none.",
        "",
        _hosts,
    ),
    Variable(
        "RAPPORT_CAP_SIGNER",
        "PEM file with an elliptic curve key and its certificate, which sign alerts; empty means no signature.",
        "",
        _file,
    ),
    Variable("RAPPORT_DIRECTORY_DAYS", "Days after which a copy of a directory of contacts expires.", "30", _days),
    Variable("RAPPORT_THREADS", "Requests answered at the same time by one server process.", "48", _whole),
)


def read(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """All variables by name, parsed; BadDefinition names the one that is wrong or unknown, and the remedy."""
    known = {variable.name for variable in VARIABLES}
    for name in environ:
        if name.startswith("RAPPORT_") and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise BadDefinition(f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else "."))
    values: dict[str, Any] = {}
    for variable in VARIABLES:
        text = environ.get(variable.name, variable.default)
        try:
            values[variable.name] = variable.parse(text)
        except ValueError as error:
            shown = variable.name if variable.secret else f"{variable.name}={text!r}"
            raise BadDefinition(f"{shown}: {error}") from None
    try:
        url = values["RAPPORT_DATABASE_URL"]
        # The folder is a path and no part of an address: # and % in its name are letters like others.
        values["RAPPORT_DATABASE_URL"] = _database(url) if url else _sqlite(values["RAPPORT_DATA_DIR"] / "rapport.db")
        if values["RAPPORT_PUBLIC_URL"]:
            values["RAPPORT_PUBLIC_URL"] = _public_url(values["RAPPORT_PUBLIC_URL"])
    except ValueError as error:
        raise BadDefinition(f"RAPPORT_DATABASE_URL or RAPPORT_PUBLIC_URL: {error}") from error
    return values
