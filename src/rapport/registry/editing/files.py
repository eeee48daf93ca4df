"""A person loads a file of norms, measures or processes, and confirms what nobody had checked of it.

All raise NotAllowed, Refused (what was given cannot be) or Conflict (somebody was first); a file that cannot be read
raises BadDefinition.
"""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction
from django.utils import timezone

from rapport.accounts.models import Organisation, Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow, decide
from rapport.errors import Conflict, Refused
from rapport.operations.models import Operation
from rapport.oversight.models import DecisionKind
from rapport.registry import file
from rapport.registry.checking import Doubt, doubts
from rapport.registry.holdings import held
from rapport.registry.model import Actor as ActorRow
from rapport.registry.model import Registered
from rapport.registry.models import Actor, Confirmation, RegistryFile

LOAD, EDIT = Permission.REGISTRY_FILE_LOAD, Permission.REGISTRY_ROW_EDIT
_ADDRESS = re.compile(r"(https?://|urn:)[^\s<>\"]{1,490}")


@transaction.atomic
def load(person: Person, operation: Operation, text: str) -> RegistryFile:
    """From the next request on readers get what the file says and somebody has checked. One of the same slug replaces
    the version before; the same text again changes nothing."""
    allow(person, LOAD, operation.pk)
    found = file.read(text)
    before = RegistryFile.objects.select_for_update().filter(operation=operation, slug=found.slug, replaced_at=None)
    last = before.first()
    if last is not None and last.digest == found.digest:
        return last
    if last is not None and (held_as := _document(file.read(last.text))) != _document(found):
        raise Refused(
            "slug", f"{found.slug} is the short name of {held_as} here: give this file another, or remove that one.",
            field="slug",
        )  # fmt: skip
    before.update(replaced_at=timezone.now())
    made = RegistryFile.objects.create(
        operation=operation, slug=found.slug, version=found.version, digest=found.digest, text=text, loaded_by=person
    )
    _introduce(operation, found.actors)
    said = f"loaded {found.title}, version {found.version}"
    decide(
        person,
        operation.pk,
        DecisionKind.REGISTRY,
        before={"sha256": last.digest if last else ""},
        after={"said": said, "file": made.pk, "sha256": made.digest},
    )
    return made


@transaction.atomic
def remove(person: Person, one: RegistryFile) -> None:
    """Readers get nothing of it any more; it stays in the books, and what was said about its provisions stays said."""
    allow(person, LOAD, one.operation_id)
    if not RegistryFile.objects.filter(pk=one.pk, replaced_at=None).update(replaced_at=timezone.now()):
        raise Conflict("This was removed or replaced already.")
    said = f"removed {one.slug}, version {one.version}"
    after = {"said": said, "file": one.pk}
    decide(person, one.operation_id, DecisionKind.REGISTRY, before={"sha256": one.digest}, after=after)


@transaction.atomic
def confirm(person: Person, operation: Operation, key: str, title: str, address: str) -> Confirmation:
    """The person has read it in a source, and says in which: from now on it is shown, with that source."""
    allow(person, EDIT, operation.pk)
    title, address = title.strip(), address.strip()
    if not title or len(title) > 300:
        raise Refused("title", "Say where you read it, in at most 300 characters.", field="title")
    if address and not _ADDRESS.fullmatch(address):
        raise Refused("address", "Write an address that begins with http, https or urn, or none.", field="address")
    doubt = doubt_of(operation, key)
    if doubt is None:
        raise Conflict("This is confirmed already, or no file says it any more.")
    try:
        with transaction.atomic():
            made = Confirmation.objects.create(
                operation=operation, key=key, says=doubt.says, title=title, address=address, by=person
            )
    except IntegrityError as error:
        raise Conflict("Somebody else has confirmed this.") from error
    _decided(person, operation, f"confirmed “{doubt.says[:120]}” by {title}", made)
    return made


@transaction.atomic
def take_back(person: Person, confirmation: Confirmation) -> None:
    """It is shown to nobody but editors again."""
    allow(person, EDIT, confirmation.operation_id)
    there = Confirmation.objects.filter(pk=confirmation.pk, taken_back_at=None)
    if not there.update(taken_back_at=timezone.now()):
        raise Conflict("This was taken back already.")
    _decided(person, confirmation.operation, f"took back the confirmation of “{confirmation.says[:120]}”", confirmation)


def doubt_of(operation: Operation, key: str) -> Doubt | None:
    """What of the operation's files nobody has checked under this key."""
    every = (doubt for one in held(operation.pk) for doubt in doubts(one.whole))
    return next((doubt for doubt in every if doubt.key == key), None)


def _document(found: Registered) -> str:
    """Of what a file is a version: another document under the same short name is a slip."""
    return found.framework.symbol if found.framework else "a process"


def _introduce(operation: Operation, actors: tuple[ActorRow, ...]) -> None:
    """Actors that a file names and nobody has named before: no file renames who has spoken here."""
    organisations = dict(
        Organisation.objects.filter(slug__in=[one.organisation for one in actors if one.organisation]).values_list(
            "slug", "pk"
        )
    )
    made = [
        Actor(
            operation=operation,
            code=one.code,
            name=one.name,
            kind=one.kind,
            organisation_id=organisations.get(one.organisation),
        )
        for one in actors
    ]
    Actor.objects.bulk_create(made, ignore_conflicts=True, batch_size=500)


def _decided(person: Person, operation: Operation, said: str, one: Confirmation) -> None:
    after = {"said": said, "confirmation": one.pk, "key": one.key}
    decide(person, operation.pk, DecisionKind.REGISTRY, before={}, after=after)
