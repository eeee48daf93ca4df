"""A file is played as if it came in live: in its order, into an exercise only, and nobody is answered."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rapport.cli.main import run
from rapport.errors import NotAllowed, Refused
from rapport.intake import replay
from rapport.notify.models import OutboxMessage
from rapport.operations.definition import Columns
from rapport.operations.load import set_source_settings
from rapport.operations.models import Operation, Source
from rapport.reports.models import Report

TIMES = "%Y-%m-%d %H:%M:%S"
ROWS = (
    "id,when,text,sender,category,lat,lon\n"
    "3,2017-08-08 07:02:00,Third: the line is long,+50955500003,2a,18.5,-72.3\n"
    "1,2017-08-08 07:00:00,First: polls open,+50955500001,,,\n"
    "2,2017-08-08 07:01:00,Second: STOP,+50955500002,,,\n"
    "4,,Nobody knows when,+50955500004,,,\n"
    "5,2017-08-08 07:03:00,,+50955500005,,,\n"
)


@pytest.fixture
def exercise(operation: Operation) -> Source:
    Operation.objects.update(exercise=True)
    made = Source.objects.create(operation=operation, slug="table", channel="file", names={"en": "A table"})
    columns = Columns(text="text", id="id", date="when", categories="category", lat="lat", lon="lon", date_format=TIMES)
    set_source_settings(made, {"columns": asdict(columns), "labels": {}})
    return Source.objects.select_related("operation").get(pk=made.pk)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reports.csv"
    path.write_text(ROWS)
    return path


def played(source: Source, file: Path, speed: float = 6000, name: str = "one", **how: bool) -> replay.Played:
    score = replay.of_run(replay.read(source, file, **how), name)
    return replay.play(source, score, speed, threading.Event(), lambda count: None)


def texts() -> list[str]:
    return [text.split(":")[0] for text in Report.objects.order_by("id").values_list("text", flat=True)]


@pytest.mark.parametrize("speed", ["nan", "inf", "0", "-1"])
def test_a_speed_that_is_no_number_is_refused(
    speed: str, exercise: Source, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", str(file), "--operation", "sample", "--source", "table", "--speed", speed]) == 2
    assert "--speed" in capsys.readouterr().err
    assert not Report.objects.exists()


def test_messages_come_in_the_order_and_spacing_of_their_times(exercise: Source, file: Path) -> None:
    began = time.monotonic()
    done = played(exercise, file, speed=240)  # two minutes in half a second
    assert 0.5 <= time.monotonic() - began < 20
    assert (done.new, done.already, done.ended) == (3, 0, False)
    assert texts() == ["First", "Second", "Third"]
    times = list(Report.objects.order_by("id").values_list("received_at", flat=True))
    assert times[2] - times[0] >= timedelta(seconds=0.4)


def test_they_are_received_now_and_say_when_it_was(exercise: Source, file: Path) -> None:
    played(exercise, file)
    report = Report.objects.get(text__startswith="First")
    assert report.sent_at is not None
    assert datetime.now(UTC) - report.sent_at < timedelta(minutes=5)
    assert datetime.now(UTC) - report.received_at < timedelta(minutes=5)
    assert str(report.fields["replayed_time"]).startswith("2017-08-08")


def test_nobody_is_answered(exercise: Source, file: Path) -> None:
    played(exercise, file)
    assert not OutboxMessage.objects.exists()


def test_a_run_comes_in_once_and_another_run_comes_in_again(exercise: Source, file: Path) -> None:
    assert played(exercise, file).new == 3
    again = played(exercise, file)
    assert (again.new, again.already) == (0, 3)
    assert played(exercise, file, name="two").new == 3
    assert Report.objects.count() == 6


def test_rows_that_cannot_be_read_or_have_no_time_are_passed_over_and_counted(exercise: Source, file: Path) -> None:
    score = replay.read(exercise, file)
    assert (len(score.messages), score.without_time, [one.row for one in score.refused]) == (3, 1, [6])


def test_bare_leaves_the_work_to_the_desk(exercise: Source, file: Path) -> None:
    played(exercise, file, bare=True)
    report = Report.objects.get(text__startswith="Third")
    assert (report.categories_said, report.lon, report.lat, report.place_said) == ([], None, None, "")
    assert set(report.fields) == {"replayed_time"}


def test_a_part_begins_at_its_time(exercise: Source, file: Path) -> None:
    score = replay.read(exercise, file)
    later = replay.part(score, score.first + timedelta(seconds=30), 1)
    assert [message.text.split(":")[0] for message in later.messages] == ["Second"]
    assert later.offsets == [0.0]
    with pytest.raises(Refused, match="Nothing was said from then on"):
        replay.part(score, score.last + timedelta(seconds=1), None)


# --- where it may not be played ------------------------------------------------------------------------------------


def test_an_operation_that_is_no_exercise_takes_no_replay(exercise: Source, file: Path) -> None:
    Operation.objects.update(exercise=False)
    with pytest.raises(NotAllowed, match="exercise = true"):
        played(Source.objects.select_related("operation").get(pk=exercise.pk), file)
    assert not Report.objects.exists()


def test_a_gateway_takes_no_replay_for_it_would_answer(exercise: Source, file: Path) -> None:
    gateway = Source.objects.select_related("operation").get(operation=exercise.operation, slug="sms")
    with pytest.raises(NotAllowed, match="would answer the senders"):
        played(gateway, file)


@pytest.mark.parametrize(("change", "named"), [({"open": False}, "closed"), ({"exercise": True}, "paused")])
def test_what_takes_nothing_takes_no_replay(change: dict[str, bool], named: str, exercise: Source, file: Path) -> None:
    Operation.objects.update(**change)
    Source.objects.filter(pk=exercise.pk).update(active=named != "paused")
    with pytest.raises(NotAllowed, match="takes nothing now"):
        played(Source.objects.select_related("operation").get(pk=exercise.pk), file)


def test_a_file_without_times_is_refused(exercise: Source, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,when,text,category,lat,lon\n1,,dlo,,,\n")
    with pytest.raises(Refused, match="'when'"):
        replay.read(exercise, path)


def test_a_file_of_columns_that_nobody_described_is_read_by_its_names(operation: Operation, tmp_path: Path) -> None:
    Operation.objects.update(exercise=True)
    path = tmp_path / "posts.ndjson"
    path.write_text(
        '{"text": "Dlo nan lari a", "sent_at": "2017-08-08T07:00:00Z"}\n'
        '{"text": "Ede nou", "sent_at": "2017-08-08T06:00:00Z"}\n'
    )
    source = Source.objects.select_related("operation").get(slug="api")
    assert played(source, path, speed=100_000).new == 2
    assert texts() == ["Ede nou", "Dlo nan lari a"]


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_ends_it_cleanly_and_the_same_run_goes_on(
    exercise: Source, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["replay", str(file), "--operation", "sample", "--source", "table", "--run", "drill"]
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        assert run([*words, "--speed", "60"]) == 0  # a minute a second: two come, one is left
    finally:
        timer.cancel()
    assert "To go on: the same command with --run drill" in capsys.readouterr().out
    some = Report.objects.count()
    assert 0 < some < 3
    assert run([*words, "--speed", "6000"]) == 0
    assert f"{3 - some} came in, {some} were there already." in capsys.readouterr().out
    assert Report.objects.count() == 3


def test_a_wrong_operation_is_one_line(exercise: Source, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Operation.objects.update(exercise=False)
    assert run(["replay", str(file), "--operation", "sample", "--source", "table"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
