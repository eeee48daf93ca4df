"""Other instances: lines that are down, messages that were not taken, keys that nobody agreed on."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Q

from rapport.contacts import instance
from rapport.contacts.peers.models import Peer
from rapport.upkeep.doctor.finding import Finding, look, wrong


def signs() -> Iterator[Finding]:
    """Whether the key is there with which this instance signs what others check."""
    if instance.lost():
        yield wrong(
            "keys", "The key keys/envelopes is gone: nothing leaves for other instances, no directory is signed.",
            "Bring the file keys/envelopes back from a backup. If none has it: docs/how-to/back-up-and-restore.md.",
        )  # fmt: skip


def lines() -> Iterator[Finding]:
    waits = Q(outbound__received_at=None, outbound__pk__isnull=False)
    peers = Peer.objects.filter(ended_at=None).annotate(
        waiting=Count("outbound", filter=waits), refused=Count("outbound", filter=waits & ~Q(outbound__problem=""))
    )
    for one in peers.order_by("instance"):
        if one.line_since is not None and one.waiting:
            yield look(
                "instances", f"Nothing gets through to {one.instance} since {one.line_since:%Y-%m-%d %H:%M} UTC, and"
                f" {'1 message waits' if one.waiting == 1 else f'{one.waiting:,} messages wait'}: {one.line_problem}",
                f"Is its address right, and its machine up? Else: rapport contacts bundle --peer {one.instance}.",
            )  # fmt: skip
        elif one.refused:
            yield look(
                "instances", f"{'1 message was' if one.refused == 1 else f'{one.refused:,} messages were'} not taken by"
                f" {one.instance}.",
                "Whoever is on duty sees why, under Other instances.",
            )  # fmt: skip
        if one.strange_at is not None:
            yield look(
                "instances", f"In the name of {one.instance} something came under a key that is not agreed, last at"
                f" {one.strange_at:%Y-%m-%d %H:%M} UTC. Anybody can send such a thing.",
                "Call them, on a number that you know: did they exchange it? Whoever has called says so under Other"
                " instances.",
            )  # fmt: skip
