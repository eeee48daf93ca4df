"""Pure: what people should look at again in a protocol before they sign it, each with a remedy.

The protocol rules without any of this: what two entries say differently is decided by the stricter one. Faults are for
people, who may have meant something else. A protocol may be so long that nobody waits for all of it to be compared:
then a part is, and a fault says what was not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations, islice

from rapport.sharing.policy import LEVELS
from rapport.sharing.protocol import data_types, nearer, reach
from rapport.sharing.protocol.fault import Fault
from rapport.sharing.protocol.model import (
    DIMENSIONS,
    UNKNOWABLE,
    Audience,
    Condition,
    Entry,
    Left,
    Protocol,
    Rule,
    named_values,
)
from rapport.values import ORGANISATION_KINDS, Sensitivity

#: Entries, and grants and limits, that are compared with one another [ours: the longest country protocol has some sixty
#: entries]; faults of one sort that are said, as nobody reads more at once.
MOST_COMPARED = 200
MOST_OF_A_SORT = 200


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that an operation knows; None where it cannot be said, and then nothing is asked."""

    categories: frozenset[str] | None = None
    sources: frozenset[str] | None = None
    organisations: frozenset[str] | None = None
    kinds: frozenset[str] | None = None  # of organisations
    sectors: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    desk_roles: frozenset[str] = frozenset()  # those whose holders belong to `team`


def faults(protocol: Protocol, known: Vocabulary | None = None, now: datetime | None = None) -> tuple[Fault, ...]:
    """Everything to look at, errors first. Without `known` no names are checked, without `now` nothing is over."""
    first = _first(protocol)
    sorts = (
        _never(protocol),
        _contradictions(first, whole=first.entries == protocol.entries),
        _overlaps(first),
        _lower_where_unknown(first),
        _covered(first),
        _unreached(protocol, known or Vocabulary(), now),
        _repeated(first),
        _ungranted(protocol),
        nearer.gets_less(first, now),
        _unsaid(protocol),
        _types(protocol),
        _names(protocol, known) if known else _kinds(protocol),
    )
    said = [list(islice(sort, MOST_OF_A_SORT + 1)) for sort in sorts]
    found = [fault for sort in said for fault in sort[:MOST_OF_A_SORT]]
    found += [*_not_compared(protocol, first)]
    if any(len(sort) > MOST_OF_A_SORT for sort in said):
        text = (
            f"Of each sort of fault the first {MOST_OF_A_SORT} are said, and there are more. Mend these and look again."
        )
        found.append(Fault("undefined", "warning", (), text))
    order = ("error", "warning", "note")
    return tuple(sorted(found, key=lambda fault: order.index(fault.severity)))


def _first(protocol: Protocol) -> Protocol:
    """So much of a protocol as is compared."""
    return replace(protocol, entries=protocol.entries[:MOST_COMPARED], rules=protocol.rules[:MOST_COMPARED])


def _not_compared(protocol: Protocol, first: Protocol) -> Iterator[Fault]:
    if first != protocol:
        text = (
            f"The first {len(first.entries)} of {len(protocol.entries)} entries and the first {len(first.rules)} of"
            f" {len(protocol.rules)} grants and limits were compared with one another; the others were not. Join what"
            " says the same, and look again."
        )
        yield Fault("undefined", "warning", (), text)


def _said(protocol: Protocol) -> tuple[Entry | Rule, ...]:
    return (*protocol.entries, *protocol.rules)


# --- conditions that nothing meets ---------------------------------------------------------------------------------


def _never(protocol: Protocol) -> Iterator[Fault]:
    for one in _said(protocol):
        name = reach.never(reach.of(one))
        if name:
            yield Fault(
                "unreachable", "error", (one.name,),
                f"{one.name} never speaks: nothing can meet what it says of {name}. What is not known meets no grant"
                " and no entry for low or moderate. Look at its when and unless, or take it out.",
            )  # fmt: skip


# --- contradictions ------------------------------------------------------------------------------------------------


def _contradictions(protocol: Protocol, *, whole: bool) -> Iterator[Fault]:
    """`whole`: all entries are there, so that it can be said what none of them gives."""
    bars = [rule for rule in protocol.rules if rule.nothing]
    for grant in (rule for rule in protocol.rules if rule.grant):
        yield from _barred(grant, bars)
        if whole:
            yield from _level_not_given(grant, protocol.entries)


def _barred(grant: Rule, bars: Sequence[Rule]) -> Iterator[Fault]:
    """A grant that limits to nothing take away again."""
    whole = [bar for bar in bars if _lasts(bar, grant) and reach.covers(reach.of(bar), reach.of(grant))]
    asked = {(audience, purpose) for audience in grant.audiences for purpose in grant.purposes}
    kept = {pair for pair in asked if not any(pair[0] in bar.audiences and pair[1] in bar.purposes for bar in whole)}
    if kept == asked:
        return
    names = tuple(bar.name for bar in whole if bar.audiences & grant.audiences and bar.purposes & grant.purposes)
    by = f"limit {' and '.join(names)} (nothing = true)"
    lost = ", ".join(sorted(f"{audience} for {purpose}" for audience, purpose in asked - kept))
    text = (
        f"Grant {grant.name} gives, and {by} takes all of it away: from {lost}."
        " Take one of them out, or say in the limit's unless what may be given."
    )
    yield Fault("contradiction", "warning" if kept else "error", (grant.name, *names), text)


def _level_not_given(grant: Rule, entries: Sequence[Entry]) -> Iterator[Fault]:
    """Levels that a grant waits for and no entry gives. Severe is what no entry matches; a person may raise a level."""
    asked = grant.condition.when.get("level", frozenset()) - grant.condition.unless.get("level", frozenset())
    if not asked - {Sensitivity.SEVERE}:
        return
    plain = _without_level(grant.condition)
    given = {entry.level for entry in entries if reach.overlap(entry.condition, plain) is not None}
    for level in sorted(asked - given - {Sensitivity.SEVERE}):
        raised = any(LEVELS.index(one) < LEVELS.index(Sensitivity(level)) for one in given)
        speaks = "only for things to which a person gave that level" if raised else "for nothing"
        only = asked == {level} and not raised
        text = (
            f"Grant {grant.name} waits for things of level {level}, and no entry gives them that level: it speaks"
            f' {speaks}. Write an entry with level = "{level}", or take {level} out of the levels in the grant\'s when.'
        )
        yield Fault("contradiction", "error" if only else "warning", (grant.name,), text)


def _without_level(one: Condition) -> Condition:
    def rest(part: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
        return {name: values for name, values in part.items() if name != "level"}

    return Condition(rest(one.when), rest(one.unless), one.cells_under)


def _lasts(wide: Rule, narrow: Rule) -> bool:
    """Whether `wide` is in force whenever `narrow` is."""
    begins = wide.starts is None or (narrow.starts is not None and wide.starts <= narrow.starts)
    return begins and (wide.ends is None or (narrow.ends is not None and narrow.ends <= wide.ends))


# --- entries that say different things of one ----------------------------------------------------------------------


def _overlaps(protocol: Protocol) -> Iterator[Fault]:
    for one, other in combinations(protocol.entries, 2):
        if one.level is other.level:
            continue
        shared = reach.overlap(one.condition, other.condition)
        if shared is None:
            continue
        low, high = sorted((one, other), key=lambda entry: LEVELS.index(entry.level))
        text = (
            f"Entries {low.name} ({low.level}) and {high.name} ({high.level}) both speak of {_spoken(shared)}."
            f" The stricter wins: {high.level}. Is that what was agreed? If not, narrow {high.name} with unless;"
            f" if so, narrow {low.name}, and nobody has to ask again."
        )
        yield Fault("overlap", "warning", (low.name, high.name), text)


def _lower_where_unknown(protocol: Protocol) -> Iterator[Fault]:
    """A moderate entry does not speak of what is not known: there a low one that does not ask decides alone."""
    entries = protocol.entries
    for moderate in (one for one in entries if one.level is Sensitivity.MODERATE):
        for low in (one for one in entries if one.level is Sensitivity.LOW):
            asked = {*moderate.condition.when, *moderate.condition.unless} & UNKNOWABLE
            names = sorted(
                name
                for name in asked - {*low.condition.when, *low.condition.unless}
                if "unknown" not in moderate.condition.when.get(name, ())
            )
            if names and reach.overlap(low.condition, moderate.condition) is not None:
                text = (
                    f"Where {' or '.join(names)} is not known, entry {moderate.name} (moderate) does not speak and"
                    f' {low.name} (low) decides. If it is to be moderate then, add "unknown" to what {moderate.name}'
                    f" asks for in when, or let {low.name} ask for {' and '.join(names)} too."
                )
                yield Fault("overlap", "warning", (low.name, moderate.name), text)


def _spoken(shared: Mapping[str, frozenset[str]]) -> str:
    words = [f"{name} {' or '.join(sorted(values))}" for name, values in shared.items() if values and name != "kind"]
    return ", ".join(words) or "things of any kind"


def _covered(protocol: Protocol) -> Iterator[Fault]:
    for at, entry in enumerate(protocol.entries):
        for by, other in enumerate(protocol.entries):
            lower = LEVELS.index(entry.level) - LEVELS.index(other.level)
            if at == by or lower > 0 or not reach.covers(reach.of(other), reach.of(entry)):
                continue
            if lower < 0:
                text = (
                    f"Entry {entry.name} ({entry.level}) never decides: {other.name} ({other.level}) speaks of all that"
                    f" it speaks of, and the stricter wins. Narrow {other.name} with unless, or take {entry.name} out."
                )
                yield Fault("unreachable", "warning", (entry.name, other.name), text)
            elif at > by or not reach.covers(reach.of(entry), reach.of(other)):
                text = f"Entry {entry.name} repeats a part of {other.name}, at the same level. It may be left out."
                yield Fault("unreachable", "note", (entry.name, other.name), text)


# --- rules and audiences that are never reached --------------------------------------------------------------------


def _unreached(protocol: Protocol, known: Vocabulary, now: datetime | None) -> Iterator[Fault]:
    lost = {
        audience.name
        for n, audience in enumerate(protocol.audiences)
        if not audience.everyone and _taken(audience, protocol.audiences[:n], known)
    }
    for name in lost:
        text = (
            f"Nobody is found in audience {name}: whoever it names belongs to one that stands before it, and the first"
            f" one counts. Move [[audience]] {name} up, or take it out."
        )
        yield Fault("unreachable", "warning", (name,), text)
    granted = {name for rule in protocol.rules if rule.grant for name in rule.audiences}
    for rule in protocol.rules:
        yield from _rule_unreached(rule, lost, granted, now)


def _rule_unreached(rule: Rule, lost: set[str], granted: set[str], now: datetime | None) -> Iterator[Fault]:
    kind = "Grant" if rule.grant else "Limit"
    if now is not None and rule.ends is not None and rule.ends <= now:
        text = f"{kind} {rule.name} ended on {rule.ends:%Y-%m-%d}. Take it out, or agree on a new until."
        yield Fault("unreachable", "warning", (rule.name,), text)
    if not rule.audiences - lost:
        text = f"{kind} {rule.name} reaches nobody: nobody is in its audiences. Take it out, or name others."
        yield Fault("unreachable", "warning", (rule.name,), text)
    elif not rule.grant and not rule.audiences & granted:
        text = f"Limit {rule.name} binds only audiences to which nothing is granted. It may be left out."
        yield Fault("unreachable", "note", (rule.name,), text)


def _taken(audience: Audience, before: Sequence[Audience], known: Vocabulary) -> bool:
    def all_of(names: Callable[[Audience], frozenset[str]], more: frozenset[str] = frozenset()) -> bool:
        return names(audience) <= more.union(*(names(one) for one in before))

    team = any(one.team for one in before)
    return (
        (not audience.team or team)
        and all_of(lambda one: one.roles, known.desk_roles if team else frozenset())
        and all_of(lambda one: one.organisations)
        and all_of(lambda one: one.kinds)
        and all_of(lambda one: one.sectors)
        and all_of(lambda one: one.keys)
    )


def _repeated(protocol: Protocol) -> Iterator[Fault]:
    """Grants without which nothing would change: of all that match, each dimension takes its strictest."""
    grants = [rule for rule in protocol.rules if rule.grant]
    for at, one in enumerate(grants):
        for by, wide in enumerate(grants):
            same = at < by and _within(wide, one)
            if at != by and not same and _within(one, wide) and one.left & wide.left == wide.left:
                more = one.left != wide.left
                text = f"Grant {one.name} adds nothing: {wide.name} speaks wherever it does" + (
                    f" and gives less, and the strictest of both counts. Except in the unless of {wide.name} what"
                    f" {one.name} is to give, or take {one.name} out."
                    if more else f" and gives as much. Take {one.name} out."
                )  # fmt: skip
                yield Fault("unreachable", "warning" if more else "note", (one.name, wide.name), text)


def _within(narrow: Rule, wide: Rule) -> bool:
    return (
        narrow.audiences <= wide.audiences
        and narrow.purposes <= wide.purposes
        and _lasts(wide, narrow)
        and reach.covers(reach.of(wide), reach.of(narrow))
    )


# --- what nobody has said of an event yet -------------------------------------------------------------------------

#: What people say of single events on the desk, and what stands there as unknown until they do.
_SAID_ON_THE_DESK = tuple(name for name in DIMENSIONS if name in UNKNOWABLE - {"data_type", "aggregation"})


def _unsaid(protocol: Protocol) -> Iterator[Fault]:
    """Limits that hold back every event of which nobody has spoken yet: nearly all of them, on the first day."""
    for limit in (rule for rule in protocol.rules if not rule.grant and _of_events(rule.condition)):
        asked = [name for name in _SAID_ON_THE_DESK if _speaks_unknown(limit.condition, name)]
        if not asked:
            continue
        only = f'unless = {{ {", ".join(f"""{name} = ["unknown"]""" for name in asked)} }}'
        text = (
            f"Limit {limit.name} also binds every event of which nobody has said {' or '.join(asked)}. If it is meant"
            f" only for what is known, write {only}."
        )
        stuck = "control" in asked and set(named_values(protocol, "control")) <= limit.condition.when.get(
            "control", frozenset()
        )
        if stuck:
            text += (
                " The desk can choose among the words for control that the protocol names, and here it could never say"
                ' that another holds the area: name the others in unless, as control = ["government"].'
            )
        yield Fault("undefined", "warning" if stuck else "note", (limit.name,), text)


def _of_events(one: Condition) -> bool:
    return "event" in one.when.get("kind", {"event"}) and "none" in one.when.get("data_type", {"none"})


def _speaks_unknown(one: Condition, name: str) -> bool:
    """Whether a limit that asks for this fact speaks where it is not known, and does not say so itself."""
    asked = {*one.when.get(name, ()), *one.unless.get(name, ())}
    return bool(asked) and "unknown" not in asked


# --- what is not said, and names that nobody knows -----------------------------------------------------------------


def _ungranted(protocol: Protocol) -> Iterator[Fault]:
    for audience in protocol.audiences:
        if not any(rule.grant and audience.name in rule.audiences for rule in protocol.rules):
            text = f"Audience {audience.name} is granted nothing. Name it in the to of a [[grant]], or take it out."
            yield Fault("undefined", "warning", (audience.name,), text)
    for rule in protocol.rules:
        if rule.nothing and rule.left != Left():
            text = (
                f"Limit {rule.name} says nothing = true: what it says of place, words and the like is without effect."
            )
            yield Fault("contradiction", "note", (rule.name,), text)


def _types(protocol: Protocol) -> Iterator[Fault]:
    for value in sorted(data_types.named(protocol) - set(data_types.DATA_TYPES) - {"unknown"}):
        close = data_types.meant(value)
        hint = f"Did you mean {close}?" if close else "If it is your own, whoever shares data has to write it just so."
        yield Fault("unknown-name", "warning", _naming(protocol, "data_type", value),
                    f"Data type {value!r} is none of those that country protocols know. {hint}")  # fmt: skip
    if any({*one.condition.when, *one.condition.unless} <= {"domain"} for one in protocol.entries):
        return
    asked = {value for entry in protocol.entries for value in entry.condition.when.get("data_type", ())}
    missing = [name for name in data_types.DATA_TYPES if name not in asked]
    if missing:
        text = (
            f"No entry names these data types, so they are severe: {', '.join(missing)}."
            " Write entries for those you share."
        )
        yield Fault("undefined", "note", (), text)


def _names(protocol: Protocol, known: Vocabulary) -> Iterator[Fault]:
    conditions = [one.condition for one in _said(protocol)]
    of_dimensions = {
        "category": known.categories, "source": known.sources, "organisation": known.organisations,
        "sector": known.sectors,
    }  # fmt: skip
    for dimension, names in of_dimensions.items():
        parts = [part.get(dimension, ()) for one in conditions for part in (one.when, one.unless)]
        for value in _strangers(names, parts):
            yield _strange(dimension, value, names, _naming(protocol, dimension, value))
    of_audiences = {
        "roles": ("role", known.roles), "organisations": ("organisation", known.organisations),
        "kinds": ("kind of organisation", known.kinds), "sectors": ("sector", known.sectors),
    }  # fmt: skip
    for key, (what, names) in of_audiences.items():
        for audience in protocol.audiences:
            for value in _strangers(names, [getattr(audience, key)]):
                yield _strange(what, value, names, (audience.name,))


def _kinds(protocol: Protocol) -> Iterator[Fault]:
    """Kinds that look like misspelt ones, where no operation is at hand; a word of one's own is none."""
    for audience in protocol.audiences:
        for value in sorted(audience.kinds - ORGANISATION_KINDS.keys()):
            close = data_types.meant(value, ORGANISATION_KINDS)
            if close:
                text = f"Audience {audience.name} names the kind of organisation {value!r}. Did you mean {close}?"
                yield Fault("unknown-name", "warning", (audience.name,), text)


def _strangers(names: frozenset[str] | None, used: Iterable[Iterable[str]]) -> list[str]:
    return [] if names is None else sorted({value for values in used for value in values} - names - {"unknown"})


def _strange(what: str, value: str, names: frozenset[str] | None, rules: tuple[str, ...]) -> Fault:
    there = sorted(names or ())
    close = data_types.meant(value, there)
    hint = f"Did you mean {close}?" if close else f"It knows {', '.join(there) or 'none'}."
    return Fault("unknown-name", "warning", rules, f"The operation knows no {what} {value!r}. {hint}")


def _naming(protocol: Protocol, dimension: str, value: str) -> tuple[str, ...]:
    return tuple(
        one.name
        for one in _said(protocol)
        if value in one.condition.when.get(dimension, ()) or value in one.condition.unless.get(dimension, ())
    )
