"""The page of what a network agreed: what counts now, with who said so, and loading another file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from rapport.contacts import agreed, network
from rapport.contacts.kinds import TITLES, Kind
from rapport.contacts.members import Member
from rapport.contacts.model import Network
from rapport.contacts.models import NetworkFile
from rapport.contacts.page import at_work, common
from rapport.desk.page import attempt, to
from rapport.errors import BadDefinition
from rapport.operations.small_files import takes_file

MOST_BYTES = 4 * network.MOST_CHARACTERS  # so many hold as many characters as are read, in any writing


@dataclass(frozen=True, slots=True)
class Waits:
    """What a kind of message waits for, in words; "" where nothing was agreed."""

    title: str  # of a kind of message
    deliver: str
    acknowledge: str
    substance: str
    update: str
    office_hours: bool
    source: str


@require_GET
@at_work(agreed.LOAD)
def show(request: HttpRequest, who: Member) -> HttpResponse:
    return _page(request, who)


def _page(request: HttpRequest, who: Member, problems: Sequence[str] = ()) -> HttpResponse:
    found = agreed.network_of(who.operation.pk)
    files = NetworkFile.objects.filter(operation=who.operation).select_related("loaded_by").order_by("-loaded_at")
    context = {
        **common(who),
        "agreed": found,
        "times": list(_waits(found)),
        "current": files.filter(replaced_at=None).first(),
        "before": files.exclude(replaced_at=None)[:20],
        "problems": problems,
    }
    return render(request, "contacts/network.html", context, status=422 if problems else 200)


def _waits(found: Network) -> Iterator[Waits]:
    for kind, times in found.times.items():
        yield Waits(
            TITLES[Kind(kind)], span(times.deliver), span(times.acknowledge), span(times.substance), span(times.update),
            times.office_hours, found.said_by.get(kind, ""),
        )  # fmt: skip


def span(time: timedelta | None) -> str:
    """A time in its largest whole unit."""
    if time is None:
        return ""
    minutes = round(time.total_seconds() / 60)
    if minutes % 1440 == 0:
        return ngettext("%(n)d day", "%(n)d days", minutes // 1440) % {"n": minutes // 1440}
    if minutes % 60 == 0:
        return ngettext("%(n)d hour", "%(n)d hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


@takes_file(MOST_BYTES)
@require_POST
@at_work(agreed.LOAD)
def load(request: HttpRequest, who: Member) -> HttpResponse:
    """POST a `file`. All that is wrong with it is said at once."""
    given = request.FILES.get("file")
    if given is None:
        return _page(request, who, [_("Choose a file.")])
    try:
        text = given.read().decode("utf-8-sig")
        attempt(request, lambda: agreed.load(who.person, who.operation, text), _("Loaded: it counts from now on."))
    except UnicodeDecodeError:
        return _page(request, who, [_("This file is not UTF-8: save it as UTF-8.")])
    except BadDefinition as bad:
        return _page(request, who, str(bad).splitlines())
    return to("contacts_network", who.operation.slug)
