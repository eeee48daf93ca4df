"""Stopping and resuming an automated function in an operation. After some, what came meanwhile is read again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from rapport.accounts.models import Person
from rapport.accounts.operator import operator
from rapport.desk.books import parts
from rapport.desk.sending import outbox
from rapport.operations.models import Operation
from rapport.oversight import switches
from rapport.oversight.register import READ_AGAIN, SENDING
from rapport.reports.models import LeftOut, Report, Standing


def stop(person: Person, operation: Operation, function_id: str, reason: str) -> None:
    """The function does nothing more here. Refused, NotAllowed, Conflict as switches.stop."""
    if function_id == SENDING:
        outbox.stop_sending(person, operation, reason)
    else:
        switches.stop(person, operation.pk, function_id, reason)


def resume(person: Person, operation: Operation, function_id: str, reason: str) -> int:
    """It works here again. How many reports that came meanwhile are read again, which the worker does when it has
    time; none for most functions. Refused, NotAllowed, Conflict as switches.resume."""
    if function_id == SENDING:
        outbox.resume_sending(person, operation, reason)
        return 0
    with transaction.atomic():
        ended = switches.resume(person, operation.pk, function_id, reason)
        return _read_again(operation, ended.stopped_at) if function_id in READ_AGAIN else 0


def stop_everywhere(function_id: str, reason: str) -> None:
    """On the whole machine, by whoever runs it. Refused and Conflict as switches.stop_everywhere."""
    switches.stop_everywhere(operator(), _operations(), function_id, reason)


def resume_everywhere(function_id: str, reason: str) -> int:
    """The same back; how many reports are read again, as in `resume`."""
    with transaction.atomic():
        ended = switches.resume_everywhere(operator(), _operations(), function_id, reason)
        if function_id not in READ_AGAIN:
            return 0
        return sum(_read_again(one, ended.stopped_at) for one in Operation.objects.order_by("pk"))


def _operations() -> list[int]:
    return list(Operation.objects.order_by("pk").values_list("pk", flat=True))


def _read_again(operation: Operation, since: datetime) -> int:
    """Those that still wait. They are gone over as those that were left out for lack of time (intake/overload.py)."""
    waiting = Report.objects.filter(operation=operation, standing=Standing.WAITING, understood=True)
    ids = list(waiting.filter(received_at__gte=since, left_out__isnull=True).values_list("pk", flat=True))
    for some in parts(ids):
        LeftOut.objects.bulk_create([LeftOut(report_id=pk) for pk in some], ignore_conflicts=True)
    return len(ids)
