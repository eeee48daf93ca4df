"""The door for other instances: one signed message in, a signed receipt out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from rapport.contacts import envelope
from rapport.contacts.peers import receiving
from rapport.errors import Refused
from rapport.intake import limits
from rapport.operations import bodies
from rapport.operations.access import by_proof
from rapport.operations.models import Operation


@csrf_exempt
@never_cache
@by_proof("the signature of an instance whose key two people have confirmed")
def exchange(request: HttpRequest, operation: str) -> HttpResponse:
    """POST one envelope. 200 with the receipt, also for one that came before; 4xx with the reason in plain words."""
    if request.method != "POST":
        return HttpResponse("method not allowed\n", status=405, content_type="text/plain", headers={"Allow": "POST"})
    try:
        limits.check_exchange(request)
        data = bodies.body(request, envelope.LARGEST)
        there = Operation.objects.filter(slug=operation, kind="network").first()
        if there is None:
            raise Refused("no_operation", "There is no such network here.", status=404)
        receipt = receiving.over_line(there, data, timezone.now())
    except Refused as why:
        return HttpResponse(f"{why.remedy}\n", status=why.status, content_type="text/plain; charset=utf-8")
    return HttpResponse(receipt, content_type="application/json")
