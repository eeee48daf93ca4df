"""The peer for scale: a bare Django view with one insert, under the same server, as durable as ours.

The application only; `bench_intake.py` serves it. The folder of its database is RAPPORT_DATA_DIR.
"""

from __future__ import annotations

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, models
from django.http import HttpRequest, JsonResponse
from django.urls import re_path
from django.utils import timezone

settings.configure(
    SECRET_KEY="a peer has no secrets",  # noqa: S106
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],  # for the Content-Length
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(os.environ["RAPPORT_DATA_DIR"]) / "bare.db",
            "CONN_MAX_AGE": None,
            "OPTIONS": {"timeout": 20, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"},
        }
    },
)
django.setup()


class Row(models.Model):
    sender = models.CharField(max_length=40)
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "bare"

    def __str__(self) -> str:
        return str(self.pk)


def take(request: HttpRequest) -> JsonResponse:
    """One message, one insert."""
    Row(sender=request.POST["from"], text=request.POST["message"]).save()
    return JsonResponse({"payload": {"success": True, "error": None}})


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({})


urlpatterns = [re_path("^healthz", healthz), re_path("^in/", take)]
if Row._meta.db_table not in connection.introspection.table_names():
    with connection.schema_editor() as editor:
        editor.create_model(Row)
connection.close()
application = WSGIHandler()
