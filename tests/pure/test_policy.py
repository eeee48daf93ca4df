"""The policy against a reference that is slow and plain: written from what model.py and policy.py promise."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.sharing.items import Facts, Item
from rapport.sharing.policy import LEVELS, Policy, decide, level_of
from rapport.sharing.protocol.model import (
    DIMENSIONS,
    FIELDS,
    MANY,
    PURPOSES,
    RADII_M,
    UNKNOWABLE,
    Area,
    Audience,
    Condition,
    Entry,
    Left,
    Protocol,
    Rounding,
    Rule,
    Words,
)
from rapport.values import PUBLIC, EventFacts, Marking, Publication, Purpose, Reader, Sensitivity, Status

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EDGES = [NOON + timedelta(days=days) for days in (-30, -2, 0, 2, 30)]
OPEN = {
    "data_type": ["3w_presence", "facilities", "sea"], "category": ["1", "1a", "2"], "control": ["ours", "theirs"],
    "source": ["sms", "web"], "sector": ["health", "wash"], "organisation": ["unicef", "ifrc"],
}  # fmt: skip
EVENT = EventFacts(
    "", "", (), Publication.PUBLISHED, Status.VERIFIED, None, None, NOON, None, None, None, (), 1
)  # fmt: skip


# --- the reference -------------------------------------------------------------------------------------------------


def speaks(condition: Condition, facts: Facts, level: str, stern: bool) -> bool:
    """Whether a condition is met: every dimension of `when` has one of its values, none of `unless` has."""
    for name, values in condition.when.items():
        found = values_of(facts, name, level)
        if name in UNKNOWABLE and found == {"unknown"}:
            if not stern and "unknown" not in values:
                return False
        elif not found & values:
            return False
    for name, values in condition.unless.items():
        found = values_of(facts, name, level)
        if name in UNKNOWABLE and found == {"unknown"}:
            if not stern or "unknown" in values:
                return False
        elif found & values:
            return False
    return small(condition, facts, stern)


def small(condition: Condition, facts: Facts, stern: bool) -> bool:
    if condition.cells_under is None:
        return True
    if facts.aggregation not in ("aggregated", "unknown"):
        return False
    return stern if facts.smallest_cell is None else facts.smallest_cell < condition.cells_under


def values_of(facts: Facts, name: str, level: str) -> set[str]:
    if name == "level":
        return {level}
    value = getattr(facts, name)
    return set(value) if name in MANY else {str(value)}


def level_by_reference(protocol: Protocol, facts: Facts) -> str:
    """The highest level of the entries that match, severe where none does; a person's word may raise it."""
    found = [
        entry.level.value
        for entry in protocol.entries
        if speaks(entry.condition, facts, "", entry.level.value in ("high", "severe"))
    ]
    levels = [level.value for level in LEVELS]
    level = max(found, key=levels.index) if found else "severe"
    return max(level, facts.sensitivity.value, key=levels.index) if facts.sensitivity else level


def by_reference(protocol: Protocol, reader: Reader, facts: Facts, purpose: Purpose, now: datetime) -> tuple[Any, ...]:
    audience = next(one for one in protocol.audiences if one.holds(reader, purpose)).name
    level = level_by_reference(protocol, facts)
    grants, limits = [], []
    for rule in protocol.rules:
        if audience not in rule.audiences or purpose not in rule.purposes:
            continue
        if (rule.starts and now < rule.starts) or (rule.ends and now >= rule.ends):
            continue
        team = protocol.audience(audience).team
        if rule.grant and not team and "publication" not in rule.condition.when and facts.publication != "published":
            continue
        if speaks(rule.condition, facts, level, not rule.grant):
            (grants if rule.grant else limits).append(rule)
    lefts = [rule.left for rule in (*grants, *limits)]
    allow = bool(grants) and not any(rule.nothing for rule in limits)
    delay = max((left.delay_s for left in lefts), default=0)
    if delay:
        allow = allow and facts.published_at is not None and facts.published_at + timedelta(seconds=delay) <= now
    entries = {
        entry.name
        for entry in protocol.entries
        if entry.level.value == level and speaks(entry.condition, facts, "", entry.level.value in ("high", "severe"))
    }
    names = {rule.name for rule in (*grants, *limits)} | entries
    return allow, strictest(lefts), level, names, audience


def strictest(lefts: Sequence[Left]) -> Left:
    kept = set(FIELDS)
    for left in lefts:
        kept &= left.fields
    markings = [one for one in Marking if one in [left.marking for left in lefts]]
    return Left(
        fields=frozenset(kept),
        area=max((left.area for left in lefts), default=Area.AS_IT_IS),
        radius_m=max((left.radius_m for left in lefts), default=0),
        delay_s=max((left.delay_s for left in lefts), default=0),
        rounding=max((left.rounding for left in lefts), default=Rounding.NONE),
        words=max((left.words for left in lefts), default=Words.OWN),
        counted_only=any(left.counted_only for left in lefts),
        marking=markings[-1] if markings else None,
    )


# --- what is drawn -------------------------------------------------------------------------------------------------


def some_values(dice: random.Random, name: str) -> frozenset[str]:
    values = [*(DIMENSIONS[name] or OPEN[name])]
    if name in UNKNOWABLE and "unknown" not in values:
        values.append("unknown")
    return frozenset(dice.sample(values, dice.randint(1, min(3, len(values)))))


def condition(dice: random.Random, *, level: bool) -> Condition:
    names = [name for name in DIMENSIONS if level or name != "level"]
    when = {name: some_values(dice, name) for name in dice.sample(names, dice.choice((0, 0, 1, 1, 2, 3)))}
    unless = {name: some_values(dice, name) for name in dice.sample(names, dice.choice((0, 0, 0, 1, 2)))}
    return Condition(when, unless, dice.choice((None, None, None, 3, 5)))


def left(dice: random.Random) -> Left:
    return Left(
        fields=dice.choice((FIELDS, FIELDS, frozenset(dice.sample(sorted(FIELDS), 4)))),
        area=dice.choice((Area.AS_IT_IS, *Area)),
        radius_m=dice.choice((0, 0, *RADII_M)),
        delay_s=dice.choice((0, 0, 0, 3600, 172_800)),
        rounding=dice.choice((Rounding.NONE, *Rounding)),
        words=dice.choice((Words.OWN, *Words)),
        counted_only=dice.random() < 0.1,
        marking=dice.choice((None, *Marking)),
    )


AUDIENCES = (
    Audience("team", "Team", team=True),
    Audience("leads", "Leads", roles=frozenset({"lead"})),
    Audience("partners", "Partners", kinds=frozenset({"ngo", "un"}), organisations=frozenset({"ifrc"})),
    Audience("sector", "Sector", sectors=frozenset({"health"}), keys=frozenset({"hub"})),
    Audience("public", "Everybody", everyone=True),
)


def rule(dice: random.Random, name: str, *, grant: bool) -> Rule:
    names = [audience.name for audience in AUDIENCES]
    starts, ends = sorted(dice.sample(EDGES, 2))
    return Rule(
        name=name,
        grant=grant,
        audiences=frozenset(dice.sample(names, dice.randint(1, len(names)))),
        purposes=frozenset(dice.sample(PURPOSES, dice.randint(1, 4))),
        condition=condition(dice, level=True),
        left=left(dice) if dice.random() < 0.7 else Left(),
        nothing=not grant and dice.random() < 0.2,
        why=f"Because of {name}.",
        starts=starts if dice.random() < 0.3 else None,
        ends=ends if dice.random() < 0.3 else None,
    )


def protocol(dice: random.Random) -> Protocol:
    entries = [
        Entry(f"e{n}", dice.choice(LEVELS), condition(dice, level=False), f"List {n}.")
        for n in range(dice.randrange(8))
    ]
    grants = [rule(dice, f"g{n}", grant=True) for n in range(dice.randrange(6))]
    limits = [rule(dice, f"l{n}", grant=False) for n in range(dice.randrange(5))]
    return Protocol("drawn", "1", "Drawn", AUDIENCES, tuple(entries), (*grants, *limits))


def facts(dice: random.Random) -> Facts:
    data: dict[str, Any] = {}
    for name in DIMENSIONS:
        if name in MANY:
            data[name] = frozenset(dice.sample(OPEN[name], dice.randrange(len(OPEN[name]) + 1)))
        elif name != "level":
            values = [*(DIMENSIONS[name] or OPEN[name]), "never named"][: len(DIMENSIONS[name]) or None]
            data[name] = "unknown" if name in UNKNOWABLE and dice.random() < 0.3 else dice.choice(values)
    data["publication"], data["status"] = Publication(data["publication"]), Status(data["status"])
    data["sensitivity"] = dice.choice((None, None, *Sensitivity))
    data["smallest_cell"] = dice.choice((None, 0, 2, 3, 4, 5, 100))
    data["published_at"] = dice.choice((None, NOON, *(NOON - timedelta(seconds=one) for one in (3599, 3600, 172_800))))
    return Facts(**data)


def reader(dice: random.Random) -> Reader:
    return Reader(
        team=dice.random() < 0.15,
        roles=frozenset(dice.sample(["lead", "verifier"], dice.randrange(2))),
        organisation=dice.choice(("", "ifrc", "unicef")),
        organisation_kind=dice.choice(("", "ngo", "un", "authority")),
        sectors=frozenset(dice.sample(["health", "wash"], dice.randrange(2))),
        key=dice.choice(("", "hub")),
        agreed=frozenset(dice.sample(PURPOSES, dice.randrange(len(PURPOSES) + 1))),
    )


# --- promises ------------------------------------------------------------------------------------------------------

PROTOCOLS, THINGS = 400, 60


def test_the_policy_rules_as_the_reference_does(capsys: pytest.CaptureFixture[str]) -> None:
    disagreements, allowed = [], 0
    for seed in range(PROTOCOLS):
        dice = random.Random(seed)
        policy = Policy(protocol(dice))
        for n in range(THINGS):
            who, thing, purpose = reader(dice), facts(dice), dice.choice(PURPOSES)
            now = dice.choice((*EDGES, NOON + timedelta(hours=1)))
            found = decide(policy, who, Item("event", "1", "sample", thing, EVENT), purpose, now)
            expected = by_reference(policy.protocol, who, thing, purpose, now)
            allowed += found.allow
            given = (found.allow, found.left, found.level, set(found.rules), found.audience)
            if given != expected or (n % 10 == 0 and level_of(policy.protocol, thing) != found.level):
                disagreements.append((seed, thing, found, expected))
    with capsys.disabled():
        print(f" {PROTOCOLS * THINGS:,} rulings, {allowed:,} allowed, {len(disagreements)} disagreements", end=" ")  # noqa: T201
    assert allowed > PROTOCOLS, "hardly anything is allowed: the cases would show nothing"
    assert disagreements[:3] == []


@given(st.integers(0, 10**9))
def test_a_further_limit_never_gives_a_reader_more(seed: int) -> None:
    dice = random.Random(seed)
    before = protocol(dice)
    after = replace(before, rules=(*before.rules, rule(dice, "further", grant=False)))
    thing, audience = facts(dice), dice.choice(AUDIENCES).name
    for purpose in PURPOSES:
        was, now = (Policy(one).ruling(audience, thing, purpose, NOON) for one in (before, after))
        assert was.allow or not now.allow
        assert now.left == now.left & was.left
        assert now.level is was.level


@given(st.integers(0, 10**9))
def test_a_stricter_entry_never_lowers_a_level(seed: int) -> None:
    dice = random.Random(seed)
    before = protocol(dice)
    further = Entry("further", dice.choice(LEVELS), condition(dice, level=False), "Further.")
    thing = facts(dice)
    was = level_of(before, thing)
    now = level_of(replace(before, entries=(*before.entries, further)), thing)
    unlisted = level_by_reference(before, replace(thing, sensitivity=None)) == "severe"
    assert LEVELS.index(now) >= LEVELS.index(was) or unlisted  # what no entry matched was severe


@given(st.integers(0, 10**9), st.sampled_from(sorted(UNKNOWABLE)))
def test_what_is_not_known_never_helps_a_reader_past_a_rule(seed: int, name: str) -> None:
    """At one level, and where no rule names unknown: whoever gets a thing of which something is not known, gets it also
    when that is known, whatever it is."""
    dice = random.Random(seed)
    drawn = protocol(dice)
    rules = tuple(replace(one, condition=without_unknown(one.condition)) for one in drawn.rules)
    drawn = replace(drawn, entries=(Entry("all", Sensitivity.LOW, Condition(), "All."),), rules=rules)
    thing = replace(facts(dice), **{name: "unknown"})
    known = [value for value in (*(DIMENSIONS[name] or OPEN[name]), "never named") if value != "unknown"]
    values = known if not DIMENSIONS[name] else known[:-1]
    policy = Policy(drawn)
    for audience in AUDIENCES:
        hidden = policy.ruling(audience.name, thing, Purpose.VIEW, NOON)
        for value in values if hidden.allow and not hidden.left.delay_s else ():
            if name == "aggregation" and any(one.condition.cells_under for one in rules):
                continue  # cells are a condition of their own
            told = policy.ruling(audience.name, replace(thing, **{name: value}), Purpose.VIEW, NOON)
            assert told.allow or told.left.delay_s


def without_unknown(one: Condition) -> Condition:
    def rest(part: Any) -> dict[str, frozenset[str]]:
        return {name: values - {"unknown"} for name, values in part.items() if values - {"unknown"}}

    return Condition(rest(one.when), rest(one.unless), one.cells_under)


@given(st.integers(0, 10**9))
def test_a_ruling_does_not_depend_on_what_was_ruled_before(seed: int) -> None:
    dice = random.Random(seed)
    drawn = protocol(dice)
    used = Policy(drawn)
    for _ in range(5):
        thing, now = facts(dice), dice.choice(EDGES)
        assert used.ruling("public", thing, Purpose.VIEW, now) == Policy(drawn).ruling(
            "public", thing, Purpose.VIEW, now
        )


def test_a_ruling_says_why() -> None:
    grant = Rule("g", True, frozenset({"public"}), frozenset(PURPOSES), Condition(), Left(), False, "Agreed.")
    drawn = Protocol("p", "1", "P", AUDIENCES, (), (grant,))
    assert Policy(drawn).ruling("public", Facts(), Purpose.VIEW, NOON).reason == "Agreed."
    assert Policy(drawn).ruling("team", Facts(), Purpose.VIEW, NOON).reason == "No rule of the protocol grants it."
    bar = replace(grant, name="l", grant=False, nothing=True, why="Not before the vote.")
    barred = Policy(replace(drawn, rules=(grant, bar))).ruling("public", Facts(), Purpose.VIEW, NOON)
    assert (barred.allow, barred.reason) == (False, "Not before the vote.")
    late = replace(grant, left=Left(delay_s=3600))
    for published, allow in ((NOON - timedelta(hours=1), True), (NOON, False), (None, False)):
        policy, thing = Policy(replace(drawn, rules=(late,))), Facts(published_at=published)
        found = policy.ruling("public", thing, Purpose.VIEW, NOON)
        assert found.allow is allow
    far = Facts(published_at=datetime.max.replace(tzinfo=UTC))
    assert not Policy(replace(drawn, rules=(late,))).ruling("public", far, Purpose.VIEW, NOON).allow


def test_the_desk_is_the_team_s_and_no_protocol_s() -> None:
    policy = Policy(Protocol("p", "1", "P", AUDIENCES, (), ()))
    item = Item("event", "1", "sample", Facts(), EVENT)
    assert decide(policy, Reader(team=True), item, Purpose.WORK, NOON).allow
    assert not decide(policy, Reader(roles=frozenset({"lead"})), item, Purpose.WORK, NOON).allow


@pytest.mark.parametrize(
    "named",
    [
        {"organisations": frozenset({"who"})},
        {"kinds": frozenset({"un"})},
        {"sectors": frozenset({"health"})},
        {"keys": frozenset({"who-map"})},
    ],
)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_an_organisation_counts_only_for_what_was_agreed(named: dict[str, Any], purpose: Purpose) -> None:
    partners = Audience("partners", "Partners", **named)
    asked = Protocol("p", "1", "P", (partners, Audience("public", "Everybody", everyone=True)), (), ())
    whole = Reader(
        organisation="who", organisation_kind="un", sectors=frozenset({"health"}), key="who-map",
        agreed=frozenset({purpose}),
    )  # fmt: skip
    assert asked.audience_of(whole, purpose) is partners
    for other in {*Purpose} - {purpose}:
        assert asked.audience_of(whole, other).name == "public"
    assert asked.audience_of(replace(whole, agreed=frozenset()), purpose).name == "public"
    assert asked.audience_of(PUBLIC, purpose).name == "public"


def test_the_team_and_roles_need_no_agreement() -> None:
    team, leads = Audience("team", "Team", team=True), Audience("leads", "Leads", roles=frozenset({"lead"}))
    asked = Protocol("p", "1", "P", (leads, team, Audience("public", "Everybody", everyone=True)), (), ())
    for purpose in PURPOSES:
        assert asked.audience_of(Reader(team=True, organisation="who"), purpose) is team
        assert asked.audience_of(Reader(team=True, roles=frozenset({"lead"})), purpose) is leads
