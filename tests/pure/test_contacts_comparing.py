"""Two sides lay their ledgers beside each other and find every message that is not the same in both."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.comparing import Head, compare, explained, exported, head, in_words, read
from rapport.contacts.envelope import Envelope
from rapport.contacts.envelope import read as opened
from rapport.contacts.kinds import Kind
from rapport.contacts.signed import Peer
from rapport.errors import Refused
from tests.pure.instances import (
    ESTONIA,
    HAITI,
    HAITIAN,
    NEW,
    NOW,
    PEERS,
    STRANGE,
    chained,
    flips,
    key,
    notice,
    public,
)

KNOWN = {**PEERS, HAITI: Peer((public(HAITIAN),), frozenset({"HT"}))}
CLOSED = {"about": "DAX7", "outcome": "Solved; we do not know by whom."}
CLOSED_OTHERWISE = {"about": "DAX7", "outcome": "Nothing was found here."}


def envelopes() -> list[Envelope]:
    """Four of Estonia and three of Haiti, crossing each other; each side closes the case in its own words."""
    theirs = [notice(number) for number in (1, 3, 5)]
    theirs.append(notice(7, kind=Kind.CLOSURE, fields=CLOSED))
    ours = [notice(number, sender="HT/technical", to="EE/technical") for number in (2, 4)]
    ours.append(notice(6, sender="HT/technical", to="EE/technical", kind=Kind.CLOSURE, fields=CLOSED_OTHERWISE))
    sent = chained(ours, sender=HAITI, receiver=ESTONIA, seed=HAITIAN)
    came = [opened(line, peers=KNOWN, me=HAITI, now=NOW) for line in chained(theirs)]
    went = [opened(line, peers=KNOWN, me=ESTONIA, now=NOW) for line in sent]
    return [*came[:2], *went, *came[2:]]


MESSAGES = envelopes()
HEADS = [head(one.sender, one.number, one.body, one.sent_at) for one in MESSAGES]


def test_two_equal_ledgers_are_equal_though_closures_differ_in_words() -> None:
    found = compare(HEADS, HEADS)
    assert found.equal
    assert in_words(found) == ["Both sides hold the same 7 messages, letter by letter."]


def test_letters_that_cross_each_other_and_late_ones_are_no_fault() -> None:
    crossing = sorted(HEADS, key=lambda one: (one.sender, one.number))
    assert compare(HEADS, crossing).moved == ()
    late = [*HEADS[1:], HEADS[0]]
    found = compare(late, HEADS)
    assert found.equal
    assert found.moved == (HEADS[0],)
    assert "This is no fault" in in_words(found)[1]


@given(st.sets(st.sampled_from(range(7))), st.sets(st.sampled_from(range(7))))
def test_what_one_side_lacks_is_named(ours: set[int], theirs: set[int]) -> None:
    found = compare([HEADS[one] for one in sorted(ours)], [HEADS[one] for one in sorted(theirs)])
    assert set(found.only_ours) == {HEADS[one] for one in ours - theirs}
    assert set(found.only_theirs) == {HEADS[one] for one in theirs - ours}
    assert (found.both, found.differ, found.twice) == (len(ours & theirs), (), ())
    assert found.equal == (ours == theirs)
    assert all(any(HEADS[one].named in said for said in in_words(found)) for one in ours ^ theirs)


@given(st.sampled_from(range(7)), st.data())
def test_one_flipped_bit_in_what_one_side_keeps_is_found(place: int, data: st.DataObject) -> None:
    body = MESSAGES[place].body.encode()
    at, bit = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(0, 6))
    changed = (body[:at] + bytes([body[at] ^ 1 << bit]) + body[at + 1 :]).decode()
    theirs = list(HEADS)
    theirs[place] = head(HEADS[place].sender, HEADS[place].number, changed, HEADS[place].at)
    found = compare(HEADS, theirs)
    assert found.differ == (HEADS[place],)
    assert in_words(found) == [
        "The two ledgers differ. The same on both sides: 6 messages.",
        f"{HEADS[place].named.capitalize()} has another content on their side. Lay both texts side by side.",
    ]


def test_what_is_under_way_to_us_is_no_difference_and_what_was_altered_here_is_said_to_be_ours() -> None:
    found = compare(HEADS[:-1], HEADS)
    coming = explained(found, made_at=NOW, had_at=lambda _: None, coming={HEADS[-1]}, altered=())
    assert (coming.equal, coming.only_theirs, coming.coming) == (True, (), (HEADS[-1],))
    assert "has not come here yet" in in_words(coming)[2]
    taken_out = explained(found, made_at=NOW, had_at=lambda _: None, coming=(), altered=())
    assert (taken_out.equal, taken_out.only_theirs) == (False, (HEADS[-1],))
    ours = [replace(HEADS[0], hash="f" * 64), *HEADS[1:]]
    altered = explained(compare(ours, HEADS), made_at=NOW, had_at=lambda _: None, coming=(), altered={ours[0]})
    assert not altered.equal
    assert "stands here otherwise than it was signed" in in_words(altered)[2]
    assert not any("on their side. Lay" in said for said in in_words(altered))


def test_a_number_that_stands_twice_is_told() -> None:
    other = replace(HEADS[0], hash="f" * 64)
    found = compare(HEADS, [*HEADS, other])
    assert (found.equal, found.twice) == (False, (other,))


# --- the file ------------------------------------------------------------------------------------------------------

FILE = exported(HEADS, sender=ESTONIA, receiver=HAITI, made_at=NOW, key=key(NEW))


def test_the_file_says_what_the_ledger_holds_and_nothing_of_what_was_said() -> None:
    found = read(FILE, peers=PEERS, me=HAITI)
    assert (found.sender, found.made_at, list(found.heads)) == (ESTONIA, NOW, HEADS)
    assert b"payment" not in FILE


def test_a_file_that_was_changed_or_forged_is_refused() -> None:
    forged = exported(HEADS, sender=ESTONIA, receiver=HAITI, made_at=NOW, key=key(STRANGE))
    for data in (forged, *(data for _, data in flips(FILE))):
        with pytest.raises(Refused):
            read(data, peers=PEERS, me=HAITI)
    with pytest.raises(Refused, match="It is for the instance"):
        read(FILE, peers=PEERS, me="rapport.zz")


@pytest.mark.parametrize(
    "wrong",
    [
        Head("rapport.zz", 1, "a" * 64, NOW),
        Head(ESTONIA, 1, "A" * 64, NOW),
        Head(ESTONIA, 0, "a" * 64, NOW),
        Head(ESTONIA, True, "a" * 64, NOW),
        Head(ESTONIA, 1, "", NOW + timedelta(days=1)),
    ],
)
def test_a_row_that_is_none_is_named_by_its_number(wrong: Head) -> None:
    data = exported([HEADS[0], wrong], sender=ESTONIA, receiver=HAITI, made_at=NOW, key=key(NEW))
    with pytest.raises(Refused) as refused:
        read(data, peers=PEERS, me=HAITI)
    assert refused.value.row == 2
