"""What a channel brings for the contract suite: the requests its gateway sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from rapport.values import Inbound


class MakesRequests(Protocol):
    """Makes the request of one message as the gateway would send it to `url`, with its proof.

    `text` is bytes, so that a test can send what is no text. An empty `id` or `sender` is left out.
    """

    def __call__(self, url: str, text: bytes, *, sender: str, id: str) -> Inbound: ...


@dataclass(frozen=True, slots=True)
class Samples:
    """`settings` are those of a source, `request` makes requests, and `unproven` spoils the proof of one; None where
    the channel's proof is wire.NO_PROOF."""

    settings: Mapping[str, str]
    request: MakesRequests
    unproven: Callable[[Inbound], Inbound] | None
