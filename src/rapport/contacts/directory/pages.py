"""The pages of the directory: which offices there are, one office, nominating one, deciding about a nomination."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rapport.accounts.permissions import Permission
from rapport.contacts.agreed import network_of
from rapport.contacts.converters import read
from rapport.contacts.directory import form, looking, memberships, nominating
from rapport.contacts.directory.listing import aging, barred, columns, lines
from rapport.contacts.exports import keeping
from rapport.contacts.kinds import Problem
from rapport.contacts.members import Member
from rapport.contacts.model import Office as Record
from rapport.contacts.model import Role
from rapport.contacts.models import Alarm, Nomination, Office, State
from rapport.contacts.opaque import Numbered
from rapport.contacts.page import APPROVE, NOMINATE, at_work, common
from rapport.contacts.reach import reach
from rapport.contacts.records import opened
from rapport.desk.page import attempt, to
from rapport.errors import Conflict, Refused
from rapport.operations.translated import translated
from rapport.registry.models import Actor

READ = Permission.CONTACTS_DIRECTORY_READ


@require_GET
@at_work(READ)
def index(request: HttpRequest, who: Member) -> HttpResponse:
    """Which offices there are, and nothing of how they are reached. `q`: part of a name; `role`."""
    wanted, role = request.GET.get("q", "").strip()[:100], request.GET.get("role", "")
    every = lines(who)
    rows = [one for one in every if wanted.casefold() in one.actor.name.casefold() or wanted == one.actor.code]
    context = {
        **common(who),
        "rows": [one for one in rows if role not in set(Role) or one.office_of(role)],
        "any": bool(every),
        "q": wanted,
        "role": role,
        "barred": not any(one.offices for one in every if not who.speaks_for(one.actor)) and barred(who),
        "mine": [one for one in every if who.speaks_for(one.actor)],
        "columns": columns(every),
        "agreed": [one.value for one in network_of(who.operation.pk).roles],
        "aging": aging(who),
    }
    return render(request, "contacts/index.html", context)


@require_GET
@at_work(READ)
def show(request: HttpRequest, who: Member, actor: str, role: str) -> HttpResponse:
    """How one office is reached now. Each look is noted."""
    office = office_of(who, actor, role)
    try:
        shown = looking.look(who, office)
    except Refused as refused:
        return stopped(request, who, refused)
    if shown is None and not own(who, office):
        raise Http404("no such office for this reader")
    now = timezone.now()
    listings = memberships.listings(office, shown.release.row if shown else None)
    context = {
        **common(who),
        "office": office,
        "shown": shown,
        "reach": reach(shown.release.row, office, now) if shown else None,
        "own": own(who, office),
        "counts": nominating.approved(office) is not None,
        "agreed": office.role in network_of(who.operation.pk).roles,
        "waiting": nominating.waiting(office),
        "looks": looking.looks_at(office)[:20] if who.speaks_for(office.actor) else (),
        "listings": listings,
        "to_go_by": memberships.to_go_by(who, office, listings) if shown else (),
        "copies": keeping.of_office(office) if who.speaks_for(office.actor) else (),
        "verified": office.verifications.select_related("by").order_by("-at")[:5],
    }
    return render(request, "contacts/office.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@at_work(NOMINATE)
def nominate(request: HttpRequest, who: Member, actor: str, role: str) -> HttpResponse:
    """The record of an office, as it is to be once a second person has approved it. `of`: the number of a nomination
    that was refused or withdrawn, to begin with what it said; POST `began`: the digest of what counted then."""
    of = get_object_or_404(Actor, operation=who.operation, code=actor)
    if role not in set(Role):
        raise Http404("no such role")
    if not (who.speaks_for(of) or who.team):
        raise PermissionDenied("speaks for another State")
    if request.method != "POST":
        return _begun(request, who, of, Role(role))
    typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    record, wrong = form.office_of(typed, of.code, Role(role))
    wrong = [*wrong, *nominating.faults(record, typed.get("why", ""), timezone.now())]
    if wrong:
        return _form(request, who, of, Role(role), record, wrong)
    try:
        made = nominating.nominate(who, of, record, typed.get("why", ""), began=typed.get("began", ""))
    except Conflict as conflict:
        since = typed.get("began", "")
        return _form(request, who, of, Role(role), record, [Problem("", str(conflict))], status=409, since=since)
    except Refused as refused:
        return _form(request, who, of, Role(role), record, [Problem(refused.field or "", refused.remedy)])
    return to("contacts_nomination", who.operation.slug, made.pk)


def _form(
    request: HttpRequest, who: Member, of: Actor, role: Role, record: Record, wrong: list[Problem] | None = None,
    status: int = 422, since: str | None = None,
) -> HttpResponse:  # fmt: skip
    """`since`: digest of what counted when somebody began: what was changed since is shown, and known from then on."""
    context = {
        **common(who),
        "actor": of,
        "role": role,
        **form.shown(record, wrong or ()),
        "why": request.POST.get("why", ""),
        "began": request.POST.get("began", "") if since is None else nominating.digest_of(of, role),
        "since": _since(of, role, since) if since is not None else (),
    }
    return render(request, "contacts/nominate.html", context, status=status if wrong else 200)


def _begun(request: HttpRequest, who: Member, of: Actor, role: Role) -> HttpResponse:
    """The form with what counts now, or with a nomination `of` that was refused or withdrawn: a look at the office."""
    counts = nominating.approved_of(of, role)
    gone = Nomination.objects.filter(
        office__actor=of, office__role=role.value, state__in=(State.REFUSED, State.WITHDRAWN), closes=False
    )
    again = gone.filter(pk=read(Numbered.NOMINATION, request.GET.get("of", "")) or 0).first()
    base = nominating.before(again) if again else counts
    begun = again or counts
    if begun is None:
        return _form(request, who, of, role, Record(of.code, role, "", (), time_zone=of.operation.time_zone))
    if problem := shown_to(who, begun.office, looking.CHANGING):
        return stopped(request, who, problem)
    return _form(request, who, of, role, opened(begun.sealed), since=base.digest if base else "")


def _since(of: Actor, role: Role, digest: str) -> Sequence[form.Change]:
    """What was changed since the record of this digest counted."""
    now = nominating.approved_of(of, role)
    if now is None or now.digest == digest:
        return ()
    then = Nomination.objects.filter(office=now.office_id, digest=digest).first()
    return form.changes(opened(then.sealed) if then else None, opened(now.sealed))


@require_GET
@at_work(READ)
def nominations(request: HttpRequest, who: Member) -> HttpResponse:
    """What waits for a second person, and what was decided lately."""
    known = Nomination.objects.filter(office__operation=who.operation).select_related(
        "office__actor", "nominated_by", "decided_by"
    )
    if not who.may(APPROVE):
        known = known.filter(office__actor__in=[one.pk for one in who.actors])
    context = {
        **common(who),
        "waiting": known.filter(state=State.WAITING).order_by("nominated_at"),
        "decided": known.exclude(state=State.WAITING).exclude(decided_at=None).order_by("-decided_at")[:50],
    }
    return render(request, "contacts/nominations.html", context)


@require_GET
@at_work(READ)
def nomination(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """What it changes, line by line, for who decides about it and who nominated it: a look at the office. Once it is
    decided, for its State alone."""
    one = _nomination(who, number)
    own, waits = one.nominated_by_id == who.person.pk, one.state == State.WAITING
    kind = looking.CHANGING if own else looking.DECIDING
    if waits and not one.closes and (problem := shown_to(who, one.office, kind)):
        return stopped(request, who, problem)
    shown = waits or who.speaks_for(one.office.actor)
    before = nominating.before(one)
    record = opened(one.sealed)
    context = {
        **common(who),
        "one": one,
        "shown": shown,
        "lines": form.lines(record).items() if shown and before is None else (),
        "changes": form.changes(opened(before.sealed), record) if shown and before else (),
        "first": before is None,
        "own": own,
        "may_withdraw": own or who.speaks_for(one.office.actor),
        "waits": waits,
        "again": one.state in {State.REFUSED, State.WITHDRAWN} and not one.closes and who.speaks_for(one.office.actor),
    }
    return render(request, "contacts/nomination.html", context)


@require_POST
@at_work(APPROVE)
def approve(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    one = _nomination(who, number)
    attempt(request, lambda: nominating.approve(who, one), _("Approved: it counts from now on."))
    return to("contacts_nomination", who.operation.slug, number)


@require_POST
@at_work(APPROVE)
def refuse(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """POST `reason`."""
    one = _nomination(who, number)
    reason = request.POST.get("reason", "")
    attempt(request, lambda: nominating.refuse(who, one, reason), _("Refused. Who nominated it reads why."))
    return to("contacts_nomination", who.operation.slug, number)


@require_POST
@at_work(NOMINATE)
def withdraw(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    one = _nomination(who, number)
    attempt(request, lambda: nominating.withdraw(who, one), _("Withdrawn. What counted before counts on."))
    return to("contacts_nomination", who.operation.slug, number)


@require_POST
@at_work(NOMINATE)
def verify(request: HttpRequest, who: Member, actor: str, role: str) -> HttpResponse:
    """POST `how`: how somebody knows that the record is right; `read`: the digest of the one that they were shown."""
    office = office_of(who, actor, role)
    how, read = request.POST.get("how", ""), request.POST.get("read", "")
    attempt(request, lambda: nominating.verify(who, office, how, read), _("Noted: the record is right as of today."))
    return to("contacts_office", who.operation.slug, actor, role)


@require_POST
@at_work(NOMINATE)
def close(request: HttpRequest, who: Member, actor: str, role: str) -> HttpResponse:
    """POST `why`: the State has no office of this role any more."""
    office = office_of(who, actor, role)
    why = request.POST.get("why", "")
    attempt(request, lambda: nominating.close(who, office, why), _("It is closed once a second person approves."))
    return to("contacts_office", who.operation.slug, actor, role)


@require_GET
@at_work(APPROVE)
def alarms(request: HttpRequest, who: Member) -> HttpResponse:
    """Who has looked at more than anybody needs."""
    known = Alarm.objects.filter(operation=who.operation).select_related("person", "seen_by").order_by("-at")
    may_ledger = who.may(Permission.OVERSIGHT_LEDGER_READ)
    return render(request, "contacts/alarms.html", {**common(who), "alarms": known[:100], "may_ledger": may_ledger})


@require_POST
@at_work(APPROVE)
def seen(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """Somebody of the team knows of an alarm."""
    open_ones = Alarm.objects.filter(operation=who.operation, pk=number, seen_at=None)
    open_ones.update(seen_at=timezone.now(), seen_by=who.person)
    return to("contacts_alarms", who.operation.slug)


# --- what they have in common --------------------------------------------------------------------------------------


def own(who: Member, office: Office) -> bool:
    """Whether this person may change what is said of the office."""
    return who.may(NOMINATE) and (who.speaks_for(office.actor) or who.team)


def shown_to(who: Member, office: Office, kind: str) -> Refused | None:
    """A look by whoever does not speak for the State, on a page that holds numbers; why they are shown no more."""
    if who.speaks_for(office.actor):
        return None
    try:
        looking.noted(who, office, kind)
    except Refused as refused:
        return refused
    return None


def stopped(request: HttpRequest, who: Member, problem: Refused) -> HttpResponse:
    """Instead of a page for which this person has looked at too many offices."""
    return render(request, "contacts/stopped.html", {**common(who), "problem": translated(problem.remedy)}, status=429)


def office_of(who: Member, actor: str, role: str) -> Office:
    known = Office.objects.select_related("actor__organisation", "operation")
    return get_object_or_404(known, operation=who.operation, actor__code=actor, role=role)


def _nomination(who: Member, number: int) -> Nomination:
    """One that this person may read: the team, and who speaks for the State."""
    known = Nomination.objects.select_related("office__actor", "office__operation", "nominated_by", "decided_by")
    one = get_object_or_404(known, office__operation=who.operation, pk=number)
    if not (who.may(APPROVE) or who.speaks_for(one.office.actor)):
        raise Http404("of another State")
    return one
