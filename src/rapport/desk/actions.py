"""Everything a person can decide on the desk. Each action checks the permission, changes, writes the decision and tells
the release log, in one transaction; undo.py takes any of them back.

All raise NotAllowed (the person may not), Refused (what was entered cannot be) or Conflict (somebody was first).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import draft as drafts
from rapport.desk.books import allow, claim, decide, independent_senders, locked, standing_decisions, told
from rapport.desk.draft import EventDraft
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events import log
from rapport.events.models import Event, EventReport
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.oversight.switches import is_stopped
from rapport.reports.models import Report, Standing, Suggestion, Translation
from rapport.sharing.handling import Handling
from rapport.values import Publication, Status

#: What only a verifier says, and only with reason and evidence.
JUDGED = frozenset({Status.VERIFIED, Status.REFUTED, Status.UNVERIFIABLE})
JUDGED_STAYS = (
    "Verified, refuted and unverifiable are a verifier's word: what is so judged only a verifier rewrites, gives other "
    "reports, or publishes again once it was withdrawn."
)
LOOSER = (
    "Somebody said more for keeping it back than this would: its sensitivity, a refused consent, names or personal "
    "data in it, who holds the area, whose it is. Only a verifier takes that away."
)
#: How many independent senders corroborate an event [ours: the smallest number that is more than one person's word].
CORROBORATING_SENDERS = 2
REASON_LENGTH = 2_000


def accept(
    person: Person, report: Report, draft: EventDraft, publish: bool = True, suggestion: Suggestion | None = None
) -> Event:
    """The report becomes an event of its own, published or a draft."""
    allow(person, Permission.DESK_REPORT_TRIAGE, report.operation_id)
    event = new_event(person, report.operation, draft, publish)
    with transaction.atomic():
        claim(report, Standing.IN_EVENT, person)
        drafts.save(event, draft)
        EventReport.objects.create(event=event, report=report)
        decide(
            person,
            event.operation_id,
            DecisionKind.ACCEPT,
            report_id=report.pk,
            event_id=event.pk,
            suggestion_id=suggestion.pk if suggestion else None,
            before={"standing": Standing.WAITING},
            after=accepted(event, draft),
        )
        log.record(event.operation_id, [event.pk])
    return event


def attach(person: Person, report: Report, event: Event, suggestion: Suggestion | None = None) -> Event:
    """The report tells of an event that is already there; the event as it is now, perhaps withdrawn. To what a
    verifier has judged only a verifier attaches."""
    allow(person, Permission.DESK_REPORT_TRIAGE, report.operation_id)
    if event.operation_id != report.operation_id:
        raise Refused("other operation", "Report and event belong to different operations.", field="event")
    with transaction.atomic():
        event = locked(event)
        allow_judged(person, event.operation_id, event.status)
        claim(report, Standing.IN_EVENT, person)
        EventReport.objects.create(event=event, report=report)
        touch(event)
        decide(
            person,
            event.operation_id,
            DecisionKind.ATTACH,
            report_id=report.pk,
            event_id=event.pk,
            suggestion_id=suggestion.pk if suggestion else None,
            before={"standing": Standing.WAITING},
            after={"standing": Standing.IN_EVENT, "event": event.ref},
        )
        log.record(event.operation_id, [event.pk])
    return event


def reject(person: Person, report: Report, reason: str) -> None:
    """The report becomes no event; it is kept, with the reason."""
    allow(person, Permission.DESK_REPORT_TRIAGE, report.operation_id)
    reason = words("reason", reason)
    with transaction.atomic():
        claim(report, Standing.REJECTED, person)
        decide(
            person,
            report.operation_id,
            DecisionKind.REJECT,
            report_id=report.pk,
            reason=reason,
            before={"standing": Standing.WAITING},
            after={"standing": Standing.REJECTED},
        )


def translate(person: Person, report: Report, language: str, text: str) -> Translation:
    """A translation that stands beside the original; a later one in the same language is shown first."""
    allow(person, Permission.DESK_REPORT_TRANSLATE, report.operation_id)
    if language not in report.operation.languages:
        raise Refused("language", "Choose one of the operation's languages.", field="language")
    text = text.strip()
    if not text or "\0" in text or len(text) > drafts.SUMMARY_LENGTH:
        raise Refused("translation", f"Write 1 to {drafts.SUMMARY_LENGTH} characters.", field="text")
    with transaction.atomic():
        translation = Translation.objects.create(report=report, language=language, text=text, person=person)
        asked = Report.objects.filter(pk=report.pk, for_translator=True).update(for_translator=False) == 1
        decide(
            person,
            report.operation_id,
            DecisionKind.TRANSLATE,
            report_id=report.pk,
            before={"for_translator": True} if asked else {},
            after={"translation": translation.pk, "language": language, "text": text},
        )
    return translation


def edit(person: Person, event: Event, draft: EventDraft, seen: datetime | None = None) -> Event:
    """The event says something else. `seen` is the event's `updated_at` as the person saw it: if somebody changed it
    since, Conflict says who. Saving what is there already is no decision."""
    allow(person, Permission.DESK_EVENT_EDIT, event.operation_id)
    drafts.check(event.operation, draft)
    with transaction.atomic():
        event = locked(event)
        before, after = drafts.to_json(drafts.of_event(event)), drafts.to_json(draft)
        if before == after:
            return event
        allow_judged(person, event.operation_id, event.status)
        allow_looser(person, event.operation_id, draft.handling, event.handling)
        if seen is not None and event.updated_at != seen:
            raise Conflict(_changed_meanwhile(event))
        drafts.save(event, draft)
        decide(person, event.operation_id, DecisionKind.EDIT, event_id=event.pk, before=before, after=after)
        log.record(event.operation_id, [event.pk])
    return event


def publish(
    person: Person, event: Event, publication: Publication, reason: str = "", batch: Decision | None = None
) -> Event:
    """Readers get the event, or do not. Taking it from them needs a reason; what was shown is retracted.

    Withdrawing is the emergency brake: whoever may publish pulls it, whatever a verifier has said. What a verifier has
    judged comes back from there only by a verifier's word, or when whoever withdrew it takes that back (undo.py)."""
    allow(person, Permission.DESK_EVENT_PUBLISH, event.operation_id)
    reason = words("reason", reason, needed=publication != Publication.PUBLISHED)
    with transaction.atomic():
        event = locked(event)
        if event.publication == publication:
            raise Conflict(f"This event is {publication.value} already.")
        if event.publication == Publication.WITHDRAWN:
            allow_judged(person, event.operation_id, event.status)
        before = shown(event)
        set_publication(event, publication)
        touch(event)
        decide(
            person,
            event.operation_id,
            DecisionKind.PUBLISH,
            event_id=event.pk,
            reason=reason,
            before=before,
            after=shown(event),
            batch=batch,
        )
        log.record(event.operation_id, [event.pk])
    return event


def set_status(person: Person, event: Event, status: Status, reason: str = "", evidence: str = "") -> Event:
    """What is known about the event. Verified, refuted and unverifiable are a verifier's word, with reason and
    evidence, and only a verifier takes them away again; corroborated needs two independent senders."""
    allow(person, Permission.DESK_EVENT_EDIT, event.operation_id)
    reason = words("reason", reason, needed=status in JUDGED)
    evidence = words("evidence", evidence, needed=status in JUDGED)
    with transaction.atomic():
        event = locked(event)
        allow_judged(person, event.operation_id, status, event.status)
        if event.status == status:
            raise Conflict(f"This event is {status.value} already.")
        if status == Status.CORROBORATED:
            _check_corroborated(event)
        before, event.status = {"status": event.status}, status.value
        touch(event)
        decide(
            person,
            event.operation_id,
            DecisionKind.VERIFY,
            event_id=event.pk,
            reason=reason,
            evidence=evidence,
            before=before,
            after={"status": event.status},
        )
        log.record(event.operation_id, [event.pk])
    return event


def new_event(person: Person, operation: Operation, draft: EventDraft, publish: bool) -> Event:
    """An event, published or a draft, that can say what the draft says; not written yet."""
    if publish:
        allow(person, Permission.DESK_EVENT_PUBLISH, operation.pk)
    drafts.check(operation, draft)
    event = Event(operation=operation)
    set_publication(event, Publication.PUBLISHED if publish else Publication.DRAFT)
    return event


def allow_judged(person: Person, operation_id: int, *statuses: str) -> None:
    """What a verifier has vouched for says nothing else, and holds no other reports, but by a verifier's word; nor do
    readers get it again without one, once it was withdrawn."""
    if not closed_to(person, operation_id).isdisjoint(statuses):
        raise NotAllowed(f"{JUDGED_STAYS} {person.shown_name} does not hold {Permission.DESK_EVENT_VERIFY.value} here.")


def allow_looser(person: Person, operation_id: int, said: Handling, was: Handling) -> None:
    """Whoever edits may say more for keeping it back; less only a verifier: more people may see it then."""
    if said.looser_than(was) and not person.may(Permission.DESK_EVENT_VERIFY, operation_id):
        raise Refused("sensitivity", LOOSER, field="sensitivity")


def closed_to(person: Person, operation_id: int) -> frozenset[str]:
    """The statuses whose events this person leaves to verifiers; none for a verifier."""
    return frozenset() if person.may(Permission.DESK_EVENT_VERIFY, operation_id) else frozenset(JUDGED)


def accepted(event: Event, draft: EventDraft) -> dict[str, object]:
    """What an acceptance leaves in the record."""
    return {
        "standing": Standing.IN_EVENT,
        "event": event.ref,
        "publication": event.publication,
        "status": event.status,
        "draft": drafts.to_json(draft),
    }


def shown(event: Event) -> dict[str, str | None]:
    """Whether and since when readers get the event, as a decision keeps it."""
    since = event.published_at
    return {"publication": event.publication, "published_at": since.isoformat() if since else None}


def set_publication(event: Event, publication: Publication) -> None:
    """`published_at` stays the first time."""
    event.publication = publication.value
    if publication == Publication.PUBLISHED and event.published_at is None:
        event.published_at = timezone.now()


def touch(event: Event) -> None:
    event.updated_at = timezone.now()
    event.save()


def words(field: str, text: str, *, needed: bool = True) -> str:
    """A reason or evidence as it is kept; Refused if it is needed and missing, too long, or holds a NUL byte."""
    text = text.strip()
    if (needed and not text) or "\0" in text or len(text) > REASON_LENGTH:
        raise Refused(field, f"Write the {field}, 1 to {REASON_LENGTH} characters.", field=field)
    return text


def _check_corroborated(event: Event) -> None:
    if is_stopped("corroboration", event.operation_id):
        raise Conflict("Counting independent senders is stopped here: nothing can be marked as corroborated now.")
    senders = independent_senders(event.pk)
    if senders < CORROBORATING_SENDERS:
        raise Conflict(
            f"Corroborated means told by {CORROBORATING_SENDERS} independent senders; this event has {senders}. "
            "Reports without a sender do not count, nor words that another sender said before."
        )


def _changed_meanwhile(event: Event) -> str:
    last = standing_decisions(event.operation_id).filter(event_id=event.pk).order_by("id").last()
    return "The event changed while you were writing" + (f": {told(last)}." if last else ".")
