"""Each sharing rule exists for one item and for a query; both say the same of every generated event."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from django.db import transaction

from rapport.events import live
from rapport.events.filters import Filters
from rapport.events.log import record
from rapport.events.models import Event
from rapport.events.releases import releases
from rapport.operations import fields
from rapport.operations.models import Operation
from rapport.sharing.models import ReleaseEntry
from rapport.sharing.policy import sees_extra
from rapport.sharing.queries import released
from rapport.values import PUBLIC, Audience, Box, Publication, Purpose, Reader, Status

WORLD = Box(-180, -90, 180, 90)


def generated(operation: Operation, count: int) -> list[Event]:
    rnd = random.Random(5)
    made = []
    for n in range(count):
        mapped, commune = rnd.random() > 0.2, rnd.random() > 0.3
        made.append(
            Event(
                operation=operation,
                title=rnd.choice(["", "Food needed", "Eau à Delmas"]),
                summary=rnd.choice(["", "in a person's words"]),
                publication=rnd.choice(list(Publication)).value,
                status=rnd.choice(list(Status)).value,
                persons_at_risk=rnd.random() < 0.4,
                lon=-72.3 + n / 1000 if mapped else None,
                lat=18.5 if mapped else None,
                precision=rnd.randrange(1, 8) if mapped else None,
                radius_m=rnd.randrange(0, 9000),
                place_name="a street" if mapped else "",
                pcode=rnd.choice(["HT0112", ""]) if mapped else "",
                commune_lon=-72.303 if commune else None,
                commune_lat=18.545 if commune else None,
                commune_radius_m=6000 if commune else 0,
                commune_name="Delmas" if commune else "",
                commune_pcode="HT0112" if commune else "",
                occurred_at=rnd.choice([None, datetime(2010, 1, 13, tzinfo=UTC)]),
                extra=rnd.choice([{}, {"damage": "total"}, {"damage": "none", "secret": "x"}]),
            )
        )
    return Event.objects.bulk_create(made)


def test_the_two_forms_of_the_policy_agree(operation: Operation) -> None:
    operation.extra_fields = [
        fields.to_json(fields.Field(code, "text", {"en": code}, public=code == "damage"))
        for code in ("damage", "secret")
    ]
    events = generated(operation, 400)
    ids = [event.pk for event in events]
    by_ref = {event.ref: event.pk for event in events}
    for reader in (PUBLIC, Reader(Audience.TEAM, 1)):
        for purpose in Purpose:
            rows = {row.pk: row for row in released(Event.objects.filter(operation=operation), reader, purpose)}
            items = {by_ref[one.ref]: one for one in releases(operation, reader, purpose, ids)}
            assert rows.keys() == items.keys()
            for pk, row in rows.items():
                place = items[pk].place
                seen = tuple(getattr(row, f"seen_{name}") for name in ("lon", "lat", "precision", "radius_m", "pcode"))
                if place is None:
                    assert seen[:3] == (None, None, None)
                else:
                    assert seen == (place.lon, place.lat, place.precision, place.radius_m, place.pcode)
                searchable = " ".join(row.seen_words.split())
                place_name = place.name if place else (row.commune_name if row.persons_at_risk else "")
                answered = {c for c in row.seen_extra if sees_extra(reader, c == "damage")}
                assert answered == {one.code for one in items[pk].extra}
                assert set(searchable.split()) <= set(f"{items[pk].title} {items[pk].summary} {place_name}".split())


def test_the_index_follows_the_log(operation: Operation) -> None:
    events = generated(operation, 60)
    with transaction.atomic():
        record(operation.pk, [event.pk for event in events])
    shown = {event.pk for event in events if event.publication == "published"}
    assert set(live.view(operation, PUBLIC).select(Filters()).ids()) == shown

    first = next(event for event in events if event.pk in shown)
    with transaction.atomic():
        Event.objects.filter(pk=first.pk).update(publication="withdrawn")
        record(operation.pk, [first.pk])
    after = live.view(operation, PUBLIC).select(Filters())
    assert set(after.ids()) == shown - {first.pk}
    assert sum(cluster.count for cluster in after.clusters(WORLD, 9)) + after.unmapped == len(shown) - 1
    assert ReleaseEntry.objects.get(audience="public", event_id=first.pk, retracted=True)


def test_a_draft_never_enters_the_public_log(operation: Operation) -> None:
    draft = Event.objects.create(operation=operation, title="not yet")
    with transaction.atomic():
        record(operation.pk, [draft.pk])
    assert list(ReleaseEntry.objects.values_list("audience", flat=True)) == ["team"]


def test_what_the_team_does_to_a_draft_moves_nothing_for_the_public(operation: Operation) -> None:
    event = Event.objects.create(operation=operation, publication="published")
    with transaction.atomic():
        record(operation.pk, [event.pk])
    before = live.view(operation, PUBLIC).seq
    draft = Event.objects.create(operation=operation, title="not yet")
    with transaction.atomic():
        record(operation.pk, [draft.pk])
    assert live.view(operation, PUBLIC).seq == before
    assert live.view(operation, Reader(Audience.TEAM, 1)).seq > before


def test_an_event_is_taken_back_once(operation: Operation) -> None:
    event = Event.objects.create(operation=operation, publication="published")
    for publication in ("published", "withdrawn", "withdrawn", "published", "withdrawn"):
        Event.objects.filter(pk=event.pk).update(publication=publication)
        with transaction.atomic():
            record(operation.pk, [event.pk])
    entries = ReleaseEntry.objects.filter(audience="public").order_by("seq").values_list("retracted", flat=True)
    assert list(entries) == [False, True, False, True]
