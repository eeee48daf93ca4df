"""Messages on a stick: in any order, twice, with what the line brought before, damaged: no doubles, nothing lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts import receipts
from rapport.contacts.bundle import MOST_LINES, Taken, bundle, taken_up, unbundle
from rapport.contacts.envelope import Kept, read, sealed
from rapport.contacts.signed import Peer
from rapport.errors import Refused
from rapport.oversight.ledger.chain import START
from rapport.values import Marking
from tests.pure.instances import (
    ESTONIA,
    HAITI,
    HAITIAN,
    KENYA,
    KENYAN,
    NEW,
    NOW,
    PEERS,
    chained,
    flips,
    key,
    notice,
    public,
)

EIGHT = chained([notice(number) for number in range(1, 9)])
KENYAS = chained(
    [notice(number, sender="KE/policy", case="KE1", ref=f"KE1-{number:02}") for number in range(1, 4)],
    sender=KENYA,
    seed=KENYAN,
)
ALL = [*EIGHT, *KENYAS]


def kept(lines: Iterable[bytes]) -> dict[str, list[Kept]]:
    found: dict[str, list[Kept]] = {}
    for one in (read(line, peers=PEERS, me=HAITI, now=NOW) for line in lines):
        found.setdefault(one.sender, []).append(Kept(one.number, one.hash, one.prev, one.said.ref))
    return found


def taken(lines: Iterable[bytes], before: Iterable[bytes] = ()) -> Taken:
    return taken_up(lines, peers=PEERS, me=HAITI, kept=kept(before), now=NOW)


def refs(found: Taken) -> list[str]:
    return [one.said.ref for one in found.new]


@given(st.permutations(ALL), st.lists(st.sampled_from(ALL), max_size=8), st.sets(st.sampled_from(ALL)))
def test_any_order_any_repetition_whatever_came_by_the_line(
    order: list[bytes], again: list[bytes], by_line: set[bytes]
) -> None:
    found = taken(unbundle(bundle([*again, *order])).lines, by_line)
    here = {one.ref for several in kept(by_line).values() for one in several}
    assert Counter(refs(found)) + Counter(here) == Counter(one.said.ref for one in taken(ALL).new)
    assert len(found.new) + len(found.repeated) == len(ALL) + len(again)
    assert found.rejected == ()
    assert found.missing == {ESTONIA: (), KENYA: ()}
    assert refs(found) == sorted(refs(found))


@given(st.lists(st.sampled_from(ALL), min_size=1), st.integers(1, 5))
def test_however_it_is_cut_into_bundles_the_end_is_the_same(lines: list[bytes], size: int) -> None:
    here: list[bytes] = []
    for first in range(0, len(lines), size):
        part = lines[first : first + size]
        new = {one.hash for one in taken(part, here).new}
        for line in dict.fromkeys(part):
            if read(line, peers=PEERS, me=HAITI, now=NOW).hash in new:
                here.append(line)
    assert sorted(here) == sorted(set(lines))


def test_what_is_not_in_it_is_told_by_number() -> None:
    assert taken([EIGHT[6], EIGHT[2], EIGHT[3]]).missing == {ESTONIA: ((1, 2), (5, 6))}
    assert taken([EIGHT[6]], EIGHT[:4]).missing == {ESTONIA: ((5, 6),)}


def test_receipts_travel_with_messages() -> None:
    envelope = read(EIGHT[0], peers=PEERS, me=HAITI, now=NOW)
    mine = chained([notice(sender="HT/technical", to="EE/technical")], sender=HAITI, receiver=ESTONIA, seed=HAITIAN)
    theirs = receipts.received(
        read(mine[0], peers={HAITI: Peer((public(HAITIAN),), frozenset({"HT"}))}, me=ESTONIA, now=NOW),
        at=NOW,
        key=key(NEW),
    )
    found = taken([theirs, EIGHT[0], theirs])
    assert [(one.sender, one.number) for one in found.receipts] == [(ESTONIA, 1)]
    assert found.new == (envelope,)


def test_of_two_that_contradict_each_other_the_one_sent_first_counts_in_any_order() -> None:
    other = sealed(
        notice(1, caveats="Another text."),
        sender=ESTONIA,
        receiver=HAITI,
        number=1,
        prev=START,
        sent_at=NOW,
        key=key(NEW),
    )
    for lines in permutations([EIGHT[0], other, EIGHT[1]]):
        found = taken(lines)
        assert refs(found) == ["DAX7-01", "DAX7-02"]
        assert found.new[0].said.caveats == ""
        assert [(one.line, one.reason) for one in found.rejected] == [(lines.index(other) + 1, "other_content")]


def test_a_reference_is_taken_once_though_it_comes_under_two_numbers() -> None:
    found = taken(chained([notice(1), notice(2), notice(1, caveats="Another text.")]))
    assert refs(found) == ["DAX7-01", "DAX7-02"]
    assert [(one.line, one.reason) for one in found.rejected] == [(3, "other_content")]
    assert found.missing == {ESTONIA: ()}


def test_a_stranger_s_line_is_rejected_and_named_and_the_others_are_taken() -> None:
    (foreign,) = chained([notice(9)], seed=KENYAN)
    found = taken([EIGHT[0], foreign, b"noise", EIGHT[1]])
    assert refs(found) == ["DAX7-01", "DAX7-02"]
    assert [(one.line, one.reason) for one in found.rejected] == [(2, "unknown_key"), (3, "not_json")]


# --- damage --------------------------------------------------------------------------------------------------------


def test_a_whole_file_says_nothing_of_damage() -> None:
    assert unbundle(bundle(ALL)).damage == ""
    assert unbundle(bundle([])).lines == ()


def test_any_bit_that_changes_is_told_and_costs_no_more_than_the_lines_it_stands_in() -> None:
    lines = EIGHT[:2]
    whole = bundle(lines)
    begin = {ref: whole.index(line) for ref, line in zip(("DAX7-01", "DAX7-02"), lines, strict=True)}
    end = {ref: begin[ref] + len(line) for ref, line in zip(begin, lines, strict=True)}
    for place, data in flips(whole, whole=20):
        found = unbundle(data)
        assert found.damage != ""
        here = set(refs(taken(found.lines)))
        assert here >= {ref for ref in begin if not begin[ref] - 1 <= place <= end[ref]}  # a line's ends count to it
        assert not here & {ref for ref in begin if begin[ref] <= place < end[ref]}


@pytest.mark.parametrize("part", [0.3, 0.6, 0.99])
def test_of_a_file_that_was_cut_what_is_whole_is_taken(part: float) -> None:
    whole = bundle(EIGHT)
    found = unbundle(whole[: int(len(whole) * part)])
    assert "not whole" in found.damage
    assert refs(taken(found.lines)) == [f"DAX7-{number:02}" for number in range(1, int(8 * part) + 1)]


def test_too_much_is_refused_before_it_is_read() -> None:
    with pytest.raises(Refused, match="lines"):
        unbundle(b"\n" * (MOST_LINES + 2))
    with pytest.raises(Refused, match="bytes"):
        unbundle(b" " * 32_000_001)
    with pytest.raises(Refused, match="no bundle"):
        unbundle(b"")


@given(st.binary(max_size=400))
def test_no_bytes_do_anything_but_be_refused(data: bytes) -> None:
    try:
        found = unbundle(data)
    except Refused:
        return
    assert found.damage != ""
    assert taken(found.lines).new == ()


def test_no_red_message_is_put_in_a_file() -> None:
    (red,) = chained([notice(9, marking=Marking.RED)])
    with pytest.raises(Refused, match="TLP:RED") as refused:
        bundle([EIGHT[0], red])
    assert refused.value.row == 2
