"""What the head of every page says beside its name: links to managing an operation, for whom somebody reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import gettext

from rapport.accounts.models import Organisation
from rapport.accounts.permissions import Permission
from rapport.operations.access import address
from rapport.operations.acting import acting_for, organisations_of

register = template.Library()


@register.simple_tag(takes_context=True)
def managing(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(address, name) of the pages of contacts, people, ways in, imports and of the ledger that this person may open;
    none for anybody else."""
    user, operation = context.get("user"), context.get("operation")
    if not operation or not user or not user.is_authenticated:
        return []
    pages = [
        (Permission.ACCOUNTS_PERSON_INVITE, "people", gettext("People")),
        (Permission.OPERATIONS_SOURCE_MANAGE, "sources", gettext("Ways in")),
        (Permission.INTAKE_IMPORT_RUN, "imports", gettext("Imports")),
        (Permission.OVERSIGHT_LEDGER_READ, "desk/ledger", gettext("Ledger")),
    ]
    if operation.kind == "network":
        pages.insert(0, (Permission.CONTACTS_DIRECTORY_READ, "contacts", gettext("Contacts")))
        if organisations_of(user, operation):  # nobody else has a duty here
            pages.insert(0, (Permission.CONTACTS_MESSAGE_SEND, "contacts/duty", gettext("On duty")))
    return [(address(operation, path), name) for needed, path, name in pages if user.may(needed, operation.pk)]


@dataclass(frozen=True, slots=True)
class Acting:
    """For which organisation the person signed in reads here, and among which they choose."""

    now: Organisation | None
    among: list[Organisation]


@register.simple_tag(takes_context=True)
def acting(context: Mapping[str, Any]) -> Acting | None:
    """None for whoever belongs to no organisation here."""
    user, operation, request = (context.get(name) for name in ("user", "operation", "request"))
    if not operation or not request or not user or not user.is_authenticated:
        return None
    among = organisations_of(user, operation)
    return Acting(acting_for(request, operation), among) if among else None
