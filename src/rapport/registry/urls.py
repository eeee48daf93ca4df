"""Addresses of the registry: its readers' pages, what they can take away, and where people keep it."""

from __future__ import annotations

from django.urls import path

from rapport.registry.calls import desk as calls_desk
from rapport.registry.calls import desk_provision
from rapport.registry.calls import pages as calls
from rapport.registry.calls.model import SYNTHESIS, TEXT
from rapport.registry.editing import pages as editing
from rapport.registry.pages import data, views

REGISTRY = "<slug:operation>/registry/"
DESK = "<slug:operation>/desk/registry/"
CALL, ON = "calls/<slug:ref>/", "calls/<slug:ref>/provisions/<str:code>/"
COMMENT = f"{DESK}comments/<slug:ref>/"

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
    path(f"{REGISTRY}calls/", calls.index, name="registry_calls"),
    path(f"{REGISTRY}{CALL}", calls.call, name="registry_call"),
    path(f"{REGISTRY}{ON}", calls.provision, name="registry_call_provision"),
    path(f"{REGISTRY}{ON}versions/<int:version>/", calls.version, name="registry_call_version"),
    path(f"{REGISTRY}comments/<slug:ref>/", calls.sent, name="registry_comment"),
    path(f"{DESK}calls/", calls_desk.index, name="desk_calls"),
    path(f"{DESK}calls/new/", calls_desk.new, name="desk_call_new"),
    path(f"{DESK}{CALL}", calls_desk.show, name="desk_call"),
    path(f"{DESK}{CALL}edit/", calls_desk.edit, name="desk_call_edit"),
    path(f"{DESK}{CALL}publish/", calls_desk.publish, name="desk_call_publish"),
    path(f"{DESK}{CALL}close/", calls_desk.close, name="desk_call_close"),
    path(f"{DESK}{CALL}synthesis/", calls_desk.publish_synthesis, name="desk_call_synthesis"),
    path(f"{DESK}{ON}", desk_provision.show, name="desk_call_provision"),
    path(f"{DESK}{ON}text/", desk_provision.write, {"kind": TEXT}, name="desk_call_text"),
    path(f"{DESK}{ON}synthesis/", desk_provision.write, {"kind": SYNTHESIS}, name="desk_call_sum_up"),
    path(f"{COMMENT}show/", desk_provision.show_comment, name="desk_comment_show"),
    path(f"{COMMENT}not-show/", desk_provision.not_show_comment, name="desk_comment_not_show"),
    path(f"{COMMENT}mark/", desk_provision.mark_comment, name="desk_comment_mark"),
    path(f"{COMMENT}answer/", desk_provision.answer_comment, name="desk_comment_answer"),
]
