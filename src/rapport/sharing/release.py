"""An event, an alert or a row reaches a reader. The only place where a Release of any kind is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from rapport.formats.cap.released import AlertRelease
from rapport.oversight import keys
from rapport.sharing.coarser import place_left, time_left, words_left
from rapport.sharing.items import AlertItem, Item, RowItem, Ruling, lasting_name
from rapport.sharing.policy import Policy, _, decide, sees_extra
from rapport.sharing.protocol.model import Area, Audience, Left, Words
from rapport.text.personal import spans_of
from rapport.values import Precision, Purpose, Reader, Release, RowRelease

T = TypeVar("T")


def release(
    policy: Policy, item: Item, reader: Reader, purpose: Purpose, now: datetime, changed: datetime | None = None
) -> Release | None:
    """What is left of an item for one reader and purpose; None when it is not released. `changed`: when the reader's
    audience last got anything else of it, as its release log says: of what it does not get, not even that it changed.

    1 who reads, for what · 2 the rules that match · 3 the ruling · 4 what is left · 5 why, in words
    """
    # 1
    audience = policy.protocol.audience_of(reader, purpose)
    # 2, 3
    return _left(item, audience, decide(policy, reader, item, purpose, now), purpose, changed)


def release_to(policy: Policy, item: Item, audience: Audience, purpose: Purpose, now: datetime) -> Release | None:
    """What whoever belongs to an audience would get: to play a protocol before anybody reads by it, and to know whether
    a change is one for this audience."""
    return _left(item, audience, policy.ruling(audience.name, item.facts, purpose, now), purpose, None)


def _left(item: Item, audience: Audience, ruling: Ruling, purpose: Purpose, changed: datetime | None) -> Release | None:
    if not ruling.allow or ruling.left.counted_only:
        return None
    event, left = item.event, ruling.left
    keeps, zone = left.fields.__contains__, ZoneInfo(item.time_zone)
    changed = changed or event.published_at or event.updated_at
    title, summary = words_left(event.title, event.summary, event.shared, left.words)
    return Release(
        kind=item.kind,
        ref=item.ref,
        operation=item.operation,
        audience=audience.name,
        purpose=purpose,
        # 4
        title=title if keeps("title") else "",
        summary=summary if keeps("summary") else "",
        categories=event.categories,
        publication=event.publication,
        status=event.status,
        occurred_at=time_left(event.occurred_at, left.rounding, zone) if keeps("occurred_at") else None,
        published_at=time_left(event.published_at, left.rounding, zone),
        updated_at=time_left(changed, left.rounding, zone) or changed,
        place=place_left(event.spot, event.commune, event.region, left, keys.displacement()),
        affected=event.affected if keeps("affected") else None,
        sources=event.sources if keeps("sources") else (),
        reports=event.reports if keeps("reports") else None,
        response=event.response if keeps("response") else None,
        extra=tuple(one for one in event.extra if sees_extra(audience, one.public)) if keeps("extra") else (),
        files=event.files if keeps("files") else (),
        # 5
        rule=" ".join(ruling.rules),
        reasons=ruling.reasons,
        protocol=ruling.protocol,
        level=ruling.level,
        marking=left.marking,
    )


# --- alerts --------------------------------------------------------------------------------------------------------

#: The finest administrative unit that each coarseness leaves (model.Area).
_UNITS = {Area.ADM3: Precision.ADM3, Area.ADM2: Precision.ADM2, Area.ADM1: Precision.ADM1}


HAD_EARLIER = _("You were given an earlier message of this alert, so you are told that it is cancelled.")


def release_alert(policy: Policy, item: AlertItem, reader: Reader, now: datetime) -> AlertRelease | None:
    """An alert for one reader, whole; None where it is not released, or where a rule would leave only a part of it."""
    audience = policy.protocol.audience_of(reader, Purpose.ALERT)
    return _whole(item, audience, decide(policy, reader, item, Purpose.ALERT, now))


def release_alert_to(policy: Policy, item: AlertItem, audience: Audience, now: datetime) -> AlertRelease | None:
    """What whoever belongs to an audience would get: asked before somebody issues it."""
    return _whole(item, audience, policy.ruling(audience.name, item.facts, Purpose.ALERT, now))


def _whole(item: AlertItem, audience: Audience, ruling: Ruling) -> AlertRelease | None:
    had = lasting_name(audience) in item.had
    if not had and not (ruling.allow and leaves_whole(item, ruling.left)):
        return None
    return AlertRelease(
        ref=item.ref,
        version=item.version,
        audience=audience.name,
        alert=item.alert,
        data=item.data,
        rule=" ".join(ruling.rules),
        reasons=(HAD_EARLIER,) if had else ruling.reasons,
        protocol=ruling.protocol,
        marking=ruling.left.marking,
    )


def leaves_whole(item: AlertItem, left: Left) -> bool:
    """Whether rules leave all of an alert: it has no more than they leave of words, place and times. A person wrote its
    words to be shared, so that they stand where only such words do."""
    if left.counted_only or not {"title", "summary", "place"} <= left.fields or left.words is Words.NONE:
        return False
    if left.words is Words.MASKED and any(spans_of(text) for text in item.words):
        return False
    zone = ZoneInfo(item.time_zone)
    exact = "occurred_at" in left.fields and all(time_left(one, left.rounding, zone) == one for one in item.onsets)
    if item.onsets and not exact:
        return False
    # A circle that somebody drew around a hidden place has that place in its middle: only a unit is coarse.
    if left.area or left.radius_m:
        unit = item.spot.pcode and item.spot.precision >= _UNITS.get(left.area, Precision.EXACT)
        return bool(unit) and left.area < Area.COUNTRY and item.spot.radius_m >= left.radius_m
    return True


# --- rows of tables ------------------------------------------------------------------------------------------------


def release_rows(
    policy: Policy, items: Iterable[RowItem[T]], reader: Reader, purpose: Purpose, now: datetime
) -> Iterator[tuple[RowItem[T], RowRelease[T]]]:
    """Rows for one reader, each whole; those are left out that are not released, or of which a rule would leave only a
    part."""
    audience = policy.protocol.audience_of(reader, purpose).name
    for item in items:
        ruling = decide(policy, reader, item, purpose, now)
        left = ruling.left
        if not ruling.allow or left.counted_only or not left.fields >= _ROW_NEEDS:
            continue
        if left.words not in _ROW_WORDS or left.rounding:
            continue
        yield (
            item,
            RowRelease(
                table=item.table,
                ref=item.ref,
                row=item.row,
                audience=audience,
                purpose=purpose,
                rule=" ".join(ruling.rules),
                reasons=ruling.reasons,
                changed=item.changed,
                protocol=ruling.protocol,
                level=ruling.level,
                marking=left.marking,
            ),
        )


#: What a row is made of, in the words of protocols; it has dates of its own, and no place.
_ROW_NEEDS = frozenset({"title", "summary", "occurred_at", "sources"})
#: A person wrote it to be shared.
_ROW_WORDS = frozenset({Words.OWN, Words.SUMMARY})
