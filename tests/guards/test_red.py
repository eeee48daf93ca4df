"""What is marked TLP:RED goes from one instance to the other by the line, or is read out by a person who has it before
them: no file, no text message, no form, no ledger, no notice has a word of it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given

from rapport.contacts import bundle, comparing, signed
from rapport.contacts.kinds import Kind, Said
from rapport.contacts.lowtech import fax, sms
from rapport.errors import Refused
from rapport.values import Marking
from tests.guards.walk import modules
from tests.pure.instances import ESTONIA, HAITI, NEW, chained, key, notice
from tests.pure.office_messages import messages

CANARY = "quetzalcoatlus"
RED = notice(marking=Marking.RED, caveats=CANARY, fields={**notice().fields, "what": CANARY, "unknown": CANARY})
#: Every form in which a message is handed on as a thing: it refuses TLP:RED. A script (spoken.script) is no such form:
#: it stands before the person who reads it to whoever it is for, and RED is for those who are there.
REFUSED: dict[str, Callable[[Said], object]] = {
    "bundle.bundle": lambda said: bundle.bundle(chained([said])),
    "fax.form": fax.form,
    "sms.parts": sms.parts,
}


@pytest.mark.parametrize("form", REFUSED)
def test_no_form_takes_it(form: str) -> None:
    assert REFUSED[form](notice()), "another one goes in this form"
    with pytest.raises(Refused, match="TLP:RED"):
        REFUSED[form](RED)


@given(messages(markings=[Marking.RED]))
def test_no_form_takes_any(said: Said) -> None:
    for form in (fax.form, sms.parts):
        with pytest.raises(Refused):
            form(said)


def test_a_notice_says_that_there_is_one_and_a_ledger_that_it_was_there_and_neither_what_it_says() -> None:
    [data] = chained([RED])
    head = comparing.head(ESTONIA, 1, signed.parsed(data, len(data)).text, RED.at)
    made = datetime(2026, 11, 27, tzinfo=UTC)
    ledger = comparing.exported([head], sender=ESTONIA, receiver=HAITI, made_at=made, key=key(NEW))
    for left in (sms.notice(RED, "+37250000000").encode(), ledger):
        assert CANARY.encode() not in left


def test_every_form_of_a_message_is_among_those_that_are_tried() -> None:
    """Whatever `contacts/lowtech` or `bundle` makes of a message stands in the table."""
    made = set()
    for file, tree in modules():
        if file.parts[:2] != ("contacts", "lowtech") and file.name != "bundle.py":
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.args.args:
                given_ = ast.unparse(node.args.args[0].annotation) if node.args.args[0].annotation else ""
                if given_ == "Said" or node.name == "bundle":
                    made.add(f"{file.stem}.{node.name}")
    leave_nothing = {"entries.entries", "entries.not_red", "same.content", "same.same", "words.check_words"}
    assert made - leave_nothing - {"sms.notice", "spoken.script"} == set(REFUSED)
    assert Kind.NOTIFICATION is RED.kind
