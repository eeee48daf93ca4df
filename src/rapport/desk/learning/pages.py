"""Which model suggests categories in an operation, how well it does, and the button that changes it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk.learning.agreement import ENOUGH, agreement
from rapport.desk.page import attempt, local_time, to
from rapport.operations import model
from rapport.operations.access import needs, person
from rapport.operations.gazetteer import RECHECK_S
from rapport.operations.models import Operation
from rapport.text.labels import shelf
from rapport.text.labels.card import apart_title

CHOOSE = Permission.OPERATIONS_MODEL_CHOOSE


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    chosen, agreed = model.chosen(operation), agreement(operation)
    rows = [
        {"model": one, "used": one.id == chosen.id, "agreement": agreed.get(one.id, []), **_card(one.card, operation)}
        for one in shelf.held(model.folder())
    ]
    context = {
        "operation": operation,
        "chosen": chosen,
        "rows": sorted(rows, key=lambda row: not row["used"]),
        "enough": ENOUGH,
        "may_choose": person(request).may(CHOOSE, operation.pk),
    }
    return render(request, "desk/model.html", context)


def _card(text: str, operation: Operation) -> dict[str, Any]:
    """What a card says of this operation, None where it says nothing, and the rest of it."""
    sections = shelf.sections(text)
    own = next((one for one in sections if one.title == apart_title(operation.slug)), None)
    return {"own": own, "card": [one for one in sections if one is not own]}


@require_POST
@needs(CHOOSE)
@local_time
def use(request: HttpRequest, operation: Operation) -> HttpResponse:
    """POST `model`: its id."""
    wanted = request.POST.get("model", "")
    said = f"{wanted} suggests categories for reports that come from now on, within {RECHECK_S:.0f} seconds."
    attempt(request, lambda: model.choose(person(request), operation, wanted), said)
    return to("desk_model", operation.slug)
