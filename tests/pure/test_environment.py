"""What the RAPPORT_* variables say is taken as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import BadDefinition
from rapport.web.environment import read

names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1).filter(
    lambda name: name not in {".", ".."}
)


@given(names)
def test_the_database_lies_in_the_data_folder_whatever_its_name(name: str) -> None:
    folder = Path("/srv") / name
    found = read({"RAPPORT_DATA_DIR": str(folder)})
    assert found["RAPPORT_DATABASE_URL"]["NAME"] == str(folder / "rapport.db")


@pytest.mark.parametrize("name", ["a#b", "a?b", "a%20b", "relative data"])
def test_signs_that_mean_something_in_addresses_mean_nothing_in_a_folder(name: str) -> None:
    assert read({"RAPPORT_DATA_DIR": name})["RAPPORT_DATABASE_URL"]["NAME"] == f"{name}/rapport.db"


@pytest.mark.parametrize(
    ("url", "name"), [("sqlite:////srv/a%23b.db", "/srv/a#b.db"), ("sqlite:///here.db", "here.db")]
)
def test_an_address_of_a_database_is_an_address(url: str, name: str) -> None:
    assert read({"RAPPORT_DATABASE_URL": url})["RAPPORT_DATABASE_URL"]["NAME"] == name


@pytest.mark.parametrize("url", ["sqlite:////srv/a#b.db", "sqlite:////srv/a?b.db", "postgresql://host/a?sslmode=x"])
def test_what_would_be_passed_over_in_an_address_is_refused(url: str) -> None:
    with pytest.raises(BadDefinition, match="%23"):
        read({"RAPPORT_DATABASE_URL": url})


def test_an_unknown_variable_is_named_with_the_nearest_one() -> None:
    with pytest.raises(BadDefinition, match="did you mean RAPPORT_DATA_DIR"):
        read({"RAPPORT_DATADIR": "x"})
