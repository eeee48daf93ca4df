"""Addresses of the feeds, /OPERATION/events.ENDING and alerts.ENDING, of the page that offers them, of alerts as CAP,
of packs, the catalogue and the data dictionary."""

from __future__ import annotations

from django.urls import path

from rapport.exchange import alerts, catalogue, dictionary, packs, taking
from rapport.exchange.views import FORMATS, feed

urlpatterns = [
    *(
        path(f"<slug:operation>/events.{ending}", feed, {"ending": ending}, name=f"events.{ending}")
        for ending in FORMATS
    ),
    *(
        path(f"<slug:operation>/alerts.{ending}", alerts.feed, {"ending": ending}, name=f"alerts.{ending}")
        for ending in alerts.FEEDS
    ),
    path("<slug:operation>/alerts/<slug:ref>/<int:version>.cap", alerts.file, name="alert.cap"),
    path("catalogue/", catalogue.page, name="catalogue"),
    path("catalogue.jsonld", catalogue.as_json, name="catalogue.jsonld"),
    path("<slug:operation>/take/", taking.page, name="take"),
    path("<slug:operation>/pack.zip", packs.give, name="pack"),
    path("<slug:operation>/desk/partners/<int:number>/pack.zip", packs.give_for, name="pack_for"),
    path("<slug:operation>/dictionary/", dictionary.page, name="dictionary"),
    path("<slug:operation>/dictionary.json", dictionary.as_schema, name="dictionary.json"),
    path("<slug:operation>/dictionary.csv", dictionary.as_table, name="dictionary.csv"),
]
