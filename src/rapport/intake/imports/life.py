"""What a person does with an import: correct how it is read, confirm it, pause it, go on, put it away.

Every step is a change of state under a condition: whoever comes second is told, and nothing happens twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow
from rapport.errors import Conflict, Refused
from rapport.intake.imports import store
from rapport.intake.imports.plan import Plan
from rapport.intake.models import Import, ImportState
from rapport.operations import fields
from rapport.operations.models import Source

S = ImportState
_NO_COUNTS = {"read_rows": 0, "done_rows": 0, "new": 0, "already": 0, "differs": 0, "refused": 0}


def look_again(person: Person | None, one: Import, plan: Plan | None, fixed: Mapping[str, Any] | None = None) -> None:
    """Look through the file anew, read as the plan says. Without one what its columns mean is proposed afresh, where
    `fixed` holds what the person said about how it is written."""
    _allow(person, one)
    with transaction.atomic():
        changes: dict[str, Any] = {"plan": plan.to_json(), "evidence": _evidence(one, plan)} if plan else {
            "plan": {}, "evidence": {"fixed": dict(fixed or {})},
        }  # fmt: skip
        rest = {"total_rows": None, "problem": "", "claim": "", "started_at": None}
        _move(one, (S.READ, S.READY, S.FAILED), S.READ, **changes, **rest, **_NO_COUNTS)
        one.verdicts.all().delete()


def count_again(person: Person | None, one: Import) -> None:
    """Look through the file anew, read as before: what is there has changed since."""
    look_again(person, one, Plan.from_json(one.plan))


def _evidence(one: Import, plan: Plan) -> dict[str, Any]:
    """Why the file is read so, where a person's word now stands against what had been worked out."""
    before, after = one.plan, plan.to_json()
    changed = {key for key in after if key != "roles" and before.get(key) != after[key]}
    had, has = Plan.from_json(before).roles if before else {}, plan.roles
    columns = [name for name in plan.columns if had.get(name, "ignore") != has.get(name, "ignore")]
    if "id" in {role for name in columns for role in (had.get(name), has.get(name))}:
        changed = changed | {"id"}
    kept = [
        line
        for line in one.evidence.get("evidence", [])
        if line["about"] not in changed and line["column"] not in columns
    ]
    said = [{"about": "roles", "said": "as a person said", "column": name, "count": 0} for name in columns]
    said += [
        {"about": key, "said": f"{key.replace('_', ' ')} as a person said", "column": "", "count": 0}
        for key in sorted(changed - {"id"})
    ]
    return {**one.evidence, "evidence": kept + said}


def start(person: Person | None, one: Import, *, unseen: bool = False) -> None:
    """The rows come in, as the dry run said; `unseen` without one, where how the file is read was agreed beforehand.
    Refused if nobody knows how it is read or its source is paused, Conflict if it was started already."""
    _allow(person, one)
    if not one.plan:
        raise Refused("no_plan", "Say first how the file is read.")
    _check_way_in(one)
    _check_categories(one)
    counts = {name: getattr(one, name) for name in ("new", "already", "differs", "refused")}
    with transaction.atomic():
        evidence = {**one.evidence, "counts": counts}
        before = (S.READ, S.READY) if unseen else (S.READY,)
        _move(one, before, S.RUNNING, started_at=timezone.now(), evidence=evidence, claim="", **_NO_COUNTS)
        one.verdicts.all().delete()


def _check_categories(one: Import) -> None:
    """What a label was said to stand for may have left the operation since; its reports would name no category."""
    there = set(one.operation.categories.values_list("code", flat=True))
    gone = ((label, code) for label, code in sorted(one.plan.get("categories", {}).items()) if code not in there)
    for label, code in gone:
        remedy = f"“{label}” stands for the category {code}, which this operation has no more: say what it means now."
        raise Refused("no_category", remedy, field="categories")
    asked = {field.code: field for field in fields.asked(fields.stored(one.operation.extra_fields))}
    for code, table in sorted(one.plan.get("choices", {}).items()):
        offered = {choice.code for choice in asked[code].offered} if code in asked else set()
        for label, choice in sorted(table.items()):
            if choice not in offered:
                remedy = f"“{label}” stands for the choice {choice}, which the field {code} has no more: say what it "
                raise Refused("no_choice", f"{remedy}means now.", field=code)


def pause(person: Person | None, one: Import) -> None:
    """After the batch at hand nothing more comes in."""
    _allow(person, one)
    _move(one, (S.RUNNING,), S.PAUSED, claim="")


def go_on(person: Person | None, one: Import) -> None:
    """A paused import, or one that a fault stopped, goes on behind the rows that are settled."""
    _allow(person, one)
    if one.started_at:
        _check_way_in(one)
    _move(one, (S.PAUSED, S.FAILED), S.RUNNING if one.started_at else S.READ, problem="", claim="")


def _check_way_in(one: Import) -> None:
    """Refused where no report may come in now."""
    if not one.operation.open:
        raise Refused("closed", "This operation takes no reports any more.")
    if not Source.objects.filter(imports=one, active=True).exists():
        raise Refused("source", "The source of this file is paused: resume it among the ways in first.")


def discard(person: Person | None, one: Import) -> None:
    """An import of which nothing came in is put away, with its file, and its source if that was named for it alone."""
    _allow(person, one)
    source = one.source
    with transaction.atomic():
        gone, _ = Import.objects.filter(pk=one.pk, started_at=None, state__in=(S.READ, S.READY, S.FAILED)).delete()
        if not gone:
            raise Conflict(_instead(one))
    store.forget(one)
    if source is not None:
        store.forget_source(source)


def repeat(person: Person | None, one: Import) -> Import:
    """The same file once more, read in the same way: after a rollback its reports come back."""
    _allow(person, one)
    if one.source is None or not store.path_of(one).exists():
        raise Refused("no_file", "The file is not here any more: send it again.")
    path = store.path_of(one)
    return store.add(person, one.operation, one.source, one.file_name, store.pieces_of(path), plan=one.plan)


def _allow(person: Person | None, one: Import) -> None:
    """Without a person it is whoever runs the command line."""
    if person is not None:
        allow(person, Permission.INTAKE_IMPORT_RUN, one.operation_id)


def _move(one: Import, before: Iterable[str], after: str, **changes: Any) -> None:
    if not Import.objects.filter(pk=one.pk, state__in=list(before)).update(state=after, **changes):
        raise Conflict(_instead(one))
    one.refresh_from_db()


def _instead(one: Import) -> str:
    state = Import.objects.filter(pk=one.pk).values_list("state", flat=True).first()
    if state is None:
        return "This import was put away."
    return f"This does not work any more: the import is {ImportState(state).label} now."
