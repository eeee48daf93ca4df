"""Pure: the TOML files of one kind that come with rapport, and any other by its path."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from rapport.errors import BadDefinition

_ENDING = ".toml"


@dataclass(frozen=True, slots=True)
class Shelf:
    """`called`: what such a file is, in a word."""

    folder: Traversable
    called: str

    def names(self) -> list[str]:
        """The names of those that come with rapport."""
        return sorted(one.name.removesuffix(_ENDING) for one in self.folder.iterdir() if one.name.endswith(_ENDING))

    def text_of(self, name_or_path: str) -> str:
        """The text of a file, or of one that comes with rapport. BadDefinition where there is neither, or no UTF-8."""
        ours = name_or_path in self.names()
        try:
            file = self.folder / f"{name_or_path}{_ENDING}" if ours else Path(name_or_path)
            return file.read_bytes().decode("utf-8-sig")
        except (FileNotFoundError, IsADirectoryError, ValueError) as fault:
            if isinstance(fault, UnicodeDecodeError):
                raise BadDefinition(f"{name_or_path} is not UTF-8; save it as UTF-8.") from None
            known = ", ".join(self.names())
            raise BadDefinition(
                f"There is no file {name_or_path}, and no {self.called} of that name; rapport brings {known}."
            ) from None
