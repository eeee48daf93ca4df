"""`{% report_files report %}` and `{% event_files event %}`: the files that came, with what can be done with each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from rapport.accounts.permissions import Permission
from rapport.desk.report import attachments
from rapport.events.models import Event
from rapport.reports.models import Report

register = template.Library()


@register.inclusion_tag("desk/_attachments.html", takes_context=True)
def report_files(context: Mapping[str, Any], report: Report) -> dict[str, Any]:
    return _shown(context, attachments.of_report(report.pk), many=False)


@register.inclusion_tag("desk/_attachments.html", takes_context=True)
def event_files(context: Mapping[str, Any], event: Event) -> dict[str, Any]:
    return _shown(context, attachments.of_event(event.pk), many=True)


def _shown(context: Mapping[str, Any], files: list[attachments.Described], *, many: bool) -> dict[str, Any]:
    operation, user = context["operation"], context["user"]
    may = bool(files) and user.may(Permission.DESK_FILE_PUBLISH, operation.pk)
    return {"operation": operation, "files": files, "may_publish_files": may, "of_many_reports": many}
