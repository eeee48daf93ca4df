"""Pure: where each report stands and what each event is, as the standing decisions say, in the order they were made.

Whoever takes a decision back leaves it out and looks again. So merges and splits can be undone in any order: nothing is
"put back", everything follows anew from what still stands.

    ACCEPT r → E, ATTACH r → E    the report stands in the event
    MERGE  B → A                  everything that stands in B at that point stands in A; B is part of A
    SPLIT  A → N, {r …}           these reports stand in N, wherever they stood
    PUBLISH E                     readers get the event, or do not

Reports that wait, are rejected or withdrawn stand in no event: they are in no decision of these kinds that stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rapport.values import Publication

Kind = Literal["accept", "attach", "merge", "split", "publish"]


@dataclass(frozen=True, slots=True)
class Step:
    """One standing decision. `other` was merged into `event`, or split off from it."""

    number: int
    kind: Kind
    event: int
    other: int = 0
    reports: frozenset[int] = frozenset()
    publication: str = ""  # of PUBLISH: what it became


@dataclass(frozen=True, slots=True)
class Placement:
    """Where reports stand, which event is part of which, and what was last said about publication."""

    event_of: Mapping[int, int] = field(default_factory=dict)  # report → event
    merged_into: Mapping[int, int] = field(default_factory=dict)  # event → the one it is part of
    said: Mapping[int, str] = field(default_factory=dict)  # event → publication, where a PUBLISH stands

    def reports_in(self, event: int) -> frozenset[int]:
        return frozenset(report for report, where in self.event_of.items() if where == event)

    def held(self) -> dict[int, set[int]]:
        """The reports of each event that has any."""
        held: dict[int, set[int]] = {}
        for report, event in self.event_of.items():
            held.setdefault(event, set()).add(report)
        return held

    def publications(self, born: Mapping[int, str]) -> dict[int, str]:
        """Whether readers get each of these events: as was last said, else as it was born; never one that is part of
        another or has no reports."""
        told = set(self.event_of.values()) - set(self.merged_into)
        gone = Publication.WITHDRAWN.value
        return {event: self.said.get(event, first) if event in told else gone for event, first in born.items()}


def fold(steps: Iterable[Step]) -> Placement:
    """What these decisions come to; steps in any order, applied by their number."""
    event_of: dict[int, int] = {}
    merged_into: dict[int, int] = {}
    said: dict[int, str] = {}
    for step in sorted(steps, key=lambda step: step.number):
        if step.kind == "merge":
            merged_into[step.other] = step.event
            event_of.update({report: step.event for report, event in event_of.items() if event == step.other})
        elif step.kind == "split":
            event_of.update({report: step.other for report in step.reports if report in event_of})
        elif step.kind == "publish":
            said[step.event] = step.publication
        else:
            event_of.update(dict.fromkeys(step.reports, step.event))
    return Placement(event_of, merged_into, said)
