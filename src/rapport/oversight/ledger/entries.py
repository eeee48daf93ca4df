"""What goes into the ledger. Call each in the transaction of what it records; the worker seals it later (seal.py).

Nothing personal stands in an entry: people, reports and events are named by their numbers, and what was written by
somebody only by a commitment to it. Of contacts not even numbers stand in it: what an entry says is kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from rapport.oversight.ledger import chain
from rapport.oversight.models import Decision, DecisionKind, EntryKind, KeptEntry, LedgerEntry
from rapport.plain_sql import insert_tuples, moment
from rapport.values import Json

#: The columns of a decision that its commitment covers: all but the salt.
COMMITTED = (
    "id", "operation_id", "person_id", "kind", "at", "report_id", "event_id", "other_event_id", "order_id",
    "suggestion_id", "reason", "evidence", "before", "after", "sender_id", "batch_id", "undoes_id",
)  # fmt: skip
#: Name in the entry → column. These stand in the entry openly.
NAMED = {
    "decision": "id", "kind": "kind", "person": "person_id", "report": "report_id", "event": "event_id",
    "other_event": "other_event_id", "order": "order_id", "batch": "batch_id", "undoes": "undoes_id",
}  # fmt: skip
#: The columns of a kept entry that its commitment covers: all but the salt.
KEPT = ("id", "operation_id", "kind", "made_at", "body")


def append(kind: EntryKind, operation_id: int | None, body: Mapping[str, Json]) -> None:
    """One entry. `body` holds numbers, digests and words of rapport's own, never what people wrote, names or
    addresses."""
    LedgerEntry.objects.create(kind=kind, operation_id=operation_id, body=chain.canonical(body))


def decided(decisions: Sequence[Decision]) -> None:
    """One entry for each of these decisions, which are written and have their salt."""
    insert_tuples(
        LedgerEntry,
        ("kind", "operation_id", "made_at", "body", "prev", "hash"),
        ((EntryKind.DECISION.value, one.operation_id, moment(one.at), body_of(one), "", "") for one in decisions),
    )


def body_of(decision: Decision) -> str:
    """What the ledger says of a decision as it is."""
    return decision_body({column: getattr(decision, column) for column in COMMITTED}, decision.salt)


def decision_body(row: Mapping[str, Any], salt: str) -> str:
    """The same of its columns: what it names, and the commitment to the row."""
    return chain.canonical(named(row) | {"commitment": decision_commitment(row, salt)})


def named(row: Mapping[str, Any]) -> dict[str, Json]:
    """What an entry of this decision says openly. About contacts not who decided: a copy would show who writes when,
    and who then answers."""
    return {
        name: row[column]
        for name, column in NAMED.items()
        if row[column] is not None and not (name == "person" and row["kind"] == DecisionKind.CONTACT)
    }


def decision_commitment(row: Mapping[str, Any], salt: str) -> str:
    return chain.commitment({**row, "at": chain.moment(row["at"])}, salt)


def releases(operation_id: int, audience: str, purpose: str, refs_digest: str, count: int, reader: str) -> None:
    """A batch that went to a named reader: how many, and a digest of their references, in the order in which they went.
    `reader` names a system or an organisation by our own word or number, never a person by name."""
    body: dict[str, Json] = {"audience": audience, "purpose": purpose, "refs": refs_digest, "count": count}
    append(EntryKind.RELEASE, operation_id, body | {"reader": reader})


def policy(operation_id: int, body: Mapping[str, Json]) -> None:
    """A change of who may see what: which version, the digest of its text, who changed it (a number)."""
    append(EntryKind.POLICY, operation_id, body)


def retention(operation_id: int, body: Mapping[str, Json]) -> None:
    """A run that destroyed something: by which rule, and how much of what."""
    append(EntryKind.RETENTION, operation_id, body)


def glass(operation_id: int, body: Mapping[str, Json]) -> None:
    """Somebody broke the glass, looked behind it, or ended it: numbers of the glass, the person, and what it is about,
    never an address."""
    append(EntryKind.GLASS, operation_id, body)


def look(operation_id: int, body: Mapping[str, Json]) -> None:
    """Somebody was shown how an office of a network is reached: numbers of the look, the office and the person."""
    _keep(EntryKind.LOOK, operation_id, body)


def contact(operation_id: int, body: Mapping[str, Json]) -> None:
    """What became of a ping, of a message between offices, or of an office's record as time passed: by numbers and
    words of rapport's own."""
    _keep(EntryKind.CONTACT, operation_id, body)


@transaction.atomic(savepoint=False)
def _keep(kind: EntryKind, operation_id: int, body: Mapping[str, Json]) -> None:
    """What is said stays here; the entry has its number and a commitment to it, and nothing else."""
    kept = KeptEntry.objects.create(kind=kind, operation_id=operation_id, body=chain.canonical(body))
    row = {column: getattr(kept, column) for column in KEPT}
    append(kind, operation_id, {"kept": kept.pk, "commitment": kept_commitment(row, kept.salt)})


def kept_commitment(row: Mapping[str, Any], salt: str) -> str:
    return chain.commitment({**row, "made_at": chain.moment(row["made_at"])}, salt)


def signed_in(person_id: int, roles: Iterable[tuple[int, str]]) -> None:
    """Somebody signed in who can do harm: an entry for each operation where they hold these roles (operation id,
    role)."""
    held: dict[int, list[Json]] = {}
    for operation_id, role in sorted(roles):
        held.setdefault(operation_id, []).append(role)
    for operation_id, names in held.items():
        append(EntryKind.SIGN_IN, operation_id, {"person": person_id, "roles": names})
