"""The links to managing an operation, for who may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext

from rapport.accounts.permissions import Permission
from rapport.operations.access import address

register = template.Library()


@register.simple_tag(takes_context=True)
def managing(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(address, name) of the pages of people, of ways in, of imports and of the ledger that this person may open; none
    for anybody else."""
    user, operation = context.get("user"), context.get("operation")
    if not operation or not user or not user.is_authenticated:
        return []
    pages = (
        (Permission.ACCOUNTS_PERSON_INVITE, "people", gettext("People")),
        (Permission.OPERATIONS_SOURCE_MANAGE, "sources", gettext("Ways in")),
        (Permission.INTAKE_IMPORT_RUN, "imports", gettext("Imports")),
        (Permission.OVERSIGHT_LEDGER_READ, "desk/ledger", gettext("Ledger")),
    )
    return [(address(operation, path), name) for needed, path, name in pages if user.may(needed, operation.pk)]
