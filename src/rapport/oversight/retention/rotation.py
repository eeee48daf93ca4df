"""Keys are changed, so that what was destroyed cannot be opened where it may still lie: in a database's dead rows, in
its own log, in copies of it.

1 a new key is put in front · 2 what stays is sealed anew, in batches · 3 the old keys are taken out for good. Both keys
open meanwhile, and messages go on coming in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection, models, transaction

from rapport import plugins
from rapport.oversight import key_files, keys
from rapport.oversight.keys import KeyPurpose
from rapport.oversight.models import RetentionRun
from rapport.turns import keys_are_copied, turn

#: Values sealed anew in one transaction: it holds the write lock for about a tenth of a second [ours].
BATCH = 500
#: Number of the lock that writers of sealed values share on PostgreSQL, and whoever puts a key in front has alone.
_LOCK = 4_636_001


def sealing() -> None:
    """To be asked first in a transaction that seals: no key is put in front until it ends. On SQLite who writes is
    alone in any case."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])


@contextmanager
def _alone() -> Iterator[None]:
    with turn(), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield


def step(run: RetentionRun, purpose: KeyPurpose) -> bool:
    """Do a piece of it; False when no old key is left. OperationalError while a backup is being made: it needs the keys
    that were there when it began."""
    folder = settings.DATA_DIR
    if run.new_keys.get(purpose) != key_files.identities(folder, purpose)[0]:
        _begin(run, purpose)
        return True
    for model, column in _columns(purpose):
        if not run.places.get(f"{_name(purpose, model, column)} through"):
            _some(run, purpose, model, column)
            return True
    with keys_are_copied(exclusive=True) as mine:
        if not mine:
            raise OperationalError("A backup is being made, which needs the keys that are there: it goes on after it.")
        old = [one for one in key_files.identities(folder, purpose)[1:] if one not in run.retired]
        if old:  # written down before they are gone
            run.retired = [*run.retired, *old]
            run.save(update_fields=["retired"])
        key_files.keep_newest(folder, purpose)
    return False


def _begin(run: RetentionRun, purpose: KeyPurpose) -> None:
    """Whoever seals after this has the new key; so what is sealed with an old one is in its row by now, and found."""
    with _alone():
        made = key_files.put_in_front(settings.DATA_DIR, purpose)
        run.new_keys = {**run.new_keys, purpose: made}
        run.places = {name: place for name, place in run.places.items() if not name.startswith(f"{purpose} ")}
        run.save(update_fields=["new_keys", "places"])


def _columns(purpose: KeyPurpose) -> list[tuple[type[models.Model], str]]:
    named = [one for holder in plugins.retention() for one in holder.sealed if one[0] == purpose]
    return [(apps.get_model(model), column) for _, model, column in named]


def _name(purpose: KeyPurpose, model: type[models.Model], column: str) -> str:
    return f"{purpose} {model._meta.label} {column}"


def _some(run: RetentionRun, purpose: KeyPurpose, model: type[models.Model], column: str) -> None:
    """Seal the next values anew. Through at the first part that is not full: what came meanwhile has the new key."""
    name = _name(purpose, model, column)
    rows = model._default_manager.exclude(**{column: None}).exclude(**{column: b""}).order_by("pk")
    place: Any = run.places.get(name)
    if place is not None:
        rows = rows.filter(pk__gt=place)
    some = list(rows.values_list("pk", column)[:BATCH])
    with turn(), transaction.atomic():
        for pk, before in some:
            _seal_anew(model, column, pk, purpose, bytes(before))
        run.places = (
            {**run.places, name: some[-1][0]} if len(some) == BATCH else {**run.places, f"{name} through": True}
        )
        run.save(update_fields=["places"])


def _seal_anew(model: type[models.Model], column: str, pk: object, purpose: KeyPurpose, before: bytes) -> None:
    try:
        after = keys.renewed(purpose, before)
    except InvalidToken:  # nobody could open it before either
        return
    if after != before:
        model._default_manager.filter(pk=pk, **{column: before}).update(**{column: after})


def purposes(run: RetentionRun) -> list[KeyPurpose]:
    """Of the keys that a run changes: of all that seals something of what it destroyed."""
    named = {one[0] for holder in plugins.retention() for one in holder.sealed}
    return [cast(KeyPurpose, purpose) for purpose in sorted(named)] if run.counts else []
