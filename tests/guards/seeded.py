"""An operation in which every field that is not for everybody holds a canary, made by the desk's own actions."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from rapport.accounts import invitations
from rapport.accounts.api_keys import make
from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.alerts.draft import AlertDraft, Wording
from rapport.alerts.models import AlertMessage
from rapport.desk import actions, senders
from rapport.desk.alerts import actions as alerting
from rapport.desk.alerts.outlook import outlook
from rapport.desk.automated import actions as switches
from rapport.desk.automated import contests
from rapport.desk.draft import EventDraft
from rapport.desk.event.responding import respond
from rapport.desk.glass import breaking
from rapport.desk.queue import handover
from rapport.desk.retention import asking
from rapport.desk.sending import ask
from rapport.events import log
from rapport.events.models import Event
from rapport.formats.cap.model import Category, Certainty, MsgType, Point, Severity, Urgency
from rapport.intake.keep import keep
from rapport.notify import mail
from rapport.notify.models import OutboxMessage
from rapport.operations import fields
from rapport.operations.models import Operation, Source
from rapport.registry import file as registry_file
from rapport.registry.calls import actions as calls
from rapport.registry.calls.commenting import Said, comment
from rapport.registry.editing import files
from rapport.reports.models import Attachment, Report
from rapport.sharing import activation, agreements, organisations, partner_keys
from rapport.sharing.agreements import Terms
from rapport.sharing.handling import Handling
from rapport.sharing.models import ProtocolVersion
from rapport.sharing.protocol.model import PURPOSES
from rapport.values import (
    Address,
    GivenFile,
    GivenPlace,
    Message,
    Precision,
    Publication,
    Range,
    Response,
    Sensitivity,
    Spot,
    Status,
    Trust,
)
from tests.guards.canaries import AT_RISK_PLACE, CANARIES, COUNTED, EARLY, EXISTENCE, PLACE, Canary

MAIL_FROM = "reports@example.org"
#: What is not asked for beside one of its kind.
_ALIKE = frozenset(f"counted {number}" for number in range(1, COUNTED))
_PHONE, _MAIL = Address("tel", "+50937461928"), Address("email", "adresko@example.org")


@dataclass
class World:
    """What was seeded. `secrets` are what was shown once, and `named` what else has a reference, by our words."""

    operation: Operation
    lead: Person
    custodian: Person
    events: dict[str, Event] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    alerts: dict[str, AlertMessage] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def refs(self) -> list[str]:
        """Of each kind of thing one; first those of the event and the report that have everything."""
        held = [self.events["plain"].ref, self.reports["plain"].ref, self.named["contest"]]
        held += [self.named["call"], self.named["comment"]]
        among = ({**self.events}, {**self.reports})
        held += [one.ref for kind in among for name, one in kind.items() if name not in _ALIKE]
        return list(dict.fromkeys([*held, *(one.alert.ref for one in self.alerts.values())]))

    @property
    def attachments(self) -> list[int]:
        return list(Attachment.objects.filter(report__operation=self.operation).values_list("pk", flat=True))

    @property
    def files(self) -> list[str]:
        """As they are known outside, though readers do not get them any more."""
        known = Attachment.objects.filter(report__operation=self.operation, ref__isnull=False)
        return [ref for ref in known.values_list("ref", flat=True) if ref]

    def canaries(self) -> Iterator[Canary]:
        """All there are here: the words, and references and keys, of which nobody is told who does not have them."""
        yield from CANARIES
        for name, event in self.events.items():
            if name in EXISTENCE:
                # Whoever sent the report on which it rests is told of it, once somebody else was.
                told = ("", f"report {name}")[name not in {"draft", "severe"}]
                yield Canary(f"that there is the event {name}", (event.ref,), EXISTENCE[name], at=(name, told))
        for name, report in self.reports.items():
            yield Canary(f"reference of the report {name}", (report.ref,), at=(f"report {name}",))
        for name, message in self.alerts.items():
            given = frozenset({"house"} if name == "theirs" else ())
            yield Canary(f"that there is the alert {name}", (message.alert.ref,), given, at=(f"alert {name}",))
        yield Canary("reference of what was contested", (self.named["contest"],), at=("contest",))
        for name, secret in self.secrets.items():
            yield Canary(f"secret: {name}", (re.escape(secret),), at=(name,))

    def may_stand(self, canary: Canary, address: str) -> bool:
        """Whether the address holds that by which it is told."""
        known = {**self.named, **self.secrets}
        return any(known[name] in address for name in canary.at if name in known)


def _told(world: World, name: str, text: str, source: str = "sms", sender: Address = _PHONE, **more: object) -> Report:
    made = keep(
        Source.objects.get(operation=world.operation, slug=source),
        [Message(text, gateway_id=name, sender=sender, **more)],  # type: ignore[arg-type]
    )
    world.reports[name] = Report.objects.get(ref=made[0].ref)
    return world.reports[name]


def _spot(place: tuple[float, float], name: str) -> Spot:
    return Spot(*place, Precision.EXACT, 20, name)


def seeded(operation: Operation, verifier: Person, lead: Person, custodian: Person) -> World:
    """One report and event of each kind, and what the team says of them."""
    world = World(operation, lead, custodian)
    Person.objects.filter(pk=verifier.pk).update(last_name="Deskonneau")
    Person.objects.filter(pk=lead.pk).update(last_name="Signafleur")
    _partners(world)
    hidden = fields.to_json(fields.Field("remark", "text", {"en": "Remark"}))
    Operation.objects.filter(pk=operation.pk).update(extra_fields=[hidden])
    operation.refresh_from_db()
    plain = EventDraft(
        title="titulori titulanza", summary="sumarori sumarelka", categories=("2b",), occurred_at=EARLY,
        spot=_spot(PLACE, "Strasori Strasovel"), affected=Range(41_773_629, 41_773_629),
        extra={"remark": "extravolan"}, handling=Handling(shared="sharori sharewodik"),
    )  # fmt: skip
    told = _told(
        world, "plain", "Madanm Brunoir Brunaveau, kelzori kelzomba, rele +509 3855-2047",
        sent_at=EARLY, place=GivenPlace(*PLACE, "Torvalis Torvassin"), fields={"form": "Quibrelli"},
        files=(GivenFile("IMG Velmodi.jpg", "image/jpeg", b"no picture"),),
    )  # fmt: skip
    Attachment.objects.filter(report=told).update(ref="f0f0f0f0")  # as if it had been shown once
    actions.translate(verifier, told, "en", "Zanmora frandulic")
    event = actions.accept(verifier, told, plain)
    respond(verifier, event, Response.ASSIGNED, by="Dombrelaud", reason="")
    world.events = {"plain": Event.objects.get(pk=event.pk)}
    _hidden(world, verifier, replace(plain, extra={}, affected=None, handling=Handling()))
    _alerts(world)
    _waiting(world, verifier)
    _said(world, verifier)
    _commented(world)
    _long_ago(world)
    api = Source.objects.get(operation=operation, slug="api")
    world.secrets["key of a system"] = make(api.pk, operation.pk, "partner", None)
    world.named |= {name: one.ref for name, one in world.events.items() if name in EXISTENCE}
    world.named |= {f"alert {name}": one.alert.ref for name, one in world.alerts.items()}
    world.named |= {f"report {name}": one.ref for name, one in world.reports.items()}
    return world


def _partners(world: World) -> None:
    """Two organisations with an agreement each, and a key; one has a person too."""
    now = timezone.now()
    for slug, name, kind in (("who", "WHO", "un"), ("orga", "Orgalimeth", "ngo")):
        made = organisations.add(world.lead, world.operation.pk, slug, name, kind, ["health"])
        terms = Terms("We", frozenset(PURPOSES), now, now + timedelta(days=9), "agrisola")
        agreed = agreements.agree(world.lead, world.operation, made, terms)
        world.secrets[f"key of {slug}"] = partner_keys.make(world.lead, agreed, f"{slug}-map")
    Person.objects.create_user("petra", password="a long enough password")
    organisations.join(world.lead, world.operation.pk, organisations.find("who"), "petra")


def _waiting(world: World, verifier: Person) -> None:
    """What became no event, and what goes out to senders."""
    _told(world, "waiting", "waskori waskolim")
    actions.reject(verifier, _told(world, "rejected", "rejori rejotrix"), "grovelane")
    told, written = world.reports["plain"], _told(world, "written", "Mesaj kelzomba", "web", _MAIL)
    assert told.sender is not None
    OutboxMessage.objects.create(
        operation=world.operation, source=told.source, sender=told.sender, body="Replitorn", report_ref=told.ref,
        purpose="question", language="ht",
    )  # fmt: skip
    with override_settings(SMTP=mail.Server("localhost", 25, False), MAIL_FROM=MAIL_FROM):
        ask.ask(verifier, written, "Letorika", "en", uuid4())


#: Name of an event → its words, category, and what is said of it beside.
_KINDS: tuple[tuple[str, str, str, Handling], ...] = (
    ("refuted", "refutori refutolan", "2b", Handling()),
    ("withdrawn", "withdrori withdrolin", "2b", Handling()),
    ("severe", "severori severmuto", "2b", Handling()),
    ("draft", "draftori draftumek", "2b", Handling()),
    ("risk", "riskori riskabeno", "1a", Handling()),
    ("early", "earliori earlivent", "2b", Handling()),
    ("theirs", "theirsori theirsolo", "2b", Handling(organisation="orga")),
    *((f"counted {number}", "countori countelka", "2a", Handling(names="yes")) for number in range(COUNTED)),
)


def _hidden(world: World, verifier: Person, plain: EventDraft) -> None:
    """Events that not everybody gets, or not as they are."""
    for name, words, category, handling in _KINDS:
        place = _spot(AT_RISK_PLACE, "Riskaplas") if name == "risk" else _spot((-72.301, 18.549), words)
        said = replace(plain, title=words, summary=words, categories=(category,), spot=place, handling=handling)
        told = _told(world, name, f"Mesaj kelzomba {name}", "web")
        world.events[name] = actions.accept(verifier, told, said, publish=name not in {"draft", "severe"})
    event = world.events
    event["refuted"] = actions.set_status(verifier, event["refuted"], Status.REFUTED, "reszanova", "evimorka")
    event["withdrawn"] = actions.publish(verifier, event["withdrawn"], Publication.WITHDRAWN, "withkanno")
    Event.objects.filter(pk=event["severe"].pk).update(sensitivity=Sensitivity.SEVERE.value)
    event["severe"] = actions.publish(verifier, event["severe"], Publication.PUBLISHED)


def _alerts(world: World) -> None:
    """One that nobody has issued, and two about events that not everybody gets."""
    for name in ("plain", "theirs", "severe"):
        words = f"aler{'draft' if name == 'plain' else name[:5]}o"
        expires = (timezone.now() + timedelta(days=5)).replace(microsecond=0)
        said = AlertDraft(
            MsgType.ALERT, (Category.SAFETY,), Urgency.PAST, Severity.MINOR, Certainty.LIKELY, expires, "Delmas",
            (Wording("en", words, words, words),), centre=Point(18.5, -72.3), radius_m=9_000,
        )  # fmt: skip
        world.alerts[name] = alerting.start(world.lead, world.operation, said, world.events[name])
    for name in ("theirs", "severe"):
        draft = world.alerts[name]
        Event.objects.filter(pk=world.events[name].pk).update(sensitivity="low", organisation="unknown")
        look = outlook(world.operation, draft, "http://testserver", timezone.now())
        alerting.issue(world.lead, draft, alerting.seen(draft, look), "http://testserver")
    Event.objects.filter(pk=world.events["theirs"].pk).update(organisation="orga")
    Event.objects.filter(pk=world.events["severe"].pk).update(sensitivity=Sensitivity.SEVERE.value)


def _said(world: World, verifier: Person) -> None:
    """What the team says beside events and reports."""
    operation, told = world.operation, world.reports["plain"]
    assert told.sender is not None
    senders.set_trust(verifier, told.sender, Trust.TRUSTED, "trustarno")
    handover.write(verifier, operation, "handovelo")
    switches.stop(world.lead, operation, "near-duplicates", "stopparno")
    breaking.break_glass(world.custodian, told, "glasrezona for lives")
    asking.hold(world.lead, operation, told, None, "holdoreno", timezone.localdate() + timedelta(days=9))
    contested = contests.contest(operation, "places", "kontestar", ref=secrets.token_hex(13))
    contests.answer(verifier, contested, "kontrespo")
    world.named["contest"] = contested.ref
    world.secrets["invitation"], _ = invitations.invite(world.lead, operation.pk, Role.VOLUNTEER, "invitarno")


def _commented(world: World) -> None:
    """Somebody comments on a norm, and nobody has looked at it yet."""
    files.load(world.lead, world.operation, registry_file.text_of("un-norms"))
    call = calls.open_call(world.lead, world.operation, "un-norms", ["N-f"], calls.Terms("On norm f"))
    call = calls.publish(world.lead, call, calls.state(call))
    made = comment(call.texts.get(), Said("komantaro", "Komantina", "komantorg"))
    world.named |= {"call": call.ref, "comment": made.ref}


def _long_ago(world: World) -> None:
    """So that a delay keeps back nothing but what is early, and pages say of all that it changed so many days ago."""
    long_ago = timezone.now() - timedelta(days=10)
    for name, one in world.events.items():
        changed_quietly(world, one, updated_at=long_ago)
        if name not in {"early", "draft"}:
            changed_quietly(world, one, published_at=long_ago)


def in_force(world: World, text: str) -> ProtocolVersion:
    proposed = activation.propose(world.lead, world.operation, text, "propozek")
    activation.activate(world.custodian, proposed, "aktivorum")
    return proposed


def changed_quietly(world: World, event: Event, **columns: object) -> None:
    """Other values in columns, and nothing that would tell of a change: as if it had been so from the beginning."""
    with transaction.atomic():
        Event.objects.filter(pk=event.pk, operation=world.operation).update(**columns)


def changed(world: World, event: Event, **columns: object) -> None:
    """Other values in columns, as an action of the desk leaves them: with a new time of change, told to the logs."""
    changed_quietly(world, event, updated_at=timezone.now(), **columns)
    with transaction.atomic():
        log.record(world.operation.pk, [event.pk])
