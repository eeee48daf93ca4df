"""What was decided on the desk, and the standing orders that decide in a person's name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, back, decisions_of, last_undoable, lines, local_time, to, whole
from rapport.desk.record import undo as undoing
from rapport.desk.record.outlook import Left, outlook
from rapport.desk.record.undo import undo
from rapport.desk.standing_orders import orders
from rapport.errors import BadDefinition, Conflict
from rapport.operations.access import needs, person
from rapport.operations.models import Operation, StandingOrder
from rapport.oversight.models import Decision

PER_PAGE = 50


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def decisions(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What was decided in this operation, the newest first, many decided at once as one line; `order` shows the
    effects of one standing order, `batch` the parts of one line; where that is an undo, also what it left alone."""
    batch = whole(request.GET.get("batch", ""))
    chosen = decisions_of(operation, person(request)).filter(batch=batch)
    order = StandingOrder.objects.filter(operation=operation, slug=request.GET.get("order", "")).first()
    if order is not None:
        chosen = chosen.filter(order_id=order.pk)
    made = decisions_of(operation, person(request)).filter(pk=batch or 0).first()
    left = undoing.left_alone(person(request), made) if made else []
    page = Paginator(chosen, PER_PAGE).get_page(request.GET.get("page"))
    shown = lines(person(request), page.object_list)
    context = {
        "operation": operation,
        "order": order,
        "batch": batch,
        "page": page,
        "lines": shown,
        "left": _with_why(person(request), left[:PER_PAGE]),
        "left_count": len(left),
        "counts": _parts_of([line.decision.pk for line in shown]),
        "undo_key": last_undoable(shown),
    }
    return render(request, "desk/decisions.html", context)


def _with_why(who: Person, left: Sequence[Left]) -> list[dict[str, Any]]:
    """What was left alone as lines, each with what stands in the way."""
    shown = lines(who, [one.decision for one in left])
    return [{"line": line, "why": one.why} for line, one in zip(shown, left, strict=True)]


def _parts_of(decisions: Sequence[int]) -> dict[int, int]:
    """How many decisions each of these holds, for those that hold any."""
    parts = Decision.objects.filter(batch__in=decisions).values_list("batch").annotate(n=Count("pk")).order_by()
    return dict(parts.values_list("batch_id", "n"))


@require_POST
@needs(Permission.DESK_REPORT_READ)  # undo itself asks for what the decision needed
@local_time
def take_back(request: HttpRequest, operation: Operation, decision_id: int) -> HttpResponse:
    decision = get_object_or_404(decisions_of(operation, person(request)), pk=decision_id)
    made: list[Decision] = []
    if attempt(request, lambda: made.append(undo(person(request), decision)), "Undone.") and made[0].after.get("left"):
        return HttpResponseRedirect(reverse("desk_decisions", args=[operation.slug]) + f"?batch={made[0].pk}#left")
    return back(request, f"/{operation.slug}/desk/decisions/")


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def standing_orders(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What each order does in words, who signed it, and how much it did."""
    chosen = StandingOrder.objects.filter(operation=operation).select_related("signed_by", "revoked_by")
    rows = [
        {
            "order": order,
            "rule": json.dumps(order.rule, indent=2, ensure_ascii=False),
            "standing": orders.effects_of(order).count(),
            "effects": Decision.objects.filter(operation=operation, order_id=order.pk, kind="accept").count(),
            "rests": _rests(order),
        }
        for order in chosen.order_by("slug")
    ]
    may_sign = person(request).may(Permission.OPERATIONS_ORDER_SIGN, operation.pk)
    return render(request, "desk/orders.html", {"operation": operation, "rows": rows, "may_sign": may_sign})


def _rests(order: StandingOrder) -> bool:
    """Whether a signed order does nothing because its signer may no longer do by hand what it does."""
    try:
        return bool(order.in_force and order.signed_by and orders.missing(order.signed_by, order))
    except BadDefinition:
        return True


@require_POST
@needs(Permission.OPERATIONS_ORDER_SIGN)
@local_time
def sign(request: HttpRequest, operation: Operation, slug: str) -> HttpResponse:
    order = get_object_or_404(StandingOrder, operation=operation, slug=slug)
    attempt(request, lambda: orders.sign(person(request), order), "Signed. It acts in your name from now on.")
    return to("desk_orders", operation.slug)


@require_POST
@needs(Permission.OPERATIONS_ORDER_SIGN)
@local_time
def revoke(request: HttpRequest, operation: Operation, slug: str) -> HttpResponse:
    order = get_object_or_404(StandingOrder, operation=operation, slug=slug)
    reason = request.POST.get("reason", "")
    attempt(request, lambda: orders.revoke(person(request), order, reason), "Revoked. What it did stands.")
    return to("desk_orders", operation.slug)


# --- everything an order did -----------------------------------------------------------------------------------------


@require_GET
@never_cache
@needs(Permission.OPERATIONS_ORDER_SIGN)
@local_time
def order_effects(request: HttpRequest, operation: Operation, slug: str) -> HttpResponse:
    """What an undo of everything the order did would bring back, the newest part of it first."""
    order = get_object_or_404(StandingOrder, operation=operation, slug=slug)
    effects, before = orders.effects_of(order), whole(request.GET.get("before", ""))
    chosen = list((effects.filter(pk__lt=before) if before else effects)[: undoing.PART])
    found = outlook(person(request), chosen)
    context = {
        "operation": operation,
        "order": order,
        "all": effects.count(),
        "most": undoing.PART,
        "first": chosen[-1].pk if chosen else 0,
        "last": chosen[0].pk if chosen else 0,
        "older": bool(chosen) and effects.filter(pk__lt=chosen[-1].pk).exists(),
        "can": found.can,
        "left": lines(person(request), [left.decision for left in found.left][:PER_PAGE]),
        "left_count": len(found.left),
    }
    return render(request, "desk/order_undo.html", context)


@require_POST
@needs(Permission.OPERATIONS_ORDER_SIGN)
@local_time
def undo_effects(request: HttpRequest, operation: Operation, slug: str) -> HttpResponse:
    order = get_object_or_404(StandingOrder, operation=operation, slug=slug)
    first, last = (whole(request.POST.get(name, "")) or 0 for name in ("first", "last"))
    try:
        found = undoing.undo_order(person(request), order, first, last)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
        return to("desk_orders", operation.slug)
    left = f" {len(found.left)} touched since and left alone." if found.left else ""
    messages.success(request, f"{len(found.can)} undone: their reports wait on the desk again.{left}")
    return to("desk_order_effects", operation.slug, slug)
