"""What a draft would be if somebody issued it now: the message, what is wrong with it, and who would get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.urls import reverse

from rapport.alerts import releases, threads
from rapport.alerts.message import Issue, message
from rapport.alerts.models import AlertMessage
from rapport.formats.cap import reading, writing
from rapport.formats.cap.finding import Finding, Unwritable
from rapport.formats.cap.model import Alert, MsgType, Reference
from rapport.formats.cap.validation import Profile, validate
from rapport.operations.models import Operation
from rapport.sharing.active import policy_of
from rapport.sharing.items import AlertItem
from rapport.sharing.policy import Policy
from rapport.sharing.protocol.model import Audience
from rapport.sharing.release import release_alert_to
from rapport.text.personal import spans_of
from rapport.values import Purpose

#: Who passes alerts on and asks for more than the standard does: name → title.
PROFILES: dict[Profile, str] = {"google": "Google Public Alerts", "ifrc": "IFRC Alert Hub"}
EXPIRED = "What this would update has expired by now: issue a new alert."
NOBODY = (
    "The protocol in force lets nobody outside the team have this alert, as it is: see below why. Change the alert, or "
    "the protocol."
)


@dataclass(frozen=True, slots=True)
class Gets:
    """Whether an audience would get it, and why or why not."""

    title: str
    gets: bool
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outlook:
    """`faults` stand in the way; `advice` is who says it, and what; `data` is the CAP file, empty with some faults."""

    alert: Alert
    data: bytes
    faults: Sequence[str]
    advice: Sequence[tuple[str, Finding]]
    audiences: Sequence[Gets]
    replaced: Sequence[AlertMessage]


def outlook(operation: Operation, draft: AlertMessage, base_url: str, now: datetime) -> Outlook:
    """
    1 when it is sent and what it replaces · 2 the message for everybody · 3 who would get it · 4 for whom it is then ·
    5 what is wrong with it
    """
    said = draft.as_draft
    # 1
    replaced = threads.unexpired(draft.alert, now) if said.msg_type is not MsgType.ALERT else []
    issue = _issue(operation, draft, base_url, _sent(operation, replaced, now), replaced)
    faults = [] if replaced or said.msg_type is MsgType.ALERT else [EXPIRED]
    if said.expires <= issue.sent:
        faults.append("It would have expired already: let it expire later.")
    # 2
    alert, data, unwritable = _written(message(said, issue))
    faults += unwritable
    if not data:
        return Outlook(alert, data, faults, (), (), replaced)
    # 3
    policy = policy_of(operation.pk)
    facts = releases.about(operation, [draft.alert.event_id], policy)
    known = facts.get(draft.alert.event_id or 0, releases.OF_NO_EVENT)
    item = releases.item(operation, draft.alert.ref, threads.next_version(draft.alert), said.spot, data, known)
    audiences = [_gets(policy, item, one, now) for one in policy.protocol.audiences if not one.team]
    if not any(one.gets for one in audiences):
        faults.append(NOBODY)
    # 4
    elif not audiences[-1].gets:
        restriction = "Only for: " + "; ".join(one.title for one in audiences if one.gets)
        alert, data, _ = _written(message(said, replace(issue, restriction=restriction)))
    # 5
    return Outlook(alert, data, faults, _advice(alert, data, now), audiences, replaced)


def _issue(
    operation: Operation, draft: AlertMessage, base_url: str, sent: datetime, replaced: Sequence[AlertMessage]
) -> Issue:
    said, name = operation.alerts, operation.name_in(operation.language)
    return Issue(
        identifier=f"{operation.slug}-{draft.alert.ref}-{threads.next_version(draft.alert)}",
        sender=str(said.get("sender") or f"{operation.slug}@{urlsplit(base_url).hostname or 'localhost'}"),
        sender_name=str(said.get("name") or name),
        contact=str(said.get("contact") or ""),
        sent=sent,
        web=base_url + reverse("alert", args=[operation.slug, draft.alert.ref]),
        exercise=name if operation.exercise else "",
        references=tuple(reference(one) for one in replaced),
    )


def reference(issued: AlertMessage) -> Reference:
    alert = reading.read(bytes(issued.data or b"")).alert
    if alert is None:
        raise ValueError("An issued message can be read: it was, before it was issued.")
    return alert.identity


def _sent(operation: Operation, replaced: Sequence[AlertMessage], now: datetime) -> datetime:
    """To the second, in the operation's zone, and after the message before: receivers order by it."""
    sent = now.replace(microsecond=0)
    before = [one.sent for one in replaced if one.sent is not None]
    if before and sent <= max(before):
        sent = max(before) + timedelta(seconds=1)
    return sent.astimezone(ZoneInfo(operation.time_zone))


def _written(alert: Alert) -> tuple[Alert, bytes, list[str]]:
    try:
        return alert, writing.write(alert), []
    except Unwritable as wrong:
        return alert, b"", [one.in_words() for one in wrong.findings]


def _gets(policy: Policy, item: AlertItem, audience: Audience, now: datetime) -> Gets:
    release = release_alert_to(policy, item, audience, now)
    if release is not None:
        return Gets(audience.title, True, release.reasons)
    ruling = policy.ruling(audience.name, item.facts, Purpose.ALERT, now)
    if not ruling.allow:
        return Gets(audience.title, False, ruling.reasons)
    partly = "The protocol would leave only a part of it, or its place coarser; an alert goes out whole or not at all."
    return Gets(audience.title, False, (partly, *ruling.reasons))


def _advice(alert: Alert, data: bytes, now: datetime) -> list[tuple[str, Finding]]:
    """Warnings of the standard, everything that those ask for who pass alerts on, and personal data in its words."""
    found = reading.read(data)
    plain = validate(found, now=now)
    advice = [("CAP 1.2", one) for one in plain]
    for profile, title in PROFILES.items():
        advice += [(title, one) for one in validate(found, profile, now) if one not in plain]
    for at, info in enumerate(alert.infos, start=1):
        for name in ("headline", "description", "instruction"):
            for span in spans_of(getattr(info, name)):
                words = getattr(info, name)[span.start : span.end]
                path = f"/alert/info[{at}]/{name}"
                remedy = "This looks like personal data. Everybody will read it; take it out unless it is an office's."
                advice.append(("rapport", Finding("warning", "personal-data", path, remedy, "rapport", words)))
    return advice
