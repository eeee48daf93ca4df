"""Nothing that a protocol hides leaves the site, by any way out, to any reader outside of the team."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.accounts.permissions import ROLE_PERMISSIONS, Role
from rapport.desk.glass import breaking
from rapport.oversight import keys
from rapport.oversight.models import LedgerEntry
from tests.guards.canaries import CANARIES, PROTOCOLS, Canary
from tests.guards.outlets import LAYER, addresses, answers, paths, text_of
from tests.guards.papers import fetched, ledger, letters, printed, the_log
from tests.guards.readers import Outsider, outsiders, signed_in
from tests.guards.seeded import World, in_force
from tests.guards.sent import answered, broken, refused
from tests.guards.walk import Route


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    for purpose in get_args(keys.KeyPurpose):
        keys.seal(purpose, b"")  # the keys stay those of all tests
    settings.DATA_DIR = tmp_path
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers" / f"{LAYER}.geojson").write_text('{"type": "FeatureCollection", "features": []}')


@dataclass
class Watch:
    """Counts what it looks at, and what it finds that should not be there."""

    world: World
    protocol: str
    tried: int = 0
    leaks: set[tuple[str, str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.canaries = list(self.world.canaries())
        self.hidden: dict[frozenset[str], list[Canary]] = {}

    def look(self, reader: str, called: frozenset[str], address: str, answer: str) -> None:
        self.tried += 1
        if called not in self.hidden:
            self.hidden[called] = [one for one in self.canaries if one.hidden_from(self.protocol, called)]
        found = (one for one in self.hidden[called] if one.in_(answer))
        self.leaks |= {(reader, address, one.field) for one in found if not self.world.may_stand(one, address)}

    def tell(self, what: str, readers: int) -> None:
        print(  # noqa: T201 - seen with -s
            f"\n{what}: {self.tried} outlets, {readers} readers, {len(self.canaries)} canaries, {len(self.leaks)} leaks"
        )
        assert not self.leaks, "\n".join(map(str, sorted(self.leaks)))


#: The walk that is made with every change: under the protocol under which readers differ most and two are told most,
#: all addresses by all readers, and each reader asks another fifth of the queries. In the soak, everything under all.
WALKS = [("partners", 5), *(pytest.param(one, 1, marks=pytest.mark.soak) for one in PROTOCOLS)]


@pytest.mark.long
@pytest.mark.parametrize(("protocol", "part"), WALKS)
def test_no_canary_leaves_by_any_route(protocol: str, part: int, world: World, someone: Callable[..., Person]) -> None:
    in_force(world, PROTOCOLS[protocol])
    readers, watch = outsiders(world, someone, protocol), Watch(world, protocol)
    with the_log() as log:
        for number, reader in enumerate(readers):
            every = max(part, reader.every)
            for address in addresses(reader.client, world, reader.may, every, number % every if part > 1 else 0):
                for answer in answers(reader.client, address, in_every_way=reader.every == 1):
                    watch.look(reader.name, reader.called, address, answer)
    watch.look("", frozenset(), "log", log.getvalue())
    watch.tell(f"{protocol}, asked", len(readers))


@pytest.mark.long
@pytest.mark.parametrize("asking", [2, pytest.param(None, marks=pytest.mark.soak)], ids=["two readers", "all readers"])
def test_no_canary_leaves_with_the_answer_to_what_is_sent(
    asking: int | None, world: World, someone: Callable[..., Person]
) -> None:
    """Forms with faults, forged, too large, too fast; methods that nobody knows; a server whose database is broken.
    With every change by who is told most, in the soak by all."""
    in_force(world, PROTOCOLS["partners"])
    told_most = sorted(outsiders(world, someone, "partners"), key=lambda one: one.every)
    readers, watch = told_most[:asking], Watch(world, "partners")
    with the_log() as log:
        for reader in readers:
            for address, answer in answered(reader, world):
                watch.look(reader.name, reader.called, address, answer)
        for address, answer in (*refused(world), *broken(world)):
            watch.look("anonymous", frozenset(), address, answer)
    watch.look("", frozenset(), "log", log.getvalue())
    watch.tell("partners, sent", len(readers))


def test_no_canary_leaves_on_paper(
    world: World, someone: Callable[..., Person], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """E-mails, SMS, what a gateway fetches, the exported ledger, what commands print, the log of all that."""
    in_force(world, PROTOCOLS["partners"])
    watch, nobody = Watch(world, "partners"), frozenset[str]()
    with the_log() as log:
        for reader in outsiders(world, someone, "partners"):  # so that the ledger has what partners were given
            reader.client.get("/sample/events.csv")
        watch.look("auditor", frozenset({"auditor"}), "ledger", ledger(tmp_path))
        for words, text in printed(capsys):
            watch.look("", nobody, words, text)
        for letter in letters():
            watch.look("sender", frozenset({"sender"}), "e-mail", letter)
        watch.look("gateway", frozenset({"gateway"}), "SMS", fetched())
    watch.look("", nobody, "log", log.getvalue())
    watch.tell("partners, on paper", 4)


@pytest.mark.soak
@pytest.mark.long
def test_through_broken_glass_only_the_custodian_who_broke_it_sees_the_number(
    world: World, someone: Callable[..., Person], caplog: pytest.LogCaptureFixture
) -> None:
    """Walked by the team while it is open: the address stands on two pages. A lead may open whatever a volunteer or a
    verifier may."""
    caplog.set_level(logging.DEBUG)
    phone, told, event = CANARIES[0], world.reports["plain"], world.events["plain"]
    breaking.break_glass(world.custodian, event, "the rescue team needs the number")  # that of the report is broken
    opened = {f"/sample/desk/reports/{told.ref}/", f"/sample/desk/events/{event.ref}/"}
    team = [world.lead, someone("colin", Role.CUSTODIAN), world.custodian]
    tried, seen = 0, set()
    for person in team:
        roles = person.roles_in(world.operation.pk)
        holds = frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))
        walker = Outsider(person.username, signed_in(person), holds)
        for address in addresses(walker.client, world, walker.may, every=400):
            for answer in answers(walker.client, address, in_every_way=False):
                tried += 1
                seen |= {(walker.name, address)} if phone.in_(answer) else set()
    print(f"\n{tried} answers to {len(team)} of the team, the number on {len(seen)} pages")  # noqa: T201 - seen with -s
    assert seen == {(world.custodian.username, page) for page in opened}
    assert not phone.in_(caplog.text)
    assert not any(phone.in_(body) for body in LedgerEntry.objects.values_list("body", flat=True))


def test_a_parameter_that_the_guard_does_not_know_is_a_failure(world: World) -> None:
    strange = Route("<slug:operation>/<int:novelty>/", lambda request: None, {"operation": None, "novelty": None})
    with pytest.raises(pytest.fail.Exception, match="how to fill novelty"):
        next(paths(strange, world))


def test_the_guard_would_see_a_leak(world: World, verifier: Person) -> None:
    """The same eyes find every canary where it may stand: on the desk's own pages, and before whoever sent a file."""
    in_force(world, PROTOCOLS["partners"].replace("smallest_count = 5", "smallest_count = 1"))
    for thing in (world.events["plain"], world.reports["written"]):
        breaking.break_glass(world.custodian, thing, "so that eyes can see")
    listed = [f"/sample/{page}" for page in (*_LISTS, f"automated/contests/{world.named['contest']}/")]
    listed.append(f"/sample/desk/registry/calls/{world.named['call']}/")
    refs = [f"/sample/desk/reports/{one.ref}/" for one in world.reports.values()]
    refs += [f"/sample/desk/events/{one.ref}/" for one in world.events.values()]
    refs += [f"/sample/desk/alerts/drafts/{one.pk}/" for one in world.alerts.values()]
    refs += [f"/sample/events/{one.ref}/" for one in world.events.values()]
    numbered = [f"/sample/desk/{room}/{number}/" for room in ("partners", "protocol") for number in (1, 2, 3)]
    team = [signed_in(one) for one in (verifier, world.lead, world.custodian)]
    seen = "".join(text_of(one.get(path)) for one in team for path in (*listed, *refs, *numbered))
    seen += _told_who_sent_it(world) + text_of(Client().get("/sample/clusters.json?zoom=9&bbox=-75,17,-71,21"))
    unseen = [one.field for one in world.canaries() if not one.in_(seen)]
    assert unseen == [f"secret: {name}" for name in world.secrets]  # shown once, and kept nowhere


#: Pages of the team.
_LISTS = (
    "?view=list", "events.geojson", "outbox/", "people/", "desk/", "desk/decisions/", "desk/retention/", "desk/glass/",
    "desk/hand-over/", "desk/automated/", "desk/alerts/", "desk/partners/", "desk/organisations/", "desk/protocol/",
)  # fmt: skip


def _told_who_sent_it(world: World) -> str:
    """A file that is not taken is named to who sent it."""
    file = {"name": "IMG Velmodi.exe", "type": "application/x-msdownload", "data": "TVqQAAMAAAAEAAAA"}
    return text_of(
        Client().post(
            "/api/sample/reports", [{"text": "Dlo", "files": [file]}], content_type="application/json",
            headers={"Authorization": f"Bearer {world.secrets['key of a system']}"},
        )
    )  # fmt: skip
