"""Pure: the protocols that come with rapport, and any other by its path."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from rapport.errors import BadDefinition

_SHIPPED = files("rapport.sharing.protocol") / "shipped"
_ENDING = ".toml"


def names() -> list[str]:
    """The names of those that come with rapport."""
    return sorted(one.name.removesuffix(_ENDING) for one in _SHIPPED.iterdir() if one.name.endswith(_ENDING))


def text_of(name_or_path: str) -> str:
    """The text of a file, or of one that comes with rapport. BadDefinition where there is neither, or no UTF-8."""
    shipped = name_or_path in names()
    try:
        data = (_SHIPPED / f"{name_or_path}{_ENDING}").read_bytes() if shipped else Path(name_or_path).read_bytes()
        return data.decode("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError, ValueError) as fault:
        if isinstance(fault, UnicodeDecodeError):
            raise BadDefinition(f"{name_or_path} is not UTF-8; save it as UTF-8.") from None
        raise BadDefinition(
            f"There is no file {name_or_path}, and no protocol of that name; rapport brings {', '.join(names())}."
        ) from None
