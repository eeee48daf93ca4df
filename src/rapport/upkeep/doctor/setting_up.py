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
from rapport.contacts.models import Nomination
from rapport.desk.standing_orders.orders import missing
from rapport.errors import RapportError
from rapport.intake.keep import pseudonym_for
from rapport.notify import mail
from rapport.operations import model
from rapport.operations.load import source_settings
from rapport.operations.models import Operation, Source, StandingOrder
from rapport.oversight import keys
from rapport.oversight.keys import KeyPurpose
from rapport.reports.attachments import store
from rapport.reports.models import Attachment, Sender
from rapport.text.keywords import names_stop
from rapport.upkeep.doctor.finding import Finding, fine, look, wrong

_TOLD = 20  # findings of one kind that are told one by one


def seals() -> Iterator[Finding]:
    """Whether the keys that are here open what was sealed: the newest of each kind is tried, and the oldest."""
    kinds: tuple[tuple[KeyPurpose, str, Callable[[], list[Any]]], ...] = (
        ("addresses", "senders' addresses", lambda: _ends(Sender, "address_sealed", "created_at")),
        ("channels", "the settings of gateways", lambda: _ends(Source, "settings_sealed", "id")),
        ("attachments", "attachments", lambda: _ends(Attachment, "key_sealed", "id")),
        ("second_factor", "second factors", _factors),
        ("contacts", "the directory and the messages of a network", lambda: _ends(Nomination, "sealed", "id")),
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


def pseudonyms() -> Iterator[Finding]:
    """Whether senders are still known by the key that is here. It opens nothing: the addresses of the newest sender and
    of the oldest are asked whose they are."""
    if not Sender.objects.exists():
        return
    rows = Sender.objects.select_related("operation").exclude(address_sealed=b"").order_by("created_at")
    known = [sender for sender in (rows.first(), rows.last()) if sender]
    there = (Path(settings.DATA_DIR) / "keys" / "pseudonyms").exists()
    if not there or not all(map(_is_known, known)):
        yield wrong(
            "keys", "Senders are not known again by the key keys/pseudonyms: it is gone, or another one. Who was"
            " blocked, or said STOP, is taken for somebody else.",
            "Bring the file keys/pseudonyms back from a backup, as the last line of the one that is there.",
        )  # fmt: skip
    elif known:
        yield fine("keys", "The key pseudonyms knows senders again.")


def _is_known(sender: Sender) -> bool:
    """Also where their address cannot be opened: that is another key's fault, and told with it."""
    try:
        address = sender.address
    except (InvalidToken, RapportError):
        return True
    try:
        return pseudonym_for(sender.operation.slug, address) == sender.pseudonym
    except RapportError:
        return False


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
    except (InvalidToken, RapportError):
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
        if source.channel in plugins.POLLED:
            yield from _polled(source, name)


def _gateway(source: Source, name: str) -> Iterator[Finding]:
    if not source.token_hash:
        yield look("sources", f"The gateway {name} has no address.", f"rapport operation address {name}")
    try:
        held = source_settings(source)
    except (InvalidToken, RapportError):
        return  # told with the keys
    lacking = [one.name for one in plugins.channel(source.channel).settings if one.required and not held.get(one.name)]
    if lacking:
        yield look(
            "sources", f"The gateway {name} lacks {', '.join(lacking)}: what it sends is refused.",
            "An admin fills it in on the page of the operation's sources.",
        )  # fmt: skip


def _polled(source: Source, name: str) -> Iterator[Finding]:
    if row := source.polls.exclude(problem="").first():
        yield look(
            "sources", f"The source {name} brings nothing: {row.problem}",
            "An admin looks at its settings on the page of the operation's sources, or pauses it.",
        )  # fmt: skip


def answers() -> Iterator[Finding]:
    """Whether who writes is answered in each language, and told how to end it: in many countries that is the law."""
    for operation in Operation.objects.filter(open=True, sources__channel__in=sorted(plugins.CHANNELS)).distinct():
        without = [language for language in operation.languages if not operation.replies.get(language)]
        if without:
            yield look(
                "answers", f"{operation.slug} has no answers in {', '.join(without)}: others are sent, or none.",
                "Write [replies.LANGUAGE] into the operation's file: docs/reference/operation-file.md.",
            )  # fmt: skip
        mute = [language for language, texts in operation.replies.items() if not names_stop(texts.get("received", ""))]
        if mute:
            yield look(
                "answers", f"The answers of {operation.slug} in {', '.join(mute)} do not say how to end them.",
                "Name the stop word (STOP, ARRET, RETE) in `received` and `ask_place`.",
            )  # fmt: skip


def mails() -> Iterator[Finding]:
    """Whether the mail server lets us in, with a greeting and a sign-in; no letter is sent."""
    server, sender = settings.SMTP, settings.MAIL_FROM
    if server is None and not sender:
        return
    if server is None or not sender:
        lacking = "RAPPORT_MAIL_FROM" if server else "RAPPORT_SMTP_URL"
        yield look("mail", f"{lacking} is not set: no e-mail goes out.", "Set both, or neither.")
    elif obstacle := mail.obstacle(server):
        yield wrong("mail", obstacle, "Look at RAPPORT_SMTP_URL, and whether this machine may reach that server.")
    else:
        yield fine("mail", f"The mail server {server.host} lets us in.")


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


def models() -> Iterator[Finding]:
    """Whether the models that people chose can be used."""
    for operation in Operation.objects.exclude(model="").order_by("slug"):
        if problem := model.fault(operation.model):
            yield wrong(
                "models", f"{operation.slug}: {problem} The model that comes with rapport stands in for it.",
                f"Bring the folder {model.folder()} back from a backup, or choose another: rapport text use.",
            )  # fmt: skip
        else:
            yield fine("models", f"{operation.slug}: {operation.model} suggests categories.")


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
