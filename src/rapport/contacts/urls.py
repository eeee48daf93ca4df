"""Addresses of contacts."""

from __future__ import annotations

from django.urls import path

from rapport.contacts.directory import pages as directory
from rapport.contacts.pings import pages as pings

CONTACTS = "<slug:operation>/contacts/"
NOMINATION = f"{CONTACTS}nominations/<int:number>/"
PING = f"{CONTACTS}pings/<slug:ref>/"
OFFICE = f"{CONTACTS}offices/<slug:actor>/<slug:role>/"

urlpatterns = [
    path(CONTACTS, directory.index, name="contacts"),
    path(OFFICE, directory.show, name="contacts_office"),
    path(f"{OFFICE}nominate/", directory.nominate, name="contacts_nominate"),
    path(f"{OFFICE}verify/", directory.verify, name="contacts_verify"),
    path(f"{OFFICE}close/", directory.close, name="contacts_close"),
    path(f"{CONTACTS}nominations/", directory.nominations, name="contacts_nominations"),
    path(NOMINATION, directory.nomination, name="contacts_nomination"),
    path(f"{NOMINATION}approve/", directory.approve, name="contacts_approve"),
    path(f"{NOMINATION}refuse/", directory.refuse, name="contacts_refuse"),
    path(f"{NOMINATION}withdraw/", directory.withdraw, name="contacts_withdraw"),
    path(f"{CONTACTS}alarms/", directory.alarms, name="contacts_alarms"),
    path(f"{CONTACTS}alarms/<int:number>/seen/", directory.seen, name="contacts_alarm_seen"),
    path(f"{CONTACTS}pings/", pings.index, name="contacts_pings"),
    path(f"{CONTACTS}pings/start/", pings.start, name="contacts_ping_start"),
    path(PING, pings.show, name="contacts_campaign"),
    path(f"{PING}stop/", pings.stop, name="contacts_ping_stop"),
    path(f"{PING}<int:number>/called/", pings.called, name="contacts_ping_called"),
    path(f"{CONTACTS}ping/<str:link>/", pings.answer, name="contacts_ping"),
]
