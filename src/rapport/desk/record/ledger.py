"""The ledger's page: what was entered about an operation, in words; whether all of it is whole; copies to keep."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.page import local_time, to
from rapport.errors import RapportError
from rapport.operations.access import needs
from rapport.operations.models import Operation
from rapport.oversight.ledger import checking, exported, seal
from rapport.oversight.models import DecisionKind, EntryKind, LedgerCheckpoint, LedgerEntry

PER_PAGE = 50
READ = Permission.OVERSIGHT_LEDGER_READ


@require_GET
@never_cache
@needs(READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    """`?verify=1`: also whether the whole ledger, of all operations, is whole now."""
    found = LedgerEntry.objects.filter(operation=operation).order_by("-id")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "operation": operation,
        "page": page,
        "rows": _rows(list(page.object_list)),
        "verdict": checking.verify() if request.GET.get("verify") else None,
        "signed": LedgerCheckpoint.objects.order_by("-pk").first(),
    }
    return render(request, "desk/ledger.html", context)


def _rows(entries: Sequence[LedgerEntry]) -> list[dict[str, Any]]:
    bodies = [_read(entry.body) for entry in entries]
    people = {person.pk: person.shown_name for person in Person.objects.filter(pk__in=map(_person, bodies))}
    return [
        {"entry": entry, "said": said(entry.kind, body, people)} for entry, body in zip(entries, bodies, strict=True)
    ]


def _read(text: str) -> dict[str, Any]:
    """{} for what somebody has made unreadable: verifying says so."""
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _person(body: Mapping[str, Any]) -> int:
    number = body.get("person")
    return number if isinstance(number, int) else 0


def said(kind: str, body: Mapping[str, Any], people: Mapping[int, str]) -> str:
    """What an entry means. The ledger has numbers only; names are looked up in today's accounts."""
    number = _person(body)
    who = people.get(number) or f"Person {number}"
    match kind:
        # Who decided about contacts, and what became of them, is for whom it concerns. Older entries hold it openly.
        case EntryKind.DECISION if body.get("kind") == DecisionKind.CONTACT:
            return f"Somebody {DecisionKind.CONTACT.label}: decision {body.get('decision')}"
        case EntryKind.LOOK | EntryKind.CONTACT:
            return f"{_named(kind)}: " + (f"kept entry {body['kept']}" if "kept" in body else "not shown")
        case EntryKind.DECISION:
            named = ("decision", "report", "event", "other_event", "order", "undoes", "batch")
            about = ", ".join(f"{_LABELS.get(name, name)} {body[name]}" for name in named if name in body)
            did = DecisionKind(body["kind"]).label if body.get("kind") in DecisionKind.values else "decided"
            return f"{who} {did}: {about}"
        case EntryKind.SIGN_IN:
            return f"{who} signed in as {', '.join(map(str, body.get('roles', ())))}"
        case EntryKind.GLASS:
            about = next((f"{name} {body[name]}" for name in ("report", "event") if name in body), "something")
            return f"{who} {_BECAME.get(str(body.get('became')), 'touched')} glass {body.get('glass')}: {about}"
        case EntryKind.RELEASE:
            return f"{body.get('count')} released to {body.get('reader')} for {body.get('purpose')}"
    return f"{_named(kind)}: {', '.join(f'{name} {value}' for name, value in sorted(body.items()))}"


def _named(kind: str) -> str:
    label = EntryKind(kind).label if kind in EntryKind.values else kind
    return f"{label[:1].upper()}{label[1:]}"


_BECAME = {"broken": "broke", "looked": "looked through", "ended": "ended"}
_LABELS = {
    "other_event": "other event",
    "order": "standing order",
    "undoes": "undoes decision",
    "batch": "part of decision",
}


@require_GET
@never_cache
@needs(READ)
def download(request: HttpRequest, operation: Operation) -> HttpResponseBase:
    """The whole ledger as a file: numbers and digests, of all operations, because a chain is checked whole."""
    answer = StreamingHttpResponse(checking.exported(), content_type="application/x-ndjson")
    answer["Content-Disposition"] = 'attachment; filename="ledger.ndjson"'
    return answer


@require_POST
@needs(READ)
def checkpoint(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Seals what waits, signs where the ledger stands and hands that out as a file."""
    try:
        signed = seal.checkpoint()
    except RapportError as error:
        messages.warning(request, str(error))
        return to("desk_ledger", operation.slug)
    answer = HttpResponse(exported.checkpoint_line(signed), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="checkpoint-{signed.seq}.json"'
    return answer


@require_GET
@never_cache
@needs(READ)
def key(request: HttpRequest, operation: Operation) -> HttpResponse:
    """The public keys, PEM."""
    answer = HttpResponse(
        "".join(map(exported.pem, checking.public_keys().values())), content_type="application/x-pem-file"
    )
    answer["Content-Disposition"] = 'attachment; filename="ledger-key.pem"'
    return answer
