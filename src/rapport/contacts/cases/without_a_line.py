"""Where there is no line: a message as text messages, as what is read aloud, as a form for fax or radio; and such a
message of the other side typed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rapport.contacts.cases import forms, owning, reading, taking
from rapport.contacts.cases.going import SEND
from rapport.contacts.cases.telling import notice_of
from rapport.contacts.kinds import TITLES, Kind, Said
from rapport.contacts.lowtech import fax, sms, spoken
from rapport.contacts.lowtech.same import Sameness
from rapport.contacts.lowtech.words import Copied
from rapport.contacts.members import Member
from rapport.contacts.page import at_work, common
from rapport.desk.page import attempt, to
from rapport.errors import NotAllowed, Refused
from rapport.operations.translated import translated

#: Longest text that is typed in, in characters [ours: parts of the longest message, each with some blanks].
MOST = 200_000


@dataclass(frozen=True, slots=True)
class Made:
    """A form of a message, or why there is none."""

    text: str
    problem: str


def _made(make: Callable[[], str]) -> Made:
    try:
        return Made(make(), "")
    except Refused as refused:
        return Made("", translated(refused.remedy))


@require_GET
@at_work(SEND)
def show(request: HttpRequest, who: Member, ref: str, message: str) -> HttpResponse:
    """One message of one's own in all of its forms."""
    case = get_object_or_404(reading.cases_of(who), ref=ref)
    one = get_object_or_404(reading.dispatches(case), ref=message)
    if not who.speaks_for(one.sender.actor):
        raise Http404("a message of the other side")
    said = reading.said_of(one)
    context = {
        **common(who),
        "case": case,
        "one": one,
        "notice": notice_of(one),
        "parts": _parts(said),
        "script": _made(lambda: spoken.script(said)),
        "form": _made(lambda: fax.form(said)),
    }
    return render(request, "contacts/without_a_line.html", context)


def _parts(said: Said) -> tuple[Sequence[str], str]:
    try:
        return sms.parts(said), ""
    except Refused as refused:
        return (), translated(refused.remedy)


@require_GET
@at_work(SEND)
def empty(request: HttpRequest, who: Member, kind: str) -> HttpResponse:
    """The empty form of a kind, to be filled in by hand."""
    if kind not in set(Kind):
        raise Http404("no such kind")
    text = fax.empty(Kind(kind), exercise=who.operation.exercise)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_http_methods(["GET", "HEAD", "POST"])
@at_work(SEND)
def take(request: HttpRequest, who: Member) -> HttpResponse:
    """POST `text`: parts of text messages, a script that was read out, or a form; `sure`: it was looked at, take it."""
    typed = request.POST.get("text", "")[:MOST]
    found, problems = _read(typed) if request.method == "POST" else (None, ())
    said = found.said if found else None
    if said is not None and request.POST.get("sure"):
        try:
            taken = taking.by_hand(who, said)
        except Refused as refused:
            problems = (translated(refused.remedy),)
        except NotAllowed as refusal:
            problems = (translated(str(refusal)),)
        else:
            _tell(request, taken)
            return to("contacts_case", who.operation.slug, said.case)
    context = {
        **common(who),
        "typed": typed,
        "said": said if not problems else None,
        "checked": found is not None and found.checked,
        "title": TITLES[said.kind] if said else "",
        "parts": forms.parts(said.kind, said.fields) if said else (),
        "problems": problems,
        "kinds": [(one.value, said) for one, said in TITLES.items() if one is not Kind.PING],
    }
    return render(request, "contacts/take.html", context, status=422 if problems else 200)


@require_POST
@at_work(SEND)
def own(request: HttpRequest, who: Member, ref: str, message: str) -> HttpResponse:
    """POST `said`: yes or no: whether somebody of one's own side said what the other side typed in as its words."""
    case = get_object_or_404(reading.cases_of(who), ref=ref)
    one = get_object_or_404(reading.dispatches(case), ref=message)
    said = request.POST.get("said") == "yes"
    told = _("Noted: it counts.") if said else _("Noted: the other side reads that nobody here said it.")
    attempt(request, lambda: owning.own(who, one, said=said), told)
    return to("contacts_case", who.operation.slug, ref)


def _tell(request: HttpRequest, taken: taking.Taken) -> None:
    if taken.became is Sameness.DIFFERENT:
        messages.success(request, _("Taken in. Its clocks run from when it was sent."))
        if taken.dispatch.owned:
            messages.info(request, _("Its sender is asked whether they said it: until then it stops no clock."))
    elif taken.became is Sameness.SAME:
        messages.success(request, _("It was here already: there is one of it."))
    else:
        messages.warning(
            request, _("Another message has this number. Both are kept; call the other side and ask which is right.")
        )


def _read(typed: str) -> tuple[Copied | None, Sequence[str]]:
    """The message in a text, by whichever form it has; or what is wrong with it. Only a form goes without check words:
    somebody may have filled it in by hand."""
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    if not lines:
        return None, (_("Type in what you were told."),)
    try:
        if sum(bool(_PART.match(line)) for line in lines) * 2 >= len(lines):
            found = sms.joined(lines)
            return (None, found.sentences) if isinstance(found, sms.Lacking) else (Copied(found, checked=True), ())
        if "<" in typed and ">" in typed and not fax.is_form(typed):
            return Copied(spoken.heard(typed), checked=True), ()
        return fax.read(typed), ()
    except Refused as refused:
        return None, (translated(refused.remedy),)


_PART = re.compile(r"(EXERCISE )?[A-Z0-9-]{3,16} \d{1,3} ?/ ?\d{1,3} ", re.IGNORECASE)
