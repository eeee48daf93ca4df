"""What the desk's templates need beside the common words."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

from rapport.events.models import Event
from rapport.values import named

register = template.Library()


@register.filter
def called(event: Event) -> str:
    """What colleagues call an event: its title, else category and place, else its reference."""
    if event.title:
        return event.title
    first = next(iter(event.categories.all()), None)
    parts = [named(first.names, get_language() or "en") if first else "", event.place_name]
    return ", ".join(part for part in parts if part) or f"Event {event.ref}"


@register.filter
def age(seconds: float) -> str:
    """A waiting time in its largest unit."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"
