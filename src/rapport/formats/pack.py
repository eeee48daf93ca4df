"""Pure: a release pack, one ZIP of several files with `datapackage.json` (Data Package 2): what each file is, its
schema, size and checksum, under which licence and by which protocol it was given.

The same parts and the same package make the same bytes: no clock, no order of a folder. Each part is written to the
archive while it is made; the whole stands in a file that no other process can open.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO

import msgspec

from rapport.formats.context import utc
from rapport.formats.dictionary.described import OURS
from rapport.values import Json

CONTENT_TYPE = "application/zip"
DESCRIPTION = "datapackage.json"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_CHUNK = 64 * 1024  # bytes
_BEGINNING = (1980, 1, 1, 0, 0, 0)  # of the time of ZIP: files carry no date


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the pack. `more` stands in its description as it is: `schema`, `dialect`."""

    path: str
    title: str
    media_type: str
    write: Callable[[], Iterable[bytes]]
    more: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Licence:
    """`name`: of the SPDX list, as CC-BY-4.0; `path`: where it can be read."""

    name: str
    title: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """What is said of the whole. `ours`: properties of rapport, whose names get its prefix."""

    name: str  # small letters, digits, hyphens
    id: str  # URN
    title: str
    description: str
    homepage: str
    version: str
    created: datetime
    licence: Licence | None = None
    ours: Mapping[str, Json] = field(default_factory=dict)


def write(package: Package, parts: Sequence[Part]) -> Iterator[bytes]:
    """The archive, piece by piece; the description is its last file, since only then all checksums are known."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w") as archive:
            resources: list[Json] = [_resource(archive, part) for part in parts]
            described = msgspec.json.encode({**_described(package), "resources": resources})
            _add(archive, DESCRIPTION, [msgspec.json.format(described, indent=2), b"\n"])
        file.seek(0)
        yield from _pieces(file)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_CHUNK):
        yield piece


def _resource(archive: zipfile.ZipFile, part: Part) -> dict[str, Json]:
    size, digest = _add(archive, part.path, part.write())
    ending = part.path.rpartition(".")[2]
    return {
        "name": part.path.replace(".", "-"),
        "path": part.path,
        "title": part.title,
        "format": ending,
        "mediatype": part.media_type.partition(";")[0],
        "encoding": "utf-8",
        "bytes": size,
        "hash": f"sha256:{digest}",
        **part.more,
    }


def _add(archive: zipfile.ZipFile, path: str, content: Iterable[bytes]) -> tuple[int, str]:
    """Its size in bytes and SHA-256."""
    entry = zipfile.ZipInfo(path, _BEGINNING)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    entry.create_system = 3  # the same on every system
    size, digest = 0, hashlib.sha256()
    # Of files beyond 4 GiB nobody knows before how long they are.
    with archive.open(entry, "w", force_zip64=True) as file:
        for piece in content:
            size += len(piece)
            digest.update(piece)
            file.write(piece)
    return size, digest.hexdigest()


def _described(package: Package) -> dict[str, Json]:
    said: dict[str, Json] = {
        "$schema": PROFILE,
        "name": package.name,
        "id": package.id,
        "title": package.title,
        "description": package.description,
        "homepage": package.homepage,
        "version": package.version,
        "created": utc(package.created),
    }
    if package.licence is not None:
        known = {"name": package.licence.name, "title": package.licence.title, "path": package.licence.path}
        said["licenses"] = [{key: text for key, text in known.items() if text}]
    return said | {f"{OURS}{name}": value for name, value in package.ours.items()}
