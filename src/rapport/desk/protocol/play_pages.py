"""The desk's pages that play a protocol before it holds: who gets what, two maps, and what would change for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from rapport.accounts.permissions import Permission
from rapport.desk.page import local_time, whole
from rapport.desk.protocol import changes, maps, matrix, stock
from rapport.desk.protocol.choice import PURPOSES, Choice, Version
from rapport.desk.templatetags.desk import called
from rapport.errors import Refused
from rapport.events.filters import Filters, parse_box
from rapport.events.models import Event
from rapport.operations.access import needs
from rapport.operations.models import Operation
from rapport.sharing.handling import UNKNOWN
from rapport.sharing.items import Item
from rapport.sharing.protocol import kinds
from rapport.sharing.protocol.kinds import Crowd
from rapport.sharing.protocol.model import Audience, named_values
from rapport.sharing.protocol.played import Change, answers
from rapport.values import Box, Publication

PER_PAGE = 50


@dataclass(frozen=True)
class Ground:
    """What is played against, read once a page."""

    choice: Choice
    now: datetime

    @cached_property
    def samples(self) -> Sequence[Item]:
        if not self.choice.sample:
            return ()
        played = (self.choice.policy.protocol, self.choice.before.protocol)
        held_by = sorted({word for one in played for word in named_values(one, "control")} - {UNKNOWN})
        return stock.sample_items(self.choice.operation, self.now, held_by)

    @cached_property
    def crowd(self) -> Crowd:
        return kinds.of_items(self.samples) if self.choice.sample else stock.of_events(self.choice.operation)

    def named(self, ids: Iterable[int]) -> Mapping[int, Named]:
        """What these events are called on the desk."""
        if self.choice.sample:
            return {pk: Named(self.samples[pk].event.title, "") for pk in ids}
        events = Event.objects.filter(pk__in=list(ids)).prefetch_related("categories")
        return {event.pk: Named(called(event), event.ref) for event in events}


@dataclass(frozen=True, slots=True)
class Named:
    title: str
    ref: str  # "" for a sample: it has no page


def _ground(request: HttpRequest, operation: Operation) -> Ground:
    choice = Choice.of(operation, request.GET)
    return Ground(choice, choice.now)


def _context(ground: Ground, page_name: str, **more: Any) -> dict[str, Any]:
    """What the head of the three pages shows."""
    choice = ground.choice
    return {
        "operation": choice.operation,
        "choice": choice,
        "page_name": page_name,
        "query": choice.query(),
        "purposes": [(one.value, words) for one, words in PURPOSES.items()],
        **more,
    }


# --- who gets what -------------------------------------------------------------------------------------------------


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def table(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Kinds of things by audiences. `by`: what tells the rows apart; `drafts`: whether they count too."""
    ground = _ground(request, operation)
    by, drafts = _by(request), request.GET.get("drafts", "")
    crowd = _of_readers(ground.crowd, drafts)
    choice = ground.choice
    lines = matrix.lines_of(operation, crowd, choice.policy, choice.purpose, by, ground.now)
    context = _context(
        ground,
        "table",
        by=by,
        drafts=drafts,
        dimensions=matrix.BY.items(),
        lines=lines,
        total=len(crowd),
        older=crowd.older,
    )
    return render(request, "desk/protocol_play.html", context)


def _by(request: HttpRequest) -> str:
    by = request.GET.get("by", "")
    return by if by in matrix.BY else "category"


def _of_readers(crowd: Crowd, drafts: str) -> Crowd:
    """Without drafts, unless they are wanted: most protocols give them to nobody, whatever they are of."""
    if drafts:
        return crowd
    return crowd.only(lambda kind: kind.facts.publication is not Publication.DRAFT)


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def behind(request: HttpRequest, operation: Operation) -> HttpResponse:
    """The events behind one cell: `by`, `row`, `audience`; `given`: yes or no, for those shown or not shown."""
    ground = _ground(request, operation)
    choice, by, drafts = ground.choice, _by(request), request.GET.get("drafts", "")
    crowd = _of_readers(ground.crowd, drafts)
    rows = matrix.rows_of(operation, crowd, choice.policy, by)
    row = next((one for one in rows if one.code == request.GET.get("row")), rows[-1])
    audience = choice.audience(request.GET.get("audience", ""))
    some = answers(crowd, choice.policy, audience, choice.purpose, ground.now)
    given = request.GET.get("given", "")
    wanted = matrix.behind(some, row, shown={"yes": True, "no": False}.get(given))
    page = Paginator(wanted, PER_PAGE).get_page(request.GET.get("page"))
    told = matrix.told(crowd, some, list(page.object_list))
    names = ground.named(one.id for one in told)
    context = _context(
        ground,
        "table",
        by=by,
        drafts=drafts,
        row=row,
        dimension=matrix.BY[by],
        audience=audience,
        given=given,
        page=page,
        rows=[(names[one.id], one) for one in told if one.id in names],
        here=choice.query(by=by, drafts=drafts, row=row.code, audience=audience.name),
        back=choice.query(by=by, drafts=drafts),
    )
    return render(request, "desk/protocol_play_events.html", context)


# --- two maps ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Half:
    """One of the two maps: by which protocol, as whom."""

    name: str  # left or right
    version: Version
    audience: Audience
    audiences: Sequence[Audience]
    seen: maps.Seen


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def two_maps(request: HttpRequest, operation: Operation) -> HttpResponse:
    """`left`, `right`: audiences, each written as VERSION/AUDIENCE; `area`: what both maps show."""
    ground = _ground(request, operation)
    box = _box(request, operation)
    audiences = ground.choice.protocol.audiences
    # The public beside the nearest partners; where there are none, beside the team.
    nearest = audiences[1] if len(audiences) > 2 else audiences[0]
    halves = [
        _half(ground, "left", request.GET.get("left", ""), audiences[-1].name, box),
        _half(ground, "right", request.GET.get("right", ""), nearest.name, box),
    ]
    chosen = {half.name: f"{half.version.key}/{half.audience.name}" for half in halves}
    context = _context(
        ground,
        "maps",
        halves=halves,
        looks=_looks(ground.choice),
        chosen=chosen,
        here=ground.choice.query(**chosen),
        area=Filters(box=box).area,
        moves=[(name, Filters(box=there).query()) for name, there in maps.moves(box)],
        most=maps.MOST,
        older=0 if ground.choice.sample else max(0, stock.standing(operation).count() - maps.MOST),
    )
    return render(request, "desk/protocol_play_maps.html", context)


def _looks(choice: Choice) -> list[tuple[str, str]]:
    """As whom one can look, by which protocol: what stands in the address, and in words."""
    found = [choice.version, *([choice.against] if choice.against != choice.version else [])]
    return [
        (f"{version.key}/{audience.name}", f"{audience.title} · {version.title}")
        for version in found
        for audience in version.policy(choice.operation).protocol.audiences
    ]


def _half(ground: Ground, name: str, asked: str, otherwise: str, box: Box) -> Half:
    choice = ground.choice
    key, _, audience_name = asked.partition("/")
    version = choice.against if key == choice.against.key else choice.version
    policy = version.policy(choice.operation)
    audiences = policy.protocol.audiences
    wanted = (audience_name, otherwise)
    audience = next((one for want in wanted for one in audiences if one.name == want), audiences[-1])
    who = maps.Looker(policy, audience, choice.purpose, ground.now)
    seen = (
        maps.of_samples(choice.operation, who, ground.samples, box)
        if choice.sample
        else maps.of_events(choice.operation, who, box)
    )
    return Half(name, version, audience, audiences, seen)


def _box(request: HttpRequest, operation: Operation) -> Box:
    try:
        return parse_box(request.GET.get("area", ""), "area")
    except Refused:
        return operation.box


# --- what changes --------------------------------------------------------------------------------------------------


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def difference(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What becomes something else for whom. `audience`, `change`: which of it is listed; `page`."""
    ground = _ground(request, operation)
    choice, crowd = ground.choice, ground.crowd
    sides = changes.sides(crowd, choice.before, choice.policy, choice.purpose, ground.now)
    audience = request.GET.get("audience", "")
    audience = audience if audience in {side.audience.name for side in sides} else ""
    kind = _change(request.GET.get("change", ""))
    found = changes.found(sides, audience, kind)
    page = Paginator(range(len(found)), PER_PAGE).get_page(whole(request.GET.get("page", "")) or 1)
    told = changes.told(crowd, sides, found.part(list(page.object_list)), choice.before, choice.policy)
    names = ground.named({one.id for one in told})
    context = _context(
        ground,
        "changes",
        sides=[(side.audience, side.shown(), list(side.counts().items())) for side in sides],
        words=list(changes.CHANGES.items()),
        audience=audience,
        change=kind or "",
        page=page,
        count=len(found),
        rows=[(names[one.id], one) for one in told if one.id in names],
        here=choice.query(audience=audience, change=kind or ""),
        total=len(crowd),
        older=crowd.older,
    )
    return render(request, "desk/protocol_play_changes.html", context)


def _change(text: str) -> Change | None:
    return Change(text) if text in set(Change) else None
