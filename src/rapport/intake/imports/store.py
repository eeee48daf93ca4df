"""Where the files of imports lie, and how one comes in: written as it arrives, never held in memory."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any

from django.conf import settings
from django.utils.text import slugify

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow
from rapport.errors import Refused
from rapport.intake.imports.reading import prepare
from rapport.intake.models import Import, ImportMapping
from rapport.operations.models import Operation, Source

#: Through the page; larger files by the command, which does not hold a server's thread for minutes [ours].
MOST_BYTES_BY_PAGE = 200 * 1024 * 1024
PIECE = 1024 * 1024
CHANNEL = "file"
_NAME_LENGTH = 200


def folder() -> Path:
    """Made on first use, for its owner's eyes only: the files hold addresses."""
    made = Path(settings.DATA_DIR) / "imports"
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def path_of(one: Import) -> Path:
    return folder() / one.stored


def rows_path(one: Import) -> Path:
    """Where the rows of a workbook lie once it has been converted."""
    return folder() / f"{one.stored}.rows"


def readable(one: Import, sheet: str = "") -> Path:
    """What the reader reads: the file itself; for a workbook its rows, written down on first use."""
    rows = rows_path(one)
    if rows.exists():
        return rows
    half = rows.with_suffix(".half")  # so that what a crash leaves is not taken for the whole
    found = prepare(path_of(one), half, sheet)
    return half.rename(rows) if found == half else found


def add(
    person: Person | None,
    operation: Operation,
    source: Source,
    name: str,
    pieces: Iterable[bytes],
    *,
    most: int | None = None,
    plan: dict[str, Any] | None = None,
    mapping: ImportMapping | None = None,
) -> Import:
    """Write a file down and note its import, which then waits to be looked through. `person` None is whoever runs the
    command line; `most` bytes are taken; `plan` or `mapping` says how
    it is read where that is known. Refused if it is empty or too large, and nothing stays of it then.
    """
    if person is not None:
        allow(person, Permission.INTAKE_IMPORT_RUN, operation.pk)
    if source.operation_id != operation.pk or source.channel != CHANNEL or not source.active:
        raise Refused("source", "Choose a source that takes files and is not paused.", field="source")
    shown = PurePath(name.replace("\\", "/").replace("\0", "")).name[-_NAME_LENGTH:] or "file"
    stored = f"{secrets.token_hex(8)}{_ending(shown)}"
    try:
        size, digest = _write(folder() / stored, pieces, most)
        return Import.objects.create(
            operation=operation,
            source=source,
            person=person,
            file_name=shown,
            stored=stored,
            size=size,
            sha256=digest,
            plan=plan or {},
            evidence={"mapping": mapping.name} if mapping else {},
        )
    except BaseException:
        (folder() / stored).unlink(missing_ok=True)
        raise


def seen_before(one: Import) -> Import | None:
    """The latest earlier import of the same bytes into this operation."""
    same = Import.objects.filter(operation_id=one.operation_id, sha256=one.sha256, pk__lt=one.pk)
    return same.select_related("person", "source").order_by("-pk").first()


def pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def forget(one: Import) -> None:
    """The file goes; what it brought stays."""
    for path in (path_of(one), rows_path(one), rows_path(one).with_suffix(".half")):
        with suppress(OSError):
            path.unlink()


def new_source(person: Person | None, operation: Operation, name: str) -> Source:
    """A further way in for files, named by the person who imports; the one that has this name already, if one has.

    Refused if the name says nothing, or belongs to a source of another kind.
    """
    if person is not None:
        allow(person, Permission.INTAKE_IMPORT_RUN, operation.pk)
    name = " ".join(name.split())[:100]
    slug = slugify(name)[:60]
    if not slug:
        raise Refused("source", "Name the source in letters: who made the file, for example.", field="new_source")
    source, _ = Source.objects.get_or_create(
        operation=operation, slug=slug, defaults={"channel": CHANNEL, "names": {operation.language: name}}
    )
    if source.channel != CHANNEL:
        raise Refused("source", f"The source {slug} is there already and takes no files: use another name.",
                      field="new_source")  # fmt: skip
    return source


def _ending(name: str) -> str:
    """What the reader looks at beside the bytes; nothing that a shell or a page could trip over."""
    ending = PurePath(name).suffix.lower()
    return ending if ending in {".csv", ".tsv", ".txt", ".xlsx", ".ndjson", ".jsonl"} else ""


def _write(path: Path, pieces: Iterable[bytes], most: int | None) -> tuple[int, str]:
    """Size and SHA-256 of what was written; it is on disk when this returns."""
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for piece in pieces:
            size += len(piece)
            if most is not None and size > most:
                raise Refused(
                    "too_large",
                    f"The file is larger than {most // (1024 * 1024)} MB. Cut it into parts, or ask whoever runs the "
                    "server to take it in with the command rapport import.",
                    status=413,
                    field="file",
                )
            digest.update(piece)
            file.write(piece)
        if not size:
            raise Refused("empty_file", "The file is empty: there is nothing in it to take in.", field="file")
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()
