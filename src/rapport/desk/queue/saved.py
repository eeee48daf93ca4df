"""Parts of the queue under a name: one's own, or everybody's."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.models import SavedFilter
from rapport.desk.page import attempt, filter_query, filters_of, to
from rapport.errors import Refused
from rapport.operations.access import needs, person
from rapport.operations.models import Operation

NAME_LENGTH = 60
#: One person's filters in one operation [ours: what fits above a queue].
MOST = 20


def shown(operation: Operation, who: Person) -> QuerySet[SavedFilter]:
    """What this person can choose: their own, then everybody's."""
    filters = SavedFilter.objects.filter(operation=operation).filter(Q(person=who) | Q(shared=True))
    return filters.select_related("person").order_by("shared", "name", "pk")


def save(who: Person, operation: Operation, name: str, query: str, shared: bool) -> SavedFilter:
    """Under a name that the person has already it replaces what was there."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH or "\0" in name:
        raise Refused("name", f"Give it a name of 1 to {NAME_LENGTH} characters.", field="name")
    mine = SavedFilter.objects.filter(operation=operation, person=who)
    if mine.exclude(name=name).count() >= MOST:
        raise Refused("too many", f"You have {MOST} saved filters: delete one first.")
    made, _ = SavedFilter.objects.update_or_create(
        operation=operation, person=who, name=name, defaults={"query": query, "shared": shared}
    )
    return made


@require_POST
@needs(Permission.DESK_REPORT_READ)
def save_filter(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Saves the filters that the form carries."""
    query = filter_query(filters_of(request.POST))
    shared = request.POST.get("shared") == "1"
    name = request.POST.get("name", "")
    attempt(request, lambda: save(person(request), operation, name, query, shared), "Saved.")
    return HttpResponseRedirect(reverse("desk", args=[operation.slug]) + (f"?{query}" if query else ""))


@require_POST
@needs(Permission.DESK_REPORT_READ)
def delete_filter(request: HttpRequest, operation: Operation, filter_id: int) -> HttpResponse:
    """One's own only; one that is gone already is gone."""
    mine = SavedFilter.objects.filter(operation=operation, person=person(request), pk=filter_id)
    for one in mine:
        messages.success(request, f"The saved filters “{one.name}” are deleted.")
    mine.delete()
    return to("desk", operation.slug)
