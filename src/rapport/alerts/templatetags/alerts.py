"""Alerts in force, on the pages of other rooms; and the words of CAP in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.template import Context
from django.utils.translation import gettext, pgettext

from rapport.alerts.views import in_force
from rapport.formats.cap.model import Certainty, Severity, Urgency

register = template.Library()


@register.inclusion_tag("alerts/_in_force.html", takes_context=True)
def alerts_in_force(context: Context) -> dict[str, Any]:
    """At the top of the map, for whoever reads it."""
    request, operation = context["request"], context["operation"]
    return {"operation": operation, "alerts": in_force(request, operation)}


@register.filter
def severity_word(severity: Severity) -> str:
    words: Mapping[Severity, str] = {
        Severity.EXTREME: pgettext("severity", "extreme danger"),
        Severity.SEVERE: pgettext("severity", "severe danger"),
        Severity.MODERATE: pgettext("severity", "moderate danger"),
        Severity.MINOR: pgettext("severity", "minor danger"),
        Severity.UNKNOWN: pgettext("severity", "danger not known"),
    }
    return words[severity]


@register.filter
def urgency_word(urgency: Urgency) -> str:
    words: Mapping[Urgency, str] = {
        Urgency.IMMEDIATE: gettext("act now"),
        Urgency.EXPECTED: gettext("act within the hour"),
        Urgency.FUTURE: gettext("act soon"),
        Urgency.PAST: gettext("nothing to do any more"),
        Urgency.UNKNOWN: pgettext("urgency", "not known"),
    }
    return words[urgency]


@register.filter
def certainty_word(certainty: Certainty) -> str:
    words: Mapping[Certainty, str] = {
        Certainty.OBSERVED: gettext("it is happening, or has happened"),
        Certainty.LIKELY: gettext("likely"),
        Certainty.POSSIBLE: gettext("possible"),
        Certainty.UNLIKELY: gettext("unlikely"),
        Certainty.UNKNOWN: pgettext("certainty", "not known"),
    }
    return words[certainty]
