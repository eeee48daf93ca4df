"""What becomes of a destroyed sender and report: on the desk, in the record, and when they write again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client, override_settings
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions, senders
from rapport.desk.automated import contests
from rapport.desk.record import undo
from rapport.desk.retention import asking
from rapport.desk.sending import ask
from rapport.errors import NotAllowed, Refused
from rapport.events.models import Event
from rapport.intake.keep import keep
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Operation, Source
from rapport.oversight import keys
from rapport.oversight.models import Hold, RetentionRun, Stage
from rapport.oversight.retention import run as running
from rapport.reports.models import Report, Sender, Silence, Standing
from rapport.values import Address, Message, Trust
from tests.web.desk import DRAFT

ROSE, MARIE = Address("tel", "+50937011234"), Address("tel", "+50937015678")
LOGIN = "django.contrib.auth.backends.ModelBackend"


def finished(run: RetentionRun) -> RetentionRun:
    return running.finish(run, lambda _: None)


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("cora", Role.CUSTODIAN)


@pytest.fixture
def source(operation: Operation, tmp_path: Path) -> Iterator[Source]:
    with override_settings(DATA_DIR=tmp_path):
        keys.forget()
        Source.objects.filter(slug="sms").update(settings_sealed=keys.seal("channels", b'{"secret": "open sesame"}'))
        yield Source.objects.select_related("operation").get(slug="sms")
    keys.forget()


def wrote(source: Source, who: Address, text: str) -> Report:
    (kept,) = keep(source, [Message(text, gateway_id=text, sender=who)], original=b"all of it")
    return Report.objects.select_related("sender", "operation", "source").get(ref=kept.ref)


def destroyed(person: Person, report: Report) -> RetentionRun:
    """All of it but the writing anew of the database's file, which no test within a transaction can do."""
    run = asking.destroy(person, [one for one in [report.sender] if one], "They asked for it.")
    while run.stage in (Stage.DESTROYING, Stage.SEALING):
        running.step(run)
        assert run.problem == ""
    report.refresh_from_db()
    return run


def page(person: Person, address: str) -> str:
    client = Client()
    client.force_login(person, backend=LOGIN)
    answer = client.get(address)
    assert answer.status_code == 200
    return b"".join(answer).decode()


def test_a_destroyed_report_keeps_its_id_source_and_time_and_nothing_it_said(source: Source, custodian: Person) -> None:
    report = wrote(source, ROSE, "Pa gen dlo nan Delmas")
    before = (report.pk, report.ref, report.source_id, report.received_at)
    destroyed(custodian, report)
    assert (report.pk, report.ref, report.source_id, report.received_at) == before
    assert (report.text, report.fields, report.original_sealed, report.sent_at) == ("", {}, None, None)
    assert report.standing == Standing.DESTROYED
    assert report.sender_id
    assert report.sender_id.startswith("~")


def test_nothing_else_can_be_done_to_what_a_report_says(source: Source, custodian: Person) -> None:
    report, other = wrote(source, ROSE, "Pa gen dlo"), wrote(source, MARIE, "Pa gen manje")
    destroyed(custodian, report)
    for pk, change in (
        (other.pk, {"text": ""}),
        (other.pk, {"sender_id": None}),
        (other.pk, {"text": "Tout bagay byen", "destroyed_at": timezone.now()}),
        (report.pk, {"text": "Tout bagay byen"}),
        (report.pk, {"destroyed_at": None}),
        (report.pk, {"received_at": timezone.now()}),
    ):
        with pytest.raises(DatabaseError, match="kept as it came"), transaction.atomic():
            Report.objects.filter(pk=pk).update(**change)


def test_the_pages_of_the_desk_say_that_it_is_gone(source: Source, custodian: Person, verifier: Person) -> None:
    waiting, accepted = wrote(source, ROSE, "Pa gen dlo"), wrote(source, ROSE, "Ponp la kraze")
    event = actions.accept(verifier, accepted, DRAFT, publish=True)
    actions.translate(verifier, waiting, "en", "There is no water")
    other = wrote(source, MARIE, "Pa gen manje")
    destroyed(custodian, waiting)
    desk = f"/{source.operation.slug}/desk/"
    for address in (f"{desk}reports/{waiting.ref}/", f"{desk}reports/{accepted.ref}/"):
        shown = page(verifier, address)
        assert "were destroyed on" in shown
        assert "Pa gen dlo" not in shown
    shown = page(verifier, f"{desk}events/{event.ref}/")
    assert "were destroyed on" in shown
    assert DRAFT.title in shown, "what the desk wrote to be published stays"
    assert list(Report.objects.filter(standing=Standing.WAITING)) == [other], "nobody has to decide about it"
    assert other.ref in page(verifier, desk)
    for address in (f"{desk}decisions/", f"/{source.operation.slug}/outbox/", f"{desk}retention/"):
        assert "There is no water" not in page(verifier, address)
    assert DRAFT.title in page(verifier, f"/{source.operation.slug}/events.csv")


def test_decisions_about_it_can_still_be_taken_back(source: Source, custodian: Person, verifier: Person) -> None:
    rejected, accepted = wrote(source, ROSE, "Yon"), wrote(source, ROSE, "De")
    actions.reject(verifier, rejected, "Rose is known for jokes")
    actions.accept(verifier, accepted, DRAFT, publish=False)
    translation = wrote(source, ROSE, "Twa")
    actions.translate(verifier, translation, "en", "Three")
    destroyed(custodian, rejected)
    for decision in source.operation.decisions.filter(kind__in=("reject", "accept", "translate")):
        assert decision.reason == ""
        undo.undo(verifier, decision)
    standings = Report.objects.filter(sender=rejected.sender).values_list("standing", flat=True)
    assert set(standings) == {Standing.DESTROYED}, "nobody is asked to decide about what nobody can read"


def test_who_is_gone_is_asked_nothing_and_what_waited_is_not_sent(
    source: Source, custodian: Person, verifier: Person
) -> None:
    report = wrote(source, ROSE, "Pa gen dlo")
    OutboxMessage.objects.create(
        operation=source.operation, source=source, sender=report.sender, report_ref=report.ref, purpose="question",
        language="ht", body="Ki kote ou ye?", uuid=uuid4(),
    )  # fmt: skip
    destroyed(custodian, report)
    report = Report.objects.select_related("sender", "operation", "source").get(pk=report.pk)
    assert "destroyed" in ask.why_not(report)
    assert set(OutboxMessage.objects.values_list("state", "body")) <= {("cancelled", ""), ("handed", "")}


def test_who_writes_again_is_a_new_sender(source: Source, custodian: Person) -> None:
    first = wrote(source, ROSE, "Pa gen dlo")
    destroyed(custodian, first)
    again = wrote(source, ROSE, "Nou la toujou")
    assert again.sender
    assert again.sender.address == ROSE
    assert again.sender_id != first.sender_id
    assert Report.objects.filter(sender=again.sender).count() == 1
    assert Silence.objects.count() == 0


def test_who_said_stop_or_is_blocked_stays_so(source: Source, custodian: Person, verifier: Person) -> None:
    first, other = wrote(source, ROSE, "STOP"), wrote(source, MARIE, "Reklam")
    assert other.sender
    senders.set_trust(verifier, other.sender, Trust.BLOCKED, "Advertisement")
    destroyed(custodian, first)
    destroyed(custodian, other)
    before = OutboxMessage.objects.count()
    rose, marie = wrote(source, ROSE, "Pa gen dlo"), wrote(source, MARIE, "Lot reklam")
    assert OutboxMessage.objects.count() == before, "neither is answered"
    assert rose.sender
    assert rose.sender.stopped_at
    assert marie.sender
    assert marie.sender.trust == Trust.BLOCKED
    wrote(source, ROSE, "START")
    rose.sender.refresh_from_db()
    assert rose.sender.stopped_at is None, "START is heard as ever"


def test_what_is_held_is_skipped_and_counted(source: Source, custodian: Person, verifier: Person) -> None:
    held, free = wrote(source, ROSE, "Temwayaj"), wrote(source, ROSE, "Lot bagay")
    event = actions.accept(verifier, held, DRAFT, publish=False)
    asking.hold(custodian, source.operation, None, event, "Evidence", timezone.localdate() + timedelta(days=30))
    run = destroyed(custodian, free)
    held.refresh_from_db()
    assert (held.text, free.text, run.held) == ("Temwayaj", "", 1)
    assert held.sender
    assert held.sender.address == ROSE, "the address stays with what is held"
    asking.let_go(custodian, Hold.objects.get(), "The case is closed")
    destroyed(custodian, held)
    assert held.text == ""


def test_only_who_may_has_it_destroyed_or_held(source: Source, lead: Person, verifier: Person) -> None:
    report = wrote(source, ROSE, "Pa gen dlo")
    assert report.sender
    until = timezone.localdate() + timedelta(days=1)
    for person in (lead, verifier):
        with pytest.raises(NotAllowed, match="oversight:data:destroy"):
            asking.destroy(person, [report.sender], "Because")
    with pytest.raises(NotAllowed):
        asking.hold(verifier, source.operation, report, None, "Because", until)
    asking.hold(lead, source.operation, report, None, "Because", until)
    with pytest.raises(Refused):
        asking.hold(lead, source.operation, report, None, "Because", until - timedelta(days=3))


def test_a_custodian_sees_first_what_would_go_and_confirms_it(source: Source, custodian: Person) -> None:
    report = wrote(source, ROSE, "Pa gen dlo")
    client, base = Client(), f"/{source.operation.slug}/desk/retention/"
    client.force_login(custodian, backend=LOGIN)
    assert "Nothing is destroyed by itself" in client.get(base).content.decode()
    assert client.post(f"{base}preview/", {"address": "+509 000"}).status_code == 400
    shown: Any = client.post(f"{base}preview/", {"address": "+509 3701-1234"})
    assert "the words of 1 report" in shown.content.decode()
    assert "3701" not in shown.content.decode(), "an address that was typed stands nowhere"
    of = shown.context["of"]
    assert client.post(f"{base}destroy/", {"of": of, "reason": "Asked"}).status_code == 400, "not without the last word"
    assert not RetentionRun.objects.exists()
    assert client.post(f"{base}destroy/", {"of": f"{of}x", "reason": "Asked", "sure": "1"}).status_code == 400
    assert client.post(f"{base}destroy/", {"of": of, "reason": "Asked", "sure": "1"}).status_code == 302
    assert RetentionRun.objects.get().senders == [report.sender_id]
    assert "Asked" in client.get(base).content.decode()


def test_the_proof_changes_with_whatever_the_run_says(source: Source, custodian: Person) -> None:
    from rapport.oversight.retention.proof import prove

    run = destroyed(custodian, wrote(source, ROSE, "Pa gen dlo"))
    proved = prove(run)
    run.counts = {**run.counts, "texts": 2}
    assert prove(run) != proved


def test_the_sender_of_an_event_stays_one_source(source: Source, custodian: Person, verifier: Person) -> None:
    report = wrote(source, ROSE, "Pa gen dlo")
    event = actions.accept(verifier, report, DRAFT, publish=True)
    destroyed(custodian, report)
    assert Event.objects.get(pk=event.pk).publication == "published"
    assert Sender.objects.filter(reports__link__event=event).count() == 1


def test_what_was_contested_about_a_destroyed_report_loses_its_words(source: Source, custodian: Person) -> None:
    told = wrote(source, MARIE, "Madanm Dezulme bezwen dlo")
    other = contests.contest(source.operation, "language", "About something else", "abcdefgh")
    ours = contests.contest(source.operation, "language", "Dezulme writes Kreyòl", told.ref[:8])
    destroyed(custodian, told)
    ours.refresh_from_db()
    other.refresh_from_db()
    assert (ours.text, ours.about, ours.function) == ("", "", "language")
    assert other.text == "About something else"
