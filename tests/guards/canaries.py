"""An operation in which every field that is not for everybody holds words that stand nowhere else: canaries.

Each text holds two coined words: one to search by, which a page may repeat because it was asked for, and one that a
page can only have from where it must not look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from django.db import transaction

from rapport.accounts.api_keys import make
from rapport.accounts.models import Person
from rapport.desk import actions
from rapport.desk.draft import EventDraft
from rapport.desk.event.responding import respond
from rapport.events.models import Event
from rapport.intake.keep import keep
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Operation, Source
from rapport.reports.models import Attachment, Report
from rapport.sharing import activation
from rapport.sharing.models import ProtocolVersion
from rapport.sharing.protocol.library import text_of
from rapport.values import (
    Address,
    GivenFile,
    GivenPlace,
    Message,
    Precision,
    Publication,
    Response,
    Sensitivity,
    Spot,
    Status,
)

#: When it happened: 22:14:15 of the day before in Port-au-Prince.
EARLY = datetime(2010, 1, 17, 3, 14, 15, tzinfo=UTC)
#: The true place and another within the same commune and the same cell of 1,250 m.
PLACE, AT_RISK_PLACE = (-72.3071934, 18.5438217), (-72.3062847, 18.5417329)
_PUBLIC = 'when = { publication = ["published"], level = ["low", "moderate"] }'
_HOUSE = text_of("house").replace('name = "house"', 'name = "sample"', 1)
_STRICT = """
unless = { status = ["refuted"] }
words = "none"
time = "day"
without = ["sources", "response"]
"""
#: The protocols under which the walk is made, by name.
PROTOCOLS: Mapping[str, str] = {
    "house": _HOUSE,
    "adm2": _HOUSE.replace('version = "1"', 'version = "2"', 1).replace(_PUBLIC, f'{_PUBLIC}{_STRICT}place = "adm2"'),
    "5 km": _HOUSE.replace('version = "1"', 'version = "3"', 1)
    .replace(_PUBLIC, f"{_PUBLIC}{_STRICT}radius_m = 5000")
    .replace('words = "none"', 'words = "masked"')
    .replace('"sources", "response"', '"title", "summary", "sources", "response"'),
}


@dataclass(frozen=True)
class Canary:
    """`signs` are regular expressions that must all be found before it counts as leaked. `everywhere`: under the house
    protocol too, and not only where a protocol takes it away."""

    field: str
    signs: tuple[str, ...]
    everywhere: bool = True

    def in_(self, text: str) -> bool:
        return all(re.search(sign, text) for sign in self.signs)


def _at(place: tuple[float, float]) -> tuple[str, str]:
    """Both coordinates as far as a displaced place could not have them by chance; an address asked for has fewer."""
    return (re.escape(f"{place[0]:.7f}"[:-2]), re.escape(f"{place[1]:.7f}"[:-2]))


_TIME = (r"2010[^<\n]{0,14}(22:14|10:14|0?3:14)|1263698055|22:14:15|03:14:15",)
CANARIES = (
    Canary("phone of a sender", (r"3746\D?1928",)),
    Canary("phone in a report's words", (r"3855\D?2047",)),
    Canary("name of a person in a report", ("Brunaveau",)),
    Canary("words of a report", ("kelzomba",)),
    Canary("place said in a report", ("Torvassin",)),
    Canary("other fields of a report", ("Quibrelli",)),
    Canary("translation of a report", ("frandulic",)),
    Canary("name of an attachment", ("Velmodi",)),
    Canary("words of a waiting report", ("waskolim",)),
    Canary("words of a rejected report", ("rejotrix",)),
    Canary("reason of a rejection", ("grovelane",)),
    Canary("reason of a judgement", ("reszanova",)),
    Canary("evidence of a judgement", ("evimorka",)),
    Canary("reason of a withdrawal", ("withkanno",)),
    Canary("who responds", ("Dombrelaud",)),
    Canary("reply to a sender", ("Replitorn",)),
    Canary("a draft", ("draftumek",)),
    Canary("a withdrawn event", ("withdrolin",)),
    Canary("an event of severe sensitivity", ("severmuto",)),
    Canary("title and summary of an event of persons at risk", ("riskabeno",)),
    Canary("place name of an event of persons at risk", ("Riskaplas",)),
    Canary("place of an event of persons at risk", _at(AT_RISK_PLACE)),
    Canary("title of an event", ("titulanza",), everywhere=False),
    Canary("summary of an event", ("sumarelka",), everywhere=False),
    Canary("place name of an event", ("Strasovel",), everywhere=False),
    Canary("place of an event", _at(PLACE), everywhere=False),
    Canary("time of an event", _TIME, everywhere=False),
    Canary("a refuted event", ("refutolan",), everywhere=False),
)
#: The other word of each text, by which readers search.
SEARCHED = (
    "Zanmora", "Brunoir", "kelzori", "Torvalis", "draftori", "withdrori", "severori", "riskori", "titulori", "sumarori",
    "Strasori", "refutori", "5093746",
)  # fmt: skip


@dataclass
class World:
    """What was seeded; `key` is the secret of an API key to the source `api`."""

    operation: Operation
    events: dict[str, Event] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    key: str = ""

    @property
    def refs(self) -> list[str]:
        return [one.ref for one in (*self.events.values(), *self.reports.values())]

    @property
    def attachments(self) -> list[int]:
        return list(Attachment.objects.filter(report__operation=self.operation).values_list("pk", flat=True))

    def canaries(self, protocol: str) -> Iterator[Canary]:
        """What nobody outside of the team may get under that protocol."""
        for one in CANARIES:
            if one.everywhere or protocol != "house":
                yield one


def _told(world: World, name: str, text: str, source: str = "sms", **more: object) -> Report:
    made = keep(
        Source.objects.get(operation=world.operation, slug=source),
        [Message(text, gateway_id=name, sender=Address("tel", "+50937461928"), **more)],  # type: ignore[arg-type]
    )
    world.reports[name] = Report.objects.get(ref=made[0].ref)
    return world.reports[name]


def _spot(place: tuple[float, float], name: str) -> Spot:
    return Spot(*place, Precision.EXACT, 20, name)


def seeded(operation: Operation, verifier: Person) -> World:
    """One report and event of each kind, made by the desk's own actions."""
    world = World(operation)
    plain = EventDraft(
        title="titulori titulanza", summary="sumarori sumarelka", categories=("2b",), occurred_at=EARLY,
        spot=_spot(PLACE, "Strasori Strasovel"),
    )  # fmt: skip
    told = _told(
        world, "plain", "Madanm Brunoir Brunaveau, kelzori kelzomba, rele +509 3855-2047",
        sent_at=EARLY, place=GivenPlace(*PLACE, "Torvalis Torvassin"), fields={"form": "Quibrelli"},
        files=(GivenFile("IMG Velmodi.jpg", "image/jpeg", b"no picture"),),
    )  # fmt: skip
    actions.translate(verifier, told, "en", "Zanmora frandulic")
    event = actions.accept(verifier, told, plain)
    respond(verifier, event, Response.ASSIGNED, by="Dombrelaud", reason="")
    _waiting(world, verifier)
    world.events = {"plain": Event.objects.get(pk=event.pk)}
    _hidden(world, verifier, plain)
    api = Source.objects.get(operation=operation, slug="api")
    world.key = make(api.pk, operation.pk, "partner", None)
    return world


def _waiting(world: World, verifier: Person) -> None:
    """What became no event."""
    _told(world, "waiting", "waskori waskolim")
    actions.reject(verifier, _told(world, "rejected", "rejori rejotrix"), "grovelane")
    told = world.reports["plain"]
    assert told.sender is not None
    OutboxMessage.objects.create(
        operation=world.operation, source=told.source, sender=told.sender, body="Replitorn", report_ref=told.ref,
        purpose="question", language="ht",
    )  # fmt: skip


def _hidden(world: World, verifier: Person, plain: EventDraft) -> None:
    """Events that not everybody gets, or not as they are."""
    for name, words, category in (
        ("refuted", "refutori refutolan", "2b"),
        ("withdrawn", "withdrori withdrolin", "2b"),
        ("severe", "severori severmuto", "2b"),
        ("draft", "draftori draftumek", "2b"),
        ("risk", "riskori riskabeno", "1a"),
    ):
        place = _spot(AT_RISK_PLACE, "Riskaplas") if name == "risk" else _spot((-72.301, 18.549), words)
        said = replace(plain, title=words, summary=words, categories=(category,), spot=place)
        told = _told(world, name, f"Mesaj kelzomba {name}", "web")
        world.events[name] = actions.accept(verifier, told, said, publish=name not in {"draft", "severe"})
    event = world.events
    event["refuted"] = actions.set_status(verifier, event["refuted"], Status.REFUTED, "reszanova", "evimorka")
    event["withdrawn"] = actions.publish(verifier, event["withdrawn"], Publication.WITHDRAWN, "withkanno")
    Event.objects.filter(pk=event["severe"].pk).update(sensitivity=Sensitivity.SEVERE.value)
    event["severe"] = actions.publish(verifier, event["severe"], Publication.PUBLISHED)


def in_force(world: World, text: str, lead: Person, custodian: Person) -> ProtocolVersion:
    proposed = activation.propose(lead, world.operation, text, "agreed")
    activation.activate(custodian, proposed, "agreed")
    return proposed


def changed_quietly(world: World, event: Event, **columns: object) -> None:
    """Other values in columns, and nothing that would tell of a change: as if it had been so from the beginning."""
    with transaction.atomic():
        Event.objects.filter(pk=event.pk, operation=world.operation).update(**columns)
