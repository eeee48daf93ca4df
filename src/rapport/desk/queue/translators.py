"""The translators' queue: what was passed to them, and what the desk cannot read."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk.page import local_time, pass_by, passed_by
from rapport.desk.queue import leases
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.reports.models import Report, Suggestion, SuggestionKind, Translation

SHOWN = 50


def queue_of(operation: Operation, read: list[str]) -> QuerySet[Report]:
    """Waiting reports to translate for people who read these languages: passed to the translators, or in another
    language and not translated yet. In the order of the queue."""
    others = [code for code in operation.languages if code not in read]
    suggested = Suggestion.objects.filter(report=OuterRef("pk"), kind=SuggestionKind.LANGUAGE, value__code__in=others)
    foreign = Q(language_said__in=others) | (Q(language_said="") & Exists(suggested))
    done = Exists(Translation.objects.filter(report=OuterRef("pk"), language__in=read))
    return leases.waiting(operation).filter(Q(for_translator=True) | (foreign & ~done))


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_TRANSLATE)
@local_time
def translators(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What there is to translate; `read` says which languages the desk reads."""
    if "read" in request.GET:
        request.session[_key(operation)] = [c for c in request.GET.getlist("read") if c in operation.languages]
    read = desk_reads(request, operation)
    chosen = queue_of(operation, read).select_related("source", "lease__person")
    context = {
        "operation": operation,
        "read": read,
        "reports": chosen[:SHOWN],
        "found": chosen.count(),
    }
    return render(request, "desk/translators.html", context)


@require_POST
@needs(Permission.DESK_REPORT_TRANSLATE)
@local_time
def take_next(request: HttpRequest, operation: Operation) -> HttpResponse:
    return go_on(request, operation, pass_by(request, operation))


def go_on(request: HttpRequest, operation: Operation, after: Report | None = None) -> HttpResponseRedirect:
    """To the next report to translate, held for this person; or back to the list when there is none."""
    queue = queue_of(operation, desk_reads(request, operation))
    passed = passed_by(request, operation)
    report = leases.give(person(request), operation.pk, queue, after, Permission.DESK_REPORT_TRANSLATE, passed)
    if report is None:
        messages.info(request, "Nothing is left to translate that nobody is working on.")
        return HttpResponseRedirect(reverse("desk_translators", args=[operation.slug]))
    return to_report(operation, report.ref)


def to_report(operation: Operation, ref: str) -> HttpResponseRedirect:
    """The page of a report, for whoever translates from here."""
    return HttpResponseRedirect(reverse("desk_report", args=[operation.slug, ref]) + "?from=translators")


def desk_reads(request: HttpRequest, operation: Operation) -> list[str]:
    """The languages that need no translation: as chosen on the page, else the person's own, else the desk's English,
    else the operation's last."""
    kept = request.session.get(_key(operation))
    if kept:
        return list(kept)
    for code in (person(request).language, "en"):
        if code in operation.languages:
            return [code]
    return [str(operation.languages[-1])]


def _key(operation: Operation) -> str:
    return f"translators-{operation.pk}"
