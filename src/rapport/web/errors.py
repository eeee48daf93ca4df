"""What a person, or a machine, is told when something does not work: what happened, and what to do.

Pages for people; `{"error": …}` under /api/ and /in/, where machines are, and for whoever sends a key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseServerError, JsonResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.translation import gettext as _

from rapport.desk import line
from rapport.desk.page import page_instead, page_of
from rapport.errors import BadKey, Conflict, NotAllowed, RapportError, Refused, TryAgain
from rapport.operations.translated import translated
from rapport.sharing.readers import sent_key
from rapport.web.logs import route_of

log = logging.getLogger(__name__)
#: What a person writes in a form of the desk: shown again where the form itself cannot be.
WRITTEN = ("title", "summary", "shared", "place_name", "reason", "evidence", "text", "question", "by")
MACHINES = ("/api/", "/in/", "/taxii2/")


def _answer(request: HttpRequest, status: int, title: str, text: str, **more: Any) -> HttpResponse:
    if request.path.startswith(MACHINES) or sent_key(request) is not None:
        return JsonResponse({"error": text}, status=status)
    return render(request, "error.html", {"title": title, "text": text, **more}, status=status)


def _kept(request: HttpRequest) -> dict[str, Any]:
    """The way back to the report or event of the desk that a form was about, and what a person had written in it. Not
    for a form that cannot be read."""
    page = page_of(request.path) if request.method == "POST" else ""
    if not page:
        return {}
    written = [words for name in WRITTEN for words in request.POST.getlist(name) if words.strip()]
    return {"page": page, "written": written}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(
        request, 400, _("This request cannot be read"), _("Something in it is malformed. Go back and try again.")
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(
        request,
        403,
        _("You may not open this"),
        _("Your role in this operation does not carry it. Ask a lead or an admin for the role you need."),
        **_kept(request),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(
        request,
        404,
        _("There is nothing here"),
        _("The address is wrong, or what was here has been withdrawn."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours. The page needs neither database nor session: one of them may be what is broken."""
    if request.path.startswith(MACHINES):
        return JsonResponse({"error": "A fault of the server; nothing was kept. Send it again later."}, status=500)
    return HttpResponseServerError(get_template("500.html").render())


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its proof that it came from our own page."""
    if line.by_script(request):
        return line.outdated(request)
    return _answer(
        request,
        403,
        _("This form is too old"),
        _("It was opened before you signed in or out, or cookies are off. Reload the page and send it again."),
    )


def _status(error: RapportError) -> int:
    match error:
        case Refused() | BadKey():
            return error.status
        case NotAllowed():
            return 403
        case Conflict():
            return 409
        case TryAgain():
            return 503
        case _:
            return 400


def _titles(status: int) -> str:
    return {
        403: _("You may not do this"),
        409: _("This does not work any more"),
        503: _("Not now"),
    }.get(status, _("This does not work"))


def _away(error: OperationalError) -> str:
    """What can be done about it: a database of another version is not mended by waiting. (PostgreSQL tells a missing
    table or column as a ProgrammingError: a fault of ours.)"""
    if any(sign in str(error) for sign in ("no such table", "no such column", "has no column")):
        return _("The database does not fit this version of rapport. Whoever runs it must call: rapport migrate")
    return _("The database is busy or full. Nothing was changed: try again in a moment.")


def explain(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """Errors that are meant for people, when a view has not answered them itself."""
    if isinstance(exception, OperationalError):
        log.error("%s %s: %s", request.method, route_of(request), exception)
        exception = TryAgain(_away(exception))
    if not isinstance(exception, RapportError):
        return None
    status = _status(exception)
    answer = _answer(request, status, _titles(status), translated(str(exception)), **_kept(request))
    if isinstance(exception, BadKey):
        answer.headers["Cache-Control"] = "no-store"
        if status == 401:
            answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def explained(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware through which `explain` is asked. An address that only takes a form is opened as a page when
    somebody reloads the answer, comes back to it from the address bar, or a phone has put it to sleep. If it is about
    one report or event of the desk, they get its page."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        said = getattr(response, "content", b"")  # a door for programs says it in its own words
        if response.status_code != 405 or said or request.path.startswith(MACHINES):
            return response
        if request.method == "GET" and page_of(request.path) and request.resolver_match:
            return page_instead(request, operation=request.resolver_match.kwargs["operation"])
        answer = _answer(
            request,
            405,
            _("Nothing was sent"),
            _("This address takes what a form sends. Go back to the page with the form, and send it from there."),
        )
        answer.headers["Allow"] = response.headers.get("Allow", "POST")
        return answer

    respond.process_exception = explain  # type: ignore[attr-defined]
    return respond
