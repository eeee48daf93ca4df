"""Somebody takes copies of offices along, for themselves: a card, a phone tree, a signed directory of offices that they
chose. Each office in it counts as one looked at, within what a person is shown in a day.

All raise Refused: nothing that may be copied, or too much at once. What cannot be written down is not given.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from rapport.contacts.agreed import network_of
from rapport.contacts.directory import looking
from rapport.contacts.directory.looking import Shown
from rapport.contacts.exports import copies, keeping
from rapport.contacts.exports.copies import Copied, File, Form
from rapport.contacts.members import Member
from rapport.contacts.models import Export, ExportKind, Office
from rapport.errors import Refused
from rapport.registry.models import Actor
from rapport.values import Purpose


def card(who: Member, office: Office, form: Form) -> File:
    """One office, for the wallet."""
    looking.make_room(who, [office])
    with transaction.atomic():
        found = _looked_at(who, [office], "card")
        export = keeping.begin(who, ExportKind.CARD, [one.release for _, one in found])
        file = copies.card(_copied(found)[0], keeping.mark_of(export), form)
        keeping.note(export, [one.nomination for _, one in found], file.data)
    return file


def tree(who: Member, actor: Actor, form: Form) -> File:
    """All offices of one State that this reader gets: whom to try after whom."""
    offices = list(_known(who).filter(actor=actor).order_by("role"))
    looking.make_room(who, offices)
    with transaction.atomic():
        found = _looked_at(who, offices, "tree")
        export = keeping.begin(who, ExportKind.TREE, [one.release for _, one in found])
        file = copies.tree(_copied(found), network_of(who.operation.pk), keeping.mark_of(export), form)
        keeping.note(export, [one.nomination for _, one in found], file.data)
    return file


def directory(who: Member, chosen: Sequence[int]) -> Export:
    """A signed directory of the offices with these numbers. Its file is kept until it expires."""
    offices = list(_known(who).filter(pk__in=chosen).order_by("actor__code", "role"))
    if not offices:
        raise Refused("no_office", "Choose at least one office.", field="office")
    looking.make_room(who, offices)
    with transaction.atomic():
        found = _looked_at(who, offices, "export")
        export = keeping.begin(who, ExportKind.DIRECTORY, [one.release for _, one in found])
        data = keeping.signed([one.release.row for _, one in found], export)
        keeping.note(export, [one.nomination for _, one in found], data)
    return export


def _known(who: Member) -> QuerySet[Office]:
    known = Office.objects.filter(operation=who.operation, closed_at=None)
    return known.select_related("actor__organisation", "operation")


def _copied(found: Sequence[tuple[Office, Shown]]) -> list[Copied]:
    return [keeping.copied(office, one.release) for office, one in found]


def _looked_at(who: Member, offices: Sequence[Office], kind: str) -> list[tuple[Office, Shown]]:
    """What this reader may copy of them; each is a look."""
    shown = ((office, looking.look(who, office, kind, Purpose.EXPORT)) for office in offices)
    found = [(office, one) for office, one in shown if one is not None]
    if not found:
        raise Refused(
            "no_copy",
            "There is nothing here that you may take along: the protocol, or your organisation's agreement, lets you "
            "look at it on its page only.",
            status=403,
        )  # fmt: skip
    return found
