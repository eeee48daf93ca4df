"""A ping is answered: by its link, by a message that holds its code, or by somebody who was called. Each works once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from rapport.contacts.members import Member
from rapport.contacts.models import Ping
from rapport.contacts.pings import post
from rapport.contacts.pings.running import FUNCTION, RUN, settle
from rapport.contacts.pings.wording import codes_in, says_wrong
from rapport.errors import Conflict, NotAllowed
from rapport.oversight import keys
from rapport.oversight.switches import is_stopped
from rapport.reports.models import Report, Standing


def find(operation_id: int, link: str) -> Ping | None:
    """The ping that a link belongs to."""
    pings = Ping.objects.select_related("campaign__operation", "office__actor")
    return pings.filter(campaign__operation_id=operation_id, link=keys.token_hash(link)).first()


def by_link(ping: Ping, *, wrong: bool) -> None:
    """Whoever has the link says that it arrived, or that they are not that office. Conflict the second time."""
    _answer(ping, timezone.now(), wrong, "link")


def by_hand(who: Member, ping: Ping, became: str) -> None:
    """Somebody of the team called, or was called: `became` is answered, wrong or dead."""
    if not who.may(RUN):
        raise NotAllowed(f"This needs the permission {RUN.value}.")
    now = timezone.now()
    if became == "dead":
        _sent_by_hand(ping, now)
        open_one = Ping.objects.filter(pk=ping.pk, sent_at__isnull=False, answered_at=None, bounced_at=None, outcome="")
        if not open_one.update(bounced_at=now):
            raise Conflict("Something has become of this ping already, or this is not the time for it.")
        return
    _sent_by_hand(ping, now)
    _answer(ping, now, became == "wrong", "hand")


def _sent_by_hand(ping: Ping, now: datetime) -> None:
    """A ping that no program sends is sent when somebody calls, if its moment has come and the round is not over."""
    if ping.means in {one.value for one in post.BY_ITSELF} or now > ping.campaign.over_at:
        return
    deadline = min(now + timedelta(hours=ping.campaign.answer_hours), ping.campaign.over_at)
    Ping.objects.filter(pk=ping.pk, sent_at=None, due_at__lte=now).update(sent_at=now, deadline=deadline)


@transaction.atomic
def _answer(ping: Ping, at: datetime, wrong: bool, by: str) -> None:
    mine = Ping.objects.filter(pk=ping.pk, answered_at=None, sent_at__isnull=False)
    if not mine.update(answered_at=at, wrong=wrong, answered_by=by):
        raise Conflict("This was answered already: each works once.")
    settle(ping, timezone.now())


# --- messages ------------------------------------------------------------------------------------------------------


def take(operation_id: int, report_ids: Sequence[int]) -> Set[int]:
    """The hook of the worker (plugins.INBOUND): which of these messages answer a ping. They leave the desk's queue."""
    taken = set[int]()
    if is_stopped(FUNCTION, operation_id):
        return taken
    reports = Report.objects.filter(pk__in=list(report_ids), operation_id=operation_id)
    for report in reports.only("text", "fields", "received_at"):
        found = _answered_by(operation_id, report.text)
        if found is not None:
            with transaction.atomic():
                _take_up(found, report)
                Report.objects.filter(pk=report.pk, standing=Standing.WAITING).update(
                    standing=Standing.TAKEN, understood=True
                )
            taken.add(report.pk)
    return taken


def _answered_by(operation_id: int, said: str) -> Ping | None:
    """The ping whose code stands in a text, the first of several."""
    marks = [keys.token_hash(code) for code in codes_in(said)]
    if not marks:
        return None
    pings = Ping.objects.filter(campaign__operation_id=operation_id, code__in=marks).select_related("campaign")
    by_mark = {one.code: one for one in pings}
    return next((by_mark[mark] for mark in marks if mark in by_mark), None)


def _take_up(ping: Ping, report: Report) -> None:
    """An answer of a program is none: a bounce says that nobody was reached, an absence nothing."""
    fields: Mapping[str, object] = report.fields
    automatic = str(fields.get("automatic", ""))
    at = report.received_at
    if automatic in {"a bounce", "a report of delivery"}:
        Ping.objects.filter(pk=ping.pk, answered_at=None, bounced_at=None).update(bounced_at=at, problem=automatic)
    elif not automatic:
        words = report.text[: quoted if isinstance(quoted := fields.get("quoted_at"), int) else None]
        words = words.removeprefix(str(fields.get("subject", "")))
        mine = Ping.objects.filter(pk=ping.pk, answered_at=None)
        mine.update(answered_at=at, wrong=says_wrong(words), answered_by="message")
        settle(ping, timezone.now())
