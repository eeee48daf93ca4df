"""Addresses of alerts for readers: those in force, and each with all of its messages."""

from __future__ import annotations

from django.urls import path

from rapport.alerts import views

urlpatterns = [
    path("<slug:operation>/alerts/", views.listed, name="alerts"),
    path("<slug:operation>/alerts/<slug:ref>/", views.one, name="alert"),
]
