"""A protocol is played before it holds: what the page counts is what the two forms of the policy give."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.protocol import changes, matrix, stock
from rapport.events.items import items
from rapport.events.log import listed
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.sharing import activation
from rapport.sharing.policy import Policy
from rapport.sharing.protocol import library
from rapport.sharing.protocol.kinds import kind_of
from rapport.sharing.protocol.model import PURPOSES
from rapport.sharing.protocol.played import Change, Given, answers
from rapport.sharing.release import release_to
from rapport.values import Purpose
from tests.protocols import NOW, protocol
from tests.web.desk import DRAFT, report
from tests.web.public import publish
from tests.web.test_policy_forms import generated
from tests.web.test_protocol_page import STRICT

PLAY = "/sample/desk/protocol/play/"


def test_what_is_counted_is_what_the_query_gives(operation: Operation) -> None:
    """For generated events, protocols, audiences and purposes: the same events, and of each the same is left."""
    generated(operation, 150)
    crowd = stock.of_events(operation)
    rnd, cases = random.Random(3), 0
    for _ in range(6):
        policy = Policy(protocol(rnd))
        known = items(operation, [int(pk) for pk in crowd.ids], policy)
        for audience in policy.protocol.audiences:
            for purpose in PURPOSES:
                some = answers(crowd, policy, audience, purpose, NOW)
                gots = {int(pk): some.gots[of] for pk, of in zip(crowd.ids, some.of, strict=True)}
                shown = {pk for pk, got in gots.items() if got.given is Given.SHOWN}
                given = listed(stock.standing(operation), policy, audience.name, purpose, NOW)
                assert shown == set(given.values_list("pk", flat=True))
                for pk in shown:
                    one = release_to(policy, known[pk], audience, purpose, NOW)
                    assert one is not None
                    place = one.place
                    assert (gots[pk].precision, "place" in gots[pk].fields) == (
                        int(place.precision) if place and not gots[pk].moved_m else gots[pk].precision,
                        place is not None,
                    )
                    assert ("title" in gots[pk].fields, "summary" in gots[pk].fields) == (
                        bool(one.title),
                        bool(one.summary),
                    )
                    assert ("extra" in gots[pk].fields, "sources" in gots[pk].fields) == (
                        bool(one.extra),
                        bool(one.sources),
                    )
                    cases += 1
    assert cases > 1_500


def test_columns_say_of_events_what_items_say(operation: Operation) -> None:
    generated(operation, 120)
    crowd = stock.of_events(operation)
    known = items(operation, [int(pk) for pk in crowd.ids], Policy(protocol(random.Random(1))))
    for pk, number in zip(crowd.ids, crowd.kind, strict=True):
        # An area's region is looked up only where a protocol asks for it.
        assert replace(crowd.kinds[number], region=False) == replace(kind_of(known[int(pk)]), region=False)


def test_more_than_can_be_looked_at_is_said(operation: Operation) -> None:
    for n in range(5):
        publish(operation, f"Water needed {n}")
    crowd = stock.of_events(operation, most=3)
    assert (len(crowd), crowd.older) == (3, 2)
    assert list(crowd.ids) == sorted(Event.objects.values_list("pk", flat=True), reverse=True)[:3]


def test_every_change_of_every_event_is_found_once(operation: Operation) -> None:
    generated(operation, 80)
    crowd, rnd = stock.of_events(operation), random.Random(9)
    for _ in range(8):
        before, after = Policy(protocol(rnd)), Policy(protocol(rnd))
        sides = changes.sides(crowd, before, after, Purpose.VIEW, NOW)
        for side in sides:
            shown = [
                set(
                    listed(stock.standing(operation), policy, side.audience.name, Purpose.VIEW, NOW).values_list(
                        "pk", flat=True
                    )
                )
                for policy in (before, after)
            ]
            assert side.shown() == (len(shown[0]), len(shown[1]))
            for kind, ids in ((Change.SHOWN, shown[1] - shown[0]), (Change.HIDDEN, shown[0] - shown[1])):
                found = changes.found(sides, side.audience.name, kind)
                assert {int(crowd.ids[at]) for at in found.events} == ids
                assert side.counts()[kind] == len(ids)
        whole = changes.found(sides, "", None)
        assert len(whole) == sum(sum(side.counts().values()) for side in sides)
        for one in changes.told(crowd, sides, whole.part(list(range(min(40, len(whole))))), before, after):
            assert one.differences, one
            assert one.why, one


def test_the_rows_of_the_matrix_hold_every_event(operation: Operation) -> None:
    generated(operation, 60)
    crowd, policy = stock.of_events(operation), Policy(protocol(random.Random(2)))
    for by in matrix.BY:
        lines = matrix.lines_of(operation, crowd, policy, Purpose.VIEW, by, NOW)
        total = lines[-1]
        assert (total.row.code, total.row.count) == ("all", len(crowd))
        if by != "category":  # an event of two categories is in both rows
            assert sum(line.row.count for line in lines[:-1]) == len(crowd)
            for at, cell in enumerate(total.cells):
                assert sum(line.cells[at].shown for line in lines[:-1]) == cell.shown


# --- the pages -----------------------------------------------------------------------------------------------------


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Role.CUSTODIAN)


@pytest.fixture
def at_desk(client: Client, lead: Person) -> Client:
    client.force_login(lead)
    return client


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_without_events_the_protocol_is_played_against_samples(at_desk: Client, operation: Operation) -> None:
    for where in ("", "events/", "maps/", "changes/?version=default"):
        page = text_of(at_desk.get(PLAY + where))
        assert "Sample data." in page, where
        assert "This operation has no events yet" in page, where
    assert "Vital lines" in text_of(at_desk.get(PLAY))
    assert not Event.objects.exists()


def test_samples_can_be_played_where_events_are(at_desk: Client, operation: Operation) -> None:
    publish(operation)
    assert "Sample data." not in text_of(at_desk.get(PLAY))
    assert "Sample data." in text_of(at_desk.get(f"{PLAY}?data=sample"))


def test_samples_are_of_all_sorts(operation: Operation) -> None:
    made = stock.sample_items(operation, timezone.now())
    facts = [one.facts for one in made]
    for name in ("status", "publication", "sensitivity", "persons_at_risk", "finest"):
        assert len({getattr(one, name) for one in facts}) > 1, name
    assert len({one.status for one in facts}) == 5
    assert {code for one in facts for code in one.category} == {"1a", "2", "2a", "2b"}
    assert all(one.persons_at_risk == "yes" for one in facts if "1a" in one.category)
    assert {one.consent for one in facts} == {"yes", "no", "unknown"}
    assert {one.control for one in facts} == {"unknown"}, "no protocol has a word for it"
    held = [one.facts.control for one in stock.sample_items(operation, timezone.now(), ["government", "others"])]
    assert set(held) == {"government", "others", "unknown"}


TIMED = (
    library.text_of("house").replace('name = "house"', 'name = "timed"')
    + """
[[limit]]
name = "armed-group"
beyond = "team"
for = ["view"]
from = 2026-12-15
until = 2027-01-14
when = { control = ["armed_group"] }
unless = { control = ["unknown"] }
count_only = true
why = "Events there are only counted."
"""
)


def test_it_is_played_on_another_day(at_desk: Client, operation: Operation, lead: Person) -> None:
    event = publish(operation, "Bridge gone")
    Event.objects.filter(pk=event.pk).update(control="armed_group")
    version = activation.propose(lead, operation, TIMED, "")

    def everybody(day: str) -> str:
        page = text_of(at_desk.get(f"{PLAY}?version={version.pk}&by=control&day={day}"))
        assert ("As on" in page) is (day == "2026-12-15")
        assert f"day={day}" in page or not day or day == "nonsense", "links lead to the same day"
        return page[page.index("armed_group, Everybody") :].split("</td>")[0]

    assert "only counted" in everybody("2026-12-15")
    for day in ("", "nonsense"):
        assert ("only counted" in everybody(day)) is (timezone.now() >= datetime(2026, 12, 15, tzinfo=UTC))
    page = text_of(at_desk.get(f"/sample/desk/protocol/{version.pk}/"))
    assert "limit armed-group" in page
    assert re.search(r"for view, from 1[45] December 2026, \d\d:00, until 1[34] January 2027, \d\d:00", page)


def test_control_is_told_in_rows_and_samples(at_desk: Client, operation: Operation, lead: Person) -> None:
    version = activation.propose(lead, operation, TIMED, "")
    page = text_of(at_desk.get(f"{PLAY}?version={version.pk}&by=control&data=sample&day=2026-12-20"))
    assert "only counted" in page[page.index("armed_group, Everybody") :].split("</td>")[0]
    page = text_of(at_desk.get(f"{PLAY}?version={version.pk}&by=consent&data=sample"))
    assert "those concerned refused, Everybody" in page


def test_a_cell_says_what_is_left_and_leads_to_the_events(
    at_desk: Client, operation: Operation, lead: Person, custodian: Person
) -> None:
    event = publish(operation, "No water at Delmas 33")
    publish(operation, "Camp in danger", persons_at_risk=True)
    version = activation.propose(lead, operation, STRICT, "")
    page = text_of(at_desk.get(f"{PLAY}?version=now&by=risk"))
    cell = page[page.index("concerns persons at risk, Everybody") :].split("</td>")[0]
    assert "1 of 1" in cell
    assert "place by adm2" in cell
    page = text_of(at_desk.get(f"{PLAY}?version={version.pk}&by=status"))
    cell = page[page.index("unverified, Everybody") :].split("</td>")[0]
    assert "2 of 2" in cell
    assert "no words of the desk" in cell
    where = re.search(r'href="(/sample/desk/protocol/play/events/[^"]+audience=public)"', page)
    assert where
    behind = text_of(at_desk.get(where[1].replace("&amp;", "&")))
    assert f"/sample/desk/events/{event.ref}/" in behind
    assert "place by adm2" in behind
    assert "Published by" in behind


def test_the_difference_is_told_event_by_event(
    at_desk: Client, operation: Operation, lead: Person, custodian: Person
) -> None:
    event = publish(operation, "No water at Delmas 33")
    version = activation.propose(lead, operation, STRICT, "")
    where = f"{PLAY}changes/?version={version.pk}&against=now"
    page = text_of(at_desk.get(where))
    rows = page[page.index('id="list"') :]
    assert f"/sample/desk/events/{event.ref}/" in rows
    assert "Everybody: <strong>less of it</strong>" in rows
    assert re.search(r"place: exact place .*? by adm2", rows)
    assert "grant public, written otherwise:" in rows
    assert "Published by" in rows
    assert "Nothing becomes something else in this way" in text_of(at_desk.get(f"{where}&audience=team"))
    assert "Nothing becomes something else in this way" in text_of(at_desk.get(f"{where}&change=shown"))
    assert "Both are the same protocol" in text_of(at_desk.get(f"{PLAY}changes/?version=now&against=now"))


def test_the_maps_show_released_places_only(
    at_desk: Client, operation: Operation, lead: Person, custodian: Person
) -> None:
    publish(operation, "Camp in danger", persons_at_risk=True, lon=-72.3123, lat=18.5432, place_name="Rue 7")
    page = text_of(at_desk.get(f"{PLAY}maps/?version=now&left=now/public&right=now/team"))
    public, team = page[page.index('id="as-left"') :].split('id="as-right"')
    assert "As Everybody sees it" in public
    assert "Delmas" in public
    assert "Camp in danger" not in public
    assert "Rue 7" not in public
    assert "Camp in danger" in team
    assert "Rue 7" in team
    area = "area=-72.32,18.54,-72.31,18.546"  # around the true place, not around the commune's seat
    page = text_of(at_desk.get(f"{PLAY}maps/?version=now&left=now/public&right=now/team&{area}"))
    public, team = page[page.index('id="as-left"') :].split('id="as-right"')
    assert "0 events on this map, 1 beyond its edges" in public
    assert "1 event on this map" in team


def test_whatever_stands_in_the_address_the_page_answers(at_desk: Client, operation: Operation) -> None:
    actions.accept(Person.objects.get(), report(operation), DRAFT)
    for where in ("", "events/", "maps/", "changes/"):
        for query in (
            "version=999999", "version=x&against=../y", "purpose=work", "by=x&row=y&audience=z", "page=-3", "page=x",
            "left=/&right=now/nobody", "area=1,2", "area=170,-10,-170,10", "change=x", "given=maybe", "drafts=1",
        ):  # fmt: skip
            assert at_desk.get(f"{PLAY}{where}?{query}").status_code == 200, (where, query)


def test_a_volunteer_of_another_operation_plays_nothing(client: Client, operation: Operation, outsider: Person) -> None:
    client.force_login(outsider)
    assert client.get(PLAY).status_code == 403
