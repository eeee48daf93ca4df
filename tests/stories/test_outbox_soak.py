"""Whatever the other side does, and whenever the worker is killed: no message is sent twice, and none is lost.

The worker is the real one, in a process of its own; mail server, gateways and phone are servers on this machine that
count what they would send.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from rapport.intake import doors, limits
from rapport.intake.channels.twilio import signature
from rapport.intake.channels.wire import pairs
from rapport.notify import claims
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.operations.models import Operation, Source
from tests.contracts.gateways_out import (
    BROKEN,
    DROP,
    HOST,
    LATER,
    NEVER,
    STALL,
    TAKE,
    TAKE_AND_DROP,
    Call,
    Door,
    Post,
    door,
    post,
)
from tests.web.outbox import MAIL_FROM, message, plain, source, writer

pytestmark = pytest.mark.long

S = OutboxState
FORM = "application/x-www-form-urlencoded"
CALLBACKS = "http://testserver/in/twilio/token-twilio/"
#: How often each thing happens, in a hundred.
MANNERS = {TAKE: 60, TAKE_AND_DROP: 10, DROP: 8, LATER: 10, NEVER: 3, BROKEN: 9}


@dataclass
class Sides:
    """Everybody who takes our messages."""

    dice: random.Random
    careful: Door  # takes an Idempotency-Key once
    careless: Door
    twilio: Door
    mails: Post
    phone: Source
    sent_by_phone: Counter[str] = field(default_factory=Counter)
    callbacks: list[tuple[str, str]] = field(default_factory=list)  # address, body: to be posted, more than once

    @property
    def took(self) -> Counter[str]:
        return self.careful.took + self.careless.took + self.twilio.took + self.mails.took + self.sent_by_phone

    def report(self, client: Client) -> None:
        """Twilio's callbacks, late, in any order and repeated."""
        chosen = self.dice.sample(self.callbacks, min(30, len(self.callbacks)))
        for url, body in chosen:
            signed = b"".join(name + value for name, value in sorted(pairs(body.encode())))
            headers = {"X-Twilio-Signature": signature(b"t", url, signed)}
            parts = urlsplit(url)
            client.post(f"{parts.path}?{parts.query}", body, FORM, headers=headers)

    def fetch(self, client: Client) -> None:
        """The phone fetches and confirms; a third of its lines break, before or after the confirmation arrives."""
        path = f"/in/smssync/token-{self.phone.slug}/"
        payload = client.get(f"{path}?task=send&secret=s").json()["payload"]
        messages = payload.get("messages", [])
        if not messages or self.dice.random() < 0.2:
            return
        body = {"queued_messages": [one["uuid"] for one in messages]}
        allowed = client.post(f"{path}?task=sent", body, "application/json").json()["message_uuids"]
        if self.dice.random() < 0.2:
            return
        self.sent_by_phone.update(one["message"] for one in messages if one["uuid"] in allowed)


def manners(dice: random.Random, stalls: int) -> str:
    weights = {**MANNERS, STALL: stalls}
    time.sleep(dice.uniform(0, 0.15))  # so that a kill falls into the middle of calls
    return dice.choices(list(weights), list(weights.values()))[0]


@contextmanager
def sides(operation: Operation, dice: random.Random, stalls: int) -> Iterator[Sides]:
    with ExitStack() as stack:
        careful = stack.enter_context(door(repeats=True, behave=lambda call: manners(dice, stalls)))
        careless, twilio = (stack.enter_context(door(behave=lambda call: manners(dice, stalls))) for _ in range(2))
        mails = stack.enter_context(post(behave=lambda letter: manners(dice, 0)))
        phone = source(operation, "smssync", {"secret": "s", "results": "on"}, slug="phone")
        made = Sides(dice, careful, careless, twilio, mails, phone)

        def taken_by_twilio(call: Call) -> str:
            what = manners(dice, stalls)
            if what in {TAKE, TAKE_AND_DROP}:
                url = call.fields["StatusCallback"]
                for status in ("queued", "sent", "delivered")[: dice.randint(1, 3)]:
                    made.callbacks.append((url, urlencode({"MessageSid": f"SM-{len(url)}", "MessageStatus": status})))
            return what

        twilio.behave = taken_by_twilio
        yield made


def write(operation: Operation, among: Sides, count: int) -> None:
    """`count` messages to be sent, spread over all ways out."""
    careful = {"secret": "s", "send_url": among.careful.url, "send_again": "safe"}
    twilio = {"auth_token": "t", "account_sid": "AC1", "number": "+509", "api": among.twilio.url}
    twilio |= {"status_address": CALLBACKS}
    ways = (
        source(operation, "plain", careful, slug="careful"),
        plain(operation, among.careless.url, slug="careless"),
        source(operation, "twilio", twilio, slug="twilio"),
        among.phone,
        Source.objects.get(operation=operation, slug="web"),
    )
    for number in range(count):
        at = ways[number % len(ways)]
        to = writer(operation, at, f"rose{number}@example.org", "email") if at.slug == "web" else None
        message(at, f"Dlo {number}", to)


class Worker:
    """`rapport worker` on the database of the test."""

    def __init__(self, mails: Post, log: Path) -> None:
        rest = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "DJANGO_"))}
        self.environment = rest | {
            "RAPPORT_DATA_DIR": str(settings.DATA_DIR),
            "RAPPORT_DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
            "RAPPORT_SMTP_URL": f"smtp://{HOST}:{mails.port}",
            "RAPPORT_MAIL_FROM": MAIL_FROM,
        }
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "rapport.cli", "worker"]
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """kill -9: nobody has time to tidy up."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def time_passes() -> None:
    """As if hours went by: back-offs are over and claims of the dead have ended."""
    OutboxMessage.objects.filter(state=S.WAITING).update(next_at=None)
    OutboxMessage.objects.filter(state=S.SENDING).update(claimed_at=timezone.now() - claims.STALE * 2)
    claims.recover(timezone.now())


def open_ones() -> int:
    return OutboxMessage.objects.filter(state__in=(S.WAITING, S.SENDING)).count()


def played(operation: Operation, folder: Path, count: int, kills: int, stalls: int, within: float) -> Counter[str]:
    """Send `count` messages while the worker is killed `kills` times; how many stand where in the end, and how many
    were doubled or lost."""
    dice, client = random.Random(4636), Client(raise_request_exception=False)
    with sides(operation, dice, stalls) as among:
        write(operation, among, count)
        worker = Worker(among.mails, folder / "worker.log")
        try:
            for _ in range(kills):
                before = OutboxMessage.objects.filter(attempts__gt=0).count()
                worker.start()
                soon = time.monotonic() + 60
                while OutboxMessage.objects.filter(attempts__gt=0).count() == before and time.monotonic() < soon:
                    among.fetch(client)
                    time.sleep(0.05)
                time.sleep(dice.uniform(0.02, 0.6))
                worker.kill()
                among.report(client)
                time_passes()
            worker.start()
            until = time.monotonic() + within
            while open_ones() and time.monotonic() < until:
                among.fetch(client)
                among.report(client)
                OutboxMessage.objects.filter(state=S.WAITING).update(next_at=None)
                phones = OutboxMessage.objects.filter(state=S.SENDING, source=among.phone)
                phones.update(claimed_at=timezone.now() - claims.STALE * 2)  # what it did not confirm is offered again
                claims.recover(timezone.now())
                time.sleep(0.1)
        finally:
            worker.kill()
        time_passes()
        claims.recover(timezone.now() + claims.SILENT * 1.1)
        return counted(among.took)


def counted(took: Counter[str]) -> Counter[str]:
    """How many stand where, were doubled, or are lost: they did not arrive, and our books do not say so. What still
    waits is not lost, it is tried again."""
    found: Counter[str] = Counter(doubled=sum(times - 1 for times in took.values()), lost=0)
    for row in OutboxMessage.objects.select_related("source"):
        found[row.state] += 1
        arrived = took[row.body] == 1
        accounted = arrived or row.state == S.WAITING or (row.state in {S.UNSURE, S.FAILED} and row.problem)
        if not accounted:
            found["lost"] += 1
            found[f"lost by {row.source.slug}, {row.state}"] += 1
        if arrived and row.state == S.WAITING:
            found["arrived and would be sent again"] += 1
    return found


@pytest.fixture(autouse=True)
def _on_sqlite() -> None:
    doors.forget()
    limits.forget()
    if connection.vendor != "sqlite":
        pytest.skip("the worker is started on the file of the test's database")


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_doubles_and_loses_nothing(
    operation: Operation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = played(operation, tmp_path, count=40, kills=1, stalls=0, within=300)
    with capsys.disabled():
        print(f"\noutbox, 40 messages, killed once: {dict(found)}")  # noqa: T201
    assert (found["doubled"], found["lost"]) == (0, 0), found
    assert found["waiting"] == 0, "the machine was too slow: not all had their try within 300 s"


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_killed_many_times_among_gateways_that_fail_and_stall(
    operation: Operation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = played(operation, tmp_path, count=600, kills=25, stalls=1, within=900)
    with capsys.disabled():
        print(f"\noutbox, 600 messages, killed 25 times: {dict(found)}")  # noqa: T201
    assert (found["doubled"], found["lost"]) == (0, 0), found
    assert found["sent"] + found["handed"] + found["delivered"] > 300
    assert found["waiting"] == 0
