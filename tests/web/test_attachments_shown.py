"""Files on the desk and before readers: cleaned copies only, published one by one, gone at once when taken back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from django.test import Client
from PIL import Image

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.draft import EventDraft
from rapport.desk.event import merging
from rapport.desk.record.undo import undo
from rapport.desk.report.attachments import hide_from_readers, show_to_readers
from rapport.desk.retention import asking
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events.models import Event
from rapport.events.releases import by_ref
from rapport.intake.keep import keep
from rapport.operations.models import Operation, Source
from rapport.oversight import keys
from rapport.oversight.models import Decision, DecisionKind, Stage
from rapport.oversight.retention import run as running
from rapport.reports.attachments import clean, sandbox, store, work
from rapport.reports.attachments.copies import Copy, Unclean
from rapport.reports.attachments.kinds import Kind
from rapport.reports.models import Attachment, Report
from rapport.sharing import activation
from rapport.sharing.handling import Handling
from rapport.sharing.protocol.library import text_of
from rapport.values import PUBLIC, Address, GivenFile, Message, Publication, Purpose, Sensitivity
from tests.pure.files import encoded, pdf_of, picture, tone
from tests.pure.hostile_photos import COORDINATES, PLANTED, hostile_photos
from tests.web.desk import DELMAS, DRAFT, report

WHY = "It shows the water level."
HEIC = b"\0\0\0\x18ftypheic" + bytes(100)
PHOTO = hostile_photos()["EXIF with position, names and a maker's note"]


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for purpose in get_args(keys.KeyPurpose):
        keys.seal(purpose, b"")  # the keys stay those of all tests
    settings.DATA_DIR = tmp_path
    # The same cleaner, without a process of its own for every photo: test_attachments.py tries that.
    monkeypatch.setattr(sandbox, "cleaned", in_this_process)


def in_this_process(data: bytes, kind: Kind) -> Copy:
    if not kind.copied:
        raise Unclean("HEIC files cannot be decoded here")
    made = clean.cleaned(data, kind.type)
    if isinstance(made, Unclean):
        raise made
    return made


def told(
    operation: Operation,
    *files: bytes,
    gateway_id: str = "one",
    cleaned: bool = True,
    sender: Address | None = None,
) -> Report:
    """A report with files, cleaned."""
    source = Source.objects.get(operation=operation, slug="api")
    given = tuple(GivenFile("IMG Jean Baptiste.jpg", "image/jpeg", data) for data in files)
    ref = keep(source, [Message("Dlo nan lakou a", gateway_id=gateway_id, sender=sender, files=given)])[0].ref
    while cleaned and work.clean():
        pass
    return Report.objects.get(ref=ref)


@pytest.fixture
def photo(operation: Operation, verifier: Person) -> Attachment:
    """A cleaned photo of a report in a published event."""
    said = told(operation, PHOTO)
    actions.accept(verifier, said, DRAFT)
    return Attachment.objects.select_related("report").get()


def of(attachment: Attachment) -> Event:
    return Event.objects.get(links__report=attachment.report_id)


def whole(attachment: Attachment) -> str:
    """Its address for readers; before they got it first, one that leads nowhere."""
    return f"/sample/events/{of(attachment).ref}/files/{ref(attachment) or 'none'}"


def ref(attachment: Attachment) -> str | None:
    return Attachment.objects.values_list("ref", flat=True).get(pk=attachment.pk)


def desk(attachment: Attachment, what: str = "") -> str:
    return f"/sample/desk/reports/{attachment.report.ref}/files/{attachment.number}{what}"


# --- on the desk ---------------------------------------------------------------------------------------------------


def test_the_desk_shows_copies_with_their_size(operation: Operation, volunteer: Person, client: Client) -> None:
    said = told(operation, encoded("JPEG", picture(1200, 900)), tone(seconds=65), pdf_of("x", pages=2), HEIC, b"Dlo")
    client.force_login(volunteer)
    page = client.get(f"/sample/desk/reports/{said.ref}/").content.decode()
    assert 'alt="photo 1 of 5, 1200 × 900" width="400" height="300"' in page
    assert 'aria-label="sound 2 of 5, 1:05 min"' in page
    assert "Open the copy of document 3 of 5 (PDF)" in page
    assert "No safe copy of photo 4 of 5" in page
    assert "HEIC files cannot be decoded here" in page
    assert "Read document 5 of 5" in page
    assert "Show it to readers" not in page  # a volunteer does not decide that
    assert "Jean Baptiste" not in page


def test_while_a_copy_is_being_made_the_desk_says_so(operation: Operation, volunteer: Person, client: Client) -> None:
    said = told(operation, PHOTO, cleaned=False)
    client.force_login(volunteer)
    assert "is being made that is safe to look at" in client.get(f"/sample/desk/reports/{said.ref}/").content.decode()
    assert client.get(f"/sample/desk/reports/{said.ref}/files/1").status_code == 404


def test_what_the_desk_is_sent_runs_nothing_and_is_kept_nowhere(
    photo: Attachment, volunteer: Person, client: Client
) -> None:
    client.force_login(volunteer)
    for address in (desk(photo), desk(photo, "/small")):
        answer = client.get(address)
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Content-Disposition"].startswith("inline; filename=")
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer.headers["Cache-Control"]
        assert [mark for mark in (*PLANTED, *COORDINATES) if mark in answer.content] == []
    assert client.get(desk(photo).replace("files/1", "files/2")).status_code == 404


def test_a_document_is_saved_and_not_opened_in_the_page(
    operation: Operation, volunteer: Person, client: Client
) -> None:
    said = told(operation, pdf_of("x"), "Pa gen dlo: é".encode())
    client.force_login(volunteer)
    answer = client.get(f"/sample/desk/reports/{said.ref}/files/1")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="document-')
    words = client.get(f"/sample/desk/reports/{said.ref}/files/2")
    assert words.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert words.content.decode() == "Pa gen dlo: é"


@pytest.mark.parametrize(
    ("asked", "status", "given"),
    [
        ("bytes=0-9", 206, "bytes 0-9/"),
        ("bytes=100-", 206, "bytes 100-"),
        ("bytes=999999999-", 416, "bytes */"),
        ("bytes=9-3", 416, "bytes */"),
        ("bytes=0-1,5-6", 200, ""),
        ("lines=1-2", 200, ""),
    ],
)
def test_a_player_may_ask_for_a_piece(
    asked: str, status: int, given: str, operation: Operation, volunteer: Person, client: Client
) -> None:
    said = told(operation, tone())
    client.force_login(volunteer)
    address = f"/sample/desk/reports/{said.ref}/files/1"
    all_of_it = client.get(address).content
    answer = client.get(address, headers={"range": asked, "accept-encoding": "gzip"})
    assert answer.status_code == status
    assert answer.headers.get("Content-Range", "").startswith(given)
    if status == 206:
        first = int(given.split()[1].split("-")[0])
        assert all_of_it[first:].startswith(answer.content)
        assert answer.headers["Content-Length"] == str(len(answer.content))


def test_outsiders_see_nothing_of_the_desks_files(photo: Attachment, outsider: Person, client: Client) -> None:
    assert client.get(desk(photo)).status_code == 302
    client.force_login(outsider)
    for what in ("", "/small", "/publication/"):
        assert client.get(desk(photo, what)).status_code == 403


# --- published one by one ------------------------------------------------------------------------------------------


def test_nobody_gets_a_file_that_no_person_has_published(photo: Attachment, client: Client) -> None:
    assert client.get(whole(photo)).status_code == 404
    assert b"/files/" not in client.get(f"/sample/events/{of(photo).ref}/").content
    release = by_ref(of(photo).operation, PUBLIC, Purpose.VIEW, of(photo).ref)
    assert release is not None
    assert release.files == ()


def test_readers_get_exactly_what_the_preview_showed(photo: Attachment, verifier: Person, client: Client) -> None:
    client.force_login(verifier)
    page = client.get(desk(photo, "/publication/")).content.decode()
    assert f'src="{desk(photo)}"' in page
    preview = client.get(desk(photo)).content
    answer = client.post(desk(photo, "/publication/"), {"show": "1", "reason": WHY})
    assert answer.headers["Location"] == f"/sample/desk/events/{of(photo).ref}/"
    stranger = Client()
    given = stranger.get(whole(photo))
    assert given.content == preview
    assert hashlib.sha256(given.content).hexdigest() == photo.copy_sha256
    assert given.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert "no-cache" in given.headers["Cache-Control"]
    shown = stranger.get(f"/sample/events/{of(photo).ref}/").content.decode()
    assert 'alt="photo 1 of 1, 320 × 240"' in shown
    assert f"photo-{ref(photo)}.jpg" in shown
    assert "Jean Baptiste" not in shown
    decision = Decision.objects.latest("id")
    assert (decision.kind, decision.reason, decision.person_id) == (DecisionKind.SHOW_FILE, WHY, verifier.pk)


def test_nothing_planted_is_in_anything_that_leaves(operation: Operation, verifier: Person, client: Client) -> None:
    photos = list(hostile_photos().values())
    event = actions.accept(verifier, told(operation), DRAFT)
    for start in range(0, len(photos), 5):
        actions.attach(verifier, told(operation, *photos[start : start + 5], gateway_id=str(start)), event)
    for row in Attachment.objects.select_related("report"):
        show_to_readers(verifier, row, WHY)
    pages = [f"/sample/events/{event.ref}/", "/sample/events.geojson", "/sample/events.csv", "/sample/events.atom",
             "/sample/events.rss", "/sample/"]  # fmt: skip
    files = [
        f"/sample/events/{event.ref}/files/{row.ref}{small}"
        for row in Attachment.objects.all()
        for small in ("", "/small")
    ]
    assert len(files) == 2 * len(photos) >= 40
    marks = {*PLANTED, *COORDINATES} - {b"<script"}  # the pages have scripts of their own
    for address in (*pages, *files):
        answer = client.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        assert answer.status_code == 200
        assert [mark for mark in marks if mark in body] == [], address
        assert b"Jean Baptiste" not in body


def test_what_was_taken_back_is_gone_at_once(photo: Attachment, verifier: Person, client: Client) -> None:
    show_to_readers(verifier, photo, WHY)
    etag = client.get(whole(photo)).headers["ETag"]
    assert client.get(whole(photo), headers={"if-none-match": etag}).status_code == 304
    hide_from_readers(verifier, photo, "A face can be known.")
    for address in (whole(photo), f"{whole(photo)}/small"):
        answer = client.get(address, headers={"if-none-match": etag})
        assert answer.status_code == 410
        assert answer.content == b"This file is not shown any more.\n"
    assert b"/files/" not in client.get(f"/sample/events/{of(photo).ref}/").content
    assert client.get(f"{whole(photo)}0").status_code == 404


NO_FILES = (
    text_of("house").replace('name = "house"', 'name = "sample"', 1)
    + """
[[limit]]
name = "no-files"
beyond = "team"
without = ["files"]
why = "No files."
"""
)


@pytest.mark.parametrize("kept_from", ["an event kept back", "files kept back"])
def test_a_file_published_with_what_readers_do_not_get_is_not_told(
    kept_from: str, photo: Attachment, verifier: Person, lead: Person, someone: Callable[..., Person], client: Client
) -> None:
    event = of(photo)
    if kept_from == "an event kept back":
        actions.edit(verifier, event, replace(DRAFT, handling=Handling(sensitivity=Sensitivity.SEVERE)))
    else:
        version = activation.propose(lead, event.operation, NO_FILES, "agreed")
        activation.activate(someone("carol", Role.CUSTODIAN), version, "agreed")
    assert client.get(whole(photo)).status_code == 404
    show_to_readers(verifier, photo, WHY)
    assert client.get(whole(photo)).status_code == 404
    hide_from_readers(verifier, photo, "A face can be known.")
    assert client.get(whole(photo)).status_code == 404


def test_addresses_and_names_of_files_do_not_count_those_that_are_hidden(
    operation: Operation, verifier: Person, client: Client
) -> None:
    """Who sees two of them must not know how many came in between, nor how many others came with the same report."""
    event = actions.accept(verifier, told(operation, tone(), tone(seconds=2), PHOTO), DRAFT)
    shown = Attachment.objects.select_related("report").get(copy_type="image/jpeg")
    show_to_readers(verifier, shown, WHY)
    address = whole(shown)
    assert re.fullmatch(rf"/sample/events/{event.ref}/files/[0-9a-z]{{8}}", address)
    for sent in (client.get(address), client.get(f"{address}/small")):
        assert sent.headers["Content-Disposition"].endswith(f'-{ref(shown)}.jpg"')
    for number in (shown.pk, shown.number):
        assert client.get(f"/sample/events/{event.ref}/files/{number}").status_code == 404
    hide_from_readers(verifier, shown, "A face can be known.")
    show_to_readers(verifier, shown, WHY)
    assert whole(shown) == address


def test_files_of_an_earlier_version_get_an_address_when_it_is_upgraded(photo: Attachment, verifier: Person) -> None:
    from importlib import import_module

    from django.apps import apps

    hidden = told(photo.report.operation, PHOTO, gateway_id="two")
    show_to_readers(verifier, photo, WHY)
    Attachment.objects.update(ref=None)
    import_module("rapport.reports.migrations.0012_refs_of_files").name(apps, None)
    assert len(ref(photo) or "") == 8
    assert Attachment.objects.get(report=hidden).ref is None


def test_either_decision_can_be_undone(photo: Attachment, verifier: Person, client: Client) -> None:
    shown = show_to_readers(verifier, photo, WHY)
    hidden = hide_from_readers(verifier, photo, "A face can be known.")
    with pytest.raises(Conflict, match="Undo that first"):
        undo(verifier, shown)
    undo(verifier, hidden)
    assert client.get(whole(photo)).status_code == 200
    undo(verifier, shown)
    assert client.get(whole(photo)).status_code == 410
    assert Decision.objects.filter(kind=DecisionKind.UNDO).count() == 2


def test_only_a_verifier_decides_and_only_with_a_reason(
    photo: Attachment, volunteer: Person, verifier: Person, client: Client
) -> None:
    with pytest.raises(NotAllowed):
        show_to_readers(volunteer, photo, WHY)
    with pytest.raises(Refused, match="reason"):
        show_to_readers(verifier, photo, " ")
    client.force_login(verifier)
    answer = client.post(desk(photo, "/publication/"), {"show": "1", "reason": " "})
    assert answer.status_code == 400
    assert "Write the reason" in answer.content.decode()
    photo.refresh_from_db()
    assert photo.published_in is None


def test_a_button_pressed_twice_decides_once(photo: Attachment, verifier: Person, client: Client) -> None:
    client.force_login(verifier)
    for _ in range(2):
        client.post(desk(photo, "/publication/"), {"show": "1", "reason": WHY})
    assert Decision.objects.filter(kind=DecisionKind.SHOW_FILE).count() == 1


def test_a_file_goes_with_its_event(photo: Attachment, verifier: Person, client: Client) -> None:
    """Withdrawn, drafted, of persons at risk: the file is not shown, and its address tells nothing of it; shown again
    with the event."""
    event = of(photo)
    show_to_readers(verifier, photo, WHY)
    actions.publish(verifier, event, Publication.WITHDRAWN, "Wrong place")
    assert client.get(whole(photo)).status_code == 404
    actions.publish(verifier, event, Publication.PUBLISHED)
    assert client.get(whole(photo)).status_code == 200
    at_risk = EventDraft(title="", summary="", categories=("1a",), spot=DELMAS)
    actions.edit(verifier, event, at_risk)
    event.refresh_from_db()
    assert event.persons_at_risk
    assert client.get(whole(photo)).status_code == 404
    assert b"/files/" not in client.get(f"/sample/events/{event.ref}/").content


@pytest.mark.parametrize("case", ["draft", "no event", "at risk", "no copy"])
def test_what_stands_in_the_way_is_said(case: str, operation: Operation, verifier: Person, client: Client) -> None:
    said = told(operation, HEIC if case == "no copy" else PHOTO)
    if case != "no event":
        draft = EventDraft(title="", summary="", categories=("1a",), spot=DELMAS) if case == "at risk" else DRAFT
        actions.accept(verifier, said, draft, publish=case != "draft")
    row = Attachment.objects.select_related("report").get()
    with pytest.raises(Conflict) as conflict:
        show_to_readers(verifier, row, WHY)
    client.force_login(verifier)
    page = client.get(desk(row, "/publication/")).content.decode()
    assert str(conflict.value) in page
    assert 'name="show"' not in page


def test_in_another_event_a_file_is_not_shown_until_somebody_says_so(
    photo: Attachment, operation: Operation, verifier: Person, client: Client
) -> None:
    first = of(photo)
    show_to_readers(verifier, photo, WHY)
    other = actions.accept(verifier, report(operation, "Menm bagay"), DRAFT)
    merging.merge(verifier, other, first)
    assert of(photo) == other
    assert client.get(whole(photo)).status_code == 404
    merge = Decision.objects.get(kind=DecisionKind.MERGE)
    undo(verifier, merge)
    assert of(photo) == first
    assert client.get(whole(photo)).status_code == 200
    merging.merge(verifier, other, first)
    show_to_readers(verifier, photo, "Here too.")
    assert client.get(whole(photo)).status_code == 200


def test_feeds_carry_the_address_and_nothing_else(photo: Attachment, verifier: Person, client: Client) -> None:
    show_to_readers(verifier, photo, WHY)
    feature = json.loads(b"".join(client.get("/sample/events.geojson").streaming_content))["features"][0]  # type: ignore[attr-defined]
    assert [address.removeprefix("http://testserver") for address in feature["properties"]["files"]] == [whole(photo)]


def test_readers_pages_learn_of_it_at_once(photo: Attachment, verifier: Person, client: Client) -> None:
    before = client.get("/sample/pulse").content
    show_to_readers(verifier, photo, WHY)
    assert client.get("/sample/pulse").content != before


def test_a_file_destroyed_by_request_changes_the_feeds_for_those_who_had_it(
    operation: Operation, verifier: Person, someone: Callable[..., Person], client: Client
) -> None:
    """Told when the file is gone: told before, nothing would have changed yet."""
    said = told(operation, PHOTO, sender=Address("tel", "+50937011234"))
    actions.accept(verifier, said, DRAFT)
    show_to_readers(verifier, Attachment.objects.select_related("report").get(), WHY)
    before = client.get("/sample/events.geojson")
    assert b"/files/" in b"".join(before.streaming_content)  # type: ignore[attr-defined]
    assert said.sender is not None
    run = asking.destroy(someone("carol", Role.CUSTODIAN), [said.sender], "The sender asked for it.")
    while run.stage == Stage.DESTROYING:
        running.step(run)
    after = client.get("/sample/events.geojson")
    assert b"/files/" not in b"".join(after.streaming_content)  # type: ignore[attr-defined]
    assert after["ETag"] != before["ETag"]


def test_taking_back_that_a_file_is_shown_tells_the_readers_of_the_event_that_has_it_again(
    photo: Attachment, operation: Operation, verifier: Person, client: Client
) -> None:
    """Shown with one event, split off, shown with the new one, merged again: the last showing is taken back."""
    first = of(photo)
    actions.attach(verifier, report(operation), first)
    show_to_readers(verifier, photo, WHY)
    new = merging.split(verifier, first, [photo.report_id], DRAFT, publish=True)
    show_to_readers(verifier, photo, WHY)
    last = Decision.objects.filter(kind=DecisionKind.SHOW_FILE).latest("pk")
    merging.merge(verifier, Event.objects.get(pk=first.pk), Event.objects.get(pk=new.pk))
    before = client.get("/sample/events.geojson")
    assert b"/files/" not in b"".join(before.streaming_content)  # type: ignore[attr-defined]
    undo(verifier, last)
    after = client.get("/sample/events.geojson")
    assert b"/files/" in b"".join(after.streaming_content)  # type: ignore[attr-defined]
    assert after["ETag"] != before["ETag"]


def test_a_destroyed_file_is_shown_to_nobody(photo: Attachment, verifier: Person, client: Client) -> None:
    show_to_readers(verifier, photo, WHY)
    store.destroy(photo)
    assert client.get(whole(photo)).status_code == 410
    client.force_login(verifier)
    assert client.get(desk(photo)).status_code == 404
    assert "was destroyed." in client.get(f"/sample/desk/reports/{photo.report.ref}/").content.decode()


def test_a_custodian_looks_and_does_not_publish(
    photo: Attachment, someone: Callable[..., Person], client: Client
) -> None:
    client.force_login(someone("cora", Role.CUSTODIAN))
    assert client.get(desk(photo)).status_code == 200
    assert client.get(desk(photo, "/publication/")).status_code == 403


def test_the_event_on_the_desk_lists_files_of_all_its_reports(
    photo: Attachment, operation: Operation, verifier: Person, client: Client
) -> None:
    second = told(operation, encoded("PNG", Image.new("RGB", (40, 30))), gateway_id="two")
    actions.attach(verifier, second, of(photo))
    client.force_login(verifier)
    page = client.get(f"/sample/desk/events/{of(photo).ref}/").content.decode()
    assert "Photos and files (2)" in page
    assert page.count("Show it to readers") == 2
