"""Addresses of the ways in."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import URLPattern, URLResolver, path

from rapport.intake.api import api
from rapport.intake.automated import automated, contest
from rapport.intake.form import report_form, report_sent, report_shared
from rapport.intake.imports.urls import urlpatterns as imports
from rapport.intake.offline import manifest, shell, worker
from rapport.intake.views import gateway
from rapport.operations.access import by_proof, public

#: What django-ninja adds by itself: the description of the API, for everybody.
_DESCRIPTION = frozenset({"api-root", "openapi-json", "openapi-view"})


def _declared(routes: Iterable[URLPattern | URLResolver]) -> list[URLPattern]:
    """The API's routes, each with its access declared as everywhere else."""
    declared = [route for route in routes if isinstance(route, URLPattern)]
    for route in declared:
        declare = public if route.name in _DESCRIPTION else by_proof("an API key, which is bound to one source")
        route.callback = declare(route.callback)
    return declared


_api, _app, _namespace = api.urls


urlpatterns: list[URLPattern | URLResolver] = [
    path("in/<slug:channel>/<str:token>/", gateway, name="gateway"),
    path("api/", (_declared(_api), _app, _namespace)),
    *imports,
    path("<slug:operation>/automated/", automated, name="automated"),
    path("<slug:operation>/automated/contests/<str:ref>/", contest, name="contest"),
    path("<slug:operation>/report/", report_form, name="report_form"),
    path("<slug:operation>/report/sent/<slug:ref>/", report_sent, name="report_sent"),
    path("<slug:operation>/report/sent/<slug:ref>/shared/", report_shared, name="report_shared"),
    path("<slug:operation>/report/app.webmanifest", manifest, name="report_manifest"),
    path("<slug:operation>/report/shell/", shell, name="report_shell"),
    path("<slug:operation>/report/worker.js", worker, name="report_worker"),
]
