"""Root addresses. Each room brings its own; the order here decides where the first path segments meet.

Every first segment that is fixed here or in a room stands in operations/reserved.py, so that no operation takes it.
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

from rapport.operations.access import public
from rapport.web.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("language/", public(csrf_exempt(set_language)), name="set_language"),
    path("accounts/", include("rapport.accounts.urls")),
    path("", include("rapport.operations.urls")),
    path("", include("rapport.intake.urls")),
    path("", include("rapport.exchange.urls")),
    path("", include("rapport.registry.urls")),
    path("", include("rapport.contacts.urls")),
    path("", include("rapport.desk.urls")),
    path("", include("rapport.alerts.urls")),
    path("", include("rapport.events.urls")),
]

handler400 = "rapport.web.errors.bad_request"
handler403 = "rapport.web.errors.forbidden"
handler404 = "rapport.web.errors.not_found"
handler500 = "rapport.web.errors.server_error"
