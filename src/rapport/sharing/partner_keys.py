"""Keys with which partners' systems read: each under one agreement, whose purposes and end are the key's. Shown once
when made; only a hash is kept. Looked up at every request, so that a revoked one ends with the next."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.utils import timezone

from rapport import plugins
from rapport.accounts import api_keys
from rapport.accounts.models import Person
from rapport.errors import BadKey, Conflict, Refused
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.oversight.ledger import chain, entries
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.sharing.agreements import allow
from rapport.sharing.models import Agreement, AgreementState, PartnerKey
from rapport.values import Json, Purpose, Reader

log = logging.getLogger(__name__)
NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,59}")
#: How exactly "last used" is known: a write to the database in this time, not one a request [ours].
NOTED_EVERY = timedelta(minutes=5)
_CLOSED = {
    AgreementState.LATER: "The agreement of this key does not hold yet: read again when it has begun.",
    AgreementState.EXPIRED: "The agreement of this key has expired. Ask the team to renew it, and for a new key.",
    AgreementState.ENDED: "The agreement of this key was ended. Ask the team.",
}


@transaction.atomic
def make(person: Person, agreement: Agreement, name: str) -> str:
    """A new key: the only time it can be read. Protocols may know it by its name, so no other organisation has had a
    key of that name here: Conflict. Refused for a name that no protocol could write; Conflict for an agreement that is
    over."""
    allow(person, agreement.operation_id)
    if not NAME.fullmatch(name):
        raise Refused("name", "Write 2 to 60 small letters, digits and hyphens, as who-dashboard.", field="name")
    Operation.objects.select_for_update().get(pk=agreement.operation_id)  # two makers of one name wait here
    fresh = Agreement.objects.get(pk=agreement.pk)
    if fresh.state(timezone.now()) not in {AgreementState.IN_FORCE, AgreementState.LATER}:
        raise Conflict("The agreement is over: renew it, and make the key under the new one.")
    same = PartnerKey.objects.filter(agreement__operation=fresh.operation_id, name=name)
    if same.exclude(agreement__receiver=fresh.receiver_id).exists():
        raise Conflict("Another organisation has a key of this name here: choose another name.")
    key, start, key_hash = api_keys.fresh()
    made = PartnerKey.objects.create(agreement=fresh, name=name, start=start, key_hash=key_hash, made_by=person)
    _note(DecisionKind.MAKE_KEY, "made", made, person)
    return key


@transaction.atomic
def revoke(person: Person, key: PartnerKey) -> None:
    """Ends a key with the next request. Once more does nothing."""
    allow(person, key.agreement.operation_id)
    if PartnerKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        _note(DecisionKind.END_KEY, "revoked", key, person)


def reads(key: str, operation: Operation) -> Reader:
    """The reader whose key this is. BadKey says why it is none here, and what to do."""
    now = timezone.now()
    held = PartnerKey.objects.filter(key_hash=keys.token_hash(key)).select_related(
        "agreement__operation", "agreement__receiver"
    )
    found = held.first()
    if found is None:
        raise _unknown(key)
    if found.revoked_at is not None:
        raise BadKey(401, "This key was revoked. Ask the team of the operation for another.")
    agreement, organisation = found.agreement, found.agreement.receiver
    if agreement.operation_id != operation.pk:
        raise BadKey(403, f"This key reads the operation {agreement.operation.slug} and no other.")
    if (state := agreement.state(now)) in _CLOSED:
        raise BadKey(403, _CLOSED[state])
    _used(found, now)
    return Reader(
        organisation=organisation.slug,
        organisation_kind=organisation.kind,
        sectors=frozenset(organisation.sectors),
        key=found.name,
        agreed=frozenset(map(Purpose, agreement.purposes)),
    )


def _unknown(key: str) -> BadKey:
    if api_keys.find(key):
        return BadKey(403, "This key sends reports and reads nothing. Ask the team for a partner's key.")
    return BadKey(
        401,
        "Nobody knows this key. Send the header Authorization: Bearer, with the whole key as it was shown; without the"
        " header you read what everybody reads.",
    )


def _used(key: PartnerKey, now: datetime) -> None:
    if key.last_used_at is not None and now - key.last_used_at < NOTED_EVERY:
        return
    try:
        PartnerKey.objects.filter(pk=key.pk).update(last_used_at=now)
    except OperationalError as error:  # a busy or full database: reading goes on
        log.warning("a key's last use is not noted: %s", error)


def _note(kind: DecisionKind, became: str, key: PartnerKey, person: Person) -> None:
    said = {"partner_key": key.pk, "agreement": key.agreement_id}
    reason = f"{key.start}… of {key.name}, {key.agreement.receiver.name}"
    decide(person, key.agreement.operation_id, kind, before={}, after=said, reason=reason)
    entries.policy(key.agreement.operation_id, {"person": person.pk, "became": became, **_said(key)})


def _said(key: PartnerKey) -> dict[str, Json]:
    # `under`, since entries that name an `agreement` tell what became of it. The key's name is a word of people.
    digest = hashlib.sha256(chain.canonical([key.name, key.start, key.key_hash]).encode()).hexdigest()
    return {"partner_key": key.pk, "under": key.agreement_id, "digest": digest}


def recorded() -> Iterator[plugins.Recorded]:
    """Every partner's key, as the ledger must have it; when it was last used is no part of that."""
    for key in PartnerKey.objects.select_related("agreement").order_by("pk").iterator():
        said = _said(key)
        steps = {"made": (key.created_at, {"person": key.made_by_id, **said})}
        if key.revoked_at is not None:
            steps["revoked"] = (key.revoked_at, said)
        yield plugins.Recorded(key.pk, key.agreement.operation_id, steps)
