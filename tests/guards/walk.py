"""What the guards look at: every route there is, and every source file."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "rapport"


@dataclass(frozen=True)
class Route:
    """`path` as Django has it, with converters: `<slug:operation>/people/`."""

    path: str
    view: Callable[..., Any]
    arguments: dict[str, Any]

    @property
    def shown(self) -> str:
        """As documents write it: `/{operation}/people/`."""
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", self.path)

    @property
    def access(self) -> str:
        return str(getattr(self.view, "access", ""))

    @property
    def example(self) -> str:
        """An address of this route in the sample operation; what else it names does not exist."""
        return self.filled(dict.fromkeys(self.arguments, 1) | {"operation": "sample"})

    def filled(self, values: Mapping[str, Any]) -> str:
        """The address with these values, as its converters write them."""

        def written(found: re.Match[str]) -> str:
            return str(self.arguments[found[1]].to_url(values[found[1]]))

        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", written, self.path)


def routes(patterns: Iterable[Any] | None = None, prefix: str = "") -> Iterator[Route]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield Route(path, pattern.callback, pattern.pattern.converters)


@cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    """Every Python file of rapport, parsed, once for all guards; migrations are written by Django."""
    return tuple(
        (file.relative_to(SOURCE), ast.parse(file.read_text(encoding="utf-8")))
        for file in sorted(SOURCE.rglob("*.py"))
        if "migrations" not in file.parts
    )
