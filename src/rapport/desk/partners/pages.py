"""The desk's pages of partners: agreements, in which state each is, and the keys of partners' systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.models import Organisation
from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, local_time, to, whole
from rapport.errors import Refused
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.sharing import agreements, partner_keys
from rapport.sharing.agreements import SIGN, Terms
from rapport.sharing.models import Agreement, AgreementState, PartnerKey
from rapport.sharing.protocol.model import PURPOSES
from rapport.values import Purpose

#: What each purpose means, for who chooses.
PURPOSE_WORDS: Mapping[Purpose, str] = {
    Purpose.VIEW: "look at pages and the map",
    Purpose.EXPORT: "take feeds and files",
    Purpose.ALERT: "be alerted",
    Purpose.PUSH: "be sent it by our system",
}
_FIELDS = ("organisation", "giver", "first", "last", "reason")


@dataclass(frozen=True, slots=True)
class Row:
    """An agreement with its state at this moment. `days` is how many are left, where they are few."""

    agreement: Agreement
    state: AgreementState
    days: int | None
    purposes: str

    @classmethod
    def of(cls, agreement: Agreement, now: datetime) -> Row:
        state = agreement.state(now)
        soon = state is AgreementState.IN_FORCE and agreement.ends - now <= agreements.SOON
        days = (agreement.ends - now).days if soon else None
        return cls(agreement, state, days, ", ".join(agreement.purposes))

    @property
    def over(self) -> bool:
        return self.state in {AgreementState.EXPIRED, AgreementState.ENDED}


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    return _page(request, operation)


@require_POST
@never_cache
@needs(SIGN)
@local_time
def agree(request: HttpRequest, operation: Operation) -> HttpResponse:
    """POST `organisation` (its number), `giver`, `purposes`, `first` and `last` day, `reason`. What cannot be agreed so
    comes back as it was typed."""
    receiver = Organisation.objects.filter(pk=whole(request.POST.get("organisation", "")) or 0).first()
    try:
        if receiver is None:
            raise Refused("organisation", "Choose the partner; add it under Organisations first.", field="organisation")
        made = agreements.agree(person(request), operation, receiver, _terms(request, operation))
    except Refused as refused:
        return _page(request, operation, problem=refused.remedy)
    return to("desk_agreement", operation.slug, made.pk)


def _terms(request: HttpRequest, operation: Operation) -> Terms:
    chosen = request.POST.getlist("purposes")
    return Terms(
        giver=request.POST.get("giver", ""),
        purposes=frozenset(purpose for purpose in PURPOSES if purpose.value in chosen),
        starts=_midnight(operation, request.POST.get("first", ""), "Choose the first day."),
        ends=_after(operation, request.POST.get("last", "")),
        reason=request.POST.get("reason", ""),
    )


def _midnight(operation: Operation, text: str, remedy: str, days: int = 0) -> datetime:
    """The beginning of a day in the operation's time zone, or of one so many days later."""
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), ZoneInfo(operation.time_zone))
    except (ValueError, OverflowError) as error:
        raise Refused("day", remedy) from error


def _after(operation: Operation, last: str) -> datetime:
    return _midnight(operation, last, "Choose the last day.", days=1)


def _page(request: HttpRequest, operation: Operation, problem: str = "") -> HttpResponse:
    now = timezone.now()
    found = Agreement.objects.filter(operation=operation).select_related("receiver", "signed_by")
    rows = [Row.of(one, now) for one in found.order_by("-ends", "-pk")]
    typed = {name: request.POST.get(name, "") for name in _FIELDS}
    typed["first"] = typed["first"] or timezone.localdate().isoformat()
    typed["giver"] = typed["giver"] or next((one.agreement.giver for one in rows), "")
    context = {
        "operation": operation,
        "rows": [one for one in rows if not one.over],
        "past": [one for one in rows if one.over],
        "ending": agreements.ending_soon(operation.pk, now),
        "may_sign": person(request).may(SIGN, operation.pk),
        "organisations": Organisation.objects.order_by("name"),
        "purposes": PURPOSE_WORDS.items(),
        "chosen": request.POST.getlist("purposes"),
        "typed": typed,
        "today": timezone.localdate(),
        "problem": problem,
    }
    return render(request, "desk/partners.html", context, status=422 if problem else 200)


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def agreement(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """One agreement, with its keys."""
    return _one(request, operation, _agreement(operation, number))


@require_POST
@never_cache
@needs(SIGN)
@local_time
def renew(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """POST `last` day, `reason`."""
    old, reason = _agreement(operation, number), request.POST.get("reason", "")

    def act() -> None:
        agreements.renew(person(request), old, _after(operation, request.POST.get("last", "")), reason)

    done = attempt(request, act, "Renewed. This is the agreement that follows; make its keys here.")
    return to("desk_agreement", operation.slug, Agreement.objects.get(renewed_from=old).pk if done else old.pk)


@require_POST
@never_cache
@needs(SIGN)
@local_time
def end(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """POST `reason`."""
    old, reason = _agreement(operation, number), request.POST.get("reason", "")
    said = "Ended. It lets nobody read from now on, and its keys read nothing."
    attempt(request, lambda: agreements.end(person(request), old, reason), said)
    return to("desk_agreement", operation.slug, old.pk)


@require_POST
@never_cache
@needs(SIGN)
@local_time
def make_key(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """POST `name`. The key stands in this answer only."""
    under, name = _agreement(operation, number), request.POST.get("name", "").strip()
    shown: list[str] = []
    attempt(request, lambda: shown.append(partner_keys.make(person(request), under, name)), "The key is made.")
    return _one(request, operation, under, "".join(shown))


@require_POST
@never_cache
@needs(SIGN)
@local_time
def revoke_key(request: HttpRequest, operation: Operation, number: int, key_id: int) -> HttpResponse:
    under = _agreement(operation, number)
    key = get_object_or_404(PartnerKey.objects.select_related("agreement__receiver"), pk=key_id, agreement=under)
    attempt(request, lambda: partner_keys.revoke(person(request), key), "Revoked: it reads nothing any more.")
    return to("desk_agreement", operation.slug, under.pk)


def _one(request: HttpRequest, operation: Operation, found: Agreement, shown: str = "") -> HttpResponse:
    row = Row.of(found, timezone.now())
    renewal = Agreement.objects.filter(renewed_from=found).first()
    context = {
        "operation": operation,
        "row": row,
        "one": found,
        "renewal": renewal,
        "keys": found.keys.select_related("made_by").order_by("-pk"),
        "may_sign": person(request).may(SIGN, operation.pk),
        "may_export": row.state is AgreementState.IN_FORCE and Purpose.EXPORT.value in found.purposes,
        "may_renew": renewal is None and row.state is not AgreementState.ENDED,
        "shown": shown,
        "today": timezone.localdate(),
    }
    return render(request, "desk/agreement.html", context)


def _agreement(operation: Operation, number: int) -> Agreement:
    known = Agreement.objects.select_related("operation", "receiver", "signed_by", "ended_by", "renewed_from")
    found: Agreement = get_object_or_404(known, operation=operation, pk=number)
    return found
