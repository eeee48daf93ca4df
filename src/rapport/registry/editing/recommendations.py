"""People recommend what somebody should do by when, and say later what became of it.

All raise NotAllowed, Refused (what was written cannot be) or Conflict (somebody was first). What was published is not
rewritten: it is looked at again, ended, or withdrawn and written anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow, decide
from rapport.errors import Conflict, Refused
from rapport.operations.models import Operation
from rapport.oversight.models import DecisionKind
from rapport.registry.models import Recommendation, Round
from rapport.registry.recommended import DONE, DROPPED, OPEN, checked_provisions, today_in
from rapport.text.personal import has_contact_data
from rapport.values import EARLIEST, Json, Publication

EDIT = Permission.REGISTRY_ROW_EDIT
#: Characters [ours: a recommendation is read in one breath, its evidence is a list of sources].
TEXT_LENGTH, OWNER_LENGTH = 2_000, 200
_DRAFT, _PUBLISHED = Publication.DRAFT.value, Publication.PUBLISHED.value


@dataclass(frozen=True, slots=True)
class Draft:
    """What a recommendation is to say. `owner`: the office or the actor that should do it."""

    text: str
    owner: str
    due_on: date
    evidence: str = ""
    review_on: date | None = None
    framework: str = ""  # slug, with the code of one of its provisions
    code: str = ""
    round: Round | None = None

    @property
    def columns(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


@transaction.atomic
def write(person: Person, operation: Operation, draft: Draft) -> Recommendation:
    """A draft: only the desk reads it. The same again is the draft that waits: a form may come twice over a bad
    line."""
    allow(person, EDIT, operation.pk)
    _check(operation, draft)
    same = Recommendation.objects.filter(
        operation=operation, written_by=person, publication=_DRAFT, state=OPEN, **draft.columns
    ).first()
    if same is not None:
        return same
    made = Recommendation.objects.create(operation=operation, written_by=person, **draft.columns)
    _decided(person, made, "drafted", {})
    return made


@transaction.atomic
def rewrite(person: Person, one: Recommendation, draft: Draft, seen: str) -> Recommendation:
    """The draft says something else; whoever wrote last is who wrote it. `seen`: the digest of what they changed."""
    fresh, before = _held(person, one)
    _check_waits(fresh, seen)
    _check(fresh.operation, draft)
    for name, value in draft.columns.items():
        setattr(fresh, name, value)
    fresh.written_by, fresh.written_at = person, timezone.now()
    return _kept(person, fresh, "rewrote", before)


@transaction.atomic
def publish(person: Person, one: Recommendation, seen: str) -> Recommendation:
    """From the next request on readers get it. `seen`: the digest of what the person looked at."""
    fresh, before = _held(person, one)
    _check_waits(fresh, seen)
    _check(fresh.operation, as_draft(fresh))
    fresh.publication, fresh.published_at = _PUBLISHED, timezone.now()
    return _kept(person, fresh, "published", before)


@transaction.atomic
def end(person: Person, one: Recommendation, state: str, said: str) -> Recommendation:
    """It is done, or nobody is asked to do it any more; `said`: how, or why, as readers will read it. A draft can be
    dropped: then nobody ever reads it."""
    fresh, before = _held(person, one)
    if state not in {DONE, DROPPED}:
        raise Refused("state", "Say whether it is done or dropped.", field="state")
    _check_open(fresh)
    if state == DONE and fresh.publication == _DRAFT:
        raise Refused("state", "Publish it first, so that readers know what was done.", field="state")
    fresh.state, fresh.said, fresh.ended_at = state, _words(said, "Say how it was done, or why not."), timezone.now()
    return _kept(person, fresh, f"ended ({state})", before)


@transaction.atomic
def reopen(person: Person, one: Recommendation, why: str) -> Recommendation:
    """It is still to be done."""
    fresh, before = _held(person, one)
    _check_not_withdrawn(fresh)
    if fresh.state == OPEN:
        raise Conflict("It is open already.")
    why = _words(why, "Say why it is open again.")
    fresh.state, fresh.said, fresh.ended_at = OPEN, "", None
    return _kept(person, fresh, "reopened", before, why)


@transaction.atomic
def review(person: Person, one: Recommendation, found: str, review_on: date | None) -> Recommendation:
    """Somebody has looked at it again: what they found stands in the record. `review_on`: the day of the next look."""
    fresh, before = _held(person, one)
    _check_not_withdrawn(fresh)
    if fresh.publication == _DRAFT or fresh.state == DROPPED:
        raise Conflict("Only what is published, and not dropped, is looked at again.")
    if review_on is not None and review_on <= today_in(fresh.operation):
        raise Refused("review_on", "Choose a day to come, or none.", field="review_on")
    found = _words(found, "Say what you found.")
    fresh.review_on, fresh.written_by, fresh.written_at = review_on, person, timezone.now()
    return _kept(person, fresh, "reviewed", before, found)


@transaction.atomic
def withdraw(person: Person, one: Recommendation, why: str) -> Recommendation:
    """It should not have been published: from the next request on readers get only that there was one."""
    fresh, before = _held(person, one)
    if fresh.publication != _PUBLISHED:
        raise Conflict("It is not published.")
    why = _words(why, "Say why: readers will ask.")
    fresh.publication, fresh.ended_at = Publication.WITHDRAWN.value, timezone.now()
    return _kept(person, fresh, "withdrew", before, why)


def as_draft(one: Recommendation) -> Draft:
    """What it says now."""
    return Draft(**{name.name: getattr(one, name.name) for name in fields(Draft)})


def digest(one: Recommendation) -> str:
    """Of what it says: whoever changes or publishes it says by this what they saw."""
    return hashlib.sha256(msgspec.json.encode(_as_json(one), order="sorted")).hexdigest()


# --- what they have in common --------------------------------------------------------------------------------------


def _held(person: Person, one: Recommendation) -> tuple[Recommendation, dict[str, Json]]:
    """As it is now, held until the transaction ends, and what it says; NotAllowed for who may not change it."""
    allow(person, EDIT, one.operation_id)
    fresh = Recommendation.objects.select_for_update().get(pk=one.pk)
    return fresh, _as_json(fresh)


def _check(operation: Operation, draft: Draft) -> None:
    for field, text, most in (
        ("text", draft.text, TEXT_LENGTH),
        ("owner", draft.owner, OWNER_LENGTH),
        ("evidence", draft.evidence, TEXT_LENGTH),
    ):
        _check_words(field, text, most)
    if not draft.text.strip():
        raise Refused("text", "Say what should be done.", field="text")
    if not draft.owner.strip():
        raise Refused("owner", "Name the office or the actor that should do it.", field="owner")
    if draft.due_on < EARLIEST.date():
        raise Refused("due_on", "Write the year in four digits, as 2027.", field="due_on")
    if draft.framework and (draft.framework, draft.code) not in checked_provisions(operation):
        raise Refused("about", "No file of this operation has this, or nobody has checked it.", field="about")
    if draft.round is not None and draft.round.operation_id != operation.pk:
        raise Refused("round", "This round belongs to another operation.", field="round")


def _check_words(field: str, text: str, most: int) -> None:
    if len(text) > most:
        raise Refused("too long", f"{len(text):,} characters are too many: at most {most:,}.", field=field)
    if has_contact_data(text):
        raise Refused("contact data", "Readers would see a number or an address of a person: take it out.", field=field)


def _words(text: str, remedy: str) -> str:
    text = text.strip()
    if not text:
        raise Refused("said", remedy, field="said")
    _check_words("said", text, TEXT_LENGTH)
    return text


def _check_waits(fresh: Recommendation, seen: str) -> None:
    if fresh.publication != _DRAFT:
        raise Conflict("It is published already. What was published is not rewritten: end it, or withdraw it.")
    _check_open(fresh)
    if digest(fresh) != seen:
        raise Conflict(f"{fresh.written_by.shown_name} changed the draft since you looked: look again.")


def _check_open(fresh: Recommendation) -> None:
    _check_not_withdrawn(fresh)
    if fresh.state != OPEN:
        raise Conflict(f"It is {fresh.state} already: reopen it first.")


def _check_not_withdrawn(fresh: Recommendation) -> None:
    if fresh.publication == Publication.WITHDRAWN.value:
        raise Conflict("It was withdrawn: write it anew.")


def _kept(person: Person, fresh: Recommendation, did: str, before: dict[str, Json], reason: str = "") -> Recommendation:
    fresh.save()
    _decided(person, fresh, did, before, reason)
    return fresh


def _decided(person: Person, one: Recommendation, did: str, before: dict[str, Json], reason: str = "") -> None:
    said = f"{did} the recommendation to {one.owner}: “{one.text[:100]}”"
    after = {"said": said, "recommendation": one.pk, **_as_json(one)}
    decide(person, one.operation_id, DecisionKind.REGISTRY, before=before, after=after, reason=reason)


def _as_json(one: Recommendation) -> dict[str, Json]:
    return {
        "text": one.text,
        "owner": one.owner,
        "due_on": one.due_on.isoformat(),
        "evidence": one.evidence,
        "review_on": one.review_on.isoformat() if one.review_on else "",
        "framework": one.framework,
        "code": one.code,
        "round": one.round_id,
        "state": one.state,
        "words": one.said,
        "publication": one.publication,
    }
