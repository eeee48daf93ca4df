"""The form of an import: what was proposed, every choice of it open to correction, and the plan that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rapport.errors import BadDefinition
from rapport.formats.encodings import ENCODINGS
from rapport.intake.imports import names
from rapport.intake.imports.about import called
from rapport.intake.imports.plan import EXTRA, MANY, ROLES, Plan
from rapport.intake.models import Import
from rapport.operations import fields

#: Columns and labels that the form offers one by one. A browser sends at most 200 fields; those beyond have the last
#: line of the form, one at a time [ours].
OFFERED_COLUMNS = 100
OFFERED_LABELS = 60
OFFERED_CHOICES = 20  # labels of fields of choices
_SAMPLES = 3

ROLE_NAMES: Mapping[str, str] = {
    "text": "text of the report", "title": "title", "id": "id: by it a row is known again",
    "date": "date, or date and time", "time": "time of day", "lat": "latitude", "lon": "longitude",
    "coordinates": "latitude and longitude in one cell", "place": "name of the place", "categories": "categories",
    "language": "language", "sender": "sender's number or address", "people": "number of people",
    "ignore": "kept with the report, not read", "left_out": "left out",
}  # fmt: skip
DELIMITERS = ((",", "comma ,"), (";", "semicolon ;"), ("\t", "tab"), ("|", "bar |"))
QUOTES = (('"', 'quotation marks "'), ("'", "apostrophes '"), ("", "nothing: quotation marks are letters"))
DATE_ORDERS = (("", "as each date says"), ("DMY", "day, month, year"), ("MDY", "month, day, year"),
               ("YMD", "year, month, day"))  # fmt: skip
DECIMALS = ((".", "point: 18.54"), (",", "comma: 18,54"))
PAIR_ORDERS = (("lat_lon", "latitude first"), ("lon_lat", "longitude first"))
#: What changes where columns begin and end: after it the names of the columns are read anew.
_DETAILS = ("date_order", "date_format", "zone", "decimal", "pair_order")
_SHAPE = ("encoding", "delimiter", "quote", "header_row", "header_rows", "sheet")


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    index: int
    name: str
    role: str
    samples: list[str]


@dataclass(frozen=True, slots=True)
class LabelChoice:
    index: int
    label: str
    count: int
    code: str


@dataclass(frozen=True, slots=True)
class FieldLabels:
    """What a column of choices says that is none of its field's, with the choices there are."""

    code: str
    name: str
    offered: list[tuple[str, str]]
    labels: list[LabelChoice]


def form(one: Import) -> dict[str, Any]:
    """What the template shows."""
    plan = Plan.from_json(one.plan)
    samples = one.evidence.get("samples", [])
    unknown = dict(one.evidence.get("unknown_labels", {}))
    labels = {**unknown, **{label: unknown.get(label, 0) for label in plan.categories}}
    most = sorted(labels.items(), key=lambda pair: (-pair[1], pair[0]))[:OFFERED_LABELS]
    return {
        "plan": plan,
        "columns": [
            ColumnChoice(at, plan.columns[at], plan.roles.get(plan.columns[at], "ignore"), _cells(samples, at))
            for at in _offered(plan)
        ],
        "more_columns": [name for at, name in enumerate(plan.columns) if at not in set(_offered(plan))],
        "roles": roles(one),
        "labels": [
            LabelChoice(at, label, count, plan.categories.get(label, "")) for at, (label, count) in enumerate(most)
        ],
        "categories": [
            (category.code, called(category.names, category.code, names.languages(one.operation)))
            for category in one.operation.categories.all()
        ],
        "choices": _choices(one, plan),
        "encodings": ENCODINGS,
        "delimiters": _with(DELIMITERS, plan.delimiter),
        "quotes": _with(QUOTES, plan.quote),
        "date_orders": DATE_ORDERS,
        "decimals": DECIMALS,
        "pair_orders": PAIR_ORDERS if "coordinates" in plan.roles.values() else (),
        "sheets": one.evidence.get("sheets", []),
        "samples": names.samples(one, samples),
        "agreed": one.evidence.get("agreed", ""),
    }


def roles(one: Import) -> list[tuple[str, str]]:
    """What a column can be here, with its words; the operation's extra fields too."""
    extra = fields.asked(fields.stored(one.operation.extra_fields))
    in_order = names.languages(one.operation)
    further = [(EXTRA + field.code, called(field.names, field.code, in_order)) for field in extra]
    return [*((role, ROLE_NAMES[role]) for role in ROLES[:-2]), *further, *((r, ROLE_NAMES[r]) for r in ROLES[-2:])]


def _choices(one: Import, plan: Plan) -> list[FieldLabels]:
    """The labels of fields of choices that can be given one, the most frequent of each as far as there is room."""
    in_order = names.languages(one.operation)
    unknown: dict[str, dict[str, int]] = one.evidence.get("unknown_choices", {})
    groups, room = [], OFFERED_CHOICES
    for field in fields.asked(fields.stored(one.operation.extra_fields)):
        if field.kind != "choice" or not plan.having(EXTRA + field.code):
            continue
        given = plan.choices.get(field.code, {})
        counts = dict.fromkeys(given, 0) | unknown.get(field.code, {})
        most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:room]
        room -= len(most)
        labels = [LabelChoice(at, label, count, given.get(label, "")) for at, (label, count) in enumerate(most)]
        offered = [(choice.code, called(choice.names, choice.code, in_order)) for choice in field.offered]
        if labels:
            groups.append(FieldLabels(field.code, called(field.names, field.code, in_order), offered, labels))
    return groups


def _offered(plan: Plan) -> list[int]:
    """The columns that are read first, then the others as far as there is room; in the file's order."""
    read = [at for at, name in enumerate(plan.columns) if plan.roles.get(name, "ignore") not in ("ignore", "left_out")]
    rest = [at for at in range(len(plan.columns)) if at not in set(read)]
    return sorted([*read, *rest][:OFFERED_COLUMNS])


def _cells(samples: list[dict[str, Any]], at: int) -> list[str]:
    cells = (str(sample["cells"][at]) for sample in samples if at < len(sample.get("cells", ())))
    return list(dict.fromkeys(cell for cell in cells if cell))[:_SAMPLES]


def _with(options: tuple[tuple[str, str], ...], value: str) -> tuple[tuple[str, str], ...]:
    return options if value in dict(options) else (*options, (value, value))


# --- what was sent -------------------------------------------------------------------------------------------------


def reshaped(sent: Mapping[str, str], one: Import) -> dict[str, Any]:
    """What was said about how the file is written, now and before, if it is something else than before: after it
    columns begin and end elsewhere, and what they mean is proposed anew. BadDefinition says what to change."""
    plan = Plan.from_json(one.plan)
    shape = {name: _shape(name, sent[name]) for name in _SHAPE if name in sent}
    if (sheet := sent.get("sheet")) and sheet not in one.evidence.get("sheets", []):
        raise BadDefinition("Choose one of the workbook's sheets.")
    changed = {name: value for name, value in shape.items() if getattr(plan, name) != value}
    if changed.keys() & {"header_row", "header_rows"}:
        changed |= {name: shape.get(name, getattr(plan, name)) for name in ("header_row", "header_rows")}
    before: dict[str, Any] = one.evidence.get("fixed", {})
    return before | changed if changed else {}


def read(sent: Mapping[str, str], one: Import) -> Plan:
    """The plan as the form says; BadDefinition in words that say what to change."""
    plan = Plan.from_json(one.plan)
    given = {name: sent[name].strip() for name in _DETAILS if name in sent}
    if sent.get("category_separator"):
        given["category_separator"] = sent["category_separator"]
    return plan.changed(roles=_roles(sent, one, plan), categories=_labels(sent, one, plan),
                        choices=_chosen(sent, one, plan), **given)  # fmt: skip


def _shape(name: str, text: str) -> str | int:
    if name == "encoding" and text not in ENCODINGS:
        raise BadDefinition("Choose one of the encodings.")
    if name == "quote" and text not in dict(QUOTES):
        raise BadDefinition("Around texts: choose quotation marks, apostrophes, or nothing.")
    if name in ("header_row", "header_rows"):
        if not text.strip().isdigit() or len(text) > 9:
            raise BadDefinition("Header: write the number of its row, 0 if the file has none.")
        return int(text)
    return text


def _roles(sent: Mapping[str, str], one: Import, plan: Plan) -> dict[str, str]:
    known = dict(roles(one))
    chosen = {name: plan.roles.get(name, "ignore") for name in plan.columns}
    for at, name in enumerate(plan.columns):
        role = sent.get(f"role-{at}", chosen[name])
        chosen[name] = role if role in known else chosen[name]
    if (further := sent.get("more-column", "")) in plan.columns and sent.get("more-role", "") in known:
        chosen[further] = sent["more-role"]
    for role in known:
        having = [name for name, has in chosen.items() if has == role]
        if len(having) > 1 and role not in MANY:
            both = " and ".join(f"“{name}”" for name in having[:2])
            raise BadDefinition(f"Only one column can be the {known[role]}: choose between {both}.")
    if not {"text", "title"} & set(chosen.values()):
        raise BadDefinition("Say which column holds the text of the report.")
    return chosen


def _labels(sent: Mapping[str, str], one: Import, plan: Plan) -> dict[str, str]:
    codes = set(one.operation.categories.values_list("code", flat=True))
    chosen = dict(plan.categories)
    for choice in form(one)["labels"]:
        code = sent.get(f"label-{choice.index}")
        if code == "":
            chosen.pop(choice.label, None)
        elif code in codes:
            chosen[choice.label] = code
    return chosen


def _chosen(sent: Mapping[str, str], one: Import, plan: Plan) -> dict[str, dict[str, str]]:
    """The tables of the fields of choices as the form says."""
    tables = {code: dict(table) for code, table in plan.choices.items()}
    for group in _choices(one, plan):
        table = tables.setdefault(group.code, {})
        for choice in group.labels:
            code = sent.get(f"choice-{group.code}-{choice.index}")
            if code == "":
                table.pop(choice.label, None)
            elif code in dict(group.offered):
                table[choice.label] = code
    return {code: table for code, table in tables.items() if table}
