"""A signed directory of many offices for a named organisation: one of the team asks, another releases it. What goes in
is what the protocol lets that organisation copy, as on the day of the release.

All raise NotAllowed, Refused or Conflict.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Organisation
from rapport.contacts.agreed import network_of
from rapport.contacts.directory.listing import state_of
from rapport.contacts.directory.nominating import APPROVE, words
from rapport.contacts.exports import keeping
from rapport.contacts.members import Member, apart
from rapport.contacts.model import Office as Record
from rapport.contacts.models import Export, ExportKind, ExportState, Nomination, State
from rapport.contacts.records import opened
from rapport.contacts.releases import item_of, released_contacts
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.sharing.readers import organisation_reader
from rapport.values import Purpose, RowRelease


@transaction.atomic
def ask(who: Member, organisation: Organisation, wanted: Sequence[int], why: str) -> Export:
    """`wanted`: numbers of offices; none means all that the organisation may copy."""
    _allow(who)
    made = Export.objects.create(
        operation=who.operation, kind=ExportKind.DIRECTORY, organisation=organisation, wanted=sorted(set(wanted)),
        for_whom=f"{organisation.name}, asked for by {who.person.shown_name}", asked_by=who.person,
        why=words(why, "Say what the copy is for."),
    )  # fmt: skip
    _note(who, made, f"asked for a copy of the directory for {organisation.slug}")
    return made


@transaction.atomic
def release(who: Member, export: Export) -> None:
    """It is made now, and whoever belongs to the organisation fetches it. Never by who asked."""
    fresh, organisation = _to_decide(who, export)
    apart(who, fresh.asked_by)
    found = _given(who, organisation, fresh.wanted)
    if not found:
        raise Refused(
            "no_copy", f"The protocol lets {organisation.name} copy none of these offices: see its agreement."
        )
    now = timezone.now()
    fresh.state, fresh.decided_by, fresh.decided_at = ExportState.MADE, who.person, now
    fresh.made_at, fresh.expires_at = now, now + settings.DIRECTORY_LASTS
    fresh.for_whom += f", released by {who.person.shown_name}{keeping.marking([one for _, one in found])}"
    data = keeping.signed(keeping.copied(fresh.operation_id, [(one.office, row) for one, row in found]), fresh)
    keeping.note(fresh, [nomination for nomination, _ in found], data)
    _note(who, fresh, f"released a copy of {len(found)} offices for {organisation.slug}")


@transaction.atomic
def refuse(who: Member, export: Export, reason: str) -> None:
    fresh, organisation = _to_decide(who, export)
    fresh.reason = words(reason, "Say why, for who asked.")
    fresh.state, fresh.decided_by, fresh.decided_at = ExportState.REFUSED, who.person, timezone.now()
    fresh.save()
    _note(who, fresh, f"refused a copy of the directory for {organisation.slug}")


def _given(
    who: Member, organisation: Organisation, wanted: Sequence[int]
) -> list[tuple[Nomination, RowRelease[Record]]]:
    """What the organisation itself gets of the offices that count, in the order of their codes."""
    agreed, now = network_of(who.operation.pk).upkeep, timezone.now()
    known = Nomination.objects.filter(office__operation=who.operation, state=State.APPROVED, closes=False)
    known = known.select_related("office__actor__organisation").order_by("office__actor__code", "office__role")
    known = known.filter(office__in=wanted) if wanted else known
    counting = {one.office_id: one for one in known if state_of(one.office, agreed, now).counts}
    items = [item_of(who.operation, one.office, one, opened(one.sealed)) for one in counting.values()]
    reads = organisation_reader(who.operation, organisation)
    they = Member(who.person, who.operation, organisation, (), reads)
    by_code = {one.office.code: one for one in counting.values()}
    return [(by_code[one.ref], one) for one in released_contacts(they, items, Purpose.EXPORT)]


def _allow(who: Member) -> None:
    if not who.may(APPROVE):
        raise NotAllowed(f"This needs the permission {APPROVE.value}.")


def _to_decide(who: Member, export: Export) -> tuple[Export, Organisation]:
    _allow(who)
    known = Export.objects.select_related("organisation", "operation").select_for_update(of=("self",))
    fresh = known.get(pk=export.pk)
    if fresh.state != ExportState.WAITING or fresh.organisation is None:
        raise Conflict("Somebody was first: this is decided already.")
    if fresh.asked_by_id == who.person.pk:
        raise Refused("two_people", "You asked for this yourself: another person of the team decides about it.")
    return fresh, fresh.organisation


def _note(who: Member, export: Export, said: str) -> None:
    after = {"said": said, "export": export.pk, "sha256": export.digest}
    decide(who.person, export.operation_id, DecisionKind.CONTACT, before={}, after=after)
