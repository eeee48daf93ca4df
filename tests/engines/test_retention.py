"""A run of destruction on whichever database the tests run on: what is gone opens nowhere, what stays opens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.desk.retention import asking
from rapport.errors import Conflict
from rapport.intake.keep import keep
from rapport.operations.models import Operation, Source
from rapport.oversight import key_files, keys
from rapport.oversight.models import RetentionRun, Stage
from rapport.oversight.retention import run as running
from rapport.oversight.retention.schedule import Schedule
from rapport.reports.models import Attachment, Report, Sender
from rapport.turns import keys_are_copied
from rapport.values import Address, GivenFile, Message
from tests.web.test_retention import custodian as custodian
from tests.web.test_retention import finished

pytestmark = pytest.mark.django_db(transaction=True)

ROSE, MARIE = Address("tel", "+50937011234"), Address("tel", "+50937015678")


@pytest.fixture
def source(operation: Operation, tmp_path: Path) -> Iterator[Source]:
    with override_settings(DATA_DIR=tmp_path):
        keys.forget()
        sms = Source.objects.get(operation=operation, slug="sms")
        sms.settings_sealed = keys.seal("channels", b"{}")
        sms.save()
        yield Source.objects.select_related("operation").get(pk=sms.pk)
    keys.forget()


def wrote(source: Source, who: Address, text: str, *files: bytes) -> Report:
    given = tuple(GivenFile("a.txt", "text/plain", data) for data in files)
    message = Message(text, gateway_id=text, sender=who, files=given)
    (kept,) = keep(source, [message], original=f"from={who.value}&text={text}".encode())
    return Report.objects.select_related("sender").get(ref=kept.ref)


def test_what_the_database_still_holds_of_it_opens_with_no_key_that_is_left(
    source: Source, custodian: Person, tmp_path: Path
) -> None:
    rose, marie = wrote(source, ROSE, "Pa gen dlo", b"yon"), wrote(source, MARIE, "Pa gen manje", b"de")
    assert rose.sender
    copied = [
        ("addresses", bytes(rose.sender.address_sealed)),
        ("addresses", bytes(rose.original_sealed or b"")),
        ("attachments", bytes(Attachment.objects.get(report=rose).key_sealed)),
    ]
    run = finished(asking.destroy(custodian, [rose.sender], "They asked for it."))
    for purpose, sealed in copied:
        left = MultiFernet([Fernet(key) for key in keys.load(tmp_path, purpose)])  # type: ignore[arg-type]
        with pytest.raises(InvalidToken):
            left.decrypt(sealed)
    assert len(run.retired) == 2
    assert not set(run.retired) & set(key_files.identities(tmp_path, "addresses"))
    marie.refresh_from_db()
    assert marie.sender
    assert marie.sender.address == MARIE
    assert keys.unseal("addresses", bytes(marie.original_sealed or b"")).decode().startswith("from=+50937015678")
    assert keys.unseal("attachments", bytes(Attachment.objects.get(report=marie).key_sealed))


def test_who_writes_while_keys_are_changed_can_be_answered(source: Source, custodian: Person) -> None:
    """Sealed before, in the middle, and after; each opens when the old keys are gone."""
    rose = wrote(source, ROSE, "Pa gen dlo")
    assert rose.sender
    run = asking.destroy(custodian, [rose.sender], "They asked for it.")
    number = 0
    while run.stage != Stage.DONE:
        number += 1
        wrote(source, Address("tel", f"+5093{number:07}"), f"Mesaj {number}", b"fichye")
        running.step(run)
        assert run.problem == ""
    assert number > 6
    for sender in Sender.objects.filter(destroyed_at=None):
        assert sender.address.value.startswith("+5093")
    for original in Report.objects.exclude(original_sealed=None).values_list("original_sealed", flat=True):
        assert keys.unseal("addresses", bytes(original)).startswith(b"from=+5093")
    for key in Attachment.objects.exclude(key_sealed=b"").values_list("key_sealed", flat=True):
        assert keys.unseal("attachments", bytes(key))


def test_an_original_sealed_just_before_the_keys_change_is_sealed_anew_when_it_is_written(
    source: Source, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from rapport.intake import keep as keeping

    written = keeping._write

    def late(works: list[keeping._Work]) -> None:
        key_files.put_in_front(tmp_path, "addresses")
        key_files.put_in_front(tmp_path, "attachments")
        written(works)
        key_files.keep_newest(tmp_path, "addresses")
        key_files.keep_newest(tmp_path, "attachments")

    monkeypatch.setattr(keeping, "_write", late)
    rose = wrote(source, ROSE, "Pa gen dlo", b"yon")
    assert keys.unseal("addresses", bytes(rose.original_sealed or b"")) == b"from=+50937011234&text=Pa gen dlo"
    assert rose.sender
    assert rose.sender.address == ROSE
    assert keys.unseal("attachments", bytes(Attachment.objects.get().key_sealed))


def test_no_key_goes_while_a_backup_is_made(source: Source, custodian: Person) -> None:
    rose = wrote(source, ROSE, "Pa gen dlo")
    assert rose.sender
    run = asking.destroy(custodian, [rose.sender], "They asked for it.")
    with keys_are_copied(exclusive=False):
        for _ in range(20):
            running.step(run)
        assert "backup" in run.problem
        assert run.stage == Stage.SEALING
    assert finished(run).proof


def test_the_schedule_destroys_what_is_old_enough_and_nothing_else(source: Source) -> None:
    old, young = wrote(source, ROSE, "Ansyen"), wrote(source, MARIE, "Nouvo")
    again = wrote(source, ROSE, "Ansyen tou")
    long_ago = timezone.now() - timedelta(days=40)
    with connection.cursor() as cursor:  # as if it had come then: no function changes when a report came
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER report_kept_as_it_came")
        else:
            cursor.execute("ALTER TABLE reports_report DISABLE TRIGGER USER")
    Report.objects.filter(pk__in=[old.pk, again.pk]).update(received_at=long_ago)
    Sender.objects.update(created_at=long_ago)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE reports_report ENABLE TRIGGER USER")
    source.operation.retention = Schedule(texts_days=30, addresses_days=30).to_json()
    source.operation.save()
    run = finished(running.scheduled(source.operation))
    assert (run.counts["texts"], run.counts["addresses"]) == (2, 1)
    young.refresh_from_db()
    assert (young.text, young.sender_id and young.sender_id[0] != "~") == ("Nouvo", True)
    assert not RetentionRun.objects.exclude(stage=Stage.DONE).exists()
    empty = running.scheduled(source.operation)
    running.finish(empty, lambda _: None)
    assert RetentionRun.objects.count() == 1, "a run that finds nothing leaves no trace"


def test_nobody_has_it_done_twice(source: Source, custodian: Person) -> None:
    rose = wrote(source, ROSE, "Pa gen dlo")
    assert rose.sender
    run = asking.destroy(custodian, [rose.sender], "They asked for it.")
    with pytest.raises(Conflict, match="being destroyed"):
        asking.destroy(custodian, [rose.sender], "Again.")
    finished(run)
    with pytest.raises(Conflict, match="destroyed already"):
        asking.destroy(custodian, [rose.sender], "Again.")
