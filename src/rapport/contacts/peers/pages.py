"""The pages about other instances: with which messages are exchanged, what waits, files there and back, ledgers."""

from __future__ import annotations

import re
from datetime import datetime

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rapport.accounts.permissions import Permission
from rapport.contacts import bundle, comparing, instance
from rapport.contacts.members import Member
from rapport.contacts.page import at_work, common
from rapport.contacts.peers import agreeing, files, ledgers, receiving, sending
from rapport.contacts.peers.agreeing import AGREE, Entered
from rapport.contacts.peers.models import Outbound, Peer, Terms, TermsState, Turned
from rapport.desk.page import attempt, to
from rapport.errors import Conflict, Refused
from rapport.operations.small_files import takes_file
from rapport.registry.models import Actor

READ, SEND = Permission.CONTACTS_DIRECTORY_READ, Permission.CONTACTS_MESSAGE_SEND
_TURNED = 30  # rows of what was not taken that are shown

_NUMBERS = 200  # messages of one's own that are listed by number


@require_GET
@at_work(READ)
def index(request: HttpRequest, who: Member) -> HttpResponse:
    """Every peer, how its line is, what waits; our own keys, to be read aloud; for the team what was not taken."""
    team, operation = who.may(AGREE), who.operation
    agreed = Terms.objects.exclude(state=TermsState.REFUSED).values("peer")  # what was refused at first is nothing
    peers = Peer.objects.filter(operation=operation, pk__in=agreed).order_by("instance")
    context = {
        **common(who),
        "me": instance.name(),
        "address": instance.address(who.operation),
        "keys": instance.own_keys(),
        "rows": [(one, _current(one), _waits(who, one).count(), receiving.gaps(one)) for one in peers],
        "turned": Turned.objects.filter(operation=who.operation).order_by("-last_at")[:_TURNED] if team else (),
        "may_agree": team,
        "may_send": who.may(SEND),
    }
    return render(request, "contacts/peers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@at_work(AGREE)
def enter(request: HttpRequest, who: Member) -> HttpResponse:
    """What was agreed with the people of another instance, or is to count from now on."""
    if request.method != "POST":
        return _form(request, who, request.GET.get("instance", ""))
    given = Entered(
        request.POST.get("instance", "").strip().lower(),
        request.POST.get("title", ""),
        request.POST.get("url", "").strip(),
        request.POST.getlist("parties"),
        re.findall(r"[^\s,;]+", request.POST.get("keys", "").lower()),
        _short(request.POST.get("retired", "")),
    )
    try:
        made = agreeing.enter(who, given)
    except (Refused, Conflict) as wrong:
        said = wrong.remedy if isinstance(wrong, Refused) else str(wrong)
        return _form(request, who, given.instance, given, said)
    return to("contacts_peer", who.operation.slug, made.peer_id)


def _short(typed: str) -> list[str]:
    """The fingerprints in what was typed or copied, each on its line: whole, in groups, or their first half alone."""
    found: list[str] = []
    for line in re.split(r"[\n,;]+", typed.lower()):
        words = line.split()
        found += words if all(len(one) == 16 for one in words) else ["".join(words)]
    return [one[:16] if len(one) == 32 else one for one in found]


def _form(request: HttpRequest, who: Member, named: str, given: Entered | None = None, said: str = "") -> HttpResponse:
    current = Terms.objects.filter(peer__operation=who.operation, peer__instance=named, state=TermsState.CONFIRMED)
    if given is None and (one := current.first()) is not None:
        codes = [actor.code for actor in one.parties.all()]
        given = Entered(named, one.title, one.url, codes, one.keys, one.retired)
    context = {
        **common(who), "given": given or Entered(named, "", "", (), ()), "wrong": said,
        "actors": Actor.objects.filter(operation=who.operation).order_by("name"),
    }  # fmt: skip
    return render(request, "contacts/peer_enter.html", context, status=422 if said else 200)


@require_GET
@at_work(READ)
def show(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """One peer: what was agreed, what waits, which messages of it have not come."""
    return _page(request, who, _peer(who, number))


def _page(request: HttpRequest, who: Member, peer: Peer, **more: object) -> HttpResponse:
    mine = [one.pk for one in who.actors]
    waiting = peer.terms.filter(state=TermsState.WAITING).select_related("entered_by").first()
    outbound = _waits(who, peer)
    context = {
        **common(who),
        "peer": peer,
        "terms": _current(peer),
        "waiting": waiting,
        "changes": _changes(_current(peer), waiting) if waiting else (),
        "prints": len(waiting.keys) if waiting else 0,
        "own": waiting is not None and waiting.entered_by_id == who.person.pk,
        "count": outbound.count(),
        # References of cases are for their parties alone.
        "outbound": outbound.filter(dispatch__sender__actor__in=mine)[:50],
        "gaps": receiving.gaps(peer),
        "may_agree": who.may(AGREE),
        "may_send": who.may(SEND),
        "numbers": Outbound.objects.filter(peer=peer, dispatch__sender__actor__in=mine)
        .select_related("dispatch__case")
        .order_by("-number")[:_NUMBERS],
        **more,
    }
    return render(request, "contacts/peer.html", context)


def _changes(counts: Terms | None, waiting: Terms) -> list[tuple[str, str, str]]:
    """What is to count other than now: what it is, how it counts, how it will. Fingerprints of keys are told by
    telephone, not here; those that count no more are no secret."""
    if counts is None:
        return []
    known = set(counts.keys)
    new, gone = len(set(waiting.keys) - known), len(known - set(waiting.keys))
    keys = _("%(new)s new, %(gone)s not any more") % {"new": new, "gone": gone} if new or gone else ""
    rows = (
        (_("Whose"), counts.title, waiting.title),
        (_("Address"), counts.url or _("none: by file"), waiting.url or _("none: by file")),
        (_("Who writes from there"), _named(counts), _named(waiting)),
        (_("Public keys"), "", keys),
        (_("Fingerprints of keys that do not count any more"), " ".join(counts.retired), " ".join(waiting.retired)),
    )
    return [row for row in rows if row[1] != row[2]]


def _named(terms: Terms) -> str:
    return ", ".join(terms.parties.order_by("name").values_list("name", flat=True))


@require_POST
@at_work(AGREE)
def confirm(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """POST `heard`: the fingerprints of the keys, as they were read aloud."""
    terms = _waiting(who, number)
    heard = request.POST.get("heard", "")[:200]
    went: list[int] = []
    said = _("Confirmed: messages are exchanged from now on.")
    attempt(request, lambda: went.append(agreeing.confirm(who, terms, heard)), said)
    if any(went):
        messages.info(request, _("Messages that were sent before, and went nowhere, go now: %s.") % went[0])
    return to("contacts_peer", who.operation.slug, number)


@require_POST
@at_work(AGREE)
def refuse(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    terms = _waiting(who, number)
    attempt(request, lambda: agreeing.refuse(who, terms), _("Refused. What counted before counts on."))
    return to("contacts_peer", who.operation.slug, number)


@require_POST
@at_work(AGREE)
def end(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    peer = _peer(who, number)
    attempt(request, lambda: agreeing.end(who, peer), _("Ended: nothing goes there and nothing is taken from there."))
    return to("contacts_peer", who.operation.slug, number)


@require_POST
@at_work(READ)
def try_now(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    peer = _peer(who, number)
    attempt(request, lambda: sending.try_now(peer), _("What waits is tried within some seconds."))
    return to("contacts_peer", who.operation.slug, number)


@require_POST
@at_work(READ)
def called(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """Somebody has called them about a key that is not agreed."""
    peer = _peer(who, number)
    said = _("Noted. For 24 hours nobody is told again; what comes is counted for the team, and not taken.")
    attempt(request, lambda: agreeing.called(who, peer), said)
    return to("contacts_peer", who.operation.slug, number)


@require_POST
@at_work(SEND)
def file(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """A file with this side's messages that have no receipt yet and the receipts that it owes."""
    peer = _peer(who, number)
    made = files.make(peer, who.actors)
    if not (made.messages or made.receipts):
        left = " ".join(made.red)
        said = _("TLP:RED goes by the line only: %s.") % left if left else _("Nothing waits for this instance.")
        messages.warning(request, said)
        return to("contacts_peer", who.operation.slug, number)
    sides, day = "-".join(one.code for one in who.actors), timezone.localdate()
    return _download(made.data, f"{instance.name()}-{sides}-to-{peer.instance}-{day:%Y-%m-%d}.bundle")


@takes_file(bundle.LARGEST)
@require_POST
@at_work(SEND)
def take(request: HttpRequest, who: Member) -> HttpResponse:
    """POST a file of the other side: what became of each message in it."""
    data = _file(request)
    context: dict[str, object] = {**common(who)}
    try:
        context["brought"] = files.take(who.operation, data, timezone.now())
    except Refused as why:
        context["problem"] = why.remedy
    return render(request, "contacts/peer_took.html", context, status=422 if "problem" in context else 200)


@require_POST
@at_work(AGREE)
def ledger(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """A file with the hash of each message that is held, signed: no content. For the team: it tells of all parties."""
    peer = _peer(who, number)
    return _download(ledgers.export(peer, timezone.now()), f"{instance.name()}-ledger-for-{peer.instance}.json")


@takes_file(comparing.LARGEST)
@require_POST
@at_work(AGREE)
def compare(request: HttpRequest, who: Member) -> HttpResponse:
    """POST the ledger of the other side: what differs, in words."""
    try:
        peer, found = ledgers.compare(who.operation, _file(request))
    except Refused as why:
        messages.error(request, why.remedy)
        return to("contacts_peers", who.operation.slug)
    return _page(request, who, peer, compared=comparing.in_words(found, _when))


def _when(at: datetime) -> str:
    """On the clock of whoever reads."""
    return date_format(timezone.localtime(at), "j M Y H:i")


# --- what they have in common --------------------------------------------------------------------------------------


def _waits(who: Member, peer: Peer) -> QuerySet[Outbound]:
    """For whoever speaks for a party its own messages, and not that there are others; for the team how many."""
    waiting = sending.waiting(peer)
    return waiting if who.may(AGREE) else waiting.filter(dispatch__sender__actor__in=[one.pk for one in who.actors])


def _peer(who: Member, number: int) -> Peer:
    return get_object_or_404(Peer, operation=who.operation, pk=number)


def _waiting(who: Member, number: int) -> Terms:
    found = _peer(who, number).terms.filter(state=TermsState.WAITING).first()
    if found is None:
        raise Http404("nothing waits")
    return found


def _current(peer: Peer) -> Terms | None:
    return peer.terms.filter(state=TermsState.CONFIRMED).prefetch_related("parties").first()


def _file(request: HttpRequest) -> bytes:
    found = request.FILES.get("file")
    return found.read() if isinstance(found, UploadedFile) else b""


def _download(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(data, content_type="application/octet-stream", headers=headers)
