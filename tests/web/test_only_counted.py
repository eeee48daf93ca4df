"""Events that a protocol lets count and not be shown: totals say them, roughly, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.operations.models import Operation
from rapport.sharing import activation
from rapport.sharing.handling import Handling
from rapport.sharing.protocol.library import text_of
from tests.web.desk import DRAFT, report
from tests.web.test_desk_pages import text

COUNTED = text_of("house").replace('name = "house"', 'name = "sample"').replace(
    'title = "rapport\'s own', 'smallest_count = 5\ntitle = "rapport\'s own'
) + """
[[limit]]
name = "named"
beyond = "team"
when = { names = ["yes"] }
unless = { names = ["unknown"] }
count_only = true
why = "People can be named by it: it counts, and is not shown."
"""  # fmt: skip
MAP = "/sample/clusters.json?bbox=-75,17,-71,21&zoom=9"


@pytest.fixture
def events(operation: Operation, volunteer: Person, someone: Callable[..., Person]) -> None:
    """Two that are shown; twelve of water and three of food that are only counted."""
    lead, custodian = someone("lea", Role.LEAD), someone("carol", Role.CUSTODIAN)
    activation.activate(custodian, activation.propose(lead, operation, COUNTED, "agreed"), "agreed")
    naming = replace(DRAFT, title="Madanm Brunaveau", handling=Handling(names="yes"))
    for draft, count in ((DRAFT, 2), (naming, 12), (replace(naming, categories=("2a",)), 3)):
        for _ in range(count):
            actions.accept(volunteer, report(operation), draft)


@pytest.mark.usefixtures("events")
def test_they_add_to_the_total_and_stand_nowhere(client: Client) -> None:
    page = text(client.get("/sample/?view=list"))
    assert "<strong>2 events</strong>" in page
    assert "and at least 15 more that are only counted" in page
    found = client.get(MAP).json()
    assert (found["total"], found["only_counted"]) == (2, 15)
    for way in ("events.csv", "events.geojson", "events.rss", "events.atom"):
        assert b"Brunaveau" not in b"".join(client.get(f"/sample/{way}"))


@pytest.mark.usefixtures("events")
def test_small_counts_are_not_said_and_others_roughly(client: Client) -> None:
    assert client.get(f"{MAP}&category=2b").json()["only_counted"] == 10
    assert "only_counted" not in client.get(f"{MAP}&category=2a").json()
    assert client.get(f"{MAP}&status=unverified").json()["only_counted"] == 15


@pytest.mark.usefixtures("events")
def test_pages_are_told_when_the_count_is_another_and_not_before(
    client: Client, operation: Operation, volunteer: Person
) -> None:
    naming, pulses = replace(DRAFT, handling=Handling(names="yes")), [client.get("/sample/pulse")]
    for _ in range(5):  # from fifteen to twenty
        actions.accept(volunteer, report(operation), naming)
        pulses.append(client.get("/sample/pulse"))
    for told in ([one.headers["ETag"] for one in pulses], [one.json()["state"] for one in pulses]):
        assert len(set(told[:5])) == 1
        assert told[5] != told[0]


@pytest.mark.usefixtures("events")
def test_a_page_of_one_category_is_told_when_its_own_count_is_another(
    client: Client, operation: Operation, volunteer: Person
) -> None:
    """Three of food are too few to be said; with two more it is five, and seventeen in all are still fifteen."""

    def pulse(query: str = "") -> str:
        return str(client.get(f"/sample/pulse{query}").json()["state"])

    whole, food = pulse(), pulse("?category=2a")
    for _ in range(2):
        naming = replace(DRAFT, categories=("2a",), handling=Handling(names="yes"))
        actions.accept(volunteer, report(operation), naming)
    assert pulse() == whole
    assert pulse("?category=2a") != food
    page = client.get("/sample/?category=2a").content.decode()
    assert f'data-pulse="/sample/pulse?category=2a" data-state="{pulse("?category=2a")}"' in page


@pytest.mark.parametrize(
    "query",
    [
        "q=Brunaveau",
        "area=-73,18,-72,19",
        "area=HT",
        "from=2010-01-01",
        "source=sms",
        "category=2a&category=2b",
        "category=2b&status=unverified",
    ],
)
@pytest.mark.usefixtures("events")
def test_no_filter_that_could_find_one_of_them_counts_them(client: Client, query: str) -> None:
    assert "only_counted" not in client.get(f"{MAP}&{query}").json()
