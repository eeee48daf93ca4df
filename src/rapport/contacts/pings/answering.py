"""A ping is answered: by its link, by a message that holds its code, or by somebody who was called. Each works once."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from rapport.contacts.members import Member
from rapport.contacts.models import Ping
from rapport.contacts.pings import aiming, hearing, post
from rapport.contacts.pings.running import FUNCTION, settle
from rapport.contacts.pings.starting import RUN
from rapport.errors import Conflict, NotAllowed
from rapport.oversight import keys
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.oversight.switches import is_stopped
from rapport.reports.models import Report, Standing


def find(operation_id: int, link: str) -> Ping | None:
    """The ping that a link belongs to."""
    pings = Ping.objects.select_related("campaign__operation", "office__actor")
    return pings.filter(campaign__operation_id=operation_id, link=keys.token_hash(link)).first()


def by_link(ping: Ping, *, wrong: bool) -> None:
    """Whoever has the link says that it arrived, or that they are not that office. Conflict the second time."""
    _answer(ping, timezone.now(), wrong, "link")


#: What somebody notes of a ping by hand.
ANSWERED, WRONG, DEAD, NOBODY = "answered", "wrong", "dead", "nobody"


def by_hand(who: Member, ping: Ping, became: str) -> None:
    """Somebody of the team called or was called; or an office says by another way that a letter or SMS has arrived.
    `became`: one of the above. An answer that a program read is read otherwise by ANSWERED or WRONG, as often as need
    be: people decide what words mean."""
    if not who.may(RUN):
        raise NotAllowed(f"This needs the permission {RUN.value}.")
    now = timezone.now()
    called = _called(ping, now)
    if became == NOBODY:
        if not called:
            raise Conflict("It was called already, or this is not the time for it.")
    elif became == DEAD:
        open_one = Ping.objects.filter(pk=ping.pk, sent_at__isnull=False, answered_at=None, bounced_at=None, outcome="")
        if not open_one.update(bounced_at=now):
            raise Conflict("Something has become of this ping already, or this is not the time for it.")
    elif is_read(ping):
        _read_otherwise(who, ping, became == WRONG)
    else:
        _answer(ping, now, became == WRONG, "hand")


def is_read(ping: Ping) -> bool:
    """Whether a program read what somebody wrote: then a person who has read it too says it better."""
    return ping.answered_by == "message"


@transaction.atomic
def _read_otherwise(who: Member, ping: Ping, wrong: bool) -> None:
    if not Ping.objects.filter(pk=ping.pk, answered_by="message", wrong=not wrong).update(wrong=wrong):
        raise Conflict("It says so already.")
    meant = "is another office" if wrong else "is the right office"
    after = {"said": f"read in an answer to a ping that it {meant}", "ping": ping.pk}
    decide(who.person, who.operation.pk, DecisionKind.CONTACT, before={}, after=after)
    settle(ping, timezone.now())


def _called(ping: Ping, now: datetime) -> bool:
    """A ping that no program sends is sent when somebody first calls, by the record that counts then, if its moment has
    come and the round is not over."""
    if ping.means in {one.value for one in post.BY_ITSELF} or now > ping.campaign.over_at:
        return False
    unsent = Ping.objects.filter(pk=ping.pk, sent_at=None, due_at__lte=now)
    aim = aiming.now_of(ping, now) if unsent.exists() else None
    if aim is None:
        return False
    deadline = min(now + timedelta(hours=ping.campaign.answer_hours), ping.campaign.over_at)
    return bool(unsent.update(sent_at=now, deadline=deadline, nomination=aim.nomination, place=aim.place))


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
    reports = Report.objects.filter(pk__in=list(report_ids), operation_id=operation_id).select_related("sender")
    for report in reports:
        if found := _named_in(operation_id, report.text):
            with transaction.atomic():
                if _heard(report, found):
                    Report.objects.filter(pk=report.pk, standing=Standing.WAITING).update(
                        standing=Standing.TAKEN, understood=True
                    )
                    taken.add(report.pk)
    return taken


def _named_in(operation_id: int, said: str) -> Sequence[Ping]:
    """The pings whose codes stand in a text."""
    marks = [keys.token_hash(code) for code in hearing.codes_in(said)]
    pings = Ping.objects.filter(campaign__operation_id=operation_id, code__in=marks)
    return list(pings.select_related("campaign", "message__sender")) if marks else []


def _heard(report: Report, named: Sequence[Ping]) -> bool:
    """Take up what a message says of the pings that it names; whether it says something of any. What only passes our
    letter on says nothing, and a person has to read it: the message is shown beside the ping, and stays on the desk."""
    automatic, own = str(report.fields.get("automatic", "")), words_of(report)
    codes = {keys.token_hash(code) for code in hearing.codes_in(own)}
    counts = False
    for ping in named:
        ping.answers.add(report)
        if automatic:
            _of_program(ping, automatic, report.received_at)
            counts = True
        elif ping.code in codes or (_from_there(ping, report) and hearing.is_reply(own, _subject(report))):
            _of_person(ping, report, own)
            counts = True
    return counts


def words_of(report: Report) -> str:
    """What its sender wrote, without what it repeats of ours."""
    quoted_at = report.fields.get("quoted_at")
    return hearing.own_words(report.text, quoted_at if isinstance(quoted_at, int) else None)


def _subject(report: Report) -> str:
    return str(report.fields.get("subject", ""))


def _from_there(ping: Ping, report: Report) -> bool:
    """Whether it comes from the very address that was pinged, as far as `From` and gateways are to be believed."""
    to, sender = ping.message.sender if ping.message else None, report.sender
    if to is None or sender is None or to.destroyed_at or sender.destroyed_at or to.kind != sender.kind:
        return False
    return to.pk == sender.pk or to.address.value.casefold() == sender.address.value.casefold()


def from_elsewhere(ping: Ping, report: Report) -> bool:
    """Whether it came from another address or number; not where either is known no more."""
    both = (ping.message.sender if ping.message else None, report.sender)
    return all(one is not None and not one.destroyed_at for one in both) and not _from_there(ping, report)


def _of_program(ping: Ping, automatic: str, at: datetime) -> None:
    """A bounce says that nobody was reached, an absence nothing."""
    if automatic in {"a bounce", "a report of delivery"}:
        Ping.objects.filter(pk=ping.pk, answered_at=None, bounced_at=None).update(bounced_at=at, problem=automatic)


def _of_person(ping: Ping, report: Report, own: str) -> None:
    """The first counts; but whoever was pinged may say that they are the right office after another said that it is
    not theirs."""
    wrong = hearing.says_wrong(hearing.without_subject(own, _subject(report)))
    free = Q(answered_at=None)
    if not wrong and _from_there(ping, report):
        free |= Q(wrong=True)
    if Ping.objects.filter(free, pk=ping.pk).update(answered_at=report.received_at, wrong=wrong, answered_by="message"):
        settle(ping, timezone.now())
