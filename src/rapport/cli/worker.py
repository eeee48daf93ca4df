"""`rapport worker`: does what need not be done while somebody waits. Ends cleanly: a piece begun is finished."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping

import click

from rapport.cli.output import NeedsModels
from rapport.errors import place_of

#: Seconds between two looks at the database when there was nothing to do: a person does not notice the wait, and an
#: idle worker costs under 1 % of a core [ours].
PAUSE = 0.3
#: Seconds until it tries again when the database could not be used [ours].
AWAY = 5.0

#: Reports a second from which on the worker lets them gather: a few large pieces of work hold the database's lock for
#: less time than many small ones. The suggestions come a moment later; the reports are on the desk already.
BUSY = 200
REST = 0.1  # seconds for which they gather [ours]
#: A piece of work of so many leaves more behind: the next one comes at once.
FULL = 2_000

log = logging.getLogger(__name__)


def work(
    jobs: Mapping[str, Callable[[], int]], newest: Callable[[], int], stop: threading.Event, parent: int | None = None
) -> None:
    """Do each job (it says how much it did) in a thread of its own, until told to stop or the parent process is gone.

    A database that is busy, full or away is waited for; a job that fails in another way is tried again later, and holds
    up no other.
    """
    threads = [
        threading.Thread(target=_keep_on, args=(name, job, newest, stop, parent), name=name)
        for name, job in jobs.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _keep_on(
    name: str, job: Callable[[], int], newest: Callable[[], int], stop: threading.Event, parent: int | None
) -> None:
    from django.db import InterfaceError, OperationalError, connections

    while _wanted(stop, parent):
        try:
            _work(job, newest, stop, parent)
        except (OperationalError, InterfaceError) as error:
            log.error("%s: the database cannot be used now, trying again in %g s: %s", name, AWAY, error)
            connections.close_all()
            stop.wait(AWAY)
        except Exception as fault:  # noqa: BLE001 - whatever ails one job, it is tried again and holds up no other
            log.error("%s failed, trying again in %g s: %s", name, AWAY, place_of(fault))
            stop.wait(AWAY)
    connections.close_all()


def _work(job: Callable[[], int], newest: Callable[[], int], stop: threading.Event, parent: int | None) -> None:
    began, last = time.monotonic(), newest()
    while _wanted(stop, parent):
        done = job()
        if not done:  # and nothing is asked of the database beyond what the job itself looks for
            stop.wait(PAUSE)
            continue
        took, now = time.monotonic() - began, newest()
        if now - last > BUSY * took and done < FULL:
            stop.wait(REST)
        began, last = time.monotonic(), newest()


def _wanted(stop: threading.Event, parent: int | None) -> bool:
    return not stop.is_set() and (parent is None or os.getppid() == parent)


def stop_on_signals(parent: int | None = None) -> threading.Event:
    """An event that is set when somebody asks this process to end."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    # Ctrl-C reaches the whole group; beside a server it is the server that ends its worker.
    signal.signal(signal.SIGINT, signal.SIG_IGN if parent else lambda *_: stop.set())
    return stop


@click.command(cls=NeedsModels)
@click.option("--parent", type=int, hidden=True, help="End when this process is no longer the parent.")
def worker(parent: int | None) -> None:
    """Work out what new reports seem to say, and whatever else takes time, until told to stop (SIGTERM or Ctrl-C).

    `rapport serve` starts one by itself. Two at the same time do no harm, and no good.
    """
    from rapport import plugins
    from rapport.intake.fresh import newest
    from rapport.text.ready import prepare

    prepare(last_first=True)
    gc.collect()
    gc.freeze()  # what the engine holds stays: the collector need not look at it again and again
    work(plugins.jobs(), newest, stop_on_signals(parent), parent)
