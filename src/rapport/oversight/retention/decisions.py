"""What the record of decisions holds of what people sent: words to and about them. Decisions stay, and what they say of
events: that was written by people for others to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.apps import apps
from django.db.models import Q

from rapport.oversight.ledger import entries
from rapport.oversight.models import Decision, DecisionKind
from rapport.plugins import Doomed, Holder

#: Parts of `before` and `after` that are words of, to or about a sender.
_WORDS = frozenset({"text", "problem"})
_PART = 500


def destroy(doomed: Doomed) -> Mapping[str, int]:
    """Reasons and evidence of decisions about these reports and senders alone go, the texts of translations, and why
    somebody broke the glass."""
    done = 0
    for start in range(0, len(doomed.reports), _PART):
        some = doomed.reports[start : start + _PART]
        done += _empty(Q(report_id__in=some)) + _empty_glass(some)
    if doomed.senders:
        done += _empty(Q(sender_id__in=list(doomed.senders)))
    for before, after in doomed.senders.items():
        done += Decision.objects.filter(sender_id=before).update(sender_id=after, salt="")
    if done:
        # Without their salt the ledger's commitments to these rows say nothing any more; how many went, it says.
        entries.retention(doomed.operation_id, {"decisions": done})
    return {"decisions": done}


def _empty(about: Q) -> int:
    """Those of an event keep its reason: it is the event's."""
    said = Decision.objects.filter(about)
    alone = said.filter(event_id=None).exclude(kind=DecisionKind.DESTROY).exclude(reason="", evidence="")
    done = alone.update(reason="", evidence="", salt="")
    for one in said.filter(kind__in=_kinds()).iterator():
        before, after = _without(one.before), _without(one.after)
        if (before, after) != (one.before, one.after):
            Decision.objects.filter(pk=one.pk).update(before=before, after=after, salt="")
            done += 1
    return done


def _empty_glass(reports: Sequence[int]) -> int:
    """Why somebody had to reach the senders of an event was said of them: unlike other reasons of an event it goes with
    the first of its reports. Events stand in a room above."""
    links = apps.get_model("events.EventReport").objects.filter(report_id__in=reports)
    broken = Decision.objects.filter(kind=DecisionKind.BREAK_GLASS, event_id__in=links.values("event_id"))
    return broken.exclude(reason="").update(reason="", salt="")


def _kinds() -> Sequence[DecisionKind]:
    return (DecisionKind.TRANSLATE, DecisionKind.SENDING, DecisionKind.UNDO)


def _without(said: Mapping[str, object]) -> dict[str, object]:
    return {name: "" if name in _WORDS else value for name, value in said.items()}


HOLDER = Holder(
    holds=("In the record of decisions: the texts of translations, questions and reasons about a report or sender",),
    destroy=destroy,
    tables=("oversight.Decision",),
)
