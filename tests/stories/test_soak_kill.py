"""Whatever happens to the server: what was acknowledged is there, once."""

from __future__ import annotations

import random
import resource
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rapport.cli.bench_ground import Ground, Server, free_port, make
from tests.migrated import migrated
from tests.stories.gateways import Senders, kept, sound

pytestmark = pytest.mark.soak

KILLS = 30
SENDERS = 16


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return make(migrated(tmp_path))


@pytest.fixture
def server(ground: Ground) -> Iterator[Server]:
    with Server(Path(ground.folder), free_port()) as running:
        yield running


def books(ground: Ground, senders: Senders) -> tuple[int, int]:
    """How many acknowledged messages are missing, and how many are there twice."""
    there = kept(ground.database)
    return sum(text not in there for text in senders.acknowledged), sum(n - 1 for n in there.values())


def test_killed_thirty_times_under_load_it_loses_and_doubles_nothing(ground: Ground, server: Server) -> None:
    dice = random.Random(4636)
    senders = Senders(ground, server.port, SENDERS)
    with senders.sending():
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.3, 1.2))
            server.kill()
            server.start()
        time.sleep(1)
    assert books(ground, senders) == (0, 0)
    assert len(senders.acknowledged) > KILLS * SENDERS
    assert senders.repeated > KILLS  # or the kills came to nothing
    assert sound(ground.database)


def test_any_one_of_its_processes_may_die(ground: Ground, server: Server) -> None:
    dice = random.Random(4636)
    senders = Senders(ground, server.port, SENDERS)
    with senders.sending():
        for _ in range(10):
            time.sleep(dice.uniform(0.5, 1.0))
            server.kill_one(dice.choice(sorted(server.processes())))
            server.start_again()
        time.sleep(1)
    assert books(ground, senders) == (0, 0)
    assert sound(ground.database)


@pytest.mark.parametrize("seconds", [3, 30])
def test_a_locked_database_makes_gateways_wait_or_try_again(ground: Ground, server: Server, seconds: int) -> None:
    """3 s is a backup on a slow disk; 30 s is longer than the server waits for a lock."""
    senders = Senders(ground, server.port, 8)
    with senders.sending():
        time.sleep(1)
        lock = sqlite3.connect(ground.database, isolation_level=None, timeout=30)
        lock.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        before = len(senders.acknowledged)
        lock.execute("ROLLBACK")
        lock.close()
        time.sleep(3)
    assert books(ground, senders) == (0, 0)
    assert len(senders.acknowledged) > before
    assert set(senders.statuses) <= {200, 503}
    assert senders.slowest < seconds + 25


def test_a_backup_while_messages_come_in_holds_all_that_was_acknowledged_before(
    ground: Ground, server: Server, tmp_path: Path
) -> None:
    senders = Senders(ground, server.port, 8)
    copy = sqlite3.connect(tmp_path / "backup.db")
    with senders.sending():
        time.sleep(2)
        before = list(senders.acknowledged)
        live = sqlite3.connect(ground.database, timeout=30)
        live.backup(copy)
        live.close()
        time.sleep(1)
    copy.close()
    assert set(before) <= set(kept(tmp_path / "backup.db"))
    assert sound(tmp_path / "backup.db")
    assert books(ground, senders) == (0, 0)
    assert set(senders.statuses) <= {200, 503}


def test_a_full_disk_is_said_and_survived(ground: Ground, server: Server) -> None:
    """The kernel stops the server's files from growing, as a full disk does, and then lets them grow again."""
    senders = Senders(ground, server.port, 8)
    with senders.sending():
        time.sleep(1)
        let_files_grow_to(server, 4096)
        time.sleep(5)
        full = len(senders.acknowledged)
        time.sleep(2)
        assert len(senders.acknowledged) == full  # nothing is acknowledged that cannot be written
        let_files_grow_to(server, resource.RLIM_INFINITY)
        time.sleep(3)
    assert len(senders.acknowledged) > full
    assert books(ground, senders) == (0, 0)
    assert set(senders.statuses) == {200, 503}
    assert all(b"Send it again" in said for said in senders.errors)
    assert sound(ground.database)


def let_files_grow_to(server: Server, size: int) -> None:
    for pid in server.processes():
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))
