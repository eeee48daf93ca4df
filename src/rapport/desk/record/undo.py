"""Taking decisions back: for each a further decision, and what they changed is as if they had never been made. What
readers had seen is retracted.

Where reports stand follows anew from the decisions that still stand (history.py), so merges and splits come back in
any order. Of other decisions those go first that rest on the one in question (outlook.py). Many at once, what a bulk or
a standing order did, are taken back as far as nobody has touched it since; the rest is named and left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import PLACING, allow, decide, hold, parts
from rapport.desk.queue import ranks
from rapport.desk.record import placement
from rapport.desk.record.outlook import Left, Outlook, allow_undo, judged_now, outlook, undone_among
from rapport.desk.record.taking_back import FOLDED, events_of, take_back
from rapport.desk.standing_orders.orders import effects_of
from rapport.errors import Conflict
from rapport.operations.models import StandingOrder
from rapport.oversight.models import Decision, DecisionKind

K = DecisionKind
PART = 500  # effects of an order taken back at once


def undo(person: Person, decision: Decision) -> Decision:
    """Restores what was before the decision. Conflict if it was undone already, or if a later decision stands that
    rests on it: that one must be undone first. Of many made at once, all those come back that nobody has touched."""
    allow_undo(person, decision, judged_now([decision]))
    with transaction.atomic():
        if decision.kind == K.BULK:
            return _undo_bulk(person, decision)
        found = outlook(person, _held([decision]))
        if found.left:
            raise Conflict(found.left[0].why)
        return _taken_back(person, found.can)[0]


def undo_order(person: Person, order: StandingOrder, first: int, last: int) -> Outlook:
    """Takes back what the order did, a part of it at a time: of the decisions `first` to `last`, which the person saw,
    those that nobody has touched; the same part twice is done once. Conflict if nothing is left."""
    allow(person, Permission.OPERATIONS_ORDER_SIGN, order.operation_id)
    with transaction.atomic():
        found = outlook(person, _held(effects_of(order).filter(pk__range=(first, last))[:PART]))
        if not found.can:
            raise Conflict(found.left[0].why if found.left else "Nothing of what the order did is left to undo.")
        said = {"said": f"what the standing order {order.slug} did", **counted(found)}
        made = decide(person, order.operation_id, K.UNDO, order_id=order.pk, before={}, after=said)
        _taken_back(person, found.can, batch=made)
    return found


def _undo_bulk(person: Person, bulk: Decision) -> Decision:
    bulk, *rest = _held([bulk, *bulk.parts.all()])
    if why := undone_among([bulk]).get(bulk.pk):
        raise Conflict(why)
    found = outlook(person, rest)
    if not found.can:
        raise Conflict(found.left[0].why if found.left else "Nothing of it is left to undo.")
    made = decide(person, bulk.operation_id, K.UNDO, before=bulk.after, after=counted(found), undoes=bulk)
    _taken_back(person, found.can, batch=made)
    return made


def _held(decisions: Iterable[Decision]) -> list[Decision]:
    """These decisions in the order in which they were made. Until the transaction ends nobody else takes one of them
    back, and nobody changes their events: those are held first, with all that hang together with them."""
    chosen = list(decisions)
    folded = placement.connected(one.event_id or 0 for one in chosen if one.kind in FOLDED)
    hold(folded | events_of(chosen))
    held: list[Decision] = []
    for some in parts(sorted(one.pk for one in chosen)):
        # Without a claim to their keys: a rollback that undoes one of them only names it, and need not wait.
        rows = Decision.objects.select_for_update(of=("self",), no_key=True).select_related("person")
        held += rows.filter(pk__in=some).order_by("pk")
    return held


def _taken_back(person: Person, decisions: Sequence[Decision], batch: Decision | None = None) -> list[Decision]:
    """Takes them back; their reports are in the queue again."""
    made = take_back(person, decisions, batch)
    back = {one.report_id for one in decisions if one.kind in PLACING and one.report_id}
    ranks.wait_again(decisions[0].operation_id, back)
    return made


def counted(found: Outlook) -> dict[str, int]:
    """What an undo of many did, as its line in the record keeps it."""
    return {"undone": len(found.can), "left": len(found.left)}


def left_alone(person: Person, undone: Decision) -> Sequence[Left]:
    """What the undo of many at once did not take back, the newest first, and what stands in its way now; nothing for
    any other decision. What was undone by itself since is not there any more."""
    if undone.kind != K.UNDO or undone.undoes is None or undone.undoes.kind != K.BULK:
        return []
    rest = undone.undoes.parts.filter(undone_by__isnull=True).select_related("person")
    why = {left.decision.pk: left.why for left in outlook(person, rest).left}
    return [Left(one, why.get(one.pk, "Nothing stands in its way any more.")) for one in rest.order_by("-pk")]
