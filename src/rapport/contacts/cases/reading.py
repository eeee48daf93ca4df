"""A case and its messages for one side: nobody else reads them, the network's own team neither."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from rapport.contacts.cases.models import STOOD_BY, Attempt, Case, Clash, Dispatch, Handover, State
from rapport.contacts.escalation import Result
from rapport.contacts.kinds import Answer, Kind, Said
from rapport.contacts.members import Member
from rapport.oversight import keys
from rapport.registry.models import Actor
from rapport.values import Marking


class Content(msgspec.Struct, frozen=True):
    """What is sealed of a message."""

    fields: dict[str, str]
    caveats: str = ""


def sealed(fields: dict[str, str], caveats: str) -> bytes:
    return keys.seal("contacts", msgspec.json.encode(Content(fields, caveats)))


def content_of(one: Dispatch | Clash) -> Content:
    return msgspec.json.decode(keys.unseal("contacts", bytes(one.sealed)), type=Content)


def said_of(one: Dispatch, at: datetime | None = None) -> Said:
    """The message as it goes, or as a draft would go now, under a number that it does not have yet."""
    content = content_of(one)
    return Said(
        one.ref or f"{one.case.ref}-00", one.case.ref, Kind(one.kind), one.sender.code, one.to.code,
        one.sent_at or at or timezone.now(), content.fields, Marking(one.marking), content.caveats, one.case.exercise,
    )  # fmt: skip


def sealed_note(text: str) -> bytes:
    return keys.seal("contacts", text.encode())


def note_of(one: Attempt | Handover) -> str:
    return keys.unseal("contacts", bytes(one.note_sealed)).decode()


def cases_of(who: Member) -> QuerySet[Case]:
    """Those of the parties for which this person speaks; none that the other side has only drafted."""
    mine = [one.pk for one in who.actors]
    there = Dispatch.objects.filter(case=OuterRef("pk")).exclude(state=State.GONE)
    begun = Q(begun_by__in=mine) & Exists(there)
    came = Q(with_actor__in=mine) & Exists(there.filter(state=State.SENT))
    cases = Case.objects.filter(operation=who.operation).filter(begun | came)
    return cases.select_related("begun_by", "with_actor", "operation")


def number_of(ref: str) -> int:
    """Of a message within its case."""
    return int(ref.rpartition("-")[2])


def last_number(case: Case, by: int) -> int:
    """Of the last message that a party (its id) has sent in a case; 0 for none."""
    sent = Dispatch.objects.filter(case=case, sender__actor=by, state=State.SENT)
    return max((number_of(ref) for ref in sent.values_list("ref", flat=True)), default=0)


def begin_it(case: Case) -> None:
    """A case begins for both sides when its first message was sent, not when somebody began to write it; the first may
    come here after others. What nobody has confirmed as their words begins none. Call with the case locked."""
    sent = Dispatch.objects.filter(case=case, state=State.SENT, owned__in=STOOD_BY)
    first = sent.aggregate(at=Min("sent_at"))["at"]
    if first is not None:
        case.begun_at = first
        case.save(update_fields=["begun_at"])


def own_side(who: Member, case: Case) -> Actor:
    """The party of the case for which this person speaks."""
    return case.begun_by if who.speaks_for(case.begun_by) else case.with_actor


def other_side(who: Member, case: Case) -> Actor:
    return case.with_actor if who.speaks_for(case.begun_by) else case.begun_by


def dispatches(case: Case) -> QuerySet[Dispatch]:
    """What was sent in it, in order, with what tries came of."""
    sent = in_full(Dispatch.objects.filter(case=case, state=State.SENT)).prefetch_related("attempts")
    return sent.order_by("sent_at", "known_at", "pk")


def drafts_of(actors: Iterable[Actor]) -> QuerySet[Dispatch]:
    """What these parties have written and not sent."""
    unsent = Dispatch.objects.filter(sender__actor__in=list(actors), state__in=[State.DRAFT, State.READY])
    return in_full(unsent).order_by("drafted_at")


@dataclass(frozen=True, slots=True)
class Beside:
    """What whoever sends a draft must know of: answers of their side to the same message, other drafts of it, and what
    came after it was written."""

    answers: Sequence[Dispatch]
    drafts: Sequence[Dispatch]
    came: Sequence[Dispatch]


def beside(one: Dispatch) -> Beside:
    there = list(dispatches(one.case))
    own = [each for each in there if each.sender.actor_id == one.sender.actor_id]
    drafts = drafts_of([one.sender.actor]).filter(case=one.case).exclude(pk=one.pk)
    same = one.about_id is not None and one.kind == Kind.REPLY.value
    return Beside(
        [each for each in own if same and each.about_id == one.about_id and each.answer == Answer.ANSWER.value],
        list(drafts),
        [each for each in there if each not in own and each.known_at and each.known_at > one.drafted_at],
    )


def reached_at(one: Dispatch) -> datetime | None:
    """When a message reached the side that it is for, as far as is known: they have it, or somebody was told of it. Who
    was told may have told nobody: it is new there until it is opened."""
    # What came from another instance, or was typed in, has arrived when it is here.
    came = None if one.way == "here" else one.known_at
    told = [each.at for each in one.attempts.all() if each.result == Result.REACHED.value]
    return min(filter(None, (one.delivered_at, came, *told)), default=None)


def in_full(those: QuerySet[Dispatch]) -> QuerySet[Dispatch]:
    return those.select_related(
        "case__operation", "case__begun_by", "case__with_actor", "sender__actor", "to__actor", "to_record", "about",
        "drafted_by", "released_by", "owned_by", "typed_by",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A message as it is shown. `changed_by`: what corrects or withdraws it; the old words stay readable. `reached`:
    when it reached the other side, None as long as that is not known."""

    dispatch: Dispatch
    said: Said
    ours: bool
    changed_by: Sequence[Dispatch]
    reached: datetime | None

    @property
    def stands(self) -> bool:
        """Whether its side stands by it: nobody corrects, withdraws or follows up what they never said."""
        return self.dispatch.owned in STOOD_BY


def lines(who: Member, case: Case) -> list[Line]:
    there = list(dispatches(case))
    own = own_side(who, case)
    return [
        Line(one, said_of(one), one.sender.actor_id == own.pk, _changes(one, there), reached_at(one)) for one in there
    ]  # fmt: skip


def _changes(one: Dispatch, there: Iterable[Dispatch]) -> list[Dispatch]:
    kinds = {Kind.CORRECTION.value, Kind.WITHDRAWAL.value}
    mine = [each for each in there if each.sender.actor_id == one.sender.actor_id]  # nobody changes another's words
    return [each for each in mine if each.about_id == one.pk and each.kind in kinds]


def open_it(who: Member, case: Case, now: datetime) -> None:
    """Somebody of this side has the case before them: what was sent to it is new here no more."""
    own = own_side(who, case)
    came = Dispatch.objects.filter(case=case, state=State.SENT, to__actor=own, delivered_at=None)
    came.update(delivered_at=now)
