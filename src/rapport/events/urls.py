"""Addresses of the public pages. Feeds stand in exchange/urls.py, the form in intake/urls.py."""

from __future__ import annotations

from django.urls import path

from rapport.events import files, mapdata, views, why

urlpatterns = [
    path("", views.operations, name="operations"),
    path("about/", views.about, name="about"),
    path("basemap/<slug:operation>.json", mapdata.basemap, name="basemap"),
    path("tiles/<str:name>/<int:z>/<int:x>/<int:y>", mapdata.tile, name="tile"),
    path("<slug:operation>/", views.overview, name="overview"),
    path("<slug:operation>/events/<str:ref>/", views.event, name="event"),
    path("<slug:operation>/events/<str:ref>/why/", why.show, name="event_why"),
    path("<slug:operation>/events/<str:ref>/files/<slug:file>", files.whole, name="event_file"),
    path("<slug:operation>/events/<str:ref>/files/<slug:file>/small", files.small, name="event_file_small"),
    path("<slug:operation>/clusters.json", mapdata.clusters, name="clusters"),
    path("<slug:operation>/pulse", mapdata.pulse, name="pulse"),
    path("<slug:operation>/places.json", mapdata.places, name="places"),
    path("<slug:operation>/layers/<str:name>.geojson", mapdata.layer, name="layer"),
]
