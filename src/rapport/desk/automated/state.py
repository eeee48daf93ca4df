"""How the automated functions of the register stand in an operation: stopped or not, and who put their name to what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from rapport.operations import model
from rapport.operations.models import Operation, StandingOrder
from rapport.oversight import switches
from rapport.oversight.register import REGISTER, SENDING, Function


@dataclass(frozen=True, slots=True)
class Stop:
    """Since when, by whom and why a function does nothing; `everywhere`: on the whole machine, which its operator
    ends."""

    since: datetime
    by: str
    reason: str = ""
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """`signed`: the people who put their name to what it does here, beside the role that answers for it."""

    function: Function
    stop: Stop | None
    signed: Sequence[str]


def rows(operation: Operation) -> list[Row]:
    """All functions, in the order of the register."""
    stops, signed = _stops(operation), _signed(operation)
    return [Row(one, stops.get(one.id), signed.get(one.id, ())) for one in REGISTER]


def _stops(operation: Operation) -> dict[str, Stop]:
    """By the function's id; a stop everywhere goes before one here."""
    here = switches.in_force().filter(Q(operation=operation) | Q(operation=None)).select_related("stopped_by")
    ordered = sorted(here, key=lambda one: one.operation_id is None)
    found = {
        one.function: Stop(one.stopped_at, one.stopped_by.shown_name, one.reason, one.operation_id is None)
        for one in ordered
    }
    if operation.sending_stopped_at is not None:
        who = operation.sending_stopped_by
        found[SENDING] = Stop(operation.sending_stopped_at, who.shown_name if who else "Somebody")
    return found


def _signed(operation: Operation) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    orders = StandingOrder.objects.filter(operation=operation, signed_at__isnull=False, revoked_at=None)
    for order in orders.select_related("signed_by").order_by("pk"):
        if order.signed_by is not None:
            found["standing-orders"].append(f"{order.signed_by.shown_name} (“{order.slug}”)")
    chosen = model.chosen(operation)
    if chosen.by is not None:
        found["categories"] = found["urgency"] = [f"{chosen.by.shown_name} ({chosen.id})"]
    return found
