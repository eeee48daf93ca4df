"""What the tests of the registry have in common: the sample operation as a watch, with the files that come with
rapport loaded, and what some States said."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from rapport.accounts.models import Person
from rapport.operations.models import Operation
from rapport.registry import file
from rapport.registry.editing import files
from rapport.registry.models import Actor, Submission
from rapport.values import Publication, Sensitivity


def watch(operation: Operation, lead: Person) -> Operation:
    operation.kind = "watch"
    operation.save()
    for name in file.names():
        files.load(lead, operation, file.text_of(name))
    return operation


def actor(operation: Operation, name: str, **more: Any) -> Actor:
    code = name.lower().replace(" ", "-")
    return Actor.objects.get_or_create(
        operation=operation, code=code, defaults={"name": name, "kind": "state", **more}
    )[0]


def says(one: Actor, person: Person, code: str = "N-f", **more: Any) -> Submission:
    """A published submission, for everybody unless it says otherwise."""
    usual: dict[str, Any] = {
        "framework": "un-norms",
        "content": {"status": "in-place", "challenges": "Few staff."},
        "publication": Publication.PUBLISHED.value,
        "level": Sensitivity.LOW.value,
        "published_at": timezone.now(),
        "latest": True,
    }
    return Submission.objects.create(
        operation=one.operation, actor=one, code=code, drafted_by=person, **{**usual, **more}
    )
