"""Pure: the protocols that come with rapport, and any other by its path."""

from __future__ import annotations

from importlib.resources import files

from rapport.operations.shipped import Shelf

_SHELF = Shelf(files("rapport.sharing.protocol") / "shipped", "protocol")
names = _SHELF.names
text_of = _SHELF.text_of
