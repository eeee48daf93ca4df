"""Somebody calls and says they are of another party; or we call, and they ask us."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.permissions import Permission
from rapport.contacts.callers import books
from rapport.contacts.callers.models import BookState
from rapport.contacts.cases.telling import call_back
from rapport.contacts.directory import looking
from rapport.contacts.directory.listing import listed
from rapport.contacts.members import Member
from rapport.contacts.models import Office
from rapport.contacts.page import at_work, common
from rapport.desk.page import attempt, to, whole
from rapport.errors import Conflict, Refused
from rapport.operations.translated import translated
from rapport.registry.models import Actor

SEND = Permission.CONTACTS_MESSAGE_SEND


@require_GET
@at_work(SEND)
def index(request: HttpRequest, who: Member) -> HttpResponse:
    """Who calls? Every other party of the network."""
    own = _own(request, who)
    others = Actor.objects.filter(operation=who.operation).exclude(pk=own.pk).order_by("name")
    context = {**common(who), "own": own, "others": others, "locked": books.locked(who.actors)}
    return render(request, "contacts/callers.html", context)


@require_GET
@at_work(SEND)
def show(request: HttpRequest, who: Member, actor: str) -> HttpResponse:
    return _page(request, who, _other(who, actor))


@require_POST
@at_work(SEND)
def ask(request: HttpRequest, who: Member, actor: str) -> HttpResponse:
    """The next question for a caller."""
    other = _other(who, actor)
    try:
        pair = books.ask(who, _own(request, who), other)
    except Refused as why:
        return _page(request, who, other, problem=translated(why.remedy), numbers=_numbers(who, other))
    return _page(request, who, other, asked=(pair.number, pair.challenge), numbers=_numbers(who, other))


@require_POST
@at_work(SEND)
def check(request: HttpRequest, who: Member, actor: str) -> HttpResponse:
    """POST `number`, `answer`: what they said."""
    other = _other(who, actor)
    try:
        number = whole(request.POST.get("number", "")) or 0
        found = books.check(who, _own(request, who), other, number, request.POST.get("answer", ""))
    except Refused as why:
        return _page(request, who, other, problem=translated(why.remedy), numbers=_numbers(who, other))
    return _page(request, who, other, verdict=found, numbers=_numbers(who, other))


@require_POST
@at_work(SEND)
def tell(request: HttpRequest, who: Member, actor: str) -> HttpResponse:
    """POST `number`, `question`: what they ask us."""
    other = _other(who, actor)
    try:
        number = whole(request.POST.get("number", "")) or 0
        answer = books.tell(who, _own(request, who), other, number, request.POST.get("question", ""))
    except Refused as why:
        return _page(request, who, other, problem=translated(why.remedy), numbers=_numbers(who, other))
    return _page(request, who, other, told=answer, refused=not answer, numbers=_numbers(who, other))


@require_POST
@at_work(SEND)
def make(request: HttpRequest, who: Member, actor: str) -> HttpResponse:
    """POST `secret`, or `fresh` for one to bring to the other side."""
    other = _other(who, actor)
    if "fresh" in request.POST:
        return _page(request, who, other, secret=books.fresh_secret())
    own, secret = _own(request, who), request.POST.get("secret", "")[:200]
    attempt(request, lambda: books.make(who, own, other, secret), _("Another person of your side confirms it."))
    return to("contacts_caller", who.operation.slug, actor)


@require_POST
@at_work(SEND)
def confirm(request: HttpRequest, who: Member, actor: str) -> HttpResponse:
    """POST `marks`: those of the other side's sheets, as they were heard."""
    own, other, marks = _own(request, who), _other(who, actor), request.POST.get("marks", "")[:200]
    attempt(request, lambda: books.confirm(who, own, other, marks), _("Both sides have the same words: they count."))
    return to("contacts_caller", who.operation.slug, actor)


@require_POST
@at_work(SEND)
def end(request: HttpRequest, who: Member, actor: str) -> HttpResponse:
    """POST `waiting`: only the set that waits for its second person."""
    own, other, waiting = _own(request, who), _other(who, actor), bool(request.POST.get("waiting"))
    said = _("Thrown away.") if waiting else _("Ended. Tell the other side: their sheet is worth nothing.")
    attempt(request, lambda: books.end(who, own, other, waiting=waiting), said)
    return to("contacts_caller", who.operation.slug, actor)


@require_POST
@at_work(SEND)
def sheet(request: HttpRequest, who: Member, actor: str) -> HttpResponse:
    """Both directions as plain text, to be printed and locked away."""
    other = _other(who, actor)
    try:
        text = books.sheet(who, _own(request, who), other)
    except Conflict as why:
        return _page(request, who, other, problem=translated(str(why)))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


# --- what they have in common --------------------------------------------------------------------------------------


def _page(request: HttpRequest, who: Member, other: Actor, **more: object) -> HttpResponse:
    own = _own(request, who)
    there = books.of(own, other)
    waiting = [one for one in there if one.state == BookState.WAITING]
    context = {
        **common(who),
        "own": own,
        "other": other,
        "active": [(one, books.book_of(one).left) for one in there if one.state == BookState.ACTIVE],
        "waiting": waiting,
        "entered": any(one.made_by_id == who.person.pk for one in waiting),
        "locked": [one for one in there if one.locked_at and one.state == BookState.ACTIVE],
        "offices": [one.office for one in listed(who, other)],
        **more,
    }
    return render(request, "contacts/caller.html", context)


def _own(request: HttpRequest, who: Member) -> Actor:
    """For whom this person speaks; where they are several, the one that was chosen."""
    wanted = request.POST.get("own", request.GET.get("own", ""))
    if not who.actors:
        raise PermissionDenied("speaks for nobody")
    return next((one for one in who.actors if one.code == wanted), who.actors[0])


def _other(who: Member, actor: str) -> Actor:
    return get_object_or_404(Actor, operation=who.operation, code=actor)


def _numbers(who: Member, other: Actor) -> list[tuple[str, str]]:
    """Role and number at which each office is called back: looks like any other, noted and limited."""
    found = []
    for office in Office.objects.filter(actor=other, closed_at=None).select_related("actor", "operation"):
        try:
            shown = looking.look(who, office)
        except Refused:
            break
        if shown is not None and (number := call_back(shown.release.row)):
            found.append((office.role, number))
    return found
