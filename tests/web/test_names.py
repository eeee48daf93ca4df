"""Names of places that people add on the desk, and that located reports teach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.draft import EventDraft
from rapport.desk.learning import names as learning
from rapport.desk.naming import names
from rapport.desk.record.undo import undo
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events.mapdata import names_in
from rapport.events.models import Event
from rapport.intake.keep import keep
from rapport.intake.understand import understand
from rapport.operations import gazetteer, load
from rapport.operations.models import ADDED, LEARNED, NoPlace, Operation, Place, Source
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report, Suggestion
from rapport.values import Box, Message, Precision, Publication, Spot
from tests.web.desk import report

CROSSING = Spot(-72.402, 18.541, Precision.LOCALITY, 1000, "Kafou Feray")
DRAFT = EventDraft(title="No water at the crossing", categories=("2b",), spot=CROSSING)
TEXTS = (
    "Pa gen dlo nan Kafou Feray depi twa jou",
    "Kafou Feray: tout moun ap tann manje, anpil timoun malad",
    "Nou se 25 fanmi bò Kafou Feray, nou bezwen tant tanpri",
    "Wout la bloke nan Kafou Feray, machin pa ka pase menm",
)


@pytest.fixture(autouse=True)
def _read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gazetteer, "RECHECK_S", 0.0)


def arrived(operation: Operation, text: str) -> Report:
    source = Source.objects.select_related("operation").get(operation=operation, slug="api")
    (kept,) = keep(source, [Message(text)])
    understand()
    return Report.objects.get(ref=kept.ref)


def places_of(kept: Report) -> list[Suggestion]:
    return list(kept.suggestions.filter(kind="place").order_by("-score"))


def form(spot: Spot, **more: Any) -> dict[str, Any]:
    return {
        "title": "No water at the crossing", "categories": ["2b"], "place_name": spot.name, "lat": spot.lat,
        "lon": spot.lon, "precision": int(spot.precision), "radius_m": spot.radius_m, "publish": "0", **more,
    }  # fmt: skip


def accept(client: Client, kept: Report, spot: Spot, **more: Any) -> Any:
    return client.post(f"/sample/desk/reports/{kept.ref}/accept/", form(spot, **more), follow=True)


@pytest.fixture
def desk(client: Client, volunteer: Person) -> Client:
    client.force_login(volunteer)
    return client


# --- added on the desk -----------------------------------------------------------------------------------------------


def test_a_name_that_a_person_adds_is_found_in_the_next_report_and_says_why(operation: Operation, desk: Client) -> None:
    first = arrived(operation, "Pa gen dlo nan Kafou Feray depi twa jou")
    assert places_of(first) == []
    assert accept(desk, first, CROSSING, remember="on").status_code == 200
    (place,) = places_of(arrived(operation, "Tanpri voye manje nan kafou feray pou 40 moun"))
    assert (place.value["name"], place.value["lon"], place.value["lat"]) == ("Kafou Feray", CROSSING.lon, CROSSING.lat)
    assert place.reasons == ["“kafou feray”: the name of a place, added here by a person"]


def test_without_the_tick_nothing_is_remembered(operation: Operation, desk: Client) -> None:
    accept(desk, arrived(operation, TEXTS[0]), CROSSING)
    assert not Place.objects.filter(origin=ADDED).exists()
    assert Event.objects.count() == 1


def test_a_further_name_of_a_known_place_keeps_its_code_and_the_code_still_means_the_place(
    operation: Operation, desk: Client
) -> None:
    jacmel = replace(Spot(-72.535, 18.234, Precision.ADM2, 6000, "Vil Jakmel la"), pcode="HT0211")
    accept(desk, arrived(operation, TEXTS[0]), jacmel, pcode="HT0211", remember="on")
    (by_name,) = places_of(arrived(operation, "Nou nan vil jakmel la, nou bezwen dlo"))
    assert (by_name.value["name"], by_name.value["pcode"]) == ("Vil Jakmel la", "HT0211")
    (by_code,) = places_of(arrived(operation, "Situation in HT0211: no water"))
    assert by_code.value["name"] == "Jacmel"
    assert [place.name for place in gazetteer.areas(operation).filter(pcode="HT0211")] == ["Jacmel"]
    assert "another name of Jacmel" in desk.get("/sample/desk/names/").content.decode()


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("Kay Jan 3456-7890", "number"),
        ("jean.baptiste@example.org", "number"),
        ("Lopital", ""),
        ("Hopital", "what kind of place"),
        ("Gro", "4 letters"),
        ("1234", "4 letters"),
        ("Kafou " * 20, "too long"),
        ("", "Write the name"),
    ],
)
def test_what_is_no_name_of_a_place_is_refused_with_what_to_do(operation: Operation, name: str, remedy: str) -> None:
    if not remedy:
        return names.check(operation, replace(CROSSING, name=name))
    with pytest.raises(Refused, match=r".") as refused:
        names.check(operation, replace(CROSSING, name=name))
    assert remedy in refused.value.remedy
    return None


def test_a_name_that_cannot_be_remembered_keeps_what_was_typed_and_says_why_at_the_tick(
    operation: Operation, desk: Client
) -> None:
    kept = arrived(operation, TEXTS[0])
    answer = accept(desk, kept, replace(CROSSING, name="Hopital"), remember="on")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "says what kind of place it is" in page
    assert "No water at the crossing" in page
    assert not Event.objects.exists()


def test_a_hostile_name_is_shown_as_text(operation: Operation, desk: Client) -> None:
    bad = replace(CROSSING, name="<script>alert(1)</script>")
    accept(desk, arrived(operation, TEXTS[0]), bad, remember="on")
    page = desk.get("/sample/desk/names/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_adding_is_a_decision_of_its_own_and_undone_by_itself(operation: Operation, volunteer: Person) -> None:
    assert names.remember(volunteer, operation, CROSSING)
    assert not names.remember(volunteer, operation, CROSSING)  # known already: nothing new
    (added,) = Decision.objects.filter(kind=DecisionKind.NAME_PLACE)
    undo(volunteer, added)
    assert not Place.objects.filter(origin=ADDED).exists()


def test_undoing_the_event_leaves_the_name_and_is_what_one_key_undoes(operation: Operation, desk: Client) -> None:
    accept(desk, arrived(operation, TEXTS[0]), CROSSING, remember="on")
    last = Decision.objects.order_by("-pk")[0]
    assert last.kind == DecisionKind.ACCEPT
    undo(last.person, last)
    assert Place.objects.filter(origin=ADDED, name="Kafou Feray").exists()


def test_on_the_event_page_a_name_is_remembered_too(operation: Operation, desk: Client) -> None:
    accept(desk, arrived(operation, TEXTS[0]), CROSSING)
    event = Event.objects.get()
    seen = event.updated_at.isoformat()
    desk.post(f"/sample/desk/events/{event.ref}/edit/", form(CROSSING, remember="on", seen=seen))
    assert Place.objects.get(origin=ADDED).name == "Kafou Feray"
    page = desk.get("/sample/desk/names/").content.decode()
    assert "added by vero" in page


def test_one_name_is_added_for_one_point_only(operation: Operation, volunteer: Person) -> None:
    names.remember(volunteer, operation, CROSSING)
    with pytest.raises(Refused, match=r".") as refused:
        names.check(operation, replace(CROSSING, lat=19.5))
    assert "take it away under Names first" in refused.value.remedy


def test_a_name_said_to_be_no_place_is_gone_listed_and_comes_back_by_undo(operation: Operation, desk: Client) -> None:
    accept(desk, arrived(operation, TEXTS[0]), CROSSING, remember="on")
    page = desk.post("/sample/desk/names/no-place/", {"name": "Kafou Feray"}, follow=True).content.decode()
    assert "said that “Kafou Feray” is no place" in page
    assert places_of(arrived(operation, TEXTS[1])) == []
    added, denied = Decision.objects.filter(kind__in=(DecisionKind.NAME_PLACE, DecisionKind.NO_PLACE)).order_by("pk")
    with pytest.raises(Conflict, match="undo that first"):
        undo(added.person, added)
    undo(denied.person, denied)
    assert not NoPlace.objects.exists()
    assert places_of(arrived(operation, TEXTS[2]))[0].value["name"] == "Kafou Feray"


def test_a_name_added_again_is_a_place_again(operation: Operation, volunteer: Person) -> None:
    names.remember(volunteer, operation, CROSSING)
    names.no_place(volunteer, operation, "Kafou Feray")
    assert names.remember(volunteer, operation, CROSSING)
    assert not NoPlace.objects.exists()
    undo(volunteer, Decision.objects.filter(kind=DecisionKind.NAME_PLACE).latest("pk"))
    assert NoPlace.objects.filter(folded="kafou feray").exists()


def test_who_may_not_edit_changes_no_names(
    operation: Operation, client: Client, someone: Callable[..., Person], volunteer: Person
) -> None:
    names.remember(volunteer, operation, CROSSING)
    translator = someone("tara", Role.TRANSLATOR)
    with pytest.raises(NotAllowed):
        names.remember(translator, operation, replace(CROSSING, name="Lot kafou"))
    client.force_login(translator)
    assert client.post("/sample/desk/names/no-place/", {"name": "Kafou Feray"}).status_code == 403
    assert "This is no place" not in client.get("/sample/desk/names/").content.decode()


def test_names_that_came_to_be_here_stay_when_the_file_is_loaded_again_and_readers_never_see_them(
    operation: Operation, volunteer: Person
) -> None:
    names.remember(volunteer, operation, CROSSING)
    Place.objects.create(operation=operation, name="Ti Rivyè", precision=4, lon=-72.4, lat=18.5, origin=LEARNED)
    load._places(operation, [], load._Account())
    assert set(operation.places.values_list("name", flat=True)) == {"Kafou Feray", "Ti Rivyè"}
    assert names_in(operation, Box(-180, -90, 180, 90)) == []


# --- learned from reports --------------------------------------------------------------------------------------------


def confirmed(operation: Operation, who: Person, texts: tuple[str, ...] = TEXTS, **more: Any) -> list[Event]:
    """An event for each text, each from another sender, placed by a person a few metres apart."""
    numbers = more.pop("numbers", [f"+5095550{n:04}" for n in range(len(texts))])
    made = []
    for n, (text, number) in enumerate(zip(texts, numbers, strict=True)):
        kept = report(operation, text, number=number, **more)
        spot = replace(CROSSING, lon=CROSSING.lon + n / 10_000)
        made.append(actions.accept(who, kept, replace(DRAFT, spot=spot), publish=False))
    return made


def taught(operation: Operation) -> dict[str, int]:
    learning.learn(operation)
    return dict(Place.objects.filter(operation=operation, origin=LEARNED).values_list("name", "reports"))


def test_a_name_that_independent_reports_agree_on_is_learned_and_says_how_many(
    operation: Operation, volunteer: Person
) -> None:
    confirmed(operation, volunteer)
    assert taught(operation) == {"Kafou Feray": 4}
    (place,) = places_of(arrived(operation, "Tanpri voye manje nan kafou feray pou 40 moun"))
    assert place.reasons == ["“kafou feray”: the name of a place, learned from 4 reports here"]


def test_the_field_for_a_place_teaches_what_the_event_is_not_called(operation: Operation, volunteer: Person) -> None:
    confirmed(operation, volunteer, place_said="Site Lalin, Kafou")
    assert set(taught(operation)) == {"Kafou Feray", "Site Lalin", "Kafou"}


def test_one_sender_many_times_and_one_text_of_many_senders_teach_nothing(
    operation: Operation, volunteer: Person
) -> None:
    confirmed(operation, volunteer, numbers=["+50955501111"] * 4)
    assert taught(operation) == {}


def test_what_is_somebodys_or_known_or_said_to_be_no_place_is_not_learned(
    operation: Operation, volunteer: Person
) -> None:
    said = "Kay Madan Jozef; Delmas; 3456-7890 Kafou; 12 rue Capois; rue Capois 12; non mwen se Jan Batis"
    confirmed(operation, volunteer, place_said=said)
    NoPlace.objects.create(operation=operation, folded="kafou feray")
    assert taught(operation) == {}


def test_what_is_undone_or_withdrawn_teaches_no_longer(operation: Operation, volunteer: Person) -> None:
    first, second, *_ = confirmed(operation, volunteer)
    assert taught(operation) == {"Kafou Feray": 4}
    undo(volunteer, Decision.objects.get(kind=DecisionKind.ACCEPT, event_id=first.pk))
    assert taught(operation) == {"Kafou Feray": 3}
    actions.publish(volunteer, second, Publication.WITHDRAWN, "not here")
    assert taught(operation) == {}


def test_what_a_standing_order_placed_teaches_nothing(operation: Operation, volunteer: Person) -> None:
    confirmed(operation, volunteer)
    Decision.objects.filter(kind=DecisionKind.ACCEPT).update(order_id=7)
    assert taught(operation) == {}


def test_a_learned_name_that_is_no_place_is_not_learned_again(operation: Operation, volunteer: Person) -> None:
    confirmed(operation, volunteer)
    taught(operation)
    names.no_place(volunteer, operation, "Kafou Feray")
    assert taught(operation) == {}
    undo(volunteer, Decision.objects.get(kind=DecisionKind.NO_PLACE))
    assert taught(operation) == {"Kafou Feray": 4}


def test_it_learns_when_enough_was_decided_or_something_was_taken_back_and_else_not(
    operation: Operation, volunteer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "LOOK_S", 0.0)
    monkeypatch.setattr(learning, "_clock", learning._Clock())
    first, *_ = confirmed(operation, volunteer)
    assert learning.learn_when_due() == 0
    monkeypatch.setattr(learning, "ENOUGH", 4)
    assert learning.learn_when_due() == 1
    assert learning.learn_when_due() == 0
    undo(volunteer, Decision.objects.get(kind=DecisionKind.ACCEPT, event_id=first.pk))
    assert learning.learn_when_due() == 2  # one row for another


def test_it_looks_now_and_then_and_asks_nothing_of_the_database_between(
    operation: Operation, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(learning, "_clock", learning._Clock())
    learning.learn_when_due()
    with django_assert_num_queries(0):
        assert learning.learn_when_due() == 0


# --- read again ------------------------------------------------------------------------------------------------------


def test_a_large_gazetteer_is_not_read_again_for_each_name_that_is_added(
    operation: Operation, volunteer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    reading = gazetteer._read
    monkeypatch.setattr(gazetteer, "RECHECK_S", 0.001)

    def noted(*args: Any) -> Any:
        read.append(args)
        return reading(*args)

    monkeypatch.setattr(gazetteer, "_read", noted)
    monkeypatch.setattr(gazetteer, "QUICK", 0.0001)  # three places are many
    gazetteer.knowledge(operation)
    for n in range(5):
        names.remember(volunteer, operation, replace(CROSSING, name=f"Kafou nimewo {'abcde'[n]}"))
        gazetteer.knowledge(operation)
    assert len(read) == 1
