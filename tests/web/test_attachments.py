"""Files that come with a report: kept with it or not at all, sealed, cleaned in a process of their own."""

from __future__ import annotations

import base64
import io
import json
import re
import stat
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from PIL import Image

from rapport import confined
from rapport.accounts import api_keys
from rapport.errors import Refused, TryAgain
from rapport.intake import limits, refusals, uploads
from rapport.intake.keep import keep
from rapport.operations.models import Operation, Source
from rapport.oversight import keys
from rapport.plugins import JOBS
from rapport.reports.attachments import kinds, sandbox, store, work
from rapport.reports.attachments.copies import Unclean
from rapport.reports.models import Attachment, Report
from rapport.values import GivenFile, Message
from tests.guards.walk import modules
from tests.pure.files import bomb_png, encoded, gif_of, pdf_of, pdf_with, picture, tone
from tests.pure.hostile_photos import COORDINATES, PLANTED, hostile_photos

PHOTO = encoded("JPEG")
WRITTEN = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}  # by Pillow
ADDRESS = "/sample/report/"
FORM_ID = "form-1234567890abcdef"


@pytest.fixture(autouse=True)
def _fresh(settings: Any, tmp_path: Path) -> None:
    for purpose in get_args(keys.KeyPurpose):
        keys.seal(purpose, b"")  # the keys stay those of all tests
    settings.DATA_DIR = tmp_path
    limits.forget()
    refusals.forget()


def submit(client: Client, *files: tuple[str, bytes], **typed: object) -> HttpResponse:
    given = [SimpleUploadedFile(name, data, "image/jpeg") for name, data in files]
    return client.post(ADDRESS, {"form_id": FORM_ID, "text": "No water", "files": given, **typed})  # type: ignore[return-value]


def on_disk(shelf: str = "*") -> list[Path]:
    return [path for path in Path(settings.DATA_DIR).glob(f"attachments/{shelf}/*/*") if path.is_file()]


def kept(operation: Operation, *files: bytes, gateway_id: str = "one") -> list[Attachment]:
    source = Source.objects.get(operation=operation, slug="api")
    given = tuple(GivenFile(f"{number}.jpg", "image/jpeg", data) for number, data in enumerate(files, 1))
    ref = keep(source, [Message("Dlo", gateway_id=gateway_id, files=given)])[0].ref
    return list(Attachment.objects.filter(report__ref=ref).order_by("number"))


def cleaned(attachment: Attachment) -> Attachment:
    while Attachment.objects.get(pk=attachment.pk).state == "waiting":
        assert work.clean() == 1
    attachment.refresh_from_db()
    return attachment


# --- kept with the report, or not at all ---------------------------------------------------------------------------


def test_photos_of_the_form_are_kept_in_the_same_step(client: Client, operation: Operation) -> None:
    photo = SimpleUploadedFile("camera.jpg", PHOTO, "image/jpeg")
    answer = submit(client, ("Water at Delmas.JPG", PHOTO), ("words.txt", b"Pa gen dlo"), photo=photo)
    assert answer.status_code == 302
    rows = list(Attachment.objects.order_by("number"))
    assert [(row.name, row.found_type, row.size) for row in rows] == [
        ("Water at Delmas.JPG", "image/jpeg", len(PHOTO)),
        ("words.txt", "text/plain", 10),
        ("camera.jpg", "image/jpeg", len(PHOTO)),
    ]
    assert {row.report.ref for row in rows} == {Report.objects.get().ref}
    assert store.original(rows[0]) == PHOTO


def test_what_lies_on_disk_is_sealed_and_nobody_elses(client: Client, operation: Operation) -> None:
    submit(client, ("a.jpg", PHOTO), ("b.txt", b"Pa gen dlo nan Delmas"))
    assert len(on_disk()) == 2
    for path in on_disk():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert b"Delmas" not in path.read_bytes()
        assert not path.read_bytes().startswith(b"\xff\xd8")


def test_a_form_sent_twice_keeps_its_files_once(client: Client, operation: Operation) -> None:
    first = submit(client, ("a.jpg", PHOTO))
    again = submit(client, ("a.jpg", PHOTO), ("b.jpg", PHOTO))
    assert first.headers["Location"] == again.headers["Location"]
    assert (Report.objects.count(), Attachment.objects.count(), len(on_disk())) == (1, 1, 1)


def test_a_report_without_files_touches_no_disk(client: Client, operation: Operation) -> None:
    assert submit(client).status_code == 302
    assert on_disk() == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("photo.jpg", b"PK\x03\x04" + bytes(40))], "A file of this kind is not taken"),
        ([("photo.jpg", b"<svg xmlns='x'><script/></svg>")], "A file of this kind is not taken"),
        ([("photo.jpg", PHOTO + bytes(kinds.MAX_FILE))], "A file is larger than 10 MB"),
        ([("photo.jpg", PHOTO)] * 6, "Choose at most 5 files"),
        ([("photo.jpg", PHOTO + bytes(kinds.MAX_FILE - len(PHOTO)))] * 3, "larger than 25 MB"),
    ],
)
def test_a_file_that_is_not_taken_leaves_what_was_typed(
    files: list[tuple[str, bytes]], said: str, client: Client, operation: Operation
) -> None:
    answer = submit(client, *files, text="The bridge is <gone>")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert said in page
    assert "The bridge is &lt;gone&gt;" in page
    assert "Choose your files again" in page
    assert re.search(r'<input id="files"[^>]+aria-invalid="true"', page)
    assert (Report.objects.count(), on_disk()) == (0, [])


def test_a_request_that_no_report_needs_is_not_read(client: Client, operation: Operation) -> None:
    answer = client.post(ADDRESS, {"text": "x"}, headers={"content-length": str(uploads.MAX_READ + 1)})
    assert answer.status_code == 413
    assert "choose fewer files" in answer.content.decode()


def test_while_too_many_files_come_in_people_are_told_to_wait(
    client: Client, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_HELD", 1_000)
    answer = submit(client, ("a.jpg", PHOTO))
    assert answer.status_code == 503
    assert "wait a minute" in answer.content.decode()
    assert uploads._held == 0


def test_files_leave_room_for_reports(client: Client, operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT_FREE", sys.maxsize)  # whatever is free is too little
    page = submit(client, ("a.jpg", PHOTO))
    assert page.status_code == 400
    assert "no room for files now" in page.content.decode()
    assert "No water" in page.content.decode(), "what was typed is still there"
    assert on_disk() == []
    assert submit(client).status_code == 302, "a report without files is taken"
    source = Source.objects.get(operation=operation, slug="api")
    with pytest.raises(Refused, match="no room"):
        keep(source, [Message("Dlo", files=(GivenFile("a.jpg", "image/jpeg", PHOTO),))])


def test_a_disk_that_takes_no_file_keeps_no_report(operation: Operation, tmp_path: Path) -> None:
    (tmp_path / "attachments").write_text("a file where the folder should be")
    with pytest.raises(TryAgain):
        kept(operation, PHOTO)
    assert Report.objects.count() == 0


def test_if_the_second_file_cannot_be_written_the_first_goes(
    operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, calls = store._write, iter([None, OSError(28, "No space left on device")])

    def full(*args: Any) -> None:
        if error := next(calls):
            raise error
        write(*args)

    monkeypatch.setattr(store, "_write", full)
    with pytest.raises(TryAgain, match="No space left"):
        kept(operation, PHOTO, PHOTO)
    assert (Report.objects.count(), on_disk()) == (0, [])


# --- by the API ----------------------------------------------------------------------------------------------------


@pytest.fixture
def call(client: Client, operation: Operation) -> Any:
    source = Source.objects.get(operation=operation, slug="api")
    api_keys.forget()
    key = api_keys.make(source.pk, source.operation_id, "a partner", None)

    def send(body: Any, content_type: str = "application/json") -> Any:
        return client.post(
            "/api/sample/reports", body, content_type=content_type, headers={"authorization": f"Bearer {key}"}
        )

    return send


def in_json(*files: bytes, **more: Any) -> str:
    given = [{"name": "a.jpg", "type": "image/jpeg", "data": base64.b64encode(data).decode()} for data in files]
    return json.dumps({"id": "1", "text": "Dlo", "files": given, **more})


def test_files_come_in_base64(call: Any) -> None:
    noise = encoded("PNG", Image.effect_noise((900, 600), 90))  # more than a report may have without files
    answer = call(in_json(PHOTO, noise))
    assert answer.json()["kept"] == 1, answer.content
    assert [store.original(row) for row in Attachment.objects.order_by("number")] == [PHOTO, noise]
    assert call(in_json(PHOTO)).json()["already"] == 1
    assert (Attachment.objects.count(), len(on_disk())) == (2, 2)


def test_files_come_beside_a_report(call: Any) -> None:
    form = {"report": '{"id": "2", "text": "Dlo"}', "files": [SimpleUploadedFile("a.jpg", PHOTO)]}
    answer = call(form, MULTIPART_CONTENT)
    assert answer.json()["kept"] == 1, answer.content
    assert store.original(Attachment.objects.get()) == PHOTO
    missing = call({"files": [SimpleUploadedFile("a.jpg", PHOTO)]}, MULTIPART_CONTENT)
    assert (missing.status_code, missing.json()["field"]) == (400, "report")
    broken = call(b"nothing of a form", "multipart/form-data; boundary=x")
    assert broken.status_code == 400


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (in_json(b"MZ" + bytes(60)), "file_kind"),
        (in_json(*[PHOTO] * 6), "wrong_field"),
        (json.dumps({"text": "x", "files": [{"data": "not base64!"}]}), "wrong_field"),
        (json.dumps({"text": "x", "files": [], "fields": {"a": "x" * 300_000}}), "too_large"),
    ],
)
def test_a_row_with_a_bad_file_says_so_and_spoils_no_other(body: str, reason: str, call: Any) -> None:
    answer = call(f'[{body}, {{"text": "Good"}}]').json()
    assert (answer["kept"], answer["refused"]) == (1, 1)
    assert answer["rows"][0]["reason"] == reason
    assert answer["rows"][0]["remedy"]
    assert on_disk() == []


# --- cleaned -------------------------------------------------------------------------------------------------------


def test_the_worker_makes_the_copies() -> None:
    assert JOBS["attachments"] == "rapport.reports.attachments.work.clean"


def test_a_photo_does_not_wait_for_documents(operation: Operation) -> None:
    kept(operation, pdf_of("Dlo"), pdf_of("Manje"), gateway_id="one")
    (photo,) = kept(operation, PHOTO, gateway_id="two")
    work.clean()
    photo.refresh_from_db()
    assert photo.state == "clean"


def test_each_kind_gets_its_copy(operation: Operation) -> None:
    files = [PHOTO, tone(), pdf_of("Dlo", pages=2), b"Pa gen dlo", gif_of(3)]
    rows = [cleaned(row) for row in kept(operation, *files)]
    assert [(row.state, row.copy_type) for row in rows] == [
        ("clean", "image/jpeg"), ("clean", "audio/wav"), ("clean", "application/pdf"), ("clean", "text/plain"),
        ("clean", "image/jpeg"),
    ]  # fmt: skip
    assert (rows[0].width, rows[0].height, rows[1].seconds, rows[2].pages) == (320, 240, 1.0, 2)
    for row in rows:
        copy = store.copy(row)
        assert copy is not None
        assert (len(copy), row.problem) == (row.copy_size, "")
    assert work.clean() == 0


def test_what_cannot_be_decoded_is_kept_and_says_why(operation: Operation) -> None:
    heic = b"\0\0\0\x18ftypheic" + bytes(100)
    row = cleaned(kept(operation, heic)[0])
    assert (row.state, store.copy(row)) == ("refused", None)
    assert "HEIC files cannot be decoded here" in row.problem
    assert store.original(row) == heic


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a PNG of 2.5 gigapixels", bomb_png(50_000, 50_000), "points"),
        ("a damaged photo", PHOTO[: len(PHOTO) // 2], "damaged"),
        ("a photo in name only", b"\xff\xd8\xff" + b"nothing" * 20, "damaged"),
        ("a PDF that is none", b"%PDF-1.7 and nothing", "damaged"),
        ("a WAV without sound", tone()[:44], "sound"),
        ("an MP3 of noise", b"ID3\x04" + bytes(range(256)) * 40, "sound"),
    ],
)
def test_bombs_and_broken_files_are_refused_once_and_for_all(
    name: str, data: bytes, why: str, operation: Operation
) -> None:
    row = cleaned(kept(operation, data)[0])
    assert row.state == "refused", name
    assert why in row.problem
    assert (row.tries, work.clean()) == (1, 0)
    assert on_disk("copies") == []


@pytest.mark.soak
def test_a_document_that_inflates_is_refused(operation: Operation) -> None:
    """Drawing commands that fill thirty pages again and again, 300 MB of them in 1 MB."""
    packer = zlib.compressobj(9)
    line = b"0 0 595 842 re f\n" * 4096
    body = b"".join(packer.compress(line) for _ in range(4_500)) + packer.flush()
    row = cleaned(kept(operation, pdf_with(body, pages=30, how=b"/Filter /FlateDecode"))[0])
    assert (row.state, row.tries, on_disk("copies")) == ("refused", 1, [])


def test_a_cleaner_that_breaks_off_refuses_the_file(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_START", "import os; os.kill(os.getpid(), 11)")
    row = cleaned(kept(operation, PHOTO)[0])
    assert (row.state, row.tries) == ("refused", 1)
    assert "broke off" in row.problem


def test_a_cleaner_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_START", "import time; time.sleep(60)")
    monkeypatch.setattr(sandbox, "CLEANER", replace(sandbox.CLEANER, patience=0.5))
    with pytest.raises(Unclean, match="took too long"):
        sandbox.cleaned(PHOTO * 200, kinds.JPEG)


def test_a_cleaner_that_never_stops_talking_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_START", "import sys\nwhile True: sys.stdout.write('x' * 1000000)")
    monkeypatch.setattr(sandbox, "MAX_COPY", 5_000_000)
    with pytest.raises(Unclean, match="limit"):
        sandbox.cleaned(PHOTO, kinds.JPEG)


def test_the_cleaner_has_no_environment_no_files_and_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_SECRET_OF_TESTS", "open sesame")
    tried = """
import sys; sys.path.insert(0, sys.argv[1])
from rapport.confined import limit
limit(*map(int, sys.argv[3:5]))
import json, os, resource
said = [sorted(os.environ), resource.getrlimit(resource.RLIMIT_CORE)[0], os.getcwd()]
try:
    open("/tmp/rapport-written-by-the-cleaner", "w").write("x" * 10_000); said.append("written")
except OSError:
    said.append("not written")
try:
    bytearray(2 ** 31); said.append("much memory")
except MemoryError:
    said.append("little memory")
sys.stdout.write(json.dumps({"refused": json.dumps(said)}))
"""
    monkeypatch.setattr(confined, "_START", "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)" + tried)
    with pytest.raises(Unclean) as said:
        sandbox.cleaned(PHOTO, kinds.JPEG)
    environment, core, folder, written, memory = json.loads(str(said.value))
    assert set(environment) <= {"LANG", "LC_CTYPE"}
    assert (core, folder, written, memory) == (0, "/", "not written", "little memory")


def test_a_file_that_takes_the_worker_down_is_not_tried_for_ever(
    operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = kept(operation, PHOTO)[0]

    def killed(*_: object) -> None:
        raise KeyboardInterrupt  # as if the worker were gone

    monkeypatch.setattr(sandbox, "cleaned", killed)
    for _ in range(work.TRIES):
        with pytest.raises(KeyboardInterrupt):
            work.clean()
    assert (cleaned(row).state, work.clean()) == ("refused", 0)
    assert "again and again" in row.problem


def test_a_changed_original_is_not_passed_on(operation: Operation) -> None:
    row = kept(operation, PHOTO)[0]
    path = on_disk("originals")[0]
    path.write_bytes(path.read_bytes()[:-8] + b"AAAAAAAA")
    assert "cannot be read" in cleaned(row).problem


def test_destroying_the_key_destroys_original_and_copy(operation: Operation) -> None:
    row = cleaned(kept(operation, PHOTO)[0])
    saved = on_disk("originals")[0].read_bytes()
    store.destroy(row)
    row.refresh_from_db()
    assert (on_disk(), store.copy(row), row.state, row.published_in) == ([], None, "refused", None)
    assert row.sha256  # what it was can still be proved
    store._path("originals", row.stored).write_bytes(saved)  # even if somebody had kept the file
    with pytest.raises(InvalidToken):
        store.original(row)


def test_files_that_belong_to_nothing_are_swept_away_in_time(operation: Operation) -> None:
    row = kept(operation, PHOTO)[0]
    store.put([GivenFile("lost.jpg", "image/jpeg", PHOTO)])
    assert store.sweep() == 0  # it may belong to a request that is not through yet
    later = 2 * store.LEFT_OVER + on_disk()[0].stat().st_mtime
    assert store.sweep(now=later) == 1
    assert [path.name for path in on_disk()] == [row.stored]


def test_sweeping_does_not_ask_the_database_for_each_file(
    operation: Operation, django_assert_max_num_queries: Any
) -> None:
    kept(operation, PHOTO, PHOTO, PHOTO)
    for path in on_disk("originals"):  # as if all of them had come to lie in one folder
        for number in range(30):
            path.with_name(f"{path.name}.{number:08x}").write_bytes(b"left over")
    with django_assert_max_num_queries(3):
        assert store.sweep(now=2 * store.LEFT_OVER + on_disk()[0].stat().st_mtime) == 0


def test_nobody_but_the_cleaner_opens_an_original() -> None:
    import ast

    users = {
        str(file)
        for file, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "original" and getattr(node.value, "id", "") == "store"
    }
    assert users == {"reports/attachments/work.py"}


# --- nothing of what nobody sees -----------------------------------------------------------------------------------


@pytest.mark.soak
def test_nothing_that_a_photo_carries_is_in_its_copy(operation: Operation, capsys: pytest.CaptureFixture[str]) -> None:
    """Photos with coordinates and words planted wherever a photo can carry them: none of it is in a copy. In the quick
    tests the same photos are cleaned in this process, see tests/pure/test_clean.py."""
    photos = hostile_photos()
    for name, data in photos.items():
        assert any(mark in data for mark in (*PLANTED, *COORDINATES)) or name.startswith("packed"), name
        row = cleaned(kept(operation, data, gateway_id=name)[0])
        assert row.state == "clean", f"{name}: {row.problem}"
        for copy in (store.copy(row), store.small(row)):
            assert copy
            assert [mark for mark in (*PLANTED, *COORDINATES) if mark in copy] == [], name
            with Image.open(io.BytesIO(copy)) as made:
                assert not made.getexif(), name
                assert set(made.info) <= {
                    "jfif",
                    "jfif_version",
                    "jfif_unit",
                    "jfif_density",
                    "progressive",
                    "progression",
                }, name
                assert getattr(made, "n_frames", 1) == 1
                made.load()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(photos)} photos with planted coordinates and words: in 0 of {2 * len(photos)} copies\n"
        )
    assert len(photos) >= 20


def test_what_is_seen_stays(operation: Operation) -> None:
    row = cleaned(kept(operation, encoded("PNG", picture(600, 400)))[0])
    with Image.open(io.BytesIO(store.copy(row) or b"")) as made:
        assert made.size == (600, 400)
        red, green, blue = made.convert("RGB").getpixel((30, 300))  # type: ignore[misc]
        assert abs(red - 90) + abs(green - 140) + abs(blue - 190) < 30


def test_the_limits_of_the_cleaner_are_below_those_of_the_machine() -> None:
    assert sandbox.CLEANER.seconds < sandbox.CLEANER.patience
