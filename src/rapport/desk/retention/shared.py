"""Somebody asks what was shared about them: who answers looks it up by their pseudonym."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from rapport.accounts.permissions import Permission
from rapport.desk.page import local_time
from rapport.desk.retention import asking
from rapport.errors import Refused
from rapport.events import shared
from rapport.operations.access import needs
from rapport.operations.models import Operation
from rapport.reports.models import Report


@never_cache
@needs(Permission.OVERSIGHT_LEDGER_READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    """POST `ref` or `address`, so that neither stands in an address or a log."""
    context: dict[str, object] = {"operation": operation}
    if request.method != "POST":
        return render(request, "desk/shared.html", context)
    ref, address = request.POST.get("ref", ""), request.POST.get("address", "")
    try:
        senders = asking.by_ref(operation, ref) if ref.strip() else asking.by_address(operation, address)
    except Refused as refused:
        return render(request, "desk/shared.html", {**context, "wrong": refused.remedy}, status=400)
    theirs = list(Report.objects.filter(sender__in=senders).values_list("pk", flat=True))
    context |= {"senders": senders, "reports": len(theirs), "shared": shared.of_reports(operation, theirs)}
    return render(request, "desk/shared.html", context)
