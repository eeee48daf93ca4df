"""The pages of pings: rounds of them, what came of one's own, totals for all, and the page behind a ping's link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rapport.accounts.permissions import Permission
from rapport.contacts.agreed import network_of
from rapport.contacts.converters import read
from rapport.contacts.directory import looking
from rapport.contacts.members import Member
from rapport.contacts.model import Channel, Means
from rapport.contacts.models import Campaign, Ping
from rapport.contacts.opaque import Numbered
from rapport.contacts.page import at_work, common
from rapport.contacts.pinging import Outcome
from rapport.contacts.pings import aiming, answering, post, results, starting
from rapport.contacts.pings.starting import RUN, Terms
from rapport.desk.page import attempt, to, whole
from rapport.errors import Conflict, Refused
from rapport.operations.access import public
from rapport.operations.models import Operation
from rapport.operations.translated import translated
from rapport.reports.models import Standing

READ = Permission.CONTACTS_DIRECTORY_READ
#: Rows on a page.
MOST = 300
#: Messages beside a ping, and characters of each [ours].
MOST_SAID, LONGEST_SAID = 10, 500


@require_GET
@at_work(READ)
def index(request: HttpRequest, who: Member) -> HttpResponse:
    """All rounds of pings."""
    return _index(request, who)


def _index(
    request: HttpRequest, who: Member, typed: Mapping[str, Any] | None = None, problem: Refused | None = None
) -> HttpResponse:
    campaigns = Campaign.objects.filter(operation=who.operation).order_by("-opens_at", "-pk")
    roles = [one.value for one in network_of(who.operation.pk).roles]
    context = {
        **common(who),
        "roles": roles,
        "campaigns": campaigns[:50],
        "may_run": who.may(RUN),
        "means": [(one, one in post.BY_ITSELF) for one in Means],
        "typed": typed or {"answer_hours": "48", "roles": roles, "means": ["email", "sms"]},
        "problem": problem,
    }
    return render(request, "contacts/pings.html", context, status=422 if problem else 200)


@require_POST
@at_work(RUN)
def start(request: HttpRequest, who: Member) -> HttpResponse:
    """POST `title`, `opens_at` and `closes_at` (local times), `answer_hours`, `roles`, `means`, `inside_hours`,
    `exercise`."""
    data = request.POST
    typed = {name: data.get(name, "") for name in ("title", "opens_at", "closes_at", "answer_hours", "inside_hours")}
    chosen = {name: data.getlist(name) for name in ("roles", "means")}
    agreed = network_of(who.operation.pk).roles
    try:
        terms = Terms(
            typed["title"], _moment("opens_at", typed["opens_at"]), _moment("closes_at", typed["closes_at"]),
            whole(typed["answer_hours"]) or 0, frozenset(one for one in agreed if one.value in chosen["roles"]),
            frozenset(one for one in Means if one.value in chosen["means"]), bool(typed["inside_hours"]),
            bool(data.get("exercise")),
        )  # fmt: skip
        made = starting.start(who, terms)
    except Refused as refused:
        return _index(request, who, {**typed, **chosen, "exercise": data.get("exercise", "")}, refused)
    messages.success(request, _("Started. Each ping goes at a moment that nobody knows, not even you."))
    return to("contacts_campaign", who.operation.slug, made.ref)


def _moment(name: str, text: str) -> datetime:
    """A local time as a form gives it."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise Refused(name, "Choose a day and a time.", field=name)
    return found if timezone.is_aware(found) else timezone.make_aware(found)


@dataclass(frozen=True, slots=True)
class Said:
    """A message that names the code of a ping. `counted`: it was taken for an answer, a bounce or an absence;
    `elsewhere`: it came from another address or number than the one that was pinged."""

    at: datetime
    words: str
    counted: bool
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A ping as those see it whom it concerns. `channel`: None for who does not call it by hand."""

    ping: Ping
    answers: str  # who answers there
    channel: Channel | None  # of the one that was chosen to be called: each number shown is a look
    to_call: bool  # a person calls it, and may now
    to_note: bool  # a person may note what came of it
    to_correct: bool  # a program read what somebody wrote, and a person of the team may read it otherwise
    said: Sequence[Said]  # for the team alone


@require_GET
@at_work(READ)
def show(request: HttpRequest, who: Member, ref: str) -> HttpResponse:
    """What came of each ping of one's own offices, and totals once the round is over; to the team of all, at any time.
    `call`: the number of the one that somebody calls now."""
    campaign, may_run = _campaign(who, ref), who.may(RUN)
    pings = results.of_member(who, campaign)
    try:
        rows = _rows(who, pings[:MOST], read(Numbered.PING, request.GET.get("call", "")))
    except Refused as refused:
        return render(
            request, "contacts/stopped.html", {**common(who), "problem": translated(refused.remedy)}, status=429
        )
    context = {
        **common(who),
        "campaign": campaign,
        "totals": results.totals(campaign) if may_run else results.told(campaign),
        "rows": rows,
        "more": max(0, len(pings) - MOST),
        "may_run": may_run,
        "past": timezone.now() > campaign.over_at,
        **(_progress(campaign) if may_run else {}),
    }
    return render(request, "contacts/campaign.html", context)


def _progress(campaign: Campaign) -> dict[str, object]:
    """How far it is: for the team alone, since whoever else counts along learns when an answer came. `held`: why some
    could not go, and how many."""
    unsent = campaign.pings.filter(sent_at=None, outcome="")
    return {
        "waiting": unsent.count(),
        "open": campaign.pings.filter(sent_at__isnull=False, bounced_at=None, outcome="").count(),
        "held": Counter(unsent.exclude(problem="").values_list("problem", flat=True)).most_common(),
    }


def _rows(who: Member, pings: Sequence[Ping], call: int | None) -> list[Row]:
    """Not yet due pings of one's own are not shown: nobody is to wait for one. Of all that are called by hand one
    number is shown, as a look at that office: a round of pings is no list of all numbers. Refused after too many."""
    now, by_itself, team = timezone.now(), {one.value for one in post.BY_ITSELF}, who.may(RUN)
    rows = []
    for ping in pings:
        if ping.due_at > now or (ping.sent_at is None and not team):
            continue
        open_still = team and ping.answered_at is None and ping.outcome in {"", Outcome.SILENT}
        called = ping.means not in by_itself
        aim = aiming.now_of(ping, now) if called and ping.sent_at is None else aiming.taken(ping)
        if aim is None:
            continue  # nobody is to be called there any more
        shown = open_still and called and ping.pk == call and looking.look(who, ping.office, "ping") is not None
        to_note = shown or (open_still and not called and ping.sent_at is not None)
        said = _said(ping) if team and ping.code else []
        to_call, to_correct = open_still and called and not shown, team and answering.is_read(ping)
        rows.append(Row(ping, aim.answers, aim.channel if shown else None, to_call, to_note, to_correct, said))
    return rows


def _said(ping: Ping) -> list[Said]:
    return [
        Said(
            one.received_at,
            answering.words_of(one)[:LONGEST_SAID],
            one.standing != Standing.WAITING,
            answering.from_elsewhere(ping, one),
        )
        for one in ping.answers.select_related("sender").order_by("pk")[:MOST_SAID]
    ]


@require_POST
@at_work(RUN)
def stop(request: HttpRequest, who: Member, ref: str) -> HttpResponse:
    campaign = _campaign(who, ref)
    attempt(request, lambda: starting.stop(who, campaign), _("Stopped: what has not gone does not go."))
    return to("contacts_campaign", who.operation.slug, ref)


@require_POST
@at_work(RUN)
def called(request: HttpRequest, who: Member, ref: str, number: int) -> HttpResponse:
    """POST `became`: answered, wrong, dead, or nobody, which only who calls can say."""
    campaign = _campaign(who, ref)
    ping = get_object_or_404(campaign.pings.select_related("campaign", "office", "nomination"), pk=number)
    became = request.POST.get("became", "")
    by_itself = ping.means in {one.value for one in post.BY_ITSELF}
    known = {answering.ANSWERED, answering.WRONG, answering.DEAD} | (set() if by_itself else {answering.NOBODY})
    if became not in known:
        raise Http404("no such outcome")
    attempt(request, lambda: answering.by_hand(who, ping, became), _("Noted."))
    return to("contacts_campaign", who.operation.slug, ref)


def _campaign(who: Member, ref: str) -> Campaign:
    return get_object_or_404(Campaign, operation=who.operation, ref=ref)


# --- behind the link -----------------------------------------------------------------------------------------------


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, operation: Operation, link: str) -> HttpResponse:
    """Whoever has the link says that the ping arrived: POST `became`, answered or wrong. Looking alone says nothing:
    programs that look through letters open every link."""
    ping = answering.find(operation.pk, link)
    if ping is None:
        return render(request, "contacts/no_ping.html", {"operation": operation}, status=404)
    status, problem = 200, ""
    if request.method == "POST" and request.POST.get("became") in {"answered", "wrong"}:
        try:
            answering.by_link(ping, wrong=request.POST["became"] == "wrong")
        except Conflict as conflict:
            status, problem = 409, str(conflict)
        else:
            ping.refresh_from_db()
    context = {"operation": operation, "ping": ping, "problem": problem}
    return render(request, "contacts/ping.html", context, status=status)
