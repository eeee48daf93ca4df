"""What the text bench says of its peer where there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.table import table
from rapport.cli.bench_text import beside
from rapport.errors import RapportError


def test_without_a_peer_its_figure_is_left_out_with_a_word_why() -> None:
    [figure] = [one.as_json() for one in beside(None)]
    assert figure["name"] == "peer_ratio"
    assert figure["value"] is None
    assert "no --peer was given" in str(figure["unit"])
    assert list(table([figure]))[-1] == "| `peer_ratio` | not measured here | at least 10 |  |  |  |"


def test_an_environment_without_the_peers_libraries_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RapportError):
        list(beside(Path(sys.executable)))
    assert "No module named 'datasketch'" in capfd.readouterr().err
