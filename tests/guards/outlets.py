"""Every way out of the site: all routes, filled with what was seeded, and asked in every way that changes nothing."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from django.test import Client

from rapport.accounts.models import Membership
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Source
from rapport.oversight.models import Decision
from rapport.registry.tables import TABLES
from rapport.sharing.models import ProtocolVersion
from tests.conftest import SMSSYNC_TOKEN
from tests.guards.canaries import AT_RISK_PLACE, PLACE, SEARCHED
from tests.guards.seeded import World
from tests.guards.walk import Route, routes
from tests.unpacked import unpacked

LAYER = "roads"
NO_FILE = "00000000"


def _pks(model: type) -> Callable[[World], list[object]]:
    return lambda world: [*model.objects.values_list("pk", flat=True)[:20], 999_999]  # type: ignore[attr-defined]


def _numbers(world: World) -> list[object]:
    """Of files of a report, of versions of the protocol, of messages to senders, of drafts of alerts: they are told
    apart by the route."""
    named = (*ProtocolVersion.objects.values_list("pk", flat=True), *OutboxMessage.objects.values_list("pk", flat=True))
    return sorted({1, 2, *world.attachments, *named, *(one.pk for one in world.alerts.values())})


#: What a route's parameter can be, by its name.
FILL: Mapping[str, Callable[[World], list[object]]] = {
    "operation": lambda world: [world.operation.slug],
    "ref": lambda world: [*world.refs, "00000000"],
    "number": _numbers,
    "version": lambda world: [1, 2],
    "file": lambda world: [NO_FILE, *world.files],
    "token": lambda world: ["1", SMSSYNC_TOKEN, *world.secrets.values()],
    "channel": lambda world: sorted({*Source.objects.values_list("channel", flat=True)}),
    "source": lambda world: [*Source.objects.values_list("slug", flat=True)],
    "slug": lambda world: ["1"],  # a standing order
    "function": lambda world: ["place", "near-duplicates"],
    "name": lambda world: [LAYER, "none"],
    "framework": lambda world: ["un-norms", "none"],
    "code": lambda world: ["N-f", "none"],  # of a provision, or of an actor
    "actor": lambda world: ["none"],  # of a network of contacts: the sample is none
    "role": lambda world: ["technical"],
    "link": lambda world: ["none"],  # of a ping
    "message": lambda world: ["none"],  # of a case
    "kind": lambda world: ["notification", "none"],  # of a message between offices
    "table": lambda world: [*TABLES, "none"],  # of the registry
    "sheet": lambda world: ["00000000"],  # nobody was asked anything
    "z": lambda world: [0, 14],
    "x": lambda world: [0, 4900],
    "y": lambda world: [0, 7328],
    "decision_id": _pks(Decision),
    "membership_id": _pks(Membership),
    **{
        name: lambda world: [1, 999_999]
        for name in ("session_id", "pk", "invitation_id", "key_id", "mapping_id", "filter_id")
    },
}


def _around(place: tuple[float, float]) -> str:
    """A box of 40 m by 70 m; with fewer digits than what is looked for."""
    return f"{place[0] - 0.0002:.4f},{place[1] - 0.0003:.4f},{place[0] + 0.0002:.4f},{place[1] + 0.0003:.4f}"


BOXES = (_around(PLACE), _around(AT_RISK_PLACE))
FILTERS = (
    *(f"q={word}" for word in SEARCHED),
    *(f"area={box}" for box in BOXES),
    "area=HT0112", "area=HT0211", "area=nowhere,", "source=sms", "source=web", "response=assigned", "response=open",
    "status=refuted", "status=unverified", "precision=exact", "precision=adm2", "category=2b", "category=1a",
    "from=2010-01-16&to=2010-01-16", "from=2010-01-17&to=2010-01-17", "from=2010-01-18", "from=never",
)  # fmt: skip
#: Asked of every route that needs nothing but the operation: routes pass over what they do not know.
QUERIES = (
    "",
    *FILTERS,
    *(f"view={view}" for view in ("list", "timeline", "map")),
    *(f"view={view}&part=results&q=titulori" for view in ("list", "timeline")),
    "view=list&page=2", "page=9999", "limit=1", "limit=0", "limit=5000", "part=results", "verify=1", "part=nothing",
    *(f"zoom={zoom}&bbox=-75,17,-71,21" for zoom in (0, 5, 10, 14, 18, 22)),
    *(f"zoom=22&bbox={box}" for box in BOXES), "bbox=1,2", "zoom=x",
)  # fmt: skip


def paths(route: Route, world: World, *, first_only: bool = False) -> Iterator[str]:
    """The addresses of a route; a parameter that nobody has taught the guard is a failure."""
    for name in route.arguments:
        if name not in FILL:
            pytest.fail(f"{route.shown}: teach tests/guards/test_canaries.py how to fill {name} (outlets.FILL)")
    known = {world.named["call"], world.named["comment"], NO_FILE}
    values = [FILL[name](world)[: 1 if first_only else None] for name in route.arguments]
    for chosen in itertools.product(*values):
        fill = dict(zip(route.arguments, chosen, strict=True))
        if fill.get("ref") in world.refs[2:] and (fill.get("number", 1), fill.get("file", NO_FILE)) != (1, NO_FILE):
            continue  # only the first event and report have files: elsewhere one number stands for all
        if not first_only and "/registry/" in route.shown and fill.get("ref", NO_FILE) not in known:
            continue  # references of events and reports name nothing there
        yield route.filled(fill)


#: What differs between two askings of one world: tokens against forgery, which are masked anew for every page,
#: the number of a form (chance), and the moment of asking.
NEVER_THE_SAME = (
    r'name="form_id" value="[^"]+"',
    r'data-moment="[\d.]+"',
    r'name="next" value="[^"]*"',  # the address itself, for the form that changes the language
    r'name="csrfmiddlewaretoken" value="\w+"',
    r'"X-CSRFToken": "\w+"',
    r"nonce-[\w+/=-]+",
    r'nonce="[^"]+"',
)
_EVERYTHING = "q=x&zoom=x&limit=0&from=never&bbox=1,2&area=1,2&page=2&view=list&part=nothing&verify=1"


def settled(answer: str) -> str:
    for pattern in NEVER_THE_SAME:
        answer = re.sub(pattern, "", answer)
    return answer


def queries_of(route: Route, client: Client, path: str, queries: Sequence[str]) -> Sequence[str]:
    """The queries worth asking: one only, where the answer does not depend on them, as for land or a worker's file."""
    if [*route.arguments] != ["operation"]:
        return [""]
    bare, full = (settled(text_of(client.get(f"{path}?{query}"))) for query in ("", _EVERYTHING))
    return [""] if bare == full else queries


def addresses(
    client: Client, world: World, may: Callable[[str], bool], every: int = 1, first: int = 0
) -> Iterator[str]:
    """Every address with its queries, or with each `every`th of them from `first` on, and always with none. Where the
    reader is turned away at the door, one address stands for all."""
    some = [*dict.fromkeys(["", *QUERIES[first::every]])]
    for route in routes():
        open_to = may(route.access)
        for path in paths(route, world, first_only=not open_to):
            queries = queries_of(route, client, path, some) if open_to else [""]
            yield from (f"{path}?{query}" if query else path for query in queries)
    yield from ("/nowhere/", "/sample/nowhere/", "/api/nowhere", "/robots.txt", "/sitemap.xml", "/favicon.ico")


def answers(client: Client, address: str, *, in_every_way: bool = True) -> Iterator[str]:
    """What comes back, head and body, for GET; where nothing is asked for besides, for HEAD and with the ETag too."""
    got = client.get(address)
    yield text_of(got)
    if "?" in address or not in_every_way:
        return
    yield text_of(client.head(address))
    if tag := got.headers.get("ETag"):
        yield text_of(client.get(address, headers={"If-None-Match": tag}))


def text_of(answer: object) -> str:
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())  # type: ignore[attr-defined]
    body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined, call-overload]
    return f"{answer.status_code}\n{head}\n\n{unpacked(body)}"  # type: ignore[attr-defined]
