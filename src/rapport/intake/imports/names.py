"""What the operation's codes are called on the page of an import, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language

from rapport.intake.imports.about import called
from rapport.intake.imports.plan import EXTRA
from rapport.intake.models import Import
from rapport.operations import fields
from rapport.operations.models import Operation

Shown = list[dict[str, Any]]


def languages(operation: Operation) -> tuple[str, ...]:
    """Those in which a name is looked for: the reader's, then the operation's."""
    return (get_language() or "", *map(str, operation.languages))


def samples(one: Import, kept: Sequence[Mapping[str, Any]]) -> Shown:
    """Sample rows as they are kept, with names in place of codes; `understood` as pairs."""
    in_order = languages(one.operation)
    categories = {each.code: called(each.names, each.code, in_order) for each in one.operation.categories.all()}
    extra = {EXTRA + each.code: each for each in fields.stored(one.operation.extra_fields)}
    return [
        {**sample, "understood": [
            _named(role, str(text), categories, extra, in_order)
            for role, text in sample.get("understood", {}).items()
        ]}
        for sample in kept
    ]  # fmt: skip


def _named(
    role: str, text: str, categories: Mapping[str, str], extra: Mapping[str, fields.Field], in_order: Sequence[str]
) -> tuple[str, str]:
    if role == "categories":
        return role, _each(text, categories)
    field = extra.get(role)
    if field is None:
        return role, text
    choices = {choice.code: called(choice.names, choice.code, in_order) for choice in field.choices}
    return called(field.names, field.code, in_order), _each(text, choices) if choices else text


def _each(text: str, names: Mapping[str, str]) -> str:
    return ", ".join(names.get(code, code) for code in text.split(", "))
