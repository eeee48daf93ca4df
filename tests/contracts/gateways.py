"""A gateway that calls us, for any channel: what the contract suite and the stories send with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from rapport import plugins
from rapport.intake.channels.samples import Samples
from rapport.operations.models import Operation, Source
from rapport.oversight import keys
from rapport.values import Inbound

TOKEN = "token-of-this-gateway"
SENDER = "+50955500123"


def samples(channel: str) -> Samples:
    found = import_module(f"{plugins.CHANNELS[channel]}.samples").SAMPLES
    assert isinstance(found, Samples)
    return found


@dataclass(frozen=True)
class Gateway:
    """One source of a channel, and requests to it."""

    channel: str
    source: Source
    samples: Samples

    @property
    def path(self) -> str:
        return f"/in/{self.channel}/{TOKEN}/"

    def request(
        self, text: bytes | str, id: str = "message-1", sender: str = SENDER, base: str = "http://testserver"
    ) -> Inbound:
        raw = text.encode() if isinstance(text, str) else text
        return self.samples.request(base + self.path, raw, sender=sender, id=id)

    def send(self, inbound: Inbound, client: Client | None = None) -> HttpResponse:
        return (client or Client(raise_request_exception=False)).generic(  # type: ignore[return-value]
            inbound.method, self.path, inbound.body, inbound.content_type, headers=dict(inbound.headers)
        )

    def unproven(self, text: str) -> Inbound:
        """A request whose proof is wrong; skips the test where a request has none."""
        if self.samples.unproven is None:
            pytest.skip("the token in the address is all there is")
        return self.samples.unproven(self.request(text))

    def says(self, text: bytes | str, id: str = "message-1", sender: str = SENDER) -> HttpResponse:
        return self.send(self.request(text, id, sender))


@contextmanager
def no_table(name: str) -> Iterator[None]:
    """The database cannot write there for a while."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO away")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE away RENAME TO {name}")


def gateway(channel: str, operation: Operation) -> Gateway:
    """A new source of the channel in the operation, with the settings of the channel's samples."""
    brought = samples(channel)
    source = Source.objects.create(
        operation=operation,
        slug=f"gateway-{channel}",
        channel=channel,
        language="ht",
        token_hash=keys.token_hash(TOKEN),
        settings_sealed=keys.seal("channels", json.dumps(dict(brought.settings)).encode()),
    )
    return Gateway(channel, source, brought)
