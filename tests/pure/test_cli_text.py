"""`rapport text`: messages in, lines of JSON out, with nothing set up."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.cli import text_lines
from rapport.cli.main import run
from rapport.text.columns import Texts
from rapport.text.differences import MOST
from rapport.text.kernels.plain import made_plain
from rapport.text.labels.model import SHIPPED, judged, loaded
from rapport.text.labels.reasons import reasons

GAZETTEER = Path(str(files("rapport") / "data" / "haiti-2010" / "gazetteer.csv"))
FIELDS = {
    *("text", "language", "language_share", "second_language", "language_answers", "signature", "labels"),
    *("calibrated", "urgency", "places", "personal_data", "withholding", "risks"),
}
Capture = pytest.CaptureFixture[str]


def answers(tmp_path: Path, capsys: Capture, said: bytes, *words: str) -> list[dict[str, Any]]:
    file = tmp_path / "messages"
    file.write_bytes(said)
    assert run(["text", "analyse", str(file), *words]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_line_of_text_is_a_message(tmp_path: Path, capsys: Capture) -> None:
    said = "Nou bezwen dlo nan Delmas 33, rele 37550123\r\n\n🌊\nwe need water".encode()
    first, blank, emoji, last = answers(tmp_path, capsys, said, "--gazetteer", str(GAZETTEER))
    assert all(set(one) == FIELDS for one in (first, blank, emoji, last))
    assert (first["text"], first["language"], first["calibrated"], first["urgency"]) == (
        "Nou bezwen dlo nan Delmas 33, rele 37550123", "ht", "ht", 2,
    )  # fmt: skip
    assert "water" in {one["label"] for one in first["labels"]}
    assert all(0 <= one["score"] == round(one["score"], 3) <= 1 for one in first["labels"])
    assert (first["places"][0]["name"], first["places"][0]["precision"]) == ("Delmas 33", "locality")
    assert [first["text"][one["start"] : one["end"]] for one in first["personal_data"]] == ["37550123"]
    assert first["withholding"] == "mask"
    assert len(bytes.fromhex(first["signature"])) == 256
    assert (blank["places"], blank["personal_data"], blank["risks"], blank["signature"]) == ([], [], [], "")
    assert last["language"] == "en"


def test_what_else_a_line_of_json_holds_is_passed_on(tmp_path: Path, capsys: Capture) -> None:
    line = json.dumps(
        {"id": 7, "text": "water", "from": {"a": [1, None]}, "labels": "mine", "said_labels": 1, "group": "B"}
    )
    (one,) = answers(tmp_path, capsys, b"\xef\xbb\xbf" + line.encode() + b"\n\n")
    assert set(one) == FIELDS | {"id", "from", "said_labels", "said_said_labels", "said_group"}
    assert (one["said_labels"], one["said_said_labels"], one["said_group"]) == (1, "mine", "B")
    assert (one["id"], one["from"]) == (7, {"a": [1, None]})
    assert isinstance(one["labels"], list)


def test_a_line_that_cannot_be_read_is_told_in_its_place_and_the_others_go_on(tmp_path: Path, capsys: Capture) -> None:
    bad = [b'{"text": ', b"[1]", b'{"text": 7}', b'{"text": NaN}', b"[" * 100_000, b'{"said": "water"}']
    lines = [b'{"text": "water"}', *bad, b'{"text": "dlo"}']
    file = tmp_path / "messages"
    file.write_bytes(b"\n".join(lines))
    assert run(["text", "analyse", str(file)]) == 0
    out, err = capsys.readouterr()
    first, *told, last = map(json.loads, out.splitlines())
    assert (first["text"], last["text"]) == ("water", "dlo")
    assert [one["error"][:6] for one in told] == [f"line {number}" for number in range(2, 8)]
    assert told[0]["error"].startswith("line 2 is no JSON object: ")
    assert all(set(one) == {"error"} for one in told)
    assert "6 of 8 lines are no message" in err


def test_bytes_that_are_no_utf8_are_replaced_and_said(tmp_path: Path, capsys: Capture) -> None:
    good, bad = answers(tmp_path, capsys, "� is a sign\n".encode() + b"we need \xff water\n")
    assert "invalid_utf8" not in good
    assert (bad["text"], bad["invalid_utf8"]) == ("we need � water", True)


def test_a_file_without_any_message_is_an_error(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "messages"
    file.write_bytes(b'{"said": "water"}\n{}\n')
    assert run(["text", "analyse", str(file)]) == 1
    out, err = capsys.readouterr()
    assert [set(json.loads(line)) for line in out.splitlines()] == [{"error"}] * 2
    assert "None of the 2 lines is a message" in err


def test_a_language_that_is_none_is_refused_and_one_that_is_not_recognised_is_said(
    tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "messages"
    file.write_bytes(b"we need water\n")
    assert run(["text", "analyse", str(file), "--language", "klingon"]) != 0
    assert "klingon is no language code" in capsys.readouterr().err
    assert run(["text", "analyse", str(file), "--language", "en", "--language", "qqq"]) == 0
    err = capsys.readouterr().err
    assert "Language qqq: the text engine cannot recognise it" in err
    assert "Language en" not in err


@pytest.mark.parametrize("said", [b"", b"\n"], ids=["nothing", "an empty line"])
def test_little_is_no_error(said: bytes, tmp_path: Path, capsys: Capture) -> None:
    assert len(answers(tmp_path, capsys, said)) == bool(said)


def test_a_line_without_end_is_passed_over(tmp_path: Path, capsys: Capture) -> None:
    long, next_one = answers(tmp_path, capsys, b"a" * 9_000_000 + b"\nwater\n")
    assert long == {"error": "line 1 is longer than 4 MB"}
    assert next_one["text"] == "water"


def test_a_line_that_begins_with_a_brace_is_a_message_where_that_is_said(tmp_path: Path, capsys: Capture) -> None:
    (one,) = answers(tmp_path, capsys, b"{water}\n", "--lines")
    assert one["text"] == "{water}"


def test_nearly_the_same_messages_have_one_group_across_batches(tmp_path: Path, capsys: Capture) -> None:
    text = "We are four hundred people at the school of Delmas, without water for three days"
    said = "\n".join([text, *(f"{number} {number}" for number in range(1_500)), f"RT {text}"])
    found = answers(tmp_path, capsys, said.encode(), "--near-duplicates")
    assert [one["number"] for one in found] == list(range(1, 1_503))
    assert (found[0]["group"], found[-1]["group"]) == (1, 1)
    assert found[-1]["likeness"] > 0.8


def test_what_differs_from_the_likest_earlier_message_is_said(tmp_path: Path, capsys: Capture) -> None:
    text = "{} moun kwense anba lekol la nan {}, tanpri voye ede yo kounye a"
    said = "\n".join([text.format(3, "Delmas"), text.format(3, "Delmas"), text.format(5, "Jacmel"), "dlo"])
    words = ("--near-duplicates", "--gazetteer", str(GAZETTEER))
    first, copy, other, apart = answers(tmp_path, capsys, said.encode(), *words)
    assert (first["differs"], copy["differs"], apart["differs"]) == (None, [], None)
    assert other["group"] == 1
    assert other["differs"] == [
        {"kind": "number", "one": "5", "other": "3"},
        {"kind": "place", "one": "jacmel", "other": "delmas"},
    ]


@given(st.lists(st.integers(0, MOST * 2), max_size=40))
def test_of_earlier_messages_only_so_much_is_kept(lengths: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_lines, "_KEPT", 3 * MOST)
        earlier = text_lines.Earlier()
        for number, length in enumerate(lengths, 1):
            earlier.keep(number, "a" * length)
            assert earlier.size == sum(map(len, earlier.texts.values())) <= 3 * MOST
            assert number in earlier.texts


def test_it_works_in_a_pipe_and_stops_when_nobody_reads() -> None:
    command = [sys.executable, "-m", "rapport.cli", "text", "analyse"]
    piped = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert piped.stdin
    assert piped.stdout
    assert piped.stderr
    piped.stdin.write(b"we need water\n" * 1_000)
    piped.stdin.flush()
    assert json.loads(piped.stdout.readline())["language"] == "en"  # a batch is answered before the input ends
    piped.stdout.close()
    with suppress(BrokenPipeError):
        piped.stdin.write(b"we need water\n" * 10_000)
    with suppress(BrokenPipeError):
        piped.stdin.close()
    assert piped.stderr.read() == b""
    piped.stderr.close()
    assert piped.wait() == 0


def test_figures_have_the_shape_of_a_bench(capsys: Capture) -> None:
    assert run(["text", "evaluate", "--only", "language", "--only", "haiti", "--json"]) == 0
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert list(found) == ["language_kreyol_60", "language_macro_40", "language_wrong_40", "haiti_pairs_found"]
    assert all(set(one) == {"name", "value", "unit", "aim", "better", "peer", "peer_value"} for one in found.values())
    assert all(found[name]["value"] >= found[name]["aim"] for name in found if found[name]["aim"])
    assert run(["text", "evaluate", "--only", "nothing"]) == 1
    assert "labels_macro" in capsys.readouterr().err


def test_the_card_is_that_of_the_model() -> None:
    model = loaded(SHIPPED)
    card = SHIPPED.with_suffix(".md").read_text("utf-8")
    assert card.startswith(f"# {model.id}\n")
    assert all(f"| {label} |" in card for label in model.labels)


# --- why -----------------------------------------------------------------------------------------------------------


def test_a_label_is_explained_by_pieces_of_the_text_as_it_came(capsys: Capture) -> None:
    text = "Nou bezwen DLÒ nan Delmas"
    assert run(["text", "explain", text, "--label", "water", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["given"]
    assert found["pieces"][0]["text"] == "DLÒ"
    assert all(text[one["start"] : one["end"]] == one["text"] for one in found["pieces"])
    assert run(["text", "explain", text, "--label", "watre"]) == 1
    assert "water" in capsys.readouterr().err


@given(st.text(max_size=80) | st.sampled_from(["Nou bezwen dlo", "we need water and food", "ayuda"]),
       st.sampled_from(loaded(SHIPPED).labels), st.sampled_from(["ht", "en", "fr", "", "es"]))  # fmt: skip
def test_all_pieces_and_what_every_text_gets_make_the_probability(text: str, label: str, language: str) -> None:
    text = text.encode(errors="ignore").decode()
    model = loaded(SHIPPED)
    found = reasons(model, text, language, label, most=10_000)
    plain = made_plain(Texts.of(pl.Series([text], dtype=pl.String)))[0]
    said = judged(model, plain, [language]).probabilities[0, model.labels.index(label)]
    if found.probability is None:
        assert np.isnan(said)
    else:
        log_odds = found.all_texts + sum(one.adds for one in found.pieces)
        assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(float(said), abs=1e-3)


def test_what_is_added_does_not_come_from_the_score_alone() -> None:
    """Without a word, the score moves by about what the word was said to add."""
    model = loaded(SHIPPED)
    whole = reasons(model, "we need some water here", "en", "water", most=10_000)
    water = sum(one.adds for one in whole.pieces if one.start >= 13 and one.end <= 18)
    assert water > 0.5 * sum(one.adds for one in whole.pieces) > 0
