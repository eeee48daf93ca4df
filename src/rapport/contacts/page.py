"""What the pages of contacts have in common: who asks, and the time on that person's own clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from rapport.accounts.permissions import NETWORK_TEAM, Permission
from rapport.contacts.agreed import LOAD
from rapport.contacts.directory.listing import waiting_for
from rapport.contacts.members import Member, member
from rapport.contacts.models import Alarm, Nomination, State
from rapport.contacts.pings.running import FUNCTION
from rapport.contacts.records import opened
from rapport.contacts.representatives import changed, confirming
from rapport.operations.access import needs
from rapport.operations.models import Operation
from rapport.oversight.switches import is_stopped

P = ParamSpec("P")
APPROVE, NOMINATE = Permission.CONTACTS_OFFICE_APPROVE, Permission.CONTACTS_OFFICE_NOMINATE
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def at_work(permission: Permission) -> Callable[[Callable[Concatenate[HttpRequest, Member, P], HttpResponse]], View[P]]:
    """The page is for whoever holds the permission in a network, never kept by a browser, and given the Member who
    asks. It says times as the clock of that person's own office shows them. Whoever was entered as one of a party's
    people and does not speak for it yet reads instead what they wait for."""

    def decorate(view: Callable[Concatenate[HttpRequest, Member, P], HttpResponse]) -> View[P]:
        @wraps(view)
        def shown(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            who = member(request, in_network(cast(Operation, kwargs.pop("operation"))))
            with timezone.override(ZoneInfo(zone_of(who))):
                if who.entered:
                    return _waits(request, who)
                if not who.may(permission):  # of the team, for one who belongs to a party
                    raise PermissionDenied(permission.value)
                return view(request, who, *args, **kwargs)

        return cast("View[P]", never_cache(needs(permission)(shown)))

    return decorate


def _waits(request: HttpRequest, who: Member) -> HttpResponse:
    works = bool(who.person.roles_in(who.operation.pk) & NETWORK_TEAM)
    context = {
        "operation": who.operation,
        "waiting": confirming.waiting(who),
        "works": works,
        "team": changed.team(who.operation.pk),
    }
    return render(request, "contacts/waits.html", context, status=403)


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
    newcomers = confirming.asking(who)
    return {
        "operation": who.operation,
        "who": who,
        "zone": timezone.get_current_timezone_name(),  # as at_work has set it
        "may_approve": who.may(APPROVE),
        "may_nominate": who.may(NOMINATE),
        "may_load": who.may(LOAD),
        "waits": waiting_for(who),
        "stops": _stops(who.operation),
        "newcomers": newcomers,
        "asked": sum(one.mine for one in newcomers),
        "alarmed": who.may(APPROVE) and Alarm.objects.filter(operation=who.operation, seen_at=None).count(),
    }


def _stops(operation: Operation) -> str:
    """What the team has stopped, so that nobody takes quiet for peace: "sending", "clocks", "both" or ""."""
    sending, clocks = operation.sending_stopped_at is not None, is_stopped(FUNCTION, operation.pk)
    return "both" if sending and clocks else "sending" if sending else "clocks" if clocks else ""
