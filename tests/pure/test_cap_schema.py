"""Our table of the schema of 1.2 and the OASIS schema give the same verdict on messages that were tampered with."""

from __future__ import annotations

import io
import random

import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from rapport.formats.cap import catalogue
from rapport.formats.cap.grammar import V10, V11, V12, Element
from rapport.formats.cap.reading import read
from tests.pure.cap_alerts import SAMPLES, good

OASIS = xmlschema.XMLSchema(str(SAMPLES / "cap12.xsd"))
VALUES = [
    "", " ", "Actual", "Public", "Alert", "None", "Likely", "Very Likely", "Geo", " Geo", "actual",
    "2010-01-20T06:00:00-05:00", " 2010-01-20T06:00:00-05:00\n", "2010-01-20T24:00:00-05:00",
    "2010-02-30T06:00:00-05:00",
    "2010-01-20T06:00:00Z", "2010-01-20T06:00:00.5-05:00", "2010-01-20T06:00:00", "2010-01-20",
    "0000-01-20T06:00:00-05:00",
    "5", "+5", "-5", "5.0", " 5 ", "1e5", ".5", "5.", "٥", "en", "en-US", "en_US", "toolonglanguage", "x-a-b",
]  # fmt: skip
NAMES = sorted(
    {"event", "web", "extra", *(one.name for one in V12.elements), "severity", "value", "valueName", "polygon"}
)


def tampered(seed: int) -> bytes:
    """A message with one to three changes: elements taken away, doubled, moved, renamed, given other values."""
    chance = random.Random(seed)
    root = etree.fromstring(good())
    for _ in range(chance.randint(1, 3)):
        elements = [one for one in root.iter() if one is not root]
        one = chance.choice(elements)
        parent = one.getparent()
        assert parent is not None
        kind = chance.randrange(7)
        if kind == 0:
            parent.remove(one)
        elif kind == 1:
            parent.insert(chance.randint(0, len(parent)), etree.fromstring(etree.tostring(one, with_tail=False)))
        elif kind == 2:
            parent.insert(chance.randint(0, len(parent)), one)
        elif kind == 3:
            one.tag = f"{{{chance.choice([V12.namespace, V11.namespace])}}}{chance.choice(NAMES)}"
        elif kind == 4:
            one.set("kind", "1")
        elif kind == 5:
            one.tail = "between"
        else:
            one.text = chance.choice(VALUES)
    return etree.tostring(root)


def ours(data: bytes) -> list[str]:
    """The rules of the schema and of written times that a message breaks."""
    return [one.rule for one in read(data).findings if one.rule in {*catalogue.SCHEMA, "time"}]


@given(st.integers(0, 2**32))
@settings(max_examples=300)
def test_both_give_the_same_verdict(seed: int) -> None:
    data = tampered(seed)
    assert (ours(data) == []) == OASIS.is_valid(io.BytesIO(data)), (ours(data), data.decode())


def test_the_samples_are_valid_by_the_schema_of_their_version() -> None:
    for path in SAMPLES.glob("*.cap"):
        assert ours(path.read_bytes()) == [], path.name


def names(elements: tuple[Element, ...]) -> set[str]:
    return {one.name for one in elements} | {name for one in elements for name in names(one.children)}


def test_the_versions_differ_in_what_was_added() -> None:
    assert names(V10.elements) ^ names(V12.elements) == {"password", "responseType", "derefUri", "valueName", "value"}
    assert names(V11.elements) == names(V12.elements)


def choices(elements: tuple[Element, ...]) -> dict[str, set[str]]:
    found = {one.name: set(one.choices) for one in elements if one.choices}
    for one in elements:
        found |= choices(one.children)
    return found


def test_values_that_came_later_are_none_of_the_earlier_versions() -> None:
    first, second, third = choices(V10.elements), choices(V11.elements), choices(V12.elements)
    assert third["responseType"] - second["responseType"] == {"Avoid", "AllClear"}
    assert second["category"] - first["category"] == {"CBRNE"}
    assert first["certainty"] ^ second["certainty"] == {"Very Likely", "Observed"}
    assert second["status"] - first["status"] == {"Draft"}


def test_an_earlier_version_is_held_to_its_own_schema() -> None:
    avoid = good(("<responseType>Evacuate", "<responseType>Avoid"))
    assert ours(avoid) == []
    assert ours(avoid.replace(b":cap:1.2", b":cap:1.1")) == ["choice"]
