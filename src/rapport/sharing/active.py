"""Which protocol holds in an operation now. Asked at every request, so that a change holds from the next one on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from rapport.errors import BadDefinition
from rapport.sharing.models import ProtocolVersion
from rapport.sharing.policy import Policy
from rapport.sharing.protocol import file, library

#: Shipped protocols that hold without being activated: none was ever, or the last one was withdrawn.
HOUSE, CLOSED = "house", "closed"


def policy_of(operation_id: int) -> Policy:
    """The protocol in force: the one activated last; where it was withdrawn, nothing leaves the team; where there never
    was one, rapport's own. Nothing leaves either where the text is not the one that was signed."""
    activated = ProtocolVersion.objects.filter(operation_id=operation_id, activated_at__isnull=False)
    last = activated.order_by("-activated_at", "-pk").values_list("pk", "digest", "withdrawn_at").first()
    if last is None:
        return shipped(HOUSE)
    pk, digest, withdrawn_at = last
    return shipped(CLOSED) if withdrawn_at else _signed(pk, digest)


@dataclass(frozen=True, slots=True)
class Held:
    """A protocol, and when it held: `since` the first moment, `until` the first one after it; None for open ends."""

    policy: Policy
    since: datetime | None
    until: datetime | None


def held(operation_id: int) -> Sequence[Held]:
    """Which protocols have held, the one in force last. What readers had under one before, they are told of still."""
    changes = list(_changes(operation_id))
    ends = [since for since, _ in changes[1:]]
    return [Held(policy, since, until) for (since, policy), until in zip(changes, [*ends, None], strict=True)]


def _changes(operation_id: int) -> Iterator[tuple[datetime | None, Policy]]:
    yield None, shipped(HOUSE)
    versions = ProtocolVersion.objects.filter(operation_id=operation_id).order_by("activated_at", "pk")
    activated = versions.exclude(activated_at=None).values_list("pk", "digest", "activated_at", "withdrawn_at")
    for pk, digest, activated_at, withdrawn_at in activated:
        yield activated_at, _signed(pk, digest)
        if withdrawn_at:
            yield withdrawn_at, shipped(CLOSED)


def _signed(pk: int, digest: str) -> Policy:
    try:
        return version_policy(pk, digest)
    except BadDefinition:  # changed since, or written when longer texts were read
        return shipped(CLOSED)


class Forged(BadDefinition):
    """The text of a protocol is not the one that was signed."""


@lru_cache(maxsize=256)  # those that held once are asked for, too
def version_policy(pk: int, digest: str) -> Policy:
    """A version that somebody proposed, whether it holds or not. Forged if its text was changed since."""
    # What was proposed is never changed, so the row is read once; the digest tells it from one of another database.
    text = ProtocolVersion.objects.values_list("text", flat=True).get(pk=pk)
    if said := forged(text, digest):
        raise Forged(f"Protocol {pk} cannot rule: {said}.")
    return Policy(file.read(text))


def forged(text: str, digest: str) -> str:
    """What is wrong with a version's text, in words; "" if it is the one of which this digest was signed."""
    return "" if file.digest(text) == digest else "its text is not the one that was signed"


@lru_cache(maxsize=16)
def shipped(name: str) -> Policy:
    """A protocol that comes with rapport."""
    return Policy(file.read(library.text_of(name)))
