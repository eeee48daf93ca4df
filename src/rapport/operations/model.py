"""Which model says what an operation's reports speak of: one that a person chose, or that which comes with rapport.

A model that was chosen and cannot be read does not stop the work: the shipped one takes its place, the log says so, and
`rapport doctor` names it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.errors import Conflict, NotAllowed, RapportError
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.oversight.record import decide
from rapport.text.labels import shelf
from rapport.text.labels.model import SHIPPED, Model, loaded
from rapport.text.labels.shelf import Held

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chosen:
    """`problem`: why the shipped model stands in for the chosen one, "" where it does not. `by` and `since`: None where
    nobody has ever chosen."""

    id: str
    problem: str
    by: Person | None
    since: datetime | None

    @property
    def working(self) -> str:
        """The id of the one that suggests: the shipped one's where it stands in."""
        return loaded(SHIPPED).id if self.problem else self.id


def folder() -> Path:
    """Where the models of this machine lie, beside the one that comes with rapport."""
    return Path(settings.DATA_DIR) / "models"


def working(model_id: str) -> Model:
    """The model of that id, or the shipped one if it is not there as it was; the log says so. "" is the shipped one."""
    problem = fault(model_id)
    if problem:
        log.error("%s The model that comes with rapport stands in for it.", problem)
    return loaded(SHIPPED if problem or not model_id else shelf.file_of(folder(), model_id))


def by_id(model_id: str) -> Model | None:
    """The model that said something once, in use now or not; None where it is not on this machine as it was."""
    if model_id == loaded(SHIPPED).id:
        return loaded(SHIPPED)
    return None if not model_id or fault(model_id) else loaded(shelf.file_of(folder(), model_id))


def fault(model_id: str) -> str:
    """Why the model of that id cannot be used now, in a sentence; "" where it can."""
    if not model_id:
        return ""
    path = shelf.file_of(folder(), model_id)
    was_chosen = f"The model {model_id} was chosen, and its file {path}"
    if not path.is_file():
        return f"{was_chosen} is gone."
    try:
        found = loaded(path)
    except RapportError:
        return f"{was_chosen} cannot be read, or fits no more."
    if found.id != model_id:
        return f"{was_chosen} is now another one, {found.id}."
    return "" if found.labels == loaded(SHIPPED).labels else f"{was_chosen} knows other labels than this version."


def state(model_id: str) -> str:
    """Changes when the file of that model does, comes or goes."""
    if not model_id:
        return ""
    try:
        file = shelf.file_of(folder(), model_id).stat()
    except OSError:
        return f"{model_id} gone"
    return f"{model_id} {file.st_mtime_ns} {file.st_size}"


def chosen(operation: Operation) -> Chosen:
    """Which one it is, since when and by whom."""
    last = Decision.objects.filter(operation=operation, kind=DecisionKind.MODEL).select_related("person").last()
    problem = fault(operation.model)
    return Chosen(
        operation.model or loaded(SHIPPED).id, problem, last.person if last else None, last.at if last else None
    )


def choose(person: Person, operation: Operation, wanted: str) -> Held:
    """From now on this model suggests categories in the operation; the worker takes it up within two seconds.

    Refused if there is no such model, or it cannot be used; Conflict if it is in use already.
    """
    if not person.may(Permission.OPERATIONS_MODEL_CHOOSE, operation.pk):
        raise NotAllowed(
            f"This needs the permission {Permission.OPERATIONS_MODEL_CHOOSE.value}, which {person.shown_name} does not"
            " hold here."
        )
    found = shelf.find(folder(), wanted)
    after = "" if found.comes_with_rapport else found.id
    with transaction.atomic():
        fresh = Operation.objects.select_for_update().get(pk=operation.pk)
        if fresh.model == after:
            raise Conflict(f"{found.id} is in use already.")
        before = fresh.model or loaded(SHIPPED).id
        Operation.objects.filter(pk=operation.pk).update(model=after)
        operation.model = after
        said = {"model": found.id}
        reason = f"{before} → {found.id}"
        decide(person, operation.pk, DecisionKind.MODEL, before={"model": before}, after=said, reason=reason)
    return found
