"""What the pages of contacts have in common: who asks, and the time on that person's own clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from rapport.accounts.permissions import Permission
from rapport.contacts.agreed import LOAD
from rapport.contacts.directory.listing import waiting_for
from rapport.contacts.members import Member, member
from rapport.contacts.models import Alarm, Nomination, State
from rapport.contacts.records import opened
from rapport.operations.access import needs
from rapport.operations.models import Operation

P = ParamSpec("P")
APPROVE, NOMINATE = Permission.CONTACTS_OFFICE_APPROVE, Permission.CONTACTS_OFFICE_NOMINATE
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def at_work(permission: Permission) -> Callable[[Callable[Concatenate[HttpRequest, Member, P], HttpResponse]], View[P]]:
    """The page is for whoever holds the permission in a network, never kept by a browser, and given the Member who
    asks. It says times as the clock of that person's own office shows them."""

    def decorate(view: Callable[Concatenate[HttpRequest, Member, P], HttpResponse]) -> View[P]:
        @wraps(view)
        def shown(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            who = member(request, in_network(cast(Operation, kwargs.pop("operation"))))
            with timezone.override(ZoneInfo(zone_of(who))):
                return view(request, who, *args, **kwargs)

        return cast("View[P]", never_cache(needs(permission)(shown)))

    return decorate


def in_network(operation: Operation) -> Operation:
    """Itself; Http404 for one that is no network of contacts."""
    if operation.kind != "network":
        raise Http404("no network of contacts")
    return operation


def zone_of(who: Member) -> str:
    """The time zone of the first of one's own offices; the operation's for whoever has none."""
    own = Nomination.objects.filter(office__actor__in=[one.pk for one in who.actors], state=State.APPROVED)
    first = own.order_by("office__role").first() if who.actors else None
    return opened(first.sealed).time_zone if first else who.operation.time_zone


def common(who: Member) -> Mapping[str, Any]:
    """What every page's template gets."""
    return {
        "operation": who.operation,
        "who": who,
        "zone": timezone.get_current_timezone_name(),  # as at_work has set it
        "may_approve": who.may(APPROVE),
        "may_nominate": who.may(NOMINATE),
        "may_load": who.may(LOAD),
        "waits": waiting_for(who),
        "alarmed": who.may(APPROVE) and Alarm.objects.filter(operation=who.operation, seen_at=None).count(),
    }
