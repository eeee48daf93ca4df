"""The pages of cases: all of one side, one of them, and what is written in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rapport.contacts.cases import clockwork, duty, forms, going, reading, writing
from rapport.contacts.cases.going import SEND
from rapport.contacts.cases.models import Case, Dispatch, State
from rapport.contacts.cases.writing import WRITTEN, Words
from rapport.contacts.directory.listing import listed
from rapport.contacts.kinds import ANSWERS, BEGIN, NOT_AGREEING, TITLES, Answer, Kind, Problem, moment
from rapport.contacts.members import Member
from rapport.contacts.models import Office
from rapport.contacts.page import at_work, common
from rapport.contacts.peers import sending
from rapport.contacts.peers.holding import reads_somewhere
from rapport.contacts.representatives import changed
from rapport.desk.page import attempt, to
from rapport.errors import Conflict, Refused
from rapport.operations.translated import translated
from rapport.registry.models import Actor
from rapport.values import Marking

_MOST = 200  # cases on a page


@require_GET
@at_work(SEND)
def index(request: HttpRequest, who: Member) -> HttpResponse:
    """All cases of one's own side, those that are open first."""
    cases = reading.cases_of(who).order_by("closed_at", "-begun_at", "-pk")
    rows = [(one, reading.other_side(who, one)) for one in cases[:_MOST]]
    rows.sort(key=lambda row: row[0].closed_at is not None)
    return render(request, "contacts/cases.html", {**common(who), "rows": rows})


@require_GET
@at_work(SEND)
def show(request: HttpRequest, who: Member, ref: str) -> HttpResponse:
    case, now = _case(who, ref), timezone.now()
    reading.open_it(who, case, now)
    lines = reading.lines(who, case)
    running = {one.dispatch.pk: one for one in clockwork.of_case(case, now)}
    own = reading.own_side(who, case)
    way = sending.on_the_way(one.dispatch for one in lines if one.ours)
    context = {
        **common(who),
        "case": case,
        "own": own,
        "other": reading.other_side(who, case),
        "lines": [
            (
                one,
                forms.parts(one.said.kind, one.said.fields),
                running.get(one.dispatch.pk),
                _short(one, lines),
                way.get(one.dispatch.pk),
            )
            for one in lines
        ],
        "drafts": reading.drafts_of([own]).filter(case=case),
        "not_agreeing": NOT_AGREEING,
        "now": now,
        "last": lines[-1].said.ref if lines else "",
        "seen": any(not one.ours and one.dispatch.way == "here" for one in lines),
        "nowhere": not reads_somewhere(reading.other_side(who, case)),
        "anew": _anew(case, reading.other_side(who, case)),
    }
    return render(request, "contacts/case.html", context)


def _anew(case: Case, other: Actor) -> datetime | None:
    """Since when other people speak for the other side than when the case began."""
    since = changed.anew(other)
    return since if since is not None and since > case.begun_at else None


def _short(one: reading.Line, lines: Sequence[reading.Line]) -> dict[str, str]:
    """The answers without words that this side has not given to a message: value → words. None to such an answer
    itself: nobody acknowledges an acknowledgement."""
    wordless = one.said.kind is Kind.REPLY and one.dispatch.answer != Answer.ANSWER.value
    if one.ours or wordless or one.said.kind in {Kind.CLOSURE, Kind.WITHDRAWAL}:
        return {}
    given = {each.dispatch.answer for each in lines if each.ours and each.dispatch.about_id == one.dispatch.pk}
    return {each.value: said for each, said in ANSWERS.items() if each is not Answer.ANSWER and each not in given}


# --- writing -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@at_work(SEND)
def new(request: HttpRequest, who: Member) -> HttpResponse:
    """`to`: code of a party, `role`, `kind`: what to write to whom; without them they are chosen first."""
    data = request.POST if request.method == "POST" else request.GET
    senders = [office for actor in who.actors for office in writing.offices_of(actor)]
    to_office = _chosen(who, data.get("to", ""))
    kind = _kind(data.get("kind", ""), BEGIN - {Kind.PING})
    if to_office is None or kind is None or not senders:
        return _choose(request, who, senders, to_office)
    words, wrong = _words(data, kind, ""), dict[str, str]()
    if request.method == "POST":
        sender = next((one for one in senders if one.code == data.get("from")), _likely(senders, to_office))
        exercise = bool(data.get("exercise"))
        keep: Callable[[], Dispatch] = lambda: writing.begin(who, sender, to_office, words, exercise=exercise)  # noqa: E731
        made = _kept(request, keep, wrong)
        if made is not None:
            return to("contacts_draft", who.operation.slug, made.pk)
    context: dict[str, Any] = {
        "to_office": to_office,
        "senders": senders,
        "sender": data.get("from") or _likely(senders, to_office).code,
        "first": True,
        "exercise": data.get("exercise", ""),
    }
    return _form(request, who, words, wrong, **context)


def _likely(senders: list[Office], to_office: Office) -> Office:
    """The office of one's own with the role of the one that is written to; else the first."""
    return next((one for one in senders if one.role == to_office.role), senders[0])


def _choose(request: HttpRequest, who: Member, senders: list[Office], chosen: Office | None) -> HttpResponse:
    context = {
        **common(who),
        "senders": senders,
        "offices": _others(who),
        "chosen": chosen,
        "kinds": [(one.value, TITLES[one]) for one in WRITTEN if one in BEGIN],
    }
    return render(request, "contacts/new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@at_work(SEND)
def write(request: HttpRequest, who: Member, ref: str) -> HttpResponse:
    """`kind` and `about`: a further message of a case. POST `now`: send what one person may send alone."""
    case = _case(who, ref)
    reading.open_it(who, case, timezone.now())  # the message that is answered stands on this page
    data = request.POST if request.method == "POST" else request.GET
    kind = _kind(data.get("kind", ""), [one for one in WRITTEN if one not in BEGIN])
    if kind is None:
        raise Http404("no such kind in a case")
    about = case.ref if kind is Kind.CLOSURE else data.get("about", "")
    words, wrong = _words(data, kind, about), dict[str, str]()
    if kind is Kind.REPLY and request.method != "POST":
        words = replace(words, fields={**words.fields, "answer": Answer.ANSWER.value})
    if request.method == "POST" and data.get("now"):
        attempt(request, lambda: writing.at_once(who, case, words), _("Sent."))
        return to("contacts_case", who.operation.slug, ref)
    if request.method == "POST":
        made = _kept(request, lambda: writing.draft(who, case, words), wrong)
        if made is not None:
            return to("contacts_draft", who.operation.slug, made.pk)
    return _form(request, who, words, wrong, case=case, about=about, **_before(who, case, about))


def _before(who: Member, case: Case, about: str) -> dict[str, Any]:
    """The message that a further one is about, as the form shows it, and to whom it goes; of a closure, what one's own
    side owes still."""
    line = next((one for one in reading.lines(who, case) if one.said.ref == about), None)
    other = reading.other_side(who, case)
    said = forms.parts(line.said.kind, line.said.fields) if line else ()
    owed = duty.answers_owed(who, case, timezone.now()) if about == case.ref else ()
    return {"other": other, "line": line, "said": said, "owed": owed}


@require_http_methods(["GET", "HEAD", "POST"])
@at_work(SEND)
def draft(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """A draft as the other side will read it, and its form; POST: other words."""
    one = _draft(who, number)
    if one.state == State.SENT:
        return to("contacts_case", who.operation.slug, one.case.ref)
    if one.state == State.GONE:
        return to("contacts_duty", who.operation.slug)
    kind, said = Kind(one.kind), reading.said_of(one)
    words, wrong = Words(kind, said.fields, said.marking, said.caveats), dict[str, str]()
    if request.method == "POST":
        words = _words(request.POST, kind, said.fields.get("about", ""))
        read = request.POST.get("read", "")
        if _kept(request, lambda: writing.change(who, one, words, read), wrong) is not None:
            messages.success(request, _("Kept. Say that it can go when it is right."))
            return to("contacts_draft", who.operation.slug, number)
    about, goes = said.fields.get("about", ""), said.fields
    with suppress(Refused):  # told when somebody says that it can go
        goes = going.what_goes(one).fields
    context = {
        "one": one,
        "case": one.case,
        "to_office": one.to,
        "parts": forms.parts(kind, goes),
        "read": going.mark_of(one),
        "seen": going.seen_of(one),
        "beside": reading.beside(one),
        "stands": (said.marking, said.caveats),
        "ahead": (moment(said.fields.get("seen_at", "")) or one.drafted_at) > timezone.now(),
        "alone": going.alone(one),
        "mine": one.drafted_by_id == who.person.pk,
        "ready": one.state == State.READY,
        "seconds": going.seconds(one) if one.state == State.READY else (),
        "about": about,
        **_before(who, one.case, about),
        "nowhere": not reads_somewhere(one.to.actor),
        "anew": _anew(one.case, one.to.actor),
    }
    return _form(request, who, words, wrong, lacks=() if wrong else going.lacks(one), **context)


def _form(
    request: HttpRequest,
    who: Member,
    words: Words,
    wrong: Mapping[str, str],
    lacks: Sequence[Problem] = (),
    **more: Any,
) -> HttpResponse:
    """`wrong`: why what somebody typed was not kept; `lacks`: why the draft that is kept cannot go."""
    missing = [(one.field, translated(one.said)) for one in lacks]
    context = {
        **common(who),
        "kind": words.kind.value,
        "title": TITLES[words.kind],
        "rows": forms.rows(words.kind, words.fields, {**dict(missing), **wrong}),
        "markings": list(Marking),
        "marking": words.marking,
        "caveats": words.caveats,
        "wrong": forms.linked(words.kind, wrong.items()),
        "lacks": forms.linked(words.kind, missing),
        "now": timezone.now(),
        "not_agreeing": NOT_AGREEING if words.kind is Kind.REPLY else "",
        **more,
    }
    return render(request, "contacts/write.html", context, status=422 if wrong else 200)


def _words(data: Mapping[str, str], kind: Kind, about: str) -> Words:
    marking = next((one for one in Marking if one.value == data.get("marking")), Marking.AMBER)
    return Words(kind, forms.given(data, kind, about), marking, data.get("caveats", ""))


def _kept(request: HttpRequest, keep: Callable[[], Dispatch], wrong: dict[str, str]) -> Dispatch | None:
    """What was kept; None and what is wrong if it could not be."""
    try:
        return keep()
    except Refused as refused:
        wrong[refused.field or ""] = translated(refused.remedy)
    except Conflict as conflict:
        wrong[""] = translated(str(conflict))
    return None


@require_POST
@at_work(SEND)
def ready(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """Its writer says that it can go."""
    one = _draft(who, number)
    said = _("Sent.") if going.alone(one) else _("It waits for a second person of your side.")
    done = attempt(request, lambda: going.ready(who, one), said)
    if done and going.alone(one):
        return to("contacts_case", who.operation.slug, one.case.ref)
    return to("contacts_draft", who.operation.slug, number)


@require_POST
@at_work(SEND)
def release(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """A second person sends it."""
    one = _draft(who, number)
    read = request.POST.get("read", "")
    if attempt(request, lambda: going.release(who, one, read), _("Sent. The clocks run from now on.")):
        return to("contacts_case", who.operation.slug, one.case.ref)
    return to("contacts_draft", who.operation.slug, number)


@require_POST
@at_work(SEND)
def discard(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    one = _draft(who, number)
    case = one.case
    attempt(request, lambda: writing.discard(who, one), _("Thrown away. For three days “On duty” can bring it back."))
    if reading.cases_of(who).filter(pk=case.pk).exists():
        return to("contacts_case", who.operation.slug, case.ref)
    return to("contacts_duty", who.operation.slug)


@require_POST
@at_work(SEND)
def bring_back(request: HttpRequest, who: Member, number: int) -> HttpResponse:
    """A draft that was thrown away is one again."""
    one = _draft(who, number)
    if attempt(request, lambda: writing.bring_back(who, one), _("It is a draft again.")):
        return to("contacts_draft", who.operation.slug, number)
    return to("contacts_duty", who.operation.slug)


# --- what they have in common --------------------------------------------------------------------------------------


def _case(who: Member, ref: str) -> Case:
    return get_object_or_404(reading.cases_of(who), ref=ref)


def _draft(who: Member, number: int) -> Dispatch:
    own = Dispatch.objects.filter(sender__actor__in=list(who.actors), case__operation=who.operation)
    return get_object_or_404(reading.in_full(own), pk=number)


def _chosen(who: Member, code: str) -> Office | None:
    return next((one for one, _ in _others(who) if one.code == code), None)


def _others(who: Member) -> list[tuple[Office, bool]]:
    """Offices of other parties that this reader gets, and whether their records still count: those that do first."""
    found = [(one.office, one.state.counts) for one in listed(who) if not who.speaks_for(one.office.actor)]
    return sorted(found, key=lambda one: (one[0].actor.name, not one[1], one[0].role))


def _kind(text: str, among: Collection[Kind]) -> Kind | None:
    return next((one for one in among if one.value == text), None)
