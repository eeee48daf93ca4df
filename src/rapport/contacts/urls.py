"""Addresses of contacts."""

from __future__ import annotations

from django.urls import path

from rapport.contacts import converters
from rapport.contacts import network_pages as network
from rapport.contacts.callers import pages as callers
from rapport.contacts.cases import duty_pages, trying_pages, without_a_line
from rapport.contacts.cases import pages as cases
from rapport.contacts.directory import membership_pages as lists
from rapport.contacts.directory import pages as directory
from rapport.contacts.exports import pages as exports
from rapport.contacts.peers import pages as peers
from rapport.contacts.peers.door import exchange
from rapport.contacts.pings import pages as pings
from rapport.contacts.representatives import pages as representatives

converters.register()

CONTACTS = "<slug:operation>/contacts/"
NOMINATION = f"{CONTACTS}nominations/<nomination:number>/"
PING = f"{CONTACTS}pings/<slug:ref>/"
PEER = f"{CONTACTS}peers/<peer:number>/"
CALLER = f"{CONTACTS}callers/<slug:actor>/"
CASE = f"{CONTACTS}cases/<slug:ref>/"
MESSAGE = f"{CASE}messages/<slug:message>/"
DRAFT = f"{CONTACTS}drafts/<draft:number>/"
OFFICE = f"{CONTACTS}offices/<slug:actor>/<slug:role>/"
LISTS = f"{OFFICE}lists/"
EXPORT = f"{CONTACTS}exports/<export:number>/"
REPRESENTATIVES = f"{CONTACTS}representatives/"
ENTERED = f"{REPRESENTATIVES}<belonging:number>/"

urlpatterns = [
    path(CONTACTS, directory.index, name="contacts"),
    path(OFFICE, directory.show, name="contacts_office"),
    path(f"{OFFICE}nominate/", directory.nominate, name="contacts_nominate"),
    path(f"{OFFICE}verify/", directory.verify, name="contacts_verify"),
    path(f"{OFFICE}close/", directory.close, name="contacts_close"),
    path(LISTS, lists.index, name="contacts_lists"),
    path(f"{LISTS}enter/", lists.enter, name="contacts_list_enter"),
    path(f"{LISTS}<entry:number>/governs/", lists.governs, name="contacts_list_governs"),
    path(f"{LISTS}<entry:number>/out/", lists.out, name="contacts_list_out"),
    path(f"{OFFICE}card/", exports.card, name="contacts_card"),
    path(f"{CONTACTS}trees/<slug:actor>/", exports.tree, name="contacts_tree"),
    path(f"{CONTACTS}exports/", exports.index, name="contacts_exports"),
    path(f"{CONTACTS}exports/take/", exports.take, name="contacts_export_take"),
    path(f"{CONTACTS}exports/ask/", exports.ask, name="contacts_export_ask"),
    path(f"{EXPORT}release/", exports.release, name="contacts_export_release"),
    path(f"{EXPORT}refuse/", exports.refuse, name="contacts_export_refuse"),
    path(f"{EXPORT}file/", exports.fetch, name="contacts_export_file"),
    path(f"{CONTACTS}key/", exports.key, name="contacts_key"),
    path(f"{CONTACTS}key/key.pem", exports.key_file, name="contacts_key_file"),
    path(f"{CONTACTS}network/", network.show, name="contacts_network"),
    path(f"{CONTACTS}network/load/", network.load, name="contacts_network_load"),
    path(f"{CONTACTS}nominations/", directory.nominations, name="contacts_nominations"),
    path(NOMINATION, directory.nomination, name="contacts_nomination"),
    path(f"{NOMINATION}approve/", directory.approve, name="contacts_approve"),
    path(f"{NOMINATION}refuse/", directory.refuse, name="contacts_refuse"),
    path(f"{NOMINATION}withdraw/", directory.withdraw, name="contacts_withdraw"),
    path(f"{CONTACTS}alarms/", directory.alarms, name="contacts_alarms"),
    path(f"{CONTACTS}alarms/<alarm:number>/seen/", directory.seen, name="contacts_alarm_seen"),
    path(f"{CONTACTS}pings/", pings.index, name="contacts_pings"),
    path(f"{CONTACTS}pings/start/", pings.start, name="contacts_ping_start"),
    path(PING, pings.show, name="contacts_campaign"),
    path(f"{PING}stop/", pings.stop, name="contacts_ping_stop"),
    path(f"{PING}<ping:number>/called/", pings.called, name="contacts_ping_called"),
    path(f"{CONTACTS}ping/<str:link>/", pings.answer, name="contacts_ping"),
    path(f"{CONTACTS}exchange/", exchange, name="contacts_exchange"),
    path(f"{CONTACTS}peers/", peers.index, name="contacts_peers"),
    path(f"{CONTACTS}peers/enter/", peers.enter, name="contacts_peer_enter"),
    path(f"{CONTACTS}peers/take/", peers.take, name="contacts_peer_take"),
    path(f"{CONTACTS}peers/compare/", peers.compare, name="contacts_peer_compare"),
    path(PEER, peers.show, name="contacts_peer"),
    path(f"{PEER}confirm/", peers.confirm, name="contacts_peer_confirm"),
    path(f"{PEER}refuse/", peers.refuse, name="contacts_peer_refuse"),
    path(f"{PEER}end/", peers.end, name="contacts_peer_end"),
    path(f"{PEER}try/", peers.try_now, name="contacts_peer_try"),
    path(f"{PEER}called/", peers.called, name="contacts_peer_called"),
    path(f"{PEER}file/", peers.file, name="contacts_peer_file"),
    path(f"{PEER}ledger/", peers.ledger, name="contacts_peer_ledger"),
    path(f"{CONTACTS}callers/", callers.index, name="contacts_callers"),
    path(CALLER, callers.show, name="contacts_caller"),
    path(f"{CALLER}ask/", callers.ask, name="contacts_caller_ask"),
    path(f"{CALLER}check/", callers.check, name="contacts_caller_check"),
    path(f"{CALLER}tell/", callers.tell, name="contacts_caller_tell"),
    path(f"{CALLER}make/", callers.make, name="contacts_caller_make"),
    path(f"{CALLER}confirm/", callers.confirm, name="contacts_caller_confirm"),
    path(f"{CALLER}end/", callers.end, name="contacts_caller_end"),
    path(f"{CALLER}sheet/", callers.sheet, name="contacts_caller_sheet"),
    path(f"{CONTACTS}duty/", duty_pages.on_duty, name="contacts_duty"),
    path(f"{CONTACTS}duty/hand-over/", duty_pages.hand_over, name="contacts_hand_over"),
    path(f"{CONTACTS}duty/<handover:number>/take-over/", duty_pages.take_over, name="contacts_take_over"),
    path(f"{CONTACTS}duty/<clock:number>/heard/", duty_pages.heard, name="contacts_heard"),
    path(REPRESENTATIVES, representatives.index, name="contacts_representatives"),
    path(f"{ENTERED}confirm/", representatives.confirm, name="contacts_representative_confirm"),
    path(f"{ENTERED}refuse/", representatives.refuse, name="contacts_representative_refuse"),
    path(f"{REPRESENTATIVES}<representative:number>/end/", representatives.end, name="contacts_representative_end"),
    path(f"{CONTACTS}cases/", cases.index, name="contacts_cases"),
    path(f"{CONTACTS}cases/new/", cases.new, name="contacts_new"),
    path(CASE, cases.show, name="contacts_case"),
    path(f"{CASE}write/", cases.write, name="contacts_write"),
    path(f"{MESSAGE}tries/", trying_pages.tries, name="contacts_tries"),
    path(f"{MESSAGE}tries/note/", trying_pages.tried, name="contacts_tried"),
    path(f"{MESSAGE}without-a-line/", without_a_line.show, name="contacts_without_a_line"),
    path(f"{MESSAGE}own/", without_a_line.own, name="contacts_own"),
    path(DRAFT, cases.draft, name="contacts_draft"),
    path(f"{DRAFT}ready/", cases.ready, name="contacts_ready"),
    path(f"{DRAFT}send/", cases.release, name="contacts_release"),
    path(f"{DRAFT}discard/", cases.discard, name="contacts_discard"),
    path(f"{DRAFT}bring-back/", cases.bring_back, name="contacts_bring_back"),
    path(f"{CONTACTS}take/", without_a_line.take, name="contacts_take"),
    path(f"{CONTACTS}forms/<slug:kind>/", without_a_line.empty, name="contacts_empty"),
]
