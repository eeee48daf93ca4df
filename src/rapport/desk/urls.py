"""Addresses of the desk."""

from __future__ import annotations

from django.urls import path

from rapport.desk import selection_pages
from rapport.desk.alerts import pages as alerts
from rapport.desk.automated import pages as automated
from rapport.desk.event import listing as event_list
from rapport.desk.event import merge_pages
from rapport.desk.event import page as event_page
from rapport.desk.glass import pages as glass
from rapport.desk.learning import pages as model_page
from rapport.desk.naming import pages as names_page
from rapport.desk.partners import organisations
from rapport.desk.partners import pages as partners
from rapport.desk.protocol import pages as protocol
from rapport.desk.protocol import play_pages as play
from rapport.desk.queue import handover, saved, translators
from rapport.desk.queue import pages as queue
from rapport.desk.record import ledger as ledger_page
from rapport.desk.record import pages as record_pages
from rapport.desk.report import attachment_pages, deciding, why
from rapport.desk.report import sorting as sorting_page
from rapport.desk.retention import pages as retention_page
from rapport.desk.retention import shared as shared_page
from rapport.desk.sending import pages as outbox_page

DESK = "<slug:operation>/desk/"
OUTBOX = "<slug:operation>/outbox/"
REPORT = f"{DESK}reports/<slug:ref>/"
EVENT = f"{DESK}events/<slug:ref>/"
LEDGER = f"{DESK}ledger/"
PLAY = f"{DESK}protocol/play/"
RETENTION = f"{DESK}retention/"
ORDER = f"{DESK}orders/<slug:slug>/"
ALERTS = f"{DESK}alerts/"
ALERT_DRAFT = f"{ALERTS}drafts/<int:number>/"
AGREEMENT = f"{DESK}partners/<int:number>/"
ORGANISATION = f"{DESK}organisations/<int:number>/"

urlpatterns = [
    path(DESK, queue.queue, name="desk"),
    path(f"{DESK}next/", queue.take_next, name="desk_next"),
    path(f"{DESK}pulse", queue.pulse, name="desk_pulse"),
    path(f"{DESK}places", queue.find_places, name="desk_places"),
    path(f"{DESK}find-events", queue.find_events, name="desk_find_events"),
    path(f"{DESK}hand-over/", handover.notes, name="desk_hand_over"),
    path(f"{DESK}filters/", saved.save_filter, name="desk_save_filter"),
    path(f"{DESK}filters/<int:filter_id>/delete/", saved.delete_filter, name="desk_delete_filter"),
    path(f"{DESK}translators/", translators.translators, name="desk_translators"),
    path(f"{DESK}translators/next/", translators.take_next, name="desk_translators_next"),
    path(REPORT, deciding.show, name="desk_report"),
    path(f"{REPORT}why/", why.show, name="desk_why"),
    path(f"{REPORT}contest/", why.contest, name="desk_contest"),
    path(f"{REPORT}accept/", deciding.accept, name="desk_accept"),
    path(f"{REPORT}attach/", deciding.attach, name="desk_attach"),
    path(f"{REPORT}reject/", deciding.reject, name="desk_reject"),
    path(f"{REPORT}translate/", deciding.translate, name="desk_translate"),
    path(f"{REPORT}take/", deciding.take, name="desk_take"),
    path(f"{REPORT}release/", deciding.release, name="desk_release"),
    path(f"{REPORT}urgency/", sorting_page.urgency, name="desk_urgency"),
    path(f"{REPORT}to-verifier/", sorting_page.to_verifier, name="desk_to_verifier"),
    path(f"{REPORT}to-translators/", sorting_page.to_translators, name="desk_to_translators"),
    path(f"{REPORT}sender/", sorting_page.trust, name="desk_trust"),
    path(f"{REPORT}ask/", sorting_page.ask_sender, name="desk_ask"),
    path(f"{DESK}events/", event_list.show, name="desk_events"),
    path(f"{DESK}selection/reports/", selection_pages.reports, name="desk_selection_reports"),
    path(f"{DESK}selection/reports/decide/", selection_pages.decide_reports, name="desk_selection_reports_do"),
    path(f"{DESK}selection/events/", selection_pages.events, name="desk_selection_events"),
    path(f"{DESK}selection/events/decide/", selection_pages.decide_events, name="desk_selection_events_do"),
    path(f"{REPORT}files/<int:number>", attachment_pages.whole, name="desk_file"),
    path(f"{REPORT}files/<int:number>/small", attachment_pages.small, name="desk_file_small"),
    path(f"{REPORT}files/<int:number>/publication/", attachment_pages.publication, name="desk_file_publication"),
    path(EVENT, event_page.show, name="desk_event"),
    path(f"{EVENT}merge/", merge_pages.choose, name="desk_merge"),
    path(f"{EVENT}merge/decide/", merge_pages.merge, name="desk_merge_do"),
    path(f"{EVENT}split/", merge_pages.split, name="desk_split"),
    path(f"{EVENT}response/", event_page.respond, name="desk_respond"),
    path(f"{EVENT}edit/", event_page.edit, name="desk_edit"),
    path(f"{EVENT}publication/", event_page.publish, name="desk_publish"),
    path(f"{EVENT}status/", event_page.set_status, name="desk_status"),
    path(ALERTS, alerts.show, name="desk_alerts"),
    path(f"{ALERTS}new/", alerts.new, name="desk_alert_new"),
    path(ALERT_DRAFT, alerts.draft, name="desk_alert_draft"),
    path(f"{ALERT_DRAFT}change/", alerts.change, name="desk_alert_change"),
    path(f"{ALERT_DRAFT}issue/", alerts.issue, name="desk_alert_issue"),
    path(f"{ALERT_DRAFT}discard/", alerts.drop, name="desk_alert_drop"),
    path(f"{ALERTS}<slug:ref>/update/", alerts.update, name="desk_alert_update"),
    path(f"{ALERTS}<slug:ref>/cancel/", alerts.cancel, name="desk_alert_cancel"),
    path(f"{DESK}decisions/", record_pages.decisions, name="desk_decisions"),
    path(f"{DESK}decisions/<int:decision_id>/undo/", record_pages.take_back, name="desk_undo"),
    path(OUTBOX, outbox_page.page, name="desk_outbox"),
    path(f"{OUTBOX}stop/", outbox_page.stop, name="desk_sending_stop"),
    path(f"{OUTBOX}resume/", outbox_page.resume, name="desk_sending_resume"),
    path(f"{OUTBOX}all/", outbox_page.settle_all, name="desk_settle_all"),
    path(f"{OUTBOX}<int:number>/again/", outbox_page.send_again, name="desk_send_again"),
    path(f"{OUTBOX}<int:number>/leave/", outbox_page.leave, name="desk_leave_message"),
    path(f"{DESK}names/", names_page.show, name="desk_names"),
    path(f"{DESK}names/no-place/", names_page.no_place, name="desk_no_place"),
    path(f"{DESK}protocol/", protocol.show, name="desk_protocol"),
    path(f"{DESK}protocol/propose/", protocol.propose, name="desk_protocol_propose"),
    path(f"{DESK}protocol/<int:number>/", protocol.version, name="desk_protocol_version"),
    path(f"{DESK}protocol/<int:number>/activate/", protocol.activate, name="desk_protocol_activate"),
    path(f"{DESK}protocol/<int:number>/withdraw/", protocol.withdraw, name="desk_protocol_withdraw"),
    path(f"{DESK}partners/", partners.show, name="desk_partners"),
    path(f"{DESK}partners/agree/", partners.agree, name="desk_agree"),
    path(AGREEMENT, partners.agreement, name="desk_agreement"),
    path(f"{AGREEMENT}renew/", partners.renew, name="desk_agreement_renew"),
    path(f"{AGREEMENT}end/", partners.end, name="desk_agreement_end"),
    path(f"{AGREEMENT}keys/", partners.make_key, name="desk_partner_key"),
    path(f"{AGREEMENT}keys/<int:key_id>/revoke/", partners.revoke_key, name="desk_partner_key_revoke"),
    path(f"{DESK}organisations/", organisations.show, name="desk_organisations"),
    path(f"{DESK}organisations/add/", organisations.add, name="desk_organisation_add"),
    path(ORGANISATION, organisations.organisation, name="desk_organisation"),
    path(f"{ORGANISATION}join/", organisations.join, name="desk_organisation_join"),
    path(f"{ORGANISATION}leave/", organisations.leave, name="desk_organisation_leave"),
    path(f"{ORGANISATION}invite/", organisations.invite, name="desk_organisation_invite"),
    path(
        f"{ORGANISATION}invitations/<int:invitation_id>/revoke/",
        organisations.uninvite,
        name="desk_organisation_uninvite",
    ),
    path(PLAY, play.table, name="desk_protocol_play"),
    path(f"{PLAY}events/", play.behind, name="desk_protocol_play_events"),
    path(f"{PLAY}maps/", play.two_maps, name="desk_protocol_play_maps"),
    path(f"{PLAY}changes/", play.difference, name="desk_protocol_play_changes"),
    path(RETENTION, retention_page.show, name="desk_retention"),
    path(f"{RETENTION}preview/", retention_page.preview, name="desk_retention_preview"),
    path(f"{RETENTION}destroy/", retention_page.destroy, name="desk_retention_destroy"),
    path(f"{RETENTION}shared/", shared_page.show, name="desk_shared"),
    path(f"{RETENTION}hold/", retention_page.hold, name="desk_hold"),
    path(f"{RETENTION}holds/<int:number>/end/", retention_page.let_go, name="desk_let_go"),
    path(f"{DESK}model/", model_page.show, name="desk_model"),
    path(f"{DESK}model/use/", model_page.use, name="desk_model_use"),
    path(f"{REPORT}glass/", glass.break_report, name="desk_report_glass"),
    path(f"{EVENT}glass/", glass.break_event, name="desk_event_glass"),
    path(f"{DESK}glass/", glass.show, name="desk_glass"),
    path(f"{DESK}glass/<int:number>/end/", glass.end, name="desk_glass_end"),
    path(f"{DESK}glass/<int:number>/seen/", glass.seen, name="desk_glass_seen"),
    path(LEDGER, ledger_page.show, name="desk_ledger"),
    path(f"{LEDGER}export", ledger_page.download, name="desk_ledger_export"),
    path(f"{LEDGER}checkpoint", ledger_page.checkpoint, name="desk_ledger_checkpoint"),
    path(f"{LEDGER}key", ledger_page.key, name="desk_ledger_key"),
    path(f"{DESK}automated/", automated.show, name="desk_automated"),
    path(f"{DESK}automated/<slug:function>/stop/", automated.stop, name="desk_function_stop"),
    path(f"{DESK}automated/<slug:function>/resume/", automated.resume, name="desk_function_resume"),
    path(f"{DESK}automated/contests/<int:number>/answer/", automated.answer, name="desk_contest_answer"),
    path(f"{DESK}orders/", record_pages.standing_orders, name="desk_orders"),
    path(f"{ORDER}undo/", record_pages.order_effects, name="desk_order_effects"),
    path(f"{ORDER}undo/decide/", record_pages.undo_effects, name="desk_order_undo"),
    path(f"{ORDER}sign/", record_pages.sign, name="desk_sign"),
    path(f"{ORDER}revoke/", record_pages.revoke, name="desk_revoke"),
]
