"""`rapport protocol`: a protocol is looked over and tried out, with nothing set up."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rapport.cli.bench_sharing import distinct, longest
from rapport.cli.main import run
from rapport.sharing.protocol import library

CASES = Path(__file__).parents[1] / "data" / "isp" / "cases.csv"
Capture = pytest.CaptureFixture[str]


def result(capsys: Capture, *words: str) -> Any:
    assert run(["protocol", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def failure(capsys: Capture, *words: str) -> str:
    assert run(["protocol", *words]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    return err


def test_check_says_what_to_look_at_and_what_is_to_be_signed(capsys: Capture) -> None:
    found = result(capsys, "check", "ukraine")
    assert (found["name"], found["error"], len(found["sha256"])) == ("ukraine", 0, 64)
    assert found["warning"] == sum(one["severity"] == "warning" for one in found["faults"])
    assert run(["protocol", "check", "ukraine"]) == 0
    assert "The stricter wins" in capsys.readouterr().out


def test_check_fails_where_a_rule_cannot_have_been_meant(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    never = '[[entry]]\nname = "never"\nlevel = "low"\nwhy = "-"\nunless = { consent = ["yes", "no"] }\n'
    file.write_text(library.text_of("default") + never, encoding="utf-8")
    assert "1 of its rules cannot have been meant" in failure(capsys, "check", str(file))
    file.write_text("[protocol]\nnam = 1", encoding="utf-8")
    assert failure(capsys, "check", str(file)).startswith("audience: the last one")
    file.write_bytes('[protocol]\nname = "é"'.encode("latin-1"))
    assert "save it as UTF-8" in failure(capsys, "check", str(file))
    assert "rapport brings afghanistan, closed, default, house, network, ukraine" in failure(
        capsys, "check", str(tmp_path / "none.toml")
    )


def test_show_prints_what_comes_with_rapport(capsys: Capture) -> None:
    assert [one["name"] for one in result(capsys, "show")] == library.names()
    assert run(["protocol", "show", "default"]) == 0
    assert capsys.readouterr().out.strip() == library.text_of("default").strip()


def test_rule_says_level_what_is_left_by_which_rules_and_why(capsys: Capture) -> None:
    facts = ("data_type=3w_presence", "finest=adm2", "aggregation=aggregated", "smallest_cell=20", "names=no",
             "consent=yes", "control=government", "personal_data=no")  # fmt: skip
    found = result(capsys, "rule", "ukraine", *facts)
    assert (found["level"], found["allow"], found["audience"]) == ("low", True, "public")
    assert found["left"]["marking"] == "TLP:CLEAR"
    assert found["rules"] == ["low-for-all", "presence-government"]
    assert found["reason"] == "Of low sensitivity: anybody may have it."
    health = result(capsys, "rule", "ukraine", *facts[:1], "finest=adm3", *facts[2:], "sector=health,wash")
    assert (health["level"], health["allow"], health["left"]) == ("high", False, None)
    small = result(capsys, "rule", "ukraine", *facts[:3], "smallest_cell=4", *facts[4:], "--audience", "response")
    assert (small["allow"], small["reason"]) == (False, "Counts under five could point to single people.")


def test_rule_says_what_nobody_has_said_and_it_hangs_on(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    refused = '[[limit]]\nname = "refused"\nwhy = "They refused."\nnothing = true\nwhen = { consent = ["no"] }\n'
    file.write_text(library.text_of("default") + refused, encoding="utf-8")
    found = result(capsys, "rule", str(file), "kind=event")
    assert (found["level"], found["allow"], found["not_said"]) == ("low", False, ["consent"])
    assert run(["protocol", "rule", str(file), "kind=event"]) == 0
    assert "not said  consent: what is not known counts against release" in capsys.readouterr().out
    found = result(capsys, "rule", str(file), "kind=event", "consent=yes")
    assert (found["allow"], found["not_said"]) == (True, [])


def test_rule_asks_at_a_time(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    ended = '[[limit]]\nname = "vote"\nwhy = "The vote."\nnothing = true\nuntil = 2026-03-02\n'
    file.write_text(library.text_of("default") + ended, encoding="utf-8")
    thing = ("data_type=situation_report", "names=no", "aggregation=record")
    for at, allow in (("2026-03-01T23:59:59Z", False), ("2026-03-02", True)):
        assert result(capsys, "rule", str(file), *thing, "--at", at)["allow"] is allow


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["finest"], "write a fact as NAME=VALUE"),
        (["finset=adm2"], "finset: nobody knows this fact; did you mean finest?"),
        (["finest=district"], "finest: 'district' is not one of none, national"),
        (["smallest_cell=few"], "write a whole number"),
        (["published_at=yesterday"], "is no time; write a date"),
        (["--audience", "press"], "default has no audience press; it has team, response"),
        (["--at", "noon"], "is no time; write a date"),
    ],
)
def test_rule_says_what_it_does_not_understand(words: list[str], said: str, capsys: Capture) -> None:
    assert said in failure(capsys, "rule", "default", *words)


def test_cases_prints_each_wrong_one(capsys: Capture) -> None:
    found = result(capsys, "cases", "default", str(CASES))
    assert (found["cases"], found["right"], found["macro_f1"], found["wrong"]) == (45, 45, 1.0, [])
    assert [one["recall"] for one in found["levels"]] == [1.0] * 4
    assert run(["protocol", "cases", "default", str(CASES), "--of", "ukraine"]) == 1
    out, err = capsys.readouterr()
    assert "UKR-" in out
    assert err == "36 of 59 cases of ukraine are answered wrongly.\n"
    assert "has no cases of haiti" in failure(capsys, "cases", "default", str(CASES), "--of", "haiti")


def test_it_needs_no_database_and_no_django() -> None:
    code = (
        "import sys\nfrom rapport.cli.main import run\n"
        "assert run(['protocol', 'check', 'default']) == 0\nassert 'django' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_bench_rules_on_things_of_which_no_two_are_the_same() -> None:
    things = distinct(2_000, random.Random(1))
    assert len(set(things)) == 2_000
    assert longest().name == "ukraine"
