"""Keys, files, sources, orders and people: what was set up, and fits together or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.conf import settings

from rapport import plugins
from rapport.accounts.models import Membership
from rapport.accounts.permissions import NEED_SECOND_FACTOR, Role
from rapport.desk.orders import missing
from rapport.operations.load import source_settings
from rapport.operations.models import Operation, Source, StandingOrder
from rapport.oversight import keys
from rapport.oversight.keys import KeyPurpose
from rapport.reports.attachments import store
from rapport.reports.models import Attachment, Sender
from rapport.upkeep.doctor.finding import Finding, fine, look, wrong

_TOLD = 20  # findings of one kind that are told one by one


def seals() -> Iterator[Finding]:
    """Whether the keys that are here open what was sealed: the newest of each kind is tried, and the oldest."""
    kinds: tuple[tuple[KeyPurpose, str, Callable[[], list[Any]]], ...] = (
        ("addresses", "senders' addresses", lambda: _ends(Sender, "address_sealed", "created_at")),
        ("channels", "the settings of gateways", lambda: _ends(Source, "settings_sealed", "id")),
        ("attachments", "attachments", lambda: _ends(Attachment, "key_sealed", "id")),
        ("second_factor", "second factors", _factors),
    )
    for purpose, what, sealed in kinds:
        values = [bytes(value) for value in sealed() if value]
        if not values:
            continue
        if (Path(settings.DATA_DIR) / "keys" / purpose).exists() and all(_opens(purpose, value) for value in values):
            yield fine("keys", f"The key {purpose} opens {what}.")
        else:
            yield wrong(
                "keys", f"The key keys/{purpose} does not open {what}: it is gone, or another one.",
                f"Bring the file keys/{purpose} back from a backup, as the last line of the one that is there.",
            )  # fmt: skip


def _ends(model: Any, column: str, order: str) -> list[Any]:
    rows = model.objects.exclude(**{column: b""}).values_list(column, flat=True)
    return [rows.order_by(order).first(), rows.order_by(f"-{order}").first()]


def _factors() -> list[bytes]:
    """What is sealed of the oldest and the newest codes of an app, and recovery codes."""
    rows = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("id").values_list("data", flat=True)
    sealed = (data.get("secret") or data.get("seed", "") for data in (rows.first(), rows.last()) if data)
    return [str(one).encode() for one in sealed]


def _opens(purpose: KeyPurpose, sealed: bytes) -> bool:
    try:
        keys.unseal(purpose, sealed)
    except InvalidToken:
        return False
    return True


def files() -> Iterator[Finding]:
    rows = Attachment.objects.exclude(key_sealed=b"").only("pk", "stored", "report_id", "number").order_by("pk")
    gone = [attachment for attachment in rows.iterator() if not store.has_original(attachment)]
    if gone:
        yield wrong(
            "attachments", f"The files of {len(gone)} attachments are gone, the first of report {gone[0].report_id}.",
            "Bring the folder attachments/ back from a backup.",
        )  # fmt: skip


def sources() -> Iterator[Finding]:
    for source in Source.objects.select_related("operation").filter(active=True, operation__open=True).order_by("pk"):
        name = f"{source.operation.slug} {source.slug}"
        if source.channel == "api" and not source.keys.filter(revoked_at=None).exists():
            yield look(
                "sources", f"The source {name} has no key: no program can send to it.",
                f"rapport accounts key add {name} NAME, or pause the source.",
            )  # fmt: skip
        if source.channel in plugins.CHANNELS:
            yield from _gateway(source, name)


def _gateway(source: Source, name: str) -> Iterator[Finding]:
    if not source.token_hash:
        yield look("sources", f"The gateway {name} has no address.", f"rapport operation address {name}")
    try:
        held = source_settings(source)
    except InvalidToken:
        return  # told with the keys
    lacking = [one.name for one in plugins.channel(source.channel).settings if one.required and not held.get(one.name)]
    if lacking:
        yield look(
            "sources", f"The gateway {name} lacks {', '.join(lacking)}: what it sends is refused.",
            "An admin fills it in on the page of the operation's sources.",
        )  # fmt: skip


def orders() -> Iterator[Finding]:
    signed = (
        StandingOrder.objects.select_related("operation", "signed_by").exclude(signed_at=None).filter(revoked_at=None)
    )
    for order in signed:
        if order.signed_by and missing(order.signed_by, order):
            yield look(
                "orders", f"The standing order {order.slug} of {order.operation.slug} rests:"
                f" {order.signed_by.username} may no longer do by hand what it does.",
                "Somebody who may signs it, or revokes it, on the desk's page of orders.",
            )  # fmt: skip


def people() -> Iterator[Finding]:
    for operation in Operation.objects.filter(open=True).order_by("slug"):
        for role, what in ((Role.LEAD, "signs orders and invites"), (Role.ADMIN, "manages its sources")):
            if not Membership.objects.filter(operation=operation, role=role, person__is_active=True).exists():
                yield look(
                    "people", f"{operation.slug} has no {role.value}: nobody {what}.",
                    f"rapport accounts role USERNAME {operation.slug} {role.value}",
                )  # fmt: skip
    second = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES).values("user")
    bare = Membership.objects.filter(role__in=NEED_SECOND_FACTOR, person__is_active=True).exclude(person__in=second)
    names = sorted(set(bare.values_list("person__username", flat=True)))
    if names:
        shown = ", ".join(names[:_TOLD])
        yield look(
            "people", f"Lead, custodian or admin without a second factor: {shown}.",
            "They set one up when they sign in; who never will gives the role back.",
        )  # fmt: skip
