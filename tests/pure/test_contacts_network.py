"""The file of a network: every value with its source, and every fault named at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.kinds import Kind
from rapport.contacts.model import Role, Times, Upkeep
from rapport.contacts.network import names, read, text_of
from rapport.errors import BadDefinition

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "network-file.md").read_text()
HEAD = 'slug = "pacific"\ntitle = "Pacific"\nsource = "Minutes of 2 May"\nroles = ["technical"]\n'
TIMES = '[times.notification]\nacknowledge = "2h"\nsource = "Minutes of 2 May, item 3"\n'


def faults(text: str) -> list[str]:
    with pytest.raises(BadDefinition) as caught:
        read(text)
    return str(caught.value).splitlines()


def test_the_example_says_of_each_value_that_nobody_has_agreed_on_it() -> None:
    assert names() == ["example"]
    network = read(text_of("example"))
    assert network.roles == tuple(Role)
    assert network.times["ping"] == Times(acknowledge=48 * HOUR)
    for kind in (Kind.NOTIFICATION, Kind.ASSISTANCE, Kind.TERRITORY):
        assert network.times[kind] == Times(acknowledge=2 * HOUR, substance=DAY, update=DAY)
    for kind in (Kind.INFORMATION, Kind.CONSULTATION):
        assert network.times[kind] == Times(acknowledge=DAY, substance=5 * DAY, update=DAY)
    assert network.times["clarification"] == Times(acknowledge=DAY, substance=5 * DAY)
    assert network.said_by.keys() == network.times.keys()
    for said in (network.source, network.upkeep.said_by, *network.said_by.values()):
        assert "rapport's own example" in said
        assert "agreed by nobody" in said


def test_a_file_says_what_was_agreed_and_by_whom() -> None:
    network = read(
        HEAD
        + 'mission = "the mission in Suva"\nthird_parties = ["CH", "pif"]\n'
        + '[upkeep]\nremind = 80\ngood = 90\nsuspend = 120\nsource = "Minutes, item 1"\n'
        + TIMES
        + 'deliver = "30min"\nsubstance = "5d"\nupdate = "12 h"\noffice_hours = true\n'
    )
    assert network.upkeep == Upkeep(80, 90, 120, "Minutes, item 1")
    assert network.times == {"notification": Times(HOUR / 2, 2 * HOUR, 5 * DAY, 12 * HOUR, office_hours=True)}
    assert network.said_by == {"notification": "Minutes of 2 May, item 3"}
    assert (network.mission, network.third_parties) == ("the mission in Suva", ("CH", "pif"))


def test_what_is_not_agreed_is_left_out() -> None:
    network = read(HEAD)
    assert (network.times, network.upkeep, network.third_parties, network.mission) == ({}, Upkeep(), (), "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD.replace("pacific", "Pacific Islands"), "slug: 'Pacific Islands' does not fit"),
        (HEAD.replace('source = "Minutes of 2 May"\n', ""), "source: is missing"),
        (
            HEAD.replace('["technical"]', '["military"]'),
            "roles: 'military' is not one of diplomatic, technical, policy",
        ),
        (HEAD.replace('["technical"]', "[]"), "roles: name at least one"),
        (HEAD + 'third_parties = ["a b"]\n', "third_parties: 'a b' does not fit"),
        (HEAD + 'misson = "m"\n', "misson: nobody knows this key; did you mean mission?"),
        (HEAD + "[upkeep]\nremind = 10\n", "[upkeep] source: is missing"),
        (HEAD + '[upkeep]\ngood = 100\nsource = "s"\n', "[upkeep] remind: the days go up"),
        (HEAD + '[upkeep]\ngood = 0\nsource = "s"\n', "[upkeep] good: write a whole number between 1 and 3650"),
        (HEAD + '[times.notification]\nacknowledge = "2h"\n', "[times.notification] source: is missing"),
        (HEAD + '[times.notification]\nsource = "s"\n', "[times.notification] acknowledge: no time is agreed"),
        (HEAD + TIMES + 'substance = "1h"\n', "[times.notification] acknowledge: deliver is not longer"),
        (
            HEAD + TIMES.replace("2h", "2 hours"),
            "[times.notification] acknowledge: '2 hours' does not fit; write a time",
        ),
        (HEAD + TIMES.replace("2h", ""), "[times.notification] acknowledge: '' does not fit"),
        (HEAD + TIMES.replace("2h", "91d"), "from 5min to 90d"),
        (HEAD + TIMES + 'update = "59min"\n', "[times.notification] update: '59min' does not fit"),
        (HEAD + TIMES + 'office_hours = "yes"\n', "[times.notification] office_hours: write true or false"),
        (
            HEAD + TIMES.replace("notification", "notifications"),
            "[times] notifications: nobody knows this key; did you",
        ),
        (HEAD + TIMES.replace("notification", "closure"), "[times] closure: nobody knows this key"),
        (
            HEAD + TIMES.replace("notification", "clarification") + 'update = "1d"\n',
            "[times.clarification] update: nobody",
        ),
        (HEAD + "times = 3\n", "times: write a table [times]"),
        ("slug = ", "This is not TOML"),
        ("#" * 100_001, "write at most 100,000"),
    ],
)
def test_one_fault_is_one_line_with_table_key_and_remedy(text: str, says: str) -> None:
    (line,) = faults(text)
    assert says in line


def test_all_faults_are_said_at_once() -> None:
    text = 'slug = "-"\nroles = []\n[upkeep]\nremind = "x"\n[times.ping]\nacknowledge = "soon"\nsubstanc = "1d"\n'
    assert [line.split(": ")[0] for line in faults(text)] == [
        "slug",
        "title",
        "source",
        "roles",
        "[upkeep] remind",
        "[upkeep] source",
        "[times.ping] acknowledge",
        "[times.ping] source",
        "[times.ping] substanc",
    ]


def test_of_thousands_of_unknown_keys_the_first_are_named() -> None:
    assert len(faults(HEAD + "".join(f"k{number} = 1\n" for number in range(5_000)))) == 20


@given(st.text(alphabet='[]{}."=\n,slugtitleourcimek0159hd', max_size=300))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with pytest.raises(BadDefinition):
        read(text)


@pytest.mark.parametrize(
    "key",
    ["slug", "title", "source", "roles", "mission", "third_parties", "remind", "good", "suspend", "deliver",
     "acknowledge", "substance", "update", "office_hours"],
)  # fmt: skip
def test_the_reference_has_every_key(key: str) -> None:
    assert f"| `{key}`" in PAGE
