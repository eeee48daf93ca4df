"""A Maildir that a mail server of this machine fills (RAPPORT_DATA_DIR/maildirs/NAME): `new` is read, and what was kept
moves to `cur`, as with any reader of mail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings as server

from rapport.errors import Refused
from rapport.intake.polling import letter
from rapport.intake.polling.fetch import Unanswered
from rapport.plugins import EVERY, GetsPages, Polled, Setting
from rapport.values import Fetched, Json

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}")


def poll(settings: Mapping[str, str], state: dict[str, Json], web: GetsPages) -> Iterator[Fetched | Refused]:
    """The letters in `new`, the oldest name first. Of each that cannot be read why, once: it moves to `cur` too."""
    folder = _folder(settings["folder"])
    try:
        waiting = sorted((path for path in (folder / "new").iterdir() if _is_letter(path)), key=_age)
    except OSError as error:
        raise Unanswered(f"The folder maildirs/{folder.name}/new cannot be read: {error.strerror}.") from error
    for path in waiting:
        yield _read(path)
        try:
            path.rename(folder / "cur" / f"{path.name.partition(':')[0]}:2,S")
        except FileNotFoundError:
            continue  # somebody else moved it; its id keeps it from being kept twice
        except OSError as error:
            raise Unanswered(f"The folder maildirs/{folder.name}/cur cannot be written: {error.strerror}.") from error


def _folder(name: str) -> Path:
    """A folder below one of ours alone: who fills in a form must not choose what is read on this machine."""
    if not _NAME.fullmatch(name):
        raise Unanswered("Write the name of a folder under maildirs/ alone: letters, digits, hyphens.")
    return Path(server.DATA_DIR) / "maildirs" / name


def _is_letter(path: Path) -> bool:
    """A plain file: a link would lead to what nobody sent, and a pipe would hold the worker."""
    return not path.name.startswith(".") and path.is_file() and not path.is_symlink()


def _age(path: Path) -> tuple[int, str]:
    """Names begin with the second of delivery (cr.yp.to/proto/maildir.html)."""
    began = path.name.partition(".")[0]
    return (int(began) if began.isascii() and began.isdigit() and len(began) < 15 else 0, path.name)


def _read(path: Path) -> Fetched | Refused:
    try:
        with path.open("rb") as file:
            return letter.read(file.read(letter.MOST + 1))
    except Refused as refused:
        return refused
    except OSError as error:
        return Refused("unreadable", f"The letter cannot be read: {error.strerror}.")


POLLED = Polled(
    name="maildir",
    title="E-mail, a Maildir of this machine",
    proof="nothing: the sender of an e-mail can be anybody",
    settings=(
        Setting("folder", "Name of the Maildir under maildirs/ in the data folder, as reports."),
        EVERY,
    ),
    poll=poll,
    every=1,
)
