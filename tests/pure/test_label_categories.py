"""Labels become an operation's categories by their HXL tags, whatever these are called."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from rapport.text.labels import model
from rapport.text.labels.categories import TAGS, meant


def test_every_label_with_a_tag_is_one_that_the_model_gives() -> None:
    assert set(TAGS) <= set(model.loaded(model.SHIPPED).labels)


def test_haitis_categories_are_meant_by_what_they_are_about() -> None:
    text = (files("rapport") / "data" / "haiti-2010" / "operation.toml").read_text(encoding="utf-8")
    found = meant({one["code"]: one.get("hxl", "") for one in tomllib.loads(text)["categories"]})
    assert found["water"] == ("2b",)
    assert found["medical_help"] == ("1b",)
    assert found["search_and_rescue"] == ("8d",)
    assert "storm" not in found


def test_a_tag_counts_whatever_the_order_and_spaces_of_its_attributes() -> None:
    assert meant({"a": "#Need +emergency+health", "b": "#need+health"})["medical_help"] == ("a",)


def test_a_closer_tag_goes_before_a_wider_one_and_equal_ones_are_all_meant() -> None:
    assert meant({"x": "#need+health", "y": "#need+health"})["medical_help"] == ("x", "y")
