"""The second factor: who needs one, who has one, whether this session has shown it, and losing it.

allauth.mfa keeps the factors: codes of an app (TOTP, RFC 6238), passkeys (WebAuthn) and recovery codes. What could be
used by whoever reads the database is sealed with a key of its own. Public keys of passkeys need no seal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, record_authentication
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import NEED_SECOND_FACTOR
from rapport.oversight import keys

#: Session key: where somebody goes on who was led to set up a second factor.
AFTER = "after_second_factor"


class Sealed(DefaultMFAAdapter):  # type: ignore[misc]
    """How allauth keeps factors here."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": "Your role needs a second step: set up another one before you remove this one.",
        "incorrect_code": "This does not open it. A code works once, for about a minute: wait for the next one. If it"
        " never works, compare the clock of the phone.",
    }

    def encrypt(self, text: str) -> str:
        return keys.seal("second_factor", text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return keys.unseal("second_factor", encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return f"Passkey {_primary([user.pk]).filter(type=type).count() + 1}"

    def get_totp_issuer(self) -> str:
        return f"rapport {_host()}"

    def build_totp_svg(self, url: str) -> str:
        """The markup alone, to stand in a page: without the line that makes it a file of its own."""
        return str(super().build_totp_svg(url)).partition("?>")[2].strip()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey belongs to the host that people know, whatever the proxy in front calls us."""
        return {"id": _host(), "name": "rapport"}

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        person = authenticator.user
        others = _primary([person.pk]).exclude(pk=authenticator.pk)
        return not is_needed_by(person) or others.exists()


def _host() -> str:
    request: HttpRequest = context.request
    return urlsplit(settings.PUBLIC_URL or f"http://{request.get_host()}").hostname or ""


def _primary(people: Iterable[int]):  # type: ignore[no-untyped-def]
    from allauth.mfa.models import Authenticator  # importable once all apps are loaded

    return Authenticator.objects.filter(user_id__in=people).exclude(type=Authenticator.Type.RECOVERY_CODES)


def who_has_one(people: Iterable[int]) -> set[int]:
    """Those of these people who have set one up. Recovery codes alone are none."""
    return set(_primary(people).values_list("user_id", flat=True))


def is_needed_by(person: Person) -> bool:
    """Whether the roles held, in any operation, need one."""
    guarded = Membership.objects.filter(person=person, role__in=NEED_SECOND_FACTOR)
    return bool(settings.SECOND_FACTOR_REQUIRED) and guarded.exists()


def is_passed(request: HttpRequest, person: Person) -> bool:
    """Whether this session has shown a second factor, or a passkey that is both factors at once."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, person))


def pass_now(request: HttpRequest, person: Person, kind: str) -> None:
    """The person has just set one up, and shown it in doing so."""
    record_authentication(request, person, "mfa", type=kind, reauthenticated=True)


def forget_passing(request: HttpRequest) -> None:
    """The opposite: this session has shown none."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [one for one in records if one.get("method") != "mfa"]


def remove_all(person: Person) -> int:
    """Forgets every factor of a person, recovery codes too; how many there were, without the recovery codes."""
    from allauth.mfa.models import Authenticator

    count = int(_primary([person.pk]).count())
    Authenticator.objects.filter(user_id=person.pk).delete()
    return count
