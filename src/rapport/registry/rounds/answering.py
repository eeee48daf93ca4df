"""A respondent answers: saves as they go, hands in, takes it back. Whoever has the link owns the sheet; nobody else
reads it until it is handed in.

All raise Conflict (another device was first, or it is too late) or Refused (what was given cannot be).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from rapport.errors import Conflict, Refused
from rapport.oversight import keys
from rapport.registry.forms.answers import Fault, checked, sound
from rapport.registry.forms.model import Sheet as Filled
from rapport.registry.models import Sheet, Submission
from rapport.registry.rounds.sheets import form_of, section_of, seen
from rapport.values import Json, Publication, Sensitivity


@dataclass(frozen=True, slots=True)
class Saved:
    """What a section says now, as `seen`, and what could not be kept of what was given."""

    seen: str
    faults: Sequence[Fault]


def find(operation_id: int, token: str) -> Sheet | None:
    """The sheet that a link opens."""
    sheets = Sheet.objects.select_related("round__operation", "actor")
    return sheets.filter(round__operation_id=operation_id, token_hash=keys.token_hash(token)).first()


@transaction.atomic
def begin(sheet: Sheet) -> str:
    """The owner's own token: the link that they were sent, which others have seen, opens nothing from then on."""
    fresh = _open(sheet)
    if fresh.begun_at is not None:
        raise Conflict("This sheet was begun already.")
    token = secrets.token_urlsafe(18)
    fresh.token_hash, fresh.begun_at = keys.token_hash(token), timezone.now()
    fresh.save(update_fields=["token_hash", "begun_at"])
    return token


@transaction.atomic
def save(sheet: Sheet, section: str, raw: Mapping[str, Json], was: str) -> Saved:
    """The answers of one section; what is wrong with one keeps none of the others from being kept. `was`: what the
    section said when the respondent looked (sheets.seen): Conflict if another device has changed it since."""
    fresh = _open(sheet)
    form = form_of(fresh.round)
    part = section_of(form, section)
    codes = {one.code for one in part.questions}
    kept, faults = checked(form, {code: value for code, value in raw.items() if code in codes})
    wrong = {fault.code for fault in faults}
    answers: dict[str, Json] = {
        code: value for code, value in fresh.answers.items() if code not in codes or code in wrong
    }
    answers |= kept
    now = seen(part, fresh.answers)
    if was != now and seen(part, answers) != now:
        raise Conflict(
            "Another device has changed this section since: what it says now is shown beside what you typed."
        )
    _write(fresh, answers)
    sheet.answers, sheet.revision, sheet.saved_at = fresh.answers, fresh.revision, fresh.saved_at
    return Saved(seen(part, answers), faults)


@transaction.atomic
def take_file(sheet: Sheet, filled: Filled) -> None:
    """The answers of a file take the place of those that the sheet had. Refused for the file of another actor."""
    fresh = _open(sheet)
    if filled.actor and filled.actor not in {fresh.actor.code, fresh.actor.name}:
        raise Refused("actor", f"This file answers for {filled.actor}, and this sheet is for {fresh.actor.name}.")
    if filled.said_by != fresh.said_by or filled.view != fresh.view:
        raise Refused("said_by", "This file says otherwise who answers, or from which view, than this sheet does.")
    fresh.how, fresh.remark = "file", filled.remark or fresh.remark
    fresh.respondent = fresh.respondent or filled.respondent[:100]
    fresh.save(update_fields=["how", "remark", "respondent"])
    _write(fresh, filled.answers)


@transaction.atomic
def hand_in(sheet: Sheet, level: Sensitivity, respondent: str, remark: str) -> None:
    """The team of the operation reads it from now on, and may publish it for whom `level` says. Until the round closes
    its owner may take it again."""
    fresh = _open(sheet)
    if not fresh.answers:
        raise Refused("empty", "Nothing is answered yet. Answer one question at least, or do not hand it in.")
    try:
        fresh.respondent, fresh.remark = sound(respondent.strip(), 100), sound(remark, 10_000)
    except ValueError as error:
        raise Refused("respondent", str(error)) from None
    fresh.level, fresh.handed_in_at = level.value, timezone.now()
    fresh.save(update_fields=["respondent", "remark", "level", "handed_in_at"])


@transaction.atomic
def take_again(sheet: Sheet) -> None:
    """Its owner goes on answering; it is a draft again, and what was published of it stays until it is handed in anew
    or withdrawn."""
    fresh = _there(sheet)
    if fresh.round.closed_at is not None:
        raise Conflict("This round is closed: what you handed in stays. You can still withdraw it.")
    fresh.handed_in_at = None
    fresh.save(update_fields=["handed_in_at"])


@transaction.atomic
def withdraw(sheet: Sheet) -> None:
    """Nothing of it is shown or counted any more, from the next request on; what was published says that it was
    withdrawn. Results that were published have told already what they told: Conflict."""
    fresh = _there(sheet)
    if fresh.round.results_at is not None:
        raise Conflict("The results of this round were published, and what they told cannot be taken back.")
    now = timezone.now()
    fresh.withdrawn_at = now
    fresh.save(update_fields=["withdrawn_at"])
    shown = Submission.objects.filter(sheet=fresh, publication=Publication.PUBLISHED.value)
    shown.update(publication=Publication.WITHDRAWN.value, withdrawn_at=now)


def _open(sheet: Sheet) -> Sheet:
    """The sheet as it is now, held until the transaction ends; Conflict where it takes no answers."""
    fresh = _there(sheet)
    if fresh.round.closed_at is not None:
        raise Conflict("This round is closed: it takes no answers any more.")
    if fresh.handed_in_at is not None:
        raise Conflict("This sheet is handed in. Take it again to change it.")
    return fresh


def _there(sheet: Sheet) -> Sheet:
    fresh = Sheet.objects.select_for_update(of=("self",)).select_related("round", "actor").get(pk=sheet.pk)
    if fresh.withdrawn_at is not None:
        raise Conflict("This sheet was withdrawn.")
    return fresh


def _write(fresh: Sheet, answers: Mapping[str, Json]) -> None:
    fresh.answers, fresh.revision, fresh.saved_at = dict(answers), fresh.revision + 1, timezone.now()
    fresh.save(update_fields=["answers", "revision", "saved_at"])
