"""What is written is valid by somebody else's validator, reads back as it was, and is the same bytes every time."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import xmlschema
from hypothesis import given, settings

from rapport.formats.cap.finding import Unwritable
from rapport.formats.cap.model import Alert, Area, MsgType, Point, Polygon, Reference, Scope, Status
from rapport.formats.cap.reading import read
from rapport.formats.cap.validation import is_valid, validate
from rapport.formats.cap.writing import write
from tests.pure.cap_alerts import SAMPLES, alerts, good

OASIS = xmlschema.XMLSchema(str(SAMPLES / "cap12.xsd"))


def the_good() -> Alert:
    alert = read(good()).alert
    assert alert is not None
    return alert


def offsets(alert: Alert) -> list[object]:
    times = [alert.sent, *(one.sent for one in alert.references)]
    times += [at for info in alert.infos for at in (info.effective, info.onset, info.expires) if at]
    return [time.utcoffset() for time in times]


@given(alerts())
@settings(max_examples=60)
def test_every_alert_comes_back_as_it_was_and_is_valid_to_oasis(alert: Alert) -> None:
    written = write(alert)
    message = read(written)
    assert message.alert == alert
    assert offsets(message.alert) == offsets(alert), "the same moment, and the same offset"
    assert message.findings == ()
    assert is_valid(validate(message))
    assert write(message.alert) == written
    OASIS.validate(io.BytesIO(written))


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.cap")), ids=lambda path: path.stem)
def test_each_sample_is_written_in_1_2(path: object) -> None:
    alert = read((SAMPLES / str(path)).read_bytes()).alert
    assert alert is not None
    written = write(alert)
    OASIS.validate(io.BytesIO(written))
    assert read(written).alert == alert
    assert read(written).version == "1.2"


def changed(polygon: Polygon) -> Alert:
    alert = the_good()
    info = replace(alert.infos[0], areas=(Area("Léogâne", polygons=(polygon,)),))
    return replace(alert, infos=(info,))


def test_a_ring_is_closed_and_rounded_and_its_points_stand_one_space_apart() -> None:
    written = write(changed(Polygon((Point(1.00000049, 2), Point(3, -4.123456789), Point(5, 6)))))
    assert b"<polygon>1,2 3,-4.123457 5,6 1,2</polygon>" in written


def test_utc_is_written_as_the_standard_wants_it() -> None:
    alert = replace(the_good(), sent=datetime(2010, 1, 20, 11, tzinfo=UTC))
    assert b"<sent>2010-01-20T11:00:00-00:00</sent>" in write(alert)


def test_names_with_spaces_stand_in_quotes() -> None:
    alert = replace(the_good(), scope=Scope.PRIVATE, addresses=("Léa", "the night desk"))
    assert '<addresses>Léa "the night desk"</addresses>'.encode() in write(alert)


BELONGS = Reference("alerts@example.org", "leogane-7", datetime(2010, 1, 20, 11, tzinfo=UTC))


@pytest.mark.parametrize(
    ("rule", "alert"),
    [
        ("draft", replace(the_good(), status=Status.DRAFT)),
        ("identity", replace(the_good(), identifier="leogane 7")),
        ("references-needed", replace(the_good(), msg_type=MsgType.CANCEL, references=())),
        ("reference-self", replace(the_good(), references=(BELONGS,))),
        ("restriction-needed", replace(the_good(), scope=Scope.RESTRICTED)),
        ("quotes", replace(the_good(), addresses=('the "night" desk',))),
        ("time", replace(the_good(), sent=datetime(2010, 1, 20, 6))),
        ("time", replace(the_good(), sent=datetime(2010, 1, 20, 6, 0, 0, 5, tzinfo=UTC))),
        ("time", replace(the_good(), sent=datetime(2010, 1, 20, 6, tzinfo=timezone(timedelta(seconds=17762))))),
        ("offset", replace(the_good(), sent=datetime(2010, 1, 20, 6, tzinfo=timezone(timedelta(hours=15))))),
        ("ring-short", changed(Polygon(()))),
        ("ring-range", changed(Polygon((Point(float("nan"), 2), Point(3, 4), Point(5, 6))))),
        ("ring-crosses", changed(Polygon((Point(0, 0), Point(2, 2), Point(0, 2), Point(2, 0))))),
    ],
)  # fmt: skip
def test_what_would_not_be_valid_is_not_written(rule: str, alert: Alert) -> None:
    with pytest.raises(Unwritable) as refused:
        write(alert)
    assert rule in {one.rule for one in refused.value.findings}
    assert refused.value.findings[0].remedy in str(refused.value)
