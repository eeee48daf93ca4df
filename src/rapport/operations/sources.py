"""What an admin does to a source: a new address for its gateway, the settings of its channel, a pause."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from rapport import plugins
from rapport.accounts import api_keys
from rapport.accounts.models import Person
from rapport.accounts.operator import operator
from rapport.accounts.permissions import Permission
from rapport.errors import BadDefinition, NotAllowed, RapportError
from rapport.operations.load import new_token, set_source_settings, source_settings
from rapport.operations.models import Operation, Source
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide


def find(operation: str, source: str) -> Source:
    """The source of that name; RapportError says which there are."""
    found = Source.objects.select_related("operation").filter(operation__slug=operation, slug=source).first()
    if found is not None:
        return found
    known = ", ".join(Source.objects.filter(operation__slug=operation).order_by("slug").values_list("slug", flat=True))
    raise RapportError(
        f"{operation} has no source {source}; there are: {known}."
        if known
        else f"There is no operation {operation} with sources: see rapport operation list."
    )


def find_operation(slug: str) -> Operation:
    """RapportError for a name that no operation has."""
    found = Operation.objects.filter(slug=slug).first()
    if found is None:
        raise RapportError(f"There is no operation {slug}: see rapport operation list.")
    return found


def has_address(source: Source) -> bool:
    """Whether a gateway calls this source: the form, the API and files have no address of their own."""
    return source.channel in plugins.CHANNELS


def has_settings(source: Source) -> bool:
    """Whether an operator fills anything in: for gateways, and for what the worker asks."""
    return has_address(source) or source.channel in plugins.POLLED


def new_address(source: Source, by: Person | None) -> str:
    """A fresh path for the gateway, /in/CHANNEL/TOKEN/, to be read only now; the old one ends.

    `by` None is whoever runs the command line.
    """
    _check(by, source)
    if not has_address(source):
        raise BadDefinition(f"The source {source.slug} takes its messages from {source.channel}: it needs no address.")
    with transaction.atomic():
        token = new_token(source)
        _note(source, by, "new address; the old one ended")
    return gateway_path(source, token)


def gateway_path(source: Source, token: str) -> str:
    return f"/in/{source.channel}/{token}/"


def change_settings(source: Source, given: Mapping[str, str], by: Person | None) -> None:
    """Store what the channel asks for. An empty secret leaves the one that is there; BadDefinition names what lacks.

    A stored secret goes to no other host than before: whoever names another one gives the secret again, so nobody gets
    to read it by having it sent to them.
    """
    _check(by, source)
    if not has_settings(source):
        raise BadDefinition(f"The source {source.slug} takes its messages from {source.channel}: it has no settings.")
    held = source_settings(source)
    settings = dict(held)
    for setting in plugins.channel_settings(source.channel):
        value = given.get(setting.name, "").strip() or (settings.get(setting.name, "") if setting.secret else "")
        if setting.required and not value:
            raise BadDefinition(f"Fill in {setting.name}: {setting.help}")
        if value and setting.choices and value not in setting.choices:
            raise BadDefinition(f"{setting.name} is one of {', '.join(setting.choices)}, or empty.")
        new_host = bool(value) and _host(value) != _host(held.get(setting.name, ""))
        secret = setting.carries
        if new_host and held.get(secret) and not given.get(secret, "").strip():
            raise BadDefinition(f"{setting.name} names another host, which would get {secret}: give {secret} again.")
        settings[setting.name] = value
    kept = {name: value for name, value in settings.items() if value}
    changed = sorted(name for name in kept.keys() | held.keys() if kept.get(name) != held.get(name))
    if not changed:
        return
    with transaction.atomic():
        set_source_settings(source, kept)
        source.polls.update(next_at=timezone.now())  # it is asked at once, and says what is wrong
        _note(source, by, f"settings {', '.join(changed)}")


def _host(url: str) -> tuple[str, str]:
    scheme, _, rest = url.partition("://")
    return scheme.lower(), re.split(r"[/?#]", rest, maxsplit=1)[0].lower()


def set_active(source: Source, active: bool, by: Person | None) -> None:
    """A paused source takes nothing: its address and its keys are refused."""
    _check(by, source)
    with transaction.atomic():
        if not Source.objects.filter(pk=source.pk, active=not active).update(active=active):
            return
        source.active = active
        _note(source, by, "takes messages again" if active else "paused")
    api_keys.forget()


def _note(source: Source, by: Person | None, what: str) -> None:
    """The line in the record: which settings, never their values, which may be secrets."""
    said = {"source": source.pk, "what": what}
    reason = f"{source.slug}: {what}"
    decide(by or operator(), source.operation_id, DecisionKind.SOURCE, before={}, after=said, reason=reason)


def _check(by: Person | None, source: Source) -> None:
    if by is not None and not by.may(Permission.OPERATIONS_SOURCE_MANAGE, source.operation_id):
        raise NotAllowed("Only who manages the sources of this operation may do this.")
