"""Addresses of the registry: its readers' pages, what they can take away, and where people keep it."""

from __future__ import annotations

from django.urls import path

from rapport.registry.editing import pages as editing
from rapport.registry.pages import data, views

REGISTRY = "<slug:operation>/registry/"
DESK = "<slug:operation>/desk/registry/"

urlpatterns = [
    path(REGISTRY, views.overview, name="registry"),
    path(f"{REGISTRY}norms/<slug:framework>/", views.framework, name="registry_framework"),
    path(f"{REGISTRY}norms/<slug:framework>/<str:code>/", views.provision, name="registry_provision"),
    path(f"{REGISTRY}actors/", views.actors, name="registry_actors"),
    path(f"{REGISTRY}actors/<slug:code>/", views.actor, name="registry_actor"),
    path(f"{REGISTRY}processes/", views.processes, name="registry_processes"),
    path(f"{REGISTRY}dialogues/", views.dialogues, name="registry_dialogues"),
    path(f"{REGISTRY}differences/", views.differences, name="registry_differences"),
    path(f"{REGISTRY}data/", data.page, name="registry_data"),
    path(f"{REGISTRY}data/<slug:table>.csv", data.csv, name="registry.csv"),
    path(f"{REGISTRY}data/registry.json", data.everything, name="registry.json"),
    path(f"{REGISTRY}data/dictionary.json", data.dictionary, name="registry_dictionary.json"),
    path(DESK, editing.show, name="desk_registry"),
    path(f"{DESK}load/", editing.load, name="desk_registry_load"),
    path(f"{DESK}confirm/", editing.confirm, name="desk_registry_confirm"),
    path(f"{DESK}confirmed/<int:number>/take-back/", editing.take_back, name="desk_registry_take_back"),
]
