"""The browser of the tests that ask the database from the same thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect, sync_playwright

from rapport.intake.imports import run
from tests.stories.waiting import PATIENCE

expect.set_options(timeout=1000 * PATIENCE)  # ms, as Playwright itself waits for a click or a page


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all stories: each visitor has a context of their own."""
    # Playwright keeps an event loop in this thread; the database is asked from here all the same, one thing at a time.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def worker() -> Iterator[None]:
    """Does what there is to do for imports, beside the server."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.02):
            run.step()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()
