"""Pure: a message as entries with a code and a label each, and back. All low-tech forms carry these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rapport.contacts.kinds import FIELDS, MOST, TITLES, Field, Kind, Said, moment
from rapport.contacts.model import Role
from rapport.errors import Refused
from rapport.values import Marking

#: What every message has beside the fields of its kind: code → label.
KIND, REF, CASE, SENDER, TO, AT, MARKING, CAVEATS = "12345678"
HEAD: Mapping[str, str] = {
    KIND: "Kind",
    REF: "Reference",
    CASE: "Case",
    SENDER: "From",
    TO: "To",
    AT: "Time",
    MARKING: "Marking",
    CAVEATS: "Caveats",
}

#: Beside them, on what is read aloud or sent as a form.
CHECK, CHECK_LABEL = "0", "Check words"
EXERCISE = "EXERCISE"

#: The most characters of a typed or scanned text that is read [ours: five fields and the caveats, of new lines alone,
#: take less], and of what one is told again of a wrong value.
TEXT_MOST = 400_000
_QUOTED = 40

_REF = re.compile(r"[A-Z0-9-]{1,16}")
_PARTY = re.compile(rf"[A-Za-z0-9.-]{{1,16}}/(?:{'|'.join(Role)})")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a message says. `field` is None for what every message has."""

    code: str
    label: str
    value: str
    field: Field | None = None

    @property
    def in_words(self) -> str:
        """What a chosen value means, where that is more than it says by itself; else nothing."""
        words = self.field.choices.get(self.value, "") if self.field is not None and self.field.choices else ""
        return words if words != self.value else ""


def entries(said: Said) -> tuple[Entry, ...]:
    """All that it says but whether it is an exercise, in the order of forms. Refused where a form could not bear it."""
    if moment(said.at.isoformat()) is None:
        raise Refused("time", "A message says when it was written, with its zone.", field=HEAD[AT])
    found = (*_head(said), *_fields(said))
    for one in found:
        _held_to(one.code, one.label, one.value)
    return found


def _head(said: Said) -> Iterator[Entry]:
    values = {
        KIND: said.kind,
        REF: said.ref,
        CASE: said.case,
        SENDER: said.sender,
        TO: said.to,
        AT: stamp(said.at),
        MARKING: said.marking,
        CAVEATS: said.caveats,
    }
    for code, value in values.items():
        if value or code != CAVEATS:
            yield Entry(code, HEAD[code], str(value))


def _fields(said: Said) -> Iterator[Entry]:
    known = FIELDS[said.kind]
    for name in said.fields.keys() - {one.name for one in known}:
        raise Refused("field", f"A {TITLES[said.kind].lower()} has no such field: leave it out.", field=name[:_QUOTED])
    for one in known:
        if one.name in said.fields:
            yield Entry(one.short, one.label, said.fields[one.name], one)


def assembled(values: Mapping[str, str], *, exercise: bool) -> Said:
    """The message that `entries` was given, by code. Refused names what is missing or is not what it should be.

    It may still lack what its kind must say: `kinds.problems` tells.
    """
    for code in HEAD:
        if code not in values and code != CAVEATS:
            raise Refused("missing", f"“{HEAD[code]}” is missing: look for it, or ask for it again.")
    kind = _kind(values[KIND])
    labels = {**HEAD, **{one.short: one.label for one in FIELDS[kind]}}
    for code, value in values.items():
        if code not in labels:
            raise Refused("field", f"A {TITLES[kind].lower()} has nothing under “{code}”: look at the kind again.")
        _held_to(code, labels[code], value)
    at = moment(values[AT].upper())
    if at is None:
        raise Refused("time", "Write it as 2026-11-27T06:32Z.", field=HEAD[AT])
    return Said(
        ref=values[REF],
        case=values[CASE],
        kind=kind,
        sender=values[SENDER],
        to=values[TO],
        at=at,
        fields={one.name: values[one.short] for one in FIELDS[kind] if one.short in values},
        marking=_marking(values[MARKING]),
        caveats=values.get(CAVEATS, ""),
        exercise=exercise,
    )


def _held_to(code: str, label: str, value: str) -> None:
    if code in {REF, CASE} and not _REF.fullmatch(value):
        remedy = "It has at most 16 capital letters A to Z, figures and hyphens, as DAX7-01."
        raise Refused("reference", remedy, field=label)
    if code in {SENDER, TO} and not _PARTY.fullmatch(value):
        remedy = f"Write a code of at most 16 letters, a slash and one of {', '.join(Role)}: EE/technical."
        raise Refused("party", remedy, field=label)
    if len(value) > MOST:
        raise Refused("too-long", f"It has more than {MOST:,} characters: shorten it.", field=label)


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        raise Refused("kind", f"“{text[:_QUOTED]}” is none of: {', '.join(Kind)}.", field=HEAD[KIND]) from None


def _marking(text: str) -> Marking:
    try:
        return Marking(text)
    except ValueError:
        remedy = f"“{text[:_QUOTED]}” is none of: {', '.join(Marking)}."
        raise Refused("marking", remedy, field=HEAD[MARKING]) from None


def stamp(at: datetime) -> str:
    """In UTC, as short as it can be without loss: 2026-11-27T06:32Z."""
    utc = at.astimezone(UTC).replace(tzinfo=None)
    spec = "microseconds" if utc.microsecond else "seconds" if utc.second else "minutes"
    return utc.isoformat(timespec=spec) + "Z"


def not_red(said: Said, form: str) -> None:
    """Refused for TLP:RED: it is for those who are there (FIRST, TLP 2.0), and a text or a sheet goes on by itself."""
    if said.marking is Marking.RED:
        remedy = (
            f"A message marked {said.marking} goes into no {form}: send the notice, and read it to one person alone."
        )
        raise Refused("red", remedy, field=HEAD[MARKING])


def read_limit(text: str) -> None:
    """Refused for more than any message takes."""
    if len(text) > TEXT_MOST:
        raise Refused("too-long", f"This is longer than any message: at most {TEXT_MOST:,} characters are read.")
