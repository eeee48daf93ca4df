"""Whoever runs the machine, as the record names them: a line needs somebody, and the command line asks for no name."""

from __future__ import annotations

from rapport.accounts.models import Person

#: Nobody can take this name: it holds a space, which names of people do not.
NAME = "command line"


def operator() -> Person:
    """An account that is closed, without a password, in no operation."""
    made, new = Person.objects.get_or_create(
        username=NAME, defaults={"first_name": "Whoever runs the machine", "is_active": False}
    )
    if new:
        made.set_unusable_password()
        made.save(update_fields=["password"])
    return made
