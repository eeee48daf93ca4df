"""Where the files of imports lie, and how one comes in: written as it arrives, never held in memory."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
import time
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PurePath
from typing import IO, Any

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.text import slugify

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow
from rapport.errors import Conflict, Refused
from rapport.formats import workbooks
from rapport.intake.imports.reading import prepare
from rapport.intake.models import Import, ImportMapping
from rapport.operations.load import source_settings
from rapport.operations.models import Operation, Source

#: Through the page; larger files by the command, which does not hold a server's thread for minutes [ours].
MOST_BYTES_BY_PAGE = 200 * 1024 * 1024
PIECE = 1024 * 1024
CHANNEL = "file"
_NAME_LENGTH = 200
_SOURCE_NAME_LENGTH = 100
_TRIES = 5  # at a new source, where somebody else makes one with its slug meanwhile [ours]
_SLUG_LENGTH = 50  # the column holds 60: there is room for a number behind it
#: Begin of the names of files that are being written; a backup passes them over. Seconds after which one that a killed
#: process left behind is taken away: longer than any upload or workbook takes [ours].
_DRAFT = ".coming-"
_LEFT_BEHIND = 24 * 3600
_KEPT_SALT = "rapport.imports.kept"


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
    """What the reader reads: the file itself; for a workbook the rows of that sheet, written down on first use. Two
    processes that do it at the same time each write their own; the later one's counts."""
    rows = rows_path(one)
    if rows.exists() and (not sheet or workbooks.about(rows)["sheet"] == sheet):
        return rows
    with draft() as file:
        half = Path(file.name)
        found = prepare(path_of(one), half, sheet)
        if found != half:
            return found
        whole = half.with_name(f"{half.name}.whole")
        os.link(half, whole)  # the draft goes when it is closed
        return whole.replace(rows)


def draft() -> IO[bytes]:
    """A new file among those of the imports, which is gone when it is closed."""
    sweep()
    return tempfile.NamedTemporaryFile(dir=folder(), prefix=_DRAFT)


def sweep() -> None:
    """Takes away what was sent and never corrected, and what a killed process left."""
    for old in folder().glob(f"{_DRAFT}*"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > _LEFT_BEHIND:
                old.unlink()


def keep_for(person: Person, operation: Operation, file: IO[bytes], name: str) -> str:
    """Keep a file whose form is to be corrected; the word by which this person sends it again within a day."""
    kept = f"{_DRAFT}kept-{secrets.token_hex(16)}"
    os.link(file.name, folder() / kept)  # the draft goes when it is closed
    return signing.dumps([person.pk, operation.pk, kept, name[-_NAME_LENGTH:]], salt=_KEPT_SALT)


def kept_for(person: Person, operation: Operation, word: str) -> tuple[Path, str]:
    """The file kept under that word, and its name; Refused if it is there no more, or is somebody else's."""
    try:
        who, where, kept, name = signing.loads(word, salt=_KEPT_SALT, max_age=_LEFT_BEHIND)
    except signing.BadSignature:
        who, where, kept, name = None, None, "", ""
    path = folder() / kept
    if (who, where) != (person.pk, operation.pk) or not path.is_file():
        raise Refused("no_file", "The file is not here any more: choose it again.", field="file")
    return path, name


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
    forget_rows(one)
    with suppress(OSError):
        path_of(one).unlink()


def forget_rows(one: Import) -> None:
    """The rows of a workbook go, which can be written down again from it."""
    with suppress(OSError):
        rows_path(one).unlink()


def new_source(person: Person | None, operation: Operation, name: str) -> Source:
    """A further way in for files, named by the person who imports, in any script; the one that has this name already,
    if one has. Another name is another source, also where both would have the same slug: it gets a number then.

    Refused if the name says nothing, or belongs to a source of another kind.
    """
    if person is not None:
        allow(person, Permission.INTAKE_IMPORT_RUN, operation.pk)
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not any(map(str.isalnum, name)) or any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in name):
        raise Refused("source", "Name the source in letters: who made the file, for example.", field="new_source")
    if len(name) > _SOURCE_NAME_LENGTH:
        remedy = f"Name the source in at most {_SOURCE_NAME_LENGTH} characters."
        raise Refused("source", remedy, field="new_source")
    for _ in range(_TRIES):
        if source := _of_name(operation, name):
            if source.channel != CHANNEL:
                remedy = f"The source {source.slug} is there already and takes no files: use another name."
                raise Refused("source", remedy, field="new_source")
            return source
        made = {"channel": CHANNEL, "names": {operation.language: name}}
        with suppress(IntegrityError), transaction.atomic():
            return Source.objects.create(operation=operation, slug=_free_slug(operation, name), **made)
    raise Conflict("Others name sources at this moment: try again.")


def forget_source(source: Source) -> None:
    """A source that was named for a file of which nothing came in goes with it. Not one that brought something, has a
    mapping or other files, or stands in the operation's file."""
    if source_settings(source).get("columns"):
        return
    unused = Source.objects.filter(pk=source.pk, channel=CHANNEL, imports=None, reports=None)
    with suppress(ProtectedError, IntegrityError), transaction.atomic():  # somebody has a use for it meanwhile
        unused.exclude(pk__in=ImportMapping.objects.filter(source=source).values("source_id")).delete()


def _of_name(operation: Operation, name: str) -> Source | None:
    """The source that goes by this name in some language, or by this slug; capitals make no other name."""
    wanted = name.casefold()
    sources = Source.objects.filter(operation=operation).order_by("pk")
    by_slug = (one for one in sources if one.slug == wanted)
    by_name = (one for one in sources if wanted in (str(said).casefold() for said in one.names.values()))
    return next(by_slug, None) or next(by_name, None)


def _free_slug(operation: Operation, name: str) -> str:
    """Of the name, if it has letters that a slug may have; with a number where another source has it already."""
    base = slugify(name)[:_SLUG_LENGTH].rstrip("-") or "source"
    taken = set(Source.objects.filter(operation=operation).values_list("slug", flat=True))
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)


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
