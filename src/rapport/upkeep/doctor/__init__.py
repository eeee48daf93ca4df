"""What is wrong, in plain words, and what to do. Each look gives findings; none changes anything.

START at `examine` (what needs no database) and `examine_data` (what does).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rapport.upkeep.doctor.finding import Finding, Level


def examine(found: Mapping[str, Any]) -> Iterator[Finding]:
    """The folder and the settings, as environment.read() gives them. Django need not be set up."""
    from rapport.upkeep.doctor import folder

    yield from _looks(
        [
            lambda: folder.settings(found),
            lambda: folder.data(found["RAPPORT_DATA_DIR"].absolute()),
            lambda: folder.keys(found["RAPPORT_DATA_DIR"].absolute()),
            lambda: folder.space(found["RAPPORT_DATA_DIR"].absolute(), _file(found)),
            lambda: folder.last_backup(found["RAPPORT_DATA_DIR"].absolute()),
        ]
    )


def examine_data() -> Iterator[Finding]:
    """The database, the keys, the worker, the operations. Django is set up. Ends early if the database cannot be
    used."""
    from rapport.upkeep.doctor import database, instances, setting_up, work

    for first in (database.reached, database.of_this_version):
        seen = list(_looks([first]))
        yield from seen
        if any(finding.level is Level.WRONG for finding in seen):
            return
    yield from _looks(
        [
            database.whole, database.guarded, database.clocks, work.understanding, work.ledger, work.sharing,
            work.overload, work.attachments, work.outbox, work.imports, setting_up.seals, setting_up.pseudonyms,
            setting_up.files, setting_up.sources, setting_up.answers, setting_up.mails, setting_up.orders,
            setting_up.models, setting_up.people, instances.signs, instances.lines,
        ]
    )  # fmt: skip


def _file(found: Mapping[str, Any]) -> Path | None:
    database = found["RAPPORT_DATABASE_URL"]
    return Path(database["NAME"]).absolute() if database["ENGINE"].endswith("sqlite3") else None


def _looks(looks: Iterable[Callable[[], Iterable[Finding]]]) -> Iterator[Finding]:
    """A look that breaks off says so, and holds up no other."""
    for look in looks:
        try:
            yield from look()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is news for whoever asked what is wrong
            said = (str(error).splitlines() or [type(error).__name__])[0]
            yield Finding(Level.WRONG, "looking", f"Something could not be looked at: {said}", "Mend the others first.")
