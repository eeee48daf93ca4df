"""Pure: a message as a form in plain text, for fax, telex and radio; read again; and the empty form, to fill by hand.

Nobody works out check words by hand: a form may come without, and whoever typed it in holds it against the paper.

72 columns, which every machine prints and no mail program breaks; wide signs take two. Text that runs from right to
left stands in the order in which it is read; whoever shows it turns it. A form of a message marked TLP:RED is not made:
it lies in the tray for anybody who comes by.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rapport.contacts.kinds import ANSWERS, FIELDS, NOT_AGREEING, TITLES, Field, Kind, Said
from rapport.contacts.lowtech.entries import (
    AT,
    CASE,
    CAVEATS,
    CHECK,
    CHECK_LABEL,
    EXERCISE,
    HEAD,
    KIND,
    MARKING,
    REF,
    SENDER,
    TO,
    Entry,
    entries,
    not_red,
    read_limit,
)
from rapport.contacts.lowtech.words import Copied, check_words, copied
from rapport.contacts.lowtech.written import LEGEND, broken, escaped, unescaped, width
from rapport.contacts.model import Role
from rapport.errors import Refused
from rapport.values import Marking, Sentence

COLUMNS = 72
ROWS = 60  # of a page [ours: A4 and Letter at six lines an inch, with margins]
_BAR = "    | "
_TEXT_ROWS = 4  # to write on, under what is told in words [ours]
_PAGE = re.compile(r"^(?![^\S\n]*\|).*\bpage ([0-9]{1,3}) of ([0-9]{1,3})[ \t\r]*$", re.MULTILINE | re.IGNORECASE)
_ENTRY = re.compile(r"\s*\[([A-Z0-9])\] ")
_TICKED = re.compile(r"\s*\( ?[^\s()] ?\) ?(.+)")
_ACKNOWLEDGE = "TO ACKNOWLEDGE:"
_EXERCISE = re.compile(r"E ?X ?E ?R ?C ?I ?S ?E")
_LEFT = 3  # so many strokes at the end of a line are what is left to write on [ours]

#: How whoever fills a form by hand writes what every message has: beside the label, so that a form stays one page.
_HOW: Mapping[str, str] = {
    REF: "the case and a number, as DAX7-01: odd for who began it",
    CASE: "2 to 8 capital letters and figures; X- first: an exercise",
    SENDER: f"party/{', '.join(Role)}: as EE/technical",
    TO: "in the same way",
    AT: "UTC, as 2026-11-27T06:32Z",
    MARKING: ", ".join(one for one in Marking if one is not Marking.RED),
    CAVEATS: "may be left blank",
}


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
    head = [[*_asked(code, f"{label} ({_HOW[code]})", "", 1)] for code, label in HEAD.items() if code != KIND]
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
    how, blank = "In UTC, as 2026-11-27T06:32Z." if one.moment else "", "" if one.required else "May be left blank."
    note = " ".join(filter(None, [one.help, how, blank]))
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
        f"{_ACKNOWLEDGE} tick one, sign, send this page back.",
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


def is_form(text: str) -> bool:
    """Whether it has a line as only forms have."""
    return any(_ENTRY.match(line) for line in text.splitlines())


def read(text: str) -> Copied:
    """The message on a form, from a copy of its text; pages in any order, and any of them twice.

    Read are the lines that begin with a bar, and boxes that are ticked, each under the last code in brackets. Refused
    names the pages that are missing, what stands twice, what is missing or does not check.
    """
    read_limit(text)
    values, ticked = _by_code(_in_order(text))
    by_hand = not "".join(values.get(CHECK, ())).strip(" _")
    if by_hand:
        _no_label_alone(text)
        values = {code: [_written(line) for line in lines] for code, lines in values.items()}
    found = {code: unescaped("\n".join(lines)) for code, lines in values.items()}
    found = {code: value for code, value in found.items() if value or not by_hand}
    exercise = any(map(_is_exercise, text.splitlines()))
    return copied(found | _chosen(found, ticked), exercise=exercise)


def _by_code(lines: Iterable[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What stands under each code: the lines that are written, and the words beside ticked boxes."""
    values: dict[str, list[str]] = {}
    ticked: dict[str, list[str]] = {}
    code = ""
    for line in lines:
        if entry := _ENTRY.match(line):
            code = entry[1]
            if code in values:
                raise Refused("twice", f"“[{code}]” stands twice: put the pages of one message together.")
            values[code] = []
        elif box := _TICKED.match(line):
            ticked.setdefault(code, []).append(box[1])
        elif code:
            values[code].append(line.lstrip()[1:])
    return values, ticked


def _written(line: str) -> str:
    """Without what is left of the line to write on."""
    whole = line.rstrip()
    written = whole.rstrip("_")
    return written if len(whole) - len(written) >= _LEFT else line


def _no_label_alone(text: str) -> None:
    """Refused where check words are there and their code is not: they would be taken for words of the message."""
    if any(line.strip().casefold() == CHECK_LABEL.casefold() for line in text.splitlines()):
        why = Sentence(
            "“%(label)s” stands without its [%(code)s]: write both, as on the form.", label=CHECK_LABEL, code=CHECK
        )
        raise Refused("missing", why)


def _chosen(found: Mapping[str, str], ticked: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What boxes say, by code, where a field is one of several values and none is written."""
    kind = found.get(KIND, "")
    asked = {one.short: one for one in FIELDS[Kind(kind)]} if kind in set(Kind) else {}
    return {
        code: _one_of(asked[code], boxes)
        for code, boxes in ticked.items()
        if code in asked and asked[code].choices and not found.get(code)
    }


def _one_of(field: Field, boxes: Sequence[str]) -> str:
    words = {" ".join(said.casefold().split()): value for value, said in (field.choices or {}).items()}
    values = {words.get(" ".join(box.casefold().split())) for box in boxes}
    if len(values) == 1 and (value := values.pop()):
        return value
    why = Sentence("“%(label)s”: leave one ticked box, with its words as on the form.", label=Sentence(field.label))
    raise Refused("ticked", why, field=field.label)


def _in_order(text: str) -> list[str]:
    _, *found = _PAGE.split(text)
    pages: dict[int, list[str]] = {}
    for number, page in zip(map(int, found[::3]), found[2::3], strict=True):
        lines = [*_to_read(page)]
        if pages.setdefault(number, lines) != lines:
            raise Refused("twice", f"Page {number} is there twice, and not the same: leave the right one.")
    totals = {*map(int, found[1::3])}
    if len(totals) != 1:
        raise Refused("pages", "Put all pages of one form together, each with its line “… page 1 of 2”.")
    total = totals.pop()
    if missing := [number for number in range(1, total + 1) if number not in pages]:
        raise Refused("pages", f"Missing of {total} pages: {', '.join(map(str, missing[:20]))}. Ask for them.")
    return [line for _, page in sorted(pages.items()) for line in page]


def _to_read(page: str) -> Iterator[str]:
    """What a page says: no line below, where whoever gets it acknowledges it."""
    for line in page.splitlines():
        if line.strip().startswith(_ACKNOWLEDGE):
            return
        if _ENTRY.match(line) or _is_content(line) or _TICKED.match(line):
            yield line


def _is_content(line: str) -> bool:
    return line.lstrip().startswith("|")


def _is_exercise(line: str) -> bool:
    return not _is_content(line) and _EXERCISE.search(line) is not None
