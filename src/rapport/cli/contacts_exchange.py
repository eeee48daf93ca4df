"""Commands of `rapport contacts` for the exchange with other instances: where there is no page, or no person signed in.

They hang in the group `contacts`: `for one in COMMANDS: contacts.add_command(one)`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli.output import NeedsModels, as_json, show
from rapport.errors import RapportError, Refused
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.contacts.peers.models import Peer

_in = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_out = click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
_peer = click.option("--peer", "name", required=True, help="The other instance, as it calls itself.")
_operation = click.option("--operation", "slug", required=True, help="In which operation.")


@click.command(cls=NeedsModels)
@click.option("--next", "make", is_flag=True, help="Make the next key, to hand over. It signs nothing yet.")
@click.option("--switch", is_flag=True, help="The next key signs from now on: once all other sides have confirmed it.")
@as_json
def key(make: bool, switch: bool, to_json: bool) -> None:
    """What this instance is called, its addresses, and its public keys with their fingerprints: for the other side."""
    from rapport.contacts import instance
    from rapport.contacts.cards import grouped
    from rapport.operations.models import Operation

    if make and switch:
        raise RapportError("First --next, and --switch once the other sides have confirmed the key.")
    if make:
        instance.make_next()
    if switch:
        instance.switch()
    found = instance.own_keys()
    keys: dict[str, Json] = {one.mark: one.public.hex() for one in found}
    states: dict[str, Json] = {one.mark: one.state for one in found}
    at = [known for one in Operation.objects.filter(kind="network") if (known := instance.address(one))]
    lines = [f"Name: {instance.name()}", *(f"Address: {one}" for one in at)]
    lines += [f"Key {one.public.hex()}, fingerprint {grouped(one.aloud)}{_STATES[one.state]}" for one in found]
    addresses: list[Json] = [*at]
    show({"name": instance.name(), "addresses": addresses, "keys": keys, "states": states}, to_json, lines)


_STATES = {
    "signs": "",
    "next": ": the next one, it signs nothing yet",
    "before": ": the one before, it signs nothing any more",
}


@click.command(cls=NeedsModels)
@_peer
@_out
@as_json
def bundle(name: str, out: Path, to_json: bool) -> None:
    """Write a file with all messages for another instance that have no receipt yet, and the receipts that it is owed.
    It is not encrypted. Messages marked TLP:RED are left out, and said."""
    from rapport.contacts.peers import files

    peer = _found(name)
    if peer.ended_at is not None:
        raise RapportError(f"The exchange with {name} has ended ({peer.ended_at:%Y-%m-%d}): nothing goes there.")
    _new(out)
    made = files.make(peer, None)
    out.write_bytes(made.data)
    red: list[Json] = [*made.red]
    damaged: list[Json] = [*made.damaged]
    result: Json = {"messages": made.messages, "receipts": made.receipts, "left_out": red, "damaged": damaged}
    lines = [f"{out}: {_counted(made.messages, 'message')}, {_counted(made.receipts, 'receipt')}."]
    lines += [f"Left out, for it goes by the line only (TLP:RED): {one}." for one in red]
    lines += [f"Left out, for it is damaged here: {one}." for one in damaged]
    show(result, to_json, lines)


@click.command(cls=NeedsModels)
@_operation
@_in
@as_json
def take(slug: str, file: Path, to_json: bool) -> None:
    """Take FILE, which another instance has written, and say what became of each message in it. Status 1 where one is
    refused."""
    from django.utils import timezone

    from rapport.contacts.peers import files
    from rapport.operations.sources import find_operation

    try:
        found = files.take(find_operation(slug), _bytes(file), timezone.now())
    except Refused as why:
        raise RapportError(f"{file}: {why.remedy}") from None
    rows: list[Json] = [{"what": one.what, "became": one.became, "said": one.said} for one in found.lines]
    missing: list[Json] = [*found.missing]
    lines = [f"{one.what}: {one.became}{f'. {one.said}' if one.said else ''}" for one in found.lines]
    lines += [*found.missing, *([found.damage] if found.damage else [])]
    show({"lines": rows, "missing": missing, "damage": found.damage}, to_json, lines or ["There was nothing in it."])
    if found.refused:
        raise RapportError(
            f"{found.refused} of {_counted(len(found.lines) + found.more, 'line')} refused: see above. No receipt says"
            " so: tell whoever made the file which, and why."
        )


@click.command(cls=NeedsModels)
@_peer
@_out
def heads(name: str, out: Path) -> None:
    """Write the ledger of what is exchanged with another instance, signed: the hash of each message and no words."""
    from django.utils import timezone

    from rapport.contacts.peers import ledgers

    peer = _found(name)
    _new(out)
    out.write_bytes(ledgers.export(peer, timezone.now()))
    click.echo(f"{out}: for {name} to compare.")


@click.command(cls=NeedsModels)
@_operation
@_in
@as_json
def compare(slug: str, file: Path, to_json: bool) -> None:
    """Hold FILE, the ledger of another instance, against our own. Status 1 where they differ."""
    from rapport.contacts import comparing
    from rapport.contacts.peers import ledgers
    from rapport.operations.sources import find_operation

    try:
        peer, found = ledgers.compare(find_operation(slug), _bytes(file))
    except Refused as why:
        raise RapportError(f"{file}: {why.remedy}") from None
    said = [*comparing.in_words(found)]
    words: list[Json] = [*said]
    show({"peer": peer.instance, "equal": found.equal, "said": words}, to_json, said)
    if not found.equal:
        raise RapportError("The two ledgers differ: see above.")


COMMANDS: tuple[click.Command, ...] = (key, bundle, take, heads, compare)


def _found(name: str) -> Peer:
    from rapport.contacts.peers.models import Peer

    found = Peer.objects.filter(instance=name).first()
    if found is None:
        raise RapportError(f"Nobody here knows the instance {name!r}.")
    return found


def _new(out: Path) -> None:
    """RapportError for a file that is there: it may be the one that has not been handed over yet."""
    if out.exists():
        raise RapportError(f"{out} is there already: choose another name.")


def _counted(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count:,} {what}s"


def _bytes(file: Path) -> bytes:
    """The file, unless it is larger than any that is read."""
    from rapport.contacts import bundle as bundles

    if file.stat().st_size > bundles.LARGEST:
        raise RapportError(f"{file}: it has more than {bundles.LARGEST:,} bytes, which is more than is read.")
    return file.read_bytes()
