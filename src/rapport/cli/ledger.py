"""`rapport ledger`: is the record whole? Checked here, in an exported copy, or against a checkpoint kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli.output import ModelGroup, as_json, set_up, show

if TYPE_CHECKING:
    from rapport.oversight.ledger.chain import Checkpoint, Fault
    from rapport.values import Json

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN = 50  # faults on the screen; --json has all


@click.group(cls=ModelGroup)
def ledger() -> None:
    """Verify the record of decisions and releases, export it, sign where it stands."""


@ledger.command(cls=click.Command)  # with --file it needs no data of rapport
@click.option("--file", "file", type=_file, help="Check this exported ledger instead of the database.")
@click.option("--checkpoint", "paths", type=_file, multiple=True, help="A checkpoint that was handed out; repeatable.")
@click.option("--public-key", type=_file, help="The key that checkpoints are signed with (PEM); else the one here.")
@as_json
def verify(file: Path | None, paths: tuple[Path, ...], public_key: Path | None, to_json: bool) -> int:
    """Say whether the ledger is whole: exit status 0 and one line, or 1 and a line for each fault.

    In the database every decision, and what is kept about contacts, is compared with its entry too.
    """
    from rapport.oversight.ledger.exported import read_checkpoint, read_keys

    handed_out = [read_checkpoint(path) for path in paths]
    keys = read_keys(public_key) if public_key else None
    return _of_file(file, handed_out, keys, to_json) if file else _of_database(handed_out, keys, to_json)


def _of_database(handed_out: list[Checkpoint], keys: dict[str, bytes] | None, to_json: bool) -> int:
    set_up()
    from rapport.oversight.ledger import checking

    found = checking.verify(handed_out, keys)
    more = f"Every decision ({found.decisions}) is as it was entered"
    more += f", of {found.destroyed} of them the text is destroyed" if found.destroyed else ""
    more += f"; so is every kept entry ({found.kept})" if found.kept else ""
    more += f"; not sealed yet: {found.waiting}" if found.waiting else ""
    counts: dict[str, Json] = {
        "checkpoints": found.checkpoints,
        "waiting": found.waiting,
        "decisions": found.decisions,
        "destroyed": found.destroyed,
        "kept": found.kept,
    }
    return _told(found.entries, found.whole_to, more, counts, found.faults, to_json)


def _of_file(file: Path, handed_out: list[Checkpoint], keys: dict[str, bytes] | None, to_json: bool) -> int:
    from rapport.oversight.ledger.chain import Walk, marks
    from rapport.oversight.ledger.exported import Exported

    exported = Exported(file)
    signed = [*exported.checkpoints(), *handed_out]
    attested, faults = marks(signed, exported.keys if keys is None else keys)
    walk = Walk(attested)
    faults += walk.over(exported.entries())
    more = f"Every checkpoint ({len(signed)}) holds"
    if keys is None:
        more += f" under the key that the file itself brings ({', '.join(exported.keys)}): compare it"
    whole_to = walk.last.at if walk.last else ""
    return _told(walk.count, whole_to, more, {"checkpoints": len(signed)}, faults, to_json)


def _told(count: int, whole_to: str, more: str, counts: dict[str, Json], faults: Iterable[Fault], to_json: bool) -> int:
    found = list(faults)
    entries = f"{count} entr{'y' if count == 1 else 'ies'}"
    if found:
        lines = [f"{fault.wrong.value}: {fault.said}" for fault in found[:_SHOWN]]
        lines += [f"… and {len(found) - _SHOWN} more faults: see --json"] if len(found) > _SHOWN else []
        lines.append(f"{entries}, {len(found)} fault{'' if len(found) == 1 else 's'}. The ledger is not whole.")
    else:
        lines = [f"{entries}, whole to {whole_to}. {more}." if count else f"{entries}: nothing is sealed yet."]
    result: dict[str, Json] = {"entries": count, "whole": not found, "whole_to": whole_to}
    listed: list[Json] = [asdict(fault) | {"wrong": fault.wrong.value} for fault in found]
    show(result | counts | {"faults": listed}, to_json, lines)
    return 1 if found else 0


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write the sealed ledger with its checkpoints and public keys to FILE, one JSON object a line."""
    from rapport.oversight.ledger import checking

    with file.open("w", encoding="utf-8") as out:
        out.writelines(checking.exported())
    click.echo(f"{file} is written. Check it anywhere: rapport ledger verify --file {file}")


@ledger.command()
def checkpoint() -> None:
    """Seal what waits, sign where the ledger stands, and print that: one line, to be kept by somebody else."""
    from rapport.oversight.ledger import seal
    from rapport.oversight.ledger.exported import checkpoint_line

    click.echo(checkpoint_line(seal.checkpoint()), nl=False)


@ledger.command()
def key() -> None:
    """Print the public key that checkpoints are signed with, and older ones after it (PEM)."""
    from rapport.oversight.ledger import checking
    from rapport.oversight.ledger.exported import pem

    for public in checking.public_keys().values():
        click.echo(pem(public), nl=False)
