"""The demo's network: three made-up countries with their offices, and two people on duty for each of two."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rapport.accounts.models import Person
    from rapport.operations.models import Operation
    from rapport.registry.models import Actor

#: For whom two people each are on duty.
PLAYED = ("ostland", "westland")


def add(made: Callable[[Path], Operation], folder: Path, agree: Callable[[Operation, str, str], None]) -> None:
    """The network, by the same doors as everybody: what is there stays as it is."""
    from django.db import transaction

    from rapport.accounts.models import Membership, Person
    from rapport.accounts.permissions import Role
    from rapport.sharing.protocol.library import text_of

    operation = made(folder)
    if operation.memberships.exists():
        return
    lead, custodian = (Person.objects.get(username=name) for name in ("lead", "custodian"))
    passwords: dict[str, tuple[str, str]] = {}
    with transaction.atomic():
        Membership.objects.create(person=lead, operation=operation, role=Role.LEAD)
        Membership.objects.create(person=lead, operation=operation, role=Role.ADMIN)
        Membership.objects.create(person=custodian, operation=operation, role=Role.CUSTODIAN)
        operation.open = False
        operation.save(update_fields=["open"])
        agree(operation, text_of("network"), "The protocol for networks that comes with rapport.")
        rows = tomllib.loads((folder / "offices.toml").read_text("utf-8"))["office"]
        actors = {row["party"]: _member(operation, lead, row) for row in {row["party"]: row for row in rows}.values()}
        for row in rows:
            _office(operation, lead, custodian, actors[row["party"]], row)
        for party in PLAYED:
            for number in (1, 2):
                password = _officer(operation, lead, custodian, actors[party], number)
                passwords[f"{party}-{number}"] = (password, actors[party].name)
    for username, (password, name) in passwords.items():
        click.echo(f"Sign in as {username:<10} password {password}   (shown once; on duty for {name})")


def _member(operation: Operation, lead: Person, row: dict[str, Any]) -> Actor:
    """A country with an organisation that an agreement of a year admits."""
    from django.utils import timezone

    from rapport.registry.models import Actor
    from rapport.sharing import agreements, organisations
    from rapport.values import Purpose

    organisation = organisations.add(lead, operation.pk, row["party"], row["name"], "state", [])
    now = timezone.now()
    both = frozenset({Purpose.VIEW, Purpose.EXPORT})
    terms = agreements.Terms("The network", both, now, now + timedelta(days=365), "Member of the network.")
    agreements.agree(lead, operation, organisation, terms)
    return Actor.objects.create(
        operation=operation, code=row["party"], name=row["name"], kind="state", organisation=organisation
    )


def _office(operation: Operation, lead: Person, custodian: Person, actor: Actor, row: dict[str, Any]) -> None:
    """Nominated by one person and approved by another, as everywhere."""
    from dataclasses import replace

    from rapport.contacts.directory import nominating
    from rapport.contacts.members import Member
    from rapport.contacts.model import Channel, Means, Office, Post, Role
    from rapport.values import PUBLIC

    record = Office(
        actor.code,
        Role(row["role"]),
        row["title"],
        tuple(Post(title, channels=(Channel(Means.PHONE, number),)) for title, number in row["posts"]),
        channels=(Channel(Means.PHONE, row["line"]), Channel(Means.EMAIL, row["email"])),
        languages=tuple(row["languages"]),
        hours=row["hours"],
        time_zone=row["time_zone"],
        authority=row["authority"],
        note="Sample note 1/2026",
    )
    one, other = (
        Member(person, operation, None, (), replace(PUBLIC, team=True, person_id=person.pk))
        for person in (lead, custodian)
    )
    nominating.approve(other, nominating.nominate(one, actor, record, "Part of the sample"))


def _officer(operation: Operation, lead: Person, custodian: Person, actor: Actor, number: int) -> str:
    """Somebody on duty; the password is shown once. Entered by one of the team; that the first speaks for the party
    confirms another of it, that the second does the first."""
    from dataclasses import replace

    from rapport.accounts.models import Belonging, Membership, Person
    from rapport.accounts.permissions import Role
    from rapport.contacts.members import Member, actors_of, speaking
    from rapport.contacts.representatives import confirming
    from rapport.sharing import organisations
    from rapport.sharing.readers import organisation_reader
    from rapport.values import PUBLIC

    password = secrets.token_urlsafe(12)
    person = Person.objects.create_user(f"{actor.code}-{number}", password=password)
    Membership.objects.create(person=person, operation=operation, role=Role.DUTY)
    organisation = actor.organisation
    if organisation is None:
        raise LookupError(f"{actor.code} has an organisation")
    organisations.join(lead, operation.pk, organisation, person.username)
    first = speaking(operation.pk).filter(actor=actor).select_related("person").first()
    who = Member(custodian, operation, None, (), replace(PUBLIC, team=True, person_id=custodian.pk))
    if first is not None:
        spoken = actors_of(first.person, operation, organisation)
        who = Member(first.person, operation, organisation, spoken, organisation_reader(operation, organisation))
    confirming.confirm(who, Belonging.objects.get(person=person, operation=operation), actor)
    return password
