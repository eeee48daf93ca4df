"""Decisions over a bad line: a form that its page's script sends again, because no answer came, has its effect once.

static/desk/line.js sends the forms of the desk with a key of their own. What was done under a key is remembered in the
person's session with where it led to; a repeat is led there and does nothing. A form that is answered with a part of
its page led nowhere: its view is asked again, finds `done_before`, and only shows that part as it is now. Two that
arrive at the same moment meet in the actions themselves, which take a report, an event or a decision once.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token

from rapport.operations.access import where_from

HEADER = "X-Form"
REMEMBERED = 40  # forms of a session; a repeat comes within minutes [ours]
_KEY = re.compile(r"[0-9a-f]{32}")
_DONE = "forms-done"
PART = "X-Part"


def by_script(request: HttpRequest) -> bool:
    """Whether the desk's script sent this form."""
    return request.method == "POST" and bool(_KEY.fullmatch(request.headers.get(HEADER, "")))


def in_place(request: HttpRequest) -> bool:
    """Whether the page's script asks, which puts the answer where the form was; else a whole page is wanted."""
    return request.headers.get(PART) == "1"


def done_before(request: HttpRequest) -> bool:
    """Whether this very form, by its key, had its effect already, and only its answer was lost."""
    return by_script(request) and request.headers[HEADER] in request.session.get(_DONE, {})


def outdated(request: HttpRequest) -> HttpResponse:
    """The answer to such a form whose proof that it came from our page is of an earlier session: whoever has signed in
    anew, in another tab perhaps, gets the proof of now and sends again. The script does so only for the person whose
    page it is. No other site's page can ask for this, or read it: header and answer stay within one origin."""
    if not request.user.is_authenticated:
        return JsonResponse({"sign_in": redirect_to_login(where_from(request)).url}, status=401)
    return JsonResponse({"token": get_token(request), "person": str(request.user.pk)}, status=403)


def sent_once(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answers such a form with {"to": where it leads} instead of leading there, with 401 and {"sign_in": where} if its
    person must show first who they are, and with the page that says what is wrong as ever."""

    def respond(request: HttpRequest) -> HttpResponse:
        if not by_script(request):
            return get_response(request)
        key = request.headers[HEADER]
        if request.user.is_authenticated and (done := request.session.get(_DONE, {}).get(key)):
            return JsonResponse({"to": done})
        response = get_response(request)
        if in_place(request) and response.status_code == 200:
            _remember(request, key, "")
            return response
        if response.status_code not in {302, 303}:
            return response
        to = response.headers["Location"]
        if not request.user.is_authenticated or to.startswith("/accounts/"):
            return JsonResponse({"sign_in": to}, status=401)
        _remember(request, key, to)
        answer = JsonResponse({"to": to})
        answer.cookies.update(response.cookies)
        return answer

    return respond


def _remember(request: HttpRequest, key: str, to: str) -> None:
    earlier = [done for done in request.session.get(_DONE, {}).items() if done[0] != key][-REMEMBERED + 1 :]
    request.session[_DONE] = dict([*earlier, (key, to)])
