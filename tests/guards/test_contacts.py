"""What is said between two States, and how they are reached, leaves by no address to anybody who is not to have it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts.cases import duty, trying, writing
from rapport.contacts.cases.models import Case, Dispatch, Handover
from rapport.contacts.cases.writing import Words
from rapport.contacts.directory import nominating
from rapport.contacts.kinds import Answer, Kind
from rapport.contacts.model import Means
from rapport.contacts.models import Alarm, Look, Nomination, Office, Ping
from rapport.contacts.pings import running, starting
from rapport.operations.models import Operation
from rapport.values import Marking
from tests.guards.outlets import text_of
from tests.guards.papers import the_log
from tests.guards.walk import routes
from tests.web.contacts import network, of_team, record
from tests.web.test_cases import NOTICED, Side, replied, sent
from tests.web.test_pings import MAIL, terms

pytestmark = [pytest.mark.django_db, pytest.mark.long]

#: Words that stand nowhere else → who may read them.
BOTH, KENYA = frozenset({"kenya", "peru"}), frozenset({"kenya"})
SAID: dict[str, frozenset[str]] = {
    "quorlamber": BOTH,  # a notification that was sent
    "quorlred": BOTH,  # one marked TLP:RED
    "vexobrine": BOTH,  # its answer
    "cavcavaro": BOTH,  # caveats
    "draftolin": KENYA,  # a draft
    "attempaque": KENYA,  # the note of a try
    "handovrex": KENYA,  # what was handed over
    "nominwait": frozenset({"kenya", "lead", "custodian"}),  # a nomination that waits
    "+254633999": frozenset({"kenya", "lead", "custodian"}),  # a number in it
    "to peru/technical": KENYA,  # the notice that there is a message: on the page of its forms alone
}


NUMBER = "+2547000101"
ITS_OWN = ("/cases/", "/nominations/", "/offices/")


@dataclass(frozen=True)
class Reader:
    name: str
    client: Client


def enter(name: str, person: Person | None) -> Reader:
    client = Client()
    if person is not None:
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return Reader(name, client)


@pytest.fixture
def readers(operation: Operation, lead: Person, someone: Callable[..., Person]) -> list[Reader]:
    """Both sides of a case, a third State, the team, others who work here, a person with an account, everybody."""
    custodian = someone("carol", Held.CUSTODIAN)
    network(operation, lead, custodian)
    kenya, peru, chile = (Side(operation, lead, custodian, name) for name in ("Kenya", "Peru", "Chile"))
    with MAIL:
        first = sent(kenya, peru, fields={**NOTICED, "what": "quorlamber"}, caveats="cavcavaro")
        sent(kenya, peru, fields={**NOTICED, "what": "quorlred"}, marking=Marking.RED)
    replied(peru, first, Answer.ANSWER, "vexobrine")
    writing.begin(kenya.one, kenya.office, peru.office, Words(Kind.NOTIFICATION, {"what": "draftolin"}), exercise=False)
    trying.note(kenya.one, first, 0, "no answer", "attempaque")
    duty.hand_over(kenya.one, kenya.actor, "handovrex")
    waiting = record("kenya", title="nominwait")
    number = replace(waiting.channels[0], means=Means.PHONE, value="+254633999")
    nominating.nominate(kenya.one, kenya.actor, replace(waiting, channels=(number,)), "A new line")
    with MAIL:
        made = starting.start(of_team(lead, operation), terms())
        running.send_due(made.closes_at)
    return [
        enter("kenya", kenya.two.person),
        enter("peru", peru.two.person),
        enter("chile", chile.one.person),
        enter("lead", lead),
        enter("custodian", custodian),
        enter("verifier", someone("vera", Held.VERIFIER)),
        enter("admin", someone("ada", Held.ADMIN)),
        enter("outsider", someone("odile")),
        enter("anonymous", None),
    ]


#: What numbers in addresses of contacts name.
_NUMBERED = (Nomination, Dispatch, Ping, Handover, Alarm)


def addresses() -> Iterator[str]:
    """Every address there is, filled with all that exists in this network."""
    refs = [*Case.objects.values_list("ref", flat=True)]
    fill: dict[str, list[object]] = {
        "operation": ["sample"],
        "actor": ["kenya", "peru"],
        "role": ["technical"],
        "ref": refs,
        "message": [*Dispatch.objects.exclude(ref="").values_list("ref", flat=True)],
        "number": sorted({pk for model in _NUMBERED for pk in model.objects.values_list("pk", flat=True)[:13]} | {1}),
        "kind": ["notification"],
    }
    for route in routes():
        # Others take an operation's events and reports; they are walked by test_canaries.py.
        some = fill if "contacts" in route.path else {**fill, "ref": refs[:1], "number": [1]}
        for chosen in itertools.product(*(some.get(name, [1]) for name in route.arguments)):
            yield route.filled(dict(zip(route.arguments, chosen, strict=True)))


def test_no_word_between_two_states_is_read_by_a_third_and_no_page_is_a_list_of_numbers(readers: list[Reader]) -> None:
    """A number is on the page of its office, on that of a case with it, where its State and the team decide about it,
    and in a copy that somebody took along and that says so; to others than its State never without a look."""
    leaks, tried, seen = set[tuple[str, str, str]](), 0, set[tuple[str, str]]()
    with the_log() as log:
        for reader in readers:
            for address in addresses():
                looks = Look.objects.count()
                answer = text_of(reader.client.get(address))
                tried += 1
                if reader.name != "kenya" and NUMBER in answer.replace(" ", "") and Look.objects.count() == looks:
                    leaks.add((reader.name, address, "without a look"))
                for word, may in SAID.items():
                    if word in answer:
                        seen.add((reader.name, word))
                        if reader.name not in may:
                            leaks.add((reader.name, address, word))
                if NUMBER in answer.replace(" ", "") and not any(part in address for part in ITS_OWN):
                    leaks.add((reader.name, address, NUMBER))
    assert not {word for word in SAID if word in log.getvalue()}
    assert not leaks, "\n".join(map(str, sorted(leaks)))
    for word, may in SAID.items():  # what nobody can see the guard would not find either
        assert {name for name, said in seen if said == word} == set(may), word
    assert Office.objects.count() == 6
    assert Ping.objects.exists()
    print(f"contacts: {tried} answers, {len(readers)} readers, {len(SAID)} words, {len(leaks)} leaks")  # noqa: T201
