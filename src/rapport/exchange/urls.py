"""Addresses of the feeds: /OPERATION/events.ENDING"""

from __future__ import annotations

from django.urls import path

from rapport.exchange.views import FORMATS, feed

urlpatterns = [
    path(f"<slug:operation>/events.{ending}", feed, {"ending": ending}, name=f"events.{ending}") for ending in FORMATS
]
