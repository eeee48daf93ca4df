"""Somebody takes copies of offices along, for themselves: a card, a phone tree, a signed directory of offices that they
chose. Each office in it counts as one looked at, within what a person is shown in a day.

All raise Refused: nothing that may be copied, or too much at once. What cannot be written down is not given.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from rapport.contacts.agreed import network_of
from rapport.contacts.cards import Copied
from rapport.contacts.directory import looking
from rapport.contacts.directory.listing import state_of
from rapport.contacts.directory.looking import Shown
from rapport.contacts.exports import copies, keeping
from rapport.contacts.exports.copies import File, Form
from rapport.contacts.members import Member
from rapport.contacts.models import Export, ExportKind, Office
from rapport.errors import Refused
from rapport.registry.models import Actor
from rapport.values import Purpose


def card(who: Member, office: Office, form: Form) -> File:
    """One office, for the wallet."""
    counts = _counting(who, _known(who).filter(pk=office.pk))
    looking.make_room(who, counts)
    with transaction.atomic():
        found = _looked_at(who, counts, "card")
        export = keeping.begin(who, ExportKind.CARD, [one.release for _, one in found])
        file = copies.card(_copied(who, found)[0], keeping.mark_of(export), form)
        keeping.note(export, [one.nomination for _, one in found], file.data)
    return file


def tree(who: Member, actor: Actor, form: Form) -> File:
    """All offices of one State that this reader gets: whom to try after whom."""
    offices = _counting(who, _known(who).filter(actor=actor).order_by("role"))
    looking.make_room(who, offices)
    with transaction.atomic():
        found = _looked_at(who, offices, "tree")
        export = keeping.begin(who, ExportKind.TREE, [one.release for _, one in found])
        agreed = network_of(who.operation.pk)
        names = _names(who, [actor.code, *agreed.third_parties])
        file = copies.tree(_copied(who, found), agreed, names, keeping.mark_of(export), form)
        keeping.note(export, [one.nomination for _, one in found], file.data)
    return file


def directory(who: Member, chosen: Sequence[int]) -> Export:
    """A signed directory of the offices with these numbers. Its file is kept until it expires."""
    wanted = _known(who).filter(pk__in=chosen).order_by("actor__code", "role")
    if not wanted:
        raise Refused("no_office", "Choose at least one office.", field="office")
    offices = _counting(who, wanted)
    looking.make_room(who, offices)
    with transaction.atomic():
        found = _looked_at(who, offices, "export")
        export = keeping.begin(who, ExportKind.DIRECTORY, [one.release for _, one in found])
        data = keeping.signed(_copied(who, found), export)
        keeping.note(export, [one.nomination for _, one in found], data)
    return export


def _known(who: Member) -> QuerySet[Office]:
    known = Office.objects.filter(operation=who.operation, closed_at=None)
    return known.select_related("actor__organisation", "operation")


def _counting(who: Member, offices: QuerySet[Office]) -> list[Office]:
    """Those that people are pointed to: the others are in no copy."""
    agreed, now = network_of(who.operation.pk).upkeep, timezone.now()
    return [one for one in offices if state_of(one, agreed, now).counts]


def _names(who: Member, codes: Sequence[str]) -> dict[str, str]:
    return dict(Actor.objects.filter(operation=who.operation, code__in=codes).values_list("code", "name"))


def _copied(who: Member, found: Sequence[tuple[Office, Shown]]) -> list[Copied]:
    return keeping.copied(who.operation.pk, [(office, one.release) for office, one in found])


def _looked_at(who: Member, offices: Sequence[Office], kind: str) -> list[tuple[Office, Shown]]:
    """What this reader may copy of them; each is a look."""
    shown = ((office, looking.look(who, office, kind, Purpose.EXPORT)) for office in offices)
    found = [(office, one) for office, one in shown if one is not None]
    if not found:
        raise Refused(
            "no_copy",
            "There is nothing here that you may take along: the protocol, or your organisation's agreement, lets you "
            "look at it on its page only, or nobody has confirmed it for so long that no copy has it.",
            status=403,
        )  # fmt: skip
    return found
