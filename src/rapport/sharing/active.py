"""Which protocol holds in an operation now. Asked at every request, so that a change holds from the next one on."""

from __future__ import annotations

from functools import lru_cache

from rapport.sharing.models import ProtocolVersion
from rapport.sharing.policy import Policy
from rapport.sharing.protocol import file, library

#: Shipped protocols that hold without being activated: none was ever, or the last one was withdrawn.
HOUSE, CLOSED = "house", "closed"


def policy_of(operation_id: int) -> Policy:
    """The protocol in force: the one activated last; where it was withdrawn, nothing leaves the team; where there never
    was one, rapport's own."""
    activated = ProtocolVersion.objects.filter(operation_id=operation_id, activated_at__isnull=False)
    last = activated.order_by("-activated_at", "-pk").values_list("pk", "digest", "withdrawn_at").first()
    if last is None:
        return shipped(HOUSE)
    pk, digest, withdrawn_at = last
    return shipped(CLOSED) if withdrawn_at else version_policy(pk, digest)


@lru_cache(maxsize=64)
def version_policy(pk: int, digest: str) -> Policy:
    """A version that somebody proposed, whether it holds or not."""
    # What was proposed is never changed, so the row is read once; the digest tells it from one of another database.
    return Policy(file.read(ProtocolVersion.objects.values_list("text", flat=True).get(pk=pk)))


@lru_cache(maxsize=16)
def shipped(name: str) -> Policy:
    """A protocol that comes with rapport."""
    return Policy(file.read(library.text_of(name)))
