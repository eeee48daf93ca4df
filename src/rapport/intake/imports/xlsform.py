"""Pure: the simple questions of an XLSForm as extra fields, with a word on everything that was left out.

An XLSForm is a workbook whose sheet `survey` has a row a question (type, name, label, hint, required, constraint), and
whose sheet `choices` has the choices of its lists; texts in several languages stand in columns such as
`label::French (fr)` (xlsform.org). What cannot be asked here (repeats, calculations, conditions …) is named.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from rapport.errors import Refused
from rapport.formats import workbooks
from rapport.intake.imports.labels import language_code
from rapport.operations.definition_fields import MOST_CHOICES, MOST_FIELDS
from rapport.operations.fields import LARGEST, Field, FieldChoice
from rapport.operations.strict import LANGUAGE, LONGEST_NAME

#: Rows looked at in a sheet [ours: the largest forms we know of have some 2,000 rows].
MOST_ROWS = 20_000
CODE_LENGTH = 40
#: What a phone fills in by itself, and what is no question: passed over without a word.
_SILENT = frozenset(
    {"start", "end", "today", "deviceid", "phonenumber", "username", "email", "subscriberid", "simserial", "audit",
     "start-geopoint", "begin group", "begin_group", "end group", "end_group", "note", "hidden"}
)  # fmt: skip
_KINDS: Mapping[str, str] = {
    "text": "text", "string": "text", "integer": "number", "int": "number", "decimal": "number", "date": "date",
    "geopoint": "place", "select_one": "choice", "select_multiple": "choice",
}  # fmt: skip
_CODE_BEHIND = re.compile(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\)\s*$")
_LIMIT = re.compile(r"\.\s*(>=|<=|>|<)\s*(-?\d{1,15}(?:\.\d{1,12})?)")
_TAG = re.compile(r"<[^<>]{0,200}>|\*\*|__")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+")

Row = tuple[int, Mapping[str, str]]  # number as a spreadsheet counts, cell by the column's name
Texts = dict[str, str]  # language → text


@dataclass(frozen=True, slots=True)
class Form:
    """What an XLSForm asks that we can ask, and in words what we cannot, with its row."""

    fields: tuple[Field, ...]
    left_out: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    """What reading needs to know all along."""

    language: str  # of texts whose column names none
    choices: Mapping[str, list[Row]]
    left_out: list[str] = field(default_factory=list)
    odd_columns: set[str] = field(default_factory=set)

    def note(self, number: int, name: str, why: str) -> None:
        self.left_out.append(f"row {number}, {name[:CODE_LENGTH] or 'without a name'}: {why}")


def read(path: Path, language: str = "en") -> Form:
    """The simple questions of a form. Refused if it is no workbook, has no sheet `survey`, or is hostile."""
    if not LANGUAGE.fullmatch(language):
        raise Refused(
            "language", f"{language!r} is no language code of ISO 639-1; write one like fr.", field="language"
        )
    survey = _rows(path, "survey")
    if not any("type" in cells for _, cells in survey):
        raise Refused("no_form", "The sheet survey has no column type: is this an XLSForm?")
    choices: dict[str, list[Row]] = {}
    with suppress(Refused):  # a form without lists need not have the sheet
        for row in _rows(path, "choices"):
            choices.setdefault(row[1].get("list_name") or row[1].get("list name", ""), []).append(row)
    reading = _Reading(language, choices)
    found: dict[str, Field] = {}
    for number, cells in _outside_repeats(survey, reading):
        made = _question(number, cells, reading)
        if made is not None and made.code in found:
            reading.note(number, made.code, "another question has this name already")
        elif made is not None and len(found) == MOST_FIELDS:
            reading.note(number, made.code, f"an operation asks for at most {MOST_FIELDS} fields")
        elif made is not None:
            found[made.code] = made
    odd = [f"column {name}: write its language like label::French (fr)" for name in sorted(reading.odd_columns)]
    return Form(tuple(found.values()), (*odd, *reading.left_out))


# --- the sheets ----------------------------------------------------------------------------------------------------


def _rows(path: Path, sheet: str) -> list[Row]:
    """The rows of a sheet below its first, which names the columns."""
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "rows"
        workbooks.convert(path, into, sheet)
        with into.open(encoding="utf-8") as file:
            lines = [json.loads(line) for line in islice(file, 1, MOST_ROWS + 3)]
    if len(lines) > MOST_ROWS + 1:
        raise Refused("large_form", f"The sheet {sheet} has more than {MOST_ROWS:,} rows: is this a form?")
    if not lines:
        return []
    names = [_column(cell) for cell in lines[0][1:]]
    return [
        (number, {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name and cell.strip()})
        for number, *cells in lines[1:]
    ]


def _column(cell: str) -> str:
    """`Label :: French (fr)` → `label::French (fr)`."""
    kind, mark, language = (part.strip() for part in cell[:LONGEST_NAME].replace("::", ":").partition(":"))
    return f"{kind.lower()}::{language}" if mark else kind.lower()


def _outside_repeats(rows: Sequence[Row], reading: _Reading) -> Iterator[Row]:
    depth = 0
    for number, cells in rows:
        kind = " ".join(cells.get("type", "").lower().replace("_", " ").split())
        if kind.startswith("begin repeat"):
            depth += 1
            if depth == 1:
                reading.note(number, cells.get("name", ""), "a repeated group, with everything in it")
        elif kind.startswith("end repeat"):
            depth = max(0, depth - 1)
        elif not depth and kind:
            yield number, cells


# --- one question --------------------------------------------------------------------------------------------------


def _question(number: int, cells: Mapping[str, str], reading: _Reading) -> Field | None:
    """The question as a field; None, with a note, where it cannot be asked."""
    words = cells["type"].replace("select one", "select_one").replace("select multiple", "select_multiple").split()
    word, kind, name = words[0].lower(), _KINDS.get(words[0].lower()), cells.get("name", "")
    if cells["type"].lower() in _SILENT or word in _SILENT:
        return None
    if kind is None:
        reading.note(number, name, f"the type {cells['type'][:CODE_LENGTH]} cannot be asked here")
        return None
    if cells.get("calculation"):
        reading.note(number, name, "it is calculated, and nobody is asked")
        return None
    code = _code(name)
    made = Field(
        code,
        kind,
        _texts(cells, "label", reading) or {reading.language: name or code},
        help=_texts(cells, "hint", reading),
        required=cells.get("required", "").lower() in {"yes", "true", "true()", "1"},
        several=word == "select_multiple",
        whole=word in {"integer", "int"},
    )
    if not code:
        reading.note(number, name, "its name has no letter from a to z; give it one")
        return None
    if cells.get("relevant"):
        reading.note(number, code, "asked of everybody: the condition under which the form asks it is left out")
    if kind == "choice":
        return _with_choices(number, made, words, reading)
    if kind == "place":
        reading.note(number, code, "taken as the name of a place: the form asks for one position, that of the report")
    return _with_bounds(number, made, cells.get("constraint", ""), reading)


def _with_choices(number: int, made: Field, words: Sequence[str], reading: _Reading) -> Field | None:
    rows = reading.choices.get(words[1], []) if len(words) > 1 else []
    found: dict[str, FieldChoice] = {}
    for _, cells in rows:
        code = re.sub(r"[^A-Za-z0-9._-]+", "_", cells.get("name", "")).lstrip("._-")[:CODE_LENGTH]
        if code and code not in found:
            found[code] = FieldChoice(code, _texts(cells, "label", reading) or {reading.language: cells["name"]})
    if not found or len(found) > MOST_CHOICES:
        has = f"has {len(found)} choices, at most {MOST_CHOICES} can be offered" if found else "has no choices"
        reading.note(number, made.code, f"its list {' '.join(words[1:2])[:CODE_LENGTH]} {has}")
        return None
    if len(found) < len(rows):
        reading.note(number, made.code, f"{len(rows) - len(found)} choices that have no name of their own")
    if "or_other" in words:
        reading.note(number, made.code, "or_other: add a choice, or a field of kind text, by hand")
    return replace(made, choices=tuple(found.values()))


def _with_bounds(number: int, made: Field, constraint: str, reading: _Reading) -> Field:
    """`. >= 0 and . <= 100` as bounds; any other constraint is noted and left out."""
    written = " ".join(constraint.split())
    parts = [_LIMIT.fullmatch(part.strip(" ()")) for part in written.split(" and ")] if written else []
    limits = [(part[1], float(part[2])) for part in parts if part]
    strict = [sign for sign, _ in limits if sign in "<>"]
    if len(limits) < len(parts) or (parts and made.kind != "number") or (strict and not made.whole):
        reading.note(number, made.code, f"its constraint {constraint[:CODE_LENGTH]} is left out; the question is taken")
        return made
    step = {">": 1, "<": -1, ">=": 0, "<=": 0}  # of whole numbers
    least = [limit + step[sign] for sign, limit in limits if ">" in sign]
    most = [limit + step[sign] for sign, limit in limits if "<" in sign]
    low, high = max(least, default=None), min(most, default=None)
    if any(abs(limit) > LARGEST for limit in (*least, *most)) or (low is not None and high is not None and low > high):
        reading.note(number, made.code, f"its constraint {constraint[:CODE_LENGTH]} is left out; the question is taken")
        return made
    return replace(made, least=low, most=high)


def _code(name: str) -> str:
    """A name as our code: small letters, digits and _, a letter first."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).lstrip("_0123456789")[:CODE_LENGTH].rstrip("_")


def _texts(cells: Mapping[str, str], kind: str, reading: _Reading) -> Texts:
    """The texts of a kind by language."""
    found: Texts = {}
    for column, text in cells.items():
        name, _, said = column.partition("::")
        if name != kind:
            continue
        language = _language(said) if said else reading.language
        if not language:
            reading.odd_columns.add(column[:CODE_LENGTH])
        elif words := _plain(text):
            found[language] = words
    return found


def _language(said: str) -> str:
    """The code of a language as a column names it; "" if it cannot be told."""
    behind = _CODE_BEHIND.search(said)
    if behind:
        return behind[1].lower() if "-" not in behind[1] else behind[1]
    return said if "-" in said and LANGUAGE.fullmatch(said) else language_code(said)


def _plain(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", _TAG.sub("", text)).split())[:LONGEST_NAME]


# --- as it stands in the operation's file --------------------------------------------------------------------------


def toml(form: Form) -> str:
    """The fields as [[fields]] of an operation's file (docs/reference/operation-file.md)."""
    return "\n".join("\n".join(_lines(one)) + "\n" for one in form.fields)


def _lines(one: Field) -> Iterator[str]:
    yield "[[fields]]"
    yield f"code = {_quoted(one.code)}"
    yield f"kind = {_quoted(one.kind)}"
    yield f"names = {_table(one.names)}"
    if one.help:
        yield f"help = {_table(one.help)}"
    yield from (f"{key} = true" for key in ("required", "several", "whole") if getattr(one, key))
    for key in ("least", "most"):
        if (bound := getattr(one, key)) is not None:
            yield f"{key} = {bound:.15g}"
    if one.choices:
        yield "choices = ["
        yield from (f"  {{ code = {_quoted(c.code)}, names = {_table(c.names)} }}," for c in one.choices)
        yield "]"


def _table(texts: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{language} = {_quoted(text)}" for language, text in texts.items()) + " }"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # control characters, which TOML writes otherwise, are gone by now
