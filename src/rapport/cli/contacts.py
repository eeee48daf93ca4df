"""`rapport contacts`: what a network of contacts needs on the machine itself."""

from __future__ import annotations

import click

from rapport.cli import contacts_exchange


@click.group()
def contacts() -> None:
    """A network of contacts: exchange messages with other instances by file, and compare ledgers."""


for one in contacts_exchange.COMMANDS:
    contacts.add_command(one)
