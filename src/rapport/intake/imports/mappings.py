"""How a kind of file is read, kept under a name, and found again by the names of its columns."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow
from rapport.errors import Conflict, RapportError, Refused
from rapport.intake.imports.plan import FAILED_COLUMNS, Plan, header_hash
from rapport.intake.models import Import, ImportMapping
from rapport.operations.definition import Columns
from rapport.operations.load import source_settings
from rapport.operations.models import Operation, Source

_NAME_LENGTH = 100
_LOOKED_BACK = 100  # imports among which that of a mended file is looked for [ours]
#: What of a plan says what cells mean, beside the roles; the rest says how the file is written.
_MEANING = ("date_order", "date_format", "zone", "decimal", "pair_order", "category_separator", "categories")


def save(person: Person | None, one: Import, name: str) -> ImportMapping:
    """The import's plan under a name; a mapping that has this name already is replaced."""
    _allow(person, one.operation_id)
    if not one.plan:
        raise Refused("no_plan", "This file could not be read; there is nothing to save.")
    plan = Plan.from_json(one.plan)
    mapping, _ = ImportMapping.objects.update_or_create(
        operation_id=one.operation_id,
        name=_name(name),
        defaults={"header_hash": header_hash(plan.columns), "plan": one.plan, "person": person},
    )
    return mapping


def rename(person: Person | None, mapping: ImportMapping, name: str) -> None:
    _allow(person, mapping.operation_id)
    try:
        with transaction.atomic():
            ImportMapping.objects.filter(pk=mapping.pk).update(name=_name(name))
    except IntegrityError as error:
        raise Conflict("Another mapping has this name already.") from error


def delete(person: Person | None, mapping: ImportMapping) -> None:
    """The mapping goes; imports that were read by it stay as they are."""
    _allow(person, mapping.operation_id)
    mapping.delete()


def find(operation: Operation, name: str) -> ImportMapping:
    """RapportError says which there are."""
    found = ImportMapping.objects.filter(operation=operation, name=name).first()
    if found is None:
        names = ", ".join(operation.import_mappings.order_by("name").values_list("name", flat=True))
        raise RapportError(f"There is no mapping {name}; there are: {names or 'none'}.")
    return found


def chosen(one: Import, found: Plan) -> ImportMapping | None:
    """The mapping that was chosen with the file, else the newest for files with these columns."""
    if name := one.evidence.get("mapping"):
        return find(one.operation, name)
    same = one.operation.import_mappings.filter(header_hash=header_hash(found.columns))
    return same.order_by("-at", "-pk").first()


def mended(one: Import, found: Plan) -> Import | None:
    """The import whose refused rows this file brings back: the latest from the same source with the same columns."""
    if found.columns[-len(FAILED_COLUMNS) :] != FAILED_COLUMNS:
        return None
    wanted = header_hash(found.columns)
    earlier = Import.objects.filter(source=one.source, pk__lt=one.pk, refused__gt=0).exclude(plan={})
    return next(
        (had for had in earlier.order_by("-pk")[:_LOOKED_BACK] if header_hash(had.plan["columns"]) == wanted), None
    )


def columns_of(source: Source) -> Columns | None:
    """What the operation's file says the columns of this source's files mean ([sources.columns])."""
    said = source_settings(source).get("columns")
    return Columns(**said) if said else None


def applied(mapping: Plan, found: Plan) -> Plan:
    """What the mapping says the columns mean, on a file that is written as it was found to be: a file saved anew by
    another program has another delimiter, and means the same. Refused if a column that the mapping reads is missing."""
    for column, role in mapping.roles.items():
        if column not in found.columns and role not in ("ignore", "left_out"):
            remedy = "The mapping reads this column, and the file has none of this name."
            raise Refused("no_column", remedy, row=found.header_row or 1, field=column)
    rest = {column: "left_out" if column in FAILED_COLUMNS else "ignore" for column in found.columns}
    roles = {column: mapping.roles.get(column, role) for column, role in rest.items()}
    return found.changed(roles=roles, **{name: getattr(mapping, name) for name in _MEANING})


def _allow(person: Person | None, operation_id: int) -> None:
    if person is not None:
        allow(person, Permission.INTAKE_IMPORT_RUN, operation_id)


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > _NAME_LENGTH or "\0" in name:
        raise Refused("name", f"Give it a name of 1 to {_NAME_LENGTH} characters.", field="name")
    return name
