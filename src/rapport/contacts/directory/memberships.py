"""What the lists of other networks (UN, OSCE, OAS, ARF) say of an office, where a State is in several.

One person enters what a list says. It changes nothing of our record: whoever reads the office is told only that lists
disagree. That one of them is the one to go by says another person than who entered it; what is entered anew governs
only once somebody has said so again. Nothing is deleted: what a list said before is kept.
All raise NotAllowed, Refused (what was given cannot be) or Conflict (somebody was first).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction
from django.utils import timezone

from rapport.accounts.permissions import NETWORK_TEAM
from rapport.contacts import checking
from rapport.contacts.directory import form
from rapport.contacts.directory.nominating import allow, approved
from rapport.contacts.members import Member, apart
from rapport.contacts.model import Channel
from rapport.contacts.model import Office as Record
from rapport.contacts.models import Entry, Office
from rapport.contacts.records import opened, sealed
from rapport.contacts.releases import item_of, released_contacts
from rapport.errors import Conflict, Refused
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.values import Purpose

#: Lines (form.py:lines) by which nobody is reached.
_BESIDE = frozenset({"Name of the office", "May decide by itself", "Note", "Valid from", "Valid until"})
NETWORK_MOST, SOURCE_MOST = 60, 300  # characters, as the table has them


@dataclass(frozen=True, slots=True)
class Listing:
    """What one list says: what it is, and every line that our record has otherwise."""

    entry: Entry
    record: Record
    changes: Sequence[form.Change]

    @property
    def disagrees(self) -> bool:
        """Whether somebody would be reached otherwise by it."""
        return any(one.name not in _BESIDE for one in self.changes)


def listings(office: Office, ours: Record | None) -> list[Listing]:
    """Of every list that the office is in, by name. Of what a list says nothing it does not differ."""
    there = Entry.objects.filter(office=office, replaced_at=None).select_related("entered_by", "governs_by")
    return [_listing(entry, ours) for entry in there.order_by("network")]


def _listing(entry: Entry, ours: Record | None) -> Listing:
    record = opened(entry.sealed)
    return Listing(entry, record, [one for one in form.changes(ours, record) if one.after] if ours else ())


def to_go_by(who: Member, office: Office, found: Sequence[Listing]) -> Sequence[tuple[str, Channel]]:
    """How the office is reached by the list that is the one to go by, where that is otherwise than by our record; as
    far as the protocol lets this reader see our own. Part of the look at the office, which is noted already."""
    governing = next((one for one in found if one.entry.governs and one.disagrees), None)
    current = approved(office)
    if governing is None or current is None:
        return ()
    item = item_of(office.operation, office, current, governing.record)
    return [by for one in released_contacts(who, [item], Purpose.VIEW) for by in one.row.reached_by()]


def in_words(ours: Mapping[int, Record]) -> dict[int, str]:
    """For a copy: of each office, by number, which lists say otherwise, and how it is reached by the one to go by: who
    has no line cannot look it up. `ours`: what the reader of the copy gets of our own records; of a list they get no
    more. Only of those that a list says otherwise of, and nothing of what other lists say."""
    there = Entry.objects.filter(office__in=list(ours), replaced_at=None).order_by("network")
    by_office: dict[int, list[Listing]] = {}
    for entry in there:
        by_office.setdefault(entry.office_id, []).append(_listing(entry, ours[entry.office_id]))
    return {number: said for number, found in by_office.items() if (said := _said(found, ours[number]))}


def _said(found: Sequence[Listing], ours: Record) -> str:
    others = [one.entry.network for one in found if one.disagrees]
    if not others:
        return ""
    said = f"{', '.join(others)} {'says' if len(others) == 1 else 'say'} otherwise"
    governing = next((one for one in found if one.entry.governs), None)
    if governing is None:
        return said
    theirs = replace(
        governing.record,
        channels=governing.record.channels if ours.channels else (),
        posts=governing.record.posts if ours.posts else (),
    )
    ways = [f"{who + ' ' if who else ''}{by.means} {by.value}" for who, by in theirs.reached_by()]
    said = f"{said}; the list of {governing.entry.network} is the one to go by"
    return f"{said}: {', '.join(ways)}" if ways and governing.disagrees else said


def history(office: Office) -> Sequence[Entry]:
    """What lists said before, the last first."""
    gone = Entry.objects.filter(office=office).exclude(replaced_at=None)
    return list(gone.select_related("entered_by", "replaced_by").order_by("-replaced_at")[:20])


@transaction.atomic
def enter(who: Member, office: Office, network: str, source: str, record: Record) -> Entry:
    """What a list says now, in place of what it said before. `source`: which list, of which day."""
    allow(who, office.actor)
    network = _words(network, "network", NETWORK_MOST, "Say whose list it is: UN, OSCE, OAS, ARF.")
    source = _words(source, "source", SOURCE_MOST, "Say which list it is, and of which day.")
    if found := checking.unreadable(record):
        raise Refused(found[0].field, found[0].said, field=found[0].field)
    Office.objects.select_for_update().get(pk=office.pk)
    there = Entry.objects.filter(office=office, replaced_at=None)
    before = next((one for one in there if one.network.casefold() == network.casefold()), None)
    if before is not None:
        network = before.network
        _end(who, before)
    kept, digest = sealed(record)
    made = Entry.objects.create(office=office, network=network, source=source, sealed=kept, entered_by=who.person)
    _note(who, made, f"entered what the list of {network} says of {office.code}", content=digest)
    return made


@transaction.atomic
def govern(who: Member, entry: Entry) -> None:
    """That list is the one to go by, and no other. Never said by who entered it."""
    allow(who, entry.office.actor)
    Office.objects.select_for_update().get(pk=entry.office_id)
    fresh = _current(entry)
    if fresh.entered_by_id == who.person.pk:
        raise Refused("two_people", "You entered this yourself: another person says that it is the one to go by.")
    if who.team and fresh.entered_by.roles_in(who.operation.pk) & NETWORK_TEAM:
        apart(who, fresh.entered_by)
    Entry.objects.filter(office=fresh.office, replaced_at=None, governs=True).update(governs=False, governs_by=None)
    fresh.governs, fresh.governs_by = True, who.person
    try:
        with transaction.atomic():
            fresh.save(update_fields=["governs", "governs_by"])
    except IntegrityError as error:
        raise Conflict("Somebody was first: look at the lists again.") from error
    _note(who, fresh, f"said that the list of {fresh.network} is the one to go by for {fresh.office.code}")


@transaction.atomic
def take_out(who: Member, entry: Entry) -> None:
    """The office is in that list no more. What it said is kept."""
    allow(who, entry.office.actor)
    fresh = _current(entry)
    _end(who, fresh)
    _note(who, fresh, f"noted that {fresh.office.code} is in the list of {fresh.network} no more")


# --- what they have in common --------------------------------------------------------------------------------------


def _current(entry: Entry) -> Entry:
    fresh = Entry.objects.select_related("office__actor").select_for_update(of=("self",)).get(pk=entry.pk)
    if fresh.replaced_at is not None:
        raise Conflict("Somebody was first: this is not what the list says any more.")
    return fresh


def _end(who: Member, entry: Entry) -> None:
    Entry.objects.filter(pk=entry.pk).update(replaced_at=timezone.now(), replaced_by=who.person)


def _words(text: str, field: str, most: int, remedy: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > most:
        raise Refused(field, remedy if not text else f"Write at most {most} characters.", field=field)
    return text


def _note(who: Member, entry: Entry, said: str, **more: str) -> None:
    """The record names the office and the list, and nothing of what it says."""
    after = {"said": said, "office": entry.office_id, "entry": entry.pk, **more}
    decide(who.person, entry.office.operation_id, DecisionKind.CONTACT, before={}, after=after)
