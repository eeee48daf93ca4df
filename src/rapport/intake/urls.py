"""Addresses of the ways in."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from rapport.intake.views import gateway

urlpatterns: list[URLPattern | URLResolver] = [
    path("in/<slug:channel>/<str:token>/", gateway, name="gateway"),
]
