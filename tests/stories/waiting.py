"""Waiting in a browser's test for what no locator shows, and a page for which no time passes."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page

PATIENCE = 30  # seconds; a machine that is new, or busy, takes long, and waiting costs nothing where all is well


def wait_for(page: Page, done: Callable[[], object]) -> None:
    """Until it has come about, as in the database; the page and its routes go on meanwhile."""
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, "it did not come about"
        page.wait_for_timeout(50)


def still(page: Page) -> None:
    """From here on no timer of its scripts fires and no pause is made between keys, however long this machine takes."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)
