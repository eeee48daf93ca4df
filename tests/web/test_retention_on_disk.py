"""After a run nothing of a destroyed sender is in any byte that rapport wrote, and the others lose nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.web.retention import CANARIES, filled, found_in, script
from tests.web.upkeep import failure, rapport, result

pytestmark = pytest.mark.long  # the text engine is made ready in a process of its own

ASKED = ("--as", "cora", "--reason", "The sender asked for it.")

#: What neighbours still have: an address that opens, a file that opens, words.
NEIGHBOURS = """
from rapport.cli.output import set_up
set_up()
import json
from rapport.reports.attachments import store
from rapport.reports.models import Attachment, Report, Sender
there = [one.address.value for one in Sender.objects.filter(destroyed_at=None).order_by("pk")]
files = [store.copy(one).decode() for one in Attachment.objects.exclude(key_sealed=b"")]
from rapport.oversight import keys
originals = [keys.unseal("addresses", bytes(one)).decode() for one in
    Report.objects.exclude(original_sealed=None).values_list("original_sealed", flat=True)]
print(json.dumps({"addresses": sorted(there), "files": files, "originals": originals,
    "texts": sorted(Report.objects.filter(destroyed_at=None).values_list("text", flat=True)),
    "rows": Report.objects.count()}))
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_nothing_of_a_destroyed_sender_is_in_any_byte(data: Path) -> None:
    made = filled(data)
    before = json.loads(script(data, NEIGHBOURS))
    there = {line.split(" in ")[0] for line in found_in(data)}
    assert there >= set(CANARIES) - {"FICHYE"}, "or the test looks for what was never there; files are sealed"
    old_keys = {purpose: (data / "keys" / purpose).read_bytes() for purpose in ("addresses", "attachments")}

    done = rapport(data, "retention", "destroy", "sample", "--report", made["refs"][0], *ASKED, "--yes", "--json")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {kind: told["destroyed"][kind] for kind in ("addresses", "texts", "attachments", "import_files")} == {
        "addresses": 1, "texts": 4, "attachments": 1, "import_files": 1,
    }  # fmt: skip
    assert found_in(data) == []
    assert found_in(data, (made["pseudonym"],)) == []
    assert not [word for word in CANARIES if word.lower() in (done.stdout + done.stderr).lower()]
    for purpose, key in old_keys.items():
        assert found_in(data, (key.decode().strip(),)) == [], purpose
    after = json.loads(script(data, NEIGHBOURS))
    gone = [text for text in before["texts"] if text not in after["texts"]]
    assert len(gone) == 4
    assert set(before["addresses"]) - set(after["addresses"]) == {"+50937011234"}
    assert after["files"] == ["Pawol vwazen"]
    assert after["originals"] == ["from=+50930000001&m=vwazen"]
    assert after["rows"] == before["rows"]
    assert result(data, "retention", "status", "sample")["runs"][0]["proof"] == told["proof"]


def test_without_the_last_word_it_is_only_said_what_would_go(data: Path) -> None:
    filled(data)
    before = (data / "keys" / "addresses").read_bytes()
    words = ("retention", "destroy", "sample", "--address", "+509 3701 1234", *ASKED)
    assert result(data, *words)["would_destroy"] == {
        "addresses": 1, "texts": 4, "held": 0, "attachments": 1, "translations": 1, "messages": 5, "events_stay": 0,
    }  # fmt: skip
    assert (data / "keys" / "addresses").read_bytes() == before
    assert "permission" in failure(data, *(word if word != "cora" else "lea" for word in words), "--yes")
    assert "known by this address" in failure(data, "retention", "destroy", "sample", "--address", "+1 555 000", *ASKED)
