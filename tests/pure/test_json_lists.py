"""How many items a list has is counted before they are made, and counted right."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.formats import json_lists
from rapport.formats.json_lists import has_more

VALUES = st.recursive(
    st.none() | st.integers() | st.text('",[]{}\\é', max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('",[]{}\\', max_size=3), inner, max_size=3),
)


@given(st.lists(VALUES, min_size=1, max_size=12), st.booleans())
def test_a_list_has_more_than_one_less_and_not_more_than_its_items(items: list[object], ascii: bool) -> None:
    with pytest.MonkeyPatch.context() as small:
        small.setattr(json_lists, "_PIECE", 7)
        data = json.dumps(items, ensure_ascii=ascii).encode()
        assert has_more(data, len(items) - 1)
        assert not has_more(data, len(items))


@given(st.binary(max_size=60))
def test_of_any_bytes_something_is_said(data: bytes) -> None:
    assert has_more(data, 0) in (True, False)
