"""How a kind of file is read, kept under a name, and found again by its source and the names of its columns."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow
from rapport.errors import Conflict, RapportError, Refused
from rapport.intake.imports.about import Evidence
from rapport.intake.imports.plan import EXTRA, Plan, behind_own, header_hash, is_failed_file, own_columns
from rapport.intake.models import Import, ImportMapping
from rapport.operations.definition import Columns
from rapport.operations.load import source_settings
from rapport.operations.models import Operation, Source

_NAME_LENGTH = 100
_LOOKED_BACK = 100  # imports among which that of a mended file is looked for [ours]
_ALIKE = 0.6  # of the columns of mapping and file together, those that both have [ours]
#: What of a plan says what cells mean, beside the roles; the rest says how the file is written.
_MEANING = ("date_order", "date_format", "zone", "decimal", "pair_order", "category_separator", "categories",
            "choices")  # fmt: skip
#: What a column is not found to be beside a mapping: rows without an id are known by all they say, and an id from now
#: on would double those that are there; what is kept as it stands needs no word.
_NOT_NEW = frozenset({"id", "ignore", "left_out"})
#: What of it is about the cells of one role: taken from the file where a column that the mapping does not know has it.
_MEANING_OF = {
    "date": ("date_order", "date_format", "zone"), "lat": ("decimal",), "coordinates": ("decimal", "pair_order"),
    "categories": ("category_separator",),
}  # fmt: skip


def save(person: Person | None, one: Import, name: str) -> ImportMapping:
    """The import's plan under a name; a mapping that has this name already is replaced."""
    _allow(person, one.operation_id)
    if not one.plan:
        raise Refused("no_plan", "This file could not be read; there is nothing to save.")
    plan = Plan.from_json(one.plan)
    mapping, _ = ImportMapping.objects.update_or_create(
        operation_id=one.operation_id,
        name=_name(name),
        defaults={"header_hash": header_hash(plan.columns), "plan": one.plan, "person": person, "source": one.source},
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
    """The mapping that was chosen with the file, else the newest for files of this source with these columns. Another
    source's may have the same names of columns, and mean other days and other hours by them."""
    if name := one.evidence.get("mapping"):
        return find(one.operation, name)
    same = one.operation.import_mappings.filter(header_hash=header_hash(found.columns), source=one.source)
    return same.order_by("-at", "-pk").first()


def nearest(one: Import, found: Plan) -> ImportMapping | None:
    """The mapping for files with most of these columns, or with all of them and from another source, where there is
    none for just these: next week's file often has a column more, or one by another name."""
    has = set(own_columns(found.columns))

    def alike(mapping: ImportMapping) -> tuple[float, bool]:
        columns = set(own_columns(mapping.plan["columns"]))
        return len(columns & has) / len(columns | has), mapping.source_id == one.source_id

    kept = one.operation.import_mappings.select_related("source").order_by("-at", "-pk")
    return max((mapping for mapping in kept if alike(mapping)[0] >= _ALIKE), key=alike, default=None)


def mended(one: Import, found: Plan) -> Import | None:
    """The import whose refused rows this file brings back: the latest from the same source with the same columns."""
    if not is_failed_file(found.columns):
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
    roles = {column: mapping.roles.get(column, "ignore") for column in found.columns}
    roles |= dict.fromkeys(behind_own(found.columns), "left_out")
    return found.changed(roles=roles, **{name: getattr(mapping, name) for name in _MEANING})


def applied_nearly(mapping: Plan, found: Plan) -> tuple[Plan, tuple[Evidence, ...]]:
    """The same for a file whose columns are not all the mapping's, with what a person should look at: what a missing
    column was is now the column that was found to be that, if one was; and of what the mapping says nothing, a new
    column is what it was found to be. BadDefinition if nothing can be read so."""
    missing = {
        role: name
        for name, role in mapping.roles.items()
        if name not in found.columns and role not in ("ignore", "left_out")
    }
    new = _new_roles(mapping, found, missing)
    roles, said = dict.fromkeys(behind_own(found.columns), "left_out"), []
    for column in own_columns(found.columns):
        if column in mapping.columns:
            roles[column] = mapping.roles.get(column, "ignore")
        elif (role := found.roles.get(column, "ignore")) in missing:
            roles[column] = role
            said.append(Evidence("roles", f"{role}, in place of “{missing.pop(role)}”: look whether it is", column))
        elif column in new:
            roles[column] = new[column]
            shown = new[column].removeprefix(EXTRA)
            said.append(Evidence("roles", f"a new column, found to be {shown}: look whether it is", column))
        else:
            roles[column] = "ignore"
            said.append(Evidence("roles", "a new column: kept with the report, not read", column))
    gone = (f"the column “{name}” is missing: nothing is {role} now" for role, name in missing.items())
    said += [Evidence("roles", one) for one in gone]
    own = {name for role in new.values() for name in _MEANING_OF.get(role, ())}
    meaning = {name: getattr(mapping, name) for name in _MEANING if name not in own}
    return found.changed(roles=roles, **meaning), tuple(said)


def _new_roles(mapping: Plan, found: Plan, missing: Mapping[str, str]) -> dict[str, str]:
    """Columns that the mapping does not know, with what they were found to be, where it has no column for that."""
    had = set(mapping.roles.values())
    new = {
        column: role
        for column, role in found.roles.items()
        if column not in mapping.columns and role not in had and role not in missing and role not in _NOT_NEW
    }
    both = {"lat", "lon"}
    if not both <= set(new.values()) or "coordinates" in had:
        new = {column: role for column, role in new.items() if role not in both}
    if had & both:
        new = {column: role for column, role in new.items() if role != "coordinates"}
    return new


def _allow(person: Person | None, operation_id: int) -> None:
    if person is not None:
        allow(person, Permission.INTAKE_IMPORT_RUN, operation_id)


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > _NAME_LENGTH or "\0" in name:
        raise Refused("name", f"Give it a name of 1 to {_NAME_LENGTH} characters.", field="name")
    return name
