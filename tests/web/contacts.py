"""What the tests of contacts have in common: the sample operation as a network, its members, and an office's record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zlib import crc32

from django.db.models import Model
from django.utils import timezone

from rapport.accounts.models import Belonging, Membership, Organisation, Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts import converters
from rapport.contacts.directory import nominating
from rapport.contacts.members import Member, actors_of
from rapport.contacts.members import speaking as speaks_for
from rapport.contacts.model import Channel, Means, Office, Post, Role
from rapport.contacts.models import Nomination
from rapport.contacts.models import Office as OfficeRow
from rapport.contacts.opaque import Numbered
from rapport.contacts.representatives import confirming
from rapport.operations.models import Operation
from rapport.registry.models import Actor
from rapport.sharing import activation, agreements, organisations
from rapport.sharing.protocol.library import text_of
from rapport.sharing.readers import organisation_reader
from rapport.values import PUBLIC, Purpose

WHY = "Because of note 12/2026"


#: What the rows are called in addresses.
_NUMBERED = {
    "Alarm": Numbered.ALARM,
    "Belonging": Numbered.BELONGING,
    "Dispatch": Numbered.DRAFT,
    "Entry": Numbered.ENTRY,
    "Export": Numbered.EXPORT,
    "Fired": Numbered.CLOCK,
    "Handover": Numbered.HANDOVER,
    "Nomination": Numbered.NOMINATION,
    "Office": Numbered.OFFICE,
    "Peer": Numbered.PEER,
    "Ping": Numbered.PING,
    "Representative": Numbered.REPRESENTATIVE,
}


def named(row: Model) -> str:
    """As addresses and forms name it."""
    return converters.written(_NUMBERED[type(row).__name__], row.pk)


def network(operation: Operation, lead: Person, custodian: Person) -> Operation:
    """The operation as a network, under the protocol that comes for one."""
    operation.kind = "network"
    operation.save()
    text = text_of("network").replace('name = "network"', 'name = "sample"')
    activation.activate(custodian, activation.propose(lead, operation, text, "agreed"), "")
    return operation


def state(operation: Operation, lead: Person, name: str) -> Actor:
    """A State of the network, with an organisation that an agreement admits."""
    code = name.lower()
    organisation = Organisation.objects.create(slug=code, name=name, kind="state")
    now = timezone.now()
    terms = agreements.Terms(
        "The network", frozenset({Purpose.VIEW, Purpose.EXPORT}), now, now + timedelta(days=300), "agreed"
    )
    agreements.agree(lead, operation, organisation, terms)
    return Actor.objects.create(operation=operation, code=code, name=name, kind="state", organisation=organisation)


def newcomer(actor: Actor, username: str) -> Person:
    """Somebody whom a lead has entered as one of a State's people, and nobody has confirmed."""
    person = Person.objects.create_user(username, password="a long enough password")
    Membership.objects.create(person=person, operation=actor.operation, role=Held.DUTY)
    assert actor.organisation is not None
    organisations.join(holder(actor.operation, Held.LEAD), actor.operation.pk, actor.organisation, username)
    return person


def officer(actor: Actor, username: str) -> Person:
    """Somebody on duty for a State: entered by a lead, confirmed by whoever speaks for it already; the first by a
    custodian."""
    person = newcomer(actor, username)
    first = speaks_for(actor.operation.pk).filter(actor=actor).select_related("person").first()
    who = speaking(first.person, actor) if first else of_team(holder(actor.operation, Held.CUSTODIAN), actor.operation)
    confirming.confirm(who, entry(person, actor), actor)
    return person


def entry(person: Person, actor: Actor) -> Belonging:
    return Belonging.objects.get(person=person, operation=actor.operation, organisation=actor.organisation)


def holder(operation: Operation, role: Held) -> Person:
    return Person.objects.filter(memberships__operation=operation, memberships__role=role).earliest("pk")


def speaking(person: Person, actor: Actor) -> Member:
    """An officer as the pages see one."""
    organisation = actor.organisation
    assert organisation is not None
    reads = replace(organisation_reader(actor.operation, organisation), person_id=person.pk)
    return Member(person, actor.operation, organisation, actors_of(person, actor.operation, organisation), reads)


def of_team(person: Person, operation: Operation) -> Member:
    reads = replace(PUBLIC, team=True, person_id=person.pk)
    return Member(person, operation, None, (), reads)


def record(party: str, role: Role = Role.TECHNICAL, **more: Any) -> Office:
    """Numbers of its own for every office: +254 7000 101 and so on for the technical one of Kenya."""
    own = 7000 if (party, role) == ("kenya", Role.TECHNICAL) else 1000 + crc32(f"{party}/{role}".encode()) % 6000
    usual = Office(
        party,
        role,
        f"Cyber desk of {party}",
        tuple(
            Post(title, channels=(Channel(Means.PHONE, f"+254{own}{number}"),), languages=("en",))
            for number, title in enumerate(("Head of desk", "Deputy", "Watch officer"), 101)
        ),
        channels=(Channel(Means.EMAIL, f"duty@{party}.example"),),
        languages=("en", "fr"),
        hours="mon-fri 08:00-17:00",
        time_zone="Africa/Nairobi",
        authority="Exchanges technical facts.",
        note="Note 12/2026 of 3 March 2026",
    )
    return replace(usual, **more)


def office(actor: Actor, nominator: Member, approver: Member, **more: Any) -> OfficeRow:
    """An office that one person nominated and another approved."""
    made = nominating.nominate(nominator, actor, record(actor.code, **more), WHY)
    nominating.approve(approver, made)
    return made.office


def typed(office: Office, why: str = WHY) -> dict[str, str]:
    """A record as the form sends it."""
    found = {
        "title": office.title, "languages": ", ".join(office.languages), "hours": office.hours,
        "time_zone": office.time_zone, "authority": office.authority, "note": office.note, "why": why,
    }  # fmt: skip

    def channels(at: str, given: tuple[Channel, ...]) -> None:
        for number, one in enumerate(given):
            parts = {"means": one.means.value, "value": one.value, "note": one.note}
            found.update({f"{at}.{number}.{name}": value for name, value in parts.items()})

    channels("channels", office.channels)
    for number, post in enumerate(office.posts):
        found |= {f"posts.{number}.title": post.title, f"posts.{number}.name": post.name}
        found[f"posts.{number}.languages"] = " ".join(post.languages)
        channels(f"posts.{number}.channels", post.channels)
    return found


def last(office: OfficeRow) -> Nomination:
    return Nomination.objects.filter(office=office).latest("number")
