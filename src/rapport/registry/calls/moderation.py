"""People look at what was said before anybody else reads it, and answer it.

All raise NotAllowed, Refused or Conflict. `seen` is as `state` was when the person looked: nobody decides about a
comment that somebody else has decided about meanwhile.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.desk.books import allow, decide
from rapport.errors import Conflict, Refused
from rapport.oversight.models import DecisionKind
from rapport.registry.calls import actions
from rapport.registry.calls.actions import EDIT
from rapport.registry.calls.model import OUTCOMES
from rapport.registry.models import Comment
from rapport.values import Json, Publication

#: Characters [ours].
REASON_LENGTH, ANSWER_LENGTH = 300, 5_000
_DRAFT, _PUBLISHED, _WITHDRAWN = (one.value for one in Publication)


@transaction.atomic
def show(person: Person, comment: Comment, seen: str) -> Comment:
    """From the next request on readers get it, with the name and affiliation that its author gave."""
    fresh, before = _held(person, comment, seen)
    if fresh.publication == _PUBLISHED:
        raise Conflict("This comment is shown already.")
    if fresh.call.synthesis_at is not None and not fresh.outcome:
        raise Refused("unanswered", "The synthesis is published: answer this comment first, then show it.")
    fresh.publication, fresh.published_at, fresh.not_shown = _PUBLISHED, timezone.now(), ""
    return _kept(person, fresh, "showed", before)


@transaction.atomic
def not_show(person: Person, comment: Comment, reason: str, seen: str) -> Comment:
    """Readers get only that there is one and the reason, and so does its author. A minority view stays until somebody
    has taken the mark off it."""
    fresh, before = _held(person, comment, seen)
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_LENGTH:
        raise Refused("reason", f"Say why, in at most {REASON_LENGTH} characters: readers see it.", field="reason")
    if fresh.minority:
        raise Refused("minority", "It is marked as a minority view, and those are kept. Take the mark off first.")
    if fresh.publication == _WITHDRAWN:
        raise Conflict("This comment is not shown already.")
    fresh.publication, fresh.published_at, fresh.not_shown = _WITHDRAWN, None, reason
    return _kept(person, fresh, "did not show", before, reason)


@transaction.atomic
def mark(person: Person, comment: Comment, minority: bool, seen: str) -> Comment:
    """It stands in the section of minority views, whatever becomes of it; or does so no more."""
    fresh, before = _held(person, comment, seen)
    if fresh.publication != _PUBLISHED:
        raise Conflict("Only a comment that is shown can be marked.")
    if fresh.minority == minority:
        raise Conflict("This mark stands already." if minority else "There is no such mark.")
    fresh.minority = minority
    return _kept(
        person, fresh, "marked as a minority view" if minority else "took the mark of a minority view off", before
    )


@transaction.atomic
def answer(person: Person, comment: Comment, outcome: str, text: str, seen: str) -> Comment:
    """What became of it, and why, as readers will read it below the comment. A later answer takes the place of the one
    before, which stands in the record."""
    fresh, before = _held(person, comment, seen)
    text = text.strip()
    if fresh.publication == _DRAFT:
        raise Conflict("Nobody has looked at this comment yet: show it or not, then answer it.")
    if outcome not in OUTCOMES:
        raise Refused("outcome", "Choose what became of it.", field="outcome")
    if not text or len(text) > ANSWER_LENGTH:
        raise Refused("answer", f"Write the answer, in at most {ANSWER_LENGTH:,} characters.", field="answer")
    fresh.outcome, fresh.answer, fresh.answered_by, fresh.answered_at = outcome, text, person, timezone.now()
    return _kept(person, fresh, "answered", before)


def state(comment: Comment) -> str:
    """Another whenever somebody has decided about it."""
    return comment.changed_at.isoformat()


def _held(person: Person, comment: Comment, seen: str) -> tuple[Comment, dict[str, Json]]:
    """As it is now, with its call held until the transaction ends: what the synthesis counts stays as it is counted."""
    allow(person, EDIT, comment.call.operation_id)
    call = actions.held(comment.call)
    fresh = Comment.objects.select_for_update(of=("self",)).select_related("text").get(pk=comment.pk, call=call)
    if state(fresh) != seen:
        raise Conflict("Somebody else has decided about this comment since you looked: look again.")
    fresh.call = call
    return fresh, _as_json(fresh)


def _kept(person: Person, fresh: Comment, did: str, before: dict[str, Json], reason: str = "") -> Comment:
    fresh.changed_at = timezone.now()
    fresh.save()
    said = f"{did} the comment {fresh.ref} on {fresh.text.code} of “{fresh.call.title}”"
    after = {"said": said, "comment": fresh.ref, **_as_json(fresh)}
    decide(person, fresh.call.operation_id, DecisionKind.REGISTRY, before=before, after=after, reason=reason)
    return fresh


def _as_json(one: Comment) -> dict[str, Json]:
    """What people decided about it: nothing that its author wrote."""
    return {
        "publication": one.publication,
        "not_shown": one.not_shown,
        "minority": one.minority,
        "outcome": one.outcome,
        "answer": one.answer,
    }
