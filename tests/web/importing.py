"""What the tests of imports have in common: a source for files, a file, and an import driven to its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count

from rapport.events.models import Event
from rapport.intake.imports import life, run, store
from rapport.intake.models import WORKED_ON, Import
from rapport.operations.models import Operation, Source
from rapport.reports.models import Report

HEADER = "id,text,lat,lon,note"


def files(operation: Operation) -> Source:
    made, _ = Source.objects.get_or_create(
        operation=operation, slug="partner", defaults={"channel": "file", "names": {"en": "A partner"}}
    )
    return made


def table(*rows: str, header: str = HEADER) -> bytes:
    return "\r\n".join([header, *rows, ""]).encode()


def good(numbers: Iterable[int]) -> list[str]:
    return [f"{n},Nou bezwen dlo nan kan {n},18.5,-72.3,n{n}" for n in numbers]


def sent(operation: Operation, content: bytes, name: str = "reports.csv", **more: Any) -> Import:
    return store.add(None, operation, files(operation), name, [content], **more)


def rest(one: Import) -> Import:
    """Work on it until it is at rest."""
    while one.state in WORKED_ON:
        assert run.claim(one), "somebody else has it"
        run.work(one)
        one.refresh_from_db()
    return one


def taken_in(operation: Operation, content: bytes, **more: Any) -> Import:
    one = rest(sent(operation, content, **more))
    assert one.state == "ready", one.problem
    life.start(None, one)
    return rest(one)


def counts(one: Import) -> tuple[int, int, int, int]:
    return one.new, one.already, one.differs, one.refused


def figures(operation: Operation) -> dict[str, Any]:
    """Everything that is counted anywhere: where reports stand, which events there are, in which publication."""
    return {
        "reports": dict(
            Report.objects.filter(operation=operation)
            .exclude(standing="withdrawn")
            .values_list("standing")
            .annotate(Count("pk"))
        ),
        "events": dict(
            Event.objects.filter(operation=operation)
            .exclude(publication="withdrawn")
            .values_list("publication")
            .annotate(Count("pk"))
        ),
    }
