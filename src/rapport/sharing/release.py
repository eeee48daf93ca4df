"""An event reaches a reader. The only place where a Release is made."""

from __future__ import annotations

from rapport.sharing.policy import decide, sees_extra
from rapport.values import Item, Purpose, Reader, Release, Ruling, Spot


def release(item: Item, reader: Reader, purpose: Purpose) -> Release | None:
    """What is left of an item for one reader and purpose; None when it is not released.

    1 who reads, for what · 2 the rules that match · 3 the ruling · 4 what is left · 5 why, in words
    """
    # 1, 2, 3
    ruling = decide(reader, item, purpose)
    if not ruling.allow:
        return None
    facts = item.facts
    return Release(
        kind=item.kind,
        ref=item.ref,
        operation=item.operation,
        audience=reader.audience,
        purpose=purpose,
        # 4
        title=facts.title if ruling.own_words else "",
        summary=facts.summary if ruling.own_words else "",
        categories=facts.categories,
        publication=facts.publication,
        status=facts.status,
        occurred_at=facts.occurred_at,
        published_at=facts.published_at,
        updated_at=facts.updated_at,
        place=_place(item, ruling),
        affected=facts.affected,
        sources=facts.sources,
        reports=facts.reports,
        # 5
        rule=ruling.rule,
        reason=ruling.reason,
        response=facts.response,
        extra=tuple(one for one in facts.extra if sees_extra(reader, one.public)) if ruling.own_words else (),
        files=facts.files if ruling.own_words else (),
    )


def _place(item: Item, ruling: Ruling) -> Spot | None:
    return {"exact": item.facts.spot, "commune": item.facts.commune, "none": None}[ruling.place]
