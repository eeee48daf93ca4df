"""`rapport cap`: look a CAP message over, and see what it says, with nothing set up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli.output import as_json, show
from rapport.errors import RapportError, Refused
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.formats.cap.chain import Standing
    from rapport.formats.cap.finding import Finding
    from rapport.formats.cap.message import Message
    from rapport.formats.cap.model import Alert, Area, Info
    from rapport.formats.cap.signature import Checked
    from rapport.formats.cap.validation import Profile

_FILES = click.argument(
    "files", nargs=-1, required=True, metavar="FILE…", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@click.group()
def cap() -> None:
    """Warning messages of the Common Alerting Protocol (CAP 1.0, 1.1, 1.2)."""


def _messages(path: Path) -> tuple[Message, ...]:
    """Those of a file or an EDXL-DE envelope. No more of a file is read than may be in one."""
    from rapport.formats.cap.parsing import MOST_BYTES
    from rapport.formats.cap.reading import read_all

    with path.open("rb") as file:
        return read_all(file.read(MOST_BYTES + 1)).messages


def _shown(path: Path) -> tuple[Message, ...]:
    """The same, where a file that cannot be read ends it: by its name."""
    try:
        return _messages(path)
    except Refused as refused:
        raise RapportError(f"{path}: {refused.remedy}") from None


# --- validate ------------------------------------------------------------------------------------------------------


@cap.command()
@_FILES
@click.option(
    "--profile", type=click.Choice(["google", "ifrc"]), default=None, help="What this receiver asks for, too."
)
@as_json
def validate(files: tuple[Path, ...], profile: Profile | None, to_json: bool) -> None:
    """Hold each FILE to the schema of its version and to the rules that no schema can say. Status 1 where one breaks
    them."""
    from rapport.formats.cap.validation import validate as findings_of

    now = datetime.now(UTC)
    rows: list[Json] = []
    lines: list[str] = []
    read: list[Message] = []
    wrong = 0
    for path in files:
        try:
            messages = _messages(path)
        except Refused as refused:
            wrong += 1
            rows.append({"file": str(path), "refused": refused.reason, "remedy": refused.remedy, "messages": []})
            lines.append(f"{path}: refused ({refused.reason}): {refused.remedy}")
            continue
        found = [findings_of(message, profile, now) for message in messages]
        wrong += any(one.severity == "error" for findings in found for one in findings)
        judged = [_judged(message, findings) for message, findings in zip(messages, found, strict=True)]
        rows.append({"file": str(path), "refused": None, "remedy": None, "messages": judged})
        for message, findings in zip(messages, found, strict=True):
            lines += [
                f"{path}: CAP {message.version}, {_counted(findings)}",
                *(f"  {one.in_words()}" for one in findings),
            ]
        read += messages
    conflicts = _conflicts(read)
    lines += [one.in_words() for one in conflicts]
    show({"files": rows, "conflicts": [one.as_json() for one in conflicts]}, to_json, lines)
    said = [f"{wrong} of {len(files)} files break the rules"] if wrong else []
    said += [f"{len(conflicts)} times several messages have one identity"] if conflicts else []
    if said:
        raise RapportError(f"{' and '.join(said)}: see the errors above.")


def _conflicts(messages: Sequence[Message]) -> list[Finding]:
    from rapport.formats.cap.catalogue import found
    from rapport.formats.cap.chain import threads
    from rapport.formats.cap.lexical import written_reference

    remedy = "More than one message has this sender, identifier and sent. Keep the right one."
    doubled = [one for thread in threads(messages) for one in thread.conflicts]
    return [found("conflict", "/alert", remedy, written_reference(one)) for one in doubled]


def _counted(findings: Sequence[Finding]) -> str:
    counts = {name: sum(one.severity == name for one in findings) for name in ("error", "warning", "note")}
    said = [f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts.items() if count]
    return ", ".join(said) or "nothing to look at"


def _judged(message: Message, findings: Sequence[Finding]) -> Json:
    return {
        "path": message.path, "version": message.version, "read": message.alert is not None,
        "valid": not any(one.severity == "error" for one in findings),
        "findings": [one.as_json() for one in findings],
    }  # fmt: skip


# --- show ----------------------------------------------------------------------------------------------------------


@cap.command("show")
@_FILES
@click.option(
    "--at", default="", metavar="TIME", help="What counted at this time, as 2010-01-31T14:30:00Z; now if not given."
)
@click.option("--pinned", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
              help="Certificates (PEM) that signatures are held to; without it none is known.")  # fmt: skip
@click.option("--sha1", is_flag=True, help="Take SHA-1 from this sender, and say that it is weak.")
@as_json
def show_(files: tuple[Path, ...], at: str, pinned: Path | None, sha1: bool, to_json: bool) -> None:
    """Print what each FILE says, whether it is signed, and, of several, which are in force."""
    from rapport.formats.cap import signature
    from rapport.formats.cap.chain import threads

    moment = _moment(at) if at else datetime.now(UTC)
    try:
        certificates = signature.certificates(pinned.read_bytes()) if pinned else ()
    except ValueError:
        raise RapportError(f"{pinned} holds no certificate that can be read: give one in PEM form.") from None
    messages = [message for path in files for message in _shown(path)]
    readable = [message for message in messages if message.alert is not None]
    if len(readable) < len(messages):
        raise RapportError(
            "A message lacks what must be there, so that it cannot be shown: rapport cap validate says what."
        )
    standings = {one.identity: thread.standing(one, moment) for thread in threads(readable) for one in thread.alerts}
    rows: list[Json] = []
    lines: list[str] = []
    for message in readable:
        alert = message.alert
        if alert is None:
            continue
        anchor = signature.Anchor(certificates, sha1=sha1)
        checked = signature.check(message, {alert.sender: anchor}, datetime.now(UTC))
        rows.append(_as_json(message.version, alert, standings[alert.identity], checked))
        lines += ([""] if lines else []) + _in_words(message.version, alert, standings[alert.identity], checked)
    show(rows, to_json, lines)


def _moment(text: str) -> datetime:
    from rapport.formats.cap.lexical import time

    moment = time(text)
    if moment is None:
        raise RapportError(f"{text} is no time; write it with its offset, as 2010-01-31T14:30:00-05:00.")
    return moment


def _as_json(version: str, alert: Alert, standing: Standing, checked: Sequence[Checked]) -> Json:
    return {
        "version": version, "identifier": alert.identifier, "sender": alert.sender, "sent": _time(alert.sent),
        "status": alert.status.value, "msgType": alert.msg_type.value, "scope": alert.scope.value,
        "standing": standing.value, "references": len(alert.references),
        "infos": [_info_as_json(info) for info in alert.infos],
        "signatures": [
            {
                "subject": one.subject, "fingerprint": one.fingerprint, "right": one.right, "known": one.known,
                "valid_at_sent": one.valid_at_sent, "valid_now": one.valid_now, "revoked": one.revoked,
                "weak": one.weak, "trusted": one.trusted, "reason": one.reason,
            }
            for one in checked
        ],
    }  # fmt: skip


def _info_as_json(info: Info) -> Json:
    return {
        "language": info.spoken, "event": info.event, "categories": [one.value for one in info.categories],
        "urgency": info.urgency.value, "severity": info.severity.value, "certainty": info.certainty.value,
        "effective": _time(info.effective), "onset": _time(info.onset), "expires": _time(info.expires),
        "headline": info.headline, "description": info.description, "instruction": info.instruction,
        "areas": [
            {
                "areaDesc": area.area_desc, "polygons": len(area.polygons), "circles": len(area.circles),
                "geocodes": [f"{one.name}={one.value}" for one in area.geocodes],
            }
            for area in info.areas
        ],
    }  # fmt: skip


def _time(moment: datetime | None) -> str | None:
    from rapport.formats.cap.lexical import written_time

    return None if moment is None else written_time(moment)


def _in_words(version: str, alert: Alert, standing: Standing, checked: Sequence[Checked]) -> list[str]:
    said = [
        f"{alert.status} {alert.msg_type}, {alert.scope} (CAP {version}): {standing}",
        f"from      {alert.sender}, {alert.identifier}, {_time(alert.sent)}",
        *([f"about     {len(alert.references)} earlier messages"] if alert.references else []),
    ]
    for info in alert.infos:
        said += [
            f"{info.spoken:<9} {info.headline or info.event}",
            f"          {info.urgency}, {info.severity}, {info.certainty}; until {_time(info.expires) or 'not said'}",
            *(f"          {area.area_desc}: {_shapes(area)}" for area in info.areas),
        ]
    for one in checked:
        verdict = "trusted" if one.trusted else "not trusted"
        said.append(f"signature {one.subject or 'nobody'}: {verdict}{f'. {one.reason}' if one.reason else ''}")
    said += [] if checked else ["signature none"]
    # What a stranger wrote moves no cursor.
    return ["".join(sign if sign.isprintable() else " " for sign in line) for line in said]


def _shapes(area: Area) -> str:
    counts = {"polygon": len(area.polygons), "circle": len(area.circles), "geocode": len(area.geocodes)}
    return ", ".join(f"{count} {name}{'s' * (count > 1)}" for name, count in counts.items() if count) or "no shape"
