"""Root addresses. Each room brings its own; the order here decides where the first path segments meet."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
