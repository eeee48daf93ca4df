"""People run a round: open it, hand out links, take in what came on paper, close it, publish what was handed in.

All raise NotAllowed, Refused (what was given cannot be) or Conflict (somebody was first, or it is too late).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow, decide
from rapport.errors import Conflict, Refused
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.oversight.models import DecisionKind
from rapport.registry.forms.model import Form, SaidBy, View
from rapport.registry.models import Actor, Round, Sheet, Submission
from rapport.registry.rounds import answering
from rapport.registry.rounds.sheets import form_of, parts_of
from rapport.sharing.policy import LEVELS
from rapport.values import Json, Publication, Sensitivity

RUN, EDIT = Permission.REGISTRY_ROUND_RUN, Permission.REGISTRY_ROW_EDIT
MOST_LINKS = 50  # handed out at once [ours]


@transaction.atomic
def start(
    person: Person, operation: Operation, form: Form, title: str, about: str = "", closes_on: date | None = None,
    framework: str = "", results_for: Sensitivity = Sensitivity.LOW,
) -> Round:  # fmt: skip
    """A new round of a form, kept as it is asked. Rounds of forms of one name are waves. `results_for`: who will get
    the results of stocktaking and weighing, as respondents are told before they begin."""
    allow(person, RUN, operation.pk)
    if not title.strip():
        raise Refused("title", "Give the round a title, such as 2026, first half.", field="title")
    made = Round.objects.create(
        operation=operation,
        purpose=form.purpose,
        series=form.slug,
        title=title.strip()[:200],
        about=about.strip(),
        framework=framework,
        form=form.as_json(),
        form_digest=form.digest,
        closes_on=closes_on,
        results_level=results_for.value,
        opened_by=person,
    )
    _decided(person, made, f"opened the round “{made.title}” of {form.title}")
    return made


@transaction.atomic
def invite(
    person: Person, one: Round, actor: Actor, *, count: int = 1, said_by: SaidBy = "self", sayer: str = "",
    view: View = "",
) -> list[tuple[Sheet, str]]:  # fmt: skip
    """Empty sheets for so many respondents of an actor, each with the token of its link: shown once, only its hash is
    kept."""
    allow(person, RUN, one.operation_id)
    check_open(one)
    if not 1 <= count <= MOST_LINKS:
        raise Refused("count", f"Make 1 to {MOST_LINKS} links at a time.", field="count")
    if said_by == "third party" and one.purpose != "survey":
        raise Refused(
            "said_by", "What a third party says is asked in a survey: here it would be counted with the rest."
        )
    if said_by == "third party" and not sayer.strip():
        raise Refused("sayer", "Say which third party will answer.", field="sayer")
    if one.purpose == "weighing" and not view:
        raise Refused("view", "Say from which view the measures are weighed.", field="view")
    given = []
    for _ in range(count):
        token = secrets.token_urlsafe(18)
        sheet = Sheet.objects.create(
            round=one, actor=actor, said_by=said_by, sayer=sayer.strip(), view=view, made_by=person,
            token_hash=keys.token_hash(token),
        )  # fmt: skip
        given.append((sheet, token))
    _decided(person, one, f"made {count} links to answer “{one.title}” for {actor.name}")
    return given


@transaction.atomic
def renew(person: Person, sheet: Sheet) -> str:
    """A new link for a sheet whose link was lost, or went astray: the one before opens nothing any more. Not for one
    that its owner has begun: that would open their draft."""
    allow(person, RUN, sheet.round.operation_id)
    token = secrets.token_urlsafe(18)
    there = Sheet.objects.filter(pk=sheet.pk, begun_at=None, saved_at=None)
    if not there.update(token_hash=keys.token_hash(token)):
        raise Conflict("Somebody has begun this sheet, and a new link would open their draft. Make another sheet.")
    _decided(person, sheet.round, f"made a new link for sheet {sheet.ref}")
    return token


@transaction.atomic
def enter(person: Person, sheet: Sheet, raw: Mapping[str, Json], section: str, seen: str) -> answering.Saved:
    """What stands on a paper form is typed in by somebody else than who wrote it; the sheet says so. Only into one that
    came on paper: nobody else writes in a draft that somebody has."""
    allow(person, EDIT, sheet.round.operation_id)
    if sheet.begun_at is not None or (sheet.saved_at is not None and sheet.how != "paper"):
        raise Conflict("Its owner has begun to answer this sheet: it is not for you to read or to change.")
    saved = answering.save(sheet, section, raw, seen)
    # Whoever was shown the link of the empty sheet must not open what is typed into it.
    closed = keys.token_hash(secrets.token_urlsafe(18))
    Sheet.objects.filter(pk=sheet.pk).update(how="paper", entered_by=person, token_hash=closed)
    sheet.how, sheet.entered_by = "paper", person
    return saved


@transaction.atomic
def hand_in_paper(person: Person, sheet: Sheet, level: str, respondent: str, remark: str = "") -> None:
    """What stands on paper is typed in whole; its owner said on it for whom it is."""
    allow(person, EDIT, sheet.round.operation_id)
    if sheet.how != "paper":
        raise Conflict("Its owner hands this sheet in.")
    answering.hand_in(sheet, level_of(sheet.round, level), respondent, remark)
    _decided(person, sheet.round, f"handed in sheet {sheet.ref}, which came on paper", sheet=sheet.ref)


@transaction.atomic
def actor_of(person: Person, operation: Operation, code: str, name: str, kind: str = "organisation") -> Actor:
    """The actor of this code, else a new one of this name."""
    allow(person, RUN, operation.pk)
    if not name.strip():
        found = Actor.objects.filter(operation=operation, code=code).first()
        if found is None:
            raise Refused("actor", "Choose who answers, or name somebody new.", field="actor")
        return found
    made = slugify(name)[:60] or f"actor-{secrets.token_hex(3)}"
    return Actor.objects.get_or_create(
        operation=operation,
        code=made,
        defaults={"name": name.strip()[:200], "kind": "state" if kind == "state" else "organisation"},
    )[0]


@transaction.atomic
def close(person: Person, one: Round) -> None:
    """Nobody answers it any more; what was not handed in stays its owners'."""
    allow(person, RUN, one.operation_id)
    if not Round.objects.filter(pk=one.pk, closed_at=None).update(closed_at=timezone.now()):
        raise Conflict("This round is closed already.")
    one.refresh_from_db(fields=["closed_at"])
    _decided(person, one, f"closed the round “{one.title}”")


@transaction.atomic
def publish_results(person: Person, one: Round) -> None:
    """Readers get the results, without groups that are too small. Only of a closed round: results given before and
    after somebody answers tell what they said."""
    allow(person, RUN, one.operation_id)
    if one.purpose == "survey":
        raise Refused("purpose", "What was said in a survey is published sheet by sheet, and never added up.")
    if one.closed_at is None:
        raise Conflict("Close the round first: results given before and after somebody answers tell what they said.")
    there = Round.objects.filter(pk=one.pk).exclude(results=Publication.PUBLISHED.value)
    if not there.update(results=Publication.PUBLISHED.value, results_at=timezone.now()):
        raise Conflict("The results are published already.")
    one.refresh_from_db(fields=["results", "results_at"])
    _decided(person, one, f"published the results of “{one.title}”")


@transaction.atomic
def withdraw_results(person: Person, one: Round) -> None:
    allow(person, RUN, one.operation_id)
    there = Round.objects.filter(pk=one.pk, results=Publication.PUBLISHED.value)
    if not there.update(results=Publication.WITHDRAWN.value):
        raise Conflict("The results are not published.")
    one.refresh_from_db(fields=["results"])
    _decided(person, one, f"withdrew the results of “{one.title}”")


@transaction.atomic
def publish(person: Person, sheet: Sheet, seen: str) -> list[Submission]:
    """A survey that was handed in becomes what its actor says, exactly as it was handed in, for whom its owner gave
    it: provision by provision, where anything was answered. `seen`: as `state` was when the person read it.

    1 is it still as it was read, and not taken yet · 2 one submission a provision · 3 what the same sheet said before
    is withdrawn, and what the same sayer said before is the latest no more · 4 the decision
    """
    # 1
    allow(person, EDIT, sheet.round.operation_id)
    one = sheet.round
    fresh = Sheet.objects.select_for_update().get(pk=sheet.pk)
    if one.purpose != "survey":
        raise Refused("purpose", "Only what was said in a survey is published by itself.")
    if fresh.handed_in_at is None or fresh.withdrawn_at is not None:
        raise Conflict("This sheet is not handed in any more.")
    if state(fresh) != seen:
        raise Conflict("Its owner has handed in this sheet again since you looked: look again.")
    if fresh.submissions.filter(drafted_at__gte=fresh.handed_in_at).exists():
        raise Conflict("This sheet is published already.")
    # 2
    now = timezone.now()
    made = [
        Submission(
            operation_id=one.operation_id, framework=one.framework, code=code, actor=fresh.actor,
            said_by=fresh.said_by, sayer=fresh.sayer, wave=one.title, sheet=fresh, content=content,
            publication=Publication.PUBLISHED.value, level=fresh.level, drafted_by=person, drafted_at=now,
            published_at=now, latest=True,
        )
        for code, content in parts_of(form_of(one), fresh.answers).items()
    ]  # fmt: skip
    # 3
    fresh.submissions.filter(publication=Publication.PUBLISHED.value).update(
        publication=Publication.WITHDRAWN.value, withdrawn_at=now
    )
    before = Submission.objects.filter(actor=fresh.actor, framework=one.framework, said_by=fresh.said_by)
    before = before.filter(sayer=fresh.sayer, code__in=[each.code for each in made])
    # For readers who do not get the new one, the one before is the latest still.
    strict = LEVELS[LEVELS.index(Sensitivity(fresh.level)) :]
    before.filter(level__in=[level.value for level in strict]).update(latest=False)
    Submission.objects.bulk_create(made, batch_size=200)
    # 4
    who = fresh.sayer or fresh.actor.name
    _decided(person, one, f"published what {who} says about {fresh.actor.name} in “{one.title}”", sheet=fresh.ref)
    return made


def state(sheet: Sheet) -> str:
    """Another whenever its owner has handed it in: whoever publishes it says by this what they read."""
    return sheet.handed_in_at.isoformat() if sheet.handed_in_at else ""


def check_open(one: Round) -> None:
    """Conflict for a round that takes no answers any more."""
    if one.closed_at is not None:
        raise Conflict("This round is closed.")


def level_of(one: Round, chosen: str) -> Sensitivity:
    """For whom a sheet is, as its owner chose. Single answers to stocktaking and weighing are the team's, whoever gets
    the results. Refused for what cannot be chosen."""
    if one.purpose != "survey":
        return Sensitivity.SEVERE
    found = next((level for level in GIVEN_TO if level.value == chosen), None)
    if found is None:
        raise Refused("level", "Say for whom it is.", field="level")
    return found


#: For whom the owner of a sheet may give it, and the level that protocols know it by. What is for members is high and
#: not moderate, so that no protocol made for other things gives it to everybody.
GIVEN_TO: Mapping[Sensitivity, str] = {
    Sensitivity.LOW: "everybody",
    Sensitivity.HIGH: "the members of the network",
    Sensitivity.SEVERE: "the team of this operation alone",
}


def _decided(person: Person, one: Round, said: str, **more: Json) -> None:
    decide(
        person, one.operation_id, DecisionKind.REGISTRY, before={}, after={"said": said, "round": one.ref, **more}
    )  # fmt: skip
