"""People open a call for comment, write its texts and its synthesis, publish them, and close it.

All raise NotAllowed, Refused (what was written cannot be) or Conflict (somebody was first). What readers have seen is
never rewritten: a text gets another version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow, decide
from rapport.desk.standing_orders.rules import if_visible
from rapport.errors import Conflict, Refused
from rapport.formats.characters import clean
from rapport.operations.models import Operation
from rapport.oversight.models import DecisionKind
from rapport.registry.calls.model import SYNTHESIS, TEXT, open_on
from rapport.registry.holdings import frameworks
from rapport.registry.models import Call, CallText, Comment
from rapport.registry.pictures.labels import isolated
from rapport.registry.recommended import today_in
from rapport.values import Json, Publication

RUN, EDIT = Permission.REGISTRY_ROUND_RUN, Permission.REGISTRY_ROW_EDIT
#: Characters [ours]. A text about one provision is some pages at most.
TITLE_LENGTH, ABOUT_LENGTH, BODY_LENGTH = 200, 2_000, 10_000
_DRAFT, _PUBLISHED = Publication.DRAFT.value, Publication.PUBLISHED.value


@dataclass(frozen=True, slots=True)
class Terms:
    """What a call says of itself. `closes_on`: the last day on which comments are taken, None for no such day."""

    title: str
    about: str = ""
    closes_on: date | None = None


@transaction.atomic
def open_call(person: Person, operation: Operation, framework: str, codes: Sequence[str], terms: Terms) -> Call:
    """A draft: only the desk reads it. The text about each provision begins with what it asks, in our own words. The
    same again is the draft that waits: a form may come twice over a bad line."""
    allow(person, RUN, operation.pk)
    _check(operation, terms)
    found = frameworks(operation.pk).get(framework)
    chosen = [row for row in found.provisions if row.code in set(codes)] if found else []
    if not chosen:
        raise Refused("codes", "Choose at least one provision that somebody has checked.", field="codes")
    same = Call.objects.filter(operation=operation, framework=framework, made_by=person, publication=_DRAFT)
    for one in same.filter(title=terms.title, about=terms.about, closes_on=terms.closes_on):
        if set(one.texts.values_list("code", flat=True)) == {row.code for row in chosen}:
            return one
    made = Call.objects.create(
        operation=operation, framework=framework, made_by=person,
        title=terms.title, about=terms.about, closes_on=terms.closes_on,
    )  # fmt: skip
    CallText.objects.bulk_create(CallText(call=made, code=row.code, body=row.asks, by=person) for row in chosen)
    _decided(person, made, "drafted", {}, {"codes": [row.code for row in chosen], **_said_of(made)})
    return made


@transaction.atomic
def change(person: Person, call: Call, terms: Terms, seen: str) -> Call:
    """The call says something else of itself; a later day opens again what ended by its day alone. `seen`: as `state`
    was."""
    allow(person, RUN, call.operation_id)
    fresh = held(call)
    if state(fresh) != seen:
        raise Conflict("Somebody has changed this call since you looked: look again.")
    _check(fresh.operation, terms, fresh.closes_on)
    if fresh.closed_at is not None:
        raise Conflict("This call is closed.")
    before = _said_of(fresh)
    fresh.title, fresh.about, fresh.closes_on = terms.title, terms.about, terms.closes_on
    _kept(fresh)
    _decided(person, fresh, "changed", before, _said_of(fresh))
    return fresh


@transaction.atomic
def publish(person: Person, call: Call, seen: str) -> Call:
    """From the next request on readers get it, and can comment. `seen`: as `state` was."""
    allow(person, RUN, call.operation_id)
    fresh = held(call)
    if fresh.publication != _DRAFT:
        raise Conflict("This call is published already.")
    if state(fresh) != seen:
        raise Conflict("Somebody has changed this call since you looked: look again.")
    if not takes_comments(fresh):
        raise Refused("closes_on", "Its last day is over: choose another.", field="closes_on")
    fresh.publication, fresh.published_at = _PUBLISHED, timezone.now()
    _kept(fresh)
    _decided(person, fresh, "published", {"publication": _DRAFT}, {"publication": _PUBLISHED})
    return fresh


@transaction.atomic
def close(person: Person, call: Call) -> Call:
    """No comment is taken any more."""
    allow(person, RUN, call.operation_id)
    fresh = held(call)
    _check_published(fresh)
    if fresh.closed_at is not None:
        raise Conflict("This call is closed already.")
    fresh.closed_at = timezone.now()
    _kept(fresh)
    _decided(person, fresh, "closed", {}, {})
    return fresh


# --- texts ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def write(person: Person, call: Call, kind: str, code: str, body: str, seen: str) -> CallText:
    """The text about a provision, or the synthesis of what was said about it. What nobody but the desk has read is
    rewritten; else it becomes another version. `seen`: as `state_of` the last version was."""
    allow(person, EDIT, call.operation_id)
    fresh = held(call)
    last = last_text(fresh, kind, code)
    if kind not in {TEXT, SYNTHESIS} or last_text(fresh, TEXT, code) is None:
        raise Refused("code", "This call has no text about that provision.", field="code")
    if state_of(last) != seen:
        raise Conflict("Somebody has changed this text since you looked: what you wrote is below, theirs above.")
    body = if_visible(clean(body.replace("\r\n", "\n")).strip())
    if not body or len(body) > BODY_LENGTH:
        raise Refused("body", f"Write the {kind}, in at most {BODY_LENGTH:,} characters.", field="body")
    if last is not None and last.body == body:
        raise Refused("body", "This is what it says already.", field="body")
    if kind == TEXT and fresh.synthesis_at is not None:
        raise Conflict("The synthesis is published, so these texts stay. Open another call about a new version.")
    made = _written(person, fresh, kind, code, body, last)
    _kept(fresh)
    was: dict[str, Json] = {"version": last.version, "body": last.body} if last else {}
    now: dict[str, Json] = {"kind": kind, "code": code, "version": made.version, "body": body}
    _decided(person, fresh, f"wrote the {kind} about {code}, version {made.version}, of", was, now)
    return made


def _written(person: Person, call: Call, kind: str, code: str, body: str, last: CallText | None) -> CallText:
    seen_by_readers = call.publication != _DRAFT if kind == TEXT else call.synthesis_at is not None
    if last is None or seen_by_readers:
        version = last.version + 1 if last else 1
        return CallText.objects.create(call=call, kind=kind, code=code, version=version, body=body, by=person)
    last.body, last.by, last.at = body, person, timezone.now()
    last.save(update_fields=["body", "by", "at"])
    return last


def last_text(call: Call, kind: str, code: str) -> CallText | None:
    return CallText.objects.filter(call=call, kind=kind, code=code).order_by("-version").first()


# --- the synthesis -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Missing:
    """What keeps a synthesis from being published: comments that nobody has looked at, comments that are shown and have
    no answer, and provisions that somebody commented on and nobody has summed up."""

    held: Sequence[Comment]
    unanswered: Sequence[Comment]
    unwritten: Sequence[str]  # codes

    @property
    def sentences(self) -> list[str]:
        said = [
            ("These comments wait to be looked at", [named(one) for one in self.held]),
            ("These comments are shown and have no answer", [named(one) for one in self.unanswered]),
            ("These provisions have comments and no synthesis", list(self.unwritten)),
        ]
        return [f"{what}: {', '.join(names)}." for what, names in said if names]


def missing(call: Call) -> Missing:
    there = Comment.objects.filter(call=call).select_related("text").order_by("pk")
    shown = [one for one in there if one.publication == _PUBLISHED]
    written = set(CallText.objects.filter(call=call, kind=SYNTHESIS).values_list("code", flat=True))
    return Missing(
        [one for one in there if one.publication == _DRAFT],
        [one for one in shown if not one.outcome],
        sorted({one.text.code for one in shown} - written),
    )


@transaction.atomic
def publish_synthesis(person: Person, call: Call, seen: str) -> Call:
    """From the next request on readers get it, above the comments. Refused while the call takes comments, and while a
    comment has no answer: it names them. `seen`: as `state` was."""
    allow(person, RUN, call.operation_id)
    fresh = held(call)
    _check_published(fresh)
    if fresh.synthesis_at is not None:
        raise Conflict("The synthesis is published already.")
    if takes_comments(fresh):
        raise Refused("open", "Close the call first: whoever comments now would not be in the synthesis.")
    if said := missing(fresh).sentences:
        raise Refused("missing", " ".join(said))
    if state(fresh) != seen:
        raise Conflict("Somebody has changed this call since you looked: look again.")
    fresh.synthesis_at = timezone.now()
    _kept(fresh)
    _decided(person, fresh, "published the synthesis of", {}, {})
    return fresh


# --- what they have in common --------------------------------------------------------------------------------------


def held(call: Call) -> Call:
    """As it is now, held until the transaction ends."""
    rows: QuerySet[Call] = Call.objects.select_for_update(of=("self",)).select_related("operation")
    return rows.get(pk=call.pk)


def takes_comments(call: Call) -> bool:
    """Whether it would, were it published."""
    return open_on(today_in(call.operation), call.closed_at, call.closes_on)


def state(call: Call) -> str:
    """Another whenever the call or one of its texts is: whoever decides about it says by this what they saw."""
    return call.changed_at.isoformat()


def state_of(text: CallText | None) -> str:
    return text.at.isoformat() if text else ""


def named(comment: Comment) -> str:
    """How a sentence names a comment. The affiliation keeps its direction of writing for itself."""
    return f"{comment.ref} ({comment.text.code}, {isolated(comment.affiliation)})"


def _check(operation: Operation, terms: Terms, day_before: date | None = None) -> None:
    if not terms.title.strip() or len(terms.title) > TITLE_LENGTH:
        raise Refused("title", f"Write a title of at most {TITLE_LENGTH} characters.", field="title")
    if len(terms.about) > ABOUT_LENGTH:
        raise Refused("about", f"Write at most {ABOUT_LENGTH:,} characters.", field="about")
    day = terms.closes_on
    if day is not None and day != day_before and day < today_in(operation):
        raise Refused("closes_on", "Choose a day from today on, or none.", field="closes_on")


def _check_published(call: Call) -> None:
    if call.publication != _PUBLISHED:
        raise Conflict("This call is a draft: publish it first.")


def _kept(call: Call) -> None:
    call.changed_at = timezone.now()
    call.save()


def _said_of(call: Call) -> dict[str, Json]:
    closes = call.closes_on.isoformat() if call.closes_on else None
    return {"title": call.title, "about": call.about, "closes_on": closes}


def _decided(person: Person, call: Call, did: str, before: dict[str, Json], after: dict[str, Json]) -> None:
    said = f"{did} the call for comment “{call.title}”"
    decide(
        person, call.operation_id, DecisionKind.REGISTRY,
        before=before, after={"said": said, "call": call.ref, **after},
    )  # fmt: skip
