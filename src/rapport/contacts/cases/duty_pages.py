"""The duty view: what waits for one side, alarms that somebody knows of, handing the duty over."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rapport.contacts.callers import books
from rapport.contacts.cases import duty, reading
from rapport.contacts.cases.going import SEND
from rapport.contacts.cases.models import Fired, Handover
from rapport.contacts.directory.listing import aging
from rapport.contacts.members import Member, speaking
from rapport.contacts.page import at_work, common
from rapport.contacts.representatives import changed
from rapport.desk.page import attempt, to
from rapport.registry.models import Actor


@require_GET
@at_work(SEND)
def on_duty(request: HttpRequest, who: Member) -> HttpResponse:
    """What waits, the most urgent first."""
    now = timezone.now()
    found = duty.duty(who, now)
    shared = common(who)
    asking = [one for one in shared["newcomers"] if who.speaks_for(one.actor)]
    context = {
        **shared,
        "duty": found,
        "asking": asking,
        "gone": changed.gone(who),
        "last": None if who.actors else changed.last_of(who),
        "team": () if who.actors else changed.team(who.operation.pk),
        "loud": [*found.loud, *(f"asks:{one.belonging.person.username}:{one.actor.code}" for one in asking)],
        "speak": speaking(who.operation.pk).filter(actor__in=who.actors).values("person").distinct().count(),
        "locked": books.locked(who.actors),
        "aging": aging(who),
        "now": now,
        "on_duty": [(one, duty.on_duty(one)) for one in who.actors],
    }
    return render(request, "contacts/duty.html", context)


@require_POST
@at_work(SEND)
def heard(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """Somebody knows of a clock that was not met."""
    one = get_object_or_404(
        Fired.objects.select_related("dispatch"), pk=number, dispatch__case__in=reading.cases_of(who)
    )
    attempt(request, lambda: duty.hear(who, one), _("This alarm is silent for your side now."))
    return to("contacts_duty", who.operation.slug)


@require_POST
@at_work(SEND)
def hand_over(request: HttpRequest, who: Member) -> HttpResponse:
    """POST `actor` (its code), `note`."""
    actor = get_object_or_404(Actor, operation=who.operation, code=request.POST.get("actor", ""))
    note = request.POST.get("note", "")
    said = _("Handed over, as soon as somebody takes it: until then the duty is yours.")
    attempt(request, lambda: duty.hand_over(who, actor, note), said)
    return to("contacts_duty", who.operation.slug)


@require_POST
@at_work(SEND)
def take_over(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    one = get_object_or_404(Handover.objects.select_related("actor"), pk=number, actor__in=list(who.actors))
    attempt(request, lambda: duty.take_over(who, one), _("You are on duty."))
    return to("contacts_duty", who.operation.slug)
