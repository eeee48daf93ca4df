"""Pure: how a file would be read, worked out from its beginning, with the evidence. A person confirms or corrects
it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from rapport.errors import Refused
from rapport.formats import workbooks
from rapport.formats.encodings import guess_encoding
from rapport.intake.imports import labels, posts
from rapport.intake.imports.about import Context, Evidence, Proposal, Row, Sample, called
from rapport.intake.imports.dates import DateGuess, guess_dates
from rapport.intake.imports.judge import NOTHING_SAID, judging, understood
from rapport.intake.imports.layout import columns_at, guess_delimiter, guess_layout
from rapport.intake.imports.plan import EXTRA, MAX_COLUMNS, Plan, behind_own
from rapport.intake.imports.reading import json_rows, kind_of, rows
from rapport.intake.imports.roles import role_by_name, role_by_tag
from rapport.operations import fields
from rapport.operations.definition import Columns
from rapport.text import degrees
from rapport.text.fold import fold
from rapport.values import place_problem

#: What is looked at of a file before it is looked through as a whole: rows, and characters in them [ours].
SAMPLE_ROWS = 20_000
_SAMPLE_CHARACTERS = 30_000_000
_FIT_CELLS = 500  # filled cells by which is seen whether a column holds what its name says
_SHOWN_ROWS = 8
_SHOWN_PROBLEMS = 4
_LONGEST_LABEL = 200
_UNKNOWN_LABELS = 500  # different ones that are listed
_COMMA_NUMBER = re.compile(r"[+-]?\d{1,3},\d+")
_CLOCK = re.compile(r"(?:\d{4}-\d\d-\d\dT)?\d{1,2}[:h.]\d{2}(?:[:.]\d{2})?(?:\s*[ap]\.?m\.?)?", re.IGNORECASE)
_PART_OF_DAY = re.compile(r"0?[.,]\d+|0")
_OWN_ZONE = re.compile(r"\d\s*(?:Z|UTC|GMT)$|(?:[T ]\d\d|:\d\d(?:[.,]\d+)?)\s*[+-]\d\d:?\d\d$")

#: Columns of NDJSON as the API has them: intake/api_shapes.py.
_API_ROLES = {
    "text": "text", "id": "id", "sent_at": "date", "sender": "sender", "sender/value": "sender",
    "sender/kind": "left_out",
    "place/lon": "lon", "place/lat": "lat", "place/name": "place", "categories": "categories", "language": "language",
}  # fmt: skip


#: KoboToolbox writes this column in UTC without saying so; `start` and `end` in the same export have their zone.
_KOBO_TIME = "_submission_time"

#: Coordinates stand in one column or in two.
_NOT_BOTH = {"lat": {"coordinates"}, "lon": {"coordinates"}, "coordinates": {"lat", "lon"}}


@dataclass(slots=True)
class _Found:
    """A column of the sample: its filled cells, and what its name and tag speak for."""

    name: str
    cells: list[str] = field(default_factory=list)
    tag: str = ""


def propose(
    path: Path, about: Context, *, columns: Columns | None = None, fixed: Mapping[str, Any] | None = None
) -> Proposal:
    """How the file would be read, with evidence and samples. `path` is what `reading.prepare` gave; `columns` are
    those an operation's file names for the files of a source; `fixed` is what a person has said already of the plan's
    keys, by which the rest is worked out. Refused for what concerns the whole file, BadDefinition for a `fixed` that
    cannot be meant."""
    given = dict(fixed or {})
    evidence: list[Evidence] = []
    draft, tags, sheets = _read_as(path, about, given, evidence, columns)
    sample = _sample(path, draft)
    found = _columns_of(sample, draft, tags)
    if columns:
        plan = _by_columns(draft, columns, about)
        evidence.append(Evidence("roles", "the operation's file says what the columns are"))
    else:
        roles = given.get("roles") or _roles(draft, found, about, evidence)
        plan = _details(replace(draft, roles=roles), found, about, evidence)
        plan = _dates_of_posts(plan, evidence)
    plan = plan.changed(**{key: value for key, value in given.items() if key != "roles"})
    _tell_people(plan, about, evidence)
    unknown = _unknown_labels(plan, found, about, evidence)
    choices = _unknown_choices(plan, found, about, evidence)
    _tell_ids(plan, found, evidence)
    samples = show(sample, plan, about)
    return Proposal(plan, tuple(evidence), samples, unknown, choices, sheets)


def _dates_of_posts(plan: Plan, evidence: list[Evidence]) -> Plan:
    """Where a network writes times in a form of its own, by that."""
    layout = posts.layout_of(plan.columns) if plan.format == "ndjson" else None
    if layout is None or not layout.date_format or not (column := plan.column("date")):
        return plan
    guessed = {("date_order", column), ("zone", column)}
    evidence[:] = [line for line in evidence if (line.about, line.column) not in guessed]
    evidence.append(Evidence("date_order", f"as {layout.name} writes them, with their zone", column))
    return replace(plan, date_format=layout.date_format, date_order="")


def show(sample: Sequence[Row], plan: Plan, about: Context) -> tuple[Sample, ...]:
    """Some rows as they stand and as understood: the first ones, then the first that are refused."""
    judge, shown, problems = judging(plan, about), [], 0
    for at, row in enumerate(sample[:2_000]):
        verdict = judge(row)
        bad = isinstance(verdict, Refused)
        if at < _SHOWN_ROWS or (bad and problems < _SHOWN_PROBLEMS):
            problems += bad and at >= _SHOWN_ROWS
            shown.append(
                Sample(row.number, row.cells, {}, str(verdict)) if isinstance(verdict, Refused) else
                Sample(row.number, row.cells, understood(verdict, plan))
            )  # fmt: skip
    return tuple(shown)


def looked_again(
    path: Path, plan: Plan, about: Context
) -> tuple[tuple[Sample, ...], Mapping[str, int], Mapping[str, Mapping[str, int]]]:
    """Samples and unknown labels, of categories and of choices, for a plan that a person, or a mapping, has changed.
    Labels that the plan itself gives a meaning are among them, so that each can be given another."""
    sample = _sample(path, plan)
    found, bare = _columns_of(sample, plan), replace(plan, categories={}, choices={})
    return show(sample, plan, about), _count_labels(bare, found, about), _count_choices(bare, found, about)


def _sample(path: Path, plan: Plan) -> list[Row]:
    sample: list[Row] = []
    size = 0
    for row in rows(path, plan):
        sample.append(row)
        size += sum(map(len, row.cells))
        if len(sample) >= SAMPLE_ROWS or size > _SAMPLE_CHARACTERS:
            break
    return sample


def _columns_of(sample: Sequence[Row], plan: Plan, tags: Mapping[str, str] | None = None) -> list[_Found]:
    found = [_Found(name, tag=(tags or {}).get(name, "")) for name in plan.columns]
    for at, column in enumerate(found):
        column.cells = [row.cells[at] for row in sample if row.problem is None and row.cells[at].strip()]
    return found


# --- how it lies in the file ---------------------------------------------------------------------------------------


def _read_as(
    path: Path, about: Context, given: Mapping[str, Any], evidence: list[Evidence], columns: Columns | None
) -> tuple[Plan, Mapping[str, str], tuple[str, ...]]:
    """A plan that can read the rows, with no roles yet; the HXL tags of its columns; the workbook's sheets."""
    kind = kind_of(path)
    if kind == "workbook":
        raise ValueError("prepare the workbook first")
    if kind == "ndjson":
        names, said = _json_columns(path)
        evidence.append(Evidence("format", said))
        return Plan("ndjson", names, {}, header_row=0, zone=about.zone), {}, ()
    sheets: tuple[str, ...] = ()
    if kind == "rows":
        workbook = workbooks.about(path)
        sheets = tuple(workbook["sheets"])
        draft = Plan("xlsx", (), {}, sheet=workbook["sheet"], zone=about.zone)
        evidence.append(Evidence("sheet", _about_sheet(workbook)))
    else:
        encoding = given.get("encoding") or _encoding(path, about, evidence)
        only = {f"{key}s": (given[key],) for key in ("delimiter", "quote") if key in given}
        written = guess_delimiter(path, encoding, **only)
        if "delimiter" not in given:
            evidence.append(Evidence("delimiter", written.about_delimiter))
        if "quote" not in given and written.about_quote:
            evidence.append(Evidence("quote", written.about_quote))
        delimiter, quote = given.get("delimiter", written.delimiter), given.get("quote", written.quote)
        draft = Plan("csv", (), {}, encoding, delimiter, quote, zone=about.zone)
    return *_with_header(path, draft, given, evidence, columns), sheets


def _encoding(path: Path, about: Context, evidence: list[Evidence]) -> str:
    found = guess_encoding(path, about.languages)
    evidence.append(Evidence("encoding", found.said))
    return found.name


def _about_sheet(workbook: Mapping[str, Any]) -> str:
    hidden = workbook.get("hidden", ())  # not among what was written of a workbook by an earlier version
    said = f"the sheet {workbook['sheet']!r}{', which is hidden' if workbook['sheet'] in hidden else ''}"
    if len(workbook["sheets"]) > 1:
        others = [name for name in workbook["sheets"] if name != workbook["sheet"]]
        said += f", one of {len(workbook['sheets'])}; not read: "
        said += ", ".join(f"{name!r}{' (hidden)' if name in hidden else ''}" for name in others[:5])
    if workbook["merged"]:
        said += f"; {workbook['merged']:,} merged cells were filled"
    if workbook["errors"]:
        said += f"; {workbook['errors']:,} cells hold errors"
    return said


def _with_header(
    path: Path, draft: Plan, given: Mapping[str, Any], evidence: list[Evidence], columns: Columns | None
) -> tuple[Plan, Mapping[str, str]]:
    if "header_row" in given:
        names = columns_at(path, draft, given["header_row"], given.get("header_rows", 1))
        plan = replace(
            draft, columns=names, header_row=given["header_row"], header_rows=given.get("header_rows", 1),
            tag_row=given.get("tag_row", 0),
        )  # fmt: skip
        return plan, {}
    layout = guess_layout(path, draft, _names_in(columns) if columns else ())
    evidence += [Evidence(key, said) for key, said in layout.said]
    plan = replace(
        draft,
        columns=layout.columns,
        header_row=layout.header_row,
        header_rows=layout.header_rows,
        tag_row=layout.tag_row,
    )
    return plan, dict(zip(layout.columns, layout.tags, strict=False))


def _json_columns(path: Path) -> tuple[tuple[str, ...], str]:
    """The names of the values in the first lines; what later lines say beyond them is kept too."""
    names: dict[str, None] = {}
    lines = 0
    for _, found, _ in json_rows(path):
        if not isinstance(found, Refused):
            names |= dict.fromkeys(found)
            lines += 1
        if lines >= SAMPLE_ROWS:
            break
        if len(names) > MAX_COLUMNS:
            raise Refused("too_many_columns", f"The lines have more than {MAX_COLUMNS:,} different names.")
    if not names:
        raise Refused("no_table", "No line of this file is a JSON object in UTF-8.")
    return tuple(names), f"one JSON object a line, with {len(names)} names"


def _names_in(columns: Columns) -> tuple[str, ...]:
    named = (columns.id, columns.text, columns.title, columns.date, columns.lat, columns.lon, columns.place,
             columns.categories)  # fmt: skip
    return tuple(name for name in named if name)


def _by_columns(draft: Plan, columns: Columns, about: Context) -> Plan:
    """The plan that an operation's file asks for."""
    named = {
        "id": columns.id, "text": columns.text, "title": columns.title, "date": columns.date, "lat": columns.lat,
        "lon": columns.lon, "place": columns.place, "categories": columns.categories,
    }  # fmt: skip
    for name in filter(None, named.values()):
        if name not in draft.columns:
            raise Refused("no_column", "The table must have this column.", field=name)
    roles = _left_out(draft.columns) | {name: role for role, name in named.items() if name}
    return replace(
        draft,
        roles=roles,
        date_format=columns.date_format if columns.date else "",
        category_separator=columns.category_separator,
        zone=about.zone,
    )


def _left_out(columns: Sequence[str]) -> dict[str, str]:
    """What a file of failed rows has behind its own columns."""
    return dict.fromkeys(behind_own(columns), "left_out")


# --- what the columns are ------------------------------------------------------------------------------------------


def _roles(plan: Plan, found: Sequence[_Found], about: Context, evidence: list[Evidence]) -> dict[str, str]:
    """Roles by name, the surest first, where what the column holds does not speak against it; then by what columns
    hold."""
    roles = _left_out(plan.columns)
    if roles:
        evidence.append(Evidence("roles", "the last columns are those of a file of failed rows; they are left out"))
    if layout := posts.layout_of(plan.columns) if plan.format == "ndjson" else None:
        roles |= posts.roles(layout, plan.columns)
        said = (
            f"posts as {layout.name} writes them; what tells of people is left out, but for the account, as the sender"
        )
        evidence.append(Evidence("roles", said))
    known = labels.known_labels(about)
    claims = [
        (sure, -at, role, column)
        for at, column in enumerate(found)
        if column.name not in roles
        for role, sure in _claims(plan, column, about)
    ]
    taken = set(roles.values()) - {"left_out", "ignore"}
    unfit: dict[str, Evidence] = {}
    for _, _, role, column in sorted(claims, key=lambda claim: (bool(claim[3].cells), *claim[:2]), reverse=True):
        if role in taken or column.name in roles or taken & _NOT_BOTH.get(role, set()):
            continue
        fits, why = _fits(role, column, about, known)
        if fits:
            roles[column.name] = role
            taken.add(role)
            by = "its tag" if column.tag and role_by_tag(column.tag)[0] == role else "its name"
            said = f"{_shown(role, about)} by {by}{why}"
            evidence.append(Evidence("roles", said, column.name, len(column.cells)))
        elif role == "date":
            said = f"by its name a date, but it holds something else{why}: it is kept as it stands, and not read"
            unfit.setdefault(column.name, Evidence("roles", said, column.name, len(column.cells)))
    if ("lat" in taken) != ("lon" in taken):
        alone = next(name for name, role in roles.items() if role in {"lat", "lon"})
        evidence.append(Evidence("roles", "not read after all: no column fits as the other half of the place", alone))
        roles = {name: role for name, role in roles.items() if role not in {"lat", "lon"}}
        taken -= {"lat", "lon"}
    _by_content(plan, found, about, known, roles, evidence)
    evidence.extend(line for name, line in unfit.items() if name not in roles)
    return roles


def _shown(role: str, about: Context) -> str:
    """A role in words: an extra field goes by its name."""
    code = role.removeprefix(EXTRA)
    name = next((called(one.names, one.code, about.languages) for one in about.fields if one.code == code), "")
    return f"the field “{name}”" if role.startswith(EXTRA) and name else role


def _claims(plan: Plan, column: _Found, about: Context) -> list[tuple[str, int]]:
    """(role, how surely): what a column's name, its tag, and the operation's own words speak for."""
    if plan.format == "ndjson":
        if column.name.startswith("fields/"):
            return []
        if role := _API_ROLES.get(column.name):
            return [(role, 400)]
    bare = column.name.removeprefix("extra/").removeprefix(fields.PREFIX)
    for one in fields.asked(about.fields):
        if bare == one.code or fold(bare) in map(fold, one.names.values()):
            return [(EXTRA + one.code, 300)]
    claims = [claim for claim in (role_by_name(column.name), role_by_tag(column.tag)) if claim[0]]
    if claims and claims[0][0] == "coordinates" and column.cells:
        claims.append(("place", 30))
    if claims and claims[0][0] == "place" and column.cells:
        claims.append(("coordinates", 30))
    return claims


def _fits(role: str, column: _Found, about: Context, known: Mapping[str, str]) -> tuple[bool, str]:
    """Whether what a column holds can be that, and a few words on it. An empty column fits anything but the text."""
    cells = column.cells[:_FIT_CELLS]
    if not cells:
        return role != "text", "; it is empty"
    if role == "date":
        share = guess_dates(cells).share
        return share >= 0.5 or _numbers_dates(cells), f"; {share:.0%} of its cells are dates"
    if role == "time":
        return _share(cells, lambda cell: bool(_CLOCK.fullmatch(cell) or _PART_OF_DAY.fullmatch(cell))) >= 0.6, ""
    if role in {"lat", "lon"}:
        share = _share(cells, _is_degrees)
        return share >= 0.6, f"; {share:.0%} of its cells are degrees"
    if role == "coordinates":
        share = _share(cells, _is_pair)
        return share >= 0.6, f"; {share:.0%} of its cells are pairs of degrees"
    if role == "id":
        share = len(set(column.cells)) / len(column.cells)
        return share >= 0.9, f"; {len(set(column.cells)):,} of {len(column.cells):,} are different"
    if role == "language":
        return _share(cells, lambda cell: bool(labels.language_code(cell))) >= 0.5, ""
    if role == "people":
        return _share(cells, lambda cell: bool(re.fullmatch(r"[\d ,.'’–-]{1,15}", cell))) >= 0.6, ""
    if role == "text":
        return _share(cells, lambda cell: any(map(str.isalpha, cell))) >= 0.5, ""
    if role == "place":
        return _share(cells, lambda cell: any(map(str.isalpha, cell))) >= 0.3, ""
    if role == "categories":
        return _share(cells, lambda cell: len(cell) <= 300) >= 0.9, ""
    return True, ""


def _share(cells: Sequence[str], fits: Any) -> float:
    return sum(bool(fits(cell.strip())) for cell in cells) / len(cells)


def _numbers_dates(cells: Sequence[str]) -> bool:
    return bool(guess_dates(cells).form)


def _is_degrees(cell: str) -> bool:
    """Whether it is a number of degrees, or was one: then its row is refused, and its place not passed over."""
    if degrees.has_points(cell):
        return True
    return cell in {"0", "0.0"} or _degrees(cell, "," if _COMMA_NUMBER.fullmatch(cell) else ".") is not None


def _degrees(cell: str, decimal: str) -> float | None:
    """A latitude or a longitude: which of them a column holds is not known yet, and "18°30'N" can be only one."""
    for most in (90, 180):
        try:
            return degrees.degrees(cell, most, decimal)
        except Refused:
            continue
    return None


def _is_pair(cell: str) -> bool:
    if _COMMA_NUMBER.fullmatch(cell):
        return False  # "18,5" is one number with a comma
    try:
        degrees.pair(cell, decimal="," if cell.count(",") > 1 and ";" in cell else ".")
    except Refused:
        return False
    return True


def _by_content(
    plan: Plan, found: Sequence[_Found], about: Context, known: Mapping[str, str], roles: dict[str, str],
    evidence: list[Evidence],
) -> None:  # fmt: skip
    """Roles that no name gave: the text, a date, categories, coordinates, by what free columns hold."""
    free = [column for column in found if column.name not in roles and column.cells]
    free = [column for column in free if not column.name.startswith("fields/")]
    empty = {column.name for column in found if not column.cells}
    given = {role for name, role in roles.items() if name not in empty}

    def give(role: str, column: _Found, why: str) -> None:
        for name in [one for one in empty if roles.get(one) in {role} | _NOT_BOTH.get(role, set())]:
            del roles[name]
            evidence[:] = [line for line in evidence if (line.about, line.column) != ("roles", name)]
        roles[column.name] = role
        free.remove(column)
        evidence.append(Evidence("roles", f"{role} by what it holds: {why}", column.name, len(column.cells)))

    if not given & {"lat", "coordinates"}:
        _free_coordinates(free, about, give)
    if "date" not in given:
        for column in list(free):
            if guess_dates(column.cells[:_FIT_CELLS]).share >= 0.9:
                give("date", column, "nearly all cells are dates")
                break
    if "categories" not in given:
        for column in list(free):
            cells = column.cells[:_FIT_CELLS]
            _, good, bad = labels.best_separator(cells, known)
            # Where categories have numbers for codes, any small number is one: a GPS's metres, somebody's children.
            if good > 2 * bad and good >= 2 and _share(cells, lambda cell: any(map(str.isalpha, cell))) >= 0.5:
                give("categories", column, f"{good:,} of {good + bad:,} labels are categories")
                break
    if "text" not in given:
        prose = [(sum(map(len, column.cells)) / len(column.cells), column) for column in free if _is_prose(column)]
        if prose:
            length, column = max(prose, key=lambda one: one[0])
            give("text", column, f"the longest texts, {length:.0f} characters on average")
        elif "title" not in given:
            _any_text(found, roles, evidence)


def _free_coordinates(free: Sequence[_Found], about: Context, give: Any) -> None:
    for column in list(free):
        if _share(column.cells[:_FIT_CELLS], lambda cell: bool(re.search(r"\d[.,]\d", cell)) and _is_pair(cell)) >= 0.9:
            give("coordinates", column, "nearly all cells are pairs of degrees")
            return
    numeric = [
        column
        for column in free
        if _share(column.cells[:_FIT_CELLS], lambda cell: bool(re.search(r"\d[.,]\d", cell)) and _is_degrees(cell))
        >= 0.9
    ]
    for first, second in pairwise(numeric):
        points = _points(first.cells, second.cells)
        if about.box and points and sum(about.box.holds(lon, lat) for lat, lon in points) > 0.5 * len(points):
            give("lat", first, "with the next column most lie in the operation's area")
            give("lon", second, "with the column before most lie in the operation's area")
            return
        if about.box and points and sum(about.box.holds(lat, lon) for lat, lon in points) > 0.5 * len(points):
            give("lon", first, "with the next column most lie in the operation's area")
            give("lat", second, "with the column before most lie in the operation's area")
            return


def _is_prose(column: _Found) -> bool:
    return _share(column.cells[:_FIT_CELLS], lambda cell: " " in cell and any(map(str.isalpha, cell))) >= 0.5


def _any_text(found: Sequence[_Found], roles: dict[str, str], evidence: list[Evidence]) -> None:
    """A table must have a text: of what is left, the column with the most letters, even if another role had claimed
    it."""
    order = sorted(
        (column for column in found if roles.get(column.name, "") not in {"left_out", "lat", "lon", "date"}),
        key=lambda column: (column.name not in roles, sum(map(str.isalpha, "".join(column.cells[:100])))),
        reverse=True,
    )
    if not order:
        raise Refused("no_text", "No column can be the text of a report.")
    roles[order[0].name] = "text"
    said = "text, because nothing else can be: is this a file of reports, or a table of figures?"
    evidence.append(Evidence("roles", said, order[0].name, doubt=True))


# --- the details ---------------------------------------------------------------------------------------------------


def _details(plan: Plan, found: Sequence[_Found], about: Context, evidence: list[Evidence]) -> Plan:
    """Date order, decimal mark, the order of coordinates, what stands between labels."""
    by_role = {plan.roles[column.name]: column for column in found if column.name in plan.roles}
    if date := by_role.get("date"):
        guess = guess_dates(date.cells)
        plan = replace(plan, date_order=guess.order, date_format=guess.form)
        local = date.name != _KOBO_TIME
        plan = plan if local else replace(plan, zone="UTC")
        where = f"local time, {plan.zone}" if local else "UTC: so KoboToolbox writes this column"
        _tell_dates(guess, date, where, evidence)
    if "lat" in by_role and "lon" in by_role:
        plan = _in_order(plan, by_role["lat"], by_role["lon"], about, evidence)
    if both := by_role.get("coordinates"):
        plan = _pair_order(plan, both, about, evidence)
    return _separator(plan, found, about, evidence)


def _tell_dates(guess: DateGuess, date: _Found, where: str, evidence: list[Evidence]) -> None:
    evidence.extend(Evidence("date_order", said, date.name, len(date.cells)) for said in guess.said)
    zoned = sum(bool(_OWN_ZONE.search(cell.strip())) for cell in date.cells)
    if zoned:
        evidence.append(Evidence("zone", "cells that name their zone themselves", date.name, zoned))
    if zoned < len(date.cells):
        which = "the others" if zoned else "dates without a zone"
        said = f"{which} are taken as {where}"
        evidence.append(Evidence("zone", said, date.name, len(date.cells) - zoned))


def _in_order(plan: Plan, lat: _Found, lon: _Found, about: Context, evidence: list[Evidence]) -> Plan:
    """Which of two columns is the latitude, by the operation's area; and the decimal mark."""
    commas = sum(bool(_COMMA_NUMBER.fullmatch(cell.strip())) for cell in lat.cells + lon.cells)
    if commas > (len(lat.cells) + len(lon.cells)) / 2:
        plan = replace(plan, decimal=",")
        evidence.append(Evidence("decimal", "coordinates are written with a comma", lat.name, commas))
    points = _points(lat.cells, lon.cells, plan.decimal) if len(lat.cells) == len(lon.cells) else []
    problems = Counter(place_problem(x, y, about.box) for y, x in points)
    swapped = problems["swapped"] + (problems["not_a_coordinate"] if not about.box else 0)
    if points and swapped > 0.5 * len(points) and problems[""] < 0.1 * len(points):
        roles = dict(plan.roles) | {lat.name: "lon", lon.name: "lat"}
        said = f"{swapped:,} of {len(points):,} points lie in the operation's area only when read the other way round"
        evidence.append(Evidence("roles", said, lat.name, swapped))
        return replace(plan, roles=roles)
    if points and about.box:
        said = f"{problems['']:,} of {len(points):,} points lie in the operation's area"
        if swapped:
            said += f"; {swapped:,} would only when read the other way round, and are refused"
        evidence.append(Evidence("coordinates", said, lat.name, problems[""], doubt=problems[""] < len(points) / 2))
    return plan


def _points(lats: Sequence[str], lons: Sequence[str], decimal: str = "") -> list[tuple[float, float]]:
    points = []
    for lat, lon in zip(lats, lons, strict=False):
        mark = decimal or ("," if _COMMA_NUMBER.fullmatch(lat.strip()) else ".")
        y, x = _degrees(lat.strip(), mark), _degrees(lon.strip(), mark)
        if y is not None and x is not None:
            points.append((y, x))
    return points


def _pair_order(plan: Plan, both: _Found, about: Context, evidence: list[Evidence]) -> Plan:
    """Whether latitude or longitude comes first in one cell, by the operation's area, else as most people write it."""
    commas = sum(
        (cell.count(",") > 1 and ";" in cell) or bool(re.search(r"\d,\d+\s+[+-]?\d", cell)) for cell in both.cells
    )
    decimal = "," if commas > len(both.cells) / 2 else "."
    inside = {}
    for order in ("lat_lon", "lon_lat"):
        inside[order] = 0
        for cell in both.cells[:2_000]:
            try:
                lon, lat = degrees.pair(cell, order, decimal)
            except Refused:
                continue
            inside[order] += not place_problem(lon, lat, about.box)
    order = "lon_lat" if inside["lon_lat"] > inside["lat_lon"] else "lat_lon"
    word = "longitude" if order == "lon_lat" else "latitude"
    where = "in the operation's area" if about.box else "on the globe"
    said = f"{word} first: so {inside[order]:,} of {len(both.cells[:2_000]):,} lie {where}"
    evidence.append(Evidence("pair_order", said, both.name, inside[order]))
    return replace(plan, pair_order=order, decimal=decimal)


def _separator(plan: Plan, found: Sequence[_Found], about: Context, evidence: list[Evidence]) -> Plan:
    cells = [cell for column in found if plan.roles.get(column.name) == "categories" for cell in column.cells]
    if not cells:
        return plan
    separator, good, bad = labels.best_separator(cells[:2_000], labels.known_labels(about, plan.categories))
    said = f"{separator!r} between labels: {good:,} of {good + bad:,} labels are categories of this operation"
    evidence.append(Evidence("category_separator", said, plan.column("categories"), good))
    return replace(plan, category_separator=separator)


def _tell_people(plan: Plan, about: Context, evidence: list[Evidence]) -> None:
    if plan.having("people") and not any(one.counts_people for one in fields.asked(about.fields)):
        said = "no field of this operation counts people: the number stays with the report, and fills in nothing"
        evidence.append(Evidence("roles", said, plan.column("people")))


def _unknown_labels(plan: Plan, found: Sequence[_Found], about: Context, evidence: list[Evidence]) -> Mapping[str, int]:
    counts = _count_labels(plan, found, about)
    if counts:
        said = _labels_are(counts, "category", "categories")
        said += " of this operation: say below what is meant, or it stays mere text"
        evidence.append(Evidence("categories", said, plan.column("categories"), sum(counts.values()), doubt=True))
    return counts


def _count_labels(plan: Plan, found: Sequence[_Found], about: Context) -> Mapping[str, int]:
    """The labels that name no category, with how often each stands there."""
    known = labels.known_labels(about, plan.categories)
    counts: Counter[str] = Counter()
    for column in found:
        if plan.roles.get(column.name) == "categories":
            for cell, times in Counter(column.cells).items():
                for label in labels.labels_in(cell, plan.category_separator, known):
                    if not labels.code_of(label, known):
                        counts[label[:_LONGEST_LABEL]] += times
    return dict(counts.most_common(_UNKNOWN_LABELS))


def _unknown_choices(
    plan: Plan, found: Sequence[_Found], about: Context, evidence: list[Evidence]
) -> Mapping[str, Mapping[str, int]]:
    unknown = _count_choices(plan, found, about)
    for code, counts in unknown.items():
        said = _labels_are(counts, "choice", "choices")
        said += " of this field: say below what is meant, or those rows are refused"
        evidence.append(Evidence("choices", said, plan.column(EXTRA + code), sum(counts.values()), doubt=True))
    return unknown


def _labels_are(counts: Mapping[str, int], one: str, many: str) -> str:
    return f"1 label is no {one}" if len(counts) == 1 else f"{len(counts):,} labels are no {many}"


def _count_choices(plan: Plan, found: Sequence[_Found], about: Context) -> Mapping[str, Mapping[str, int]]:
    """By the code of its field each label that names no choice, with how often it stands there."""
    asked = {EXTRA + one.code: one for one in about.fields if one.kind == "choice"}
    unknown = {}
    for column in found:
        if (one := asked.get(plan.roles.get(column.name, ""))) is None:
            continue
        counts: Counter[str] = Counter()
        table = plan.choices.get(one.code, {})
        for cell, times in Counter(map(str.strip, column.cells)).items():
            for label in labels.choices_in(cell, one, plan.category_separator, table):
                known = label in table or label in NOTHING_SAID or fields.choice_of(one, label)
                if not known and len(label) <= _LONGEST_LABEL:
                    counts[label] += times
        if counts:
            unknown[one.code] = dict(counts.most_common(_UNKNOWN_LABELS))
    return unknown


def _tell_ids(plan: Plan, found: Sequence[_Found], evidence: list[Evidence]) -> None:
    ids = [column for column in found if plan.roles.get(column.name) == "id"]
    if not ids:
        said = "no column is an id: a row is known again by everything it says"
        evidence.append(Evidence("id", said))
    elif len(ids) == 1 and (again := len(ids[0].cells) - len(set(ids[0].cells))):
        said = f"{again:,} rows have an id that another row has: of each the first is taken"
        evidence.append(Evidence("id", said, ids[0].name, again))
