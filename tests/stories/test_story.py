"""The main story, with the real server, worker and browser: two SMS become events on the map, and are undone.

Everything is set up as an operator would, by commands and pages.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.migrated import migrated

pytestmark = pytest.mark.browser

OPERATION_FILE = """
slug = "cholera"
kind = "crisis"
time_zone = "America/Port-au-Prince"
bbox = [-74.6, 17.9, -71.5, 20.2]
countries = ["HTI"]
languages = ["ht", "en"]
gazetteers = ["places.csv"]
[names]
en = "Cholera in Artibonite"
[replies.ht]
received = "Mèsi."
ask_place = "Mèsi. Ki kote ou ye?"
stopped = "Nou p ap ekri w ankò."
[[categories]]
code = "water"
names = { en = "Water shortage" }
[[sources]]
slug = "phone"
channel = "smssync"
names = { en = "SMS" }
[[sources]]
slug = "twilio"
channel = "twilio"
names = { en = "Twilio" }
"""
PLACES = Path(__file__).parents[2] / "src/rapport/data/haiti-2010/gazetteer.csv"
SECRET = "open sesame, please"


@dataclass(frozen=True, slots=True)
class World:
    """A running rapport with one operation, two gateways and one person who may do everything."""

    url: str
    password: str
    addresses: dict[str, str]
    database: Path

    def get(self, path: str) -> str:
        with urlopen(self.url + path, timeout=20) as answer:
            return str(answer.read().decode())

    def smssync(self, number: int, text: str) -> dict[str, object]:
        form = {"from": "+50955500001", "message": text, "message_id": str(number), "secret": SECRET}
        return dict(json.loads(self._post("phone", form, {})))

    def twilio(self, number: int, text: str) -> str:
        form = {"MessageSid": f"SM{number:032x}", "From": "+50955500002", "To": "4636", "Body": text}
        signed = self.url + self.addresses["twilio"] + "".join(name + form[name] for name in sorted(form))
        signature = b64encode(hmac.digest(SECRET.encode(), signed.encode(), hashlib.sha1)).decode()
        return self._post("twilio", form, {"X-Twilio-Signature": signature})

    def _post(self, source: str, form: dict[str, str], headers: dict[str, str]) -> str:
        request = Request(self.url + self.addresses[source], urlencode(form).encode(), headers)
        with urlopen(request, timeout=20) as answer:
            return str(answer.read().decode())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("cholera")
    (folder / "operation.toml").write_text(OPERATION_FILE)
    (folder / "places.csv").write_bytes(PLACES.read_bytes())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "DJANGO_"))}
    environ |= {"RAPPORT_DATA_DIR": str(folder / "var"), "RAPPORT_PUBLIC_URL": url, "RAPPORT_SECOND_FACTOR": "optional"}

    def rapport(*words: str) -> str:
        command = [sys.executable, "-m", "rapport.cli", *words]
        return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout

    migrated(folder / "var")
    added = rapport("operation", "add", str(folder / "operation.toml"))
    addresses = {
        "phone": re.findall(r"/in/smssync/\S+", added)[0],
        "twilio": re.findall(r"/in/twilio/\S+", added)[0],
    }
    made = json.loads(rapport("accounts", "add", "lea", "--operation", "cholera", "--role", "lead", "--json"))
    rapport("accounts", "role", "lea", "cholera", "admin")
    server = subprocess.Popen([sys.executable, "-m", "rapport.cli", "serve", "--port", str(port)], env=environ)
    try:
        ready(url)
        yield World(url, made["password"], addresses, folder / "var" / "rapport.db")
    finally:
        server.terminate()
        server.wait(20)


def ready(url: str) -> None:
    for _ in range(150):
        try:
            with urlopen(url + "/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the server did not answer")


def signed_in(browser: Browser, world: World) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(world.url + "/accounts/login/")
    page.locator("input[name=login]").fill("lea")
    page.locator("input[name=password]").fill(world.password)
    page.keyboard.press("Enter")
    page.wait_for_url(world.url + "/")
    return page


def fill_in_secrets(page: Page, world: World) -> None:
    page.goto(world.url + "/cholera/sources/")
    for field in ("secret", "auth_token"):
        page.locator(f"input[name=setting-{field}]").fill(SECRET)
        with page.expect_navigation():
            page.locator(f"form:has(input[name=setting-{field}]) button").first.click()


def test_two_messages_reach_the_map_and_are_taken_back(world: World, chromium: Browser) -> None:
    desk = signed_in(chromium, world)
    fill_in_secrets(desk, world)
    readers = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    asked: list[str] = []
    readers.on("request", lambda request: asked.append(request.url))
    readers.goto(world.url + "/cholera/")
    expect(readers.get_by_text("No event is published yet")).to_be_visible()

    assert world.smssync(1, "Nou se 40 moun, pa gen dlo pou bwè nan Delmas")["payload"]["success"] is True  # type: ignore[index]
    assert "Mèsi." in world.twilio(2, "Nou bezwen dlo nan Jacmel tanpri")

    desk.goto(world.url + "/cholera/desk/")
    for place in ("Delmas", "Jacmel"):
        wait_until_understood(desk, world)
        desk.keyboard.press("n")
        expect(desk.locator("blockquote").first).to_contain_text(place)
        desk.wait_for_load_state("load")  # its keys work
        desk.get_by_label("Water shortage").press("Space")
        desk.keyboard.press("a")
        expect(desk.locator("main")).to_contain_text("Published")

    # The readers' page was never loaded again.
    expect(readers.locator(".events li")).to_have_count(2)
    expect(readers.locator("#list")).to_contain_text("Jacmel")
    assert sorted(places(world)) == ["Delmas", "Jacmel"]
    assert on_map(world) == 2
    assert world.get("/cholera/events.rss").count("<item>") == 2

    desk.goto(world.url + "/cholera/desk/")
    for _ in range(2):
        desk.keyboard.press("u")
        expect(desk.get_by_text("Undone.")).to_be_visible()
        desk.wait_for_load_state("networkidle")
        desk.goto(world.url + "/cholera/desk/")
    expect(readers.locator(".events li")).to_have_count(0)
    assert on_map(world) == 0
    assert places(world) == []
    assert world.get("/cholera/events.rss").count("<item>") == 0
    assert all(url.startswith((world.url, "data:", "blob:")) for url in asked), "asked another host"


def wait_until_understood(desk: Page, world: World) -> None:
    """The worker needs a moment, on a new machine half a minute; until then a report has no suggestions."""
    for _ in range(600):
        with closing(sqlite3.connect(f"file:{world.database}?mode=ro", uri=True, timeout=30)) as connection:
            if not connection.execute("SELECT count(*) FROM reports_report WHERE NOT understood").fetchone()[0]:
                break
        time.sleep(0.2)
    desk.goto(world.url + "/cholera/desk/")


def places(world: World) -> list[str]:
    found = json.loads(world.get("/cholera/events.geojson"))["features"]
    return [feature["properties"]["place"] for feature in found]


def on_map(world: World) -> int:
    found = json.loads(world.get("/cholera/clusters.json?bbox=-180,-90,180,90&zoom=9"))
    assert found["total"] == found["unmapped"] + sum(cluster["count"] for cluster in found["clusters"])
    return int(found["total"])
