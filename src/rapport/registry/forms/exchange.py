"""Pure: a sheet of answers as a file, JSON or XLSX, and back without losing a field. Blanks stay blank.

The file names the form, its version and the SHA-256 of its words: answers to other words are refused.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec

from rapport.errors import Refused
from rapport.registry.forms.model import Form, Sheet
from rapport.registry.forms.sheets import ABOUT, same_form, sheet_of
from rapport.registry.forms.workbook_read import from_xlsx
from rapport.registry.forms.workbook_write import to_xlsx
from rapport.values import Json

__all__ = ["from_json", "from_xlsx", "to_json", "to_xlsx"]

MAGIC = "answers to a questionnaire"
JSON_MOST = 8_000_000  # bytes [ours: the longest sheet that is taken, with indentation, has six million]
_PARTS = ("rapport", "form", *ABOUT, "answers")
_FORM = ("slug", "version", "sha256")


def to_json(form: Form, sheet: Sheet) -> bytes:
    """Refused for a sheet of another form."""
    same_form(form, sheet.form_slug, sheet.form_version, sheet.form_digest)
    said = {
        "rapport": MAGIC,
        "form": {"slug": form.slug, "version": form.version, "sha256": form.digest},
        **{name: getattr(sheet, name) for name in ABOUT},
        "answers": dict(sheet.answers),
    }
    return msgspec.json.format(msgspec.json.encode(said), indent=1)


def from_json(form: Form, data: bytes) -> Sheet:
    """The sheet that `to_json` wrote. Refused, with what to do, for anything else."""
    if len(data) > JSON_MOST:
        raise Refused("too_large", f"The file has {len(data):,} bytes; at most {JSON_MOST:,} are read.")
    said = _object(_parsed(data), _PARTS, "The file")
    if said["rapport"] != MAGIC:
        raise Refused(
            "not_answers", f"This file does not say that it holds {MAGIC}. Choose the one that rapport wrote."
        )
    named = _object(said["form"], _FORM, "“form”")
    same_form(form, *(named[name] for name in _FORM))
    answers = said["answers"]
    if not isinstance(answers, dict):
        raise Refused("bad_answers", "“answers” is no JSON object of codes and what was answered.")
    return sheet_of(form, {name: said[name] for name in ABOUT}, answers)


def _parsed(data: bytes) -> Json:
    try:
        found: Json = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise Refused("not_json", "This file is not UTF-8. Save it as UTF-8.") from None
    except RecursionError:
        raise Refused("too_deep", "This is no sheet of answers: something in it is nested without end.") from None
    except ValueError as error:
        raise Refused("not_json", f"This is not JSON: {error}.") from None
    return found


def _once(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for name, value in pairs:
        if name in made:
            raise ValueError(f"{name[:60]!r} stands twice in one object; keep one")
        made[name] = value
    return made


def _no_number(name: str) -> Json:
    raise ValueError(f"{name} is no number of JSON")


def _object(value: Json, parts: Sequence[str], called: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Refused("not_answers", f"{called} is no JSON object. Choose the file that rapport wrote.")
    for name in parts:
        if name not in value:
            raise Refused("not_answers", f"{called} has no “{name}”. Choose the file that rapport wrote.")
    for name in value:
        if name not in parts:
            raise Refused("not_answers", f"{called} has “{name[:60]}”, which nobody knows; take it out.")
    return value
