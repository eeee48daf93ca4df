"""Sets of words between two parties: made by two people from one secret, asked and answered one pair at a time.

All raise NotAllowed, Refused (what was given cannot be) or Conflict (somebody was first). What a set said and what it
was asked is written down before anybody reads it: a pair is never used twice, whatever breaks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from hmac import compare_digest
from secrets import token_hex

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from rapport.accounts.permissions import Permission
from rapport.contacts import challenge
from rapport.contacts.callers.models import BookState, ChallengeBook
from rapport.contacts.challenge import SECRET, Book, Checked, Pair, Verdict
from rapport.contacts.lowtech.wordlist import WORDS
from rapport.contacts.members import Member
from rapport.contacts.models import Alarm
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.oversight import keys
from rapport.oversight.ledger import entries
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.registry.models import Actor
from rapport.values import Json

SEND = Permission.CONTACTS_MESSAGE_SEND


def fresh_secret() -> str:
    """For one side to make and bring to the other: on paper, in person."""
    return token_hex(SECRET)


@transaction.atomic
def make(who: Member, own: Actor, other: Actor, secret: str) -> list[ChallengeBook]:
    """Both directions of a set, from the secret that both sides enter. They count once another person of this side has
    confirmed the mark. Refused for a secret that was entered before: its words may have been overheard."""
    _allow(who, own)
    if own.pk == other.pk or own.operation_id != who.operation.pk or other.operation_id != who.operation.pk:
        raise Refused("other", "Choose another party of this network.", field="other")
    figures = re.sub(r"[\s:-]+", "", secret).lower()
    if not re.fullmatch(rf"[0-9a-f]{{{2 * SECRET}}}", figures):
        raise Refused("secret", f"The secret has {2 * SECRET} signs, 0 to 9 and a to f.", field="secret")
    raw = bytes.fromhex(figures)
    sets = [
        (asks, challenge.book(raw, asker=asker.code, answerer=answerer.code, words=WORDS))
        for asks, asker, answerer in ((True, own, other), (False, other, own))
    ]
    _never_used(own, other, [book.mark for _, book in sets])
    made = [_row(who, own, other, asks, book) for asks, book in sets]
    _note(who, made, "entered a secret for calls with another party")
    return made


def _row(who: Member, own: Actor, other: Actor, asks: bool, book: Book) -> ChallengeBook:
    pairs = json.dumps([asdict(one) for one in book.pairs]).encode()
    try:
        with transaction.atomic():
            return ChallengeBook.objects.create(
                own=own, other=other, asks=asks, sealed=keys.seal("contacts", pairs), mark=book.mark,
                made_by=who.person,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("A set waits for its second person already: decide about that one first.") from error


def _never_used(own: Actor, other: Actor, marks: Sequence[str]) -> None:
    """Refused where these two parties have, or once had, a set with such a mark: its used pairs would begin anew."""
    had = ChallengeBook.objects.filter(own=own, other=other, mark__in=marks).exclude(state=BookState.WAITING)
    if had.exists():
        raise Refused("words_used", "These words have been used: agree on new ones.", field="secret")


@transaction.atomic
def confirm(who: Member, own: Actor, other: Actor, marks: str) -> None:
    """`marks`: those of both sheets of the other side, as they read them. The set before counts no more. Never by who
    entered the secret, to whom alone our own marks are shown before: whoever could copy them would compare nothing."""
    _allow(who, own)
    waiting = list(_of(own, other, BookState.WAITING).select_for_update())
    if not waiting:
        raise Conflict("No set waits for a second person.")
    if any(one.made_by_id == who.person.pk for one in waiting):
        raise Refused("two_people", "You entered the secret yourself: another person of your side confirms it.")
    ours = [one.mark for one in waiting]
    _never_used(own, other, ours)
    if not compare_digest(" ".join(sorted(_heard(marks))), " ".join(sorted(ours))):
        raise Refused("marks", "The other side has other marks: one of the two secrets was typed wrongly. Use neither.",
                      field="marks")  # fmt: skip
    _of(own, other, BookState.ACTIVE).update(state=BookState.ENDED)
    now = timezone.now()
    _of(own, other, BookState.WAITING).update(state=BookState.ACTIVE, confirmed_by=who.person, confirmed_at=now)
    _note(who, waiting, "confirmed a set of words for calls with another party")


def _heard(marks: str) -> list[str]:
    """The marks in what somebody typed while listening, also in groups."""
    found = re.findall(r"[0-9a-f]{8}", marks.lower())
    return found if len(found) > 1 else re.findall(r"[0-9a-f]{8}", re.sub(r"[\s:-]+", "", marks.lower()))


@transaction.atomic
def end(who: Member, own: Actor, other: Actor, *, waiting: bool = False) -> None:
    """The sheet may have been seen: none of its words count any more. By one person, at once; also one that waits.
    `waiting`: that one alone, as when a secret was typed wrongly."""
    _allow(who, own)
    states = (BookState.WAITING,) if waiting else (BookState.ACTIVE, BookState.WAITING)
    there = list(_of(own, other, *states))
    if not there:
        raise Conflict("There is no set.")
    _of(own, other, *states).update(state=BookState.ENDED)
    said = "threw away a set of words that waited" if waiting else "ended the set of words"
    _note(who, there, f"{said} for calls with another party")


# --- a call --------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask(who: Member, own: Actor, other: Actor) -> Pair:
    """The next question to whoever calls. Show its number and its challenge, never the answer."""
    row = _active(who, own, other, asks=True)
    pair, after = challenge.ask(book_of(row), timezone.now())
    _keep(row, after)
    return pair


@transaction.atomic
def check(who: Member, own: Actor, other: Actor, number: int, given: str) -> Checked:
    """What their answer is worth. The third wrong one after another locks the set, and the team is told."""
    row = _active(who, own, other, asks=True)
    found, after = challenge.check(book_of(row), number, given, timezone.now())
    _keep(row, after)
    if found.alarm:
        _alarm(who, row)
    if found.verdict is not Verdict.NOT_ASKED:
        body: dict[str, Json] = {
            "book": row.pk,
            "number": number,
            "became": found.verdict.value,
            "person": who.person.pk,
        }
        entries.contact(who.operation.pk, body)
    return found


@transaction.atomic
def tell(who: Member, own: Actor, other: Actor, number: int, asked: str) -> str:
    """They ask us: the answer, if number and question stand together and are not used yet; else "", and nothing is to
    be said. That many wrong questions lock the set, too."""
    row = _active(who, own, other, asks=False)
    before = book_of(row)
    answer, after = challenge.tell(before, number, asked)
    _keep(row, after)
    if after.locked and not before.locked:
        _alarm(who, row)
    body: dict[str, Json] = {
        "book": row.pk,
        "number": number,
        "became": "told" if answer else "not told",
        "person": who.person.pk,
    }
    entries.contact(who.operation.pk, body)
    return answer


def sheet(who: Member, own: Actor, other: Actor) -> str:
    """Both directions on paper, for the safe. Who looks is in the ledger."""
    _allow(who, own)
    rows = list(_of(own, other, BookState.ACTIVE).order_by("-asks"))
    if not rows:
        raise Conflict("There is no set in use.")
    with transaction.atomic():
        entries.contact(who.operation.pk, {"book": rows[0].pk, "became": "printed", "person": who.person.pk})
    return "\n\n".join(challenge.sheet(book_of(one)) for one in rows)


# --- what is kept --------------------------------------------------------------------------------------------------


def book_of(row: ChallengeBook) -> Book:
    asker, answerer = (row.own, row.other) if row.asks else (row.other, row.own)
    pairs = tuple(Pair(**one) for one in json.loads(keys.unseal("contacts", bytes(row.sealed))))
    waiting = {int(number): datetime.fromisoformat(at) for number, at in row.waiting.items()}
    return Book(asker.code, answerer.code, pairs, row.mark, used=frozenset(row.used), waiting=waiting, wrong=row.wrong)


def of(own: Actor, other: Actor) -> Sequence[ChallengeBook]:
    """The set in use and one that waits, for the page."""
    return list(_of(own, other, BookState.ACTIVE, BookState.WAITING).order_by("-state", "-asks"))


def locked(actors: Sequence[Actor]) -> Sequence[ChallengeBook]:
    """Sets in use of these parties that wrong words have locked: an alarm for whoever is on duty."""
    those = ChallengeBook.objects.filter(own__in=actors, state=BookState.ACTIVE).exclude(locked_at=None)
    return list(those.select_related("own", "other").order_by("-locked_at"))


def _of(own: Actor, other: Actor, *states: BookState) -> QuerySet[ChallengeBook]:
    return ChallengeBook.objects.filter(own=own, other=other, state__in=states).select_related("own", "other")


def _active(who: Member, own: Actor, other: Actor, *, asks: bool) -> ChallengeBook:
    """Held until the transaction ends: of two that ask at once each gets a pair of its own."""
    _allow(who, own)
    row = _of(own, other, BookState.ACTIVE).filter(asks=asks).select_for_update(of=("self",)).first()
    if row is None:
        raise Refused("no_set", "No set of words is agreed with them: call back, on the number in the directory.")
    return row


def _keep(row: ChallengeBook, after: Book) -> None:
    row.used, row.wrong = sorted(after.used), after.wrong
    row.waiting = {str(number): at.isoformat() for number, at in after.waiting.items()}
    if after.locked and row.locked_at is None:
        row.locked_at = timezone.now()
    row.save(update_fields=["used", "wrong", "waiting", "locked_at"])


def _alarm(who: Member, row: ChallengeBook) -> None:
    Alarm.objects.create(operation=who.operation, person=who.person, kind=Alarm.CALLER)
    entries.contact(who.operation.pk, {"book": row.pk, "became": "locked"})


def _allow(who: Member, own: Actor) -> None:
    if not (who.may(SEND) and who.speaks_for(own)):
        raise NotAllowed(f"Only who speaks for {own.name} has its words.")


def _note(who: Member, made: Sequence[ChallengeBook], said: str) -> None:
    after = {"said": said, "books": [one.pk for one in made]}
    decide(who.person, who.operation.pk, DecisionKind.CONTACT, before={}, after=after)
