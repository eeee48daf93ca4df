"""Hashtags with attributes (HXL 1.1, "Hashtags and attributes"), and patterns that pick columns by them (libhxl's).

A tag is `#sector +cluster`: letter case, white space and the order of attributes mean nothing. A pattern is
`#sector+cluster-old`: the same hashtag (`#*`: any), every attribute with `+`, none with `-`; `#sector!` means exactly
these attributes. A pattern may leave out its `#`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapport.errors import Refused

_WORD = r"[a-zA-Z][a-zA-Z0-9_]*"
_TAG = re.compile(rf"\s*#({_WORD})((?:\s*\+\s*{_WORD})*)\s*", re.ASCII)
_PATTERN = re.compile(rf"\s*#?({_WORD}|\*)((?:\s*[+-]{_WORD})*)\s*(!)?\s*", re.ASCII)
_SIGNED = re.compile(rf"([+-])\s*({_WORD})", re.ASCII)
#: What authors write and do not mean: an attribute that begins with a digit, as +2013.
_DIGIT_FIRST = re.compile(r"\+\s*([0-9])", re.ASCII)
_LONGEST = 1_000  # characters of a tag; the longest seen has 90 [ours]


@dataclass(frozen=True, slots=True)
class Tag:
    """`hashtag` with its #, in lower case; `attributes` in the order in which they were written, without +."""

    hashtag: str
    attributes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As people write it: #affected+f+children."""
        return "+".join((self.hashtag, *self.attributes))

    @property
    def key(self) -> str:
        """The name of this column in JSON objects: attributes in US-ASCII order (HXL 1.1, "JSON encoding")."""
        return "+".join((self.hashtag, *sorted(set(self.attributes))))


@dataclass(frozen=True, slots=True)
class Pattern:
    """`hashtag` with its #, or "#*". `exact`: no other attributes than `include`."""

    hashtag: str
    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    exact: bool = False

    def matches(self, tag: Tag | None) -> bool:
        if tag is None or self.hashtag not in ("#*", tag.hashtag):
            return False
        has = set(tag.attributes)
        if self.exact and has != self.include:
            return False
        return self.include <= has and not self.exclude & has

    def __str__(self) -> str:
        signed = [f"+{one}" for one in sorted(self.include)] + [f"-{one}" for one in sorted(self.exclude)]
        return "".join((self.hashtag, *signed, "!" if self.exact else ""))


def parse_tag(text: str) -> Tag | None:
    """The tag that a cell holds; None if it holds none, or a malformed one."""
    found = _TAG.fullmatch(text) if len(text) <= _LONGEST else None
    if not found:
        return None
    attributes = dict.fromkeys(name.lower() for _, name in _SIGNED.findall(found[2]))
    return Tag(f"#{found[1].lower()}", tuple(attributes))


def repaired(text: str) -> str:
    """What the author of a malformed tag may have meant; "" if nobody knows. It is offered, never taken."""
    guess = _DIGIT_FIRST.sub(r"+y\1", text.strip())
    guess = re.sub(r"[^#+a-zA-Z0-9_]+", "_", re.sub(r"\s*\+\s*", "+", guess)).strip("_")
    tag = parse_tag(guess)
    return str(tag) if tag and guess != text.strip() else ""


def parse_pattern(text: str) -> Pattern:
    """Refused (bad_pattern) if it is none."""
    found = _PATTERN.fullmatch(text) if len(text) <= _LONGEST else None
    if not found:
        raise Refused("bad_pattern", f"{_shown(text)} is no tag pattern: write it as #sector, #adm1+name or #org-type.")
    signed = _SIGNED.findall(found[2])
    include = frozenset(name.lower() for sign, name in signed if sign == "+")
    exclude = frozenset(name.lower() for sign, name in signed if sign == "-")
    if found[3] and exclude:
        raise Refused("bad_pattern", f"{_shown(text)}: ! means exactly these attributes, so leave out those with -.")
    return Pattern(f"#{found[1].lower()}", include, exclude, bool(found[3]))


def parse_patterns(text: str) -> tuple[Pattern, ...]:
    """Patterns with commas between. Refused (bad_pattern) if one of them is none, or there is none at all."""
    return tuple(parse_pattern(part) for part in text.split(","))


def _shown(text: str) -> str:
    return repr(text[:60])
