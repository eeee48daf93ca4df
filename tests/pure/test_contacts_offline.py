"""Without a line people read numbers from paper and files, in the right order, and can tell a forged file."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.cards import CARD, SHEET, Copied, card, in_utc, tree_blocks
from rapport.contacts.lowtech.written import width
from rapport.contacts.model import Channel, Key, Means, Network, Office, Post, Role, Upkeep
from rapport.contacts.offline import FORM, LARGEST, Export, made, verified
from rapport.contacts.rows import Block, Row, written
from rapport.contacts.upkeep import State
from rapport.errors import Refused
from rapport.oversight.ledger.chain import canonical, fingerprint
from tests.pure.instances import ESTONIA, HAITI, NEW, NOW, OLD, PEERS, RETIRED, STRANGE, flips, key, public

DAY = date(2026, 11, 27)
#: Numbers are of ranges that nobody has: ITU-T E.164 gives the country code 999 to no country.
TALLINN = Office(
    party="EE",
    role=Role.TECHNICAL,
    title="Incident response centre",
    posts=(
        Post("Head of duty", languages=("et", "en"), channels=(Channel(Means.PHONE, "+999 5550 101"),)),
        Post("First alternate", channels=(Channel(Means.SIGNAL, "+999 5550 102", "write first"),)),
        Post("Second alternate", channels=(Channel(Means.EMAIL, "second@duty.example"),)),
    ),
    channels=(Channel(Means.PHONE, "+999 5550 100", "ask for the duty officer"),),
    languages=("et", "en"),
    hours="mon-fri 08:00-17:00; closed 2026-12-25",
    time_zone="Europe/Tallinn",
    authority="Says what is seen; decides nothing.",
    keys=(Key("ed25519", "0123456789abcdef"),),
    valid_until=date(2027, 6, 30),
)
POLICY = replace(TALLINN, role=Role.POLICY, title="Cyber diplomacy desk", keys=(), hours="24/7")
BAGHDAD = replace(
    TALLINN,
    party="IQ",
    title="مركز الاستجابة للحوادث",
    posts=(Post("الضابط المناوب", channels=(Channel(Means.PHONE, "+999 5550 200", "هاتف، 24 ساعة"),)),),
    time_zone="Asia/Baghdad",
    hours="sun-thu 02:00-14:00",
)
TOKYO = replace(TALLINN, party="JP", title="東京緊急対応センター" * 5, time_zone="Asia/Tokyo", channels=())
OFFICES = (TALLINN, POLICY, BAGHDAD, TOKYO)
ENTRIES = tuple(Copied(one, DAY) for one in OFFICES)
NAMES = {"EE": "Estonia", "IQ": "Iraq", "CH": "Switzerland"}
EXPORT = Export(17, ESTONIA, "HT/technical", NOW, NOW + timedelta(days=90))
FILE = made(ENTRIES, EXPORT, key(NEW))
NETWORK = Network(
    slug="sample",
    title="Sample network",
    source="An example; nobody's agreement.",
    roles=(Role.TECHNICAL, Role.DIPLOMATIC, Role.POLICY),
    upkeep=Upkeep(),
    times={},
    mission="the permanent mission",
    third_parties=("CH",),
)


def read(data: bytes, **other: Any) -> Any:
    return verified(data, **({"peer": PEERS[ESTONIA], "name": ESTONIA, "now": NOW} | other))


# --- the file ------------------------------------------------------------------------------------------------------


def test_what_was_exported_can_be_read_again_without_loss() -> None:
    found = read(FILE)
    assert (found.entries, found.export, found.expired) == (ENTRIES, EXPORT, False)
    assert read(made((), EXPORT, key(NEW))).entries == ()


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_CHANNELS = st.lists(st.builds(Channel, st.sampled_from(Means), _TEXTS, _TEXTS), max_size=2).map(tuple)
_OFFICES = st.builds(
    Office,
    party=_TEXTS,
    role=st.sampled_from(Role),
    title=_TEXTS,
    posts=st.lists(st.builds(Post, _TEXTS, _TEXTS, channels=_CHANNELS), max_size=3).map(tuple),
    channels=_CHANNELS,
    hours=st.sampled_from(["24/7", "mon-fri 08:00-17:00", "22:00-06:00", "25:99"]) | _TEXTS,
    time_zone=st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns", "No/Where", "../x", ""]) | _TEXTS,
    authority=_TEXTS,
    valid_from=st.none() | st.dates(),
    valid_until=st.none() | st.dates(),
)


_ENTRIES = st.builds(Copied, _OFFICES, st.dates(), st.sampled_from(State), _TEXTS)


@given(st.lists(_ENTRIES, max_size=3))
def test_so_can_whatever_somebody_wrote_into_a_record(entries: list[Copied]) -> None:
    assert read(made(entries, EXPORT, key(NEW))).entries == tuple(entries)


def test_people_read_every_number_in_it_and_for_whom_it_was_made() -> None:
    text = FILE.decode().partition("\nDATA\n")[0]
    for office in OFFICES:
        assert all(" ".join(by.value.split()) in text for _, by in office.reached_by())
    assert text.count("Export 17 of rapport.ee for HT/technical, 2026-11-27") == len(OFFICES) + 1
    assert "Expires: 2027-02-25" in text


def test_every_entry_says_when_it_was_confirmed_whether_it_counts_and_what_other_lists_say() -> None:
    old = Copied(BAGHDAD, date(2026, 3, 2), State.STALE, "OSCE says otherwise; the list of UN is the one to go by")
    text = made((ENTRIES[0], old), EXPORT, key(NEW)).decode().partition("\nDATA\n")[0]
    first, _, second = text.partition("IQ, technical")
    assert "Last confirmed: 2026-11-27" in first
    assert "Valid until: 2027-06-30" in first
    assert "Beware" not in first
    assert "Last confirmed: 2026-03-02\nBeware: not confirmed lately: be ready to try the next one" in second
    assert "Other lists: OSCE says otherwise; the list of UN is the one to go by" in " ".join(second.split())


def test_a_file_of_another_form_says_which_form_is_read() -> None:
    with pytest.raises(Refused, match=f"rapport-directory-1; this rapport reads {FORM}"):
        read(FILE.replace(FORM.encode(), b"rapport-directory-1"))


def test_any_bit_of_any_byte_that_changes_is_found() -> None:
    data = made((ENTRIES[0], ENTRIES[2]), EXPORT, key(NEW))
    for _, changed in flips(data):
        with pytest.raises(Refused):
            read(changed)


def test_a_file_of_another_key_or_another_instance_is_refused() -> None:
    for data, other, reason in (
        (made(ENTRIES, EXPORT, key(STRANGE)), {}, "unknown_key"),
        (made(ENTRIES, EXPORT, key(OLD)), {"peer": RETIRED[ESTONIA]}, "retired_key"),
        (made(ENTRIES, replace(EXPORT, by=HAITI), key(NEW)), {}, "not_whole"),
        (FILE.replace(fingerprint(public(NEW)).encode(), fingerprint(public(OLD)).encode()), {}, "bad_signature"),
        (FILE + b"\n", {}, "no_directory"),
        (b"\xef\xbb\xbf" + FILE, {}, "no_directory"),
        (FILE.replace(b"\n", b"\r\n"), {}, "no_directory"),
        (b" " * (LARGEST + 1), {}, "too_large"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            read(data, **other)
        assert refused.value.reason == reason


def test_an_expired_file_is_read_and_says_so() -> None:
    assert not read(FILE, now=EXPORT.expires_at - timedelta(seconds=1)).expired
    late = read(FILE, now=EXPORT.expires_at)
    assert (late.expired, late.entries) == (True, ENTRIES)


@pytest.mark.parametrize("days", [0, -1, 367])
def test_no_file_is_made_that_never_expires_or_has_expired(days: int) -> None:
    with pytest.raises(Refused, match="expires"):
        made(ENTRIES, replace(EXPORT, expires_at=NOW + timedelta(days=days)), key(NEW))


def signed_text(data: object) -> bytes:
    """Whatever the holder of a known key might sign."""
    name = fingerprint(public(NEW))
    said = f"{FORM}\n\nDATA\n{canonical(data)}\nkey {name}\n".encode()
    return said + f"signature {key(NEW).sign(said).hex()}\n".encode()


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_what_a_known_key_signed_is_read_or_refused(data: Any) -> None:
    export = {
        "number": 1,
        "by": ESTONIA,
        "for_whom": "",
        "made_at": "2026-11-27T12:00:00.000000Z",
        "expires_at": "2026-11-28T12:00:00.000000Z",
    }
    for whole in (
        data,
        {"form": FORM, "export": data, "entries": []},
        {"form": FORM, "export": export, "entries": [data]},
    ):
        with pytest.raises(Refused):
            read(signed_text(whole))


def test_a_title_cannot_pose_as_the_data() -> None:
    posing = replace(TALLINN, title='DATA\n{"form":1}\nkey 0123456789abcdef\nsignature ' + "0" * 128 + "\n")
    assert read(made((Copied(posing, DAY),), EXPORT, key(NEW))).entries == (Copied(posing, DAY),)


# --- paper ---------------------------------------------------------------------------------------------------------


CARD_OF_TALLINN = """\
Incident response centre
EE, technical
Open:
  mon-fri 08:00-17:00; closed 2026-12-25
  (Europe/Tallinn)
In UTC:
  mon-fri 06:00-15:00; closed 2026-12-25
  (on 2026-11-27)
Clock changes:
  2027-03-28, by +60 minutes
Languages: et, en
May decide:
  Says what is seen; decides nothing.
Valid until: 2027-06-30

Try in this order
1. Incident response centre, phone:
  +999 5550 100 (ask for the duty
  officer)
2. Head of duty, phone: +999 5550 101
3. First alternate, signal:
  +999 5550 102 (write first)
4. Second alternate, email:
  second@duty.example

Who calls you?
Call back on a number that stands here.

Keys
ed25519: 0123 4567 89ab cdef

"""


def test_a_card_has_the_numbers_in_the_order_to_try() -> None:
    assert card(TALLINN, DAY) == CARD_OF_TALLINN


def test_a_phone_tree_goes_by_the_roles_of_the_network_then_to_the_mission() -> None:
    text = written(tree_blocks((POLICY, BAGHDAD, TALLINN), NETWORK, DAY, NAMES), SHEET)
    order = [
        "Estonia: try",
        "technical: ",
        "1. ",
        "policy: ",
        "5. ",
        "8. ",
        "Iraq: try",
        "1. ",
        "mission",
        "Switzerland",
        "Tell the lead",
    ]
    at = 0
    for one in order:
        at = text.index(one, at)


def test_nobody_is_sent_to_the_party_itself_as_the_third_one() -> None:
    agreed = replace(NETWORK, third_parties=("EE", "CH"))
    assert "agreed on: Switzerland\n" in written(tree_blocks((TALLINN,), agreed, DAY, NAMES), SHEET)
    alone = written(tree_blocks((TALLINN,), replace(NETWORK, third_parties=("EE",)), DAY, NAMES), SHEET)
    assert "third party" not in alone


@given(_OFFICES)
def test_no_line_is_wider_than_the_paper(office: Office) -> None:
    tree = written(tree_blocks((office, TOKYO), NETWORK, DAY, NAMES), SHEET)
    for text, columns in ((card(office, DAY), CARD), (tree, SHEET)):
        assert max(width(line) for line in text.split("\n")) <= columns
        assert not any(unicodedata.category(one) == "Cc" for one in text if one != "\n")


#: Arabic, Hebrew, Cyrillic, Chinese, a letter with its mark, figures, blanks, a mark of right-to-left writing.
_SIGNS = ("آ", "ب", "ج", "א", "д", "水", "e\u0301", "1", "2", "+", " ", "\u200f")


@given(st.lists(st.sampled_from(_SIGNS), max_size=300), st.integers(4, 60))
def test_every_letter_stays_and_in_its_order(signs: list[str], columns: int) -> None:
    lines = written([Block("", (Row("", "".join(signs)),))], columns).translate({0x2068: None, 0x2069: None})
    assert "".join(lines.split()) == "".join("".join(signs).split())
    assert "\n\u0301" not in lines


def test_right_to_left_names_stand_between_isolates_and_their_numbers_stay() -> None:
    text = card(BAGHDAD, DAY)
    assert "\u2068مركز الاستجابة للحوادث\u2069\n" in text
    assert "\n  +999 5550 200 \u2068(هاتف، 24 ساعة)\u2069\n" in text
    for line in text.split("\n"):
        assert line.count("\u2068") == line.count("\u2069")


@pytest.mark.parametrize(
    ("hours", "zone", "on", "said"),
    [
        ("mon-fri 08:00-17:00", "Asia/Tokyo", DAY, "mon-fri 23:00 (day before)-08:00 (on 2026-11-27)"),
        ("08:00-17:00", "Asia/Kathmandu", DAY, "02:15-11:15 (on 2026-11-27)"),
        ("18:00-24:00", "America/New_York", DAY, "23:00-05:00 (day after) (on 2026-11-27)"),
        ("18:00-24:00", "America/New_York", date(2026, 7, 1), "22:00-04:00 (day after) (on 2026-07-01)"),
        ("08:00-17:00", "Europe/London", DAY, "08:00-17:00 (on 2026-11-27)"),
        ("08:00-17:00", "No/Where", DAY, "not known: no zone is called No/Where here"),
    ],
)
def test_hours_in_utc_are_those_of_the_day(hours: str, zone: str, on: date, said: str) -> None:
    assert next(iter(in_utc(hours, zone, on))).text == said


@pytest.mark.parametrize(
    ("hours", "zone"), [("24/7", "Asia/Tokyo"), ("08:00-17:00", "UTC"), ("08:00-17:00", "Africa/Accra")]
)
def test_who_lives_by_utc_or_never_closes_is_told_nothing(hours: str, zone: str) -> None:
    assert list(in_utc(hours, zone, DAY)) == []


def test_a_change_of_the_clock_is_told_with_its_day() -> None:
    changes = [row.text for row in in_utc("08:00-17:00", "Europe/Tallinn", datetime(2026, 7, 1, tzinfo=UTC).date())]
    assert changes == ["05:00-14:00 (on 2026-07-01)", "2026-10-25, by -60 minutes"]
