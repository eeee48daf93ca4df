"""Whether an automated function is stopped, and the actions that stop and resume one.

Whoever runs a function asks `is_stopped` before, at least once a batch. The answer is remembered for RECHECK_S seconds
in each process, so that it can be asked for every message.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.oversight import register
from rapport.oversight.models import Decision, DecisionKind, FunctionSwitch
from rapport.oversight.record import decide
from rapport.oversight.register import Function

#: Seconds after which every process knows of a stop, and goes on after a resumption.
RECHECK_S = 2.0
LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class _Known:
    """The stops in force, by operation (None: everywhere), until `until` on the monotonic clock."""

    until: float
    stops: Mapping[int | None, frozenset[str]]


_known = _Known(float("-inf"), {})


def stopped(operation_id: int) -> frozenset[str]:
    """The ids of the functions that are stopped in an operation, here or everywhere."""
    stops = _stops()
    return stops.get(operation_id, frozenset()) | stops.get(None, frozenset())


def is_stopped(function_id: str, operation_id: int) -> bool:
    """Whether this one is."""
    return function_id in stopped(operation_id)


def stopped_everywhere(function_id: str) -> bool:
    """Whether it is stopped on the whole machine."""
    return function_id in _stops().get(None, frozenset())


def stopped_in(function_id: str) -> list[int]:
    """The ids of the operations in which the function is stopped there alone."""
    return sorted(pk for pk, ids in _stops().items() if pk is not None and function_id in ids)


def forget() -> None:
    """The next question is answered from the database."""
    global _known
    _known = _Known(float("-inf"), {})


def _stops() -> Mapping[int | None, frozenset[str]]:
    global _known
    now = time.monotonic()
    known = _known
    if now >= known.until:
        found: dict[int | None, set[str]] = {}
        for operation_id, function_id in in_force().values_list("operation_id", "function"):
            found.setdefault(operation_id, set()).add(function_id)
        known = _known = _Known(now + RECHECK_S, {key: frozenset(ids) for key, ids in found.items()})
    return known.stops


def in_force() -> QuerySet[FunctionSwitch]:
    """The stops that nobody has ended."""
    return FunctionSwitch.objects.filter(resumed_at__isnull=True)


# --- actions -------------------------------------------------------------------------------------------------------


def stop(person: Person, operation_id: int, function_id: str, reason: str) -> FunctionSwitch:
    """The function does nothing more in the operation, within RECHECK_S seconds. Refused without a reason, or for one
    that has a switch of its own; Conflict if it is stopped already."""
    function = _allowed(person, operation_id, function_id)
    reason = _words(reason)
    with transaction.atomic():
        there = in_force().select_for_update().filter(function=function.id, operation_id=operation_id)
        if before := there.select_related("stopped_by").first():
            raise Conflict(f"{before.stopped_by.shown_name} stopped this already.")
        made = FunctionSwitch.objects.create(
            operation_id=operation_id, function=function.id, stopped_by=person, reason=reason
        )
        _decided(person, operation_id, DecisionKind.STOP_FUNCTION, function, reason)
    forget()
    return made


def resume(person: Person, operation_id: int, function_id: str, reason: str) -> FunctionSwitch:
    """It works again in the operation, unless it is stopped everywhere. The stop that was ended; Conflict if there was
    none."""
    function = _allowed(person, operation_id, function_id)
    reason = _words(reason)
    with transaction.atomic():
        there = in_force().select_for_update().filter(function=function.id, operation_id=operation_id).first()
        if there is None:
            raise Conflict("This is not stopped here.")
        _end(there, person)
        _decided(person, operation_id, DecisionKind.RESUME_FUNCTION, function, reason)
    forget()
    return there


def stop_everywhere(person: Person, operations: Iterable[int], function_id: str, reason: str) -> FunctionSwitch:
    """The function does nothing more on the whole machine, whose operator `person` is; the decision stands in the
    record of each of these operations. Refused and Conflict as `stop`."""
    function, reason = _switched(function_id), _words(reason)
    with transaction.atomic():
        if in_force().select_for_update().filter(function=function.id, operation=None).exists():
            raise Conflict("This is stopped everywhere already.")
        made = FunctionSwitch.objects.create(function=function.id, stopped_by=person, reason=reason)
        for operation_id in operations:
            _decided(person, operation_id, DecisionKind.STOP_FUNCTION, function, reason)
    forget()
    return made


def resume_everywhere(person: Person, operations: Iterable[int], function_id: str, reason: str) -> FunctionSwitch:
    """It works again where nobody stopped it apart. The stop that was ended; Conflict if there was none."""
    function, reason = _switched(function_id), _words(reason)
    with transaction.atomic():
        there = in_force().select_for_update().filter(function=function.id, operation=None).first()
        if there is None:
            raise Conflict("This is not stopped everywhere.")
        _end(there, person)
        for operation_id in operations:
            _decided(person, operation_id, DecisionKind.RESUME_FUNCTION, function, reason)
    forget()
    return there


def _end(there: FunctionSwitch, person: Person) -> None:
    there.resumed_at, there.resumed_by = timezone.now(), person
    there.save(update_fields=["resumed_at", "resumed_by"])


def _switched(function_id: str) -> Function:
    function = register.find(function_id)
    if function is None:
        raise Refused("function", "There is no automated function of that name: choose one of the list.")
    if function.id == register.SENDING:
        raise Refused("sending", "Sending is stopped in each operation, by the button under Messages out.")
    return function


def _allowed(person: Person, operation_id: int, function_id: str) -> Function:
    function = _switched(function_id)
    if not person.may(function.stop, operation_id):
        raise NotAllowed(
            f"This needs the permission {function.stop.value}, which {person.shown_name} does not hold here."
        )
    return function


def _words(reason: str) -> str:
    reason = reason.strip()
    if not reason or "\0" in reason:
        raise Refused("reason", "Write why: the team and those affected will ask.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Refused("reason", f"Shorten the reason to {LONGEST_REASON} characters.", field="reason")
    return reason


def _decided(person: Person, operation_id: int, kind: DecisionKind, function: Function, reason: str) -> Decision:
    stops = kind == DecisionKind.STOP_FUNCTION
    before, after = ("on", "stopped") if stops else ("stopped", "on")
    return decide(
        person, operation_id, kind, reason=reason, before={"function": function.id, "state": before},
        after={"function": function.id, "state": after},
    )  # fmt: skip
