"""Pure: a message as a form in plain text, for fax, telex and radio; read again; and the empty form, to fill by hand.

72 columns, which every machine prints and no mail program breaks; wide signs take two. Text that runs from right to
left stands in the order in which it is read; whoever shows it turns it. A form of a message marked TLP:RED is not made:
it lies in the tray for anybody who comes by.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from rapport.contacts.kinds import ANSWERS, FIELDS, NOT_AGREEING, TITLES, Field, Kind, Said
from rapport.contacts.lowtech.entries import (
    CHECK,
    CHECK_LABEL,
    EXERCISE,
    HEAD,
    KIND,
    Entry,
    entries,
    not_red,
    read_limit,
)
from rapport.contacts.lowtech.words import check_words, confirmed
from rapport.contacts.lowtech.written import LEGEND, broken, escaped, unescaped, width
from rapport.errors import Refused

COLUMNS = 72
ROWS = 60  # of a page [ours: A4 and Letter at six lines an inch, with margins]
_BAR = "    | "
_TEXT_ROWS = 4  # to write on, under what is told in words [ours]
_PAGE = re.compile(r"^(?![^\S\n]*\|).*\bpage ([0-9]{1,3}) of ([0-9]{1,3})[ \t\r]*$", re.MULTILINE | re.IGNORECASE)
_ENTRY = re.compile(r"\s*\[([A-Z0-9])\] ")
_EXERCISE = re.compile(r"E ?X ?E ?R ?C ?I ?S ?E")


# --- written ---------------------------------------------------------------------------------------------------------


def form(said: Said) -> str:
    """The filled form, its pages parted by a form feed. Refused for TLP:RED and for what no form can bear."""
    not_red(said, "form")
    found = [*entries(said), Entry(CHECK, CHECK_LABEL, " ".join(check_words(said)))]
    blocks = [block for one in found for block in _filled(one)]
    starred = any(line.startswith(_BAR) and "*" in line for block in blocks for line in block)
    legend = _wrapped(f"How signs are written: {LEGEND}") if starred else []
    return _pages(f"{TITLES[said.kind]} {said.ref}", [["", *legend], *blocks, _boxes()], said.exercise, said.marking)


def empty(kind: Kind, *, exercise: bool = False) -> str:
    """The form of a kind, to fill by hand: what it asks, boxes to tick and lines to write on."""
    head = [[*_asked(code, label, "", 1)] for code, label in HEAD.items() if code != KIND]
    fields = [[*_field(one)] for one in FIELDS[kind]]
    start = ["", f"[{KIND}] {HEAD[KIND]}", f"{_BAR}{kind}"]
    return _pages(TITLES[kind], [start, *head, *fields, _boxes()], exercise)


def _filled(one: Entry) -> Iterator[list[str]]:
    """The label with the first line, which stay together; then the other lines."""
    first, *more = _lines(one.value)
    words = _wrapped(f"({one.in_words})", "    ") if one.in_words else []
    yield [*_space(one.code), f"[{one.code}] {one.label}", f"{_BAR}{first}", *words]
    yield from ([f"{_BAR}{line}"] for line in more)


def _lines(value: str) -> Iterator[str]:
    """Where it has a new line, one begins."""
    *paragraphs, last = value.split("\n")
    for one in paragraphs:
        *full, end = broken(f"{escaped(one)}*n", _fits)
        yield from (*full, f"{end}*")
    yield from broken(escaped(last), _fits)


def _fits(line: str) -> bool:
    return width(line) < COLUMNS - len(_BAR)  # with room for a star


def _space(code: str) -> list[str]:
    """A blank line before all but what every message has."""
    return [] if code in HEAD else [""]


def _field(one: Field) -> Iterator[str]:
    note = " ".join(filter(None, [one.help, "" if one.required else "May be left blank."]))
    if one.choices is None:
        return _asked(one.short, one.label, note, 1 if one.moment or one.told else _TEXT_ROWS)
    boxes = [line for words in one.choices.values() for line in _wrapped(f"( ) {words}", "    ")]
    return iter([*_asked(one.short, one.label, note, 0), *boxes])


def _asked(code: str, label: str, note: str, rows: int) -> Iterator[str]:
    yield from [*_space(code), f"[{code}] {label}"]
    yield from _wrapped(note, "    ")
    yield from [_BAR + "_" * (COLUMNS - len(_BAR))] * rows


def _boxes() -> list[str]:
    ticks = [f"    ( ) {said}" for said in ANSWERS.values()]
    line = "_" * 24
    return [
        "",
        "=" * COLUMNS,
        "TO ACKNOWLEDGE: tick one, sign, send this page back.",
        *_wrapped(NOT_AGREEING),
        *ticks,
        f"    Post {line}   Time (UTC) {line}",
    ]


def _pages(title: str, blocks: Sequence[Sequence[str]], exercise: bool, marking: str = "") -> str:
    """Blocks are not parted. The marking is at the right of head and foot (FIRST, TLP 2.0: usage in documents)."""
    frame = _exercise(exercise)
    marked = [f"{marking:>{COLUMNS}}"] if marking else []
    room = ROWS - 2 * len([*frame, *marked]) - 1
    pages: list[list[str]] = [[]]
    for block in blocks:
        if len(pages[-1]) + len(block) > room:
            pages.append([])
        pages[-1] += block
    total = len(pages)
    return (
        "\n\f".join(
            "\n".join([*frame, _top(title, f"page {number} of {total}"), *marked, *page, *marked, *frame])
            for number, page in enumerate(pages, 1)
        )
        + "\n"
    )


def _top(title: str, page: str) -> str:
    return f"{title}{page:>{COLUMNS - len(title)}}"


def _exercise(exercise: bool) -> list[str]:
    line = "      ".join([" ".join(EXERCISE)] * 3)
    return ["=" * COLUMNS, line.center(COLUMNS).rstrip(), "=" * COLUMNS] if exercise else []


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, COLUMNS, initial_indent=indent, subsequent_indent=indent)


# --- read ------------------------------------------------------------------------------------------------------------


def read(text: str) -> Said:
    """The message on a form, from a copy of its text; pages in any order, and any of them twice.

    Read are the lines that begin with a bar, each under the last code in brackets. Refused names the pages that are
    missing, what stands twice, what is missing or does not check.
    """
    read_limit(text)
    values: dict[str, list[str]] = {}
    code = ""
    for line in _in_order(text):
        if entry := _ENTRY.match(line):
            code = entry[1]
            if code in values:
                raise Refused("twice", f"“[{code}]” stands twice: put the pages of one message together.")
            values[code] = []
        elif code:
            values[code].append(line.lstrip()[1:])
    found = {code: unescaped("\n".join(lines)) for code, lines in values.items()}
    return confirmed(found, exercise=any(map(_is_exercise, text.splitlines())))


def _in_order(text: str) -> list[str]:
    _, *found = _PAGE.split(text)
    pages: dict[int, list[str]] = {}
    for number, page in zip(map(int, found[::3]), found[2::3], strict=True):
        lines = [line for line in page.splitlines() if _ENTRY.match(line) or _is_content(line)]
        if pages.setdefault(number, lines) != lines:
            raise Refused("twice", f"Page {number} is there twice, and not the same: leave the right one.")
    totals = {*map(int, found[1::3])}
    if len(totals) != 1:
        raise Refused("pages", "Put all pages of one form together, each with its line “… page 1 of 2”.")
    total = totals.pop()
    if missing := [number for number in range(1, total + 1) if number not in pages]:
        raise Refused("pages", f"Missing of {total} pages: {', '.join(map(str, missing[:20]))}. Ask for them.")
    return [line for _, page in sorted(pages.items()) for line in page]


def _is_content(line: str) -> bool:
    return line.lstrip().startswith("|")


def _is_exercise(line: str) -> bool:
    return not _is_content(line) and _EXERCISE.search(line) is not None
