"""Every copy that leaves is entered: who took it, for whom, when, which offices in which version, and its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from rapport.contacts import instance, offline
from rapport.contacts.agreed import network_of
from rapport.contacts.cards import Copied
from rapport.contacts.directory import memberships
from rapport.contacts.directory.listing import state_of
from rapport.contacts.members import Member
from rapport.contacts.model import Office as Record
from rapport.contacts.models import Export, Exported, ExportKind, ExportState, Nomination, Office
from rapport.contacts.records import opened
from rapport.contacts.releases import item_of, released_contacts
from rapport.contacts.signed import Peer
from rapport.errors import Refused
from rapport.oversight import keys
from rapport.oversight.ledger import entries
from rapport.sharing.readers import organisation_reader
from rapport.values import Json, Purpose, RowRelease

TEAM = "the network's team"


def begin(who: Member, kind: ExportKind, releases: Sequence[RowRelease[Record]]) -> Export:
    """The entry of a copy that somebody takes along themselves, made now. It has its number from here on."""
    now, whom = timezone.now(), who.organisation.name if who.organisation else TEAM
    return Export.objects.create(
        operation=who.operation, kind=kind, organisation=who.organisation, state=ExportState.MADE,
        for_whom=f"{whom}, taken by {who.person.shown_name}{marking(releases)}", asked_by=who.person, asked_at=now,
        made_at=now, expires_at=now + settings.DIRECTORY_LASTS,
    )  # fmt: skip


def marking(releases: Sequence[RowRelease[Record]]) -> str:
    """How far the copy may be passed on, after a comma: as its strictest part. "" where the protocol says nothing."""
    found = [one.marking for one in releases if one.marking]
    return f", {max(found, key=lambda one: one.strictness).value}" if found else ""


def mark_of(export: Export) -> offline.Export:
    """The watermark of one that is made."""
    if export.made_at is None or export.expires_at is None:
        raise Refused("not_made", "This copy is not made yet: it waits for a second person.")
    return offline.Export(export.pk, instance.name(), export.for_whom, export.made_at, export.expires_at)


def copied(operation_id: int, found: Sequence[tuple[Office, RowRelease[Record]]]) -> list[Copied]:
    """Offices of one network as a copy has them."""
    agreed, now = network_of(operation_id).upkeep, timezone.now()
    lists = memberships.in_words({office.pk: one.row for office, one in found})
    return [
        Copied(
            one.row, (office.verified_at or office.made_at).date(), state_of(office, agreed, now),
            lists.get(office.pk, ""),
        )
        for office, one in found
    ]  # fmt: skip


def signed(entries: Sequence[Copied], export: Export) -> bytes:
    """The file of a signed directory, kept sealed until it expires."""
    data = offline.made(entries, mark_of(export), instance.signing_key())
    export.sealed = keys.seal("contacts", data)
    return data


def note(export: Export, nominations: Sequence[Nomination], data: bytes) -> None:
    """In the tables and the ledger, in the transaction in which the copy is made."""
    export.digest = hashlib.sha256(data).hexdigest()
    export.save()
    Exported.objects.bulk_create(Exported(export=export, office=one.office, nomination=one) for one in nominations)
    body: dict[str, Json] = {
        "export": export.pk, "copy": export.kind, "offices": len(nominations), "sha256": export.digest,
        "person": export.decided_by_id or export.asked_by_id, "organisation": export.organisation_id,
    }  # fmt: skip
    entries.contact(export.operation_id, body)


def fetched(who: Member, export: Export) -> tuple[bytes, offline.Directory]:
    """The file of a signed directory, for who may have it; that it was fetched stands in the ledger."""
    now = timezone.now()
    if not who.team and Purpose.EXPORT not in who.reader.agreed:
        raise Refused("no_agreement", "Your organisation's agreement lets it take no copies now.", status=403)
    if export.sealed is None or export.expires_at is None or export.expires_at <= now:
        raise Refused("expired", "This copy has expired, and its file is gone. Make a new one.", status=410)
    _still_given(who, export)
    data = keys.unseal("contacts", bytes(export.sealed))
    read = offline.verified(data, peer=Peer(tuple(instance.public_keys().values())), now=now)
    entries.contact(export.operation_id, {"export": export.pk, "fetched_by": who.person.pk})
    return data, read


def _still_given(who: Member, export: Export) -> None:
    """The protocol of now lets whoever it was made for copy all that is in it, and no less far than it says itself."""
    reader = who
    if export.decided_by_id is not None and export.organisation is not None:  # else whoever fetches took it along
        reads = organisation_reader(who.operation, export.organisation)
        reader = Member(who.person, who.operation, export.organisation, (), reads)
    there = list(export.offices.select_related("nomination", "office__actor__organisation", "office__operation"))
    items = [item_of(who.operation, one.office, one.nomination, opened(one.nomination.sealed)) for one in there]
    given = released_contacts(reader, items, Purpose.EXPORT)
    if len(given) < len(there) or not export.for_whom.endswith(marking(given)):
        raise Refused(
            "protocol",
            "What was agreed has changed since this copy was made: some of it may not be copied any more, or is marked"
            " otherwise. Make a new one.",
            status=403,
        )


def forget(now: datetime) -> int:
    """The files of copies that have expired; how many there were. That they were made stays."""
    return Export.objects.filter(expires_at__lte=now).exclude(sealed=None).update(sealed=None)


def of_office(office: Office) -> Sequence[Exported]:
    """The copies that an office is in, the last first: for the office itself."""
    found = Exported.objects.filter(office=office).select_related("export__asked_by", "export__decided_by")
    return list(found.order_by("-export_id")[:20])
