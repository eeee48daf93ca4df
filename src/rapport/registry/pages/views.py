"""What was agreed, what each does about it, who talks to whom: the readers' pages. They show Releases, never models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from rapport.accounts.permissions import Permission
from rapport.operations.access import person, public
from rapport.operations.models import Operation
from rapport.registry.calls.releases import open_calls
from rapport.registry.dialogues import Pair, pairs
from rapport.registry.models import Actor, Submission
from rapport.registry.pages.drawn import over_time, who_talks
from rapport.registry.recommended import recommendations, today_in
from rapport.registry.releases import Shown, shown, submissions
from rapport.registry.rows import ProvisionRow
from rapport.registry.said import PARTS, STATUSES, Said
from rapport.sharing.readers import reader
from rapport.values import RowRelease


@public
@require_safe
def overview(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What there is, and where to find it."""
    given = shown(operation, reader(request, operation))
    counts = Counter(one.row.framework.slug for one in given.provisions)
    context = {
        "operation": operation,
        "given": given,
        "frameworks": [(one, counts[one.slug]) for one in given.frameworks],
        "pairs": pairs(one.row for one in given.dialogues),
    }
    return render(request, "registry/overview.html", context)


@public
@require_safe
def framework(request: HttpRequest, operation: Operation, framework: str) -> HttpResponse:
    """Norm by norm: what each asks, and how many have said what they do about it."""
    who = reader(request, operation)
    given = shown(operation, who)
    rows = given.of(framework)
    if not rows:
        raise Http404("no such framework")
    latest = Submission.objects.filter(operation=operation, framework=framework, latest=True)
    said = newest(submissions(operation, who, latest, counting=True))
    about: dict[str, list[RowRelease[Said]]] = {}
    for one in said:
        about.setdefault(one.row.code, []).append(one)
    context = {
        "operation": operation,
        "framework": rows[0].row.framework,
        "rows": [(one, tally(about.get(one.row.provision.code, ()))) for one in rows],
        "spoke": len({one.row.actor for one in said}),
    }
    return render(request, "registry/framework.html", context)


def newest(said: Iterable[RowRelease[Said]]) -> list[RowRelease[Said]]:
    """The last that each sayer says of each actor and provision. One given to fewer does not take the place of an
    earlier one for those who do not get it; whoever gets both reads the last."""
    found: dict[tuple[str, ...], RowRelease[Said]] = {}
    for one in said:
        row = one.row
        key = (row.framework, row.code, row.actor, row.said_by, row.sayer)
        if key not in found or row.published_at > found[key].row.published_at:
            found[key] = one
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Tally:
    """How many actors said what of themselves, and of how many a third party said something. No status is no
    information: it is counted nowhere as a no."""

    own: Sequence[tuple[str, int]]  # status → actors
    spoke: int  # actors that said anything of themselves
    told_of: int  # actors of whom a third party said anything


def tally(said: Iterable[RowRelease[Said]]) -> Tally:
    rows = [one.row for one in said if not one.row.withdrawn_at]
    own = Counter(row.status for row in rows if row.from_itself)
    return Tally(
        [(status, own[status]) for status in STATUSES],
        sum(own.values()),
        len({row.actor for row in rows if not row.from_itself}),
    )


@public
@require_safe
def provision(request: HttpRequest, operation: Operation, framework: str, code: str) -> HttpResponse:
    """Who has said what about one norm. `part`: only those who said something of it."""
    who = reader(request, operation)
    found = _provision(shown(operation, who).of(framework), code)
    latest = Submission.objects.filter(operation=operation, framework=framework, code=code, latest=True)
    said = newest(submissions(operation, who, latest.order_by("actor__name", "said_by", "sayer", "pk")))
    part = request.GET.get("part", "")
    context = {
        "operation": operation,
        "framework": found.row.framework,
        "row": found,
        "said": [one for one in said if not part or one.row.content.get(part)],
        "tally": tally(said),
        "parts": _parts(said),
        "part": part,
        "recommended": recommendations(operation, who, framework=framework, code=code),
        "today": today_in(operation),
        "may_recommend": _may_recommend(request, operation),
        "calls": open_calls(operation, who, framework, code),
    }
    return render(request, "registry/provision.html", context)


def _may_recommend(request: HttpRequest, operation: Operation) -> bool:
    return request.user.is_authenticated and person(request).may(Permission.REGISTRY_ROW_EDIT, operation.pk)


def _parts(said: Iterable[RowRelease[Said]]) -> list[tuple[str, int]]:
    """The parts that somebody spoke of, beside the status, and how many did."""
    counts = Counter(name for one in said for name in one.row.content)
    return [(name, counts[name]) for name in PARTS if name != "status" and counts[name]]


def _provision(rows: Sequence[RowRelease[ProvisionRow]], code: str) -> RowRelease[ProvisionRow]:
    found = next((one for one in rows if one.row.provision.code == code), None)
    if found is None:
        raise Http404("no such provision")
    return found


@public
@require_safe
def actors(request: HttpRequest, operation: Operation) -> HttpResponse:
    """State by State: who has said something, who talks to whom. Nobody is listed of whom this reader gets nothing."""
    who = reader(request, operation)
    given = shown(operation, who)
    latest = Submission.objects.filter(operation=operation, latest=True)
    said = newest(submissions(operation, who, latest, counting=True))
    spoke = Counter(one.row.actor for one in said)
    talks = Counter(name for pair in pairs(one.row for one in given.dialogues) for name in (pair.one, pair.other))
    known = _parties(operation, given, said)
    rows = [(code, name, spoke[code], talks[name]) for code, name in sorted(known.items(), key=lambda one: one[1])]
    return render(request, "registry/actors.html", {"operation": operation, "rows": rows})


def _parties(operation: Operation, given: Shown, said: Iterable[RowRelease[Said]]) -> dict[str, str]:
    """Who is spoken of in what a reader gets: short name → name. Parties of dialogues and views that no file introduces
    have their name for one."""
    codes = _codes(operation)
    named = {name for one in given.dialogues for name in (one.row.of, one.row.to)}
    named |= {one.row.actor for one in given.views} | {one.row.actor for one in given.terms}
    found = {codes.get(name) or slugify(name): name for name in named}
    return {**found, **{one.row.actor: one.row.name for one in said}}


def _codes(operation: Operation) -> dict[str, str]:
    return dict(Actor.objects.filter(operation=operation).values_list("name", "code"))


@public
@require_safe
def actor(request: HttpRequest, operation: Operation, code: str) -> HttpResponse:
    """One State: what it says it does, what others say of it, with whom it talks."""
    who = reader(request, operation)
    given = shown(operation, who)
    rows = Submission.objects.filter(operation=operation, actor__code=code).order_by("-published_at", "-pk")
    said = submissions(operation, who, rows)
    known = _parties(operation, given, said)
    name = known.get(code)
    if name is None:
        raise Http404("nothing is known of it")
    about = list(_by_provision(given.provisions, said))
    frames = [(frame, [one for one in rows if one.now or one.earlier], len(rows)) for frame, rows in about]
    context = {
        "operation": operation,
        "name": name,
        "codes": {other: code for code, other in known.items()},
        "frameworks": frames,
        "said_anything": any(rows for _, rows, _ in frames),
        "pairs": [pair for pair in pairs(each.row for each in given.dialogues) if name in {pair.one, pair.other}],
        "views": [each for each in given.views if each.row.actor in {name, code}],
        "terms": [each for each in given.terms if each.row.actor in {name, code}],
        "events": [each for each in given.events if name in each.row.bodies],
    }
    return render(request, "registry/actor.html", context)


@dataclass(frozen=True, slots=True)
class OfProvision:
    """What was said of one actor and one provision: what counts now, and what was said in earlier waves."""

    release: RowRelease[ProvisionRow]
    now: Sequence[RowRelease[Said]]
    earlier: Sequence[RowRelease[Said]]


def _by_provision(
    provisions: Sequence[RowRelease[ProvisionRow]], said: Sequence[RowRelease[Said]]
) -> Iterable[tuple[Any, list[OfProvision]]]:
    """(framework, its provisions) with what was said, in the order of the framework."""
    about: dict[tuple[str, str], list[RowRelease[Said]]] = {}
    for one in said:
        about.setdefault((one.row.framework, one.row.code), []).append(one)
    found: dict[str, tuple[Any, list[OfProvision]]] = {}
    for release in provisions:
        frame, code = release.row.framework, release.row.provision.code
        rows = about.get((frame.slug, code), [])
        now = newest(each for each in rows if each.row.latest)
        earlier = [each for each in rows if each not in now]
        found.setdefault(frame.slug, (frame, []))[1].append(OfProvision(release, now, earlier))
    return found.values()


@public
@require_safe
def processes(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What was negotiated where and when. `body`, `from` and `to` (years), `q` (words) leave fewer of them."""
    given = shown(operation, reader(request, operation))
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("body", "from", "to", "q")}
    kept = [
        one
        for one in given.events
        if (not asked["body"] or asked["body"] in one.row.bodies)
        and (not _year(asked["from"]) or one.row.date.last.year >= _year(asked["from"]))
        and (not _year(asked["to"]) or one.row.date.first.year <= _year(asked["to"]))
        and asked["q"].casefold() in f"{one.row.what} {' '.join(one.row.bodies)}".casefold()
    ]
    kept.sort(key=lambda one: (one.row.date.first, one.row.date.last))
    context = {
        "operation": operation,
        "events": kept,
        "picture": over_time(kept) if kept else None,
        "total": len(given.events),
        "bodies": sorted({body for one in given.events for body in one.row.bodies}),
        "asked": asked,
        "instruments": given.instruments,
    }
    return render(request, "registry/processes.html", context)


def _year(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0


@dataclass(frozen=True, slots=True)
class Sourced:
    """A pair, and the numbers of its sources in the list below."""

    pair: Pair
    numbers: Sequence[int]


@public
@require_safe
def dialogues(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Who talks to whom, as each side says it, and what only one side says."""
    given = shown(operation, reader(request, operation))
    between = pairs(one.row for one in given.dialogues)
    known = _parties(operation, given, ())
    hrefs = {name: reverse("registry_actor", args=[operation.slug, code]) for code, name in known.items()}
    sources = list(dict.fromkeys(source for pair in between for source in pair.sources))
    graph, matrix = who_talks(between, hrefs)
    context = {
        "operation": operation,
        "graph": graph,
        "matrix": matrix,
        "rows": [Sourced(pair, [sources.index(one) + 1 for one in pair.sources]) for pair in between],
        "sources": sources,
        "pairs": between,
        "entries": given.dialogues,
        "alone": [one for one in between if not one.reciprocated],
        "first": [one for one in between if one.track == "1"],
    }
    return render(request, "registry/dialogues.html", context)


@public
@require_safe
def differences(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What sources say against each other; and how several understand one word."""
    given = shown(operation, reader(request, operation))
    terms: dict[str, list[Any]] = {}
    for one in given.terms:
        terms.setdefault(one.row.term, []).append(one)
    context = {"operation": operation, "rows": given.contradictions, "terms": sorted(terms.items())}
    return render(request, "registry/differences.html", context)
