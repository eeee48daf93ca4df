"""Pure: the directory as one signed text file, for when there is no line: people read it, rapport proves it.

    readable text, an entry for each office
    the line DATA, then the same entries as JSON in one line
    the fingerprint of the key, and the signature (Ed25519) of all bytes above it

Every entry says in plain sight for whom, when and as which export it was made. That tells honest people whose copy they
hold, and tells from a leaked copy that nobody touched whose it was. It is no more: whoever types an entry anew or cuts
the words off leaves no mark, and a copy proves nothing about who passed it on. Nothing is hidden in the text.
After its last day it can still be read, and says that it has expired: old numbers are better than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rapport.contacts import signed
from rapport.contacts.cards import SHEET, Copied, card_blocks, known
from rapport.contacts.rows import Block, Row, written
from rapport.contacts.signed import Peer, Signed, exactly, moment_of, one_form
from rapport.errors import Refused
from rapport.oversight.ledger.chain import canonical, fingerprint, moment
from rapport.values import Json

FORM = "rapport-directory-2"
#: Bytes, and offices, of one file [ours: three offices of each State, with room for more].
LARGEST = 16_000_000
MOST = 2_000
#: The longest time for which a copy is made [ours; RFC 9116, section 2.5.5, recommends less than a year for contacts].
LONGEST = timedelta(days=366)
_FORM = re.compile(rb"rapport-directory-\d{1,4}(?=\n)")
_END = re.compile(rb"\nDATA\n([^\n]+)\nkey ([0-9a-f]{16})\nsignature ([0-9a-f]{128})\n\Z")


@dataclass(frozen=True, slots=True)
class Export:
    """The watermark: as which export of which instance a copy was made, for whom, and when."""

    number: int
    by: str
    for_whom: str
    made_at: datetime
    expires_at: datetime

    @property
    def said(self) -> str:
        return f"Export {self.number} of {self.by} for {self.for_whom}, {self.made_at:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Directory:
    """What a file says that somebody signed. `expired`: its day has passed, and its numbers may have changed."""

    entries: tuple[Copied, ...]
    export: Export
    expired: bool


def made(entries: Sequence[Copied], export: Export, key: Ed25519PrivateKey) -> bytes:
    """The file, in UTF-8. Refused for too many offices, or for a copy that would never expire."""
    if len(entries) > MOST:
        raise Refused("too_large", f"{len(entries):,} offices are too many for one file; at most {MOST:,} go in.")
    if not timedelta(0) < export.expires_at - export.made_at <= LONGEST:
        raise Refused("bad_time", "A copy expires after it was made, and within 366 days.", field="expires_at")
    data = canonical({"form": FORM, "export": _export(export), "entries": msgspec.to_builtins(tuple(entries))})
    name = fingerprint(key.public_key().public_bytes_raw())
    said = f"{FORM}\n\n{written(blocks(entries, export), SHEET)}DATA\n{data}\nkey {name}\n".encode()
    whole = said + f"signature {key.sign(said).hex()}\n".encode()
    if len(whole) > LARGEST:
        raise Refused("too_large", f"The file would have {len(whole):,} bytes; at most {LARGEST:,} are read.")
    return whole


def _export(export: Export) -> dict[str, Json]:
    return {
        "number": export.number, "by": export.by, "for_whom": export.for_whom, "made_at": moment(export.made_at),
        "expires_at": moment(export.expires_at),
    }  # fmt: skip


def blocks(entries: Iterable[Copied], export: Export) -> Iterator[Block]:
    """What the file says in plain sight."""
    yield Block(
        "Points of contact, to be read without a line",
        (
            Row("", export.said),
            Row("Expires", moment(export.expires_at)),
            Row("", "Anybody can write such a text: let rapport check its signature before you trust a number."),
        ),
    )
    for one in entries:
        first, *others = card_blocks(one.office, export.made_at.date())
        yield Block(first.title, (*first.rows, *known(one), Row("", export.said)))
        yield from others


def verified(data: bytes, *, peer: Peer, name: str = "", now: datetime) -> Directory:
    """What the file says, if one of the keys of the instance `name` signed every byte of it; without a name, whatever
    instance has that key. Refused, with why, if not; an expired one is not refused."""
    if len(data) > LARGEST:
        raise Refused("too_large", f"It has {len(data):,} bytes; at most {LARGEST:,} are read.")
    if (other := _FORM.match(data)) and other[0] != FORM.encode():
        raise Refused(
            "unknown_form", f"It is of the form {other[0].decode()}; this rapport reads {FORM}. Ask for a new copy."
        )
    found = _END.search(data, max(0, data.rfind(b"\nDATA\n", 0, len(data))))
    if not data.startswith(f"{FORM}\n".encode()) or found is None:
        raise Refused("no_directory", "This is no signed directory, or an editor saved it anew. Take the file itself.")
    text = data[: found.start(3) - len("signature ")]
    try:
        sealed = Signed({}, text.decode(), found[2].decode(), found[3].decode())
    except UnicodeDecodeError:
        raise Refused("not_text", "It is not UTF-8: it was changed on its way. Take the file itself.") from None
    signed.proven(sealed, peer, name or "the instance whose key this is")
    return _read(found[1], name, now)


def _read(data: bytes, name: str, now: datetime) -> Directory:
    whole = exactly(one_form(data), {"form": str, "export": dict, "entries": list}, "The data")
    said = exactly(
        whole["export"], {"number": int, "by": str, "for_whom": str, "made_at": str, "expires_at": str}, "The export"
    )
    try:
        entries = msgspec.convert(whole["entries"], tuple[Copied, ...])
    except msgspec.ValidationError as why:
        raise Refused("not_whole", f"An office is not whole: {str(why)[:200]}") from None
    same = canonical(msgspec.to_builtins(entries)) == canonical(whole["entries"])
    if whole["form"] != FORM or len(entries) > MOST or not same:
        raise Refused("not_whole", "The data is not as this version of rapport writes it. Ask whether theirs is newer.")
    match said:
        case {"number": int(number), "by": str(by), "for_whom": str(for_whom)} if name in {"", by}:
            times = (moment_of(str(said[one]), one) for one in ("made_at", "expires_at"))
            export = Export(number, by, for_whom, *times)
            return Directory(entries, export, now >= export.expires_at)
    raise Refused("not_whole", f"The data does not say that {name} made it.")
