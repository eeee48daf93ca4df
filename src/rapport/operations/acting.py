"""For which of their organisations a person reads in an operation. For one at a time: each may be told other things,
and nobody puts them together by asking once."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from rapport.accounts.models import Organisation, Person
from rapport.operations.access import address, person, public
from rapport.operations.models import Operation

NOBODY = 0  # kept in the session for who has chosen to read for none


def organisations_of(one: Person, operation: Operation) -> list[Organisation]:
    """Those that a person may read for in an operation, by name; one query, remembered for the life of this object (one
    request)."""
    held: dict[int, list[Organisation]] = one.__dict__.setdefault("_organisations", {})
    if operation.pk not in held:
        belongs = Organisation.objects.filter(belongings__person=one, belongings__operation=operation)
        held[operation.pk] = [] if one.held_back or not one.is_active else list(belongs.order_by("name", "pk"))
    return held[operation.pk]


def acting_for(request: HttpRequest, operation: Operation) -> Organisation | None:
    """The organisation chosen, as long as the person belongs to it; the only one, where there is one; else none."""
    if not request.user.is_authenticated:
        return None
    among = organisations_of(person(request), operation)
    if len(among) == 1:
        return among[0]
    chosen = request.session.get(_key(operation), NOBODY) if among else NOBODY
    return next((one for one in among if one.pk == chosen), None)


@public
@never_cache
@require_POST
def act_for(request: HttpRequest, operation: Operation) -> HttpResponse:
    """POST `organisation`, the number of one of one's own, else nobody; `next`."""
    if request.user.is_authenticated:
        chosen = request.POST.get("organisation", "")
        among = {str(one.pk): one.pk for one in organisations_of(person(request), operation)}
        request.session[_key(operation)] = among.get(chosen, NOBODY)
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return redirect(wanted if ours else address(operation))


def _key(operation: Operation) -> str:
    return f"acting-{operation.pk}"
