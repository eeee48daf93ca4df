"""`rapport cap`: what people read, what programs read, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rapport.cli.main import run
from tests.pure.cap_alerts import SAMPLES, good

Capture = pytest.CaptureFixture[str]


def saved(folder: Path, data: bytes, name: str = "alert.cap") -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def test_a_good_message_has_nothing_to_look_at(tmp_path: Path, capsys: Capture) -> None:
    path = saved(tmp_path, good())
    assert run(["cap", "validate", path, "--profile", "google"]) == 0
    assert capsys.readouterr().out == f"{path}: CAP 1.2, nothing to look at\n"


def test_each_fault_is_one_line_with_its_place_and_what_to_do(tmp_path: Path, capsys: Capture) -> None:
    path = saved(tmp_path, good(("<severity>Severe", "<severity>severe")))
    assert run(["cap", "validate", path]) == 1
    out, error = capsys.readouterr()
    assert out.splitlines()[1] == (
        "  error: line 16, /alert/info[1]/severity: 'severe': Write Severe, with no spaces around it. (CAP schema, 3.4)"
    )
    assert error == "1 of 1 files break the rules: see the errors above.\n"


def test_programs_get_the_same_as_json(tmp_path: Path, capsys: Capture) -> None:
    hostile = saved(tmp_path, b"<!DOCTYPE alert><alert/>", "hostile.cap")
    broken = saved(tmp_path, good(("<event>Aftershock</event>", "")), "broken.cap")
    assert run(["cap", "validate", hostile, broken, "--json"]) == 1
    first, second = json.loads(capsys.readouterr().out)["files"]
    assert (first["refused"], first["messages"]) == ("doctype", [])
    assert second["messages"][0]["valid"] is False
    assert second["messages"][0]["findings"][0]["rule"] == "missing"


def test_two_files_under_one_identity_are_a_conflict(capsys: Capture) -> None:
    names = [str(SAMPLES / f"{name}.cap") for name in ("earthquake", "no_optional_fields")]
    assert run(["cap", "validate", *names]) == 1
    assert "More than one message has this sender, identifier and sent" in capsys.readouterr().out


def test_a_message_is_shown_in_words_with_what_its_signatures_are_worth(capsys: Capture) -> None:
    assert run(["cap", "show", str(SAMPLES / "canada_signed.cap"), "--at", "2013-01-25T00:00:00Z"]) == 0
    out = capsys.readouterr().out
    assert "Actual Update, Public (CAP 1.2): in force" in out
    assert "fr-CA     avertissement de neige" in out
    assert out.count("not trusted. SHA-1 is not taken from this sender.") == 2


def test_with_its_certificate_pinned_a_signature_is_trusted(tmp_path: Path, capsys: Capture) -> None:
    data = (SAMPLES / "canada_signed.cap").read_text(encoding="utf-8")
    body = data.rsplit("<X509Certificate>", 1)[1].split("<")[0]
    pem = saved(tmp_path, f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n".encode(), "canada.pem")
    assert run(["cap", "show", str(SAMPLES / "canada_signed.cap"), "--pinned", pem, "--sha1", "--json"]) == 0
    (shown,) = json.loads(capsys.readouterr().out)
    assert [(one["trusted"], one["weak"], one["valid_now"]) for one in shown["signatures"]] == [
        (False, True, False), (True, True, False),
    ]  # fmt: skip
    assert shown["standing"] == "expired"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--at", "yesterday"], "yesterday is no time; write it with its offset"),
        (["--pinned", str(SAMPLES / "README.md")], "holds no certificate that can be read"),
    ],
)
def test_what_cannot_be_understood_is_one_line(arguments: list[str], said: str, capsys: Capture) -> None:
    assert run(["cap", "show", str(SAMPLES / "weather.cap"), *arguments]) == 1
    assert said in capsys.readouterr().err


def test_what_cannot_be_shown_says_where_the_reason_stands(tmp_path: Path, capsys: Capture) -> None:
    assert run(["cap", "show", saved(tmp_path, good(("<event>Aftershock</event>", "")))]) == 1
    assert "rapport cap validate says what" in capsys.readouterr().err


def test_what_a_stranger_wrote_moves_no_cursor(tmp_path: Path, capsys: Capture) -> None:
    path = saved(tmp_path, good(("Strong", "Strong\u009b2J\n\u202e")))
    assert run(["cap", "show", path]) == 0
    out = capsys.readouterr().out
    assert "en-US     Strong 2J   aftershocks" in out
    assert not set(out) & {"\u009b", "\u202e"}


def test_of_several_files_the_one_that_is_not_read_is_named(tmp_path: Path, capsys: Capture) -> None:
    fine, broken = saved(tmp_path, good()), saved(tmp_path, b"<alert", "broken.cap")
    assert run(["cap", "show", fine, broken]) == 1
    assert capsys.readouterr().err.startswith(f"{broken}: ")
