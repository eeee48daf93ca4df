"""Which source a gateway's address belongs to: asked with every message, so it must be quick."""

from __future__ import annotations

import time

from rapport.operations.models import Source, source_by_token

#: Seconds for which an answer is used again: a source that was paused, or whose address was exchanged, takes messages
#: for that long. A query a message costs a third of the rate, because each lets other threads at the interpreter.
GOOD_FOR = 1.0
_MOST = 256  # sources remembered; each is some kilobytes

_known: dict[tuple[str, str], tuple[float, Source]] = {}


def source_at(channel: str, token: str) -> Source | None:
    """The active source whose address holds this token, with its operation; at most GOOD_FOR seconds old."""
    until, source = _known.get((channel, token), (0.0, None))
    if source is not None and time.monotonic() < until:
        return source
    found = source_by_token(channel, token)
    _known.pop((channel, token), None)
    if found is not None:  # an unknown token is never remembered: there are as many of them as anyone likes to try
        if len(_known) >= _MOST:
            _known.clear()
        _known[channel, token] = (time.monotonic() + GOOD_FOR, found)
    return found


def forget() -> None:
    """Ask the database again with the next message."""
    _known.clear()
