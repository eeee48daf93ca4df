"""A function that a lead stopped does not do its work, and takes it up again where the register says so.

One test each, named by the function's id; the last one fails for a function that has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from django.db import connection
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.contacts.pings import running, starting
from rapport.desk import actions
from rapport.desk.alike import near, waiting
from rapport.desk.automated import actions as switching
from rapport.desk.automated import state
from rapport.desk.books import shown_senders
from rapport.desk.event import merge_pages
from rapport.desk.learning import names as learning
from rapport.desk.learning.readings import readings
from rapport.desk.queue import leases
from rapport.desk.report.belonging import belonging
from rapport.desk.report.why import care
from rapport.desk.standing_orders import orders
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events.models import Event
from rapport.intake import overload
from rapport.intake.imports import run
from rapport.intake.keep import keep
from rapport.intake.polling import work as polling
from rapport.intake.understand import understand
from rapport.notify import claims
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.operations.models import Operation, Source, StandingOrder
from rapport.oversight import keys, switches
from rapport.oversight.models import Decision, DecisionKind, FunctionSwitch
from rapport.oversight.register import REGISTER
from rapport.oversight.retention import run as destruction
from rapport.oversight.retention.schedule import Schedule
from rapport.reports.attachments import work
from rapport.reports.models import Attachment, LeftOut, Report, Standing
from rapport.values import Address, GivenFile, Message, Status
from tests.pure.files import encoded
from tests.pure.test_orders import RULE
from tests.web.contacts import network, of_team, office
from tests.web.contacts import state as member_state
from tests.web.desk import DELMAS, DRAFT, report
from tests.web.importing import good, sent, table
from tests.web.test_pings import MAIL, code_of, terms

TEXT = "Nou se 40 moun nan lari a nan Delmas, gen moun kwense anba kay la, nou bezwen dlo, tanpri voye ede nou"


@pytest.fixture
def off(operation: Operation, lead: Person) -> Callable[..., None]:
    """Stops, or resumes with `on`, a function."""

    def turn(function_id: str, on: bool = False) -> None:
        (switching.resume if on else switching.stop)(lead, Operation.objects.get(pk=operation.pk), function_id, "why")

    return turn


@pytest.fixture(autouse=True)
def _tagged(operation: Operation) -> None:
    operation.categories.filter(code="2b").update(hxl="#need+water")


def came(operation: Operation, text: str = TEXT) -> Report:
    source = Source.objects.select_related("operation").get(operation=operation, slug="api")
    (kept,) = keep(source, [Message(text, gateway_id=str(Report.objects.count()))])
    return Report.objects.get(ref=kept.ref)


def kinds(told: Report) -> set[str]:
    return set(told.suggestions.values_list("kind", flat=True))


ALL = {"language", "category", "urgency", "place"}


def reading(operation: Operation, off: Callable[..., None], function_id: str, kind: str) -> Report:
    """While it is stopped it alone says nothing; afterwards what came meanwhile is read again, by all, once."""
    off(function_id)
    told = came(operation)
    assert understand() == 1
    assert kinds(told) == ALL - {kind}
    heard = Report.objects.get(pk=told.pk).rank
    off(function_id, on=True)
    assert understand() == 1
    assert kinds(told) == ALL
    assert understand() == 0
    if kind != "urgency":
        assert Report.objects.get(pk=told.pk).rank == heard, "urgency was counted twice"
    return told


def test_language(operation: Operation, off: Callable[..., None]) -> None:
    off("language")
    source = Source.objects.select_related("operation").get(slug="sms")
    message = Message("Please send water, we are thirsty", sender=Address("tel", "+50955500001"), gateway_id="a")
    keep(source, [message])
    assert OutboxMessage.objects.get().language == "ht", "answered in the language of the way in"
    understand()
    off("language", on=True)
    understand()
    reading(operation, off, "language", "language")


def test_categories(operation: Operation, off: Callable[..., None]) -> None:
    reading(operation, off, "categories", "category")


def test_urgency(operation: Operation, off: Callable[..., None]) -> None:
    before = reading(operation, off, "urgency", "urgency")
    assert Report.objects.get(pk=before.pk).urgency_heard == 3
    off("urgency")
    told = came(operation, "Tanpri ede nou, moun kwense anba beton")
    understand()
    assert Report.objects.get(pk=told.pk).urgency_heard == 0


def test_places(operation: Operation, off: Callable[..., None]) -> None:
    reading(operation, off, "places", "place")
    off("places")
    source = Source.objects.select_related("operation").get(slug="sms")
    keep(source, [Message("Nou grangou", sender=Address("tel", "+50955500001"))])
    assert OutboxMessage.objects.get().purpose == "received", "who is not looked for is not asked where"


def test_personal_data(operation: Operation, lead: Person, off: Callable[..., None]) -> None:
    order = orders.sign(
        lead, StandingOrder.objects.create(operation=operation, slug="old", text="x", rule={**RULE, "source": "sms"})
    )
    off("personal-data")
    calm = report(
        operation, "Lekol la louvri", lon=-72.3, lat=18.54, place_said="Delmas 33", categories_said=["2b"],
        fields={"APPROVED": "YES", "VERIFIED": "NO", "INCIDENT TITLE": "Water needed"},
    )  # fmt: skip
    assert care(calm).stopped
    assert not care(calm).looked
    assert orders.apply([order], [calm]) == 1
    event = Event.objects.get()
    assert (event.title, event.place_name) == ("", ""), "no words of it are published"
    off("personal-data", on=True)
    assert not care(calm).stopped


def test_near_duplicates(operation: Operation, off: Callable[..., None]) -> None:
    first = came(operation)
    understand()
    off("near-duplicates")
    again = came(operation, TEXT + " !")
    understand()
    assert kinds(again) == ALL
    off("near-duplicates", on=True)
    understand()
    assert kinds(again) == ALL | {"near_duplicate"}
    assert waiting(again).others == [first.ref]
    off("near-duplicates")
    assert near(again, list(again.suggestions.all())) == {}
    assert waiting(again).others == []


def test_which_event(operation: Operation, volunteer: Person, off: Callable[..., None]) -> None:
    actions.accept(volunteer, report(operation, "Pa gen dlo nan Delmas 33"), DRAFT)
    told = report(operation, "Pa gen dlo nan Delmas 33 depi yè", categories_said=["2b"])
    assert belonging(told, [], {}, DELMAS)
    off("which-event")
    assert belonging(told, [], {}, DELMAS) == []
    off("which-event", on=True)
    assert belonging(told, [], {}, DELMAS)


def test_same_events(operation: Operation, volunteer: Person, off: Callable[..., None]) -> None:
    one, other = (actions.accept(volunteer, report(operation, f"Pa gen dlo {n}"), DRAFT) for n in range(2))
    assert [found.event for found in merge_pages.near(one)] == [other]
    off("same-events")
    assert merge_pages.near(one) == []


def test_overload(operation: Operation, off: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overload, "BEHIND", timedelta(seconds=-1))
    monkeypatch.setattr(overload, "FAR_BEHIND", timedelta(seconds=-1))
    off("overload")
    for _ in range(30):
        came(operation)
    understand(20)
    assert not LeftOut.objects.exists()
    off("overload", on=True)
    for _ in range(30):
        came(operation)
    understand(20)
    understand(20)
    assert LeftOut.objects.exists()


def test_standing_orders(operation: Operation, lead: Person, off: Callable[..., None]) -> None:
    order = orders.sign(
        lead, StandingOrder.objects.create(operation=operation, slug="old", text="x", rule={**RULE, "source": "api"})
    )
    off("standing-orders")
    source = Source.objects.select_related("operation").get(slug="api")
    fields: dict[str, Any] = {"APPROVED": "YES", "INCIDENT TITLE": "Water needed"}
    told = report(operation, "Dlo", source=source, lon=-72.3, lat=18.54, fields=fields, categories_said=["2b"])
    understand()
    assert Report.objects.get(pk=told.pk).standing == Standing.WAITING
    assert not Decision.objects.filter(order_id=order.pk, kind=DecisionKind.ACCEPT).exists()
    off("standing-orders", on=True)
    understand()
    assert Report.objects.get(pk=told.pk).standing == Standing.WAITING, "left to people"
    report(operation, "Dlo ankò", source=source, lon=-72.3, lat=18.54, fields=fields, categories_said=["2b"])
    understand()
    assert Decision.objects.filter(order_id=order.pk, kind=DecisionKind.ACCEPT).count() == 1


def test_corroboration(operation: Operation, volunteer: Person, off: Callable[..., None]) -> None:
    first = report(operation, "Pa gen dlo nan Delmas 33", number="+50955500001")
    second = report(operation, "Ponp lan kase, moun swaf anpil", number="+50955500002")
    event = actions.accept(volunteer, first, DRAFT)
    actions.attach(volunteer, second, event)
    off("corroboration")
    assert shown_senders(operation.pk, [first.pk, second.pk]) is None
    with pytest.raises(Conflict, match="is stopped here"):
        actions.set_status(volunteer, event, Status.CORROBORATED)
    off("corroboration", on=True)
    assert shown_senders(operation.pk, [first.pk, second.pk]) == 2
    assert actions.set_status(volunteer, event, Status.CORROBORATED).status == "corroborated"


def test_queue(operation: Operation, volunteer: Person, off: Callable[..., None]) -> None:
    calm, urgent = report(operation, "Lekol la louvri"), report(operation, "Moun kwense", urgency=3)
    passed = report(operation, "Gade sa", for_verifier=True)
    off("queue")
    assert list(leases.waiting(operation)) == [passed, calm, urgent]
    assert leases.next_report(operation, volunteer) == calm
    assert leases.next_report(operation, volunteer, after=calm) == urgent
    off("queue", on=True)
    assert next(iter(leases.waiting(operation))) == urgent


def test_leases(operation: Operation, someone: Callable[..., Person], off: Callable[..., None]) -> None:
    vero, max_ = someone("vero", Role.VOLUNTEER), someone("max", Role.VOLUNTEER)
    told = report(operation)
    lease = leases.take(vero, told)
    type(lease).objects.update(until=timezone.now() - timedelta(minutes=1))
    off("leases")
    with pytest.raises(Conflict, match="vero"):
        leases.take(max_, told)
    with pytest.raises(Conflict, match="vero"):
        actions.reject(max_, told, "no")
    assert leases.next_report(operation, max_) is None
    assert [one.person for one in leases.held(operation)] == [vero]
    off("leases", on=True)
    assert leases.next_report(operation, max_) == told


def test_replies(operation: Operation, off: Callable[..., None]) -> None:
    off("replies")
    source = Source.objects.select_related("operation").get(slug="sms")
    rose = Address("tel", "+50955500001")
    keep(source, [Message("Nou bezwen dlo", sender=rose, gateway_id="1"), Message("STOP", sender=rose, gateway_id="2")])
    assert not OutboxMessage.objects.exists()
    sender = Report.objects.filter(text="STOP").select_related("sender").get().sender
    assert sender is not None
    assert sender.stopped_at is not None, "STOP is obeyed all the same"
    off("replies", on=True)
    keep(source, [Message("Nou swaf", sender=Address("tel", "+50955500002"))])
    assert OutboxMessage.objects.count() == 1


def test_sending_is_the_stop_button_that_was_there(operation: Operation, off: Callable[..., None]) -> None:
    source = Source.objects.select_related("operation").get(slug="api")
    sender = Address("tel", "+50955500001")
    told = report(operation, number=sender.value)
    OutboxMessage.objects.create(
        operation=operation, source=source, sender=told.sender, purpose="received", language="ht", body="Mèsi"
    )
    off("sending")
    assert Operation.objects.get().sending_stopped_at is not None
    assert not FunctionSwitch.objects.exists()
    assert not claims.due(timezone.now()).exists()
    stops = {row.function.id: row.stop for row in state.rows(Operation.objects.get())}
    assert stops["sending"] is not None
    off("sending", on=True)
    assert claims.due(timezone.now()).count() == 1
    assert set(Decision.objects.values_list("kind", flat=True)) == {"sending"}


def test_attachments(operation: Operation, off: Callable[..., None], settings: Any, tmp_path: Path) -> None:
    for purpose in get_args(keys.KeyPurpose):
        keys.seal(purpose, b"")  # the keys stay those of all tests
    settings.DATA_DIR = tmp_path
    off("attachments")
    source = Source.objects.select_related("operation").get(slug="api")
    keep(source, [Message("Dlo", files=(GivenFile("1.jpg", "image/jpeg", encoded("JPEG")),))])
    assert work.clean() == 0
    assert Attachment.objects.get().state == "waiting"
    off("attachments", on=True)
    assert work.clean() == 1
    assert Attachment.objects.get().state == "clean"


def test_imports(operation: Operation, off: Callable[..., None], settings: Any, tmp_path: Path) -> None:
    off("imports")
    one = sent(operation, table(*good(range(3))))
    assert run.step() == 0
    one.refresh_from_db()
    assert (one.state, one.read_rows) == ("read", 0)
    off("imports", on=True)
    while run.step():
        pass
    one.refresh_from_db()
    assert one.state == "ready"


def test_polling(operation: Operation, off: Callable[..., None]) -> None:
    off("polling")
    Source.objects.create(operation=operation, slug="news", channel="feed")
    assert polling.due() is None
    off("polling", on=True)
    assert polling.due() is not None


def test_names(operation: Operation, off: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "LOOK_S", 0.0)
    monkeypatch.setattr(learning, "ENOUGH", 0)
    off("names")
    learning._clock.look_at = 0.0
    before = Operation.objects.get().names_learned_to
    assert Decision.objects.exists()
    assert learning.learn_when_due() == 0
    assert Operation.objects.get().names_learned_to == before
    off("names", on=True)
    learning.learn_when_due()
    assert Operation.objects.get().names_learned_to > before


def test_training(operation: Operation, volunteer: Person, off: Callable[..., None]) -> None:
    actions.accept(volunteer, report(operation, "Pa gen dlo nan Delmas 33"), replace(DRAFT, categories=("2b",)))
    off("training")
    with pytest.raises(Refused, match="a lead can resume it"):
        readings(operation)
    off("training", on=True)
    assert len(readings(operation)) == 1


def test_retention(operation: Operation, off: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destruction, "LOOK", 0.0)
    Operation.objects.update(retention=asdict(Schedule(texts_days=1)))
    off("retention")
    assert destruction._due() is None
    off("retention", on=True)
    assert destruction._due() is not None


def test_contacts(operation: Operation, off: Callable[..., None], lead: Person, someone: Callable[..., Person]) -> None:
    custodian = someone("carol", Role.CUSTODIAN)
    network(operation, lead, custodian)
    office(member_state(operation, lead, "Kenya"), of_team(lead, operation), of_team(custodian, operation))
    with MAIL:
        made = starting.start(of_team(lead, operation), terms())
    for stopped, went in ((True, 0), (False, 1)):
        off("contacts", on=not stopped)
        with MAIL:
            assert running.send_due(made.closes_at) == went
    OutboxMessage.objects.update(state=OutboxState.SENT)
    off("contacts")
    answer = came(operation, f"ok {code_of(OutboxMessage.objects.get())}")
    understand()
    assert Report.objects.get(pk=answer.pk).standing == Standing.WAITING, "it stays on the desk"
    assert running.decide_due(made.closes_at + timedelta(days=9)) == 0
    off("contacts", on=True)
    assert running.decide_due(made.closes_at + timedelta(days=9)) == 1


def test_every_function_has_its_test() -> None:
    tests = {name for name, made in globals().items() if name.startswith("test_") and callable(made)}
    missing = [
        one.id for one in REGISTER if not any(re.match(f"test_{one.id.replace('-', '_')}($|_)", t) for t in tests)
    ]
    assert missing == []


# --- the switch itself -----------------------------------------------------------------------------------------------


def test_a_stop_is_a_decision_with_its_reason_and_only_a_lead_makes_it(
    operation: Operation, lead: Person, verifier: Person
) -> None:
    with pytest.raises(NotAllowed, match="operations:function:stop"):
        switches.stop(verifier, operation.pk, "places", "it is wrong")
    with pytest.raises(Refused, match="Write why"):
        switches.stop(lead, operation.pk, "places", "  ")
    with pytest.raises(Refused, match="no automated function"):
        switches.stop(lead, operation.pk, "oracle", "it is wrong")
    assert not Decision.objects.exists()
    switches.stop(lead, operation.pk, "places", "it is wrong")
    with pytest.raises(Conflict, match="lea stopped this already"):
        switches.stop(lead, operation.pk, "places", "it is wrong")
    switches.resume(lead, operation.pk, "places", "mended")
    with pytest.raises(Conflict, match="not stopped here"):
        switches.resume(lead, operation.pk, "places", "mended")
    said = list(Decision.objects.order_by("pk").values_list("kind", "reason", "person"))
    assert said == [("stop_function", "it is wrong", lead.pk), ("resume_function", "mended", lead.pk)]


def test_a_stop_holds_in_one_operation_and_one_everywhere_in_all(operation: Operation, lead: Person) -> None:
    other = operation.pk + 1
    switches.stop(lead, operation.pk, "places", "why")
    assert (switches.is_stopped("places", operation.pk), switches.is_stopped("places", other)) == (True, False)
    switching.stop_everywhere("places", "a bad file")
    assert switches.is_stopped("places", other)
    switches.resume(lead, operation.pk, "places", "why")
    assert switches.is_stopped("places", operation.pk), "a lead cannot resume what the operator stopped"
    with pytest.raises(Conflict):
        switching.stop_everywhere("places", "again")
    switching.resume_everywhere("places", "mended")
    assert not switches.is_stopped("places", other)
    assert Decision.objects.filter(kind="stop_function", operation=operation).count() == 2


def test_it_is_asked_for_every_message_and_read_once(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    switches.forget()
    with connection.execute_wrapper(lambda execute, *rest: pytest.fail("read again") if seen else execute(*rest)):
        seen: list[bool] = []
        switches.stopped(operation.pk)
        seen.append(True)
        for _ in range(1000):
            switches.stopped(operation.pk)
    FunctionSwitch.objects.create(operation=operation, function="places", stopped_by=_anybody(), reason="elsewhere")
    assert not switches.is_stopped("places", operation.pk)
    later = switches.time.monotonic() + switches.RECHECK_S + 1
    monkeypatch.setattr(switches.time, "monotonic", lambda: later)
    assert switches.is_stopped("places", operation.pk), "what another process stopped is known in time"


def _anybody() -> Person:
    return Person.objects.create_user("somebody", password="a long enough password")
