"""Addresses of managing an operation: its people and its ways in."""

from __future__ import annotations

from django.urls import path

from rapport.operations import acting, people_pages, source_pages

urlpatterns = [
    path("accounts/invitation/<str:token>/", people_pages.open_invitation, name="invitation"),
    path("accounts/invitation/<str:token>/accept/", people_pages.accept_invitation, name="accept_invitation"),
    path("<slug:operation>/acting-for/", acting.act_for, name="act_for"),
    path("<slug:operation>/people/", people_pages.people_page, name="people"),
    path(
        "<slug:operation>/people/invitations/<int:invitation_id>/revoke/",
        people_pages.revoke_invitation,
        name="revoke_invitation",
    ),
    path("<slug:operation>/people/<int:membership_id>/dismiss/", people_pages.dismiss, name="dismiss"),
    path("<slug:operation>/sources/", source_pages.sources_page, name="sources"),
    path("<slug:operation>/sources/<slug:source>/address/", source_pages.new_address, name="new_address"),
    path("<slug:operation>/sources/<slug:source>/settings/", source_pages.change_settings, name="source_settings"),
    path("<slug:operation>/sources/<slug:source>/pause/", source_pages.pause, name="pause_source"),
    path("<slug:operation>/sources/<slug:source>/keys/", source_pages.make_key, name="make_key"),
    path("<slug:operation>/keys/<int:key_id>/revoke/", source_pages.revoke_key, name="revoke_key"),
]
