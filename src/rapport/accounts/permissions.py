"""Every permission there is, `room:resource:action` in alphabetical order, and which role carries which.

Roles are held per operation. `may()` is the one question that pages and actions ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    ACCOUNTS_PERSON_INVITE = "accounts:person:invite"
    CONTACTS_DIRECTORY_READ = "contacts:directory:read"
    CONTACTS_MESSAGE_SEND = "contacts:message:send"
    CONTACTS_NETWORK_LOAD = "contacts:network:load"
    CONTACTS_OFFICE_APPROVE = "contacts:office:approve"
    CONTACTS_OFFICE_NOMINATE = "contacts:office:nominate"
    CONTACTS_PING_RUN = "contacts:ping:run"
    DESK_ALERT_DRAFT = "desk:alert:draft"
    DESK_ALERT_ISSUE = "desk:alert:issue"
    DESK_CONTEST_ANSWER = "desk:contest:answer"
    DESK_DECISION_UNDO = "desk:decision:undo"
    DESK_EVENT_EDIT = "desk:event:edit"
    DESK_EVENT_PUBLISH = "desk:event:publish"
    DESK_EVENT_VERIFY = "desk:event:verify"
    DESK_FILE_PUBLISH = "desk:file:publish"
    DESK_REPORT_READ = "desk:report:read"
    DESK_REPORT_TRANSLATE = "desk:report:translate"
    DESK_REPORT_TRIAGE = "desk:report:triage"
    DESK_SENDER_ASK = "desk:sender:ask"
    DESK_SENDER_TRUST = "desk:sender:trust"
    INTAKE_IMPORT_RUN = "intake:import:run"
    NOTIFY_SENDING_STOP = "notify:sending:stop"
    OPERATIONS_FUNCTION_STOP = "operations:function:stop"
    OPERATIONS_MODEL_CHOOSE = "operations:model:choose"
    OPERATIONS_ORDER_SIGN = "operations:order:sign"
    OPERATIONS_SOURCE_MANAGE = "operations:source:manage"
    OVERSIGHT_DATA_DESTROY = "oversight:data:destroy"
    OVERSIGHT_DATA_HOLD = "oversight:data:hold"
    OVERSIGHT_GLASS_BREAK = "oversight:glass:break"
    OVERSIGHT_GLASS_WATCH = "oversight:glass:watch"
    OVERSIGHT_LEDGER_READ = "oversight:ledger:read"
    REGISTRY_FILE_LOAD = "registry:file:load"
    REGISTRY_ROUND_RUN = "registry:round:run"
    REGISTRY_ROW_EDIT = "registry:row:edit"
    SHARING_AGREEMENT_SIGN = "sharing:agreement:sign"
    SHARING_PROTOCOL_ACTIVATE = "sharing:protocol:activate"
    SHARING_PROTOCOL_PROPOSE = "sharing:protocol:propose"


class Role(StrEnum):
    VOLUNTEER = "volunteer"
    TRANSLATOR = "translator"
    VERIFIER = "verifier"
    LEAD = "lead"
    CUSTODIAN = "custodian"
    ADMIN = "admin"
    DUTY = "duty"


#: Roles that can do harm to everybody in an operation: whoever holds one anywhere needs a second factor.
NEED_SECOND_FACTOR = frozenset({Role.LEAD, Role.CUSTODIAN, Role.ADMIN})

_P = Permission
_DESK = frozenset({_P.DESK_REPORT_READ, _P.DESK_REPORT_TRANSLATE})
_TRIAGE = _DESK | {
    _P.DESK_REPORT_TRIAGE,
    _P.DESK_EVENT_EDIT,
    _P.DESK_EVENT_PUBLISH,
    _P.DESK_DECISION_UNDO,
    _P.DESK_SENDER_ASK,
}
_VERIFY = _TRIAGE | {
    _P.DESK_ALERT_DRAFT,
    _P.DESK_CONTEST_ANSWER,
    _P.DESK_EVENT_VERIFY,
    _P.DESK_FILE_PUBLISH,
    _P.DESK_SENDER_TRUST,
    _P.REGISTRY_ROW_EDIT,
}

#: What a lead and a custodian share: the directory, the protocol, partners, holds, the ledger, knowing of every glass.
_SHARING = frozenset({
    _P.CONTACTS_DIRECTORY_READ, _P.CONTACTS_OFFICE_APPROVE,
    _P.OVERSIGHT_DATA_HOLD, _P.OVERSIGHT_GLASS_WATCH, _P.OVERSIGHT_LEDGER_READ, _P.SHARING_AGREEMENT_SIGN,
    _P.SHARING_PROTOCOL_ACTIVATE, _P.SHARING_PROTOCOL_PROPOSE,
})  # fmt: skip

#: A custodian guards who may see what, and what is kept: reads the desk but decides nothing there.
ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.VOLUNTEER: _TRIAGE,
    Role.TRANSLATOR: _DESK,
    Role.VERIFIER: _VERIFY,
    Role.LEAD: _VERIFY
    | {
        _P.ACCOUNTS_PERSON_INVITE,
        _P.CONTACTS_MESSAGE_SEND,  # which lets nobody speak for a State: see NETWORK_TEAM
        _P.CONTACTS_NETWORK_LOAD,
        _P.CONTACTS_OFFICE_NOMINATE,
        _P.CONTACTS_PING_RUN,
        _P.DESK_ALERT_ISSUE,
        _P.INTAKE_IMPORT_RUN,
        _P.NOTIFY_SENDING_STOP,
        _P.OPERATIONS_FUNCTION_STOP,
        _P.OPERATIONS_MODEL_CHOOSE,
        _P.OPERATIONS_ORDER_SIGN,
        _P.REGISTRY_FILE_LOAD,
        _P.REGISTRY_ROUND_RUN,
    }
    | _SHARING,
    Role.CUSTODIAN: frozenset(
        {
            _P.DESK_REPORT_READ,
            _P.NOTIFY_SENDING_STOP,
            _P.OVERSIGHT_DATA_DESTROY,
            _P.OVERSIGHT_GLASS_BREAK,
        }
    )
    | _SHARING,
    Role.ADMIN: frozenset(
        {_P.ACCOUNTS_PERSON_INVITE, _P.OPERATIONS_SOURCE_MANAGE, _P.NOTIFY_SENDING_STOP, _P.OVERSIGHT_LEDGER_READ}
    ),
    # Of a State or organisation in a network, for which they read (accounts.Belonging): no desk of ours.
    Role.DUTY: frozenset({_P.CONTACTS_DIRECTORY_READ, _P.CONTACTS_MESSAGE_SEND, _P.CONTACTS_OFFICE_NOMINATE}),
}

#: Roles of the team of a network of contacts: it approves offices and runs pings. Whoever holds one there speaks for
#: none of its members, nor the other way round (invitations.py).
NETWORK_TEAM = frozenset(
    role for role, held in ROLE_PERMISSIONS.items() if held & {_P.CONTACTS_OFFICE_APPROVE, _P.CONTACTS_PING_RUN}
)
