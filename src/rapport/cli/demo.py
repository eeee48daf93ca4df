"""`rapport demo`: from an empty folder to a map of Haiti in 2010, through the same doors as everything else."""

from __future__ import annotations

import os
import secrets
import signal
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli import demo_network
from rapport.cli.output import set_up

if TYPE_CHECKING:
    from rapport.accounts.models import Person
    from rapport.operations.models import Operation

SLUG, WATCH, NETWORK = "haiti-2010", "cyber-watch", "sample-network"
PARTNER = "partner"
CAST = (("lead", "lead"), ("custodian", "custodian"), ("verifier", "verifier"), ("volunteer", "volunteer"))
WATCHERS = {"lead": ("lead", "admin"), "custodian": ("custodian",), "verifier": ("verifier",)}


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8036, envvar="PORT", show_default=True, show_envvar=True)
@click.option("--serve/--no-serve", default=True, help="Serve it afterwards (the default), or only load it.")
def demo(port: int, serve: bool) -> None:
    """Load the sample operations haiti-2010, cyber-watch and sample-network, and serve them.

    The 3,099 public reports of the Ushahidi-Haiti map come in through the same intake as any message; a standing order
    signed by the demo's lead publishes them as the historic map had them. The norms, measures and processes that come
    with rapport are loaded into the second; in the third, people of made-up countries write to each other. Running it
    again changes nothing.
    """
    # Nobody trying it out should need a phone first; this process alone, and its worker, ask for none.
    os.environ.setdefault("RAPPORT_SECOND_FACTOR", "optional")
    set_up(from_nothing=True)
    from rapport.cli.serve import listen, prepare

    prepare()
    folder = _folder(SLUG)
    operation = _operation(folder)
    _people(operation)
    _agree(operation, (folder / "protocol.toml").read_text("utf-8"), "Agreed before the crisis.")
    _partner(operation)
    _sign(operation)
    _take_in(operation, folder / "reports.csv")
    _understand()
    _watch()
    demo_network.add(_operation, _folder(NETWORK), _agree)
    _tell(operation, port)
    if serve:
        listen("127.0.0.1", port, with_worker=True)


def _folder(slug: str) -> Path:
    return Path(str(files("rapport") / "data" / slug))


def _operation(folder: Path) -> Operation:
    from rapport.operations.definition import parse
    from rapport.operations.load import load

    loaded = load(parse((folder / "operation.toml").read_text()), folder)
    for source, token in loaded.tokens.items():
        click.echo(f"Address of the gateway {source}, shown once: /in/{_channel(loaded.operation, source)}/{token}/")
    return loaded.operation


def _channel(operation: Operation, source: str) -> str:
    return operation.sources.get(slug=source).channel


def _people(operation: Operation) -> None:
    """Make the demo's people who are not there yet, and say their new passwords at once: an interruption later must not
    lose them."""
    from django.db import transaction

    from rapport.accounts.models import Membership, Person
    from rapport.accounts.permissions import Role

    for username, role in CAST:
        if not Person.objects.filter(username=username).exists():
            password = secrets.token_urlsafe(12)
            with transaction.atomic():
                person = Person.objects.create_user(username, password=password)
                Membership.objects.create(person=person, operation=operation, role=Role(role))
                if role == Role.LEAD:
                    Membership.objects.create(person=person, operation=operation, role=Role.ADMIN)
            click.echo(f"Sign in as {username:<10} password {password}   (shown once)")


def _agree(operation: Operation, text: str, reason: str) -> None:
    """The lead proposes the operation's sharing protocol and the custodian activates it, unless they ever did."""
    from rapport.accounts.models import Person
    from rapport.sharing import activation

    if not operation.protocols.exists():
        lead, custodian = (Person.objects.get(username=name) for name in ("lead", "custodian"))
        activation.activate(custodian, activation.propose(lead, operation, text, reason), reason)


def _partner(operation: Operation) -> None:
    """An organisation of the response with an agreement of a year, and somebody who reads for it: what they get, and
    not everybody does, is seen by signing in."""
    from datetime import timedelta

    from django.db import transaction
    from django.utils import timezone

    from rapport.accounts.models import Person
    from rapport.sharing import agreements, organisations
    from rapport.values import Purpose

    if Person.objects.filter(username=PARTNER).exists():
        return
    lead, password, now = Person.objects.get(username="lead"), secrets.token_urlsafe(12), timezone.now()
    terms = agreements.Terms(
        giver="The sample operation",
        purposes=frozenset({Purpose.VIEW, Purpose.EXPORT}),
        starts=now,
        ends=now + timedelta(days=365),
        reason="Agreed before the crisis.",
    )
    with transaction.atomic():
        Person.objects.create_user(PARTNER, password=password)
        relief = organisations.add(lead, operation.pk, "sample-relief", "Sample Relief", "ngo", ["health"])
        organisations.join(lead, operation.pk, relief, PARTNER)
        agreements.agree(lead, operation, relief, terms)
    click.echo(f"Sign in as {PARTNER:<10} password {password}   (shown once; reads for Sample Relief)")


def _sign(operation: Operation) -> None:
    """The lead signs the operation's standing orders that nobody has signed."""
    from rapport.accounts.models import Person
    from rapport.desk.standing_orders.orders import sign

    lead: Person = Person.objects.get(username="lead")
    for order in operation.orders.filter(signed_at=None, revoked_at=None):
        sign(lead, order)


def _take_in(operation: Operation, path: Path) -> None:
    from rapport.cli.importing import take_in

    source = operation.sources.select_related("operation").get(channel="file")
    if not source.imports.filter(state="done").exists():
        take_in(source, path)


def _understand() -> None:
    from rich.progress import Progress

    from rapport.cli.worker import stop_on_signals
    from rapport.intake.fresh import waiting
    from rapport.intake.understand import understand

    stop = stop_on_signals()  # a batch that was begun is finished, however often somebody presses Ctrl-C
    with Progress(transient=True) as progress:
        task = progress.add_task("Working out what they say", total=waiting())
        while not stop.is_set() and (done := understand()):
            progress.advance(task, done)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if stop.is_set():
        raise click.Abort


def _watch() -> None:
    """Norms, measures, processes and dialogues, in an operation of their own. Whatever people of it did before, the
    demo leaves as it is."""
    from django.db import transaction

    from rapport.accounts.models import Person
    from rapport.registry import file
    from rapport.registry.editing.files import load
    from rapport.sharing.protocol.library import text_of

    operation = _operation(_folder(WATCH))
    _settle(operation)
    _agree(operation, text_of("network"), "The protocol for networks that comes with rapport.")
    if not operation.registry_files.exists():
        lead = Person.objects.get(username="lead")
        with transaction.atomic():
            for name in file.names():
                load(lead, operation, file.text_of(name))


def _settle(operation: Operation) -> None:
    """The demo's people work here too, unless anybody does. No reports come in: there is no way in for them."""
    from django.db import transaction

    from rapport.accounts.models import Membership, Person
    from rapport.accounts.permissions import Role

    if operation.memberships.exists():
        return
    with transaction.atomic():
        for username, roles in WATCHERS.items():
            person = Person.objects.get(username=username)
            Membership.objects.bulk_create(
                Membership(person=person, operation=operation, role=Role(role)) for role in roles
            )
        operation.open = False
        operation.save(update_fields=["open"])


def _tell(operation: Operation, port: int) -> None:
    from rapport.reports.models import Report

    standing = {
        state: Report.objects.filter(operation=operation, standing=state).count()
        for state in ("in_event", "waiting", "rejected", "withdrawn")
    }
    click.echo(
        f"{sum(standing.values())} reports kept = {standing['in_event']} in events"
        f" + {standing['waiting']} on the desk + {standing['rejected']} rejected"
        + (f" + {standing['withdrawn']} withdrawn" if standing["withdrawn"] else "")
    )
    click.echo(f"Map:  http://127.0.0.1:{port}/{operation.slug}/")
    click.echo(f"Desk: http://127.0.0.1:{port}/{operation.slug}/desk/")
    click.echo(f"Norms, measures, who talks to whom: http://127.0.0.1:{port}/{WATCH}/registry/")
    click.echo(f"Whom to reach, and what is said: http://127.0.0.1:{port}/{NETWORK}/contacts/duty/")
    if os.environ["RAPPORT_SECOND_FACTOR"] == "optional":
        click.echo("The demo asks nobody for a second factor; `rapport serve` asks lead, custodian and admin for one.")
    click.echo("A password is shown when its account is made; `rapport accounts password lead` sets a new one.")
