"""The files in deploy/ are what systemd, nginx and rapport itself understand."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from rapport.cli.main import cli
from rapport.intake.imports.store import MOST_BYTES_BY_PAGE
from rapport.reports.attachments.kinds import MAX_TOGETHER
from rapport.web import environment
from tests.guards.walk import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("rapport*.*") if path.suffix in {".service", ".timer"})
INSTALLED = "/opt/rapport/.venv/bin/rapport"


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((DEPLOY / name).read_text(encoding="utf-8"))
    return parser


def test_the_units_are_there() -> None:
    assert UNITS == ["rapport-backup.service", "rapport-backup.timer", "rapport.service"]


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_unit_calls_a_command_with_options_that_there_are(name: str) -> None:
    program, word, *words = unit(name)["Service"]["ExecStart"].split()
    assert program == INSTALLED
    command = cli.get_command(click.Context(cli), word)
    assert command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    assert {option for option in words if option.startswith("--")} <= options


def test_the_settings_are_ones_that_rapport_takes() -> None:
    lines = (DEPLOY / "rapport.env").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert environment.read(given)["RAPPORT_TRUST_PROXY"]
    assert Path(given["RAPPORT_DATA_DIR"]).name == unit("rapport.service")["Service"]["StateDirectory"]


def test_a_server_that_dies_is_started_again_for_ever() -> None:
    assert unit("rapport.service")["Service"]["Restart"] == "always"
    assert unit("rapport.service")["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for name in UNITS:
        (tmp_path / name).write_text((DEPLOY / name).read_text(encoding="utf-8").replace(INSTALLED, "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("nginx") or not shutil.which("openssl"), reason="needs nginx and openssl")
def test_nginx_finds_nothing_wrong_with_its_file(tmp_path: Path) -> None:
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=map.example.org",
         "-keyout", key, "-out", certificate], check=True, capture_output=True,
    )  # fmt: skip
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("/etc/letsencrypt/live/map.example.org", str(tmp_path))
    folders = " ".join(
        f"{what}_temp_path {tmp_path}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; {folders} {text} }}"
    )
    done = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("caddy"), reason="needs caddy")
def test_caddy_finds_nothing_wrong_with_its_file_of_old_with_the_lines_that_it_names(tmp_path: Path) -> None:
    said = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True).stdout
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    if [int(number) for number in re.findall(r"\d+", said)[:3]] < [2, 6, 4]:
        text = re.sub(r"#   (buffer_requests|max_buffer_size \d+)", r"\1", text).replace("request_buffers 4MiB", "")
    (tmp_path / "Caddyfile").write_text(text)
    done = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", tmp_path / "Caddyfile"],
        capture_output=True, text=True, check=False, env=os.environ | {"XDG_DATA_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_nginx_lets_a_certificate_be_renewed() -> None:
    plain = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").split("listen 443")[0]
    assert re.search(r"location /\.well-known/acme-challenge/ \{\s+root /var/www/html;", plain)


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_lets_through_what_rapport_takes(name: str) -> None:
    """A report with all its files, as JSON a third more; a table through the page."""
    found = re.findall(
        r"(?:client_max_body_size|max_size) (\d+)(?:m|MiB)\b", (DEPLOY / name).read_text(encoding="utf-8")
    )
    others, tables = sorted(int(size) * 1024 * 1024 for size in found)
    assert others > MAX_TOGETHER * 4 / 3
    assert tables > MOST_BYTES_BY_PAGE


def test_a_proxy_writes_no_address_of_a_gateway_into_a_log() -> None:
    assert "access_log off;" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert "output discard" in (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
