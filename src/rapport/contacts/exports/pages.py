"""The pages of copies: taking a card, a phone tree or a signed directory along; a directory for an organisation, asked
for by one of the team and released by another; the key by which all of them are told from forged ones."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.models import Organisation
from rapport.contacts import instance
from rapport.contacts.converters import read
from rapport.contacts.directory import looking
from rapport.contacts.directory.listing import lines
from rapport.contacts.directory.pages import READ, office_of
from rapport.contacts.exports import copies, keeping, releasing, taking
from rapport.contacts.exports.copies import File, Form
from rapport.contacts.members import Member
from rapport.contacts.models import Export, ExportKind, ExportState
from rapport.contacts.opaque import Numbered
from rapport.contacts.page import APPROVE, at_work, common, in_network
from rapport.desk.page import attempt, to, whole
from rapport.errors import Refused
from rapport.operations.access import public
from rapport.operations.models import Operation
from rapport.operations.translated import translated
from rapport.oversight.ledger.exported import pem
from rapport.registry.models import Actor

SHOWN = 100


@require_POST
@at_work(READ)
def card(request: HttpRequest, who: Member, actor: str, role: str) -> HttpResponse:
    """POST `form`: text or pdf. One office for the wallet, as a file."""
    try:
        return _download(taking.card(who, office_of(who, actor, role), _wanted(request)))
    except Refused as refused:
        return _refused(request, who, refused)


@require_POST
@at_work(READ)
def tree(request: HttpRequest, who: Member, actor: str) -> HttpResponse:
    """POST `form`: text or pdf. Whom to try after whom at one State, as a file."""
    one = get_object_or_404(Actor, operation=who.operation, code=actor)
    try:
        return _download(taking.tree(who, one, _wanted(request)))
    except Refused as refused:
        return _refused(request, who, refused)


@require_GET
@at_work(READ)
def index(request: HttpRequest, who: Member) -> HttpResponse:
    """The copies that were taken along, as far as they concern who asks, and the forms for others."""
    mine = _known(who).select_related("organisation", "asked_by", "decided_by")
    team = who.may(APPROVE)
    context = {
        **common(who),
        "waiting": mine.filter(state=ExportState.WAITING).order_by("asked_at") if team else (),
        "exports": mine.exclude(state=ExportState.WAITING).order_by("-pk")[:SHOWN],
        "lines": [one for one in lines(who) if one.offices],
        "room": max(0, looking.room(who)),
        "team": team,
        "organisations": _organisations(who.operation) if team else (),
        "now": timezone.now(),
    }
    return render(request, "contacts/exports.html", context)


@require_POST
@at_work(READ)
def take(request: HttpRequest, who: Member) -> HttpResponse:
    """POST `office`, the offices that somebody takes along in a signed directory, as the page names them."""
    try:
        taking.directory(who, _chosen(request))
    except Refused as refused:
        return _refused(request, who, refused)
    return to("contacts_exports", who.operation.slug)


@require_POST
@at_work(APPROVE)
def ask(request: HttpRequest, who: Member) -> HttpResponse:
    """POST `organisation`, its number; `why`; `office`, as for `take`, or none for all that it may copy."""
    one = get_object_or_404(_organisations(who.operation), pk=whole(request.POST.get("organisation", "")))
    why = request.POST.get("why", "")
    said = _("Asked for. Another person of the team releases it.")
    attempt(request, lambda: releasing.ask(who, one, _chosen(request), why), said)
    return to("contacts_exports", who.operation.slug)


@require_POST
@at_work(APPROVE)
def release(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    one = get_object_or_404(Export, operation=who.operation, pk=number)
    said = _("Released: the organisation finds it on this page.")
    attempt(request, lambda: releasing.release(who, one), said)
    return to("contacts_exports", who.operation.slug)


@require_POST
@at_work(APPROVE)
def refuse(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """POST `reason`."""
    one = get_object_or_404(Export, operation=who.operation, pk=number)
    reason = request.POST.get("reason", "")
    attempt(request, lambda: releasing.refuse(who, one, reason), _("Refused. Who asked reads why."))
    return to("contacts_exports", who.operation.slug)


@require_POST
@at_work(READ)
def fetch(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """POST `form`: the signed file (text), or what it says as PDF. That it was fetched is noted."""
    made = _known(who).filter(kind=ExportKind.DIRECTORY, state=ExportState.MADE)
    made = made.filter(Q(asked_by=who.person, organisation=who.organisation) | Q(decided_by__isnull=False))
    one = get_object_or_404(made, pk=number)
    try:
        data, read = keeping.fetched(who, one)
    except Refused as refused:
        return _refused(request, who, refused)
    return _download(copies.directory(data, read, _wanted(request)))


@public
@require_GET
@never_cache
def key(request: HttpRequest, operation: Operation) -> HttpResponse:
    """By which key a directory of this installation is told from a forged one."""
    in_network(operation)
    context = {"operation": operation, "keys": instance.marks(), "instance": instance.name()}
    return render(request, "contacts/key.html", context)


@public
@require_GET
@never_cache
def key_file(request: HttpRequest, operation: Operation) -> HttpResponse:
    """The public keys, PEM."""
    in_network(operation)
    text = "".join(map(pem, instance.public_keys().values()))
    return _download(File(text.encode(), "contacts-key.pem", "application/x-pem-file"))


# --- what they have in common --------------------------------------------------------------------------------------


def _known(who: Member) -> QuerySet[Export]:
    """Of the copies all for who of the team decides about them; else those that one took along oneself for the
    organisation that one reads for, and those that the team released for it."""
    known = Export.objects.filter(operation=who.operation)
    if who.may(APPROVE):
        return known
    own = Q(asked_by=who.person, organisation=who.organisation)
    if who.organisation is not None:
        own |= Q(organisation=who.organisation, state=ExportState.MADE, decided_by__isnull=False)
    return known.filter(own)


def _organisations(operation: Operation) -> QuerySet[Organisation]:
    """Those that an agreement admits: to any other nothing can be released."""
    now = timezone.now()
    admitted = Q(agreements__operation=operation, agreements__ended_at=None, agreements__ends__gt=now)
    return Organisation.objects.filter(admitted).distinct().order_by("name")


def _wanted(request: HttpRequest) -> Form:
    return Form.PDF if request.POST.get("form") == Form.PDF else Form.TEXT


def _chosen(request: HttpRequest) -> list[int]:
    """Their numbers. None at all may mean every office, so nothing that names none is passed over."""
    found = []
    for one in request.POST.getlist("office"):
        number = read(Numbered.OFFICE, one)
        if number is None:
            raise Http404("no such office")
        found.append(number)
    return found


def _download(file: File) -> HttpResponse:
    answer = HttpResponse(file.data, content_type=file.content_type)
    answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return answer


def _refused(request: HttpRequest, who: Member, refused: Refused) -> HttpResponse:
    context = {**common(who), "problem": translated(refused.remedy)}
    return render(request, "contacts/no_copy.html", context, status=refused.status)
