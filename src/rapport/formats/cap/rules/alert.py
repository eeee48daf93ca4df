"""The message itself: who it is from, which other messages it is about, for whom it is (CAP 1.2, 3.2.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rapport.formats.cap import lexical
from rapport.formats.cap.catalogue import found
from rapport.formats.cap.finding import Finding
from rapport.formats.cap.model import Alert, MsgType, Reference, Scope, Status

_NOT_IN_A_NAME = re.compile(r"[\s,<&\x00-\x1f\x7f]")
_ABOUT_ANOTHER = (MsgType.UPDATE, MsgType.CANCEL, MsgType.ACK, MsgType.ERROR)


def check(alert: Alert, path: str) -> Iterator[Finding]:
    for name, value in (("identifier", alert.identifier), ("sender", alert.sender)):
        if (wrong := _name_fault(value)) is not None:
            yield found("identity", f"{path}/{name}", wrong, value)
    if alert.status is Status.DRAFT:
        yield found("draft", f"{path}/status", "Send it as Actual, Exercise or Test, or not at all.", "Draft")
    if alert.status is Status.EXERCISE and not alert.note.strip():
        yield found("exercise-note", f"{path}/note", "Name the exercise in note.")
    if alert.msg_type is MsgType.ERROR and not alert.note.strip():
        yield found("error-note", f"{path}/note", "Say in note why the message is rejected.")
    public = alert.scope is Scope.PUBLIC and alert.msg_type in (MsgType.ALERT, MsgType.UPDATE)
    if public and not alert.infos:
        yield found("no-info", f"{path}/info", "Add an info that says what happens, where, and what to do.")
    yield from _scope(alert, path)
    yield from _references(alert, path)


def _name_fault(value: str) -> str | None:
    if not value.strip():
        return "Give it a value: it names the message, with sent, for ever."
    if found := _NOT_IN_A_NAME.search(value):
        return f"Write it without {found[0]!r}: no spaces, commas, < or &."
    return None


def _scope(alert: Alert, path: str) -> Iterator[Finding]:
    restriction = alert.restriction.strip()
    if alert.scope is Scope.RESTRICTED and not restriction:
        yield found("restriction-needed", f"{path}/restriction", "Say in restriction who may have it.")
    if alert.scope is not Scope.RESTRICTED and restriction:
        remedy = f"Take restriction away, or make scope Restricted: it is {alert.scope}."
        yield found("restriction-unneeded", f"{path}/restriction", remedy, restriction)
    if alert.scope is Scope.PRIVATE and not alert.addresses:
        yield found("addresses-needed", f"{path}/addresses", "Name in addresses to whom it goes.")
    for name, parts in (("addresses", alert.addresses), ("incidents", alert.incidents)):
        for part in parts:
            if '"' in part or not part.strip():
                yield found("quotes", f"{path}/{name}", "Name it without double quotes, and not emptily.", part)


def _references(alert: Alert, path: str) -> Iterator[Finding]:
    path = f"{path}/references"
    if alert.msg_type in _ABOUT_ANOTHER and not alert.references:
        remedy = f"Name the messages that this {alert.msg_type} is about: sender,identifier,sent of each."
        yield found("references-needed", path, remedy)
    seen: set[Reference] = set()
    for one in alert.references:
        value = f"{one.sender},{one.identifier}"
        if _name_fault(one.sender) or _name_fault(one.identifier) or not lexical.is_writable(one.sent):
            yield found("triple", path, "Write sender,identifier,sent as they stand in the earlier message.", value)
        elif one == alert.identity:
            yield found("reference-self", path, "Take it out: it is this message itself.", value)
        elif one.sent > alert.sent:
            remedy = f"This message was sent before it, {lexical.written_time(alert.sent)}. Which time is right?"
            yield found("reference-later", path, remedy, f"{value},{lexical.written_time(one.sent)}")
        if one in seen:
            yield found("reference-repeated", path, "Name it once.", value)
        seen.add(one)
