"""`make fuzz` gives every reader whole files, damages them the same way for the same seed, and sees what fails."""

from __future__ import annotations

import random

import pytest

from bench.fuzz.__main__ import damaged, fault
from bench.fuzz.readers import READERS, Reader
from rapport import plugins
from rapport.errors import Refused


@pytest.mark.parametrize("name", READERS)
def test_whole_files_and_the_first_damaged_ones_are_read_or_refused(name: str) -> None:
    reader = READERS[name]
    seeds, chance = reader.seeds(), random.Random(1)
    for data in (*seeds, *(damaged(chance, seeds, reader) for _ in range(5))):
        assert fault(reader.read, data) == ""


def test_every_channel_is_among_the_readers() -> None:
    assert set(plugins.CHANNELS) | {"mastodon", "feed", "cap-feed", "letter"} <= set(READERS)


def test_damage_is_the_same_for_the_same_seed_and_is_damage() -> None:
    reader = READERS["cap"]
    seeds = reader.seeds()
    once, again = ([damaged(random.Random(seed), seeds, reader) for seed in range(50)] for _ in range(2))
    assert once == again
    assert sum(data not in seeds for data in once) > 40


def test_a_panic_is_seen_and_a_refusal_is_none() -> None:
    class PanicException(BaseException):
        """As Rust's are."""

    def panics(data: bytes) -> None:
        raise PanicException

    def refuses(data: bytes) -> None:
        raise Refused("not_text", "Send text.")

    assert "PanicException" in fault(panics, b"")
    assert fault(Reader(refuses, list, ()).read, b"") == ""
