"""What is hidden cannot be found out by asking: it may be one thing or another, and every answer is the same to the
byte, with its ETag, Last-Modified, totals and pulse. For everybody, and for partners, from whom less is hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.desk import actions
from rapport.events import due, live
from rapport.events.models import Event, EventReport
from rapport.reports.models import Report
from rapport.sharing.handling import Handling
from rapport.sharing.models import ReleaseEntry
from rapport.values import Publication, Response, Sensitivity, Status
from tests.guards.canaries import COUNTED, EARLY, PROTOCOLS
from tests.guards.outlets import FILTERS, settled, text_of
from tests.guards.readers import signed_in, with_key
from tests.guards.seeded import World, changed, changed_quietly, in_force
from tests.web.desk import report

#: In the same cell as PLACE, of all from which places are displaced.
BESIDE = (-72.3071511, 18.5437902)
_PROBES = (
    "", *FILTERS, "area=-72.30726,18.54398,-72.30724,18.544", "area=-72.30716,18.54378,-72.30714,18.5438",
    "q=otherwise", "q=kelzomba", "category=2a", "category=2a&status=unverified",
)  # fmt: skip
#: What is asked after each single change.
_FEW = ("", "q=otherwise", "category=2a", "status=refuted", "source=web")
_WAYS = (
    "events.geojson?", "events.csv?", "events.rss?", "events.atom?", "clusters.json?zoom=18&bbox=-75,17,-71,21&",
    "?view=list&", "?view=timeline&",
)  # fmt: skip


# --- what nobody outside of the team is told -----------------------------------------------------------------------


def _elsewhere(world: World) -> None:
    for name in ("plain", "risk"):
        lon, lat = BESIDE
        changed(world, world.events[name], lon=lon, lat=lat, radius_m=45, place_name="Otherwise")


def _other_words(world: World) -> None:
    _say(world, world.events)


def _say(world: World, names: Iterable[str]) -> None:
    for name in names:
        said = {"title": "otherwise", "summary": "otherwise " * 40, "response_by": "otherwise", "shared": "otherwise"}
        changed(world, world.events[name], **said)


def _earlier(world: World) -> None:
    """Earlier on the same day there, which is another in UTC; and a draft at any time."""
    changed(world, world.events["plain"], occurred_at=EARLY - timedelta(hours=16))
    changed(world, world.events["draft"], occurred_at=EARLY - timedelta(days=16))


def _other_source(world: World) -> None:
    """The published event was told by the web form, and the withdrawn one by SMS."""
    one, other = (EventReport.objects.get(event=world.events[name]) for name in ("plain", "withdrawn"))
    told = {one.event_id: other.report_id, other.event_id: one.report_id}
    EventReport.objects.filter(pk__in=[one.pk, other.pk]).delete()
    for event, said in told.items():
        EventReport.objects.create(event_id=event, report_id=said)


def _other_response(world: World) -> None:
    changed(world, world.events["plain"], response=Response.DONE.value)
    changed(world, world.events["draft"], response=Response.DONE.value)


def _more_of_what_is_hidden(world: World) -> None:
    """The desk goes on working at what nobody gets: further drafts, a severe event published, the draft edited."""
    verifier = Person.objects.get(username="vincent")
    known = actions.drafts.of_event(Event.objects.get(pk=world.events["draft"].pk))
    actions.accept(verifier, report(world.operation, "kelzomba"), known, publish=False)
    further = actions.accept(verifier, report(world.operation, "kelzomba"), known, publish=False)
    with transaction.atomic():
        Event.objects.filter(pk=further.pk).update(sensitivity=Sensitivity.SEVERE.value)
    actions.publish(verifier, further, Publication.PUBLISHED)
    actions.edit(verifier, Event.objects.get(pk=world.events["draft"].pk), replace(known, title="otherwise"))
    actions.reject(verifier, Report.objects.get(pk=world.reports["waiting"].pk), "none")


CHANGES: Mapping[str, Callable[[World], None]] = {
    "place": _elsewhere,
    "words": _other_words,
    "time": _earlier,
    "source": _other_source,
    "response": _other_response,
    "more": _more_of_what_is_hidden,
}


# --- what partners are not told ------------------------------------------------------------------------------------


def _other_words_of_what_they_do_not_get(world: World) -> None:
    _say(world, [name for name in world.events if name != "plain"])
    changed(world, world.events["plain"], response_by="otherwise", shared="otherwise")


def _other_time_of_what_they_do_not_get(world: World) -> None:
    for name in ("draft", "refuted", "severe", "early", "theirs", "counted 0"):
        changed(world, world.events[name], occurred_at=EARLY - timedelta(days=16))


def _more_that_is_refuted_early_or_others(world: World) -> None:
    """The desk publishes, edits, judges and withdraws what they do not get, or not yet."""
    verifier = Person.objects.get(username="vincent")
    plain = actions.drafts.of_event(Event.objects.get(pk=world.events["draft"].pk))
    new = [actions.accept(verifier, report(world.operation, "kelzomba"), plain) for _ in range(3)]  # early
    actions.set_status(verifier, new[0], Status.REFUTED, "none", "none")
    actions.publish(verifier, new[1], Publication.WITHDRAWN, "none")
    theirs = replace(plain, handling=Handling(organisation="orga"))
    actions.accept(verifier, report(world.operation, "kelzomba"), theirs)
    for name in ("theirs", "early", "refuted"):
        event = Event.objects.get(pk=world.events[name].pk)
        actions.edit(verifier, event, replace(actions.drafts.of_event(event), title="otherwise once more"))


def _some_more_that_only_count(world: World) -> None:
    """Two more: the number told is rounded to fives. One of them of the category that had none."""
    verifier = Person.objects.get(username="vincent")
    counted = Event.objects.get(pk=world.events["counted 0"].pk)
    known, long_ago = actions.drafts.of_event(counted), timezone.now() - timedelta(days=10)
    assert COUNTED % 5 == 2
    for category in ("2a", "2b"):
        said = replace(known, categories=(category,))
        made = actions.accept(verifier, report(world.operation, "kelzomba"), said)
        changed_quietly(world, made, published_at=long_ago)


PARTNERS_CHANGES: Mapping[str, Callable[[World], None]] = {
    "place": _elsewhere,
    "words": _other_words_of_what_they_do_not_get,
    "time": _other_time_of_what_they_do_not_get,
    "source": _other_source,
    "response": _other_response,
    "more": _more_of_what_is_hidden,
    "early, refuted, others'": _more_that_is_refuted_early_or_others,
    "only counted": _some_more_that_only_count,
}
#: Nothing is given before an hour has passed.
DELAYED = PROTOCOLS["adm2"].replace('time = "day"', 'time = "day"\ndelay_hours = 1')


@pytest.fixture(autouse=True)
def _no_minute_passes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages count ages from one moment: "44 min ago" becomes "45 min ago" whatever is hidden. That shows in the first
    hour of the operation's day alone, when a time that is told by the day is some minutes old."""
    now = timezone.now()
    clock = SimpleNamespace(now=lambda: now)
    monkeypatch.setattr("rapport.web.templatetags.rapport.timezone", clock)


@pytest.mark.long
@pytest.mark.parametrize("protocol", ["adm2", pytest.param("5 km", marks=pytest.mark.soak)])
def test_answers_do_not_depend_on_what_is_hidden(protocol: str, world: World) -> None:
    in_force(world, PROTOCOLS[protocol])
    before = _same_twice(world, Client())
    _stay_the_same(before, CHANGES, world, Client())
    print(f"\n{protocol}: {len(before)} answers after {len(CHANGES)} hidden changes")  # noqa: T201 - seen with -s


@pytest.mark.long
@pytest.mark.parametrize("reader", ["partner", pytest.param("key", marks=pytest.mark.soak)])
def test_partners_answers_do_not_depend_on_what_partners_do_not_get(reader: str, world: World) -> None:
    in_force(world, PROTOCOLS["partners"])
    person = signed_in(Person.objects.get(username="petra"))
    client = person if reader == "partner" else with_key(world.secrets["key of who"])
    before = _same_twice(world, client)
    assert "titulanza" in before["/sample/events.csv?"], "partners get more than everybody"
    assert "only_counted" in before[f"/sample/{_WAYS[4]}"]
    _stay_the_same(before, PARTNERS_CHANGES, world, client)
    print(f"\n{reader}: {len(before)} answers after {len(PARTNERS_CHANGES)} hidden changes")  # noqa: T201 - seen with -s


def test_a_delay_does_not_tell_what_waits_for_ever(world: World) -> None:
    in_force(world, DELAYED)
    before = answers_to(world, Client())
    _more_of_what_is_hidden(world)
    assert differing(before, answers_to(world, Client())) == []


def test_signing_in_does_not_tell_who_works_here(world: World) -> None:
    tries = [
        settled(_told(Client().post("/accounts/login/", {"login": name, "password": "wrong"}))).replace(name, "")
        for name in ("vincent", "nobody0")
    ]
    assert tries[0] == tries[1]


def test_what_is_not_hidden_makes_a_difference(world: World) -> None:
    """Under the house protocol each of the changes is seen by everybody: the comparison is not blind."""
    for what, change in CHANGES.items():
        before = few_answers(world, Client())
        change(world)
        assert (before == few_answers(world, Client())) is (what == "more"), what


def test_whose_item_it_is_sees_the_difference(world: World) -> None:
    """The organisation itself sees what is hidden from the others: theirs is asked about, and answered."""
    in_force(world, PROTOCOLS["partners"])
    owner, partner = with_key(world.secrets["key of orga"]), with_key(world.secrets["key of who"])
    before = few_answers(world, owner), few_answers(world, partner)
    changed(world, world.events["theirs"], title="otherwise")
    assert few_answers(world, owner) != before[0]
    assert few_answers(world, partner) == before[1]


def _stay_the_same(
    before: Mapping[str, str], changes: Mapping[str, Callable[[World], None]], world: World, client: Client
) -> None:
    """A few answers after each change, all of them after the last."""
    for what, change in changes.items():
        change(world)
        assert differing(before, answers_to(world, client, probes=_FEW)) == [], what
    assert differing(before, answers_to(world, client)) == [], "all changes together"


def _same_twice(world: World, client: Client) -> dict[str, str]:
    """The answers before anything is changed. The protocol holds for an hour: the worker has written down what each
    audience has by it, and feeds say when they last changed."""
    while due.work_out(world.operation.pk):
        pass
    ReleaseEntry.objects.update(at=timezone.now() - timedelta(hours=1))
    before = answers_to(world, client)
    assert differing(before, answers_to(world, client)) == [], "the same world twice"
    return before


def answers_to(world: World, client: Client, probes: Sequence[str] = _PROBES) -> dict[str, str]:
    """What a reader gets that is made of events, with every filter, and what is told of other reports, by address: its
    body, ETag, Last-Modified and links."""
    live.forget()  # the indexes are built from what the database holds now
    events, reports = world.events, world.reports
    pages = ["pulse", *(f"events/{one.ref}/" for one in events.values()), f"events/{events['plain'].ref}/why/"]
    pages += [f"report/sent/{reports[name].ref}/{page}" for name in ("risk", "written") for page in ("", "shared/")]
    asked = [f"/sample/{way}{probe}" for way in _WAYS for probe in probes] + [f"/sample/{page}" for page in pages]
    return {address: settled(_told(client.get(address))) for address in ("/", *asked)}


def _told(answer: object) -> str:
    kept = {"ETag", "Last-Modified", "Link", "Cache-Control", "Vary", "Location"}
    whole = text_of(answer)
    head, _, body = whole.partition("\n\n")
    lines = [line for line in head.split("\n") if ":" not in line or line.split(":")[0] in kept]
    return "\n".join([*lines, body])


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [address for address in after if after[address] != before[address]]


def few_answers(world: World, client: Client) -> list[str]:
    live.forget()
    ways = ("/sample/events.geojson", f"/sample/events/{world.events['plain'].ref}/", "/sample/pulse")
    return [text_of(client.get(way)) for way in ways]
