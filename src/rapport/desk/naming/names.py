"""Names of places that a person adds on the desk, and those of which one says that they are no place's.

An added name is a place of its own (operations/models.py:ADDED): where it lies is what the person set. A name that is
no place's is kept as such, so that it is not learned again (desk/learning/names.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import places
from rapport.desk.books import allow, decide
from rapport.errors import Conflict, Refused
from rapport.operations.models import ADDED, MADE_HERE, NoPlace, Operation, Place
from rapport.oversight.models import Decision, DecisionKind
from rapport.text.fold import fold
from rapport.text.learned import is_a_kind
from rapport.text.personal import spans_of
from rapport.text.places import SHORTEST
from rapport.values import Spot

LONGEST = 60  # characters of a name; what is longer is a sentence [ours]
_ROW = ("name", "pcode", "precision", "lon", "lat", "radius_m", "origin", "reports")


def check(operation: Operation, spot: Spot | None) -> None:
    """Refused, with the remedy, unless the name can be remembered: it is there, has a point, could be found in a text,
    and holds nothing of a person."""
    if spot is None or not spot.name:
        raise _refused("Write the name and set its point, on the map or by latitude and longitude, to remember it.")
    folded = fold(spot.name)
    if len(spot.name) > LONGEST:
        raise _refused(f"This is too long to be found again: shorten the name to {LONGEST} characters.")
    if len(folded) < SHORTEST or not any(letter.isalpha() for letter in folded):
        raise _refused(f"It would be found in too many messages: a name has {SHORTEST} letters at least.")
    if is_a_kind(folded):
        raise _refused(f"“{spot.name}” says what kind of place it is: add which one, or do not remember it.")
    if spans_of(spot.name):
        raise _refused(
            "It holds a number, an address or the name of a person: take that out, or do not remember the name."
        )
    there = _added(operation, folded)
    if there and not places.is_there(operation, spot):
        raise _refused(f"“{there[0].name}” was added here for another point: take it away under Names first.")


def remember(person: Person, operation: Operation, spot: Spot, report_id: int | None = None) -> bool:
    """From now on texts that have this name are suggested this place; whether that is news."""
    allow(person, Permission.DESK_EVENT_EDIT, operation.pk)
    check(operation, spot)
    folded = fold(spot.name)
    with transaction.atomic():
        Operation.objects.select_for_update().get(pk=operation.pk)  # of two who add the same name, one after the other
        if places.is_there(operation, spot):
            return False
        if _added(operation, folded):  # somebody was first, between the form and here
            raise Conflict(f"“{spot.name}” was added here for another point: take it away under Names first.")
        denied, _ = NoPlace.objects.filter(operation=operation, folded=folded).delete()
        made = Place.objects.create(
            operation=operation, name=spot.name, pcode=spot.pcode[:20], precision=spot.precision.value, lon=spot.lon,
            lat=spot.lat, radius_m=spot.radius_m, origin=ADDED,
        )  # fmt: skip
        decide(
            person,
            operation.pk,
            DecisionKind.NAME_PLACE,
            report_id=report_id,
            before={"no_place": bool(denied)},
            after={"name": spot.name, "folded": folded, "rows": [_row(made)]},
        )
    return True


def no_place(person: Person, operation: Operation, name: str) -> None:
    """The name is not looked for in texts any more, nor learned again. Conflict if it is none that came to be here."""
    allow(person, Permission.DESK_EVENT_EDIT, operation.pk)
    folded = fold(name)
    with transaction.atomic():
        Operation.objects.select_for_update().get(pk=operation.pk)
        gone = _made_here(operation, folded)
        if not gone:
            raise Conflict(f"“{name}” is not among the names that came to be here any more.")
        Place.objects.filter(pk__in=[place.pk for place in gone]).delete()
        NoPlace.objects.get_or_create(operation=operation, folded=folded)
        decide(
            person,
            operation.pk,
            DecisionKind.NO_PLACE,
            before={"rows": [_row(place) for place in gone]},
            after={"name": gone[0].name, "folded": folded},
        )


def forget(decision: Decision) -> None:
    """Takes an added name back; call inside a transaction."""
    after = decision.after
    gone = [place.pk for place in _added_by(decision.operation_id, after["folded"])]
    if not gone:
        raise Conflict(f"“{after['name']}” was taken away since: undo that first.")
    Place.objects.filter(pk__in=gone).delete()
    if decision.before["no_place"]:
        NoPlace.objects.get_or_create(operation_id=decision.operation_id, folded=after["folded"])


def know_again(decision: Decision) -> None:
    """Takes back that a name is no place's; call inside a transaction."""
    after = decision.after
    denied, _ = NoPlace.objects.filter(operation_id=decision.operation_id, folded=after["folded"]).delete()
    if not denied:
        raise Conflict(f"“{after['name']}” was added again since: it is known already.")
    Place.objects.bulk_create(Place(operation_id=decision.operation_id, **row) for row in decision.before["rows"])


def label(decision: Decision) -> str:
    """Such a decision in words."""
    name = decision.after["name"]
    if decision.kind == DecisionKind.NAME_PLACE:
        return f"added the name “{name}”"
    return f"said that “{name}” is no place"


def _refused(remedy: str) -> Refused:
    return Refused("name of a place", remedy, field="remember")


def _row(place: Place) -> dict[str, Any]:
    return {field: getattr(place, field) for field in _ROW}


def _added(operation: Operation, folded: str) -> Sequence[Place]:
    return _added_by(operation.pk, folded)


def _added_by(operation_id: int, folded: str) -> Sequence[Place]:
    return [
        place for place in Place.objects.filter(operation_id=operation_id, origin=ADDED) if fold(place.name) == folded
    ]


def _made_here(operation: Operation, folded: str) -> Sequence[Place]:
    made = Place.objects.filter(operation=operation, origin__in=MADE_HERE).order_by("pk")
    return [place for place in made if fold(place.name) == folded]
