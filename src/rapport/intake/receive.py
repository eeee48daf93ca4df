"""A message becomes a report. This is where everything that a gateway sends comes in.

What a gateway asks beside that (which messages it is to send, what became of one) is answered by notify/gateway.py.
"""

from __future__ import annotations

from rapport.errors import Refused, TryAgain
from rapport.intake import limits, refusals
from rapport.intake.keep import keep
from rapport.notify import gateway
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
        prove(way, inbound, source)
        if (told := gateway.answer(inbound, source)) is not None:
            return told
        messages = accept(way, inbound, source)
        # 2 and 3: both in one transaction, so that two copies arriving at once cannot both be new
        kept = keep(source, messages, original=inbound.body if len(messages) == 1 else None)
    except Refused as refusal:
        refusals.count(source, refusal.reason)
        return way.refuse(refusal)
    except TryAgain:
        return try_again()
    return way.answer(inbound, kept)


def prove(way: Channel, inbound: Inbound, source: Source) -> None:
    """Refused unless the request is of a size to be read and proves where it comes from."""
    if len(inbound.body) > way.max_bytes:
        raise Refused("too_large", f"send at most {way.max_bytes} bytes", status=413)
    way.verify(inbound, source_settings(source))


def accept(way: Channel, inbound: Inbound, source: Source) -> list[Message]:
    """The messages of a proven request that keep to the limits; else Refused."""
    messages = list(way.parse(inbound, source_settings(source)))
    limits.check(source, len(messages))
    return messages


def try_again() -> Answer:
    """The database cannot take it now: a full disk, a lock. Gateways repeat on a 503, so nothing is lost."""
    return Answer(503, b"Not kept. Send it again in a minute.\n", "text/plain; charset=utf-8")
