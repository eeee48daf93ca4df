"""`rapport receive email`: a letter on standard input becomes a report, as a mail server hands it to a program."""

from __future__ import annotations

import sys

import click

from rapport.cli.output import ModelGroup, as_json, show
from rapport.errors import RapportError, Refused, TryAgain

#: Exit statuses that mail servers know (sysexits.h): 65 is bad data, which is not tried again; 75 is for later.
BAD_DATA, LATER = 65, 75
TAKERS = frozenset({"email", "imap", "maildir"})


@click.group(cls=ModelGroup)
def receive() -> None:
    """Take a message from standard input, as a mail server hands it over."""


@receive.command()
@click.option(
    "--source", "named", required=True, metavar="OPERATION/SOURCE", help="The source that the letter is from."
)
@as_json
def email(named: str, to_json: bool) -> int:
    """Take one letter (RFC 5322) from standard input as a report of a source of channel email, imap or maildir.

    The same letter twice is one report. Exit status 75 asks the mail server to try again later; 65 says that it is no
    letter that can be kept.
    """
    from django.db import DatabaseError

    from rapport.intake import refusals
    from rapport.intake.polling import letter, work
    from rapport.operations import sources

    try:
        source = sources.find(*_names(named))
        if source.channel not in TAKERS:
            raise RapportError(f"The source {source.slug} is of channel {source.channel}: letters need one of email.")
        if not (source.active and source.operation.open):
            raise TryAgain(f"the source {named} is paused, or its operation is closed")
        new = work.keep_one(source, letter.read(sys.stdin.buffer.read(letter.MOST + 1)))
    except (TryAgain, DatabaseError) as error:
        click.echo(f"Not kept, try again later: {str(error).splitlines()[0]}.", err=True)
        return LATER
    except Refused as refused:
        refusals.count(source, refused.reason)
        refusals.flush()
        click.echo(str(refused), err=True)
        return BAD_DATA
    show({"new": new}, to_json, ["Kept." if new else "There already."])
    return 0


def _names(named: str) -> tuple[str, str]:
    operation, _, source = named.partition("/")
    if not operation or not source:
        raise click.UsageError("Write --source as OPERATION/SOURCE.")
    return operation, source
