"""Put an operation's file into the database: make what is new, change what changed, say both."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from django.db import models, transaction

from rapport import plugins
from rapport.errors import BadDefinition
from rapport.operations import fields, gazetteer
from rapport.operations.definition import CategoryDefinition, Definition, SourceDefinition
from rapport.operations.definition_orders import OrderDefinition
from rapport.operations.fields import Field
from rapport.operations.gazetteer_file import read_places
from rapport.operations.models import MADE_HERE, Category, Operation, Place, PlaceName, Source, StandingOrder
from rapport.oversight import keys
from rapport.values import Json

_BATCH = 500

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did. `tokens` are the secrets of the gateways' addresses made now, by source: shown once, stored
    only as hashes."""

    operation: Operation
    added: tuple[str, ...]
    changed: tuple[str, ...]
    tokens: Mapping[str, str]


@dataclass(slots=True)
class _Account:
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def load(definition: Definition, folder: Path) -> Loaded:
    """Make or bring up to date the operation of that slug; `folder` is where its gazetteer files lie.

    Loading the same file again changes nothing. BadDefinition if a gazetteer cannot be read; then nothing was changed.
    """
    account = _Account()
    before, order = _fields_before(definition), _order_of_queue(definition.slug)
    operation = _operation(definition, before, account)
    categories = _categories(operation, definition.categories, account)
    if order is not None and _order_of_queue(definition.slug) != order:
        for hook in plugins.queue_changed():
            account.changed += hook(operation.pk)
    _sources(operation, definition, account)
    _orders(operation, definition.orders, account)
    moved = _places(operation, [folder / name for name in definition.gazetteers], account)
    # Readers last: events are held before their release logs, and whatever else changes before both.
    _tell_of_categories(operation, categories, account)
    _tell_of_fields(operation, before, account)
    _tell_of_regions(operation, moved, account)
    gazetteer.forget()
    return Loaded(operation, tuple(account.added), tuple(account.changed), account.tokens)


def source_settings(source: Source) -> dict[str, Any]:
    """The settings of a source, unsealed; {} if it has none."""
    return dict(json.loads(_unsealed(bytes(source.settings_sealed)))) if source.settings_sealed else {}


@lru_cache(maxsize=256)
def _unsealed(sealed: bytes) -> bytes:
    """Opening it costs more than all else that a gateway's request needs of its source."""
    return keys.unseal("channels", sealed)


def set_source_settings(source: Source, settings: Mapping[str, Any]) -> None:
    """Seal and store the settings of a source."""
    source.settings_sealed = keys.seal("channels", json.dumps(settings, ensure_ascii=False).encode())
    source.save(update_fields=["settings_sealed"])


def new_token(source: Source) -> str:
    """A fresh secret for the address of a gateway, to be shown once; the former one stops working."""
    token = secrets.token_urlsafe(24)
    source.token_hash = keys.token_hash(token)
    source.save(update_fields=["token_hash"])
    return token


# --- the operation itself ------------------------------------------------------------------------------------------


def _operation(definition: Definition, before: tuple[Field, ...], account: _Account) -> Operation:
    box = definition.box
    return _bring(
        Operation.objects.filter(slug=definition.slug).first() or Operation(slug=definition.slug),
        {
            "kind": definition.kind, "names": dict(definition.names), "descriptions": dict(definition.descriptions),
            "glide": definition.glide, "exercise": definition.exercise, "time_zone": definition.time_zone,
            "west": box.west, "south": box.south, "east": box.east, "north": box.north,
            "countries": list(definition.countries), "languages": list(definition.languages),
            "retention": {} if definition.retention.empty else definition.retention.to_json(),
            "queue": dict(definition.queue), "sending": dict(definition.sending),
            "licence": dict(definition.licence), "alerts": dict(definition.alerts),
            "consent": dict(definition.consent), "definition_hash": definition.digest,
            "replies": {language: dict(texts) for language, texts in definition.replies.items()},
            "extra_fields": [fields.to_json(one) for one in fields.followed_by(before, definition.fields)],
        },
        account,
    )  # fmt: skip


def _bring(row: M, wanted: Mapping[str, Any], account: _Account) -> M:
    """Give a row the wanted values, write it if it is new or differs, and note which."""
    what = f"{row._meta.verbose_name} {row}"
    if row.pk is None:
        account.added.append(what)
    elif any(getattr(row, name) != value for name, value in wanted.items()):
        account.changed.append(what)
    else:
        return row
    for name, value in wanted.items():
        setattr(row, name, value)
    row.save()
    return row


# --- extra fields --------------------------------------------------------------------------------------------------


def _fields_before(definition: Definition) -> tuple[Field, ...]:
    """The fields that the operation has now; BadDefinition if what was answered could not stand under the new ones."""
    operation = Operation.objects.filter(slug=definition.slug).first()
    before = fields.stored(operation.extra_fields) if operation else ()
    had = {one.code: one for one in before}
    for one in definition.fields:
        was = had.get(one.code)
        if operation and was and not fields.same_shape(was, one) and _answered(operation, one.code):
            raise BadDefinition(
                f"[fields] kind: {one.code} was answered already as {_shape(was)}, and cannot become {_shape(one)}; "
                f"leave it as it was, or give the new field another code"
            )
    return before


def _shape(one: Field) -> str:
    return f"{one.kind} with several choices" if one.several else one.kind


def _answered(operation: Operation, code: str) -> bool:
    """Whether anything of the operation has a value for the field."""
    return any(
        relation.related_model._default_manager.filter(
            **{relation.field.name: operation, "extra__has_key": code}
        ).exists()
        for relation in operation._meta.related_objects
        if not isinstance(relation.related_model, str)
        and any(column.name == "extra" for column in relation.related_model._meta.fields)
    )


def _tell_of_fields(operation: Operation, before: tuple[Field, ...], account: _Account) -> None:
    """Readers must not keep seeing what the file now keeps from them."""
    shown = {one.code: (one.public, one.filter) for one in before}
    now = {one.code: (one.public, one.filter) for one in fields.stored(operation.extra_fields)}
    if changed := {code for code, seen in now.items() if shown.get(code, seen) != seen}:
        for hook in plugins.fields_changed():
            account.changed += hook(operation.pk, changed)


def _order_of_queue(slug: str) -> object:
    """What decides in which order waiting reports are worked on; None before there is an operation."""
    operation = Operation.objects.filter(slug=slug).first()
    if operation is None:
        return None
    return operation.queue, dict(operation.categories.values_list("code", "urgency")), operation.extra_fields


# --- categories ----------------------------------------------------------------------------------------------------


def _categories(operation: Operation, wanted: tuple[CategoryDefinition, ...], account: _Account) -> set[int]:
    """Those of which something changed that bears on events."""
    there = {category.code: category for category in operation.categories.all()}
    rows = {}
    before = _standing(there.values())
    for order, category in enumerate(wanted, 1):
        row = there.get(category.code) or Category(operation=operation, code=category.code)
        rows[category.code] = _bring(row, _category(category, order), account)
    for category in wanted:
        parent = rows[category.parent] if category.parent else None
        if rows[category.code].parent_id != (parent.pk if parent else None):
            rows[category.code].parent = parent
            rows[category.code].save(update_fields=["parent"])
    for code in there.keys() - rows.keys():
        _retire(there[code], len(wanted) + 1, account)
    after = _standing(operation.categories.all())
    return {pk for pk in after.keys() & before.keys() if after[pk] != before[pk]}


def _standing(categories: Iterable[Category]) -> dict[int, tuple[bool, int | None]]:
    """What of a category bears on the events under it and below."""
    return {category.pk: (category.persons_at_risk, category.parent_id) for category in categories}


def _tell_of_categories(operation: Operation, changed: set[int], account: _Account) -> None:
    """Readers must not keep seeing exactly what a changed category now says is dangerous to show."""
    if changed:
        for hook in plugins.categories_changed():
            account.changed += hook(operation.pk, changed)


def _category(category: CategoryDefinition, order: int) -> dict[str, Any]:
    return {
        "names": dict(category.names), "hxl": category.hxl, "persons_at_risk": category.persons_at_risk,
        "order": order, "urgency": category.urgency,
    }  # fmt: skip


def _retire(category: Category, last: int, account: _Account) -> None:
    """A category gone from the file is deleted if nothing stands under it, else kept, at the end of the list."""
    if not _in_use(category):
        category.delete()
        account.changed.append(f"category {category} deleted")
    elif category.order < last:
        Category.objects.filter(pk=category.pk).update(order=last)
        account.changed.append(f"category {category} kept, because events stand under it")


def _in_use(row: models.Model) -> bool:
    return any(
        relation.related_model._default_manager.filter(**{relation.field.name: row}).exists()
        for relation in row._meta.related_objects
        if not isinstance(relation.related_model, str)
    )


# --- sources and standing orders -----------------------------------------------------------------------------------


def _sources(operation: Operation, definition: Definition, account: _Account) -> None:
    there = {source.slug: source for source in operation.sources.all()}
    for wanted in definition.sources:
        row = there.get(wanted.slug) or Source(operation=operation, slug=wanted.slug)
        source = _bring(row, _source(wanted), account)
        if wanted.columns:
            _give_mapping(source, wanted, definition.labels)
        if wanted.channel in plugins.CHANNELS and not source.token_hash:
            account.tokens[source.slug] = new_token(source)
    for slug in there.keys() - {source.slug for source in definition.sources}:
        if not _named_by_a_person(there[slug]):
            _bring(there[slug], {"active": False}, account)


def _named_by_a_person(source: Source) -> bool:
    """Whether it came to be with an import: this file never had it, and so cannot have taken it out."""
    return source.channel == "file" and "columns" not in source_settings(source)


def _source(wanted: SourceDefinition) -> dict[str, Any]:
    return {
        "channel": wanted.channel, "names": dict(wanted.names), "language": wanted.language, "trust": wanted.trust,
        "per_minute": wanted.per_minute, "out_per_minute": wanted.out_per_minute,
    }  # fmt: skip


def _give_mapping(source: Source, wanted: SourceDefinition, labels: Mapping[str, str]) -> None:
    """What an import needs to read this source's files, among the source's settings."""
    if wanted.columns is None:
        return
    settings = source_settings(source)
    mapping = {"columns": asdict(wanted.columns), "labels": dict(labels)}
    if {key: settings.get(key) for key in mapping} != mapping:
        set_source_settings(source, settings | mapping)


def _orders(operation: Operation, wanted: tuple[OrderDefinition, ...], account: _Account) -> None:
    """A signature is for what was signed: an order that changed, or that the file no longer has, loses it."""
    there = {order.slug: order for order in operation.orders.all()}
    for order in wanted:
        row = there.get(order.slug) or StandingOrder(operation=operation, slug=order.slug)
        if (row.text, row.rule) != (order.text, order.rule):
            _bring(row, {"text": order.text, "rule": order.rule, **_UNSIGNED}, account)
    for slug in there.keys() - {order.slug for order in wanted}:
        _bring(there[slug], _UNSIGNED, account)


_UNSIGNED: dict[str, Json] = {"signed_by": None, "signed_at": None, "revoked_by": None, "revoked_at": None}


# --- places --------------------------------------------------------------------------------------------------------

PlaceKey = tuple[str, str, int]
Entry = tuple[Place, tuple[tuple[str, str], ...]]  # a place not yet saved, and its further names with language


def _places(operation: Operation, files: Iterable[Path], account: _Account) -> set[str]:
    """Replace the places of the files where one differs. Places that came to be here stay as they are. Returns the
    P-codes whose region is another now."""
    before = gazetteer.regions(operation.pk)
    wanted: dict[PlaceKey, Entry] = {}
    for file in files:
        for listed in read_places(file):
            place = Place(
                operation=operation, name=listed.name, pcode=listed.pcode, parent_pcode=listed.parent_pcode,
                precision=listed.precision.value, lon=listed.lon, lat=listed.lat, radius_m=listed.radius_m,
                origin=listed.origin,
            )  # fmt: skip
            wanted[_place_key(place)] = (place, listed.names)
    there = {
        _place_key(place): place
        for place in operation.places.exclude(origin__in=MADE_HERE).prefetch_related("names").order_by("id")
    }
    new = [entry for key, entry in wanted.items() if key not in there or not _same(there[key], entry)]
    gone = [place.pk for key, place in there.items() if key not in wanted or not _same(place, wanted[key])]
    _swap(gone, new)
    fresh = sum(_place_key(place) not in there for place, _ in new)
    _note_places(account, fresh, len(new) - fresh, len(gone) - (len(new) - fresh))
    after = gazetteer.regions(operation.pk)
    return {code for code in before.keys() | after.keys() if before.get(code) != after.get(code)}


def _tell_of_regions(operation: Operation, codes: set[str], account: _Account) -> None:
    """Readers who get no more of a place than its region have had the one before."""
    if codes:
        for hook in plugins.regions_changed():
            account.changed += hook(operation.pk, codes)


def _swap(gone: list[int], new: list[Entry]) -> None:
    for start in range(0, len(gone), _BATCH):
        Place.objects.filter(pk__in=gone[start : start + _BATCH]).delete()
    Place.objects.bulk_create([place for place, _ in new], batch_size=_BATCH)
    PlaceName.objects.bulk_create(
        [PlaceName(place=place, name=name, language=language) for place, names in new for name, language in names],
        batch_size=_BATCH,
    )


def _note_places(account: _Account, added: int, changed: int, deleted: int) -> None:
    if added:
        account.added.append(f"{added} places")
    if changed:
        account.changed.append(f"{changed} places")
    if deleted:
        account.changed.append(f"{deleted} places deleted")


def _place_key(place: Place) -> PlaceKey:
    return (place.pcode or place.parent_pcode, place.name, place.precision)


def _same(there: Place, entry: Entry) -> bool:
    wanted, names = entry
    fields = ("name", "pcode", "parent_pcode", "precision", "lon", "lat", "radius_m", "origin")
    return all(getattr(there, name) == getattr(wanted, name) for name in fields) and sorted(names) == sorted(
        (name.name, name.language) for name in there.names.all()
    )
