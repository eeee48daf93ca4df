"""In Chromium: a file is loaded, a call opened, a stranger comments on words that they select, an editor answers, the
text changes, and the synthesis says what became of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from rapport.operations.models import Operation
from rapport.registry.models import Comment
from tests.stories.test_desk_browser import Desk
from tests.web.calls import HOURS, NEW, OLD, address, opened

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
SHOTS = os.environ.get("SCREENSHOTS", "")
FILE = f"""
[framework]
slug = "ours"
title = "Commitments of the network"
body = "The network"
symbol = "N/2026/1"
kind = "commitments"
version = "1"

[sources.minutes]
title = "Minutes of the meeting"

[[provision]]
code = "C-1"
ref = "paragraph 1"
label = "Tell each other soon"
asks = "{OLD}"
sources = ["minutes"]

[[provision]]
code = "C-2"
ref = "paragraph 2"
label = "Meet every year"
asks = "Meet once a year."
sources = ["minutes"]
"""


def sound(page: Page, name: str) -> None:
    """No barrier that a checker finds, and nothing scrolls sideways."""
    page.wait_for_load_state("load")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page)["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def select(page: Page, words: str) -> None:
    """As a finger or a mouse does."""
    page.evaluate(
        """words => {
          const walker = document.createTreeWalker(document.querySelector('[data-text]'), NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf(words);
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + words.length);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            return;
          }
        }""",
        words,
    )


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])
def test_from_a_file_to_a_synthesis_with_every_comment_answered(
    width: int,
    chromium: Browser,
    live_server: Any,
    operation: Operation,
    verifier: Person,
    lead: Person,
    tmp_path: Path,
) -> None:
    operation.kind = "watch"
    operation.save()
    file = tmp_path / "ours.toml"
    file.write_text(FILE)
    size: dict[str, Any] = {"viewport": {"width": width, "height": 844}, "bypass_csp": True}
    leading, editing = (Desk(chromium, live_server.url, who, **size) for who in (lead, verifier))
    reader = chromium.new_context(locale="en", **size).new_page()

    # A lead loads the file and calls for comments on it.
    page = leading.open("/sample/desk/registry/")
    page.get_by_label("A file of your own").set_input_files(file)
    page.get_by_role("button", name="Load the file").click()
    expect(page.get_by_text("Loaded.")).to_be_visible()
    page.get_by_role("link", name="Calls for comment").click()
    page.get_by_role("link", name="New call").click()
    page.get_by_role("link", name="Commitments of the network").click()
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("alert")).to_contain_text("Title")
    sound(page, f"calls-new-{width}")
    page.get_by_label("Title").fill("What telling each other soon means")
    page.get_by_label("What readers should know first").fill("We will write guidance from what you say.")
    page.get_by_label("C-2 Meet every year").uncheck()
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("button", name="Publish the call")).to_be_visible()
    sound(page, f"calls-draft-{width}")
    page.get_by_role("button", name="Publish the call").click()
    expect(page.get_by_text("open for comments")).to_be_visible()

    # A stranger comments on words that they select.
    reader.goto(f"{live_server.url}/sample/registry/norms/ours/C-1/")
    reader.get_by_role("link", name="Comment on it").click()
    sound(reader, f"calls-text-{width}")
    select(reader, HOURS)
    expect(reader.get_by_label("Passage", exact=True)).to_have_value(HOURS)
    reader.get_by_role("link", name="This passage is chosen").click()
    reader.get_by_label("Your comment").fill("Nobody can know so soon. 72 hours would do.")
    reader.get_by_label("Your name").fill("Ana Reyes")
    reader.get_by_role("button", name="Send").click()
    expect(reader.get_by_role("alert")).to_contain_text("Write for whom you work or speak")
    expect(reader.get_by_label("Passage", exact=True)).to_have_value(HOURS)
    sound(reader, f"calls-wrong-{width}")
    reader.get_by_label("For whom you work or speak").fill("An operators' association")
    reader.get_by_role("button", name="Send").click()
    expect(reader.get_by_text("waits for a person to look at it")).to_be_visible()
    sound(reader, f"calls-sent-{width}")
    assert Comment.objects.get().anchor["start"] == OLD.index(HOURS)

    # An editor looks at it, shows it and answers it.
    page = editing.open("/sample/desk/registry/calls/")
    page.get_by_role("link", name="What telling each other soon means").click()
    sound(page, f"calls-held-{width}")
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_text("is shown")).to_be_visible()
    page.get_by_role("button", name="Keep as a minority view").click()
    expect(page.get_by_text("is kept as a minority view")).to_be_visible()
    page.get_by_label("taken up in part").check()
    page.get_by_label("Answer to").fill("It is 72 hours now; what is known earlier is told earlier.")
    sound(page, f"calls-answer-{width}")
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("Every comment that is shown has an answer.")).to_be_visible()

    # Another version of the text: the comment finds its passage, and what changed is told.
    page.get_by_role("link", name="C-1 Tell each other soon").click()
    page.get_by_label("The text about C-1").fill(NEW)
    page.get_by_role("button", name="Save as another version").click()
    expect(page.get_by_text("Saved: the text about C-1, version 2.")).to_be_visible()
    page.get_by_label("The synthesis about C-1").fill("Who answers for systems asked for more time.")
    page.get_by_role("button", name="Save the synthesis").click()
    expect(page.get_by_text("Saved: the synthesis about C-1")).to_be_visible()
    sound(page, f"calls-provision-{width}")
    reader.get_by_role("link", name="Back to the text").click()
    expect(reader.get_by_text("The passage was changed since.")).to_be_visible()
    expect(reader.locator("mark")).to_have_text(HOURS.replace("24", "72"))
    sound(reader, f"calls-changed-{width}")
    reader.get_by_role("link", name="What changed, and earlier versions").click()
    expect(reader.locator("ins", has_text="72")).to_be_visible()
    sound(reader, f"calls-versions-{width}")

    # The lead closes the call and publishes the synthesis.
    page = leading.open("/sample/desk/registry/calls/")
    page.get_by_role("link", name="What telling each other soon means").click()
    page.get_by_role("button", name="Close the call").click()
    expect(page.get_by_text("Closed: no comment is taken any more.")).to_be_visible()
    page.get_by_role("button", name="Publish the synthesis").click()
    expect(page.get_by_text("The synthesis is published, above the comments")).to_be_visible()
    sound(page, f"calls-done-{width}")
    reader.goto(f"{live_server.url}/sample/registry/calls/")
    reader.get_by_role("link", name="What telling each other soon means").click()
    sound(reader, f"calls-call-{width}")
    reader.get_by_role("link", name="C-1 Tell each other soon").click()
    summed = reader.locator("section", has=reader.get_by_role("heading", name="Synthesis"))
    expect(summed.get_by_role("link", name="Ana Reyes, An operators' association")).to_be_visible()
    sound(reader, f"calls-synthesis-{width}")
    assert [one for one in (*leading.wrong, *editing.wrong) if "422" not in one] == []  # the form without a title


def test_words_are_chosen_with_the_keys_and_the_same_words_are_told_apart(
    chromium: Browser, live_server: Any, operation: Operation, lead: Person
) -> None:
    call = opened(operation, lead)
    page = chromium.new_context(locale="en").new_page()
    page.goto(live_server.url + address(call))
    page.locator("[data-text]").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_label("Passage", exact=True)).to_have_value("They should")
    page.get_by_label("Your comment").fill("Who are they?")
    page.get_by_label("Your name").fill("Ana Reyes")
    page.get_by_label("For whom you work or speak").fill("Myself")
    page.keyboard.press("Enter")
    expect(page.get_by_text("waits for a person to look at it")).to_be_visible()
    assert Comment.objects.get().anchor["start"] == OLD.index("They should")


def test_without_script_a_passage_is_copied_by_hand(
    chromium: Browser, live_server: Any, operation: Operation, lead: Person
) -> None:
    call = opened(operation, lead)
    page = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}).new_page()
    page.goto(live_server.url + address(call))
    page.get_by_label("Passage", exact=True).fill(HOURS)
    page.get_by_label("Your comment").fill("Too soon.")
    page.get_by_label("Your name").fill("Ana Reyes")
    page.get_by_label("For whom you work or speak").fill("Myself")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("waits for a person to look at it")).to_be_visible()
    assert Comment.objects.get().anchor["quote"] == HOURS
