"""The operation a file is for, as the pure modules know it."""

from __future__ import annotations

from django.utils import timezone

from rapport.intake.imports.about import Context
from rapport.operations import fields
from rapport.operations.load import source_settings
from rapport.operations.models import Source


def context_of(source: Source) -> Context:
    """What is known beforehand when a file comes in by this source. The labels by which the files of one source name
    the categories are known for all of them; where two disagree, the source's own hold."""
    operation = source.operation
    labels: dict[str, str] = {}
    for other in operation.sources.filter(channel=source.channel).exclude(pk=source.pk):
        labels |= source_settings(other).get("labels", {})
    return Context(
        zone=operation.time_zone,
        now=timezone.now(),
        languages=tuple(operation.languages),
        box=operation.box,
        labels=labels | source_settings(source).get("labels", {}),
        categories=tuple(category.as_value for category in operation.categories.all()),
        fields=fields.asked(fields.stored(operation.extra_fields)),
    )
