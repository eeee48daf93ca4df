"""Of several messages it is known which count now: updates replace, cancels end, and nobody touches another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.formats.cap.chain import Standing, Thread, threads
from rapport.formats.cap.message import Message
from rapport.formats.cap.model import Alert, MsgType, Reference, Status
from rapport.formats.cap.reading import read
from rapport.formats.cap.writing import write
from tests.pure.cap_alerts import SAMPLES, good

START = datetime(2010, 1, 20, 6, tzinfo=UTC)
SENDER = "alerts@example.org"


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


FIRST = read(good()).alert
assert FIRST is not None
INFO = replace(FIRST.infos[0], effective=None, onset=None)


def alert(
    name: str, hour: float, kind: MsgType = MsgType.ALERT, about: tuple[Alert, ...] = (), **more: object
) -> Alert:
    """Counts for a day from the hour it is sent."""
    assert FIRST is not None
    infos = (replace(INFO, expires=at(hour + 24)),) if kind in (MsgType.ALERT, MsgType.UPDATE) else ()
    named = tuple(one.identity for one in about)
    made = replace(FIRST, identifier=name, sent=at(hour), msg_type=kind, references=named, infos=infos)
    return replace(made, **more)  # type: ignore[arg-type]


def message(one: Alert) -> Message:
    return read(write(one))


def thread(*alerts: Alert) -> Thread:
    found = threads(map(message, alerts))
    assert len(found) == 1
    return found[0]


A = alert("a", 0)
B = alert("b", 1, MsgType.UPDATE, (A,))
C = alert("c", 2, MsgType.CANCEL, (B,))


def test_an_update_replaces_and_a_cancel_ends_each_from_the_time_it_was_sent() -> None:
    one = thread(A, B, C)
    seen = {hour: [one.standing(each, at(hour)) for each in one.alerts] for hour in (-1, 0, 1, 2)}
    assert seen == {
        -1: [Standing.UNSENT, Standing.UNSENT, Standing.UNSENT],
        0: [Standing.IN_FORCE, Standing.UNSENT, Standing.UNSENT],
        1: [Standing.SUPERSEDED, Standing.IN_FORCE, Standing.UNSENT],
        2: [Standing.SUPERSEDED, Standing.CANCELLED, Standing.NOTICE],
    }


def test_the_order_in_which_messages_come_changes_nothing() -> None:
    assert [one.identifier for one in thread(C, A, B).alerts] == ["a", "b", "c"]
    assert thread(C, A, B) == thread(A, B, C)


def test_a_message_ends_by_itself_when_all_its_infos_have_expired() -> None:
    one = thread(A)
    assert one.in_force(at(23)) == (A,)
    assert one.standing(A, at(24)) is Standing.EXPIRED


def test_without_an_end_it_stays_in_force_and_before_its_time_it_is_coming() -> None:
    endless = alert("a", 0, infos=(replace(INFO, effective=at(5), expires=None),))
    one = thread(endless)
    assert one.standing(endless, at(1)) is Standing.COMING
    assert one.standing(endless, at(24 * 3650)) is Standing.IN_FORCE


def test_a_stranger_cancels_nothing_unless_he_may_act_for_the_sender() -> None:
    theirs = replace(C, sender="stranger@example.org")
    one = thread(A, B, theirs)
    assert one.in_force(at(3)) == (B,)
    assert one.powerless == ((theirs.identity, B.identity),)
    allowed = threads(map(message, (A, B, theirs)), acts_for=lambda sender, other: True)[0]
    assert allowed.in_force(at(3)) == ()


def test_a_test_cancels_no_real_warning() -> None:
    trial = replace(C, status=Status.TEST)
    assert thread(A, B, trial).in_force(at(3)) == (B,)


def test_acknowledging_a_message_changes_nothing_about_it() -> None:
    ack = alert("d", 2, MsgType.ACK, (B,), sender="partner@example.org")
    one = thread(A, B, ack)
    assert one.in_force(at(3)) == (B,)
    assert one.standing(ack, at(3)) is Standing.NOTICE


def test_what_is_named_and_not_there_is_missing_and_still_joins_the_others() -> None:
    later = alert("d", 2, MsgType.UPDATE, (A,))
    one = thread(B, later)
    assert one.missing == (A.identity,)
    assert one.in_force(at(3)) == (B, later)


def test_messages_that_name_each_other_replace_nobody() -> None:
    first = alert("a", 0, MsgType.UPDATE)
    second = alert("b", 0, MsgType.UPDATE, (first,))
    first = replace(first, references=(second.identity,))
    one = thread(first, second)
    assert set(one.loops) == {first.identity, second.identity}
    assert one.in_force(at(1)) == (first, second)
    after = alert("c", 1, MsgType.UPDATE, (first, second))
    assert thread(first, second, after).in_force(at(2)) == (after,), (
        "who stands outside the ring replaces them all the same"
    )


def test_nobody_replaces_a_message_that_was_sent_later() -> None:
    early = alert("b", -1, MsgType.CANCEL, (A,))
    one = thread(A, early)
    assert one.in_force(at(1)) == (A,)
    assert one.powerless == ((early.identity, A.identity),)


def test_one_identity_with_other_bytes_is_a_conflict_and_the_first_counts() -> None:
    other = alert("a", 0, note="another")
    assert thread(A, A).conflicts == ()
    assert thread(A, other).conflicts == (A.identity,)
    assert thread(A, other).alerts == (A,)
    assert thread(other, A).alerts == (other,)


def test_the_samples_have_such_a_conflict() -> None:
    found = threads(
        read((SAMPLES / f"{name}.cap").read_bytes()) for name in ("earthquake", "no_optional_fields", "weather")
    )
    assert [len(one.conflicts) for one in found] == [0, 1]


def test_an_update_that_forgets_a_message_still_in_force_is_named() -> None:
    beside = alert("b", 0.5, MsgType.UPDATE, (A,))
    forgetful = alert("c", 2, MsgType.UPDATE, (A,))
    assert thread(A, beside, forgetful).left_out == ((forgetful.identity, beside.identity),)
    assert thread(A, B, C).left_out == ()
    late = alert("c", 48, MsgType.UPDATE, (A,))
    assert thread(A, beside, late).left_out == (), "what has expired need not be named"


def test_messages_that_have_nothing_to_do_with_each_other_are_threads_of_their_own() -> None:
    found = threads(map(message, (alert("z", 5), A, B)))
    assert [[one.identifier for one in each.alerts] for each in found] == [["a", "b"], ["z"]]


@settings(max_examples=50)
@given(st.lists(st.lists(st.integers(0, 11), max_size=3), min_size=12, max_size=12), st.randoms(use_true_random=False))
def test_whatever_names_whatever_each_message_is_in_one_thread_and_standing_is_known(
    named: list[list[int]], chance: object
) -> None:
    """Any references, loops and gaps among them: no message is lost, and the order of arrival changes nothing."""
    identities = [Reference(SENDER, f"m{number}", at(number // 3)) for number in range(12)]
    made = []
    for number, others in enumerate(named[:10]):  # two of them never come
        about = tuple(identities[other] for other in others if other != number)
        kind = MsgType.UPDATE if about else MsgType.ALERT
        one = replace(alert(f"m{number}", number // 3, kind), references=about)
        made.append(Message("1.2", one, (), one.identifier.encode()))
    found = threads(made)
    assert sorted(one.identifier for each in found for one in each.alerts) == sorted(
        f"m{number}" for number in range(10)
    )
    chance.shuffle(made)  # type: ignore[attr-defined]
    assert set(map(repr, threads(made))) == set(map(repr, found))
    for each in found:
        for one in each.alerts:
            assert each.standing(one, at(5)) in Standing


def test_a_long_chain_is_followed_to_its_end_soon() -> None:
    made = [Message("1.2", A, (), b"a")]
    last = A
    for number in range(3_000):
        last = replace(
            A, identifier=f"m{number}", sent=at(number / 100), msg_type=MsgType.UPDATE, references=(last.identity,)
        )
        made.append(Message("1.2", last, (), last.identifier.encode()))
    one = threads(made)[0]
    assert len(one.alerts) == 3_001
    assert one.loops == ()
    assert one.in_force(at(20))[0].identifier == "m2000"
