"""What the network of an operation agreed: its own file, or the example that comes with rapport until it has one."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.contacts import network
from rapport.contacts.model import Network
from rapport.contacts.models import NetworkFile
from rapport.errors import NotAllowed
from rapport.operations.models import Operation
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide

EXAMPLE = "example"
LOAD = Permission.CONTACTS_NETWORK_LOAD


def network_of(operation_id: int) -> Network:
    """What counts now; asked anew each time, so that another process's change holds with the next request."""
    kept = NetworkFile.objects.filter(operation_id=operation_id, replaced_at=None).values_list("text", flat=True)
    return _read(kept.first() or network.text_of(EXAMPLE))


@transaction.atomic
def load(who: Person, operation: Operation, text: str) -> Network:
    """Counts from the next request on. BadDefinition says all that is wrong with the file; NotAllowed."""
    if not who.may(LOAD, operation.pk):
        raise NotAllowed(f"This needs the permission {LOAD.value}.")
    found = _read(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    current = NetworkFile.objects.select_for_update().filter(operation=operation, replaced_at=None)
    before = current.first()
    if before is not None and before.digest == digest:
        return found
    current.update(replaced_at=timezone.now())
    made = NetworkFile.objects.create(operation=operation, text=text, digest=digest, loaded_by=who)
    after = {"said": f"loaded what the network {found.slug} agreed", "file": made.pk, "sha256": digest}
    decide(who, operation.pk, DecisionKind.CONTACT, before={"sha256": before.digest if before else ""}, after=after)
    return found


@lru_cache(16)
def _read(text: str) -> Network:
    return network.read(text)
