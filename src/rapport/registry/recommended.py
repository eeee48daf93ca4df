"""What people recommend, for one reader: who should do what by when, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from rapport.operations.models import Operation
from rapport.registry.holdings import frameworks
from rapport.registry.models import Recommendation
from rapport.registry.releases import RESULT, facts, number_of, released
from rapport.sharing.items import RowItem
from rapport.values import Publication, Purpose, Reader, RowRelease, Sensitivity

TABLE = "recommendations"
OPEN, DONE, DROPPED = "open", "done", "dropped"
#: (slug of the framework, code) → label.
Provisions = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Recommended:
    """`said`: how it was done, or why it was dropped. One that was withdrawn says nothing but that it was."""

    ref: str
    published_at: datetime
    ended_at: datetime | None  # done, dropped or withdrawn
    state: str  # open, done, dropped, withdrawn
    text: str = ""
    owner: str = ""  # an office or an actor
    due_on: date | None = None
    evidence: str = ""
    review_on: date | None = None
    said: str = ""
    framework: str = ""  # slug; "" where it is about no provision, or one that nobody has checked any more
    code: str = ""
    label: str = ""  # of the provision
    round: str = ""  # title of the round from which it follows, once its results are published

    def days_late(self, today: date) -> int:
        """Since it was due; 0 where it is not due yet, or nobody waits for it any more."""
        return max(0, (today - self.due_on).days) if self.due_on and self.state == OPEN else 0


def recommendations(
    operation: Operation, who: Reader, purpose: Purpose = Purpose.VIEW, *, framework: str = "", code: str = ""
) -> list[RowRelease[Recommended]]:
    """Those that were published, as far as this reader gets them, the earliest due first; with `framework` and `code`
    those about one provision."""
    rows = Recommendation.objects.filter(operation=operation).exclude(publication=Publication.DRAFT.value)
    if framework:
        rows = rows.filter(framework=framework, code=code, publication=Publication.PUBLISHED.value)
    known = checked_provisions(operation)
    items = [_item(operation, one, known) for one in rows.select_related("round").order_by("due_on", "pk")]
    return released(operation, who, purpose, RESULT, items)


def checked_provisions(operation: Operation) -> Provisions:
    """What a recommendation can be about."""
    found = frameworks(operation.pk).values()
    return {(one.slug, row.code): row.label for one in found for row in one.provisions}


def today_in(operation: Operation) -> date:
    """The day that it is where the operation is: what is due is due by its end."""
    return timezone.localdate(timezone=ZoneInfo(operation.time_zone))


def _item(operation: Operation, one: Recommendation, known: Provisions) -> RowItem[Recommended]:
    """As sensitive as the results from which it follows."""
    at = one.published_at or one.written_at
    level = Sensitivity(one.round.results_level) if one.round else None
    return RowItem(
        table=TABLE,
        ref=one.ref,
        number=number_of(TABLE, one.ref),
        facts=facts(operation, RESULT, at, sensitivity=level),
        row=_row(one, at, known),
        changed=max(at, one.written_at, one.ended_at or at),
    )


def _row(one: Recommendation, at: datetime, known: Provisions) -> Recommended:
    if one.publication == Publication.WITHDRAWN.value:
        return Recommended(one.ref, at, one.ended_at, "withdrawn")
    label = known.get((one.framework, one.code), "")
    shown = one.round is not None and one.round.results == Publication.PUBLISHED.value
    return Recommended(
        ref=one.ref,
        published_at=at,
        ended_at=one.ended_at,
        state=one.state,
        text=one.text,
        owner=one.owner,
        due_on=one.due_on,
        evidence=one.evidence,
        review_on=one.review_on,
        said=one.said,
        framework=one.framework if label else "",
        code=one.code if label else "",
        label=label,
        round=one.round.title if one.round and shown else "",
    )
