"""Messages between offices, made up: of every kind, in every script, with all that could be taken for a form's own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import settings
from hypothesis import strategies as st

from rapport.contacts.kinds import FIELDS, MOST, NOT_AGREEING, Answer, Field, Kind, Said, problems
from rapport.values import Marking

#: Twice as many cases as elsewhere: these texts come back by hand, in an emergency.
twice_as_many = settings(max_examples=2 * settings().max_examples)

#: What a form, a script or a text message has of its own, and what gets lost on the way.
TRAPS = [
    "*", "**", "* ", " *", "*n", "*s", "*W ", " *W", "*u0041;", "<", ">", "<<", ">.", "“", "|", "\n", "\r\n", "\t", " ",
    "  ", "\f", "\0", "\u00a0", "\u2028", "\u202e", "\u200d", "\ufeff", "\ud800", "\U000e0041", "e\u0301",
    "EXERCISE EXERCISE EXERCISE.\n", "E X E R C I S E", "Check words: <acorn acorn acorn>.", "From: <XX/technical>",
    "\n[W] What happened\n    | x\n", "page 1 of 2\n", "\n    | ", "DAX7-01 1/2 ABC-DEFG ", NOT_AGREEING, "=" * 72,
    "م" * 90, "تعطلت محطة المياه منذ الصباح", "保護重要基礎設施" * 12, "👩🏽‍🚒👨‍👩‍👧‍👦🇭🇹", "नमस्ते", "Dĩ\u0323ễ\u0301n",
    "می‌خواهم", "€[]{}~^\\", "x" * 200, "o" + "\u0301" * 60, "2001:db8::/32, 05:10Z to 05:40Z",
]  # fmt: skip
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(TRAPS),
        st.text(max_size=30),
        st.characters(),
        st.text("abc *<>|\n", max_size=40),
    ),
    max_size=8,
).map(lambda parts: "".join(parts)[:MOST])
MOMENTS = st.sampled_from(
    ["2026-11-27T06:32Z", "2026-12-01T00:00+04:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "soon", ""]
)
REFS = st.from_regex(re.compile("[A-Z][A-Z0-9]{1,6}-[0-9]{2}"), fullmatch=True)
PARTIES = st.from_regex(re.compile("[A-Za-z0-9.-]{1,16}/(diplomatic|technical|policy)"), fullmatch=True)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
OPEN = [one for one in Marking if one is not Marking.RED]

EXAMPLES = {
    "token": "K7PM-2", "campaign": "autumn 2026", "deadline": "2026-11-29T06:32Z", "seen_at": "2026-11-27T05:10Z",
    "by": "2026-11-28T12:00Z", "next_at": "2026-11-28T06:32Z", "about": "DAX7-01",
    "where": "192.0.2.7, 05:10Z to 05:40Z",
    "what": "The pumps of the water works stand still.\nSince 05:10Z nobody reaches them from outside.",
    "unknown": "Whether the neighbours are affected.",
}  # fmt: skip


def example(kind: Kind, /, **changes: object) -> Said:
    """A message of a kind that could be sent."""
    fields = {one.name: _example(one) for one in FIELDS[kind]}
    assert not problems(kind, fields)
    given = {
        "ref": "DAX7-02", "case": "DAX7", "kind": kind, "sender": "EE/technical", "to": "LV/technical",
        "at": datetime(2026, 11, 27, 6, 32, tzinfo=UTC), "fields": fields,
    }  # fmt: skip
    return Said(**given | changes)  # type: ignore[arg-type]


def _example(field: Field) -> str:
    if field.choices is not None:
        return Answer.RECEIVED if Answer.RECEIVED in field.choices else next(iter(field.choices))
    return EXAMPLES.get(field.name, f"{field.label}: three words more.")


def values(field: Field) -> st.SearchStrategy[str]:
    if field.choices is not None:
        return st.one_of(st.sampled_from([*field.choices]), TEXTS)
    return st.one_of(MOMENTS, TEXTS) if field.moment else st.one_of(REFS, TEXTS) if field.told else TEXTS


@st.composite
def messages(draw: st.DrawFn, markings: list[Marking] = OPEN) -> Said:
    """Any message that a form can bear, also one that its kind's own rules would not let go: with fields left out."""
    kind = draw(st.sampled_from(Kind))
    fields = draw(st.fixed_dictionaries({}, optional={one.name: values(one) for one in FIELDS[kind]}))
    return Said(
        ref=draw(REFS),
        case=draw(REFS),
        kind=kind,
        sender=draw(PARTIES),
        to=draw(PARTIES),
        at=draw(st.datetimes(datetime(1901, 1, 1), datetime(2200, 1, 1), timezones=ZONES)),
        fields=fields,
        marking=draw(st.sampled_from(markings)),
        caveats=draw(TEXTS),
        exercise=draw(st.booleans()),
    )
