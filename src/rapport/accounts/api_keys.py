"""Keys by which a system sends reports to one source. Shown once when made; only a hash is kept."""

from __future__ import annotations

import secrets
import time
from threading import Lock

from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import ApiKey, Person
from rapport.accounts.operator import operator
from rapport.accounts.permissions import Permission
from rapport.errors import NotAllowed
from rapport.oversight import keys
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide

PREFIX = "rap_"  # tells people, and programs that look for leaked secrets, what it is
#: Seconds a found key is remembered in this process: a key revoked elsewhere works that much longer [ours].
REMEMBERED = 5.0
_MOST = 1024

_found: dict[str, tuple[float, ApiKey]] = {}
_lock = Lock()


def fresh() -> tuple[str, str, str]:
    """A new key by chance; its start, which names it to people; its hash, which is kept."""
    key = PREFIX + secrets.token_urlsafe(32)
    return key, key[:8], keys.token_hash(key)


@transaction.atomic
def make(source_id: int, operation_id: int, name: str, by: Person | None) -> str:
    """A new key to a source: the only time it can be read. `by` None is whoever runs the command line."""
    _check(by, operation_id)
    key, start, key_hash = fresh()
    made = ApiKey.objects.create(source_id=source_id, name=name, start=start, key_hash=key_hash, made_by=by)
    _note(DecisionKind.MAKE_KEY, made, operation_id, by)
    return key


def find(key: str) -> ApiKey | None:
    """The key in force, with its source and operation; None for anything else.

    One hash and one look-up by it, right or wrong: how long it takes says nothing about the keys there are.
    """
    key_hash = keys.token_hash(key)
    until, held = _found.get(key_hash, (0.0, None))
    if held is not None and until > time.monotonic():
        return held
    held = (
        ApiKey.objects.select_related("source__operation")
        .filter(key_hash=key_hash, revoked_at=None, source__active=True)
        .first()
    )
    if held is not None:
        _remember(key_hash, held)
    return held


def revoke(key: ApiKey, operation_id: int, by: Person | None) -> None:
    """Ends a key: here at once, in other processes within REMEMBERED seconds. Once more does nothing."""
    _check(by, operation_id)
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            _note(DecisionKind.END_KEY, key, operation_id, by)
    forget()


def forget() -> None:
    """Look every key up anew: after revoking one, or pausing a source."""
    with _lock:
        _found.clear()


def _remember(key_hash: str, key: ApiKey) -> None:
    with _lock:
        if len(_found) >= _MOST:
            _found.clear()
        _found[key_hash] = (time.monotonic() + REMEMBERED, key)


def _note(kind: DecisionKind, key: ApiKey, operation_id: int, by: Person | None) -> None:
    said = {"key": key.pk, "source": key.source_id}
    reason = f"{key.start}… of {key.name}"
    decide(by or operator(), operation_id, kind, before={}, after=said, reason=reason)


def _check(by: Person | None, operation_id: int) -> None:
    if by is not None and not by.may(Permission.OPERATIONS_SOURCE_MANAGE, operation_id):
        raise NotAllowed("Only who manages the sources of this operation makes or revokes keys.")
