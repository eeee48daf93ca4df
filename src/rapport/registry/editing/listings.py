"""A person loads what several agencies have written down, to be laid side by side.

All raise NotAllowed, Refused or BadDefinition (what was given cannot be).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import msgspec
from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow, decide
from rapport.errors import BadDefinition, Conflict
from rapport.operations.models import Operation
from rapport.operations.strict import SLUG
from rapport.oversight.models import DecisionKind
from rapport.registry.crosswalk import file
from rapport.registry.crosswalk.model import KINDS, Kind, Link, Listing
from rapport.registry.model import Source
from rapport.registry.models import AgencyList
from rapport.values import Json, Sensitivity

LOAD = Permission.REGISTRY_FILE_LOAD
LISTING, LINKS = "listing", "links"


def read(name: str, data: bytes, said: dict[str, str]) -> Listing | tuple[Link, ...]:
    """A listing in TOML, links in TOML, or a table (CSV, XLSX) of which `said` gives slug, title, agency, kind and
    source. BadDefinition or Refused for anything else."""
    if name.lower().endswith(".toml"):
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BadDefinition("This file is not UTF-8: save it as UTF-8.") from None
        return file.read_links(text) if "[[same]]" in text and "[listing]" not in text else file.read(text)
    with TemporaryDirectory() as folder:
        path = Path(folder) / ("table.xlsx" if data.startswith(b"PK") else "table.csv")
        path.write_bytes(data)
        return file.filled(_head(said), path)


def _head(said: dict[str, str]) -> Listing:
    """What a table does not say of itself."""
    missing = [name for name in ("slug", "title", "agency", "source") if not said.get(name, "").strip()]
    if missing or said.get("kind") not in KINDS:
        raise BadDefinition(f"A table does not say this of itself; fill in: {', '.join(missing or ['kind'])}.")
    if not SLUG.fullmatch(said["slug"]):
        raise BadDefinition("slug: write it with small letters, digits and hyphens")
    title, agency, source = (said[name].strip()[:200] for name in ("title", "agency", "source"))
    return Listing(said["slug"], title, agency, cast("Kind", said["kind"]), "", (), (), Source("table", source), "")


@transaction.atomic
def load(person: Person, operation: Operation, found: Listing | tuple[Link, ...], level: Sensitivity) -> AgencyList:
    """It replaces the one of the same short name. `level`: for whom it is; a crosswalk is for those who may have all
    that is in it."""
    allow(person, LOAD, operation.pk)
    if isinstance(found, Listing):
        kind, slug, called = LISTING, found.slug, found.title
        data: Json = msgspec.to_builtins(found)
    else:
        kind, slug, called, data = LINKS, "links", "links between listings", msgspec.to_builtins(found)
    digest = hashlib.sha256(msgspec.json.encode(data)).hexdigest()
    AgencyList.objects.filter(operation=operation, kind=kind, slug=slug, replaced_at=None).update(
        replaced_at=timezone.now()
    )
    made = AgencyList.objects.create(
        operation=operation, kind=kind, slug=slug, data=data, digest=digest, level=level.value, loaded_by=person
    )
    _decided(person, operation, f"loaded {called} to be laid beside others", made)
    return made


@transaction.atomic
def remove(person: Person, one: AgencyList) -> None:
    """It is laid beside nothing any more; it stays in the books."""
    allow(person, LOAD, one.operation_id)
    if not AgencyList.objects.filter(pk=one.pk, replaced_at=None).update(replaced_at=timezone.now()):
        raise Conflict("This was removed already.")
    _decided(person, one.operation, f"removed {one.slug} from what is laid side by side", one)


def _decided(person: Person, operation: Operation, said: str, one: AgencyList) -> None:
    after = {"said": said, "list": one.pk, "sha256": one.digest}
    decide(person, operation.pk, DecisionKind.REGISTRY, before={}, after=after)
