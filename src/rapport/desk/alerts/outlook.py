"""What a draft would be if somebody issued it now: the message, what is wrong with it, and who would get it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, pgettext

from rapport.alerts import releases, threads
from rapport.alerts.draft import AlertDraft, Wording
from rapport.alerts.message import Issue, bare, message
from rapport.alerts.models import AlertMessage
from rapport.formats.cap import reading, writing
from rapport.formats.cap.finding import Finding, Unwritable
from rapport.formats.cap.model import Alert, MsgType, Status
from rapport.formats.cap.validation import Profile, validate
from rapport.operations.models import Operation
from rapport.sharing.active import policy_of
from rapport.sharing.items import AlertItem, Facts, lasting_name
from rapport.sharing.policy import Policy
from rapport.sharing.protocol.model import Audience
from rapport.sharing.release import release_alert_to
from rapport.text.personal import spans_of
from rapport.values import EARLIEST, Purpose

#: Who passes alerts on and asks for more than the standard does: name → title.
PROFILES: dict[Profile, str] = {"google": "Google Public Alerts", "ifrc": "IFRC Alert Hub"}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PARTLY = "The protocol would leave only a part of it, or its place coarser; an alert goes out whole or not at all."
EXPIRED = "What this would update has expired by now: issue a new alert."
NOBODY = (
    "The protocol in force lets nobody outside the team have this alert, as it is: see below why. Change the alert, or "
    "the protocol."
)


@dataclass(frozen=True, slots=True)
class Gets:
    """Whether an audience would get it, now or `later`, after a delay; and why or why not. `had`: it was given an
    earlier message."""

    audience: Audience
    gets: bool
    reasons: Sequence[str]
    later: bool = False
    had: bool = False

    @property
    def title(self) -> str:
        return self.audience.title

    @property
    def at_all(self) -> bool:
        return self.gets or self.later


@dataclass(frozen=True, slots=True)
class Outlook:
    """`faults` stand in the way; `advice` is who says it, and what; `data` is the CAP file, empty with some faults;
    `bare`: it would say nothing but that the alert is cancelled."""

    alert: Alert
    data: bytes
    faults: Sequence[str]
    advice: Sequence[tuple[str, Finding]]
    audiences: Sequence[Gets]
    replaced: Sequence[AlertMessage]
    bare: bool = False

    @property
    def given_to(self) -> list[str]:
        """The audiences as the message keeps them."""
        return [lasting_name(one.audience) for one in self.audiences if one.at_all]

    @property
    def losing(self) -> list[str]:
        """Who has an earlier message and would not get this one."""
        return [one.title for one in self.audiences if one.had and not one.at_all]

    @property
    def promise(self) -> str:
        """Of what the look told beside the words: to whom it goes, in whose name, as what, in place of what."""
        told = (
            [(one.audience.name, one.gets, one.later) for one in self.audiences], self.alert.sender,
            self.alert.status.value, self.alert.scope.value, [one.pk for one in self.replaced], self.bare,
        )  # fmt: skip
        return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def outlook(operation: Operation, draft: AlertMessage, base_url: str, now: datetime) -> Outlook:
    """
    1 when it is sent and what it replaces · 2 the message for everybody · 3 who would get it · 4 what those get who had
    the alert and may not have it any more · 5 for whom it is then · 6 what is wrong with it
    """
    said = draft.as_draft
    # 1
    replaced = threads.replaced(draft.alert, now) if said.msg_type is not MsgType.ALERT else []
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
    asking = _Asking.of(operation, draft, now)
    audiences, is_bare = asking.audiences(data, bare=False), False
    # 4
    if said.msg_type is MsgType.CANCEL and any(one.had and not one.at_all for one in audiences):
        said, issue, is_bare = bare(said, _bare_words(said)), replace(issue, bare=True), True
        alert, data, _ = _written(message(said, issue))
        audiences = asking.audiences(data, bare=True)
    if not any(one.at_all for one in audiences):
        faults.append(NOBODY)
    # 5
    elif not audiences[-1].at_all:
        restriction = "Only for: " + "; ".join(one.title for one in audiences if one.at_all)
        alert, data, _ = _written(message(said, replace(issue, restriction=restriction)))
    # 6
    return Outlook(alert, data, faults, _advice(alert, data, now, base_url), audiences, replaced, is_bare)


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is asked of the protocol about one draft."""

    operation: Operation
    draft: AlertMessage
    policy: Policy
    facts: Facts
    began: datetime | None
    had: frozenset[str]
    now: datetime

    @classmethod
    def of(cls, operation: Operation, draft: AlertMessage, now: datetime) -> _Asking:
        policy = policy_of(operation.pk)
        facts = releases.about(operation, [draft.alert.event_id], policy)
        first = draft.alert.messages.filter(version=1).values_list("sent", flat=True).first()
        had = threads.given_before([draft.alert_id]).get(draft.alert_id, frozenset())
        known = facts.get(draft.alert.event_id or 0, releases.OF_NO_EVENT)
        return cls(operation, draft, policy, known, first, had, now)

    def audiences(self, data: bytes, *, bare: bool) -> list[Gets]:
        """The nearest first, everybody last; without the team."""
        had = self.had if bare else frozenset[str]()
        item = releases.item(self.operation, self.draft, data, self.facts, self.began, had)
        return [self._gets(item, one) for one in self.policy.protocol.audiences if not one.team]

    def _gets(self, item: AlertItem, audience: Audience) -> Gets:
        had = lasting_name(audience) in self.had
        release = release_alert_to(self.policy, item, audience, self.now)
        if release is not None:
            return Gets(audience, True, release.reasons, had=had)
        long_ago = replace(item, facts=replace(item.facts, published_at=EARLIEST))
        later = release_alert_to(self.policy, long_ago, audience, self.now) is not None
        ruling = self.policy.ruling(audience.name, item.facts, Purpose.ALERT, self.now)
        partly = [PARTLY] if ruling.allow else []
        return Gets(audience, False, (*partly, *ruling.reasons), later, had)


def _bare_words(said: AlertDraft) -> dict[str, Wording]:
    """In each language of the draft, or in English where nobody has translated them."""
    words: dict[str, Wording] = {}
    for code in (one.language for one in said.wordings):
        with translation.override(code):
            told = gettext("This alert is cancelled.")
            words[code] = Wording(code, pgettext("message", "alert"), told, told)
    return words


def _issue(
    operation: Operation, draft: AlertMessage, base_url: str, sent: datetime, replaced: Sequence[AlertMessage]
) -> Issue:
    """Sender and status of a thread stay those of its first message: nobody else has power over it (formats/cap/
    chain.py)."""
    said, name = operation.alerts, operation.name_in(operation.language)
    before = [releases.said_in(bytes(one.data or b"")) for one in replaced]
    sender = str(said.get("sender") or f"{operation.slug}@{urlsplit(base_url).hostname or 'localhost'}")
    exercise = before[-1].status is Status.EXERCISE if before else operation.exercise
    return Issue(
        identifier=f"{operation.slug}-{draft.alert.ref}-{threads.next_version(draft.alert)}",
        sender=before[-1].sender if before else sender,
        sender_name=str(said.get("name") or name),
        contact=str(said.get("contact") or ""),
        sent=sent,
        web=base_url + reverse("alert", args=[operation.slug, draft.alert.ref]),
        exercise=name if exercise else "",
        references=tuple(one.identity for one in before),
    )


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


def _advice(alert: Alert, data: bytes, now: datetime, base_url: str) -> list[tuple[str, Finding]]:
    """Warnings of the standard, everything that those ask for who pass alerts on, and personal data in its words."""
    found = reading.read(data)
    plain = validate(found, now=now)
    advice = [("CAP 1.2", one) for one in plain]
    for profile, title in PROFILES.items():
        advice += [(title, one) for one in validate(found, profile, now) if one not in plain]
    if (urlsplit(base_url).hostname or "localhost") in LOOPBACK:
        remedy = "Set RAPPORT_PUBLIC_URL first: receivers keep this address, which leads them nowhere."
        advice.append(("rapport", Finding("warning", "loopback", "/alert/info[1]/web", remedy, "rapport", base_url)))
    for at, info in enumerate(alert.infos, start=1):
        for name in ("headline", "description", "instruction"):
            for span in spans_of(getattr(info, name)):
                words = getattr(info, name)[span.start : span.end]
                path = f"/alert/info[{at}]/{name}"
                remedy = "This looks like personal data. Everybody will read it; take it out unless it is an office's."
                advice.append(("rapport", Finding("warning", "personal-data", path, remedy, "rapport", words)))
    return advice
