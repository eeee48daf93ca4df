"""One decision about many reports or many events, by a person: first what would happen to which and which cannot, then
one line in the record with its parts, and one undo (undo.py) for all that nobody has touched since.

What somebody else holds, or decided first, is left alone and named; the rest goes on without it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from django.db import transaction

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import actions, alike
from rapport.desk import draft as drafts
from rapport.desk.actions import accepted, allow_judged, new_event, touch, words
from rapport.desk.alike import Apart, Compared
from rapport.desk.as_said import draft_of
from rapport.desk.books import allow, decide, hold, lapsed_at, locked, parts, quoted, who_were_first, works_on
from rapport.desk.draft import EventDraft, Taxonomy
from rapport.desk.event import merging, responding
from rapport.desk.models import Lease
from rapport.desk.queue import escalation, ranks
from rapport.desk.queue.leases import in_turn
from rapport.desk.standing_orders.bulk import Row, claim, write
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events import log
from rapport.events.models import Event, EventReport
from rapport.operations import fields
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.oversight.record import decide_all, restate
from rapport.reports.models import Report, Standing
from rapport.values import Precision, Publication, Response, Status

#: How many reports are decided about at once [ours: more than anybody has looked at].
MOST = 500
#: How many events: each is decided by itself, and intake cannot write meanwhile [ours: about a second].
MOST_EVENTS = 100
K = DecisionKind


@dataclass(frozen=True, slots=True)
class Unfit:
    """One that is left alone: which, and why."""

    ref: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Reports:
    """A selection of reports: those that can be decided about, those that cannot, and those that visibly differ from a
    near-duplicate that was chosen with them. Of those that can, `ticked` differ too, and `covered` say the same as the
    report whose reference follows theirs."""

    can: Sequence[Report]
    cannot: Sequence[Unfit]
    apart: Sequence[Apart]
    ticked: Sequence[Apart]
    covered: Mapping[str, str]

    @property
    def left(self) -> list[Unfit]:
        """What is left alone, and why."""
        return [
            *self.cannot,
            *(_unfit(one.report, f"It differs: {one.said}. It was not ticked.") for one in self.apart),
        ]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it."""

    decision: Decision
    left: Sequence[Unfit]


# --- reports -------------------------------------------------------------------------------------------------------


def look(person: Person, operation: Operation, refs: Iterable[str], ticked: Collection[str] = ()) -> Reports:
    """The reports of these references, at most MOST, in the order of the queue. Of several that say nearly the same the
    first one named is the one that was read: what visibly differs from it is set apart, but for those `ticked`. Changes
    nothing."""
    wanted = list(dict.fromkeys(refs))[:MOST]
    reports: list[Report] = []
    for some in parts(wanted):
        reports += Report.objects.filter(operation=operation, ref__in=some).select_related("source")
    place = {ref: index for index, ref in enumerate(wanted)}
    named = sorted(reports, key=lambda report: place[report.ref])
    reports.sort(key=lambda report: in_turn(operation, report))
    leases = _leases(operation, [report.pk for report in reports], person)
    gone = who_were_first(operation.pk, [one.pk for one in reports if one.standing != Standing.WAITING])
    can, cannot = [], []
    for report in reports:
        if report.pk in gone:
            cannot.append(_unfit(report, gone[report.pk]))
        elif report.pk in leases:
            cannot.append(_unfit(report, works_on(leases[report.pk])))
        else:
            can.append(report)
    compared = alike.compare(operation, named) if can else Compared({}, ())
    differing = {one.report.pk: one for one in compared.apart}
    going = [one for one in can if one.pk not in differing or one.ref in ticked]
    return Reports(
        can=going,
        cannot=cannot,
        apart=[differing[one.pk] for one in can if one.pk in differing and one.ref not in ticked],
        ticked=[differing[one.pk] for one in going if one.pk in differing],
        covered={one.ref: compared.covered[one.ref] for one in going if one.ref in compared.covered},
    )


def reject(
    person: Person, operation: Operation, refs: Iterable[str], reason: str, ticked: Collection[str] = ()
) -> Done:
    """None of these reports becomes an event, for the one reason."""
    allow(person, Permission.DESK_REPORT_TRIAGE, operation.pk)
    reason = words("reason", reason)
    with transaction.atomic():
        chosen = _taken(person, operation, refs, ticked, Standing.REJECTED)
        bulk = _bulk(person, operation, "rejected", len(chosen.can), "report", reason, chosen=chosen)
        before, after = {"standing": Standing.WAITING}, {"standing": Standing.REJECTED}
        rows = [_part_of(bulk, K.REJECT, one, reason=reason, before=before, after=after) for one in chosen.can]
        decide_all(rows)
    return Done(bulk, chosen.left)


def attach(
    person: Person, operation: Operation, refs: Iterable[str], event: Event, ticked: Collection[str] = ()
) -> Done:
    """All these reports tell of one event that is already there. If a verifier has judged it and the person is none,
    all of them go on waiting (NotAllowed)."""
    allow(person, Permission.DESK_REPORT_TRIAGE, operation.pk)
    if event.operation_id != operation.pk:
        raise Refused("other operation", "Reports and event belong to different operations.", field="event")
    with transaction.atomic():
        event = locked(event)
        allow_judged(person, operation.pk, event.status)
        chosen = _taken(person, operation, refs, ticked, Standing.IN_EVENT)
        bulk = _bulk(
            person, operation, "attached", len(chosen.can), "report", about=f" to {quoted(event)}", chosen=chosen
        )
        _attached(bulk, chosen.can, event)
        touch(event)
        log.record(operation.pk, [event.pk])
    return Done(bulk, chosen.left)


def together(
    person: Person,
    operation: Operation,
    refs: Iterable[str],
    draft: EventDraft,
    publish: bool,
    ticked: Collection[str] = (),
) -> Done:
    """All these reports become one new event."""
    allow(person, Permission.DESK_REPORT_TRIAGE, operation.pk)
    event = new_event(person, operation, draft, publish)
    with transaction.atomic():
        chosen = _taken(person, operation, refs, ticked, Standing.IN_EVENT)
        drafts.save(event, draft)
        about = f" as one event, {quoted(event)}"
        bulk = _bulk(person, operation, "accepted", len(chosen.can), "report", about=about, chosen=chosen)
        first, *others = chosen.can
        EventReport.objects.create(event=event, report=first)
        decide(
            person,
            operation.pk,
            K.ACCEPT,
            report_id=first.pk,
            event_id=event.pk,
            batch=bulk,
            before={"standing": Standing.WAITING},
            after=accepted(event, draft),
        )
        _attached(bulk, others, event)
        log.record(operation.pk, [event.pk])
    return Done(bulk, chosen.left)


@dataclass(frozen=True, slots=True)
class Apiece:
    """Reports of which each can become an event as it says itself, with what that event would say, and the rest."""

    rows: Sequence[Row]
    left: Sequence[Unfit]


@dataclass(frozen=True, slots=True)
class Way:
    """How reports become events as they say themselves: how exactly their places are known, which column of a file
    holds titles (none: each reader gets category and place), whether places outside the area are meant."""

    precision: Precision = Precision.LOCALITY
    title_from: str = ""
    outside: bool = False


def each(operation: Operation, reports: Iterable[Report], way: Way, publish: bool) -> Apiece:
    """Which of these reports say enough of themselves. What no point or category came with takes a person who reads it.
    Changes nothing."""
    known, asked = Taxonomy.of(operation).by_code, fields.stored(operation.extra_fields)
    publication = Publication.PUBLISHED if publish else Publication.DRAFT
    rows: list[Row] = []
    left: list[Unfit] = []
    for report in reports:
        draft = draft_of(report, way.precision, way.title_from, known, asked, outside=way.outside)
        try:
            if not draft.categories:
                raise Refused("category", "No category of this operation came with it: read it.", field="categories")
            if draft.spot is None:
                raise Refused("place", "No coordinates came with it: read it and choose its place.", field="place")
            drafts.check(operation, draft)
        except Refused as refused:
            left.append(_unfit(report, refused.remedy))
        else:
            rows.append(Row(report, draft, publication, Status.UNVERIFIED, ""))
    return Apiece(rows, left)


def apiece(person: Person, operation: Operation, refs: Iterable[str], way: Way, publish: bool) -> Done:
    """Each of these reports becomes an event of its own, as it says itself. Those that say nearly the same as another
    one are no exception: none stands for another here."""
    allow(person, Permission.DESK_REPORT_TRIAGE, operation.pk)
    if publish:
        allow(person, Permission.DESK_EVENT_PUBLISH, operation.pk)
    refs = list(refs)
    with transaction.atomic():
        chosen = _held(person, operation, refs, refs)
        found = each(operation, chosen.can, way, publish)
        left = [*chosen.cannot, *found.left]
        _some(found.rows, left)
        bulk = _bulk(person, operation, "accepted", len(found.rows), "report", about=", each as an event of its own")

        def part(event: Event, row: Row) -> Decision:
            before, after = {"standing": Standing.WAITING}, accepted(event, row.draft)
            return _part_of(bulk, K.ACCEPT, row.report, event_id=event.pk, before=before, after=after)

        write(operation, Taxonomy.of(operation), claim(found.rows), part)
    return Done(bulk, left)


def prioritise(
    person: Person, operation: Operation, refs: Iterable[str], urgency: int | None, ticked: Collection[str] = ()
) -> Done:
    """All these reports are this urgent, 0 to 3."""
    urgency = escalation.step(urgency)
    return _sent_on(
        person, operation, refs, ticked, K.PRIORITISE, ("urgency", urgency), f"set urgency {urgency} for", ""
    )


def to_verifier(
    person: Person, operation: Operation, refs: Iterable[str], reason: str, ticked: Collection[str] = ()
) -> Done:
    """All these reports are a verifier's from now on."""
    reason = words("reason", reason)
    return _sent_on(person, operation, refs, ticked, K.ESCALATE, ("for_verifier", True), "passed to a verifier", reason)


def to_translators(
    person: Person, operation: Operation, refs: Iterable[str], reason: str = "", ticked: Collection[str] = ()
) -> Done:
    """All these reports are translated first."""
    reason = words("reason", reason, needed=False)
    return _sent_on(
        person, operation, refs, ticked, K.TRANSLATORS, ("for_translator", True), "passed to translators", reason
    )


def _sent_on(
    person: Person,
    operation: Operation,
    refs: Iterable[str],
    ticked: Collection[str],
    kind: DecisionKind,
    change: tuple[str, int | bool],
    done: str,
    reason: str,
) -> Done:
    """The reports stay in the queue, at another place of it: one column says where."""
    allow(person, Permission.DESK_REPORT_TRIAGE, operation.pk)
    field, value = change
    with transaction.atomic():
        chosen = _held(person, operation, refs, ticked)
        unanswered = escalation.unanswered(operation.pk, chosen.can) if kind == K.PRIORITISE else set()
        going = [report for report in chosen.can if getattr(report, field) != value or report.pk in unanswered]
        gone = {report.pk for report in going}
        same = [_unfit(report, "It is so already.") for report in chosen.can if report.pk not in gone]
        _some(going, [*chosen.left, *same])
        ids = [report.pk for report in going]
        for some in parts(ids):
            Report.objects.filter(pk__in=some).update(**{field: value})
            if kind != K.PRIORITISE:  # somebody else works on it now
                Lease.objects.filter(report_id__in=some).delete()
        bulk = _bulk(person, operation, done, len(going), "report", reason, chosen=chosen)
        rows = [
            _part_of(bulk, kind, report, reason=reason, before={field: getattr(report, field)}, after={field: value})
            for report in going
        ]
        decide_all(rows)
        ranks.refresh(ids)  # with the decisions: what a person has set counts otherwise
    return Done(bulk, [*chosen.left, *same])


def _attached(bulk: Decision, reports: Sequence[Report], event: Event) -> None:
    EventReport.objects.bulk_create([EventReport(event=event, report=one) for one in reports], batch_size=500)
    after = {"standing": Standing.IN_EVENT, "event": event.ref}
    before = {"standing": Standing.WAITING}
    rows = [_part_of(bulk, K.ATTACH, one, event_id=event.pk, before=before, after=after) for one in reports]
    decide_all(rows)


def _held(person: Person, operation: Operation, refs: Iterable[str], ticked: Collection[str]) -> Reports:
    """The selection, its rows held until the transaction ends."""
    wanted = list(dict.fromkeys(refs))[:MOST]
    for some in parts(wanted):
        list(Report.objects.select_for_update().filter(operation=operation, ref__in=some).order_by("pk"))
    return look(person, operation, wanted, ticked)


def _taken(
    person: Person, operation: Operation, refs: Iterable[str], ticked: Collection[str], standing: Standing
) -> Reports:
    """The reports of the selection that still wait, taken out of the queue; their leases end."""
    chosen = _held(person, operation, refs, ticked)
    _some(chosen.can, chosen.left)
    for some in parts([report.pk for report in chosen.can]):
        Report.objects.filter(pk__in=some).update(standing=standing)
        Lease.objects.filter(report_id__in=some).delete()
    return chosen


def _leases(operation: Operation, report_ids: Sequence[int], person: Person) -> dict[int, Lease]:
    """The reports that somebody else holds."""
    held: dict[int, Lease] = {}
    for some in parts(report_ids):
        running = Lease.objects.filter(report_id__in=some, until__gt=lapsed_at(operation.pk)).exclude(person=person)
        held.update({lease.report_id: lease for lease in running.select_related("person")})
    return held


def _unfit(report: Report, why: str) -> Unfit:
    return Unfit(report.ref, report.text[:60] or "(no text)", why)


# --- events --------------------------------------------------------------------------------------------------------


class Change(Protocol):
    """What is done to each of the events, as a part of the one decision."""

    def __call__(self, event: Event, /, *, batch: Decision) -> object: ...


def events_of(operation: Operation, refs: Iterable[str]) -> list[Event]:
    """The events of these references, at most MOST_EVENTS, the newest first."""
    chosen = Event.objects.filter(operation=operation, ref__in=list(dict.fromkeys(refs))[:MOST_EVENTS])
    return list(chosen.select_related("operation", "merged_into").order_by("-pk"))


def publish(
    person: Person, operation: Operation, refs: Iterable[str], publication: Publication, reason: str = ""
) -> Done:
    """Readers get all these events, or do not get them any more."""
    allow(person, Permission.DESK_EVENT_PUBLISH, operation.pk)
    reason = words("reason", reason, needed=publication == Publication.WITHDRAWN)
    done = f"made {publication.value}"
    change = partial(actions.publish, person, publication=publication, reason=reason)
    return _each(person, operation, events_of(operation, refs), done, reason, change)


def respond(
    person: Person, operation: Operation, refs: Iterable[str], response: Response, by: str = "", reason: str = ""
) -> Done:
    """The response to all these events."""
    allow(person, Permission.DESK_EVENT_EDIT, operation.pk)
    by, reason = responding.cleaned(response, by), words("reason", reason, needed=False)
    done = f"response {response.value}{f' by {by}' if by else ''} for"
    change = partial(responding.respond, person, response=response, by=by, reason=reason)
    return _each(person, operation, events_of(operation, refs), done, reason, change)


def merge(person: Person, operation: Operation, refs: Iterable[str], into: Event, reason: str = "") -> Done:
    """All these events become part of one of them."""
    allow(person, Permission.DESK_EVENT_EDIT, operation.pk)
    reason = words("reason", reason, needed=False)
    others = [event for event in events_of(operation, refs) if event.pk != into.pk]
    change = partial(merging.merge, person, into, reason=reason)
    return _each(person, operation, others, f"merged into {quoted(into)}:", reason, change, also=[into])


def _each(
    person: Person,
    operation: Operation,
    events: Sequence[Event],
    done: str,
    reason: str,
    change: Change,
    also: Sequence[Event] = (),
) -> Done:
    """Does it to one event after the other, each as by itself; what cannot be is left alone and named. `also` are
    changed with them."""
    left: list[Unfit] = []
    with transaction.atomic():
        hold(event.pk for event in (*events, *also))
        bulk = _bulk(person, operation, done, len(events), "event", reason)
        for event in events:
            try:
                with transaction.atomic():
                    change(event, batch=bulk)
            except (Conflict, NotAllowed) as error:
                left.append(Unfit(event.ref, quoted(event), str(error)))
        _some(events[len(left) :], left)
        if left:  # said before it was known; nobody has read it yet
            restate(bulk, _after(done, len(events) - len(left), "event", ""))
    return Done(bulk, left)


# --- the record ----------------------------------------------------------------------------------------------------


def _some(can: Sequence[object], cannot: Sequence[Unfit]) -> None:
    if not can:
        raise Conflict(cannot[0].why if cannot else "Nothing is chosen: check what it is about.")


def _bulk(
    person: Person,
    operation: Operation,
    done: str,
    count: int,
    what: str,
    reason: str = "",
    about: str = "",
    chosen: Reports | None = None,
) -> Decision:
    """`chosen`: which of them were covered by another one, which were ticked, which were left for what differs."""
    after = _after(done, count, what, about) | (
        alike.record(chosen.covered, chosen.ticked, chosen.apart) if chosen else {}
    )
    return decide(person, operation.pk, K.BULK, reason=reason, before={}, after=after)


def _after(done: str, count: int, what: str, about: str) -> dict[str, Any]:
    return {"said": f"{done} {count} {what}{'' if count == 1 else 's'}{about}", "count": count}


def _part_of(bulk: Decision, kind: DecisionKind, report: Report, **more: Any) -> Decision:
    return Decision(
        operation_id=bulk.operation_id, person=bulk.person, kind=kind, report_id=report.pk, batch=bulk, **more
    )
