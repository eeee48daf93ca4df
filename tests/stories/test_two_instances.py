"""A night between two States, each with an instance of its own: two processes with two databases and two sets of keys,
which reach each other over real HTTP on this machine, by files and by text messages that somebody types in.

The clock is the story's: both processes are told what time it is, and every half hour their workers do a round. It runs
over the end of summer time in Europe (25 October 2026) and in North America (1 November 2026).
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rapport.cli.bench_ground import environment
from tests.migrated import migrated

pytestmark = pytest.mark.long
STEP = timedelta(minutes=30)
SEEN = {
    "what": "The pumps of the water works stand still.", "seen_at": "2026-10-23T10:10Z", "systems": "own",
    "confidence": "moderate", "unknown": "Whether the neighbours are affected.",
}  # fmt: skip
ASKED = {
    "question": "Do you see the same?", "why": "To know how far it goes.", "by": "2026-10-30T12:00Z",
    "shares": "What we find.",
}  # fmt: skip
CLOSED = {"outcome": "The pumps run again."}


class Instance:
    """One of the two processes."""

    def __init__(self, name: str, folder: Path) -> None:
        self._folder = migrated(folder)
        (self._folder / "static").mkdir()
        own = {
            "DJANGO_SETTINGS_MODULE": "rapport.web.settings", "RAPPORT_INSTANCE": name,
            "RAPPORT_POLL_INSIDE": "127.0.0.1",
        }  # fmt: skip
        self._environment = environment(self._folder) | own
        self.port = 0
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "tests.stories.one_instance"]
        self._process = subprocess.Popen(
            command, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, now: datetime, what: str, *given: Any, **named: Any) -> Any:
        answer = self.tried(now, what, *given, **named)
        assert "is" in answer, (what, answer)
        return answer["is"]

    def tried(self, now: datetime, what: str, *given: Any, **named: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"now": now.isoformat(), "do": what, "with": given, "and": named}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the process ended at {what}"
        return json.loads(line)

    def open_line(self, now: datetime) -> None:
        self.port = self.do(now, "open_line", self.port)

    def kill(self, now: datetime) -> None:
        """As a power cut does it; then it starts again."""
        self.close()
        self._start()
        self.open_line(now)

    def begin(self, now: datetime, what: str) -> None:
        """Without waiting for what comes of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"now": now.isoformat(), "do": what, "with": [], "and": {}}) + "\n")
        self._process.stdin.flush()

    def hold(self, signal_: signal.Signals) -> None:
        """SIGSTOP, and on with SIGCONT: the machine takes what comes, the program answers nobody."""
        self._process.send_signal(signal_)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


@pytest.fixture
def estonia(tmp_path: Path) -> Iterator[Instance]:
    made = Instance("crisis.ee", tmp_path / "ee")
    yield made
    made.close()


@pytest.fixture
def canada(tmp_path: Path) -> Iterator[Instance]:
    made = Instance("crisis.ca", tmp_path / "ca")
    yield made
    made.close()


class Story:
    def __init__(self, estonia: Instance, canada: Instance) -> None:
        self.both = (estonia, canada)
        self.now = datetime(2026, 10, 23, 11, 30, tzinfo=UTC)
        self.rounds = 0
        for one, own in zip(self.both, ("estonia", "canada"), strict=True):
            one.do(self.now, "make", own)
            one.open_line(self.now)
        for one, other, party in ((estonia, canada, "canada"), (canada, estonia, "estonia")):
            named = other.do(self.now, "key")
            one.do(self.now, "agree", *named, party, f"http://127.0.0.1:{other.port}/network")

    def until(self, day: int, hour: int, minute: int = 0, month: int = 10) -> datetime:
        """What people just did goes out; then half an hour after the other, and both workers do a round in each."""
        end = datetime(2026, month, day, hour, minute, tzinfo=UTC)
        self.work()
        while self.now < end:
            self.now += STEP
            self.work()
        return self.now

    def work(self) -> None:
        self.rounds += 1
        for one in self.both:
            one.do(self.now, "work")


def test_a_case_an_exercise_and_a_line_that_breaks_over_two_changes_of_the_clock(
    estonia: Instance, canada: Instance
) -> None:
    story = Story(estonia, canada)

    # Friday. A notification, a request the other way, and an exercise with the same words beside them.
    now = story.until(23, 12)
    first = estonia.do(now, "begin", "notification", "canada/technical", SEEN)
    story.work()
    now = story.until(23, 12, 30)
    canada.do(now, "look", first)
    drill = canada.do(now, "begin", "notification", "estonia/technical", SEEN, exercise=True)
    now = story.until(23, 13)
    estonia.do(now, "look", drill)
    request = canada.do(now, "begin", "information", "estonia/technical", ASKED)
    # Canada's technical office is the wrong one and says so; Estonia tries another, whose first way is dead.
    canada.do(now, "write", first, "reply", {"answer": "wrong-addressee"})
    now = story.until(23, 13, 30)
    estonia.do(now, "look", request)
    tried = [estonia.do(now, "note", first, result) for result in ("bounced", "no answer", "reached")]
    now = story.until(23, 15)
    estonia.do(
        now,
        "write",
        first,
        "correction",
        {"reason": "Counted again.", "text": "Two of five pumps stand still."},
        to="canada/diplomatic",
    )
    now = story.until(23, 16)

    # The line to Canada is cut. A request is read to them as text messages and typed in; later it comes by itself too.
    canada.do(now, "cut_line")
    now = story.until(23, 16, 30)
    asked = estonia.do(now, "begin", "information", "canada/technical", ASKED)
    now = story.until(23, 22)
    texts = estonia.do(now, "in_sms", asked)
    assert canada.do(now, "type_in", texts[::-1]) == "different"
    now = story.until(23, 22, 30)
    canada.do(now, "write", asked, "reply", {"answer": "received"})
    now = story.until(23, 23, 30)
    canada.open_line(now)

    # Saturday. Canada answers; the line is cut again, for the whole weekend in which Estonia's clocks go back.
    now = story.until(24, 10)
    answer = canada.do(now, "write", first, "reply",
                       {"answer": "answer", "text": "We see nothing.", "next_at": "2026-10-26T09:00Z"})  # fmt: skip
    now = story.until(24, 12)
    canada.do(now, "cut_line")
    now = story.until(24, 13)
    canada.do(now, "write", drill, "closure", CLOSED)
    red = estonia.do(now, "begin", "notification", "canada/technical", SEEN, marking="TLP:RED")
    assert "RED" in estonia.tried(now, "in_sms", red)["refused"]
    now = story.until(24, 14, 30)
    thanks = estonia.do(now, "write", answer, "reply", {"answer": "received", "text": "We go on looking."})

    # Monday. A stick brings what waited, all but what is marked TLP:RED, and another one the receipts back.
    now = story.until(26, 8, 30)
    canada.do(now, "write", first, "reply", {"answer": "answer", "text": "Still nothing."})
    now = story.until(26, 9, 30)
    estonia.do(now, "write", request, "reply", {"answer": "received"})
    now = story.until(26, 10)
    stick, count, _, left_out = estonia.do(now, "make_file")
    assert left_out == [red]
    assert count == 2, (thanks, "and the reply of this morning")
    assert canada.do(now, "take_file", stick) == ["new"] * count
    assert canada.do(now, "take_file", stick) == ["here"] * count
    back, *_ = canada.do(now, "make_file")
    now = story.until(26, 11)
    assert set(estonia.do(now, "take_file", back)) == {"arrived"}
    now = story.until(26, 11, 30)
    canada.open_line(now)
    now = story.until(26, 12, 30)
    canada.do(now, "write", red, "reply", {"answer": "not-now"})
    story.work()
    estonia.do(now, "write", red, "closure", CLOSED)
    estonia.do(now, "write", first, "closure", CLOSED)

    # Tuesday: an answer that is late. Friday: a request over the end of summer time in Canada, and a power cut.
    now = story.until(27, 18)
    canada.do(now, "write", asked, "reply", {"answer": "answer", "text": "No."})
    now = story.until(28, 6)
    estonia.do(now, "write", request, "reply", {"answer": "answer", "text": "Yes."})
    now = story.until(30, 18)
    last = estonia.do(now, "begin", "information", "canada/technical", ASKED)
    estonia.kill(now)
    now = story.until(30, 18, 30)
    canada.do(now, "look", last)
    now = story.until(2, 14, 30, month=11)
    canada.do(now, "write", last, "reply", {"answer": "answer", "text": "No."})
    now = story.until(3, 12, month=11)

    left, right = (one.do(now, "holdings") for one in story.both)
    told = {key: (left[key], right[key]) for key in ("tries", "attempts", "dead", "ledger")}
    print(f"{story.rounds} rounds, {len(left['messages'])} messages, {told}, tried {tried}")  # noqa: T201

    # Nothing is lost, nothing doubled, nothing waits, and nobody was refused.
    assert left["messages"] == right["messages"]
    assert left["about"] == right["about"]
    assert len(left["messages"]) == 20
    assert left["outbound"] == right["inbound"] == [*range(1, 11)]
    assert left["inbound"] == right["outbound"] == [*range(1, 11)]
    for side in (left, right):
        assert (side["waiting"], side["clashes"], side["turned"], side["undelivered"]) == (0, 0, [], [])
        assert side["ledger"][0] == []
        assert side["dead"] > 0, "no server for letters was set up: each notice is a dead channel in the books"
    ways = right["ways"]
    assert (ways[asked], ways[thanks], ways[red]) == ("hand", "file", "https")

    # Both ledgers agree, asked on either side.
    for one, other in (story.both, story.both[::-1]):
        said = one.do(now, "compare", other.do(now, "ledger"))
        assert said[0] == "Both sides hold the same 20 messages, letter by letter."

    # The exercise stands by itself: its own references, its own clocks, nothing about anything else.
    practised = {ref for ref, _, exercise in left["messages"] if exercise}
    assert practised == {drill, f"{drill[:-2]}03"}
    assert all((one in practised) == (other in practised) for one, other in left["about"])

    # Every clock fired when it should, once. What was not known on a side when it was due is told there when it is.
    common = {
        (asked, "deliver", "estonia", "10-23T18:30"), (asked, "acknowledge", "canada", "10-23T20:30"),
        (asked, "substance", "canada", "10-27T16:30"),
        (request, "acknowledge", "estonia", "10-26T09:00"),  # an hour of Friday, three of Monday, in winter time
        (request, "substance", "estonia", "10-27T14:00"),
        (red, "deliver", "estonia", "10-24T14:00"), (red, "acknowledge", "canada", "10-24T15:00"),
        (red, "substance", "canada", "10-25T13:00"), (red, "update", "estonia", "10-25T13:00"),
        (drill, "acknowledge", "estonia", "10-23T14:30"), (drill, "substance", "estonia", "10-24T12:30"),
        (drill, "update", "canada", "10-24T12:30"),
        (last, "acknowledge", "canada", "11-02T14:00"),  # three hours of Friday, one of Monday, in winter time
    }  # fmt: skip
    own = (
        {(first, "update", "estonia", "10-25T14:30")},  # 24 hours after its last message, over the change of the clock
        {(first, "update", "estonia", "10-24T15:00"), (first, "update", "estonia", "10-25T15:00")},  # it did not arrive
    )
    for side, more in zip((left, right), own, strict=True):
        assert [(*one[:3], one[3][5:16]) for one in side["fired"]] == sorted(common | more)
        late = {one[0] for one in side["fired"] if one[3] != one[4]}
        assert late == (set() if side is left else {asked, red})


def test_killed_after_it_was_posted_and_before_the_receipt_was_read_it_is_there_once(
    estonia: Instance, canada: Instance
) -> None:
    story = Story(estonia, canada)
    now = story.until(23, 12)
    ref = estonia.do(now, "begin", "notification", "canada/technical", SEEN)
    canada.hold(signal.SIGSTOP)
    estonia.begin(now, "work")
    time.sleep(2)  # it has posted by then, and waits
    estonia.kill(now)
    canada.hold(signal.SIGCONT)
    for _ in range(100):
        if canada.do(now, "holdings")["inbound"] == [1]:
            break
        time.sleep(0.1)
    assert canada.do(now, "holdings")["inbound"] == [1], "it was killed in another moment than was meant"
    assert estonia.do(now, "holdings")["waiting"] == 1, "nobody has read the receipt"
    now = story.until(23, 12, 30)
    left, right = (one.do(now, "holdings") for one in story.both)
    assert (left["waiting"], left["tries"]) == (0, 2)
    assert [one[0] for one in right["messages"]] == [ref]
    assert left["messages"] == right["messages"]
