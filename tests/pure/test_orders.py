"""What the rule of a standing order makes of a report, without a database."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.desk.standing_orders.rules import Facts, clean_line, effects, publishes, statuses
from rapport.errors import BadDefinition
from rapport.values import Precision, Publication, Status

RULE: dict[str, Any] = {
    "source": "map-2010",
    "when": [{"field": "APPROVED", "is": "YES"}, {"inside": "operation"}],
    "then": [{"accept": {"title_from": "INCIDENT TITLE", "precision": "locality"}}, {"publish": True}],
    "also": [{"when": [{"field": "VERIFIED", "is": "YES"}], "status": "verified"}],
}


def facts(source: str = "map-2010", *, inside: bool = True, **fields: str) -> Facts:
    return Facts(source, {"APPROVED": "YES", "VERIFIED": "NO", **fields}, inside)


def test_an_approved_row_inside_is_published_unverified() -> None:
    found = effects(RULE, facts())
    assert found is not None
    assert (found.publication, found.status, found.precision) == (
        Publication.PUBLISHED, Status.UNVERIFIED, Precision.LOCALITY,
    )  # fmt: skip
    assert found.reason == "source is map-2010, APPROVED is YES, the place lies inside the operation"


def test_a_verified_row_is_verified_too_and_the_reason_says_why() -> None:
    found = effects(RULE, facts(VERIFIED="YES"))
    assert found is not None
    assert found.status == Status.VERIFIED
    assert found.reason.endswith("VERIFIED is YES (verified)")


@pytest.mark.parametrize(
    "other", [facts("sms"), facts(inside=False), facts(APPROVED="NO"), Facts("map-2010", {}, True)]
)
def test_where_one_condition_fails_nothing_happens(other: Facts) -> None:
    assert effects(RULE, other) is None


@pytest.mark.parametrize(
    ("part", "value", "remedy"),
    [
        ("then", [{"publish": True}], "add accept"),
        ("then", [{"delete": True}], "nobody knows the effect"),
        ("when", [{"colour": "red"}], "nobody knows the condition"),
        ("also", [{"when": [], "status": "true"}], "is no status"),
        ("then", [{"accept": {"precision": "roughly"}}], "write one of exact"),
    ],
)
def test_a_rule_that_cannot_be_read_says_what_to_write(part: str, value: Any, remedy: str) -> None:
    rule = deepcopy(RULE)
    rule[part] = value
    with pytest.raises(BadDefinition, match=remedy):
        effects(rule, facts())


def test_what_a_signer_must_be_allowed_to_do_is_read_from_the_rule() -> None:
    assert statuses(RULE) == {Status.VERIFIED}
    assert publishes(RULE)
    assert not publishes({**RULE, "then": [{"accept": {}}]})


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (r"Need for \"tents\" &amp; water", 'Need for "tents" & water'),
        ("two\n lines\t here ", "two lines here"),
        ("h??pital &quot;X&quot;", 'h??pital "X"'),
        ("Please call +509 5550 1234 now", ""),
        ("write to someone@example.org", ""),
        ("", ""),
    ],
)
def test_a_title_from_a_file_is_cleaned(raw: str, clean: str) -> None:
    assert clean_line(raw) == clean


@given(st.text(max_size=1000))
def test_a_cleaned_title_is_one_line_that_fits(raw: str) -> None:
    title = clean_line(raw)
    assert len(title) <= 300
    assert title == " ".join(title.split())
    assert "\0" not in title
