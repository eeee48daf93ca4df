"""The page of an office's other lists: what each says, which one is the one to go by. For who may nominate it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rapport.contacts.checking import unreadable
from rapport.contacts.converters import read
from rapport.contacts.directory import form, looking, memberships, nominating
from rapport.contacts.directory.pages import office_of, own, shown_to, stopped
from rapport.contacts.kinds import Problem
from rapport.contacts.members import Member
from rapport.contacts.model import Office as Record
from rapport.contacts.model import Role
from rapport.contacts.models import Entry, Office
from rapport.contacts.opaque import Numbered
from rapport.contacts.page import NOMINATE, at_work, common
from rapport.contacts.records import opened
from rapport.desk.page import attempt, to
from rapport.errors import Refused


@require_GET
@at_work(NOMINATE)
def index(request: HttpRequest, who: Member, actor: str, role: str) -> HttpResponse:
    """Every list that the office is in, and in what it differs from our record."""
    office = _own(who, actor, role)
    current = nominating.approved(office)
    listings = memberships.listings(office, opened(current.sealed) if current else None)
    if listings and (problem := shown_to(who, office, looking.LIST)):
        return stopped(request, who, problem)
    context = {
        **common(who),
        "office": office,
        "listings": listings,
        "history": memberships.history(office),
        "there_is_one": current is not None,
    }
    return render(request, "contacts/lists.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@at_work(NOMINATE)
def enter(request: HttpRequest, who: Member, actor: str, role: str) -> HttpResponse:
    """What another list says, on the form of a nomination. `of`: the number of an entry to begin with."""
    office = _own(who, actor, role)
    if request.method != "POST":
        before = _entry(office, request.GET.get("of", ""))
        if before is not None and (problem := shown_to(who, office, looking.LIST)):
            return stopped(request, who, problem)
        record = opened(before.sealed) if before else _empty(office)
        return _form(request, who, office, record, before)
    typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    record, wrong = form.office_of(typed, actor, Role(role))
    wrong = [*wrong, *unreadable(record)]
    if wrong:
        return _form(request, who, office, record, None, wrong)
    try:
        memberships.enter(who, office, typed.get("network", ""), typed.get("source", ""), record)
    except Refused as refused:
        return _form(request, who, office, record, None, [Problem(refused.field or "", refused.remedy)])
    return to("contacts_lists", who.operation.slug, actor, role)


def _form(
    request: HttpRequest, who: Member, office: Office, record: Record, before: Entry | None,
    wrong: Sequence[Problem] = (),
) -> HttpResponse:  # fmt: skip
    context = {
        **common(who),
        "office": office,
        **form.shown(record, wrong),
        "network": request.POST.get("network", before.network if before else ""),
        "source": request.POST.get("source", ""),
    }
    return render(request, "contacts/list_form.html", context, status=422 if wrong else 200)


def _empty(office: Office) -> Record:
    """Nothing that a list has not said: hours and zone too."""
    return replace(Record(office.actor.code, Role(office.role), "", ()), hours="", time_zone="")


@require_POST
@at_work(NOMINATE)
def governs(request: HttpRequest, who: Member, actor: str, role: str, number: int) -> HttpResponse:
    """This list is the one to go by."""
    one = get_object_or_404(Entry, office=_own(who, actor, role), pk=number)
    attempt(request, lambda: memberships.govern(who, one), _("Noted: this list is the one to go by."))
    return to("contacts_lists", who.operation.slug, actor, role)


@require_POST
@at_work(NOMINATE)
def out(request: HttpRequest, who: Member, actor: str, role: str, number: int) -> HttpResponse:
    """The office is in this list no more."""
    one = get_object_or_404(Entry, office=_own(who, actor, role), pk=number)
    attempt(request, lambda: memberships.take_out(who, one), _("Taken out. What the list said is kept."))
    return to("contacts_lists", who.operation.slug, actor, role)


def _own(who: Member, actor: str, role: str) -> Office:
    office = office_of(who, actor, role)
    if not own(who, office):
        raise PermissionDenied("speaks for another State")
    return office


def _entry(office: Office, number: str) -> Entry | None:
    return Entry.objects.filter(office=office, pk=read(Numbered.ENTRY, number) or 0, replaced_at=None).first()
