"""Pure: a row becomes a Message, or is Refused with row, field and remedy.

`judging` looks everything up once for a plan; what it returns is called for each row and is the hot path of an import.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from operator import itemgetter
from zoneinfo import ZoneInfo

from rapport.errors import Refused
from rapport.intake.channels import wire
from rapport.intake.imports import labels, posts
from rapport.intake.imports.about import Context, Row, called
from rapport.intake.imports.dates import at_the_hour, date_reader
from rapport.intake.imports.plan import EXTRA, Plan
from rapport.intake.polling.plain import words
from rapport.operations import fields
from rapport.text import degrees
from rapport.text.fold import fold
from rapport.values import Address, Box, GivenPlace, Json, Message, place_problem

#: Characters of a report's text and of any cell that is kept. The longest seen in real files: 10,818 [ours].
LONGEST_TEXT = 100_000
LONGEST_ID = 200  # characters, as in the API
#: Cells of a workbook that were to be computed and were not, as Excel and LibreOffice show them.
ERROR_CELLS = frozenset({
    "#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA", "#FIELD!",
    "#BLOCKED!", "Err:502", "Err:508", "Err:509", "Err:522", "Err:523",
})  # fmt: skip
#: First words of a row that adds up the others, folded.
_TOTALS = frozenset(
    {"total", "grand total", "subtotal", "sum", "somme", "totaux", "total general", "suma", "total global"}
)
#: What people write where there is nothing to say: as good as an empty cell for dates, numbers and coordinates, and for
#: a choice unless the field offers it.
NOTHING_SAID = frozenset({"-", "--", "–", "—", "?", "n/a", "N/A", "NA", "n.a.", "null", "NULL", "None", "none", "#"})
_CHOICES_NAMED = 250  # characters of the choices that a refusal names; a refusal has 400 in all [ours]
_KEPT_APART = 20_000  # cells of categories, languages that are remembered at a time
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
_RANGE = re.compile(r"(\d{1,15})\s*(?:-|–|to|à|a)\s*(\d{1,15})", re.ASCII)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

Cells = tuple[str, ...]
Judge = Callable[[Row], Message | Refused]


def judging(plan: Plan, about: Context) -> Judge:
    """The judge of one plan: Row → Message | Refused. It never raises for what a row holds."""
    check = _checked(plan)
    text, key, place = _text(plan), _key(plan), _place(plan, about.box)
    moment, codes, language = _moment(plan, about), _codes(plan, about), _language(plan)
    sender, extra, kept = _sender(plan), _extra(plan, about), _kept(plan)

    def judge(row: Row) -> Message | Refused:
        if row.problem is not None:
            return row.problem
        cells = row.cells
        try:
            check(cells)
            said = text(cells)
            where, notes = place(cells)
            return Message(
                text=said,
                gateway_id=key(cells),
                sender=sender(cells) if sender else None,
                sent_at=moment(cells) if moment else None,
                language=language(cells) if language else "",
                place=where,
                categories=codes(cells) if codes else (),
                fields=kept(cells, row.more, notes),
                extra=extra(cells) if extra else {},
            )
        except Refused as refused:
            return Refused(refused.reason, refused.remedy, row=row.number, field=refused.field)

    return judge


# --- the row as a whole --------------------------------------------------------------------------------------------


def _checked(plan: Plan) -> Callable[[Cells], None]:
    """Raises for what no database keeps, for cells that are too long, and for errors of a workbook where a role is."""
    roles = [(at, name) for at, name in enumerate(plan.columns) if plan.roles.get(name, "ignore") not in _UNREAD]
    errors, joined = ERROR_CELLS, "\x1f".join

    def check(cells: Cells) -> None:
        whole = joined(cells)
        if len(whole) > LONGEST_TEXT and (at := _first(cells, lambda cell: len(cell) > LONGEST_TEXT)) is not None:
            remedy = f"A text has at most {LONGEST_TEXT:,} characters; this one has {len(cells[at]):,}."
            raise Refused("too_long", remedy, field=plan.columns[at])
        if ("\0" in whole or not whole.isascii()) and (found := _UNSTORABLE.search(whole)):
            at = _first(cells, lambda cell: _UNSTORABLE.search(cell) is not None) or 0
            if found.group() == "\0":
                raise Refused("nul", "The cell holds NUL characters; remove them.", field=plan.columns[at])
            remedy = "The cell holds half of a character; write it anew."
            raise Refused("half_character", remedy, field=plan.columns[at])
        if "#" in whole or "Err:" in whole:
            for at, name in roles:
                if cells[at] in errors:
                    remedy = f"The cell holds the error {cells[at]}: mend it, or empty it."
                    raise Refused("error_cell", remedy, field=name)

    return check


_UNREAD = frozenset({"ignore", "left_out"})


def _first(cells: Cells, wrong: Callable[[str], bool]) -> int | None:
    return next((at for at, cell in enumerate(cells) if wrong(cell)), None)


def _places(plan: Plan, role: str) -> list[int]:
    return [at for at, name in enumerate(plan.columns) if plan.roles.get(name) == role]


def _text(plan: Plan) -> Callable[[Cells], str]:
    """The text, else the title. Several columns of text stand one below the other."""
    texts, titles = _places(plan, "text"), _places(plan, "title")
    needed = plan.columns[(texts or titles)[0]]
    only = texts[0] if len(texts) == 1 else None
    layout = _posts(plan)
    marked = layout is not None and layout.markup
    last = titles[0] if titles else None

    def read(cells: Cells) -> str:
        text = cells[only] if only is not None else "\n".join(cells[at] for at in texts if cells[at].strip())
        if not text or text.isspace():
            text = cells[last] if last is not None else ""
            if not text or text.isspace():
                raise _no_text(cells, needed)
        if marked and not (text := words(text)):
            raise _no_text(cells, needed)
        return text

    return read


def _posts(plan: Plan) -> posts.Layout | None:
    return posts.layout_of(plan.columns) if plan.format == "ndjson" else None


def _no_text(cells: Cells, field: str) -> Refused:
    first = next((cell for cell in cells if cell.strip()), "")
    if fold(first) in _TOTALS:
        return Refused("total_row", "This row adds up the others: no report. Leave it out.", field=field)
    return Refused("empty", "A report needs a text.", field=field)


def _key(plan: Plan) -> Callable[[Cells], str]:
    """By what a second import knows the row: its id, in a table without ids the row itself."""
    places = _places(plan, "id")
    if not places:
        left_out = set(_places(plan, "left_out"))
        take = [at for at in range(len(plan.columns)) if at not in left_out]
        everything = len(take) == len(plan.columns)

        def by_row(cells: Cells) -> str:
            whole = "\x1f".join(cells if everything else [cells[at] for at in take])
            return "row " + hashlib.sha256(whole.encode()).hexdigest()[:32]

        return by_row

    def by_id(cells: Cells) -> str:
        found = cells[places[0]].strip() if len(places) == 1 else " / ".join(cells[at].strip() for at in places)
        if not found or (len(places) > 1 and not any(cells[at].strip() for at in places)):
            remedy = "The row needs its id: by it a second import knows what is there."
            raise Refused("no_id", remedy, field=plan.columns[places[0]])
        if len(found) > LONGEST_ID:
            raise Refused("long_id", f"An id has at most {LONGEST_ID} characters.", field=plan.columns[places[0]])
        return found

    return by_id


def _kept(plan: Plan) -> Callable[[Cells, tuple[tuple[str, str], ...], dict[str, Json]], dict[str, Json]]:
    """Everything else as it stands, also what was read from it: the date as written, labels nobody knew. Not the
    sender, who is kept apart, sealed."""
    gone = {"id", "text", "sender", "left_out"}
    keep = [(at, name) for at, name in enumerate(plan.columns) if plan.roles.get(name, "ignore") not in gone]
    names = tuple(name.removeprefix("fields/") if plan.format == "ndjson" else name for _, name in keep)
    places = [at for at, _ in keep]
    layout = _posts(plan)
    take = itemgetter(*places) if len(places) > 1 else None

    def read(cells: Cells, more: tuple[tuple[str, str], ...], notes: dict[str, Json]) -> dict[str, Json]:
        found: dict[str, Json] = dict(zip(names, take(cells) if take else [cells[at] for at in places], strict=True))
        if plan.format == "ndjson":
            found = {name: cell for name, cell in found.items() if cell != ""}
            for name, cell in more:
                if layout is not None and layout.tells_of_people(name):
                    continue
                if _UNSTORABLE.search(name) or _UNSTORABLE.search(cell):
                    raise Refused("nul", "Take the NUL character, or the half character, out.")
                found[name.removeprefix("fields/")] = cell
        found.update(notes)
        return found

    return read


# --- what single cells say -----------------------------------------------------------------------------------------


def _moment(plan: Plan, about: Context) -> Callable[[Cells], datetime | None] | None:
    """When it was sent. A column of its own for the time is read behind the date."""
    dates, times = _places(plan, "date"), _places(plan, "time")
    if not dates:
        return None
    at, name = dates[0], plan.columns[dates[0]]
    clock = times[0] if times else None
    read = date_reader(plan.date_order, plan.date_format, plan.zone, about.now)

    def moment(cells: Cells) -> datetime | None:
        said = cells[at].strip()
        if not said or said in NOTHING_SAID:
            return None
        if clock is not None and (hour := cells[clock].strip()):
            said = at_the_hour(said, hour, plan.date_format)
        try:
            return read(said)
        except Refused as refused:
            raise _named(refused, name) from refused

    return moment


_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f'’](?=\d{3}(?!\d))")
Where = tuple[GivenPlace | None, dict[str, Json]]
_NOTHING: dict[str, Json] = {}


def _place(plan: Plan, box: Box | None) -> Callable[[Cells], Where]:
    """Where it was, and what is to be noted about that. 0, 0 is not known: the cells stay among the fields."""
    names = _places(plan, "place")
    named = names[0] if names else None
    point = _point(plan)

    def place(cells: Cells) -> Where:
        name = cells[named].strip() if named is not None else ""
        found = point(cells) if point else None
        if found is None:
            return (GivenPlace(None, None, name) if name else None), _NOTHING
        lon, lat = found
        problem = place_problem(lon, lat, box)
        if not problem:
            return GivenPlace(lon, lat, name), _NOTHING
        if problem == "zero":
            return (GivenPlace(None, None, name) if name else None), _NOTHING
        if problem == "swapped":
            remedy = f"Latitude and longitude look swapped: did you mean latitude {lon:g}, longitude {lat:g}?"
            raise Refused("swapped_place", remedy, field=plan.column("lat") or plan.column("coordinates"))
        return GivenPlace(lon, lat, name), {"outside_operation": True}

    return place


def _point(plan: Plan) -> Callable[[Cells], tuple[float, float] | None] | None:
    """The longitude and latitude of a row; None where it gives none."""
    both, lats, lons = _places(plan, "coordinates"), _places(plan, "lat"), _places(plan, "lon")
    if both:
        at = both[0]

        def in_one(cells: Cells) -> tuple[float, float] | None:
            said = cells[at].strip()
            try:
                return degrees.pair(said, plan.pair_order, plan.decimal) if said else None
            except Refused as refused:
                raise _named(refused, plan.columns[at]) from refused

        return in_one
    if not (lats and lons):
        return None
    lat_at, lon_at = lats[0], lons[0]
    lat_name, lon_name, decimal = plan.columns[lat_at], plan.columns[lon_at], plan.decimal

    def in_two(cells: Cells) -> tuple[float, float] | None:
        lat, lon = cells[lat_at].strip(), cells[lon_at].strip()
        if not lat or not lon or lat in NOTHING_SAID:
            if (not lat and not lon) or (lat in NOTHING_SAID and lon in NOTHING_SAID):
                return None
            lacking = lon_name if lat else lat_name
            raise Refused("half_place", "Give both latitude and longitude, or neither.", field=lacking)
        return _degrees(lon, 180, decimal, lon_name), _degrees(lat, 90, decimal, lat_name)

    return in_two


def _degrees(said: str, most: int, decimal: str, name: str) -> float:
    try:
        return degrees.degrees(said, most, decimal)
    except Refused as refused:
        raise _named(refused, name) from refused


def _named(refused: Refused, name: str) -> Refused:
    """The same, with the column that it is about."""
    return Refused(refused.reason, refused.remedy, field=name)


def _codes(plan: Plan, about: Context) -> Callable[[Cells], tuple[str, ...]] | None:
    """The codes of the labels in the cells, each once; labels nobody knows stay among the fields."""
    places = _places(plan, "categories")
    if not places:
        return None
    known, separator = labels.known_labels(about, plan.categories), plan.category_separator
    seen: dict[str, tuple[str, ...]] = {}

    def of_cell(cell: str) -> tuple[str, ...]:
        found = seen.get(cell)
        if found is None:
            codes = (labels.code_of(label, known) for label in labels.labels_in(cell, separator, known))
            found = tuple(dict.fromkeys(code for code in codes if code))
            if len(seen) < _KEPT_APART:
                seen[cell] = found
        return found

    if len(places) == 1:
        at = places[0]
        return lambda cells: of_cell(cells[at])
    return lambda cells: tuple(dict.fromkeys(code for at in places for code in of_cell(cells[at])))


def _language(plan: Plan) -> Callable[[Cells], str] | None:
    places = _places(plan, "language")
    if not places:
        return None
    at = places[0]
    seen: dict[str, str] = {}

    def language(cells: Cells) -> str:
        said = cells[at]
        found = seen.get(said)
        if found is None:
            found = labels.language_code(said)
            if len(seen) < _KEPT_APART:
                seen[said] = found
        return found

    return language


def _sender(plan: Plan) -> Callable[[Cells], Address | None] | None:
    """Who sent it. In NDJSON it may be an object with kind and value, as in the API."""
    places = _places(plan, "sender")
    if not places:
        return None
    at = places[0]
    kinds = [n for n, name in enumerate(plan.columns) if name == "sender/kind"] if plan.format == "ndjson" else []

    is_post = _posts(plan) is not None

    def sender(cells: Cells) -> Address | None:
        said = cells[at].strip()
        if not said:
            return None
        if is_post:  # name@host is an account, and no address of e-mail
            return Address("name", said)
        if kinds and cells[kinds[0]].strip().lower() in wire.SCHEMES:
            said = f"{cells[kinds[0]].strip()}:{said}"
        return wire.address(f"email:{said}" if "@" in said and ":" not in said else said)

    return sender


def _extra(plan: Plan, about: Context) -> Callable[[Cells], dict[str, Json]] | None:
    """Values of the operation's extra fields. A column that counts people goes into the field that does, if one
    does."""
    asked = {one.code: one for one in fields.asked(about.fields)}
    counting = next((one.code for one in asked.values() if one.counts_people), "")
    columns: list[tuple[int, str, Callable[[str], Json], frozenset[str]]] = []
    for at, name in enumerate(plan.columns):
        role = plan.roles.get(name, "ignore")
        code = role.removeprefix(EXTRA) if role.startswith(EXTRA) else ""
        if code in asked and code:
            columns.append((at, code, _value(asked[code], plan, about), _unsaid(asked[code], plan)))
        elif role == "people":
            columns.append((at, counting, _people, NOTHING_SAID))
    if not columns:
        return None

    def extra(cells: Cells) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for at, code, read, unsaid in columns:
            if (said := cells[at].strip()) and said not in unsaid:
                try:
                    value = read(said)
                except Refused as refused:
                    raise _named(refused, plan.columns[at]) from refused
                if code and value is not None:
                    found.setdefault(code, value)
        return found

    return extra


def _unsaid(one: fields.Field, plan: Plan) -> frozenset[str]:
    """What is as good as an empty cell for this field. "None" is an answer where it is one of the choices."""
    if one.kind != "choice":
        return NOTHING_SAID
    table = plan.choices.get(one.code, {})
    return frozenset(word for word in NOTHING_SAID if word not in table and not fields.choice_of(one, word))


def _value(one: fields.Field, plan: Plan, about: Context) -> Callable[[str], Json]:
    if one.kind == "date":
        moment = date_reader(plan.date_order, plan.date_format, "UTC", about.now.replace(year=about.now.year + 100))
        return lambda said: fields.read(one, moment(said).date())
    if one.kind == "choice":
        return _choice(one, plan, about)
    if one.kind == "number":
        return lambda said: fields.read(one, _in_digits(said, plan.decimal))
    return lambda said: fields.read(one, said)


def _choice(one: fields.Field, plan: Plan, about: Context) -> Callable[[str], Json]:
    """A choice, or several: as the plan's table says, else by code or by name. The refusal names both, as a file may
    hold either."""
    table, separator = plan.choices.get(one.code, {}), plan.category_separator

    def read(said: str) -> Json:
        chosen = [table.get(label, label) for label in labels.choices_in(said, one, separator, table)]
        try:
            return fields.read(one, chosen if one.several else chosen[0])
        except fields.BadValue as bad:
            wrong = str(bad.values.get("said", said))[:40]
            remedy = f"{wrong} is not in the list. Choose one of: {_offered(one, about)}."
            raise Refused("extra_field", remedy, field=one.code) from bad

    return read


def _offered(one: fields.Field, about: Context) -> str:
    """The choices by name, with their codes, as many as a refusal has room for."""
    words: list[str] = []
    for choice in one.offered:
        name = called(choice.names, choice.code, about.languages)
        words.append(name if name == choice.code else f"{name} ({choice.code})")
        if sum(map(len, words)) > _CHOICES_NAMED:
            return f"{', '.join(words[:-1] or words)} …"
    return ", ".join(words)


def _in_digits(said: str, decimal: str) -> str:
    """Without the spaces or apostrophes between thousands, as French and Swiss tables have them; commas and points
    between thousands are left, as they may be meant otherwise."""
    text = _THOUSANDS.sub("", said)
    return text.replace(",", ".") if decimal == "," else text


def _people(said: str) -> int:
    """A number of people; of a range ("10-20", "10 to 20") the lower end. Refused: no_number."""
    text = re.sub(r"(?<=\d)[, \u00a0\u2009\u202f'’.](?=\d{3}\b)", "", said).removesuffix(".0")
    if found := _NUMBER.fullmatch(text) or _RANGE.fullmatch(text):
        return int(found.group(1) if found.re is _RANGE else found.group())
    raise Refused("no_number", f"{said[:40]!r} is no number of people: write digits, as 12 or 10-20.")


def understood(message: Message, plan: Plan) -> Mapping[str, str]:
    """What was read from a row, for people: role → text."""
    found = {"text": message.text}
    if message.gateway_id and plan.having("id"):
        found["id"] = message.gateway_id
    if message.sent_at:
        found["date"] = f"{message.sent_at.astimezone(ZoneInfo(plan.zone)):%Y-%m-%d %H:%M} {plan.zone}"
    if message.place:
        if message.place.lat is not None and message.place.lon is not None:
            found["coordinates"] = f"{message.place.lat:.6g}, {message.place.lon:.6g}"
        if message.place.name:
            found["place"] = message.place.name
    if message.categories:
        found["categories"] = ", ".join(message.categories)
    if message.language:
        found["language"] = message.language
    if message.sender:
        found["sender"] = message.sender.kind
    return found | {EXTRA + code: _as_said(value) for code, value in message.extra.items()}


def _as_said(value: Json) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
