"""The command `rapport`. Each group of commands is a module, loaded only when it is called: `--help` stays quick."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

import click

from rapport.errors import RapportError

#: command → dotted path of its click command, and the line that stands in `rapport --help`
COMMANDS: Mapping[str, tuple[str, str]] = {
    "accounts": ("rapport.cli.accounts:accounts", "People who sign in, their roles and passwords; keys of systems."),
    "backup": ("rapport.cli.backup:backup", "Write everything to one file while rapport goes on."),
    "bench": ("rapport.cli.bench:bench", "Measure how fast things are, beside their aims."),
    "cap": ("rapport.cli.cap:cap", "Look CAP warning messages over, and see what they say."),
    "contacts": (
        "rapport.cli.contacts:contacts",
        "A network's file, signed directories, messages by file, ledgers.",
    ),
    "demo": ("rapport.cli.demo:demo", "Load the sample operation haiti-2010 and serve it."),
    "dictionary": ("rapport.cli.dictionary:dictionary", "What each field of feeds and exports is; check a file."),
    "doctor": ("rapport.cli.doctor:doctor", "Say what is wrong, and what to do."),
    "function": ("rapport.cli.functions:function", "Stop or resume an automated function on the whole machine."),
    "hxl": ("rapport.cli.hxl:hxl", "Tables with HXL hashtags: check, filter, count, merge, convert."),
    "import": ("rapport.cli.importing:import_file", "Take a table of reports in."),
    "ledger": ("rapport.cli.ledger:ledger", "Is the record of decisions and releases whole? Verify, export, sign."),
    "migrate": ("rapport.cli.serve:migrate", "Bring the database to the form this version needs."),
    "operation": ("rapport.cli.operation:operation", "Add an operation from its file; list operations and sources."),
    "protocol": ("rapport.cli.protocol:protocol", "Look a sharing protocol over, and try it out."),
    "receive": ("rapport.cli.receiving:receive", "Take a letter from standard input, as a mail server hands it over."),
    "registry": ("rapport.cli.registry:registry", "Norms, measures, processes: look over the files that say them."),
    "replay": ("rapport.cli.replay:replay", "Play a file as if it came in live, into an exercise."),
    "restore": ("rapport.cli.backup:restore", "Make a data folder, and a database, of a backup."),
    "retention": ("rapport.cli.retention:retention", "Destroy what people sent, on schedule or on request."),
    "sending": ("rapport.cli.sending:sending", "Stop all messages that go out, resume them, see what waits."),
    "serve": ("rapport.cli.serve:serve", "Serve pages, gateways and API, with the worker beside them."),
    "text": ("rapport.cli.text:text", "What messages seem to say: a file or a pipe in, lines of JSON out."),
    "upgrade": ("rapport.cli.backup:upgrade", "Bring the data of an earlier version to this one, after a backup."),
    "worker": ("rapport.cli.worker:worker", "Work out what new reports seem to say, until told to stop."),
}


class Commands(click.Group):
    """A group that knows its commands by name and help, and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{name} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in sorted(COMMANDS.items())])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rapport", message="%(prog)s %(version)s")
def cli() -> None:
    """Crisis information management: from a message to a verified event, shared exactly as far as was agreed."""


def _database_errors() -> tuple[type[Exception], ...]:
    """Evaluated only when something was raised: a quick command never imports Django."""
    from django.db import OperationalError, ProgrammingError

    return OperationalError, ProgrammingError


_DISK_FULL = (
    "The disk is full. What was kept before is kept. Make room and run the same again; an import goes on with "
    "rapport import --resume NUMBER (its number stands under Imports on the pages)."
)


def _advice(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "no such table" in text or "does not exist" in text or "no such column" in text:
        return "The database is not set up for this version: run rapport serve or rapport migrate."
    if "disk is full" in text or "No space left" in text:
        return _DISK_FULL
    return f"The database cannot be used: {text}"


def _usage(error: click.ClickException) -> str:
    if not isinstance(error, click.UsageError):
        return error.format_message()
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return f"Say which command: see {error.ctx.command_path} --help." if error.ctx else "See rapport --help."
    asked = f"{error.ctx.command_path} --help" if error.ctx else "rapport --help"
    return f"{error.format_message()} See {asked}."


def run(args: Sequence[str]) -> int:
    """Run one command line; the exit status. What goes wrong is one line on stderr that says what to do."""
    try:
        status = cli.main(list(args), prog_name="rapport", standalone_mode=False)
    except click.Abort:
        return 130
    except click.ClickException as error:
        print(" ".join(_usage(error).split()), file=sys.stderr)
        return error.exit_code
    except RapportError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    except OSError as error:
        full = error.errno == errno.ENOSPC
        said = _DISK_FULL if full else f"Cannot use {error.filename or 'a file'}: {error.strerror or error}."
        print(said, file=sys.stderr)
        return 1
    except _database_errors() as error:
        print(_advice(error), file=sys.stderr)
        return 1
    return status if isinstance(status, int) else 0


def main() -> None:
    # What is made here holds reports, addresses and keys: for its owner alone, also in a folder that others may enter.
    os.umask(0o077)
    sys.exit(run(sys.argv[1:]))
