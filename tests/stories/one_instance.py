"""An instance in a process of its own, with a database, keys and a server of its own, and a clock that the story
sets.

Reads a line of JSON after the other: `now` (the moment it is) and `do` (a function of this file, with its arguments),
and answers each with a line of JSON. Started by test_two_instances.py.
"""

from __future__ import annotations

import json
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

_NOW = datetime(2026, 10, 23, 12, tzinfo=UTC)
#: Before any model is made: defaults of columns hold on to the function.
timezone.now = lambda: _NOW

import django  # noqa: E402

django.setup()

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: E402

from rapport.accounts.models import Membership, Person  # noqa: E402
from rapport.accounts.permissions import Role as Held  # noqa: E402
from rapport.contacts import agreed, comparing, instance  # noqa: E402
from rapport.contacts import network as network_file  # noqa: E402
from rapport.contacts.cases import clockwork, going, reading, taking, trying, writing  # noqa: E402
from rapport.contacts.cases.models import Attempt, Case, Clash, Dispatch, Fired, State  # noqa: E402
from rapport.contacts.cases.writing import Words  # noqa: E402
from rapport.contacts.kinds import Kind, Said  # noqa: E402
from rapport.contacts.lowtech.sms import joined, parts  # noqa: E402
from rapport.contacts.members import Member  # noqa: E402
from rapport.contacts.model import Channel, Means, Role  # noqa: E402
from rapport.contacts.models import Office  # noqa: E402
from rapport.contacts.peers import agreeing, files, ledgers, sending  # noqa: E402
from rapport.contacts.peers.agreeing import Entered  # noqa: E402
from rapport.contacts.peers.models import Inbound, Outbound, Peer, Turned  # noqa: E402
from rapport.errors import Refused  # noqa: E402
from rapport.operations.models import Operation  # noqa: E402
from rapport.oversight.ledger import checking, seal  # noqa: E402
from rapport.registry.models import Actor  # noqa: E402
from rapport.values import Marking  # noqa: E402
from rapport.web.wsgi import application  # noqa: E402
from tests.web.contacts import network, of_team, office, officer, speaking, state  # noqa: E402

#: What the network agreed. A request for information counts the hours in which the office is open.
TIMES = """
[times.notification]
deliver = "1h"
acknowledge = "2h"
substance = "24h"
update = "24h"
source = "this story"

[times.information]
deliver = "2h"
acknowledge = "4h"
substance = "18h"
office_hours = true
source = "this story"
"""
ZONES = {"estonia": "Europe/Tallinn", "canada": "America/Toronto"}
_server: ThreadedWSGIServer | None = None


def make(own: str) -> None:
    """The network with both States; people of `own` alone."""
    operation = Operation.objects.create(
        slug="network", kind="network", names={"en": "The network"}, time_zone="UTC", west=-180, south=-90, east=180,
        north=90, countries=[], languages=["en"], consent={"en": "."}, replies={"en": {}}, definition_hash="",
    )  # fmt: skip
    lead, custodian = (Person.objects.create_user(name, password="a long enough password") for name in ("lea", "carol"))
    Membership.objects.create(person=lead, operation=operation, role=Held.LEAD)
    Membership.objects.create(person=custodian, operation=operation, role=Held.CUSTODIAN)
    network(operation, lead, custodian)
    text = network_file.text_of("example")
    agreed.load(lead, operation, text[: text.index("[times.notification]")] + TIMES)
    for code in ZONES:
        actor = state(operation, lead, code.title())
        ways = (Channel(Means.EMAIL, f"duty@{code}.example"), Channel(Means.SMS, "+37250000000"))
        for role in (Role.TECHNICAL, Role.DIPLOMATIC):
            office(actor, of_team(lead, operation), of_team(custodian, operation), role=role, channels=ways,
                   time_zone=ZONES[code])  # fmt: skip
        if code == own:
            officer(actor, "one")
            officer(actor, "two")


def _who(name: str) -> Member:
    person, operation = Person.objects.get(username=name), Operation.objects.get()
    if name in {"lea", "carol"}:
        return of_team(person, operation)
    actor = Actor.objects.get(organisation__belongings__person=person)
    return speaking(person, actor)


# --- the line ------------------------------------------------------------------------------------------------------


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing on the tests' output."""


def open_line(port: int = 0) -> int:
    global _server
    _server = ThreadedWSGIServer(("127.0.0.1", port), _Silent)
    _server.set_app(application)
    threading.Thread(target=_server.serve_forever, args=(0.01,), daemon=True).start()
    return int(_server.server_address[1])


def cut_line() -> None:
    assert _server is not None
    _server.shutdown()
    _server.server_close()


def key() -> list[str]:
    [one] = instance.own_keys()
    return [instance.name(), one.public.hex(), one.aloud]


def agree(name: str, public: str, aloud: str, party: str, url: str) -> None:
    terms = agreeing.enter(_who("lea"), Entered(name, f"Desk of {party}", url, (party,), (public,)))
    agreeing.confirm(_who("carol"), terms, aloud)


# --- what people do ------------------------------------------------------------------------------------------------


def begin(kind: str, to: str, fields: dict[str, str], exercise: bool = False, marking: str = "TLP:AMBER") -> str:
    who = _who("one")
    party, _, role = to.partition("/")
    sender = Office.objects.get(actor=who.actors[0], role="technical")
    receiver = Office.objects.get(actor__code=party, role=role)
    words = Words(Kind(kind), fields, Marking(marking))
    return _go(writing.begin(who, sender, receiver, words, exercise=exercise))


def write(about: str, kind: str, fields: dict[str, str], to: str = "") -> str:
    who, case = _who("one"), Case.objects.get(ref=about.rpartition("-")[0] or about)
    office = Office.objects.get(actor__code=to.partition("/")[0], role=to.partition("/")[2]) if to else None
    named = case.ref if kind == "closure" else about
    return _go(writing.draft(who, case, Words(Kind(kind), {"about": named, **fields}), to=office))


def _go(draft: Dispatch) -> str:
    made = going.ready(_who("one"), draft)
    return (made if made.state == State.SENT else going.release(_who("two"), made)).ref


def note(ref: str, result: str) -> str:
    """Somebody tries the next way and notes what came of it: the stage that was tried."""
    who, one = _who("one"), reading.in_full(Dispatch.objects.all()).get(ref=ref)
    found = trying.plan(who, one, timezone.now())
    assert found.number is not None, "nobody is to be tried"
    trying.note(who, one, found.number, result, "")
    return found.steps[found.number].stage.value


def look(ref: str) -> None:
    """Somebody opens the case."""
    reading.open_it(_who("one"), Case.objects.get(ref=ref.rpartition("-")[0]), timezone.now())


def in_sms(ref: str) -> list[str]:
    return parts(reading.said_of(reading.in_full(Dispatch.objects.all()).get(ref=ref)))


def type_in(texts: list[str]) -> str:
    found = joined(texts)
    assert isinstance(found, Said)
    return taking.by_hand(_who("one"), found).became.value


def make_file() -> list[Any]:
    made = files.make(Peer.objects.get(), _who("one").actors)
    return [b64encode(made.data).decode(), made.messages, made.receipts, list(made.red)]


def take_file(data: str) -> list[str]:
    taken = files.take(Operation.objects.get(), b64decode(data), timezone.now())
    return [line.became for line in taken.lines]


def work() -> list[int]:
    """What the worker does in one round."""
    return [sending.post_due(timezone.now()), clockwork.fire(timezone.now())]


# --- what is there -------------------------------------------------------------------------------------------------


def ledger() -> str:
    return b64encode(ledgers.export(Peer.objects.get(), timezone.now())).decode()


def compare(data: str) -> list[str]:
    return list(comparing.in_words(ledgers.compare(Operation.objects.get(), b64decode(data))[1]))


def holdings() -> dict[str, Any]:
    seal.seal()
    verdict = checking.verify()
    sent = reading.in_full(Dispatch.objects.filter(state=State.SENT)).order_by("ref")
    return {
        "messages": [[one.ref, one.content, one.case.exercise] for one in sent],
        "ways": {one.ref: one.way for one in sent},
        "about": [[one.ref, one.about.ref] for one in sent if one.about],
        "fired": sorted(
            [one.dispatch.ref, one.which, one.by, one.due.isoformat(), one.at.isoformat()]
            for one in Fired.objects.select_related("dispatch")
        ),
        "waiting": Outbound.objects.filter(received_at=None).count(),
        "outbound": list(Outbound.objects.order_by("number").values_list("number", flat=True)),
        "inbound": list(Inbound.objects.order_by("number").values_list("number", flat=True)),
        "tries": sum(Outbound.objects.values_list("tries", flat=True)),
        "ledger": [[str(one) for one in verdict.faults], verdict.entries],
        "clashes": Clash.objects.count(),
        "turned": list(Turned.objects.values_list("reason", flat=True)),
        "attempts": sorted(Attempt.objects.exclude(by=None).values_list("result", flat=True)),
        "dead": Attempt.objects.filter(by=None, result="bounced").count(),
        "undelivered": list(sent.filter(delivered_at=None, way="here").values_list("ref", flat=True)),
    }


DO: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (make, open_line, cut_line, key, agree, begin, write, look, note, in_sms, type_in, make_file, take_file,
                work, ledger, compare, holdings)
}  # fmt: skip


def main() -> None:
    global _NOW
    for line in sys.stdin:
        asked = json.loads(line)
        _NOW = datetime.fromisoformat(asked["now"])
        try:
            answer: dict[str, Any] = {"is": DO[asked["do"]](*asked["with"], **asked["and"])}
        except Refused as why:
            answer = {"refused": str(why)}
        print(json.dumps(answer), flush=True)  # noqa: T201 - this is how it answers


if __name__ == "__main__":
    main()
