"""The browser of the tests that ask the database from the same thread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

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
