"""Pure: SVG written element by element. Text becomes `Svg` only by being escaped (formats/markup.py)."""

from __future__ import annotations

from dataclasses import dataclass

from rapport.formats.markup import Xml, branch, empty, leaf

Value = str | float


class Svg(str):
    """A finished picture, or "" where there is nothing to draw. Templates write it as it is."""

    __slots__ = ()

    def __html__(self) -> Svg:
        return self


@dataclass(frozen=True, slots=True)
class Key:
    """One line of a legend, which the page writes as text: a sample, and what it means."""

    sample: Svg
    means: str


def shape(name: str, /, **attributes: Value) -> Xml:
    """An element without children. `class_` writes `class`, `stroke_width` writes `stroke-width`."""
    return empty(name, **_written(attributes))


def words(name: str, text: str, /, **attributes: Value) -> Xml:
    return leaf(name, text, **_written(attributes))


def group(name: str, /, *children: Xml, **attributes: Value) -> Xml:
    return branch(name, *children, **_written(attributes))


def picture(kind: str, title: str, told: str, /, *children: Xml, links: bool, **attributes: Value) -> Svg:
    """A whole picture of that class. What holds links is a group: of an image nobody reaches the inside by keyboard.

    It reads from left to right on every page: otherwise "start" would be the other end of a text in Arabic.
    """
    head = [words("title", title), words("desc", told)] if told else [words("title", title)]
    role = "group" if links else "img"
    return Svg(group("svg", *head, *children, role=role, **_root(kind), **attributes))


def sample(kind: str, width: int, height: int, /, *children: Xml) -> Svg:
    """A small picture that says nothing which does not stand beside it in words."""
    size: dict[str, Value] = {"width": width, "height": height, "viewBox": f"0 0 {width} {height}"}
    return Svg(group("svg", *children, aria_hidden="true", **_root(kind), **size).rstrip("\n"))


def _root(kind: str) -> dict[str, Value]:
    return {"xmlns": "http://www.w3.org/2000/svg", "class_": kind, "direction": "ltr", "fill": "currentColor"}


def _written(attributes: dict[str, Value]) -> dict[str, str]:
    return {name.rstrip("_").replace("_", "-"): _value(value) for name, value in attributes.items()}


def _value(value: Value) -> str:
    return value if isinstance(value, str) else number(value)


def number(value: float) -> str:
    """With two decimals at most: a hundredth of a pixel is seen by nobody, and bytes count."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
