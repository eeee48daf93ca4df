"""Who speaks for a party: the page that everybody who does can read, and what a newcomer reads until then."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.models import Belonging
from rapport.accounts.permissions import Permission
from rapport.contacts.members import Member
from rapport.contacts.models import Representative
from rapport.contacts.page import at_work, common
from rapport.contacts.representatives import confirming
from rapport.desk.page import attempt, to
from rapport.registry.models import Actor

READ, SEND = Permission.CONTACTS_DIRECTORY_READ, Permission.CONTACTS_MESSAGE_SEND


@require_GET
@at_work(READ)
def index(request: HttpRequest, who: Member) -> HttpResponse:
    """Of one's own party, for the team of all: who speaks for it, since when, by whose word; who asks to."""
    return render(request, "contacts/representatives.html", {**common(who), "parties": confirming.parties(who)})


@require_POST
@at_work(READ)
def confirm(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """POST `actor` (its code): the person who belongs to it by this number speaks for it."""
    entered, actor = _entered(request, who, number)
    said = _("%(name)s speaks for %(party)s from now on.") % {"name": entered.person.shown_name, "party": actor.name}
    attempt(request, lambda: confirming.confirm(who, entered, actor), said)
    return to("contacts_representatives", who.operation.slug)


@require_POST
@at_work(READ)
def refuse(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """POST `actor`: nobody here knows them."""
    entered, actor = _entered(request, who, number)
    said = _("Noted: they do not speak for you. Ask the network's team why they were entered.")
    attempt(request, lambda: confirming.refuse(who, entered, actor), said)
    return to("contacts_representatives", who.operation.slug)


@require_POST
@at_work(SEND)
def end(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """Somebody speaks for one's own party no more."""
    known = Representative.objects.select_related("actor", "person")
    one = get_object_or_404(known, pk=number, actor__in=[actor.pk for actor in who.actors])
    said = _("Ended: %(name)s reads and writes nothing here any more.") % {"name": one.person.shown_name}
    attempt(request, lambda: confirming.end(who, one), said)
    return to("contacts_representatives", who.operation.slug)


def _entered(request: HttpRequest, who: Member, number: int) -> tuple[Belonging, Actor]:
    """Of one's own party; for the team of any."""
    actors = Actor.objects.filter(operation=who.operation)
    mine = actors if who.team else actors.filter(pk__in=[one.pk for one in who.actors])
    actor = get_object_or_404(mine, code=request.POST.get("actor", ""))
    known = Belonging.objects.select_related("person").filter(operation=who.operation)
    return get_object_or_404(known, pk=number, organisation=actor.organisation_id), actor
