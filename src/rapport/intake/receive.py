"""A message becomes a report. This is where everything that a gateway sends comes in."""

from __future__ import annotations

from rapport.errors import Refused, TryAgain
from rapport.intake import limits, refusals
from rapport.intake.keep import keep
from rapport.operations.load import source_settings
from rapport.operations.models import Source
from rapport.plugins import Channel, channel
from rapport.values import Answer, Inbound, Message


def receive(inbound: Inbound, source: Source) -> Answer:
    """Take one request of a gateway and say what the gateway is told. Never raises for what the other side did.

    1 the source accepts it · 2 its key says whether we have it already · 3 keep it, commit, acknowledge
    """
    way = channel(source.channel)
    try:
        # 1
        messages = accept(way, inbound, source)
        # 2 and 3: both in one transaction, so that two copies arriving at once cannot both be new
        kept = keep(source, messages, original=inbound.body if len(messages) == 1 else None)
    except Refused as refusal:
        refusals.count(source, refusal.reason)
        return way.refuse(refusal)
    except TryAgain:
        return try_again()
    return way.answer(inbound, kept)


def accept(way: Channel, inbound: Inbound, source: Source) -> list[Message]:
    """The messages of a request whose origin is proven and that keeps to the limits; else Refused."""
    if len(inbound.body) > way.max_bytes:
        raise Refused("too_large", f"send at most {way.max_bytes} bytes", status=413)
    way.verify(inbound, source_settings(source))
    messages = list(way.parse(inbound))
    limits.check(source, len(messages))
    return messages


def try_again() -> Answer:
    """The database cannot take it now: a full disk, a lock. Gateways repeat on a 503, so nothing is lost."""
    return Answer(503, b"Not kept. Send it again in a minute.\n", "text/plain; charset=utf-8")
