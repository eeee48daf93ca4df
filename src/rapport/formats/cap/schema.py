"""The elements of an alert held to the schema of its version, each fault with its line and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from lxml import etree

from rapport.formats.cap import lexical
from rapport.formats.cap.catalogue import found
from rapport.formats.cap.finding import Finding
from rapport.formats.cap.grammar import UNBOUNDED, V10, V11, Element, Version
from rapport.formats.cap.parsing import XMLDSIG, XSI

#: Faults of one message that are said [ours]: nobody reads more, and a hostile file has one at every element.
MOST_FINDINGS = 200


@dataclass(frozen=True, slots=True)
class Node:
    """An element that CAP knows: its text as written, or its children by name. Lines count from 1."""

    path: str
    line: int
    text: str = ""
    children: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)

    def all(self, name: str) -> tuple[Node, ...]:
        return self.children.get(name, ())

    def first(self, name: str) -> Node | None:
        return next(iter(self.all(name)), None)

    def said(self, name: str) -> str:
        """The text of a child, "" where there is none."""
        one = self.first(name)
        return one.text if one else ""

    def everything(self) -> Iterator[Node]:
        yield self
        for children in self.children.values():
            for child in children:
                yield from child.everything()


class Walk:
    """One pass over the elements of an alert; `findings` are the schema's, in the order of the file."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.findings: list[Finding] = []

    def find(self, rule: str, path: str, remedy: str, value: str = "", line: int = 0) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(found(rule, path, remedy, value, line))
        elif len(self.findings) == MOST_FINDINGS:
            self.findings.append(found("more", path, f"Mend the first {MOST_FINDINGS}, and look again.", "", line))

    def alert(self, root: etree._Element, path: str) -> Node:
        return self._branch(root, Element("alert", children=self.version.elements), path)

    def _branch(self, element: etree._Element, known: Element, path: str) -> Node:
        self._attributes(element, path)
        places = {child.name: at for at, child in enumerate(known.children)}
        children: dict[str, list[Node]] = {}
        furthest, after_last = 0, False
        if (element.text or "").strip():
            self.find(
                "mixed", path, "Take this text out, or put it into an element.", element.text or "", _line(element)
            )
        for child in element:
            name = etree.QName(child)
            if (child.tail or "").strip():
                self.find(
                    "mixed", path, "Take this text out, or put it into an element.", child.tail or "", _line(child)
                )
            if name.namespace == XMLDSIG and known.name == "alert":
                after_last = True
                continue
            at = places.get(name.localname) if name.namespace == self.version.namespace else None
            if at is None:
                self._unknown(child, name, known, path)
                continue
            if at < furthest or after_last:
                before = "the signature" if after_last else known.children[furthest].name
                remedy = f"Put {name.localname} before {before}."
                self.find("order", f"{path}/{name.localname}", remedy, line=_line(child))
            furthest = max(furthest, at)
            same = children.setdefault(name.localname, [])
            same.append(self._child(child, known.children[at], path, len(same) + 1))
        self._counts(known, children, path, _line(element))
        return Node(path, _line(element), children={name: tuple(nodes) for name, nodes in children.items()})

    def _child(self, element: etree._Element, known: Element, path: str, number: int) -> Node:
        index = f"[{number}]" if known.most > 1 or number > 1 else ""
        path = f"{path}/{known.name}{index}"
        return self._branch(element, known, path) if known.children else self._leaf(element, known, path)

    def _leaf(self, element: etree._Element, known: Element, path: str) -> Node:
        self._attributes(element, path)
        text, line = element.text or "", _line(element)
        if len(element):
            inner = etree.QName(element[0]).localname
            remedy = f"{known.name} holds text only. Take {inner} out, or write < as &lt;."
            self.find("mixed", path, remedy, line=line)
            text = "".join(str(part) for part in element.itertext())
        self._value(text, known, path, line)
        return Node(path, line, text)

    # --- what may stand there ---

    def _attributes(self, element: etree._Element, path: str) -> None:
        for name in element.attrib:
            if not str(name).startswith(f"{{{XSI}}}"):
                remedy = "Take this attribute away: elements of CAP have none."
                self.find("attribute", path, remedy, str(name), _line(element))

    def _unknown(self, child: etree._Element, name: etree.QName, known: Element, path: str) -> None:
        names = [one.name for one in known.children]
        if name.localname in names:
            remedy = f"Put {name.localname} into the namespace of its alert, {self.version.namespace}."
        elif len(self.findings) < MOST_FINDINGS and (near := get_close_matches(name.localname[:80], names, 1)):
            remedy = f"CAP {self.version.name} has no {name.localname[:80]} in {known.name}. Is {near[0]} meant?"
        else:
            remedy = f"CAP {self.version.name} has no {name.localname[:80]} in {known.name}. Make it a parameter."
        self.find("element", f"{path}/{name.localname[:80]}", remedy, line=_line(child))

    def _counts(self, known: Element, children: Mapping[str, Sequence[Node]], path: str, line: int) -> None:
        for one in known.children:
            there = children.get(one.name, ())
            if len(there) < one.least:
                remedy = f"Add {one.name}: {_wanted(one)}."
                self.find("missing", f"{path}/{one.name}", remedy, line=line)
            if one.most < UNBOUNDED and len(there) > one.most:
                remedy = f"Keep one {one.name}."
                self.find("repeated", there[one.most].path, remedy, there[one.most].text, there[one.most].line)

    # --- which values ---

    def _value(self, text: str, known: Element, path: str, line: int) -> None:
        if known.choices and text not in known.choices:
            self._choice(text, known, path, line)
        elif known.kind == "time":
            self._time(text, path, line)
        elif known.kind == "integer" and lexical.integer(text) is None:
            self.find("integer", path, "Write a whole number, in digits.", text, line)
        elif known.kind == "decimal" and lexical.decimal(text) is None:
            self.find("decimal", path, "Write a number, as 1200 or 1200.5.", text, line)
        elif known.kind == "language" and text.strip() and not lexical.LANGUAGE.fullmatch(text.strip()):
            self.find("language-form", path, "Write a language tag, as fr or pt-BR (RFC 3066).", text, line)

    def _choice(self, text: str, known: Element, path: str, line: int) -> None:
        meant = {choice.casefold(): choice for choice in known.choices}.get(" ".join(text.split()).casefold())
        remedy = f"Write {meant}, with no spaces around it." if meant else f"Write one of {', '.join(known.choices)}."
        self.find("choice", path, remedy, text, line)

    def _time(self, text: str, path: str, line: int) -> None:
        written, moment = text.strip(), lexical.time(text)
        if moment is None:
            remedy = "Write the time with its offset, as 2010-01-31T14:30:00-05:00."
            self.find("time", path, remedy, text, line)
        elif not lexical.TIME.fullmatch(written) and not (self.version in (V10, V11) and "." in written):
            self.find("time", path, f"Write it as {lexical.written_time(moment)}.", text, line)
        elif abs(moment.utcoffset().total_seconds()) > 14 * 3600:  # type: ignore[union-attr]  # it has an offset
            self.find("offset", path, "No place on earth is more than 14 hours from UTC. Write its offset.", text, line)
        elif written.endswith("+00:00"):
            self.find("utc", path, f"Write UTC as {lexical.written_time(moment)}.", text, line)


def _wanted(one: Element) -> str:
    if one.choices:
        return f"one of {', '.join(one.choices)}"
    return "a time, as 2010-01-31T14:30:00-05:00" if one.kind == "time" else "the schema requires it"


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0
