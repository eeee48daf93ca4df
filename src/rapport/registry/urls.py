"""Addresses of the registry: its readers' pages, what they can take away, and where people keep it."""

from __future__ import annotations

from django.urls import path

from rapport.registry.calls import desk as calls_desk
from rapport.registry.calls import desk_provision
from rapport.registry.calls import pages as calls
from rapport.registry.calls.model import SYNTHESIS, TEXT
from rapport.registry.editing import pages as editing
from rapport.registry.editing import recommendation_pages as recommending
from rapport.registry.pages import data, overdue, side_by_side, views
from rapport.registry.rounds import desk as rounds
from rapport.registry.rounds import pages as answer
from rapport.registry.rounds import readers

REGISTRY = "<slug:operation>/registry/"
ANSWER = f"{REGISTRY}answer/<str:token>/"
DESK = "<slug:operation>/desk/registry/"
LISTINGS = f"{DESK}listings/"
ROUNDS = f"{DESK}rounds/"
ROUND = f"{ROUNDS}<slug:ref>/"
SHEET = f"{ROUND}sheets/<slug:sheet>/"
RECOMMENDATIONS = f"{DESK}recommendations/"
RECOMMENDATION = f"{RECOMMENDATIONS}<slug:ref>/"
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
    path(f"{REGISTRY}overdue/", overdue.show, name="registry_overdue"),
    path(f"{REGISTRY}data/", data.page, name="registry_data"),
    path(f"{REGISTRY}data/<slug:table>.csv", data.csv, name="registry.csv"),
    path(f"{REGISTRY}data/registry.json", data.everything, name="registry.json"),
    path(f"{REGISTRY}data/dictionary.json", data.dictionary, name="registry_dictionary.json"),
    path(f"{REGISTRY}rounds/", readers.rounds, name="registry_rounds"),
    path(f"{REGISTRY}rounds/<slug:ref>/", readers.one, name="registry_round"),
    path(f"{REGISTRY}side-by-side/", side_by_side.page, name="registry_side_by_side"),
    path(f"{REGISTRY}side-by-side.csv", side_by_side.csv, name="registry_side_by_side.csv"),
    path(ANSWER, answer.show, name="registry_answer"),
    path(f"{ANSWER}begin/", answer.begin, name="registry_answer_begin"),
    path(f"{ANSWER}save/", answer.save, name="registry_answer_save"),
    path(f"{ANSWER}hand-in/", answer.hand_in, name="registry_answer_hand_in"),
    path(f"{ANSWER}take-again/", answer.take_again, name="registry_answer_again"),
    path(f"{ANSWER}withdraw/", answer.withdraw, name="registry_answer_withdraw"),
    path(f"{ANSWER}answers.xlsx", answer.as_file, {"ending": "xlsx"}, name="registry_answer.xlsx"),
    path(f"{ANSWER}answers.json", answer.as_file, {"ending": "json"}, name="registry_answer.json"),
    path(f"{ANSWER}file/", answer.take_file, name="registry_answer_take"),
    path(f"{ANSWER}paper/", answer.paper, name="registry_answer_paper"),
    path(DESK, editing.show, name="desk_registry"),
    path(f"{DESK}load/", editing.load, name="desk_registry_load"),
    path(f"{DESK}files/<int:number>/remove/", editing.remove, name="desk_registry_remove"),
    path(f"{DESK}confirm/", editing.confirm, name="desk_registry_confirm"),
    path(f"{DESK}confirmed/<int:number>/take-back/", editing.take_back, name="desk_registry_take_back"),
    path(LISTINGS, side_by_side.desk, name="desk_registry_listings"),
    path(f"{LISTINGS}load/", side_by_side.load, name="desk_registry_listing_load"),
    path(f"{LISTINGS}<int:number>/remove/", side_by_side.remove, name="desk_registry_listing_remove"),
    path(ROUNDS, rounds.rounds, name="desk_registry_rounds"),
    path(ROUND, rounds.one, name="desk_registry_round"),
    path(f"{ROUND}invite/", rounds.invite, name="desk_registry_invite"),
    path(f"{ROUND}change/", rounds.change, name="desk_registry_round_change"),
    path(f"{ROUND}results/", rounds.outcome, name="desk_registry_results"),
    path(f"{ROUND}empty/", rounds.empty, name="desk_registry_empty"),
    path(SHEET, rounds.sheet, name="desk_registry_sheet"),
    path(f"{SHEET}enter/", rounds.enter, name="desk_registry_enter"),
    path(f"{SHEET}renew/", rounds.renew, name="desk_registry_renew"),
    path(f"{SHEET}decide/", rounds.decide, name="desk_registry_decide"),
    path(RECOMMENDATIONS, recommending.show, name="desk_recommendations"),
    path(f"{RECOMMENDATIONS}new/", recommending.new, name="desk_recommendation_new"),
    path(RECOMMENDATION, recommending.one, name="desk_recommendation"),
    path(f"{RECOMMENDATION}edit/", recommending.edit, name="desk_recommendation_edit"),
    path(f"{RECOMMENDATION}publish/", recommending.publish, name="desk_recommendation_publish"),
    path(f"{RECOMMENDATION}end/", recommending.end, name="desk_recommendation_end"),
    path(f"{RECOMMENDATION}reopen/", recommending.reopen, name="desk_recommendation_reopen"),
    path(f"{RECOMMENDATION}review/", recommending.review, name="desk_recommendation_review"),
    path(f"{RECOMMENDATION}withdraw/", recommending.withdraw, name="desk_recommendation_withdraw"),
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
