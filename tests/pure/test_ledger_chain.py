"""Whoever alters an entry of the ledger, or loses one, is found out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.errors import RapportError
from rapport.oversight.ledger import chain
from rapport.oversight.ledger.chain import START, Checkpoint, Draft, Entry, Fault, Walk, Wrong
from rapport.oversight.ledger.exported import Exported, lines, pem, read_checkpoint, read_keys

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
KEYS = {chain.fingerprint(PUBLIC): PUBLIC}
BEGAN = datetime(2026, 1, 17, 12, tzinfo=UTC)
COUNT = 500
FIELDS = ("seq", "at", "made", "operation", "kind", "body", "prev", "hash")


def ledger(count: int, batch: int = 7) -> list[Entry]:
    """As the worker seals it: some at a time, each batch a minute later."""
    entries: list[Entry] = []
    for start in range(0, count, batch):
        at = chain.moment(BEGAN + timedelta(minutes=start))
        drafts = [
            Draft(at, "sample", "decision", chain.canonical({"decision": number, "person": number % 5}))
            for number in range(start, min(start + batch, count))
        ]
        entries += chain.seal(drafts, start, entries[-1].hash if entries else START, at)
    return entries


def signed(entry: Entry) -> Checkpoint:
    return chain.sign(KEY, entry.seq, entry.hash, entry.at)


def faults(entries: Sequence[Entry], *checkpoints: Checkpoint) -> list[Fault]:
    attested, wrong = chain.marks(checkpoints, KEYS)
    return [*wrong, *Walk(attested).over(entries)]


def resealed(entries: Sequence[Entry]) -> list[Entry]:
    """What somebody makes who knows the form: every number, link and hash fits again."""
    made: list[Entry] = []
    for number, entry in enumerate(entries, 1):
        bare = replace(entry, seq=number, prev=made[-1].hash if made else START)
        made.append(replace(bare, hash=chain.digest(bare)))
    return made


WHOLE = ledger(COUNT)
LAST = signed(WHOLE[-1])


def flipped(entry: Entry, field: str) -> Entry:
    value = getattr(entry, field)
    return replace(entry, **{field: value + 1 if field == "seq" else _other(value)})


def _other(text: str) -> str:
    """One bit of the text is another, as far as it stays one character."""
    middle = len(text) // 2
    return text[:middle] + chr(ord(text[middle]) ^ 1) + text[middle + 1 :]


def test_a_whole_ledger_is_whole() -> None:
    assert faults(WHOLE, LAST, signed(WHOLE[99])) == []


#: Each change is made to every eleventh entry with every change of rapport, to every one in the soak.
EACH = pytest.mark.parametrize(
    "entries", [range(0, COUNT, 11), pytest.param(range(COUNT), marks=pytest.mark.soak)], ids=len
)


@EACH
@pytest.mark.parametrize("field", FIELDS)
def test_any_field_of_any_entry_that_was_flipped_is_found(field: str, entries: range) -> None:
    found = 0
    for index in entries:
        entry = WHOLE[index]
        wrong = faults([*WHOLE[:index], flipped(entry, field), *WHOLE[index + 1 :]], LAST)
        found += any(fault.seq in {entry.seq, entry.seq + 1} for fault in wrong)
    print(f"{field} flipped: {found} of {len(entries)} found")  # noqa: T201 - the figure is the point
    assert found == len(entries)


def dropped(index: int) -> list[Entry]:
    return [*WHOLE[:index], *WHOLE[index + 1 :]]


def swapped(index: int) -> list[Entry]:
    other = (index + 1) % COUNT
    entries = list(WHOLE)
    entries[index], entries[other] = entries[other], entries[index]
    return entries


def back_dated(index: int) -> list[Entry]:
    earlier = replace(WHOLE[index], at=chain.moment(BEGAN - timedelta(days=1)))
    return [*WHOLE[:index], earlier, *WHOLE[index + 1 :]]


def cut(index: int) -> list[Entry]:
    return WHOLE[:index]


@EACH
@pytest.mark.parametrize("forge", [dropped, swapped, back_dated, cut])
@pytest.mark.parametrize("knowing", [False, True], ids=["plainly", "and sealed anew"])
def test_each_entry_dropped_moved_back_dated_or_cut_off_is_found(
    forge: Callable[[int], list[Entry]], knowing: bool, entries: range
) -> None:
    """Also when every hash after it was made anew: the checkpoint that was handed out says otherwise."""
    found = sum(bool(faults(resealed(forge(index)) if knowing else forge(index), LAST)) for index in entries)
    print(f"{forge.__name__}{', sealed anew' if knowing else ''}: {found} of {len(entries)} found")  # noqa: T201
    assert found == len(entries)


def test_an_entry_that_was_back_dated_is_said_to_be_even_where_all_was_sealed_anew() -> None:
    assert Wrong.BACK_DATED in {fault.wrong for fault in faults(resealed(back_dated(100)))}


def test_a_fault_says_in_words_which_entry_and_what() -> None:
    assert [fault.said for fault in faults(dropped(41))] == ["entry 42 is missing"]
    changed = [*WHOLE[:41], flipped(WHOLE[41], "body"), *WHOLE[42:]]
    assert [fault.said for fault in faults(changed)] == ["entry 42 was changed: its hash is another one"]
    (fault,) = faults(WHOLE[:490], LAST)
    assert fault.said.startswith("the tail is cut: entries 491 to 500 are gone, which the checkpoint of ")


def test_a_checkpoint_that_somebody_wrote_themselves_is_worth_nothing() -> None:
    forged = resealed(dropped(41))
    own = chain.sign(Ed25519PrivateKey.generate(), 499, forged[-1].hash, forged[-1].at)
    posing = replace(own, key=LAST.key)
    for checkpoint in (own, posing, replace(LAST, seq=499), replace(LAST, signature="no base64")):
        assert [fault.wrong for fault in faults(WHOLE, checkpoint)] == [Wrong.SIGNATURE]


# --- generated -----------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
DRAFTS = st.lists(
    st.builds(
        Draft,
        st.datetimes(timezones=st.just(UTC)).map(chain.moment),
        st.sampled_from(["", "sample"]),
        st.text(max_size=10),
        st.dictionaries(st.text(max_size=5), JSON, max_size=4).map(chain.canonical),
    ),
    min_size=2,
    max_size=12,
)


@given(JSON)
def test_a_value_has_one_form_however_often_it_was_stored(value: object) -> None:
    once = chain.canonical(value)
    assert chain.canonical(json.loads(once)) == once
    assert chain.canonical(json.loads(json.dumps(value))) == once


@given(DRAFTS, st.data())
@settings(max_examples=200)
def test_whatever_is_entered_is_whole_and_one_change_anywhere_is_found(
    drafts: list[Draft], data: st.DataObject
) -> None:
    entries = list(chain.seal(drafts, 0, START, chain.moment(BEGAN)))
    mark = signed(entries[-1])
    assert faults(entries, mark) == []
    index = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(FIELDS))
    old = getattr(entries[index], field)
    new = data.draw((st.integers(-2, 99) if field == "seq" else st.text(max_size=8)).filter(lambda value: value != old))
    entries[index] = replace(entries[index], **{field: new})
    assert faults(entries, mark)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4), st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_a_commitment_tells_rows_and_salts_apart(row: dict[str, object], other: dict[str, object]) -> None:
    same = chain.canonical(row) == chain.canonical(other)
    assert (chain.commitment(row, "a") == chain.commitment(other, "a")) is same
    assert chain.commitment(row, "a") != chain.commitment(row, "b")


# --- an exported copy ----------------------------------------------------------------------------------------------


def test_an_exported_copy_is_checked_without_a_database(tmp_path: Path) -> None:
    copy, key, handed_out = tmp_path / "ledger.ndjson", tmp_path / "key.pem", tmp_path / "checkpoint.json"
    copy.write_text("".join(lines(WHOLE, [LAST], KEYS)))
    key.write_text(pem(PUBLIC) + pem(Ed25519PrivateKey.generate().public_key().public_bytes_raw()))
    handed_out.write_text("".join(lines([], [LAST], KEYS)).splitlines()[1])
    exported = Exported(copy)
    assert list(exported.entries()) == WHOLE
    assert exported.checkpoints() == [LAST] == [read_checkpoint(handed_out)]
    assert exported.keys == KEYS
    assert KEYS.items() <= read_keys(key).items()


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"form": "rapport-ledger-1", "keys": {"a": "b"}}', "[" * 9999])
def test_what_is_no_ledger_no_checkpoint_and_no_key_is_refused_in_words(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    for read in (Exported, read_checkpoint, read_keys):
        with pytest.raises(RapportError, match=str(path)):
            read(path)
