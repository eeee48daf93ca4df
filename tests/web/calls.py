"""What the tests of calls for comment have in common: a call about one norm, and what people do with it."""

from __future__ import annotations

from html import unescape
from typing import Any

from django.test import Client

from rapport.accounts.models import Person
from rapport.operations.models import Operation
from rapport.registry.calls import actions, moderation
from rapport.registry.calls.actions import Terms, last_text, state, state_of
from rapport.registry.models import Call, Comment
from tests.web.registry import watch

OLD = (
    "States should protect critical systems. They should tell each other of an attack within 24 hours. "
    "They should name one office that answers at any hour."
)
NEW = (
    "States should protect the systems that people need. They should tell each other of an attack within 72 hours. "
    "Help should be offered to whoever asks."
)
HOURS, OFFICE = "of an attack within 24 hours", "name one office that answers at any hour"


def opened(operation: Operation, lead: Person) -> Call:
    """Published, about one norm."""
    watch(operation, lead)
    made = actions.open_call(lead, operation, "un-norms", ["N-f"], Terms("Guidance on norm f", "Tell us."))
    written(lead, made, "text", OLD)
    return actions.publish(lead, Call.objects.get(pk=made.pk), state(Call.objects.get(pk=made.pk)))


def written(person: Person, call: Call, kind: str, body: str) -> None:
    actions.write(person, call, kind, "N-f", body, state_of(last_text(call, kind, "N-f")))


def address(call: Call, code: str = "N-f") -> str:
    return f"/sample/registry/calls/{call.ref}/provisions/{code}/"


TYPED = {
    "version": 1, "text": "Hours are too few.", "name": "Ana Reyes", "affiliation": "An operators' association",
    "form_id": "form-1234567890abcdef",
}  # fmt: skip


def send(client: Client, call: Call, **typed: Any) -> Any:
    return client.post(address(call), {**TYPED, **typed})


def said(client: Client, call: Call, **typed: Any) -> Comment:
    assert send(client, call, **typed).status_code == 302
    return Comment.objects.latest("pk")


def shown(person: Person, comment: Comment) -> Comment:
    return moderation.show(person, comment, moderation.state(comment))


def answered(person: Person, comment: Comment, outcome: str = "in part", text: str = "We doubled them.") -> Comment:
    fresh = Comment.objects.get(pk=comment.pk)
    return moderation.answer(person, fresh, outcome, text, moderation.state(fresh))


def marked(person: Person, comment: Comment, minority: bool = True) -> Comment:
    fresh = Comment.objects.get(pk=comment.pk)
    return moderation.mark(person, fresh, minority, moderation.state(fresh))


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return unescape(answer.content.decode())


def now(call: Call) -> Call:
    return Call.objects.get(pk=call.pk)


def sum_up(lead: Person, call: Call) -> Call:
    actions.close(lead, call)
    written(lead, call, "synthesis", "Most want more time.")
    return actions.publish_synthesis(lead, call, state(now(call)))
