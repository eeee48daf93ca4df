"""A message between two instances is taken as it was written, once, from its true sender, or refused with a reason."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rapport.contacts import envelope, receipts
from rapport.contacts.envelope import LARGEST, Envelope, Kept, Opened, opened, placed, read, resealed, sealed
from rapport.contacts.kinds import FIELDS, MOST, Kind, Said
from rapport.contacts.signed import Peer, signed
from rapport.contacts.sound import faults
from rapport.errors import Refused
from rapport.oversight.ledger.chain import START, canonical, moment
from rapport.values import Marking
from tests.pure.instances import (
    ESTONIA,
    HAITI,
    HAITIAN,
    KENYA,
    KENYAN,
    NEW,
    NOW,
    OLD,
    PEERS,
    RETIRED,
    STRANGE,
    chained,
    flips,
    key,
    notice,
    public,
    sayings,
)  # fmt: skip

ONE, TWO, THREE, FOUR = chained([notice(number) for number in range(1, 5)])


def taken(data: bytes, kept: list[Kept] | None = None, **other: Any) -> Opened:
    return opened(data, kept=kept or [], **({"peers": PEERS, "me": HAITI, "now": NOW} | other))


def kept(*lines: bytes) -> list[Kept]:
    found = [read(line, peers=PEERS, me=HAITI, now=NOW) for line in lines]
    return [Kept(one.number, one.hash, one.prev, one.said.ref) for one in found]


def why(data: bytes, before: list[Kept] | None = None, **other: Any) -> str:
    with pytest.raises(Refused) as refused:
        taken(data, before, **other)
    assert len(str(refused.value)) < 400
    str(refused.value).encode()  # no half of a character: it can be shown
    return refused.value.reason


def forged(body: Mapping[str, Any] | None = None, seed: int = NEW, **other: Any) -> bytes:
    """A body as the key signs it, whatever it says; `said_…` changes a part of the message."""
    made: dict[str, Any] = json.loads(ONE)["body"] | (body or {})
    for name, value in other.items():
        made["said"][name] = value
    return signed(made, key(seed))


@given(sayings(), st.integers(1, 10**9 - 1))
def test_what_was_said_arrives_letter_by_letter(said: Said, number: int) -> None:
    prev = START if number == 1 else "a" * 64
    data = sealed(said, sender=ESTONIA, receiver=HAITI, number=number, prev=prev, sent_at=NOW, key=key(NEW))
    found = taken(data, now=NOW + timedelta(days=1))
    assert found.said == said
    assert (found.envelope.number, found.envelope.prev, found.envelope.sent_at) == (number, prev, NOW)
    assert data.isascii()
    assert b"\n" not in data


def test_the_largest_message_of_every_kind_can_be_sent_and_read() -> None:
    for kind in Kind:
        fields = {
            one.name: next(iter(one.choices)) if one.choices else "2026-11-27T06:32Z" if one.moment else "😀" * MOST
            for one in FIELDS[kind]
        }
        fields |= {"about": "DAX7-01"} if "about" in fields else {}
        said = notice(kind=kind, fields=fields, caveats="😀" * MOST)
        (data,) = chained([said])
        assert len(data) < LARGEST
        assert taken(data).said == said


# --- damage and forgery --------------------------------------------------------------------------------------------


def test_any_bit_of_any_byte_that_changes_is_found() -> None:
    for _, data in flips(ONE, whole=1):
        with pytest.raises(Refused):
            taken(data)


@given(st.integers(0, len(ONE)), st.integers(0, len(ONE)), st.binary(max_size=3))
def test_what_is_cut_out_or_put_in_is_found(first: int, last: int, put: bytes) -> None:
    data = ONE[: min(first, last)] + put + ONE[max(first, last) :]
    if data != ONE:
        with pytest.raises(Refused):
            taken(data)


def test_ten_thousand_strings_of_bytes_are_refused() -> None:
    chance = random.Random(1)
    for _ in range(5_000):
        first, last = sorted(chance.choices(range(len(ONE)), k=2))
        spliced = ONE[:first] + chance.choice((TWO, THREE, ONE[::-1]))[first:last] + chance.randbytes(2) + ONE[last:]
        for data in (chance.randbytes(chance.randrange(300)), spliced):
            with pytest.raises(Refused):
                taken(data)


@given(st.binary(max_size=300))
@example(b"")
@example(b"[" * 100_000)
@example(b'{"a":' * 30_000)
@example(b'{"body":' + b"9" * 5_000 + b"}")
@example(b'{"body":1e999}')
@example(b'{"body":NaN}')
@example(b"\xff\xfe")
@example("﻿{}".encode())
def test_no_bytes_do_anything_but_be_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        taken(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(_JSON, st.sampled_from(["form", "from", "to", "number", "prev", "sent_at", "said", "new"]))
def test_a_known_key_under_any_body_is_no_reason_to_fail(value: Any, name: str) -> None:
    body = json.loads(ONE)["body"]
    data = signed(body | {name: value}, key(NEW))
    if data != ONE:
        with pytest.raises(Refused):
            taken(data, now=NOW)


@given(_JSON, st.sampled_from([*envelope.written(notice()), "new"]))
def test_nor_is_any_part_of_a_message(value: Any, name: str) -> None:
    data = forged(**{name: value})
    try:
        found = taken(data)
    except Refused as refused:
        str(refused).encode()
    else:
        assert envelope.written(found.said)[name] == value


TWICE = ONE.replace(b'"number":1', b'"number":1,"number":1')
LATE = moment(NOW + timedelta(hours=24, seconds=1))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Dear colleague", "not_json"),
        (b" " * (LARGEST + 1), "too_large"),
        (TWICE, "not_canonical"),
        (ONE.replace(b'"number":1', b'"number":1.0'), "not_canonical"),
        (ONE + b"\n", "not_canonical"),
        (json.dumps(json.loads(ONE)).encode(), "not_canonical"),
        (b"[]", "not_whole"),
        (forged({"form": "rapport-envelope-2"}), "unknown_form"),
        (forged({"form": 1}), "unknown_form"),
        (forged({"from": "rapport.zz"}), "unknown_sender"),
        (forged({"to": KENYA}), "wrong_receiver"),
        (forged(seed=STRANGE), "unknown_key"),
        (forged(seed=KENYAN), "unknown_key"),
        (forged({"number": 0}), "bad_number"),
        (forged({"number": True}), "not_whole"),
        (forged({"number": 10**30}), "bad_number"),
        (forged({"number": 2}), "broken_chain"),
        (forged({"prev": "a" * 64}), "broken_chain"),
        (forged({"prev": "A" * 64, "number": 2}), "broken_chain"),
        (forged({"sent_at": LATE}), "future"),
        (forged(at=LATE), "future"),
        (forged({"sent_at": "2026-11-27T06:32Z"}), "bad_time"),
        (forged(kind="attribution"), "unknown_kind"),
        (forged(marking="TLP:PURPLE"), "unknown_marking"),
        (forged(culprit="somebody"), "not_whole"),
        (forged(fields={"what": "This alone."}), "not_whole"),
        (forged(fields=notice().fields | {"culprit\ud800\u202e": "XX"}), "not_whole"),
        (forged(fields=notice().fields | {"what": 1}), "not_whole"),
        (forged(fields=notice().fields | {"what": "half \ud800"}), "not_whole"),
        (forged(fields=notice().fields | {"what": "turned \u202e around"}), "not_whole"),
        (forged(ref="DАX7-01", case="DАX7"), "not_whole"),  # a Cyrillic А
        (forged(ref="OTHER-01"), "not_whole"),
        (forged(exercise=True), "not_whole"),
        (forged(ref="X-DAX7-01", case="X-DAX7"), "not_whole"),
        (forged(**{"from": "KE/technical"}), "not_theirs"),
    ],
)
def test_each_refusal_has_its_reason(data: bytes, reason: str) -> None:
    assert why(data) == reason


def test_a_signature_is_of_one_body_and_of_no_other() -> None:
    one, other = json.loads(ONE), json.loads(TWO)
    assert why(canonical(one | {"signature": other["signature"]}).encode()) == "bad_signature"
    assert why(canonical(one | {"signature": one["signature"].upper()}).encode()) == "bad_signature"
    receipt = receipts.received(read(ONE, peers=PEERS, me=HAITI, now=NOW), at=NOW, key=key(NEW))
    assert why(receipt) == "unknown_form"


def test_a_day_ahead_is_a_clock_that_goes_wrong_a_little_less_is_none() -> None:
    assert taken(forged({"sent_at": moment(NOW + timedelta(hours=24))})).envelope.number == 1


# --- exercises -----------------------------------------------------------------------------------------------------


@given(sayings())
def test_no_message_of_an_exercise_passes_as_a_real_one(said: Said) -> None:
    assert said.exercise == said.ref.startswith("X-") == said.case.startswith("X-")
    assert faults(replace(said, exercise=not said.exercise)) != []
    with pytest.raises(Refused):
        chained([replace(said, exercise=not said.exercise)])


def test_nothing_of_an_exercise_is_about_a_real_message() -> None:
    fields = {"about": "DAX7-01", "answer": "received"}
    drill = notice(kind=Kind.REPLY, fields=fields, exercise=True, ref="X-DAX7-02", case="X-DAX7")
    assert [one.field for one in faults(drill)] == ["about"]
    assert faults(replace(drill, fields=fields | {"about": "X-DAX7-01"})) == []


# --- keys ----------------------------------------------------------------------------------------------------------


def test_while_keys_are_exchanged_both_count_and_then_the_old_one_does_not() -> None:
    (old,) = chained([notice()], seed=OLD)
    assert taken(old).said == taken(ONE).said
    assert why(old, peers=RETIRED) == "retired_key"


def test_what_was_on_its_way_is_signed_anew_and_stays_the_same_message() -> None:
    (old,) = chained([notice()], seed=OLD)
    anew = resealed(old, key(NEW))
    assert taken(anew, peers=RETIRED).envelope.hash == taken(old).envelope.hash
    assert why(anew, kept(old)) == "repeated"


def test_an_instance_has_two_keys_at_most() -> None:
    with pytest.raises(ValueError, match="not 3"):
        Peer((public(1), public(2), public(3)))
    with pytest.raises(ValueError, match="not 0"):
        Peer(())


# --- the chain -----------------------------------------------------------------------------------------------------


def test_one_after_the_other_nothing_is_missing() -> None:
    assert [taken(ONE).told, taken(TWO, kept(ONE)).told, taken(THREE, kept(ONE, TWO)).told] == ["", "", ""]


def test_a_jump_is_taken_and_says_what_is_missing() -> None:
    assert taken(FOUR, kept(ONE)).missing == ((2, 3),)
    assert taken(FOUR, kept(TWO)).told == (
        "From rapport.ee these messages have not come: 1, 3. Ask for them: a file made on a page over there holds the "
        "messages of one party, and numbers run over all of them. Ask for the files of the others, or for one of all "
        "(on the machine: rapport contacts bundle). What is in none is lost, or was kept back, as TLP:RED is from "
        "files."
    )
    assert taken(TWO, kept(ONE, FOUR)).missing == ((3, 3),)


def test_many_gaps_make_no_endless_sentence() -> None:
    told = envelope.told(ESTONIA, [(number, number) for number in range(1, 9_999, 2)])
    assert "37, 39 and 4,979 other gaps. Ask for them" in told
    assert len(told) < 500


def test_the_same_message_is_taken_once() -> None:
    assert why(ONE, kept(ONE)) == "repeated"
    assert why(ONE, kept(ONE, TWO, FOUR)) == "repeated"


def test_another_content_under_a_number_or_a_reference_is_refused() -> None:
    other = forged(caveats="Changed.")
    assert why(other, kept(ONE)) == "other_content"
    (again,) = chained([notice(1, caveats="Changed.")], first=2, start=kept(ONE)[0].hash)
    assert why(again, kept(ONE)) == "other_content"


def test_what_does_not_follow_from_what_is_here_is_refused() -> None:
    (astray,) = chained([notice(2)], first=2, start="b" * 64)
    assert why(astray, kept(ONE)) == "broken_chain"
    assert why(astray, kept(THREE)) == "broken_chain"
    assert taken(astray, kept(FOUR)).missing == ((1, 1), (3, 3))


def test_chains_of_two_senders_have_nothing_to_do_with_each_other() -> None:
    (kenyan,) = chained([notice(sender="KE/policy", ref="KE1-01", case="KE1")], sender=KENYA, seed=KENYAN)
    assert taken(kenyan, []).envelope.sender == KENYA


# --- receipts ------------------------------------------------------------------------------------------------------

KNOWN_IN_ESTONIA = {HAITI: Peer((public(HAITIAN),), frozenset({"HT"}))}


def arrived() -> Envelope:
    return read(TWO, peers=PEERS, me=HAITI, now=NOW)


def test_a_receipt_proves_which_message_arrived() -> None:
    data = receipts.received(arrived(), at=NOW, key=key(HAITIAN))
    found = receipts.read(data, peers=KNOWN_IN_ESTONIA, me=ESTONIA)
    assert (found.sender, found.received_at) == (HAITI, NOW)
    assert receipts.proves(found, 2, arrived().hash)
    assert not receipts.proves(found, 2, "0" * 64)
    assert not receipts.proves(found, 1, arrived().hash)


def test_a_receipt_that_somebody_else_wrote_or_changed_proves_nothing() -> None:
    data = receipts.received(arrived(), at=NOW, key=key(HAITIAN))
    stranger = receipts.received(arrived(), at=NOW, key=key(STRANGE))
    for changed in (stranger, TWO, *(one for _, one in flips(data))):
        with pytest.raises(Refused):
            receipts.read(changed, peers=KNOWN_IN_ESTONIA, me=ESTONIA)


def test_a_repeated_message_still_gets_its_receipt() -> None:
    found = arrived()
    with pytest.raises(Refused, match="already"):
        placed(found, kept(TWO))
    assert receipts.received(found, at=NOW, key=key(HAITIAN))


def test_markings_go_with_the_message() -> None:
    (red,) = chained([notice(marking=Marking.RED)])
    assert taken(red).said.marking is Marking.RED
