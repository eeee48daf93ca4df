"""Sessions: who a request comes from, for how long, on which devices, and ending them.

A session counts while it stands in allauth's table of sessions, is younger than SESSION_LONGEST, was used within
SESSION_IDLE, and has shown the second factor if its person has one. Where somebody signed in from is not kept: it says
where volunteers live. Of the browser only its kind is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.db import OperationalError
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from rapport.accounts import second_factor
from rapport.accounts.models import Person

log = logging.getLogger(__name__)
#: How exactly "last used" is known: a write to the database in this time, not one a page [ours].
NOTED_EVERY = timedelta(minutes=5)
NOWHERE = "0.0.0.0"  # noqa: S104 - no address to listen at: the column wants one, and we keep none
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
             ("FxiOS", "Firefox"), ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
            ("CrOS", "ChromeOS"), ("Mac OS", "Mac"), ("Linux", "Linux"))  # fmt: skip


def limited(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The middleware: `request.user` is nobody once the session has ended, found out when somebody asks."""

    def respond(request: HttpRequest) -> HttpResponse:
        request.user = SimpleLazyObject(lambda: _who(request))  # type: ignore[assignment]
        return get_response(request)

    return respond


def _who(request: HttpRequest) -> Person | AnonymousUser:
    person = get_user(request)
    if not isinstance(person, Person):
        return AnonymousUser()
    session = UserSession.objects.filter(session_key=request.session.session_key, user=person).first()
    if session is None or _is_over(session):
        return _nobody(request)
    if not second_factor.is_passed(request, person):
        if second_factor.who_has_one([person.pk]):
            return _nobody(request)  # opened before the factor was set up
        person.held_back = second_factor.is_needed_by(person)
    _note(session)
    return person


def _is_over(session: UserSession) -> bool:
    now = timezone.now()
    return bool(
        now - session.created_at > settings.SESSION_LONGEST or now - session.last_seen_at > settings.SESSION_IDLE
    )


def _nobody(request: HttpRequest) -> AnonymousUser:
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    request.session.flush()
    return AnonymousUser()


def _note(session: UserSession) -> None:
    now = timezone.now()
    if now - session.last_seen_at < NOTED_EVERY:
        return
    try:
        UserSession.objects.filter(pk=session.pk).update(last_seen_at=now)
    except OperationalError as error:  # a busy or full database: reading goes on
        log.warning("a session's last use is not noted: %s", error)


@receiver(user_logged_in)
def _begin(sender: type, request: HttpRequest, user: Person, **_: Any) -> None:
    """The session stands in the table from the moment of signing in, by whatever way: Django tells that, and only by a
    signal."""
    if request.session.session_key:
        UserSession.objects.update_or_create(
            session_key=request.session.session_key,
            defaults={"user": user, "ip": NOWHERE, "user_agent": request.META.get("HTTP_USER_AGENT", "")},
        )


@receiver(pre_save, sender=UserSession)
def _keep_little(sender: type, instance: UserSession, **_: Any) -> None:
    """allauth would keep the address and all that the browser says; its table cannot be told otherwise."""
    instance.ip = NOWHERE
    instance.user_agent = device(instance.user_agent)


def device(user_agent: str) -> str:
    """The kind of browser and system, as people say it: "Firefox, Android". What is not known, is left out."""
    if "/" not in user_agent:
        return user_agent[:60]  # shortened before
    found = [next((name for sign, name in known if sign in user_agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name) or "a program"


def of(person: Person) -> list[UserSession]:
    """The sessions that count, the one used last first; those that ended are forgotten."""
    held = [session for session in UserSession.objects.purge_and_list(person) if not _is_over(session)]
    return sorted(held, key=lambda session: session.last_seen_at, reverse=True)


def end(person: Person, session_id: int | None = None, *, without: str | None = None) -> int:
    """Ends one session of a person, or all of them but the one with the key `without`; how many ended. Another's
    session is not found."""
    chosen = UserSession.objects.filter(user=person).exclude(session_key=without)
    held = list(chosen.filter(pk=session_id) if session_id is not None else chosen)
    for session in held:
        session.end()
    return len(held)
